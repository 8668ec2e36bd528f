"""What mappings name, looked up in one company: whether it is there, in use, and what is booked with it would be taken.

Sources (18, 19): `_post` of account.move refuses archived journals and accounts; a bank line wants its journal's suspense
account (account.bank.statement.line); a hashed journal refuses a bank line while others of it stand on suspense (seen on 19.0).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tieout.connector_api import ConnectorError
from tieout.connector_api.set_up import Finding, LedgerName
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.companies import companies_of
from tieout.rules.ledger_uses import ACCOUNT, ANALYTIC, JOURNAL, MONEY, TAX, Use
from tieout.rules.nearest import nearest

Row = dict[str, Any]
_ARCHIVED = {"active_test": False}
_MODELS = {
    ACCOUNT: "account.account",
    JOURNAL: "account.journal",
    TAX: "account.tax",
    ANALYTIC: "account.analytic.account",
}
_FIELDS = {
    ACCOUNT: ["code", "name", "account_type", "reconcile", "currency_id"],
    JOURNAL: ["code", "name", "type", "active", "currency_id", "default_account_id", "suspense_account_id", "restrict_mode_hash_table"],
    TAX: ["name", "type_tax_use", "active", "price_include", "tax_exigibility", "cash_basis_transition_account_id"],
    ANALYTIC: ["name", "active"],
}  # fmt: skip
# The types of accounts and journals in Odoo's words, by what they are for.
_ACCOUNT_TYPES = {
    "receivable": ("asset_receivable",),
    "payable": ("liability_payable",),
    MONEY: ("asset_cash", "liability_credit_card"),
}
_JOURNAL_TYPES = {MONEY: ("bank", "cash", "credit")}
ON_PAYMENT = "on_payment"
# Of a longer list people type a part of the name.
_MOST_NAMES = 5000
# Of names that are near to one that is not there.
_NEAR = 3
_METHODS = "(Accounting, Configuration, Journals, Incoming Payments)"
_CHART = "Accounting, Configuration, Chart of Accounts"


@dataclass(frozen=True)
class _Company:
    """What a company has, each by what it is named by; `code_of` an account's id; `cash_basis` what it lacks for taxes that fall due on
    payment; `received` the account on which payments that are registered in a journal stand, "" for Odoo's own choice."""

    rows: dict[str, dict[str, list[Row]]]
    code_of: dict[int, str]
    currency: str
    cash_basis: tuple[str, ...] = ()
    received: Mapping[int, str] = field(default_factory=dict)
    accounting: bool = False


def look_up_names(client: OdooClient, uses: Sequence[Use], currency: str) -> list[Finding]:
    """See `NamesLooker.look_up_names`; `currency` is the company's. One read of each kind. Raises as `OdooClient.call`."""
    kinds = {use.kind for use in uses} | ({ACCOUNT} if any(u.account or u.received for u in uses) else set())
    rows = {kind: _read(client, kind) for kind in _MODELS if kind in kinds}
    codes = {r["id"]: str(r["code"]) for found in rows.get(ACCOUNT, {}).values() for r in found}
    company = _Company(
        rows,
        codes,
        currency,
        _cash_basis(client, uses, rows.get(TAX, {})),
        *_registering(client, uses, rows, codes),
    )
    absent = [u for u in uses if not rows[u.kind].get(u.name)]
    elsewhere = _elsewhere(client, absent)
    return [
        Finding(use.what, False, elsewhere[use] + _did_you_mean(client, use, rows[use.kind]), use)
        if use in elsewhere
        else _looked_at(client, company, use)
        for use in uses
    ]


def names_for(client: OdooClient, use: Use) -> list[LedgerName]:
    """See `NamesTeller.names_for`. Raises as `OdooClient.call`."""
    return _names(client, use, _read(client, use.kind))[:_MOST_NAMES]


def _names(client: OdooClient, use: Use, rows: Mapping[str, list[Row]]) -> list[LedgerName]:
    """What of these could serve as `use`, by its value."""
    field, archived = client.differs.archived if use.kind == ACCOUNT else ("active", False)
    found = {
        value: LedgerName(value, str(some[0].get("name") or "") if use.kind in (ACCOUNT, JOURNAL) else "")
        for value, some in rows.items()
        if value and any(r[field] != archived and _serves(use, r) for r in some)
    }
    return [found[value] for value in sorted(found)]


