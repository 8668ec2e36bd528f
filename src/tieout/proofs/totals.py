"""Totals of the tie-out: its rows added up by month and currency, or by currency alone, and how far each total is proven. Pure: rows in,
sums out; never across currencies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tieout.proofs.progress import parts_of
from tieout.proofs.tieout import Figure

_BUCKETS = ("posted", "waiting", "in_exception", "excluded")


@dataclass(frozen=True)
class Total:
    """Rows of one currency, and of one month (YYYY-MM; "": of all that were given). Figures are sums of the rows'; `source` and
    `residual` of those whose source states figures, None where none does, and `unstated` counts the others. `told` = `proven` +
    `in_wait` + `failed` + `unproven` are turnover, debits and credits alike, as `Progress` has them."""

    period: str
    currency: str
    source: Figure | None
    posted: Figure
    waiting: Figure
    in_exception: Figure
    excluded: Figure
    residual: Figure | None
    told: Decimal
    proven: Decimal
    in_wait: Decimal
    failed: Decimal
    unproven: Decimal
    rows: int
    proven_rows: int
    unstated: int

    @property
    def not_proven(self) -> Decimal:
        """What was told and is not proven."""
        return self.told - self.proven

    @property
    def whole(self) -> bool:
        """Whether all that was told is proven, and each row is."""
        return self.proven == self.told and self.proven_rows == self.rows


def totals(rows: Iterable[Mapping[str, Any]], by_month: bool) -> list[Total]:
    """Totals of rows of the tie-out as they are kept (amounts are texts), by currency; with `by_month` by month, too, the newest
    first."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["period"] if by_month else "", row["currency"]), []).append(row)
    found = [_total(period, currency, mine) for (period, currency), mine in sorted(groups.items())]
    return sorted(found, key=lambda x: x.period, reverse=True)


def _total(period: str, currency: str, rows: Sequence[Mapping[str, Any]]) -> Total:
    posted, waiting, failed, excluded = (_sum(r[b] for r in rows) for b in _BUCKETS)
    stated = [r for r in rows if r["source"] is not None]
    told, proven, waits, held, unproven = (sum(x, Decimal(0)) for x in zip(*map(parts_of, rows), strict=True))
    return Total(
        period, currency, _sum(r["source"] for r in stated) if stated else None, posted, waiting, failed, excluded,
        _sum(r["residual"] for r in stated) if stated else None, told, proven, waits, held, unproven, len(rows), sum(bool(r["proven"]) for r in rows),
        len(rows) - len(stated),
    )  # fmt: skip


def _sum(figures: Iterable[Mapping[str, Any]]) -> Figure:
    found = Figure()
    for f in figures:
        found += Figure(f["count"], Decimal(str(f["debit"])), Decimal(str(f["credit"])))
    return found
