"""The entry of a month's end that is worked out, and takes itself back on the next day. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from tieout.documents.base import Party
from tieout.documents.journals import JournalEntry, JournalLine
from tieout.money import Amount


def month_end_entry(
    what: str,
    lines: list[JournalLine],
    currency: str,
    on: date,
    by_currency: bool = False,
    parties: Sequence[Party] = (),
) -> JournalEntry:
    """The entry of the end of a day: `what` names it (revaluation, cutoff, accrual), with its currency where there is one of each; it takes
    itself back on the next day. Its batch is over what it books, so another figure is another batch."""
    zero = Amount.zero(currency)
    reference = f"{what.upper()}-{on:%Y%m%d}" + (f"-{currency}" if by_currency else "")
    return JournalEntry(
        key=f"{what}:{on}" + (f":{currency}" if by_currency else ""),
        occurred_at=datetime.combine(on, time(12), UTC),
        currency=currency,
        reference=reference,
        booked_on=on,
        nature=what,
        lines=tuple(lines),
        parties=tuple(parties),
        total=sum((x.amount for x in lines if x.amount.value > 0), zero),
        imbalance=zero,
        reverses_on=on + timedelta(days=1),
        batch=f"{reference}:{hashlib.sha256(repr(lines).encode()).hexdigest()[:12]}",
    )
