"""Files for a bank in a folder, each written once under its name; the bank's answers, read."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tieout.connector_api import (
    FileRefusedError,
    Item,
    Outcome,
    OutcomeStatus,
    Proof,
    Sending,
    SetupError,
    SystemConfig,
    TransientError,
)
from tieout.connectors.payments.archives import unpacked
from tieout.documents import FileOut
from tieout.formats import FormatError
from tieout.formats.payments import read_status

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def open_session(config: SystemConfig) -> PaymentFiles:
    """A session that writes into one folder of this machine. The folder is not looked at yet: `check` does."""
    return PaymentFiles(Path(config.text("folder")))


class PaymentFiles:
    """FileReader of answers (pain.002) and Writer of payment files.

    A file appears whole or not at all, and is never written over: whoever fetches it may have moved it
    away already, so what was written is known by a mark beside it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def check(self) -> str:
        """Where the bank's files go, in a line. Raises SetupError where that cannot be written to."""
        if not self._folder.is_dir() or not os.access(self._folder, os.W_OK):
            raise SetupError(
                f"{self._folder} is no folder that can be written to: make it, for the bank's files"
            )
        return f"payment files into {self._folder}"

    def read(self, name: str, content: Any, options: Mapping[str, Any]) -> Iterator[Item]:
        """A bank's answer (pain.002), one item a file, named by the hash of its bytes; an archive of them, as banks give
        checks of payees (EBICS VPZ), is an item for each. Refused where it is none."""
        try:
            members = unpacked(bytes(content))
            for member in members:
                read_status(member)
        except FormatError as error:
            raise FileRefusedError(f"{name}: {error}") from None
        for member in members:
            yield Item("answers", name, f"answer:{hashlib.sha256(member).hexdigest()}", member)

    def proof(self, name: str, content: Any, options: Mapping[str, Any]) -> Proof:
        """See `ProvingReader.proof`."""
        return Proof("its XML is closed, or its archive")

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Write each file whole under its name. Raises SetupError where the folder cannot be written to:
        nothing was."""
        self.check()
        return [self._write(sending) for sending in batch]

    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Confirmed where these bytes were written under this name, refused where others were, absent where
        nothing was."""
        return [self._written(s) or Outcome(s.external_id, OutcomeStatus.ABSENT) for s in batch]

    def _written(self, sending: Sending) -> Outcome | None:
        """What is known of a file: confirmed, refused where another content has its name, or None."""
        body = sending.body
        assert isinstance(body, FileOut)
        if not _NAME.fullmatch(body.name):
            return Outcome(
                sending.external_id, OutcomeStatus.REFUSED, error=f"{body.name!r} is no name of a file"
            )
        mark = self._folder / ".sent" / f"{body.name}.sha256"
        digest = hashlib.sha256(body.content.encode()).hexdigest()
        try:
            known = mark.read_text().strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise TransientError(f"{mark}: {error.strerror}") from None
        if known != digest:
            why = f"{body.name} was written before with another content"
            return Outcome(sending.external_id, OutcomeStatus.REFUSED, error=why)
        return Outcome(
            sending.external_id, OutcomeStatus.CONFIRMED, None, "file", read_back={"sha256": digest}
        )

    def _write(self, sending: Sending) -> Outcome:
        found = self._written(sending)
        if found is not None:
            return found
        body = sending.body
        assert isinstance(body, FileOut)
        raw, marks = body.content.encode(), self._folder / ".sent"
        try:
            marks.mkdir(exist_ok=True)
            # The mark last: a crash in between writes the same file once more under the same name,
            # which is one file.
            _put(self._folder, body.name, raw)
            _put(marks, f"{body.name}.sha256", hashlib.sha256(raw).hexdigest().encode())
        except OSError as error:
            raise TransientError(f"{self._folder}: {error.strerror}") from None
        written = self._written(sending)
        assert written is not None
        return written

    def close(self) -> None:
        """Nothing stays open."""


def _put(folder: Path, name: str, raw: bytes) -> None:
    """Write a file whole, on disk before it has its name."""
    partial = folder / f".{name}.part"
    with partial.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(folder / name)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
