"""What is kept, and how each is computed. Amounts are texts, exact and signed as their source signs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.connector_api import ConnectorError
from tieout.proofs import Figure, cash_rows, tie_out
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.kept_figures")
Sessions = Callable[[str], object]
Row = dict[str, Any]


def _figure(figure: Figure | None) -> Row | None:
    if figure is None:
        return None
    return {"count": figure.count, "debit": f"{figure.debit:f}", "credit": f"{figure.credit:f}"}


def _exact(row: Row) -> Row:
    return {k: f"{v:f}" if isinstance(v, Decimal) else v for k, v in row.items()}


@dataclass(frozen=True)
class Figures:
    """Computes one figure at one instant."""

    connection: Connection
    release: Release
    now: datetime
    sessions: Sessions | None = None

    def tie_out(self) -> list[Row]:
        """Every row of the tie-out: interface, entity, period, currency and its figures."""
        return [
            {
                "interface": r.interface, "entity": r.entity, "period": r.period, "currency": r.currency,
                "source": _figure(r.source), "posted": _figure(r.posted), "waiting": _figure(r.waiting),
                "in_exception": _figure(r.in_exception), "excluded": _figure(r.excluded),
                "residual": _figure(r.residual), "ledger_gap": f"{r.ledger_gap:f}", "proven": r.proven,
                "changed": r.changed,
            }
            for r in tie_out(self.connection, self.release)
        ]  # fmt: skip

    def flows(self) -> list[Row]:
        """By interface: documents, posted, waiting, held."""
        return [_exact(r) for r in self.connection.execute(_SQL["flows"])]

    def volumes(self) -> list[Row]:
        """By interface and day of the last 62: how many documents came."""
        return [_exact(r) for r in self.connection.execute(_SQL["volumes"], {"now": self.now})]

    def matching(self) -> list[Row]:
        """By entity and month: how many matches the policy applied, and how many people did."""
        return [_exact(r) for r in self.connection.execute(_SQL["matching"])]

    def payouts(self) -> list[Row]:
        """By entity and currency: how many payouts there are, their signed sum, and those of the last 31 days."""
        return [_exact(r) for r in self.connection.execute(_SQL["payouts"], {"now": self.now})]

    def latency(self) -> list[Row]:
        """By interface: seconds from its message to its posting, the median and the 95th percentile of the last 2,000
        documents."""
        return [_exact(r) for r in self.connection.execute(_SQL["latency"])]

    def calls(self) -> list[Row]:
        """By system and outcome: how many calls were made."""
        return [_exact(r) for r in self.connection.execute(_SQL["calls"])]

    def cash(self) -> list[Row]:
        """What banks and providers hold and what is on its way, as the ledgers say now; a ledger that does not
        answer is a row of its entity that says so, and the others are read."""
        if self.sessions is None:
            return []
        found: list[Row] = []
        for code in self.release.entities:
            try:
                rows = cash_rows(self.release, self.sessions, self.now.date(), [code])
            except ConnectorError as error:
                nothing = {"account": "", "currency": "", "amount": "0"}
                found.append({"entity": code, "kind": "error", "role": str(error)[:200], **nothing})
                continue
            found += [
                {"entity": r.entity, "kind": r.kind, "role": r.role, "account": r.account, "currency": r.currency,
                 "amount": f"{r.amount:f}"}
                for r in rows
            ]  # fmt: skip
        return found


# Name: what computes it, and for how many seconds it stands though nothing happened here (a ledger moves by itself).
FIGURES: dict[str, tuple[Callable[[Figures], Sequence[Row]], int]] = {
    "tie_out": (Figures.tie_out, 300),
    "flows": (Figures.flows, 300),
    "volumes": (Figures.volumes, 3600),
    "matching": (Figures.matching, 3600),
    "payouts": (Figures.payouts, 3600),
    "calls": (Figures.calls, 60),
    "latency": (Figures.latency, 300),
    "cash": (Figures.cash, 900),
}
# Asked of systems outside: only the worker does that, never somebody's page.
OUTSIDE = ("cash",)
