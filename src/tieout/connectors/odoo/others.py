"""Entries that others made in Odoo: which they are, who made them and how."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.connector_api import OthersMove, SetupError
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.comparing import exact
from tieout.connectors.odoo.directory import Directory
from tieout.connectors.odoo.paging import by_id
from tieout.rules.origins import UNREAD, Made

_PAGE = 2000
_LINE_FIELDS = [
    "move_id", "statement_line_id", "payment_id", "account_id", "currency_id", "amount_currency", "balance",
]  # fmt: skip
# Of an entry of tax that fell due: the match that it follows from, until that is taken apart, and whose tax it is.
FOLLOWS_A_PAYMENT = ("tax_cash_basis_rec_id", "tax_cash_basis_origin_move_id")
_MOVE_FIELDS = ["name", "date", "ref", "create_uid", *FOLLOWS_A_PAYMENT, "journal_id", "move_type"]
Row = dict[str, Any]


def others_moves(
    client: OdooClient, names: Directory, accounts: Sequence[str], start: date, end: date, ours: str
) -> list[OthersMove]:
    """See `LedgerReader.others_moves`. `ours` is the prefix of our external ids."""
    # Roles are the project's; not every company has an account of each.
    ids = names.accounts_there(accounts)
    there = _entries(client, ids, start, end)
    left = sorted(set(there) - made_here(client, there, ours))
    turned = reversing(client, left, ours)
    exchange = exchange_journal(client) if left else 0
    found: list[OthersMove] = []
    for begin in range(0, len(left), _PAGE):
        chunk = left[begin : begin + _PAGE]
        sizes, lines = _sizes(client, chunk), _lines(client, chunk, ids)
        moves = client.call("account.move", "read", ids=chunk, fields=_MOVE_FIELDS)
        users = logins(client, moves)
        for move in moves:
            if move["id"] not in lines:
                # It was set back, or moved to other accounts, since.
                continue
            rows, sums = lines[move["id"]], defaultdict[tuple[str, str], Decimal](Decimal)
            for row in rows:
                key = (names.code_of(row["account_id"][0]), row["currency_id"][1])
                sums[key] += exact(row["amount_currency"])
            touched = tuple(sorted({code for code, _ in sums}))
            found.append(
                OthersMove(
                    name=str(move["name"]),
                    on=date.fromisoformat(move["date"]),
                    reference=str(move["ref"] or ""),
                    author=move["create_uid"][1] if move["create_uid"] else "",
                    amount=sizes.get(move["id"], Decimal(0)),
                    made=made_of(names, rows[0], move, users, touched),
                    lines=dict(sums),
                    follows=move["id"] in turned or _is_consequence(move, rows, exchange),
                )
            )
    return found


def made_of(
    names: Directory, line: Row, move: Row, users: dict[int, str], accounts: tuple[str, ...] = ()
) -> Made:
    """How an entry was made, of one of its lines and of it. An entry of a bank line or a payment has no other sign
    of it than that: its own type is the one of any entry."""
    if line["statement_line_id"]:
        kind = "bank line"
    elif line["payment_id"]:
        kind = "payment"
    elif str(move["move_type"]).startswith("out_"):
        kind = "customer invoice"
    elif str(move["move_type"]).startswith("in_"):
        kind = "vendor bill"
    else:
        kind = "entry"
    user = move["create_uid"]
    journal = names.journal_code(move["journal_id"][0]) if move["journal_id"] else ""
    # What Odoo shows of somebody is theirs to choose, and could be another one's login: it is no sign of who they are.
    login = users.get(user[0], f"{UNREAD}{user[0]}") if user else ""
    return Made(journal, login, kind, accounts)


def logins(client: OdooClient, moves: Iterable[Row]) -> dict[int, str]:
    """User to the name that they sign in with, of whoever made these; whom our account may not see is in none."""
    wanted = sorted({m["create_uid"][0] for m in moves if m["create_uid"]})
    if not wanted:
        return {}
    try:
        # A person who left is archived, and is who made it all the same.
        rows = client.call(
            "res.users", "search_read", domain=[["id", "in", wanted]], fields=["login"],
            context={"active_test": False},
        )  # fmt: skip
    except SetupError:
        return {}
    return {r["id"]: str(r["login"]) for r in rows}


def _entries(client: OdooClient, accounts: list[int], start: date, end: date) -> dict[int, Row]:
    """The posted entries of these days that have a line on one of these accounts, each as a line of it would name it: one
    row an entry, however many lines it has."""
    domain = [
        # `any` is of Odoo 17 and later: https://www.odoo.com/documentation/19.0/developer/reference/backend/orm.html
        ["line_ids", "any", [["account_id", "in", accounts]]],
        ["state", "=", "posted"],
        ["date", ">=", start.isoformat()],
        ["date", "<=", end.isoformat()],
    ]
    if not accounts:
        return {}
    rows = by_id(client.bare, "account.move", domain, ["statement_line_id", "origin_payment_id"], _PAGE)
    return {
        row["id"]: {
            "move_id": row["id"],
            "statement_line_id": row["statement_line_id"],
            "payment_id": row["origin_payment_id"],
        }
        for row in rows
    }


def _lines(client: OdooClient, moves: list[int], accounts: list[int]) -> dict[int, list[Row]]:
    """By entry: its posted lines on these accounts."""
    domain = [["move_id", "in", moves], ["parent_state", "=", "posted"], ["account_id", "in", accounts]]
    found: dict[int, list[Row]] = {}
    for row in by_id(client.call, "account.move.line", domain, _LINE_FIELDS, _PAGE):
        found.setdefault(row["move_id"][0], []).append(row)
    return found


def _is_consequence(move: Row, rows: Collection[Row], exchange: int) -> bool:
    """Whether Odoo booked it by itself for a match: an entry of tax that fell due, or an exchange difference, which
    moves a line in the company's currency or in its own, and never in both. What somebody books by hand in the journal of
    exchange differences moves both.

    Source: `_prepare_exchange_difference_move_vals` of Odoo's account.move.line, of 14 to 19.
    """
    if fell_due(move):
        return True
    if not move["journal_id"] or move["journal_id"][0] != exchange:
        return False
    return all(not exact(r["balance"]) or not exact(r["amount_currency"]) for r in rows)


def fell_due(move: Row) -> bool:
    """Whether Odoo made an entry as a tax fell due on payment, or books one back of a match that was taken apart."""
    return any(move[x] for x in FOLLOWS_A_PAYMENT)


def _sizes(client: OdooClient, moves: list[int]) -> dict[int, Decimal]:
    """The sum of each entry's debits, in the company's currency."""
    rows = client.grouped(
        "account.move.line", domain=[["move_id", "in", moves]], groupby=["move_id"],
        aggregates=["debit:sum"],
    )  # fmt: skip
    return {r["move_id"][0]: with_cents(r["debit:sum"]) for r in rows}


def with_cents(debits: Any) -> Decimal:
    """A sum of Odoo's with two decimals, or as many more as it needs: some currencies have three (KWD, TND)."""
    size = exact(debits or 0)
    cents = size.quantize(Decimal("0.01"))
    return cents if cents == size else size.normalize()


