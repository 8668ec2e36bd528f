"""A mail server that keeps what it accepts, by Message-ID."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller

from tieout_sandbox.simkit import NONE, Faults


class MailServer:
    """`messages`: Message-ID to the texts that were accepted under it."""

    name = "smtp"

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults(NONE, 0)
        self.messages: dict[str, list[str]] = {}
        self._controller: Any = None
        # Told of each message before it is accepted: its id and its subject.
        self.heard: Callable[[str, str], None] | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Accept, or put off with a temporary failure (RFC 5321 section 4.2.1)."""
        if self.faults.strikes("server_error") or self.faults.strikes("too_many"):
            return "451 4.3.0 Try again later"
        message = message_from_bytes(envelope.content)
        identity, subject = str(message["Message-ID"]), str(message["Subject"])
        if self.heard is not None:
            self.heard(identity, subject)
        self.take(identity, subject)
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
