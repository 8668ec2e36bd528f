"""A mail server that keeps what it accepts, by Message-ID."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tieout_sandbox.simkit import NONE, Faults


@dataclass(frozen=True)
class Letter:
    """A message as its reader has it: `to` is whom it was handed over for."""

    identity: str
    to: tuple[str, ...]
    subject: str
    text: str


class MailServer:
    """`messages`: Message-ID to the subjects that were accepted under it; `letters` the last hundred as they came. `refused` are addresses that it
    takes nothing for, each with its answer."""

    name = "smtp"

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults(NONE, 0)
        self.messages: dict[str, list[str]] = {}
        self.letters: list[Letter] = []
        self.refused: dict[str, str] = {}
        self._controller: Any = None
        # Told of each message before it is accepted: its id and its subject.
        self.heard: Callable[[str, str], None] | None = None

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take a reader, or refuse them (RFC 5321 section 3.3)."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Accept, or put off with a temporary failure (RFC 5321 section 4.2.1)."""
        if self.faults.strikes("server_error") or self.faults.strikes("too_many"):
            return "451 4.3.0 Try again later"
        message = message_from_bytes(envelope.content)
        identity, subject = str(message["Message-ID"]), str(message["Subject"])
        if self.heard is not None:
            self.heard(identity, subject)
        self.take(identity, subject)
        read = message_from_bytes(envelope.content, policy=default)
        body = read.get_body(("plain",))
        letter = Letter(
            identity,
            tuple(envelope.rcpt_tos),
            str(read["Subject"]),
            body.get_content().replace("\r\n", "\n") if body else "",
        )
        self.letters = [*self.letters[-99:], letter]
        return "250 2.0.0 Accepted"

    def take(self, identity: str, subject: str) -> None:
        """Keep a message."""
        self.messages.setdefault(identity, []).append(subject)

    def start(self, port: int) -> None:
        """Listen on loopback."""
        self._controller = Controller(self, hostname="127.0.0.1", port=port)
        self._controller.start()

    def stop(self) -> None:
        """Listen no more; what was accepted is kept."""
        if self._controller is not None:
            self._controller.stop()
