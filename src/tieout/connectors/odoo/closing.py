"""What a close asks of Odoo: balances in foreign currency, and the company's locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from tieout.connector_api import RefusedError, SetupError
from tieout.connectors.odoo.answers import MissingRightError
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.comparing import exact
from tieout.connectors.odoo.directory import Directory

_TAX_LINES = ("invoice_repartition_line_ids", "refund_repartition_line_ids")
_WAITS = "cash_basis_transition_account_id"
LOCKS = {
    "sale": "sale_lock_date",
    "purchase": "purchase_lock_date",
    "tax": "tax_lock_date",
    "fiscal year": "fiscalyear_lock_date",
    "hard": "hard_lock_date",
}


def foreign_balances(
    client: OdooClient, names: Directory, until: date
) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """See `LedgerReader.foreign_balances`."""
    rows = client.grouped(
        "account.move.line",
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


def tax_accounts(
    client: OdooClient, names: Directory, taxes: Sequence[str]
) -> dict[tuple[str, str], frozenset[str]]:
    """See `TaxAccountReader.tax_accounts`: by each tax's distribution, and its account until payment. Taxes that are archived
    count: what was booked by them stands."""
    rows = client.call(
        "account.tax", "search_read", domain=[["name", "in", list(taxes)]], fields=["name", "type_tax_use", *_TAX_LINES, _WAITS],
        context={"active_test": False},
    )  # fmt: skip
    shares = sorted({key for row in rows for side in _TAX_LINES for key in row[side]})
    fields = ["repartition_type", "account_id"]
    parts = client.call("account.tax.repartition.line", "read", ids=shares, fields=fields) if shares else []
    on = {
        p["id"]: names.code_of(p["account_id"][0])
        for p in parts if p["repartition_type"] == "tax" and p["account_id"]
    }  # fmt: skip
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        mine = found.setdefault((row["type_tax_use"], row["name"]), set())
        mine |= {on[key] for side in _TAX_LINES for key in row[side] if key in on}
        if row[_WAITS]:
            mine.add(names.code_of(row[_WAITS][0]))
    return {tax: frozenset(codes) for tax, codes in found.items() if codes}


def account_types(client: OdooClient, names: Directory, codes: Sequence[str]) -> dict[str, str]:
    """See `ChartReader.account_types`: one read."""
    ids = names.accounts_there(codes)
    rows = client.call("account.account", "read", ids=ids, fields=["account_type"]) if ids else []
    return {names.code_of(r["id"]): str(r["account_type"]) for r in rows}


def locks(client: OdooClient) -> dict[str, date | None]:
    """See `LedgerReader.locks`."""
    domain = [["id", "=", client.company]] if client.company else []
    rows = client.call("res.company", "search_read", domain=domain, fields=list(LOCKS.values()), limit=1)
    return {kind: date.fromisoformat(rows[0][f]) if rows[0][f] else None for kind, f in LOCKS.items()}


def binding_locks(client: OdooClient) -> dict[str, date]:
    """The locks as they bind this client's own account, by kind; none that does not. Odoo works them out itself: what a
    parent company locks holds for its branches, and an exception (`account.lock_exception`) may let one account in."""
    names = {kind: f"user_{name}" for kind, name in LOCKS.items()}
    domain = [["id", "=", client.company]] if client.company else []
    rows = client.call("res.company", "search_read", domain=domain, fields=list(names.values()), limit=1)
    found = {kind: _day(rows[0][name]) for kind, name in names.items()} if rows else {}
    return {kind: day for kind, day in found.items() if day}


def _day(text: str) -> date | None:
    """A date of Odoo's; None for its first of all days, "1-01-01", which means that there is no lock."""
    if not text:
        return None
    year, month, day = (int(part) for part in text.split("-"))
    return date(year, month, day) if year > 1 else None


def set_lock(client: OdooClient, kind: str, until: date) -> None:
    """See `LedgerReader.set_lock`. A lock is moved ahead, never back."""
    if kind not in LOCKS:
        raise RefusedError(f"{kind!r} is no lock: {', '.join(LOCKS)}")
    held = locks(client)[kind]
    # Odoo would let some locks go back, and the hard one never: from here none is loosened.
    if held is not None and held >= until:
        return
    domain = [["id", "=", client.company]] if client.company else []
    (company,) = client.call("res.company", "search_read", domain=domain, fields=["name"], limit=1)
    try:
        client.call("res.company", "write", ids=[company["id"]], vals={LOCKS[kind]: until.isoformat()})
    except MissingRightError as error:
        # A key with few rights is as it should be: then people lock.
        raise SetupError(
            f"the key of this system may not lock books: let somebody who may set the {kind} lock of "
            f"{company['name']} to {until.isoformat()} in Odoo (Accounting, lock dates), and read the evidence again. {error}"
        ) from None
