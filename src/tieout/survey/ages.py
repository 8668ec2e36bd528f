"""What is open, by how long it is due. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tieout.connector_api.inventory import OpenThere

# By how many days something is overdue at most, and how that is called; what is older has no end.
BANDS: tuple[tuple[int, str], ...] = ((0, "not due"), (30, "1 to 30 days"), (60, "31 to 60 days"), (90, "61 to 90 days"), (365, "91 to 365 days"))  # fmt: skip
OLDEST = "over a year"
# What may be open, as `OpenThere.kind` says it.
KINDS = ("receivable", "payable", "suspense")


@dataclass(frozen=True)
class Age:
    """Open lines of one kind, account, currency and age: `debit` and `credit` are what is open on either side, in `currency`, neither
    with a sign: a customer's 100 and another's deposit of 100 are not nothing."""

    kind: str
    account: str
    currency: str
    band: str
    lines: int
    debit: Decimal
    credit: Decimal


def band_of(line: OpenThere, on: date) -> str:
    """How old a line is on a day: since its due date, and on suspense since its own day, for nobody owes that."""
    days = (on - (line.day if line.kind == "suspense" else line.due)).days
    return next((name for most, name in BANDS if days <= most), OLDEST)


def ages(lines: Iterable[OpenThere], on: date) -> list[Age]:
    """Open lines by kind, account, currency and age, the youngest first."""
    found: dict[tuple[str, str, str, str], list[Decimal]] = {}
    for line in lines:
        key = (line.kind, line.account, line.currency, band_of(line, on))
        found.setdefault(key, []).append(line.open)
    order = [name for _, name in BANDS] + [OLDEST]
    return [
        Age(
            *key,
            len(sums),
            sum((x for x in sums if x > 0), Decimal(0)),
            -sum((x for x in sums if x < 0), Decimal(0)),
        )
        for key, sums in sorted(found.items(), key=lambda x: (*x[0][:3], order.index(x[0][3])))
    ]
