"""What stands on accounts at the end of a day: Odoo keeps what is open now, so what later days took is put back.

`max_date` of a partial match (account.partial.reconcile) is the later day of its two lines; what was matched with a later line
stood at the end of the day, as Odoo's own aged reports count it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.connector_api import StandingAccounts, StandingLine
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.comparing import exact
from tieout.connectors.odoo.directory import Directory
from tieout.connectors.odoo.paging import by_id

# Between 2,000 and 5,000 rows a page, as was measured on Odoo 19.
_PAGE = 2000
_FIELDS = [
    "move_id", "move_name", "account_id", "date", "amount_currency", "balance", "amount_residual", "amount_residual_currency",
    "currency_id", "partner_id", "name", "ref", "reconciled", "statement_line_id", "payment_id",
]  # fmt: skip
_NOTHING = (Decimal(0), Decimal(0))
Row = dict[str, Any]
Taken = dict[int, tuple[Decimal, Decimal]]


def standing(
    client: OdooClient, names: Directory, accounts: Sequence[str], summed: Sequence[str], on: date, until: date, most: int
) -> StandingAccounts:  # fmt: skip
    """See `StandingReader.standing`."""
    suspense = {names.code_of(i) for i in suspense_accounts(client)}
    # Nothing stands on an account that there is not: a role may be of before this company had, or after it lost it.
    known = {code: i for code in sorted({*accounts, *summed, *suspense}) if (i := names.account_or_none(code)) is not None}  # fmt: skip
    balances = _balances(client, names, list(known.values()), on)
    wanted = [known[code] for code in sorted({*accounts, *suspense} - {*summed} | suspense) if code in known]
    flags = client.call("account.account", "read", ids=wanted, fields=["reconcile"]) if wanted else []
    matched = [r["id"] for r in flags if r["reconcile"]]
    whole = [r["id"] for r in flags if not r["reconcile"]]
    taken = _taken_later(client, matched, on)
    cut = _too_many(client, matched, whole, until, most)
    rows = _lines(client, [i for i in matched if i not in cut], [i for i in whole if i not in cut], list(taken), until)  # fmt: skip
    found = [_line(names, r, taken.get(r["id"], _NOTHING), r["account_id"][0] in matched) for r in rows]
    return StandingAccounts(
        on=on,
        until=until,
        balances=balances,
        lines=[x for x in found if x.on <= on and (x.standing or x.company)],
        later=[x for x in found if x.on > on and x.open_now],
        suspense=frozenset(suspense),
        reconciled=frozenset(names.code_of(i) for i in matched),
        cut=frozenset(names.code_of(i) for i in cut),
    )


def suspense_accounts(client: OdooClient) -> set[int]:
    """The accounts on which bank lines stand that nobody booked."""
    rows = client.call(
        "account.journal",
        "search_read",
        domain=[["type", "in", ["bank", "cash", "credit"]]],
        fields=["suspense_account_id"],
    )
    return {r["suspense_account_id"][0] for r in rows if r["suspense_account_id"]}


def _balances(
    client: OdooClient, names: Directory, accounts: list[int], on: date
) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    rows = client.grouped(
        "account.move.line",
        domain=[
            ["parent_state", "=", "posted"],
            ["account_id", "in", accounts],
            ["date", "<=", on.isoformat()],
        ],
        groupby=["account_id", "currency_id"],
        aggregates=["amount_currency:sum", "balance:sum"],
    )
    return {
        (names.code_of(r["account_id"][0]), r["currency_id"][1]): (
            exact(r["amount_currency:sum"] or 0),
            exact(r["balance:sum"] or 0),
        )
        for r in rows
    }


def _taken_later(client: OdooClient, accounts: list[int], on: date) -> Taken:
    """Line to what later days took of it, signed as the line is: in its currency, and in the company's."""
    taken: Taken = {}
    if not accounts:
        return taken
    domain = [["max_date", ">", on.isoformat()], ["debit_move_id.account_id", "in", accounts]]
    fields = ["debit_move_id", "credit_move_id", "amount", "debit_amount_currency", "credit_amount_currency"]
    for r in _pages(client, "account.partial.reconcile", domain, fields):
        for side, sign in (("debit", 1), ("credit", -1)):
            line = r[f"{side}_move_id"][0]
            currency, company = taken.get(line, _NOTHING)
            taken[line] = (
                currency + sign * exact(r[f"{side}_amount_currency"]),
                company + sign * exact(r["amount"]),
            )
    return taken


def _domain(matched: list[int], whole: list[int], until: date) -> list[Any]:
    return [
        ["parent_state", "=", "posted"],
        ["date", "<=", until.isoformat()],
        "|",
        ["account_id", "in", whole],
        "&",
        ["account_id", "in", matched],
        ["reconciled", "=", False],
    ]


def _too_many(client: OdooClient, matched: list[int], whole: list[int], until: date, most: int) -> set[int]:
    """Accounts with more lines than may be read."""
    rows = client.grouped(
        "account.move.line",
        domain=_domain(matched, whole, until),
        groupby=["account_id"],
        aggregates=["__count"],
    )
    return {r["account_id"][0] for r in rows if r["__count"] > most}


def _lines(
    client: OdooClient, matched: list[int], whole: list[int], taken: list[int], until: date
) -> Iterator[Row]:
    seen = set()
    for row in _pages(client, "account.move.line", _domain(matched, whole, until), _FIELDS):
        seen.add(row["id"])
        yield row
    closed = sorted(set(taken) - seen)
    for start in range(0, len(closed), _PAGE):
        ids = closed[start : start + _PAGE]
        for row in client.call("account.move.line", "read", ids=ids, fields=_FIELDS):
            if row["account_id"][0] in matched and row["date"] <= until.isoformat():
                yield row


def _line(names: Directory, row: Row, taken: tuple[Decimal, Decimal], is_matched: bool) -> StandingLine:
    """On an account that is not matched a line stands whole: Odoo leaves it no residual."""
    open_now = exact(row["amount_residual_currency"] if is_matched else row["amount_currency"])
    company = exact(row["amount_residual"] if is_matched else row["balance"])
    record = ("account.move", row["move_id"][0])
    if row["statement_line_id"]:
        record = ("account.bank.statement.line", row["statement_line_id"][0])
    elif row["payment_id"]:
        record = ("account.payment", row["payment_id"][0])
    return StandingLine(
        account=names.code_of(row["account_id"][0]),
        currency=row["currency_id"][1],
        on=date.fromisoformat(row["date"]),
        standing=open_now + taken[0],
        company=company + taken[1],
        open_now=open_now,
        entry=str(row["move_name"] or ""),
        reference=str(row["ref"] or ""),
        text=str(row["name"] or ""),
        partner=row["partner_id"][1] if row["partner_id"] else "",
        record=record,
    )


def _pages(client: OdooClient, model: str, domain: list[Any], fields: list[str]) -> Iterator[Row]:
    return by_id(client.call, model, domain, fields, _PAGE)
