"""Balance-sheet accounts: what each held, what it should, and by whose word it is as it is."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tieout.close.certifications import kept_accounts
from tieout.close.sections.asked import Asked
from tieout.close.sheet import Cell, Column, Formula, Section, Sum, Table, amount_text

_COLUMNS = (
    Column("account", "Account"),
    Column("currency", "Currency"),
    Column("class", "Risk class"),
    Column("in_ledger", "In the ledger", "amount"),
    Column("expected", "Expected", "amount"),
    Column("difference", "Difference", "amount"),
    Column("known_from", "Expected by"),
    Column("limit", "Limit, in the entity's currency", "amount"),
    Column("state", "State"),
    Column("prepared_by", "Prepared by"),
    Column("signed_by", "Signed by"),
    Column("why", "Explanation"),
)


def read_certified(asked: Asked) -> list[dict[str, Any]]:
    """Each account as it was read last, with how it is certified."""
    return kept_accounts(asked.connection, asked.entity, str(asked.period))


def certified_section(rows: Sequence[dict[str, Any]]) -> Section:
    """In the ledger = expected + difference, account by account."""
    table = Table(
        "certified", _COLUMNS, tuple(_row(r) for r in rows), sums=(Sum("difference", ("currency",)), Sum("", ("state",))),
        formulas=(Formula("difference", ("in_ledger",), ("expected",)),),
        empty="No account of the balance sheet was read.",
    )  # fmt: skip
    left = sum(r["state"] != "certified" for r in rows)
    said = f"{left} accounts are not certified." if left else "Every account is certified."
    return Section("certified", "Accounts certified", (table,), (said,) if rows else ())


def _row(r: dict[str, Any]) -> tuple[Cell, ...]:
    expected = None if r["expected"] is None else Decimal(r["expected"])
    held = Decimal(r["in_ledger"])
    return (
        r["account"], r["currency"], r["class"], amount_text(held), amount_text(expected),
        amount_text(None if expected is None else held - expected), r["known_from"], amount_text(Decimal(r["limit"])),
        "by itself" if r["by_itself"] else r["state"], r["prepared_by"], r["signed_by"],
        "" if r["by_itself"] else r["explanation"],
    )  # fmt: skip
