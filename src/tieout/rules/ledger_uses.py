"""What a project names of its ledgers, and what each of it must be there for what is booked with it.

Read of the mappings and of the interfaces alone; a ledger is asked elsewhere (`connector_api.set_up`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from tieout.rules.mapping import MappingRow
from tieout.rules.release import Release

ACCOUNT, JOURNAL, TAX, ANALYTIC = "account", "journal", "tax", "analytic account"
SALE, PURCHASE, GENERAL, MONEY = "sale", "purchase", "general", "money"
RECEIVABLE, PAYABLE = "receivable", "payable"
# Where no interface says another: what bills and journals of sources are mapped by.
_OWN_ACCOUNTS = "ledger_accounts"
# Roles whose items are matched with one another: the account must be one that the ledger reconciles.
_MATCHED = (
    "unapplied.", "customer_deposits", "disputes_receivable.", "bank_in_transit", "outstanding_receipts",
    "outstanding_payments", "open.", "fees_to_be_billed.",
)  # fmt: skip
_MONEY = ("bank.", "clearing.")
_JOURNALS = {"sales": SALE, "purchases": PURCHASE, "misc": GENERAL}
# Where a bank's interface says so, a customer's payment is registered in its journal before the bank's line is booked.
_REGISTERED, _RECEIVED = "registered", "outstanding_receipts"
_USES = {"order to cash": SALE, "procure to pay": PURCHASE}


@dataclass(frozen=True)
class Use:
    """Something of a ledger that the project names. `kind` is account, journal, tax or analytic account; `name` what the
    ledger calls it (an account's or a journal's code, a name else); `where` the mappings that name it.

    Of an account: `matched` that its items are matched with one another; `type` receivable, payable or money where it
    must be such a one. Of a journal: `type` sale, purchase, general or money; `account` the code of the account that
    one of money must keep. Of a tax: `type` sale or purchase where it is needed for one of them alone. `currency` (ISO
    4217) is what it must take, "" for any; `received` the code of the account on which payments that are registered in a journal
    must stand, "" where none is registered in it.
    """

    kind: str
    name: str
    where: str
    type: str = ""
    matched: bool = False
    account: str = ""
    currency: str = ""
    received: str = ""

    @property
    def what(self) -> str:
        """As a person reads it: what it is, and where it is named."""
        return f"{self.kind} {self.name} ({self.where})"


def ledger_uses(release: Release, on: date) -> list[Use]:
    """Everything that mappings name of a ledger and that holds on the day `on` or later, each once for what it must be."""
    found: dict[Use, list[str]] = {}
    for table, mapping in release.mappings.items():
        for row in mapping.rows:
            if row.valid_to >= on and (use := use_of(release, table, row)) is not None:
                found.setdefault(replace(use, where=""), []).append(use.where)
    return [replace(use, where=_named(where)) for use, where in found.items()]


def use_of(release: Release, table: str, row: MappingRow) -> Use | None:
    """What a mapping's row names of a ledger; None where its words are the project's own."""
    where = f"{table}.csv: {row.key}"
    if table == "accounts":
        return _account(row, where)
    if table == "journals":
        return _journal(release, row, where)
    if table == "taxes":
        uses = {_USES[i.process] for i in release.interfaces.values() if i.process in _USES}
        return Use(TAX, row.value, where, uses.pop() if len(uses) == 1 else "")
    if table == "dimensions":
        return Use(ANALYTIC, row.value, where)
    tables = {i.option("accounts_table", _OWN_ACCOUNTS) for i in release.interfaces.values()}
    return Use(ACCOUNT, row.value, where) if table in {*tables, _OWN_ACCOUNTS} else None


def _account(row: MappingRow, where: str) -> Use:
    if row.key in (RECEIVABLE, PAYABLE):
        return Use(ACCOUNT, row.value, where, row.key, matched=True)
    if row.key.startswith(_MONEY):
        return Use(ACCOUNT, row.value, where, MONEY, currency=_currency(row.key))
    return Use(ACCOUNT, row.value, where, matched=row.key.startswith(_MATCHED))


def _journal(release: Release, row: MappingRow, where: str) -> Use:
    if not row.key.startswith(_MONEY):
        return Use(JOURNAL, row.value, where, _JOURNALS.get(row.key, ""))
    received = (
        _mapped_beside(release, row, _RECEIVED) if row.key.startswith("bank.") and _registers(release) else ""
    )
    account = _mapped_beside(release, row, row.key)
    return Use(
        JOURNAL, row.value, where, MONEY, account=account, currency=_currency(row.key), received=received
    )


def _mapped_beside(release: Release, row: MappingRow, role: str) -> str:
    """The code of the one account that a role has while this row holds; "" where it has several, or none."""
    accounts = release.mappings.get("accounts")
    kept = {r.value for r in (accounts.rows if accounts else ()) if r.key == role and _meet(r, row)}
    return kept.pop() if len(kept) == 1 else ""


def _registers(release: Release) -> bool:
    return any(i.option("customer_payments", "") == _REGISTERED for i in release.interfaces.values())


def _meet(one: MappingRow, other: MappingRow) -> bool:
    return one.valid_from <= other.valid_to and other.valid_from <= one.valid_to


def _currency(role: str) -> str:
    """The currency that a role ends in, such as clearing.stripe.EUR; "" for a bank's, which ends in its number."""
    last = role.rpartition(".")[2]
    return last if role.startswith("clearing.") and len(last) == 3 and last.isupper() else ""


def _named(where: Iterable[str]) -> str:
    some = sorted(where)
    return ", ".join(some[:3]) + (f" and {len(some) - 3} more" if some[3:] else "")
