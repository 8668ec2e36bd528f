"""How far a month's money is proven, in words that a controller asks in: of what its sources told, how much stands in the ledger and
is proven there, and where the rest is. Pure: rows of the tie-out in, sums out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

_ZERO, _TENTH = Decimal(0), Decimal("0.1")


@dataclass(frozen=True)
class Progress:
    """Of one entity, month (YYYY-MM) and currency, as turnover: debits and credits alike, each positive, so that what nets to
    nothing counts.

    told = proven + waiting + in_exception + unproven: `proven` is posted, or excluded by decision, of interfaces whose source's
    own figures are met to the cent; `unproven` what of other interfaces is posted, excluded or not found again. Where a source told
    no figures of its own, what was read of it is what was told. `rows` interfaces have money in it, `proven_rows` of them are
    proven."""

    entity: str
    period: str
    currency: str
    told: Decimal
    proven: Decimal
    waiting: Decimal
    in_exception: Decimal
    unproven: Decimal
    rows: int
    proven_rows: int

    @property
    def percent(self) -> Decimal:
        """The proven share in per cent, one decimal, rounded down: 100 only where everything is."""
        if not self.told:
            return Decimal(100) if self.rows == self.proven_rows else _ZERO
        return (self.proven * 100 / self.told).quantize(_TENTH, ROUND_DOWN)


def progress(rows: Iterable[Mapping[str, Any]]) -> list[Progress]:
    """The sums of rows of the tie-out as they are kept (amounts are texts), by entity, month and currency; the newest month
    first."""
    sums: dict[tuple[str, str, str], list[Decimal]] = {}
    counts: dict[tuple[str, str, str], list[int]] = {}
    for row in rows:
        key = (row["entity"], row["period"], row["currency"])
        mine, seen = sums.setdefault(key, [_ZERO] * 5), counts.setdefault(key, [0, 0])
        for n, more in enumerate(parts_of(row)):
            mine[n] += more
        seen[0] += 1
        seen[1] += bool(row["proven"])
    found = [
        Progress(*key, told, proven, waiting, failed, unproven, *counts[key])
        for key, (told, proven, waiting, failed, unproven) in sums.items()
    ]
    found.sort(key=lambda p: (p.entity, p.currency))
    return sorted(found, key=lambda p: p.period, reverse=True)


def parts_of(row: Mapping[str, Any]) -> tuple[Decimal, Decimal, Decimal, Decimal, Decimal]:
    """What a row of the tie-out has of turnover: (told, proven, waiting, in exception, unproven), as `Progress` says them."""
    posted, waiting, failed, excluded = (
        _turnover(row[b]) for b in ("posted", "waiting", "in_exception", "excluded")
    )
    read = posted + waiting + failed + excluded
    # A source that told less than was read of it has told nothing that what was read is part of.
    told = max(read, _turnover(row["source"])) if row["source"] is not None else read
    proven = posted + excluded if row["proven"] else _ZERO
    return told, proven, waiting, failed, told - proven - waiting - failed


def _turnover(figure: Mapping[str, Any]) -> Decimal:
    return Decimal(str(figure["debit"])) + Decimal(str(figure["credit"]))
