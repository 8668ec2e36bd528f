"""The part of a printed close that says what stands on accounts on their way to zero. Pure: from the figures as they are kept, in
the database and in evidence (`close.items`) alike, on the standard library alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

TITLE = "What stands on suspense, unapplied, in-transit and clearing accounts"
HEADINGS = ("account", "item", "entry", "since", "business days", "amount", "currency", "whose", "waits for")
NOT_EXPLAINED = "not explained"


def items_rows(figures: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The rows under HEADINGS, account by account: its items, those that are not listed as one row, what nobody explains, and the
    ledger's own balance, to which they sum."""
    return [row for account in figures["accounts"] for row in _rows(account)]


def _rows(account: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    name, currency = f"{account['account']} {account['role']}", account["currency"]

    def row(
        what: str,
        amount: str,
        entry: str = "",
        on: str = "",
        days: str = "",
        owner: str = "",
        waits: str = "",
    ) -> tuple[str, ...]:
        return (name, what, entry, on, days, amount, currency, owner, waits)

    for i in account["items"]:
        days = f"{i['days']}{' (past its age)' if i['past'] else ''}"
        yield row(i["reference"], i["amount"], i["entry"], i["on"], days, i["owner"], i["waits_for"])
    if account["more"]["count"]:
        yield row(f"{account['more']['count']} more items", account["more"]["amount"])
    if account["why"]:
        # Where the account's own currency comes out and the entity's does not, that is what is left.
        rest = account["rest"] if account["rest"].strip("-0.") else account["company_rest"]
        yield row(NOT_EXPLAINED, rest, waits=account["why"])
    yield row("the ledger's balance", account["balance"])


def items_words(figures: Mapping[str, Any]) -> str:
    """One sentence over all of it."""
    accounts = figures["accounts"]
    items, past = sum(a["count"] for a in accounts), sum(a["past"] for a in accounts)
    rest = sum(1 for a in accounts if a["why"])
    said = f"At the end of {figures['as_of']} of {figures['looked_at']} accounts {len(accounts)} were not zero: {items} items"
    said += f", {past} of them past their age" if past else ""
    return said + (f"; {rest} held what nobody explains" if rest else "; nothing was left unexplained")
