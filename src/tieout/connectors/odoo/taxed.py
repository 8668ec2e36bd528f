"""Odoo's tax lines, and the lines that bear a tax, of a span of days.

A tax line has `tax_line_id` (the tax of its `tax_repartition_line_id`), a line that bears taxes `tax_ids`. A tax that falls due
on payment (`tax_exigibility`) stands on an invoice by its own lines, which no report counts, and again on the entry that
Odoo makes as it is paid, on the tax's own account. So it does on any entry with a receivable or payable line: of these
`always_tax_exigible` is false, and no report counts them on their own day.

Odoo's entry names the partial match that it follows from (`tax_cash_basis_rec_id`) until that is taken apart, and the entry
whose tax it is (`tax_cash_basis_origin_move_id`) for ever; what books it back is a copy of it, and names that as well.

Source: `_get_tax_exigible_domain` of `account.move.line`, `_compute_always_tax_exigible` and
`_collect_tax_cash_basis_values` of `account.move`, `unlink` of `account.partial.reconcile`, of Odoo 18 and 19 alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.connector_api import LedgerTaxes, TaxCode, TaxItem
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.comparing import exact
from tieout.connectors.odoo.directory import Directory
from tieout.connectors.odoo.others import FOLLOWS_A_PAYMENT, fell_due, made_here
from tieout.connectors.odoo.paging import by_id

_PAGE = 5000
_MOVES = 2000
_FIELDS = [
    "move_id", "move_name", "date", "account_id", "currency_id", "amount_currency", "balance", "tax_line_id", "tax_ids",
    "statement_line_id", "payment_id",
]  # fmt: skip
_MOVE_FIELDS = [
    "name", "create_uid", *FOLLOWS_A_PAYMENT, "move_type", "reversed_entry_id", "always_tax_exigible",
]  # fmt: skip
Row = dict[str, Any]


class _Codes:
    """A company's taxes by their ids, archived ones as well."""

    def __init__(self, client: OdooClient) -> None:
        context = {"active_test": False}
        rows = client.call(
            "account.tax", "search_read", domain=[], fields=["name", "type_tax_use", "tax_exigibility"], context=context
        )  # fmt: skip
        self.of = {r["id"]: TaxCode(str(r["type_tax_use"] or ""), str(r["name"])) for r in rows}
        self.on_payment = {r["id"] for r in rows if r["tax_exigibility"] == "on_payment"}
        shares = client.call(
            "account.tax.repartition.line", "search_read", domain=[["tax_id", "in", sorted(self.of)]],
            fields=["tax_id", "account_id", "repartition_type"],
        )  # fmt: skip
        self.shares = {r["id"]: self.of[r["tax_id"][0]] for r in shares}
        self.accounts = sorted(
            {r["account_id"][0] for r in shares if r["account_id"] and r["repartition_type"] == "tax"}
        )


def ledger_taxes(client: OdooClient, names: Directory, start: date, end: date, ours: str) -> LedgerTaxes:
    """See `TaxReader.ledger_taxes`. `ours` is the prefix of our external ids."""
    codes = _Codes(client)
    lines: dict[int, list[Row]] = {}
    for row in _lines(client, codes.accounts, start, end):
        lines.setdefault(row["move_id"], []).append(row)
    moves = _moves(client, sorted(lines))
    items = [
        item
        for key, rows in lines.items()
        if key in moves
        for row in rows
        for item in _items(row, moves[key], codes, names)
    ]
    left = sorted(set(lines) & set(moves) - made_here(client, {m: r[0] for m, r in lines.items()}, ours))
    return LedgerTaxes(
        items=items,
        shares=codes.shares,
        taxes=codes.of,
        makers={str(moves[k]["name"]): _author(moves[k]) for k in left},
        reversing={
            str(moves[key]["name"]): ("account.move", moves[key]["reversed_entry_id"][0])
            for key in left
            if moves[key]["reversed_entry_id"]
        },
    )


def _lines(client: OdooClient, accounts: list[int], start: date, end: date) -> Iterator[Row]:
    domain: list[Any] = [
        ["parent_state", "=", "posted"],
        ["date", ">=", start.isoformat()],
        ["date", "<=", end.isoformat()],
        "|",
        "|",
        ["tax_line_id", "!=", False],
        ["tax_ids", "!=", False],
        ["account_id", "in", accounts],
    ]
    return by_id(client.bare, "account.move.line", domain, _FIELDS, _PAGE)


def _moves(client: OdooClient, keys: list[int]) -> dict[int, Row]:
    found: dict[int, Row] = {}
    for begin in range(0, len(keys), _MOVES):
        rows = client.call("account.move", "read", ids=keys[begin : begin + _MOVES], fields=_MOVE_FIELDS)
        found |= {r["id"]: r for r in rows}
    return found


def _items(row: Row, move: Row, codes: _Codes, names: Directory) -> Iterator[TaxItem]:
    """What one line says of each tax: of its own, of those that it bears; or of none, on an account of taxes."""
    if not row["account_id"]:
        return
    zero, amount, company = Decimal(0), -exact(row["amount_currency"]), -exact(row["balance"])
    record = ("account.move", row["move_id"])
    if row["statement_line_id"]:
        record = ("account.bank.statement.line", row["statement_line_id"])
    elif row["payment_id"]:
        record = ("account.payment", row["payment_id"])
    due, at_once = fell_due(move), bool(move["always_tax_exigible"])
    # A part of a group of taxes is for no use of its own: the document says it.
    use = {"out": "sale", "in": "purchase"}.get(str(move["move_type"]).partition("_")[0], "")

    def code(tax: int) -> TaxCode:
        known = codes.of.get(tax, TaxCode("", f"#{tax}" if tax else ""))
        return TaxCode(use, known.name) if use and known.use == "none" else known

    def item(tax: int, of_tax: bool) -> TaxItem:
        return TaxItem(
            entry=str(row["move_name"] or ""),
            on=date.fromisoformat(row["date"]),
            record=record,
            code=code(tax),
            account=names.code_of(row["account_id"]),
            currency=names.currency_code(row["currency_id"]),
            tax=amount if of_tax else zero,
            base=zero if of_tax else amount,
            company=company if of_tax else zero,
            company_base=zero if of_tax else company,
            falls_due=due,
            counts=due or at_once or tax not in codes.on_payment,
        )

    if row["tax_line_id"]:
        # A tax that is worked out of another one's line bears on it as well: that is no base of a sale.
        yield item(row["tax_line_id"], True)
    elif row["tax_ids"]:
        yield from (item(tax, False) for tax in row["tax_ids"])
    else:
        yield item(0, True)


def _author(move: Row) -> str:
    return str(move["create_uid"][1]) if move["create_uid"] else "somebody"
