"""What is booked at a period's end and taken back the day after: revaluation, sales cut-off, accruals; each told in the same lines.

The one door to them for whoever asks by page, API or command: who asks is kept as a maker, a locked day is refused, and what is booked is
what was shown."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.close import OpenSale, Revalued
from tieout.connector_api import answered
from tieout.evidence import Entry, record
from tieout.inbox import Asked
from tieout.money import Period
from tieout.operations.closing import cut_off, ledger_of, revalue
from tieout.operations.open_project import OpenProject
from tieout.operations.paying import accrue
from tieout.payables import Worked


@dataclass(frozen=True)
class EndLine:
    """One thing that a period's end takes into account: `what` it is of (an account, an order), `said` what of it, `amount` signed in
    `currency`: a gain is positive of what is revalued, what is deferred of sales, what came unbilled of accruals."""

    what: str
    said: str
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class PeriodEnd:
    """What a day's end comes to: `found` as whoever worked it out has it (revalue: Revalued; cutoff: OpenSale; accruals: Worked), and the
    same told in `lines`."""

    found: Any
    lines: list[EndLine]

    @property
    def digest(self) -> str:
        """What names the lines as they are shown: 64 hexadecimal digits."""
        return digest_of(self.lines)


class ShownError(ValueError):
    """What is to be booked by now is another than somebody was shown."""


def digest_of(lines: Sequence[EndLine]) -> str:
    """What names the lines as they were shown: other lines, or another amount of one, have another."""
    raw = "\x1f".join(f"{x.what}\x1e{x.said}\x1e{x.amount:f}\x1e{x.currency}" for x in lines)
    return hashlib.sha256(raw.encode()).hexdigest()


def try_period_end(project: OpenProject, entity: str, what: str, on: date) -> PeriodEnd:
    """What booking a day's end would come to. `what` is revalue, cutoff or accruals. Raises LookupError where nothing governs it,
    ValueError where it cannot be worked out, ConnectorError."""
    work, lines = _WORK[what]
    found = work(project, entity, on, True, Asked())
    return PeriodEnd(found, lines(project, entity, found))


def book_period_end(
    project: OpenProject, entity: str, what: str, on: date, by: str, seen: str = ""
) -> PeriodEnd:
    """Book what a day's end comes to, as `by` asked for, who had a hand in it then; what it is of. Booked again it changes what is
    booked by what differs since. `seen` is the digest of the lines that `by` was shown or its beginning, "" where nobody was shown any. That
    `by` asked is in evidence before anything is done: who waits for an answer no longer may have it booked all the same.

    Raises LookupError where nothing governs it, ShownError where it is another by now, ValueError where it cannot be worked out or the
    ledger is locked up to that day, ConnectorError.
    """
    work, lines = _WORK[what]
    with project.database.transaction() as connection:
        detail = {"what": what, "on": on.isoformat()}
        entry = Entry(
            project.clock.now(), by, "close.book_asked", f"{entity}:{Period.of(on)}", entity, detail
        )
        record(connection, [entry])
    locks = answered(ledger_of(project, entity, "read").locks, "its locks")
    if locked := [f"the {n} lock stands at {d}" for n in _LOCKS if (d := locks.get(n)) and d >= on]:
        raise ValueError(
            f"{on} is locked in the ledger ({', '.join(locked)}): move the lock back there, book it, and lock it again"
        )

    def agree(found: Any) -> None:
        if not digest_of(lines(project, entity, found)).startswith(seen):
            raise ShownError(
                "its figures are others by now than were shown: nothing was booked; show what it comes to, and book that"
            )

    found = work(project, entity, on, False, Asked(by, agree))
    return PeriodEnd(found, lines(project, entity, found))


def _revalued(project: OpenProject, entity: str, found: Sequence[Revalued]) -> list[EndLine]:
    own = project.release().entities[entity].currency
    return [EndLine(x.account, f"{x.amount} {x.currency} at {x.rate}", x.unrealised, own) for x in found]


def _cut_off(project: OpenProject, entity: str, found: Sequence[OpenSale]) -> list[EndLine]:
    own = project.release().entities[entity].currency
    return [
        EndLine(x.number, f"of {x.interface}, {'deferred' if x.net > 0 else 'accrued'}", x.net, own)
        for x in found
    ]


def _accrued(project: OpenProject, entity: str, found: Worked) -> list[EndLine]:
    return [
        EndLine(
            x.order or x.bill, f"{x.name} of {x.name_of or x.supplier}", x.amount.value, x.amount.currency
        )
        for x in found.own
    ]


# What binds a miscellaneous entry of the ledger.
_LOCKS = ("fiscal year", "hard")
# How each is worked out, and booked where it is not dry; and what that says, as lines.
_Work = Callable[[OpenProject, str, date, bool, Asked], Any]
_Lines = Callable[[OpenProject, str, Any], list[EndLine]]
_WORK: Mapping[str, tuple[_Work, _Lines]] = {
    "revalue": (revalue, _revalued),
    "cutoff": (cut_off, _cut_off),
    "accruals": (accrue, _accrued),
}