def exchange_journal(client: OdooClient) -> int:
    domain = [["id", "=", client.company]] if client.company else []
    fields = ["currency_exchange_journal_id"]
    rows = client.call("res.company", "search_read", domain=domain, fields=fields, limit=1)
    found = rows[0]["currency_exchange_journal_id"] if rows else None
    return int(found[0]) if found else 0


def made_here(client: OdooClient, lines: dict[int, Row], ours: str) -> set[int]:
    """The entries behind which one of our external ids stands; `lines` say by ids what each is of."""
    made: set[int] = set()
    for model, field in (
        ("account.move", "move_id"),
        ("account.bank.statement.line", "statement_line_id"),
        ("account.payment", "payment_id"),
    ):
        moves: dict[int, int] = {r[field]: move for move, r in lines.items() if r[field]}
        keys = sorted(moves)
        for begin in range(0, len(keys), _PAGE):
            names = client.call(model, "get_external_id", ids=keys[begin : begin + _PAGE])
            made |= {moves[int(key)] for key, name in names.items() if name.startswith(ours)}
    return made


def reversing(client: OdooClient, moves: list[int], ours: str) -> set[int]:
    """Those of `moves` that reverse one of ours: the read-back tells that of the entry itself."""
    turned: set[int] = set()
    for begin in range(0, len(moves), _PAGE):
        rows = client.call(
            "account.move", "read", ids=moves[begin : begin + _PAGE], fields=["reversed_entry_id"]
        )
        origin = {r["id"]: r["reversed_entry_id"][0] for r in rows if r["reversed_entry_id"]}
        if not origin:
            continue
        lines = client.bare(
            "account.move.line", "search_read", domain=[["move_id", "in", sorted(set(origin.values()))]],
            fields=["move_id", "statement_line_id", "payment_id"],
        )  # fmt: skip
        made = made_here(client, {r["move_id"]: r for r in lines}, ours)
        turned |= {move for move, other in origin.items() if other in made}
    return turned