def _serves(use: Use, row: Row) -> bool:
    """Whether a record is of the type that is needed, and its items can be matched where they must be."""
    if use.kind == ACCOUNT:
        types = _ACCOUNT_TYPES.get(use.type)
        return (types is None or row["account_type"] in types) and (row["reconcile"] or not use.matched)
    if use.kind == JOURNAL:
        return not use.type or row["type"] in _JOURNAL_TYPES.get(use.type, (use.type,))
    return use.kind != TAX or not use.type or bool(row["type_tax_use"] == use.type)


def _read(client: OdooClient, kind: str, context: Row | None = None) -> dict[str, list[Row]]:
    fields = list(_FIELDS[kind])
    if kind == ACCOUNT:
        fields.append(client.differs.archived[0])
    by = "code" if kind in (ACCOUNT, JOURNAL) else "name"
    domain = [["type_tax_use", "in", ["sale", "purchase"]]] if kind == TAX else []
    rows = client.call(
        _MODELS[kind], "search_read", domain=domain, fields=fields, context={**_ARCHIVED, **(context or {})}
    )
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row[by] or ""), []).append(row)
    return found


def _looked_at(client: OdooClient, company: _Company, use: Use) -> Finding:
    look: dict[str, Callable[[OdooClient, _Company, Use, list[Row]], Iterable[str]]] = {
        ACCOUNT: _account, JOURNAL: _journal, TAX: _tax, ANALYTIC: _analytic,
    }  # fmt: skip
    rows = company.rows[use.kind][use.name]
    wrong = list(look[use.kind](client, company, use, rows))
    well = _to_know(company, use, rows[0]) or "is there"
    return Finding(use.what, not wrong, "; ".join(wrong) or well)


def _to_know(company: _Company, use: Use, row: Row) -> str:
    """What is well of a journal and yet to be known."""
    if not use.received or company.received.get(row["id"]) != "":
        return ""
    return (
        "warning: has no account for payments that are registered in it, so that they stand on the chart's own, Outstanding Receipts: put "
        f"{use.received} on its method {_METHODS}"
    )


def _account(client: OdooClient, company: _Company, use: Use, rows: list[Row]) -> Iterable[str]:
    row = rows[0]
    field, archived = client.differs.archived
    if row[field] == archived:
        said, where = (
            ("deprecated", "untick Deprecated") if field == "deprecated" else ("archived", "filter Archived")
        )
        yield f"is {said}, and nothing is posted on it: take it into use again ({_CHART}, {where}), or map another"
    kinds = _ACCOUNT_TYPES.get(use.type, ())
    if kinds and row["account_type"] not in kinds:
        yield f"is of type {row['account_type']}, and must be {' or '.join(kinds)}: map another account"
    if use.matched and not row["reconcile"] and row["account_type"] not in _ACCOUNT_TYPES[MONEY]:
        yield (
            f"is not reconcilable, and what stands on it is matched: tick Allow Reconciliation on it ({_CHART}), or map another"
        )
    parked = [
        r["code"]
        for r in _journals(company)
        if r["suspense_account_id"] and r["suspense_account_id"][0] == row["id"]
    ]
    if parked:
        yield (
            f"is the suspense account of journal {', '.join(sorted(map(str, parked)))}, where Odoo keeps bank lines that nobody matched: map "
            "another account"
        )
    own = row["currency_id"][1] if row["currency_id"] else ""
    if own and use.currency and own != use.currency:
        yield f"takes {own} alone, and {use.currency} is booked on it: map another account"
    elif own and own != company.currency and use.type != MONEY:
        yield f"takes {own} alone, and not the company's {company.currency}: map another account"


def _journals(company: _Company) -> list[Row]:
    return [row for rows in company.rows.get(JOURNAL, {}).values() for row in rows]


def _journal(client: OdooClient, company: _Company, use: Use, rows: list[Row]) -> Iterable[str]:
    row = rows[0]
    if not row["active"]:
        yield "is archived, and nothing is posted in it: take it into use again (Accounting, Configuration, Journals)"
    kinds = _JOURNAL_TYPES.get(use.type, (use.type,) if use.type else ())
    if kinds and row["type"] not in kinds:
        yield f"is a journal of type {row['type']}, and must be {' or '.join(kinds)}: map another journal"
        return
    if use.type == MONEY:
        yield from _money(company, use, row)


