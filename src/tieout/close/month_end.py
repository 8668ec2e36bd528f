"""The entry of a month's end that the close works out, which takes itself back on the next day. Pure."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from tieout.documents import JournalEntry, JournalLine
from tieout.money import Amount


def month_end_entry(what: str, lines: list[JournalLine], own: str, on: date) -> JournalEntry:
    """The entry of the end of a day: `what` names it (revaluation, cutoff); it takes itself back on the next day. Its
    batch is over what it books, so another figure is another batch."""
    total = sum((x.amount.value for x in lines if x.amount.value > 0), Decimal(0))
    reference = f"{what.upper()}-{on:%Y%m%d}"
    return JournalEntry(
        key=f"{what}:{on}",
        occurred_at=datetime.combine(on, time(12), UTC),
        currency=own,
        reference=reference,
        booked_on=on,
        nature=what,
        lines=tuple(lines),
        total=Amount.exact(total, own),
        imbalance=Amount.zero(own),
        reverses_on=on + timedelta(days=1),
        batch=f"{reference}:{hashlib.sha256(repr(lines).encode()).hexdigest()[:12]}",
    )
