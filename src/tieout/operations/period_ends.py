"""What is booked at a period's end and taken back the day after: revaluation, sales cut-off, accruals; each told in the same lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tieout.operations.closing import cut_off, revalue
from tieout.operations.open_project import OpenProject
from tieout.operations.paying import accrue


@dataclass(frozen=True)
class EndLine:
    """One thing that a period's end takes into account: `what` it is of (an account, an order), `said` what of it, `amount` signed in
    `currency`: a gain is positive of what is revalued, what is deferred of sales, what came unbilled of accruals."""

    what: str
    said: str
    amount: Decimal
    currency: str


def book_period_end(project: OpenProject, entity: str, what: str, on: date, dry: bool) -> list[EndLine]:
    """Work out what a day's end comes to, and book it where it is not `dry`; what it is of. `what` is revalue, cutoff or
    accruals. Booked again it changes what is booked by what differs since.

    Raises LookupError where nothing governs it, ValueError where it cannot be worked out, ConnectorError.
    """
    return _WORK[what](project, entity, on, dry)


def _revalue(project: OpenProject, entity: str, on: date, dry: bool) -> list[EndLine]:
    own = project.release().entities[entity].currency
    return [
        EndLine(x.account, f"{x.amount} {x.currency} at {x.rate}", x.unrealised, own)
        for x in revalue(project, entity, on, dry)
    ]


def _cut_off(project: OpenProject, entity: str, on: date, dry: bool) -> list[EndLine]:
    own = project.release().entities[entity].currency
    return [
        EndLine(x.number, f"of {x.interface}, {'deferred' if x.net > 0 else 'accrued'}", x.net, own)
        for x in cut_off(project, entity, on, dry)
    ]


def _accrue(project: OpenProject, entity: str, on: date, dry: bool) -> list[EndLine]:
    return [
        EndLine(
            x.order or x.bill, f"{x.name} of {x.name_of or x.supplier}", x.amount.value, x.amount.currency
        )
        for x in accrue(project, entity, on, dry).own
    ]


_WORK: Mapping[str, Callable[[OpenProject, str, date, bool], list[EndLine]]] = {
    "revalue": _revalue,
    "cutoff": _cut_off,
    "accruals": _accrue,
}