def _money(company: _Company, use: Use, row: Row) -> Iterable[str]:
    own = row["currency_id"][1] if row["currency_id"] else company.currency
    if use.currency and own != use.currency:
        yield f"is in {own}, and {use.currency} is booked in it: map a journal in {use.currency}"
    account = row["default_account_id"]
    kept = company.code_of.get(account[0], "") if account else ""
    if use.account and kept != use.account:
        yield (
            f"keeps account {kept or 'none'}, and the same role is mapped to {use.account}: map the journal's own account, or "
            "give it that one"
        )
    if not row["suspense_account_id"]:
        yield "has no suspense account, and a bank line wants one: set it on the journal"
    if use.received:
        yield from _received(company, use, row)
    if row["restrict_mode_hash_table"]:
        yield (
            "secures its entries with a hash (restrict_mode_hash_table): a bank line is refused while another one of it stands on "
            "suspense, and no match can be taken apart; map a journal without, since it cannot be switched off once it was used"
        )


def _tax(client: OdooClient, company: _Company, use: Use, rows: list[Row]) -> Iterable[str]:
    fitting = [r for r in rows if not use.type or r["type_tax_use"] == use.type]
    if not fitting:
        yield f"is a {rows[0]['type_tax_use']} tax alone, and a {use.type} tax is needed: map that one"
        return
    used = [r for r in fitting if r["active"]]
    if not used:
        yield "is archived, and no document takes it: take it into use again (Accounting, Configuration, Taxes), or map another"
    by_use = [r["type_tax_use"] for r in used]
    if len(by_use) != len(set(by_use)):
        yield "is the name of several taxes, and one of them would be taken: give each a name of its own"
    if any(r["tax_exigibility"] == ON_PAYMENT for r in used):
        yield (
            "falls due on payment, and a payment that Tieout matches by a key makes nothing due in Odoo: map a tax that is due on its invoice"
        )
        yield from company.cash_basis
        if not all(r["cash_basis_transition_account_id"] for r in used if r["tax_exigibility"] == ON_PAYMENT):
            yield "has no cash basis transition account, so that it stands on the account of its sale: set it on the tax"
    if any(r["price_include"] for r in used) and not client.differs.invoice_columns:
        yield "takes prices as tax included, and what is sent is net: set it to tax excluded, or map one that is"


def _analytic(client: OdooClient, company: _Company, use: Use, rows: list[Row]) -> Iterable[str]:
    if not any(r["active"] for r in rows):
        yield "is archived, and no entry takes it: take it into use again, or map another"
    elif sum(bool(r["active"]) for r in rows) > 1:
        yield "is the name of several analytic accounts, and one of them would be taken: give each a name of its own"


# taxes that fall due on payment (`_create_tax_cash_basis_moves` of account.partial.reconcile: 18 and 19 refuse a match without the journal,
# and make nothing due where the company's switch is off; both seen)


def _cash_basis(client: OdooClient, uses: Sequence[Use], taxes: Mapping[str, list[Row]]) -> tuple[str, ...]:
    """What the company lacks for those of its taxes that are named."""
    named = {use.name for use in uses if use.kind == TAX}
    if not any(r["tax_exigibility"] == ON_PAYMENT for name in named for r in taxes.get(name, ())):
        return ()
    (company,) = client.call(
        "res.company", "read", ids=[client.company], fields=["tax_exigibility", "tax_cash_basis_journal_id"]
    )
    where = "(Accounting, Configuration, Settings, Cash Basis)"
    if not company["tax_exigibility"]:
        return (
            f"the company does not use cash basis, so that no payment makes it due: switch it on {where}",
        )
    if not company["tax_cash_basis_journal_id"]:
        return (
            f"the company has no cash basis journal, and no payment of what bears it is matched: set it {where}",
        )
    (journal,) = client.call(
        "account.journal", "read", ids=[company["tax_cash_basis_journal_id"][0]], fields=["name", "active"]
    )
    if not journal["active"]:
        return (
            f"the cash basis journal {journal['name']} is archived: take it into use again, or set another {where}",
        )
    return ()


# payments that are registered before the bank knows of them (`_compute_outstanding_account_id`, `_get_outstanding_account` of account.payment)


