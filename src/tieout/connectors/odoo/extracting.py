"""Journal items of a span of days, whoever made them, in pages: what an extract is made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from tieout.connector_api import JournalItem
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.comparing import exact
from tieout.connectors.odoo.directory import Directory
from tieout.connectors.odoo.paging import by_id

# Between 2,000 and 5,000 rows a page, as was measured on Odoo 19.
_PAGE = 5000
_FIELDS = [
    "move_id", "move_name", "date", "journal_id", "account_id", "partner_id", "name", "ref", "currency_id",
    "amount_currency", "debit", "credit", "statement_line_id", "payment_id",
]  # fmt: skip


def journal_items(client: OdooClient, names: Directory, start: date, end: date) -> Iterator[JournalItem]:
    """See `LedgerReader.journal_items`."""
    journals = {
        r["id"]: r["code"] for r in client.call("account.journal", "search_read", domain=[], fields=["code"])
    }
    domain = [
        ["parent_state", "=", "posted"],
        ["date", ">=", start.isoformat()],
        ["date", "<=", end.isoformat()],
    ]
    for r in by_id(client.bare, "account.move.line", domain, _FIELDS, _PAGE):
        if not r["account_id"]:
            # A section or a note: it stands on no account.
            continue
        record = ("account.move", r["move_id"])
        if r["statement_line_id"]:
            record = ("account.bank.statement.line", r["statement_line_id"])
        elif r["payment_id"]:
            record = ("account.payment", r["payment_id"])
        yield JournalItem(
            line=r["id"],
            entry=str(r["move_name"] or ""),
            on=date.fromisoformat(r["date"]),
            journal=str(journals.get(r["journal_id"], "")),
            account=names.code_of(r["account_id"]),
            partner=r["partner_id"] or 0,
            text=str(r["name"] or ""),
            reference=str(r["ref"] or ""),
            currency=names.currency_code(r["currency_id"]),
            amount=exact(r["amount_currency"]),
            debit=exact(r["debit"]),
            credit=exact(r["credit"]),
            record=record,
        )


def movements(
    client: OdooClient, names: Directory, start: date, end: date
) -> dict[str, tuple[int, Decimal, Decimal]]:
    """See `LedgerReader.movements`: one grouped read."""
    rows = client.grouped(
        "account.move.line",
        domain=[
            ["parent_state", "=", "posted"],
            ["date", ">=", start.isoformat()],
            ["date", "<=", end.isoformat()],
            ["account_id", "!=", False],
        ],
        groupby=["account_id"],
        aggregates=["debit:sum", "credit:sum", "__count"],
    )
    return {
        names.code_of(r["account_id"][0]): (
            r["__count"],
            exact(r["debit:sum"] or 0),
            exact(r["credit:sum"] or 0),
        )
        for r in rows
        if r["account_id"]
    }
