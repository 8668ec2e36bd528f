"""What Odoo accrues of purchases by itself or by somebody's hand, so that nothing of ours stands beside it.

As read of the source of Odoo 19 and of what follows it:

- The wizard for accrued orders (`account/wizard/accrued_orders.py`, and `purchase`'s part of it) makes an entry of a general
  journal, dated the period's end, with its reversal on a later day: a line for each line of an order, whose label begins
  with the order's name, against one current liability account that its user chooses ("Accrued total", without a name).
  It is no link to the order that can be read, so the label is. An entry that somebody made by hand is known by the same, or
  by its reference.
- With perpetual valuation a bill stands on the account of the stock's value; the closing of the stock
  (`stock_account/models/res_company.py`, `_get_stock_valuation_account_vals`) books what the stock is worth less what stands
  there. Odoo 18 and older booked receipts on interim accounts as they came; those versions have no JSON-2.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tieout.connector_api import AccruedThere, LedgerAccrual, RefusedError
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.comparing import exact
from tieout.connectors.odoo.directory import Directory
from tieout.connectors.odoo.others import made_here, reversing, with_cents
from tieout.connectors.odoo.paging import by_id

_PAGE = 2000
# So many orders are asked for in one domain; and what is older than this is not looked at.
_ORDERS_A_CALL = 40
_HORIZON = timedelta(days=400)
_FIELDS = ["move_id", "name", "ref", "account_id", "balance", "statement_line_id", "payment_id"]
_LIABILITIES = ("liability_current", "liability_non_current")
Row = dict[str, Any]


def accrued_there(
    client: OdooClient, names: Directory, orders: Sequence[str], on: date, ours: str
) -> AccruedThere:
    """See `AccrualReader.accrued_there`. `ours` is the prefix of our external ids."""
    return AccruedThere(accruals=_entries(client, orders, on, ours), valued=_valued(client, names))


def names_order(number: str) -> Callable[[str], bool]:
    """Whether a label names an order: its number as a word of its own. A short number of digits alone counts where the label
    begins with it, for a quantity or a price would be one as well."""
    word = rf"(?<![a-z0-9])(?<!\d[-/.]){re.escape(number.casefold())}(?![a-z0-9])(?![-/.]\d)"
    begins = number.isdigit() and len(number) < 5
    pattern = re.compile(rf"\s*{word}" if begins else word)
    find = pattern.match if begins else pattern.search
    return lambda text: find(text.casefold()) is not None


def _entries(client: OdooClient, orders: Sequence[str], on: date, ours: str) -> list[LedgerAccrual]:
    """What entries of others accrue of each order, those with a line on a liability: what they took back is gone."""
    lines = _naming(client, orders, on)
    left = set(lines) - made_here(client, {move: _behind(rows[-1]) for move, rows in lines.items()}, ours)
    # What reverses one of ours is told of by the read-back, and accrues nothing.
    whole = _whole(client, sorted(left - reversing(client, sorted(left), ours)))
    kinds = _account_types(client, {r["account_id"][0] for rows in whole.values() for r in rows})
    found = []
    for number in orders:
        named, amount, by = names_order(number), Decimal(0), dict[int, str]()
        for move, rows in whole.items():
            owed = [r for r in rows if kinds[r["account_id"][0]] in _LIABILITIES]
            part = _part_of(named, [r for r in rows if r not in owed], owed)
            if owed and part:
                amount += part
                by[move] = rows[0]["move_id"][1]
        if amount:
            found.append(
                LedgerAccrual(order=number, amount=with_cents(amount), entries=tuple(sorted(by.values())))
            )
    return found


def _behind(line: Row) -> Row:
    """By ids what a line is of."""
    return {x: line[x][0] if line[x] else 0 for x in ("move_id", "statement_line_id", "payment_id")}


def _part_of(named: Callable[[str], bool], spent: list[Row], owed: list[Row]) -> Decimal:
    """What an entry accrues of an order: its lines that name it, whichever side names it; or all of it, where the
    reference alone does."""
    for rows, sign in ((spent, 1), (owed, -1)):
        mine = [r for r in rows if named(str(r["name"] or ""))]
        if mine:
            return sign * sum((exact(r["balance"]) for r in mine), Decimal(0))
    if any(named(str(r["ref"] or "")) for r in (*spent, *owed)):
        return sum((exact(r["balance"]) for r in spent), Decimal(0))
    return Decimal(0)


def _naming(client: OdooClient, orders: Sequence[str], on: date) -> dict[int, list[Row]]:
    """By entry: posted lines of general journals that have one of these numbers in their label or reference."""
    journals = client.call(
        "account.journal", "search_read", domain=[["type", "=", "general"]], fields=["code"]
    )
    base: list[Any] = [
        ["parent_state", "=", "posted"],
        ["date", ">=", (on - _HORIZON).isoformat()],
        ["date", "<=", on.isoformat()],
        ["journal_id", "in", [j["id"] for j in journals]],
    ]
    found: dict[int, dict[int, Row]] = defaultdict(dict)
    for begin in range(0, len(orders), _ORDERS_A_CALL):
        leaves = [[f, "ilike", n] for n in orders[begin : begin + _ORDERS_A_CALL] for f in ("name", "ref")]
        for row in _paged(client, [*base, *["|"] * (len(leaves) - 1), *leaves]):
            found[row["move_id"][0]][row["id"]] = row
    return {move: list(rows.values()) for move, rows in found.items()}


def _whole(client: OdooClient, moves: Sequence[int]) -> dict[int, list[Row]]:
    """All lines of these entries that stand on an account."""
    found: dict[int, list[Row]] = defaultdict(list)
    for begin in range(0, len(moves), _PAGE):
        for row in _paged(client, [["move_id", "in", list(moves[begin : begin + _PAGE])]]):
            if row["account_id"]:
                found[row["move_id"][0]].append(row)
    return found


def _paged(client: OdooClient, domain: list[Any]) -> Iterator[Row]:
    return by_id(client.call, "account.move.line", domain, _FIELDS, _PAGE)


def _account_types(client: OdooClient, accounts: set[int]) -> dict[int, str]:
    rows = (
        client.call("account.account", "read", ids=sorted(accounts), fields=["account_type"])
        if accounts
        else []
    )
    return {r["id"]: str(r["account_type"]) for r in rows}


def _valued(client: OdooClient, names: Directory) -> dict[str, str]:
    """The accounts of the stock's value; none where Odoo's stock is not installed, whose fields are then not there."""
    says = "Odoo's stock values it at its closing"
    found: dict[str, str] = {}
    domain = [["account_stock_variation_id", "!=", False]]
    rows = _where_known(client, "account.account", domain, "account_stock_variation_id")
    found |= {names.code_of(r["id"]): says for r in rows}
    company = [["id", "=", client.company]] if client.company else []
    for model, wanted, field in (
        ("res.company", company, "account_stock_valuation_id"),
        ("product.category", [["property_stock_valuation_account_id", "!=", False]], "property_stock_valuation_account_id"),
    ):  # fmt: skip
        for row in _where_known(client, model, wanted, field):
            if row[field]:
                found[names.code_of(row[field][0])] = says
    return found


def _where_known(client: OdooClient, model: str, domain: list[Any], field: str) -> list[Row]:
    """Records of a model by a field that a module brings; none where it is not installed. Raises SetupError where the
    account may not read them, as whatever else is refused."""
    try:
        rows: list[Row] = client.call(model, "search_read", domain=domain, fields=[field])
    except RefusedError as error:
        # Odoo names the field that it does not know.
        if field in str(error):
            return []
        raise
    return rows
