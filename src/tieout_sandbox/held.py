"""What a month left outside: the ledgers' lines, mails and events, as a hash and as lines that people read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Held:
    """Sorted business fields of posted lines, a row each, with amounts as texts of two decimals: no ids, numbers or
    times. `mails` are texts and `events` subjects; None where a company has neither, which is another hash than none sent.
    """

    rows: Sequence[Sequence[str]]
    mails: Sequence[str] | None = None
    events: Sequence[str] | None = None

    @property
    def sha256(self) -> str:
        """Equal where everything is, in hexadecimal digits."""
        whole = self.rows if self.mails is None else [self.rows, self.mails, self.events]
        return hashlib.sha256(json.dumps(whole).encode()).hexdigest()

    def lines(self) -> list[str]:
        """A line of text for each row, mail and event."""
        return [
            *(" | ".join(row) for row in self.rows),
            *(f"mail | {text}" for text in self.mails or ()),
            *(f"event | {subject}" for subject in self.events or ()),
        ]
