"""How an invoice stands on its way to being paid, out of what happened to it: pure.

open ── reminded ──▶ reminded        what is promised by a day is promised until that day is over; a promise that is
  └──── promised ──▶ promised        not kept leaves the invoice reminded or open, as it was, and is said once
  └──── handed over ▶ in collection, until it is taken back from there
paid once nothing is open of it; open again, with all of that forgotten, once something is
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from tieout.documents import CollectionStatus


class CollectionKind(StrEnum):
    """What happens to an invoice: people say the first four, the ledger and the days the others."""

    REMINDED = "reminded"
    PROMISED = "promised"
    HANDED_OVER = "handed over"
    TAKEN_BACK = "taken back"
    BROKEN = "promise broken"
    PAID = "paid"
    REOPENED = "reopened"


# What people and other systems may say.
TOLD = (
    CollectionKind.REMINDED,
    CollectionKind.PROMISED,
    CollectionKind.HANDED_OVER,
    CollectionKind.TAKEN_BACK,
)


@dataclass(frozen=True)
class CollectionEvent:
    """What happened to an invoice; `promised_on` is the day of a promise."""

    kind: CollectionKind
    promised_on: date | None = None


@dataclass(frozen=True)
class Standing:
    """How an open invoice stands. `promised_on` is the day of a promise that holds, `broken_on` that of one that was not
    kept and that nothing followed."""

    reminded: bool = False
    handed_over: bool = False
    promised_on: date | None = None
    broken_on: date | None = None

    @property
    def status(self) -> CollectionStatus:
        """One status, of an invoice that is open."""
        if self.handed_over:
            return CollectionStatus.IN_COLLECTION
        if self.promised_on is not None:
            return CollectionStatus.PROMISED
        return CollectionStatus.REMINDED if self.reminded else CollectionStatus.OPEN


def standing_of(events: Iterable[CollectionEvent]) -> Standing:
    """What an invoice's events, in their order, come to."""
    found = Standing()
    for event in events:
        found = _after(found, event)
    return found


def is_broken(standing: Standing, today: date) -> bool:
    """Whether the day of its promise is over, of an invoice of which something is open."""
    return standing.promised_on is not None and standing.promised_on < today


def gravest(statuses: Iterable[CollectionStatus]) -> CollectionStatus:
    """How a customer stands whose invoices stand so: paid where there are none."""
    return max(statuses, key=_GRAVITY.index, default=CollectionStatus.PAID)


_GRAVITY = (
    CollectionStatus.PAID,
    CollectionStatus.OPEN,
    CollectionStatus.PROMISED,
    CollectionStatus.REMINDED,
    CollectionStatus.IN_COLLECTION,
)


def _after(before: Standing, event: CollectionEvent) -> Standing:
    match event.kind:
        case CollectionKind.REMINDED:
            # Nobody reminds of what is promised: whoever does waits for the promise no more.
            return replace(before, reminded=True, promised_on=None, broken_on=None)
        case CollectionKind.PROMISED:
            return replace(before, promised_on=event.promised_on, broken_on=None)
        case CollectionKind.HANDED_OVER:
            return replace(before, handed_over=True, promised_on=None, broken_on=None)
        case CollectionKind.TAKEN_BACK:
            return replace(before, handed_over=False)
        case CollectionKind.BROKEN:
            return replace(before, promised_on=None, broken_on=before.promised_on)
        case _:
            return Standing()
