"""What stands on accounts on their way to zero, item by item, as of the period's end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tieout.close.sections.asked import Asked
from tieout.close.sheet import Cell, Column, Formula, Section, Sum, Table, amount_text
from tieout.proofs import kept_items

_ACCOUNTS = (
    Column("account", "Account"),
    Column("role", "Role"),
    Column("currency", "Currency"),
    Column("normal", "Normal age, business days", "count"),
    Column("count", "Items", "count"),
    Column("past", "Past their age", "count"),
    Column("items", "Items come to", "amount"),
    Column("rest", "Not explained", "amount"),
    Column("balance", "In the ledger", "amount"),
    Column("company_rest", "Not explained, in the entity's currency", "amount"),
    Column("why", "Why"),
)
_ITEMS = (
    Column("account", "Account"),
    Column("currency", "Currency"),
    Column("reference", "Item"),
    Column("entry", "Entry"),
    Column("on", "Since", "day"),
    Column("days", "Business days", "count"),
    Column("past", "Age"),
    Column("amount", "Amount", "amount"),
    Column("owner", "Whose"),
    Column("waits_for", "Waits for"),
)


def read_items(asked: Asked) -> list[dict[str, Any]]:
    """What is kept of the period's end, as it was read last; nothing where it never was."""
    return [r["figures"] for r in kept_items(asked.connection, [asked.entity], str(asked.period), 1)]


def items_section(rows: Sequence[Mapping[str, Any]]) -> Section:
    """In the ledger = items + what nobody explains, account by account; then each item, to which the items of an account sum."""
    accounts = [a for f in rows for a in f["accounts"]]
    tables = (
        Table(
            "standing", _ACCOUNTS, tuple(_account(a) for a in accounts),
            sums=(Sum("balance", ("currency",)), Sum("rest", ("currency",))),
            formulas=(Formula("balance", ("items", "rest")),), empty="Every one of them is at zero.",
        ),
        Table(
            "standing_items", _ITEMS, tuple(r for a in accounts for r in _items(a)), title="Items",
            sums=(Sum("amount", ("account", "currency")),), empty="No item stands.",
        ),
    )  # fmt: skip
    said = tuple(items_words(f) for f in rows) or ("They were not read: nothing is known of them.",)
    return Section("standing", "Suspense, unapplied, in-transit and clearing accounts", tables, said)


def items_words(figures: Mapping[str, Any]) -> str:
    """One sentence over all of it."""
    accounts = figures["accounts"]
    items, past = sum(a["count"] for a in accounts), sum(a["past"] for a in accounts)
    rest = sum(1 for a in accounts if a["why"])
    said = f"At the end of {figures['as_of']} {len(accounts)} of {figures['looked_at']} accounts were not at zero: {items} items"
    said += f", {past} of them past their age" if past else ""
    return said + (f"; on {rest} not all is explained." if rest else "; nothing is unexplained.")


def _account(a: Mapping[str, Any]) -> tuple[Cell, ...]:
    items = Decimal(a["balance"]) - Decimal(a["rest"])
    return (
        a["account"], a["role"], a["currency"], str(a["normal"]), str(a["count"]), str(a["past"]), amount_text(items), a["rest"],
        a["balance"], a["company_rest"], a["why"],
    )  # fmt: skip


def _items(a: Mapping[str, Any]) -> list[tuple[Cell, ...]]:
    """The items of an account; those that are not kept one by one as one row, what nobody explains is none of them."""
    found: list[tuple[Cell, ...]] = [
        (
            a["account"], a["currency"], i["reference"], i["entry"], i["on"], str(i["days"]), "past" if i["past"] else "",
            i["amount"], i["owner"], i["waits_for"],
        ) for i in a["items"]
    ]  # fmt: skip
    if a["more"]["count"]:
        more = f"{a['more']['count']} more"
        found.append((a["account"], a["currency"], more, "", None, None, "", a["more"]["amount"], "", ""))
    return found
