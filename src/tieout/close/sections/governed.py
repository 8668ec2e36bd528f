"""Governed accounts: what each moved by in the month, and who moved it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tieout.close.sections.asked import Asked
from tieout.close.sheet import Cell, Column, Formula, Section, Sum, Table, amount_text
from tieout.proofs import kept_split

_BY = ("follows", "opening", "declared", "explained", "undeclared")
_COLUMNS = (
    Column("account", "Account"),
    Column("currency", "Currency"),
    Column("moved", "Moved in the ledger", "amount"),
    Column("ours", "By documents", "amount"),
    Column("follows", "What follows from them", "amount"),
    Column("opening", "Opening", "amount"),
    Column("declared", "Made in the ledger by declaration", "amount"),
    Column("explained", "Explained", "amount"),
    Column("undeclared", "Of nobody's", "amount"),
    Column("residual", "Residual", "amount"),
    Column("entries", "Entries of others", "count"),
)
# More accounts than any company has.
_MOST = 100_000


def read_governed(asked: Asked) -> list[dict[str, Any]]:
    """What is kept of each account that was read last."""
    return kept_split(asked.connection, [asked.entity], str(asked.period), _MOST)


def governed_section(rows: Sequence[dict[str, Any]]) -> Section:
    """Moved in the ledger = by documents + what follows + opening + declared + explained + of nobody's + residual."""
    table = Table(
        "governed", _COLUMNS, tuple(_row(r) for r in rows),
        sums=(Sum("undeclared", ("currency",)), Sum("residual", ("currency",))),
        formulas=(Formula("residual", ("moved",), ("ours", *_BY)),),
        empty="No governed account moved.",
    )  # fmt: skip
    wrong = sum(Decimal(r["figures"]["residual"]) != 0 for r in rows)
    said = f"Accounts with a residual: {wrong}." if wrong else "No account has a residual."
    return Section("governed", "Governed accounts", (table,), (said,))


def _row(r: dict[str, Any]) -> tuple[Cell, ...]:
    f = r["figures"]
    declared = list(f["declared"].values())
    parts = {"declared": declared} | {n: [f[n]] for n in _BY if n != "declared"}
    entries = sum(x["count"] for n in _BY for x in parts[n])
    return (
        r["account"],
        r["currency"],
        amount_text(Decimal(f["moved"])),
        amount_text(Decimal(f["ours"])),
        *(
            amount_text(sum((Decimal(x["debit"]) - Decimal(x["credit"]) for x in parts[n]), Decimal(0)))
            for n in _BY
        ),
        amount_text(Decimal(f["residual"])),
        str(entries),
    )
