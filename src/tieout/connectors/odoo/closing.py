"""What a close asks of Odoo: entries of others on our accounts, and the company's locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.connector_api import OthersMove, RefusedError
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.comparing import exact
from tieout.connectors.odoo.directory import Directory

_PAGE = 2000
LOCKS = {
    "sale": "sale_lock_date",
    "purchase": "purchase_lock_date",
    "tax": "tax_lock_date",
    "fiscal year": "fiscalyear_lock_date",
    "hard": "hard_lock_date",
}


def others_moves(
    client: OdooClient, names: Directory, accounts: Sequence[str], start: date, end: date, ours: str
) -> list[OthersMove]:
    """See `LedgerReader.others_moves`. `ours` is the prefix of our external ids."""
    # Roles are the project's; not every company has an account of each.
    ids = [i for code in accounts if (i := names.account_or_none(code)) is not None]
    domain = [
        ["parent_state", "=", "posted"],
        ["date", ">=", start.isoformat()],
        ["date", "<=", end.isoformat()],
        ["account_id", "in", ids],
    ]
    fields = ["move_id", "statement_line_id", "payment_id"]
    lines: dict[int, dict[str, Any]] = {}
    last = 0
    while True:
        rows = client.call(
            "account.move.line", "search_read", domain=[["id", ">", last], *domain], fields=fields, order="id",
            limit=_PAGE,
        )  # fmt: skip
        lines |= {r["move_id"][0]: r for r in rows}
        if len(rows) < _PAGE:
            break
        last = rows[-1]["id"]
    made = _made_here(client, lines, ours)
    made |= _turned(client, sorted(set(lines) - made), ours)
    left = sorted(set(lines) - made)
    exchange = _exchange_journal(client) if left else 0
    found: list[OthersMove] = []
    fields = ["name", "date", "ref", "create_uid", "tax_cash_basis_rec_id", "journal_id"]
    for begin in range(0, len(left), _PAGE):
        chunk = left[begin : begin + _PAGE]
        sizes = _sizes(client, chunk)
        for row in client.call("account.move", "read", ids=chunk, fields=fields):
            # What Odoo books itself for a match of ours: a cash-basis entry, an exchange difference.
            if row["tax_cash_basis_rec_id"] or row["journal_id"][0] == exchange:
                continue
            found.append(
                OthersMove(
                    name=str(row["name"]),
                    on=date.fromisoformat(row["date"]),
                    reference=str(row["ref"] or ""),
                    author=row["create_uid"][1] if row["create_uid"] else "",
                    amount=sizes.get(row["id"], Decimal(0)),
                )
            )
    return found


def _sizes(client: OdooClient, moves: list[int]) -> dict[int, Decimal]:
    """The sum of each entry's debits, in the company's currency."""
    rows = client.call(
        "account.move.line", "formatted_read_group", domain=[["move_id", "in", moves]], groupby=["move_id"],
        aggregates=["debit:sum"],
    )  # fmt: skip
    return {r["move_id"][0]: exact(r["debit:sum"] or 0).quantize(Decimal("0.01")) for r in rows}


def _exchange_journal(client: OdooClient) -> int:
    domain = [["id", "=", client.company]] if client.company else []
    fields = ["currency_exchange_journal_id"]
    rows = client.call("res.company", "search_read", domain=domain, fields=fields, limit=1)
    found = rows[0]["currency_exchange_journal_id"] if rows else None
    return int(found[0]) if found else 0


def _made_here(client: OdooClient, lines: dict[int, dict[str, Any]], ours: str) -> set[int]:
    """The entries behind which one of our external ids stands."""
    made: set[int] = set()
    for model, field in (
        ("account.move", "move_id"),
        ("account.bank.statement.line", "statement_line_id"),
        ("account.payment", "payment_id"),
    ):
        moves: dict[int, int] = {r[field][0]: move for move, r in lines.items() if r[field]}
        keys = sorted(moves)
        for begin in range(0, len(keys), _PAGE):
            names = client.call(model, "get_external_id", ids=keys[begin : begin + _PAGE])
            made |= {moves[int(key)] for key, name in names.items() if name.startswith(ours)}
    return made


def _turned(client: OdooClient, moves: list[int], ours: str) -> set[int]:
    """Those of `moves` that reverse one of ours: the read-back tells that of the entry itself."""
    turned: set[int] = set()
    for begin in range(0, len(moves), _PAGE):
        rows = client.call(
            "account.move", "read", ids=moves[begin : begin + _PAGE], fields=["reversed_entry_id"]
        )
        origin = {r["id"]: r["reversed_entry_id"][0] for r in rows if r["reversed_entry_id"]}
        if not origin:
            continue
        lines = client.call(
            "account.move.line", "search_read", domain=[["move_id", "in", sorted(set(origin.values()))]],
            fields=["move_id", "statement_line_id", "payment_id"],
        )  # fmt: skip
        made = _made_here(client, {r["move_id"][0]: r for r in lines}, ours)
        turned |= {move for move, other in origin.items() if other in made}
    return turned


def foreign_balances(
    client: OdooClient, names: Directory, until: date
) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """See `LedgerReader.foreign_balances`."""
    rows = client.call(
        "account.move.line",
        "formatted_read_group",
        domain=[["parent_state", "=", "posted"], ["date", "<=", until.isoformat()]],
        groupby=["account_id", "currency_id"],
        aggregates=["amount_currency:sum", "balance:sum"],
    )
    own = names.own_currency()
    return {
        (names.code_of(r["account_id"][0]), r["currency_id"][1]): (
            exact(r["amount_currency:sum"] or 0),
            exact(r["balance:sum"] or 0),
        )
        for r in rows
        if r["account_id"] and r["currency_id"][1] != own
    }


def locks(client: OdooClient) -> dict[str, date | None]:
    """See `LedgerReader.locks`."""
    domain = [["id", "=", client.company]] if client.company else []
    rows = client.call("res.company", "search_read", domain=domain, fields=list(LOCKS.values()), limit=1)
    return {kind: date.fromisoformat(rows[0][f]) if rows[0][f] else None for kind, f in LOCKS.items()}


def set_lock(client: OdooClient, kind: str, until: date) -> None:
    """See `LedgerReader.set_lock`. A lock is moved ahead, never back."""
    if kind not in LOCKS:
        raise RefusedError(f"{kind!r} is no lock: {', '.join(LOCKS)}")
    held = locks(client)[kind]
    if held is not None and held >= until:
        return
    domain = [["id", "=", client.company]] if client.company else []
    (company,) = client.call("res.company", "search_read", domain=domain, fields=["name"], limit=1)
    client.call("res.company", "write", ids=[company["id"]], vals={LOCKS[kind]: until.isoformat()})
