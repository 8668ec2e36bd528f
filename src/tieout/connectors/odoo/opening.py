"""What is open in Odoo, whoever made it: read in pages, by id, with what each line is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.connector_api import EarlyDiscount, OpenItem, SettledItem, SetupError
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.comparing import exact
from tieout.connectors.odoo.directory import Directory
from tieout.connectors.odoo.discounts import Granted, is_taxed, parts_of, read_books, read_lines
from tieout.connectors.odoo.others import logins, made_of
from tieout.connectors.odoo.paging import by_id
from tieout.connectors.odoo.standing import suspense_accounts
from tieout.documents import DiscountPart

# Between 2,000 and 5,000 rows a page, as was measured on Odoo 19.
_PAGE = 2000
DUE = {"asset_receivable": "receivable", "liability_payable": "payable"}
_FIELDS = [
    "move_id", "account_id", "account_type", "date", "date_maturity", "amount_residual",
    "amount_residual_currency", "amount_currency", "balance", "currency_id", "partner_id", "name",
    "matching_number", "statement_line_id", "payment_id",
]  # fmt: skip
_MOVE_FIELDS = [
    "name", "ref", "payment_reference", "move_type", "payment_state", "amount_total", "amount_untaxed", "amount_tax",
    "journal_id", "create_uid",
]  # fmt: skip
Row = dict[str, Any]


def open_items(
    client: OdooClient,
    names: Directory,
    accounts: Sequence[str],
    until: date,
    ours: str,
    only: Sequence[int] = (),
) -> list[OpenItem]:
    """See `LedgerReader.open_items`. `ours` is the prefix of our external ids."""
    # Nothing stands on an account that there is not: a role may be of before this company had, or after it lost it.
    wanted = [i for code in accounts if (i := names.account_or_none(code)) is not None]
    _must_reconcile(client, wanted)
    suspense = suspense_accounts(client)
    lines = _open_lines(client, [*wanted, *suspense], suspense, until, only)
    terms = _terms(client)
    fields = [*_MOVE_FIELDS, "invoice_payment_term_id", "invoice_currency_rate"] if terms else _MOVE_FIELDS
    moves = {r["id"]: r for r in _read(client, "account.move", {x["move_id"][0] for x in lines}, fields)}
    discounts = _discounts(client, lines, moves, terms) if terms else {}
    effects = _effects(client, lines, ours)
    deferred = _deferred(client, set(moves))
    users = logins(client, moves.values())
    found, included = [], []
    for row in lines:
        move = moves[row["move_id"][0]]
        item = _item(names, row, move, row["account_id"][0] in suspense)
        if item is not None:
            item = _granted(item, move, discounts.get(row["id"]), terms)
            if item.discount and item.discount.computation == "included":
                included.append((item, move, discounts[row["id"]]))
            effect, on_payment = effects.get(row["id"], ""), move["id"] in deferred
            made = None if effect else made_of(names, row, move, users)
            found.append(replace(item, effect=effect, on_payment=on_payment, made=made))
    parts = _parts(client, names, included, terms)
    return [replace(i, discount=parts[i.line]) if i.line in parts else i for i in found]


def settled_items(client: OdooClient, until: date, most: int) -> list[SettledItem]:
    """See `PastReader.settled_items`: one read."""
    domain = [
        ["parent_state", "=", "posted"],
        ["reconciled", "=", True],
        ["date", "<=", until.isoformat()],
        ["account_type", "in", list(DUE)],
        ["move_id.move_type", "in", ["out_invoice", "out_refund", "in_invoice", "in_refund"]],
    ]
    rows = client.call(
        "account.move.line",
        "search_read",
        domain=domain,
        fields=["partner_id", "currency_id", "amount_currency"],
        order="date desc, id desc",
        limit=most,
    )
    return [
        SettledItem(
            r["partner_id"][1] if r["partner_id"] else "", r["currency_id"][1], exact(r["amount_currency"])
        )
        for r in rows
    ]


def _open_lines(
    client: OdooClient, accounts: list[int], suspense: set[int], until: date, only: Sequence[int]
) -> list[Row]:
    """Lines that nothing is matched with: what is due, and what stands on these accounts."""
    domain: list[Any] = [
        ["parent_state", "=", "posted"],
        ["reconciled", "=", False],
        ["date", "<=", until.isoformat()],
        "|",
        ["account_type", "in", list(DUE)],
        ["account_id", "in", accounts],
    ]
    if only:
        domain.insert(0, ["id", "in", list(only)])
    return [
        row
        for row in _pages(client, "account.move.line", domain, _FIELDS)
        # On suspense only bank lines are ours to match: anything else is somebody's own entry.
        if row["account_id"][0] not in suspense or row["statement_line_id"]
    ]


def _item(names: Directory, row: Row, move: Row, is_suspense: bool) -> OpenItem | None:
    """A line as an open item; None where nothing of it is open. On suspense a line is open whole: Odoo leaves it no
    residual."""
    residual, company = (
        (row["amount_currency"], row["balance"])
        if is_suspense
        else (row["amount_residual_currency"], row["amount_residual"])
    )
    if not exact(residual):
        return None
    called = (move["ref"], move["name"], move["payment_reference"])
    return OpenItem(
        line=row["id"],
        move=move["id"],
        account=names.code_of(row["account_id"][0]),
        kind="suspense" if is_suspense else DUE.get(row["account_type"], "other"),
        is_payment=move["move_type"] == "entry",
        on=date.fromisoformat(row["date"]),
        due=date.fromisoformat(row["date_maturity"]) if row["date_maturity"] else None,
        currency=row["currency_id"][1],
        residual=exact(residual),
        company=exact(company),
        partner=row["partner_id"][0] if row["partner_id"] else 0,
        partner_name=row["partner_id"][1] if row["partner_id"] else "",
        numbers=tuple(dict.fromkeys(str(x) for x in called if x and x != "/")),
        label=row["name"] or "",
        statement_line=row["statement_line_id"][0] if row["statement_line_id"] else 0,
        # "I" and a key is a mark that waits for its pair; any other number is a match.
        unmarked=not row["matching_number"] or str(row["matching_number"]).startswith("I"),
    )


def _terms(client: OdooClient) -> dict[int, Row]:
    """Payment terms with a discount for paying early: its per cent, and what becomes of the tax by each."""
    fields = ["early_pay_discount_computation", "discount_percentage"]
    domain = [["early_discount", "=", True]]
    try:
        rows = list(_pages(client, "account.payment.term", domain, fields))
    except SetupError:
        # An account that may not see terms matches all the same: a discount is then nobody's to accept by itself.
        return {}
    return {r["id"]: r for r in rows}


def _discounts(
    client: OdooClient, lines: Iterable[Row], moves: dict[int, Row], terms: dict[int, Row]
) -> dict[int, Row]:
    """Until when, and for how much, lines of invoices with such a term are settled: asked of these few alone."""
    asked = {
        row["id"]
        for row in lines
        if (term := moves[row["move_id"][0]]["invoice_payment_term_id"]) and term[0] in terms
    }
    rows = _read(
        client,
        "account.move.line",
        asked,
        ["discount_date", "discount_amount_currency", "discount_balance", "balance"],
    )
    return {r["id"]: r for r in rows if r["discount_date"]}


def _granted(item: OpenItem, move: Row, discount: Row | None, terms: dict[int, Row]) -> OpenItem:
    """An invoice or bill with what it is without its tax, and with what its term grants for paying early.

    As Odoo 19 has it (account.move, eligibility for the early payment discount; account.payment.term): the whole must
    be open and unpaid, `discount_date` is the last day, and `discount_amount_currency` what is to be paid by then.
    """
    whole = (
        item.unmarked
        and move["payment_state"] == "not_paid"
        and exact(move["amount_total"]) == abs(item.residual)
    )
    if move["move_type"] not in ("out_invoice", "in_invoice") or not whole:
        return item
    sign = 1 if item.residual > 0 else -1
    item = replace(item, untaxed=sign * exact(move["amount_untaxed"]))
    if discount is None:
        return item
    granted = abs(item.residual) - abs(exact(discount["discount_amount_currency"]))
    until, taxed = date.fromisoformat(discount["discount_date"]), bool(exact(move["amount_tax"]))
    computation = terms[move["invoice_payment_term_id"][0]]["early_pay_discount_computation"] or "included"
    return replace(item, discount=EarlyDiscount(until, granted, computation, taxed)) if granted > 0 else item


def _parts(
    client: OdooClient, names: Directory, included: Sequence[tuple[OpenItem, Row, Row]], terms: dict[int, Row]
) -> dict[int, EarlyDiscount]:
    """Discounts that Odoo books with their tax, by due line, in the lines that it would make: asked of these few alone."""
    if not included:
        return {}
    lines = read_lines(client, [move["id"] for _, move, _ in included])
    every = [row for rows in lines.values() for row in rows]
    books = read_books(client, every, names) if is_taxed(every) else None
    found = {}
    for item, move, row in included:
        assert item.discount is not None
        own = lines.get(move["id"], [])
        # Of lines that nobody may read the tax is what the invoice says; a tax of nothing per cent has a base to correct.
        taxed = is_taxed(own) if own else item.discount.taxed
        parts: tuple[DiscountPart, ...] = ()
        if taxed and books is not None and own:
            percent = Decimal(str(terms[move["invoice_payment_term_id"][0]]["discount_percentage"]))
            sign = 1 if item.residual > 0 else -1
            granted = Granted(
                percent=percent,
                amount=sign * item.discount.amount,
                company=exact(row["balance"]) - exact(row["discount_balance"]),
                rate=Decimal(str(move["invoice_currency_rate"] or 1)),
                currency=item.currency,
                own_currency=names.own_currency(),
            )
            parts = parts_of(own, granted, books, names.code_of)
        found[item.line] = replace(item.discount, taxed=taxed, parts=parts)
    return found


def _pages(client: OdooClient, model: str, domain: list[Any], fields: list[str]) -> Iterator[Row]:
    return by_id(client.call, model, domain, fields, _PAGE)


def _read(client: OdooClient, model: str, keys: set[int], fields: list[str]) -> Iterator[Row]:
    ordered = sorted(keys)
    for start in range(0, len(ordered), _PAGE):
        yield from client.call(model, "read", ids=ordered[start : start + _PAGE], fields=fields)


def _must_reconcile(client: OdooClient, accounts: list[int]) -> None:
    rows = client.call("account.account", "read", ids=accounts, fields=["code", "name", "reconcile"])
    bad = [f"{r['code']} {r['name']}" for r in rows if not r["reconcile"]]
    if bad:
        raise SetupError(f"allow reconciliation in Odoo on {', '.join(bad)}: nothing on it is ever open else")


def _effects(client: OdooClient, lines: list[Row], ours: str) -> dict[int, str]:
    """Line to the external id of the effect of ours that made its record."""
    found: dict[int, str] = {}
    # A bank line and a payment have an entry of their own, and the external id stands on them and not on
    # it.
    for model, field in (
        ("account.bank.statement.line", "statement_line_id"),
        ("account.payment", "payment_id"),
        ("account.move", "move_id"),
    ):
        mine = [x for x in lines if x[field] and x["id"] not in found]
        keys = sorted({x[field][0] for x in mine})
        names: dict[str, str] = {}
        for start in range(0, len(keys), _PAGE):
            names |= client.call(model, "get_external_id", ids=keys[start : start + _PAGE])
        for row in mine:
            name = names.get(str(row[field][0]), "")
            if name.startswith(ours):
                found[row["id"]] = f"tieout.{name.removeprefix(ours)}"
    return found


def _deferred(client: OdooClient, moves: set[int]) -> set[int]:
    """Entries with a tax that falls due when they are paid."""
    taxes = client.call(
        "account.tax", "search_read", domain=[["tax_exigibility", "=", "on_payment"]], fields=["name"]
    )
    if not taxes:
        return set()
    domain = [["tax_line_id", "in", [t["id"] for t in taxes]]]
    return {
        row["move_id"][0]
        for row in _pages(client, "account.move.line", domain, ["move_id"])
        if row["move_id"][0] in moves
    }
