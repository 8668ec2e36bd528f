"""Figures as tables for people and as JSON for programs: exact decimal texts in both."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from rich.table import Table

from tieout.proofs import Figure, TieOutRow


def money(value: Decimal) -> str:
    return f"{value:,.2f}"


def _figure(figure: Figure) -> dict[str, str | int]:
    return {
        "net": f"{figure.net:.2f}",
        "count": figure.count,
        "debit": f"{figure.debit:.2f}",
        "credit": f"{figure.credit:.2f}",
    }


def tie_out_json(rows: Iterable[TieOutRow]) -> list[dict[str, Any]]:
    """One object a row; `residual` is null where the source has no control figure."""
    return [
        {
            "interface": r.interface,
            "entity": r.entity,
            "period": r.period,
            "currency": r.currency,
            "source": _figure(r.source) if r.source else None,
            "posted": _figure(r.posted),
            "waiting": _figure(r.waiting),
            "in_exception": _figure(r.in_exception),
            "excluded": _figure(r.excluded),
            "residual": _figure(r.residual) if r.residual is not None else None,
            "ledger_gap": f"{r.ledger_gap:.2f}",
            "proven": r.proven,
        }
        for r in rows
    ]


def tie_out_table(rows: Iterable[TieOutRow]) -> Table:
    table = Table(title="Tie-out: source = posted + waiting + in exception + excluded")
    for name in ("interface", "period", ""):
        table.add_column(name)
    for name in ("count", "source", "posted", "waiting", "in exception", "excluded", "residual"):
        table.add_column(name, justify="right", no_wrap=True)
    for r in rows:
        residual = r.residual
        text = "unproven" if residual is None else money(residual.net)
        if residual is not None and not r.proven:
            text = f"[red]{text} ({residual.count:+d})[/red]"
        source = r.source or Figure()
        table.add_row(
            r.interface,
            r.period,
            r.currency,
            str(source.count),
            money(source.net) if r.source else "-",
            money(r.posted.net),
            money(r.waiting.net),
            money(r.in_exception.net),
            money(r.excluded.net),
            text,
        )
    return table