def _registering(
    client: OdooClient,
    uses: Sequence[Use],
    rows: Mapping[str, Mapping[str, list[Row]]],
    codes: Mapping[int, str],
) -> tuple[dict[int, str], bool]:
    """By journal the account on which payments that are registered in it stand, and whether Odoo's own Accounting is installed."""
    names = {use.name for use in uses if use.received}
    journals = [r["id"] for name in names for r in rows.get(JOURNAL, {}).get(name, ())]
    if not journals:
        return {}, False
    methods = client.call(
        "account.payment.method.line",
        "search_read",
        domain=[["journal_id", "in", journals], ["payment_type", "=", "inbound"]],
        fields=["journal_id", "payment_account_id"],
        order="journal_id, sequence, id",
    )
    found: dict[int, str] = {}
    for row in methods:
        account = row["payment_account_id"]
        found.setdefault(row["journal_id"][0], codes.get(account[0], f"#{account[0]}") if account else "")
    domain = [["name", "in", ["account_accountant", "accountant"]], ["state", "=", "installed"]]
    return found, bool(client.call("ir.module.module", "search_count", domain=domain))


def _received(company: _Company, use: Use, row: Row) -> Iterable[str]:
    """What is wrong with where payments that are registered in a journal stand."""
    account = company.received.get(row["id"])
    if account is None:
        yield f"has no method for incoming payments, and customers' payments are registered in it: add one {_METHODS}"
    elif account and account != use.received:
        yield (
            f"puts the payments that are registered in it on {account}, and outstanding_receipts is mapped to {use.received}: put that "
            f"one on its method {_METHODS}, or map {account}"
        )
    elif not account and company.accounting:
        yield (
            f"has no account for payments that are registered in it, and with Odoo's Accounting they then book nothing: put {use.received} on its "
            f"method {_METHODS}"
        )


# what is not there: in another company, or called so in another language


def _elsewhere(client: OdooClient, absent: Sequence[Use]) -> dict[Use, str]:
    """What to do about each that this company has not."""
    said = {use: _not_there(use) for use in absent}
    if not absent:
        return said
    try:
        said |= _of_others(client, absent)
        said |= _in_own_language(client, [u for u in absent if u.kind == TAX])
    except ConnectorError:
        # That it is not there is known all the same.
        pass
    return said


def _did_you_mean(client: OdooClient, use: Use, rows: Mapping[str, list[Row]]) -> str:
    """The names in use here that are nearest to what was typed and could serve; "" where none is near."""
    known = {n.value: n.words for n in _names(client, use, rows)}
    called = {words: value for value, words in known.items() if words}
    near = nearest(use.name, known, _NEAR) + [called[x] for x in nearest(use.name, called, _NEAR)]
    said = [f"{v} {known[v]}".strip() for v in dict.fromkeys(near)][:_NEAR]
    return f"; did you mean {' or '.join(said)}?" if said else ""


def _not_there(use: Use) -> str:
    where = {
        ACCOUNT: _CHART,
        JOURNAL: "Accounting, Configuration, Journals",
        TAX: "Accounting, Configuration, Taxes",
    }
    return f"is not in this company: make it ({where.get(use.kind, 'Analytic Accounts')}), or map another"


def _of_others(client: OdooClient, absent: Sequence[Use]) -> dict[Use, str]:
    found = {}
    for key, name in companies_of(client).items():
        if key == client.company:
            continue
        for kind in {u.kind for u in absent if u.kind != ANALYTIC}:
            there = _read(client, kind, {"allowed_company_ids": [key]})
            for use in absent:
                if use.kind == kind and there.get(use.name):
                    found[use] = (
                        f"is of company {key} {name}, and not of this one: make it here, map another, or choose that company"
                    )
    return found


def _in_own_language(client: OdooClient, absent: Sequence[Use]) -> dict[Use, str]:
    """Taxes that the account's language calls so: they are named as they are called in English."""
    if not absent:
        return {}
    language = str(client.call("res.users", "context_get").get("lang") or "")
    english = {r["id"]: str(r["name"]) for rows in _read(client, TAX).values() for r in rows}
    there = _read(client, TAX, {"lang": language}) if language else {}
    return {
        use: f"is a tax's name in {language}: taxes are named as in English, this one {english[there[use.name][0]['id']]!r}"
        for use in absent
        if there.get(use.name)
    }
