"""The accounts on which every entry must have a source: those that Tieout posts to."""

from __future__ import annotations

from datetime import date

from tieout.rules.release import Release

# Where money, what is owed and what waits stand; anything else that is posted to is revenue, cost, tax or a sub-ledger's.
_KEPT = (
    "bank.", "clearing.", "bank_in_transit", "customer_deposits", "unapplied.", "outstanding_", "receivable", "payable",
)  # fmt: skip
_TABLE = "ledger_accounts"


def money_accounts(release: Release, since: date, until: date) -> set[str]:
    """The codes of accounts of money: those of roles that Tieout keeps, of all that are mapped on any of these days, both
    included: one that was mapped for a part of a month is governed in it, whichever part that is."""
    return _values(release, "accounts", since, until, _KEPT)


def governed_accounts(release: Release, entity: str, since: date, until: date) -> set[str]:
    """The codes of every account that an entity's postings may stand on, as it is mapped on any of these days: of each
    role, and of the tables that its interfaces take accounts from. Accounts of taxes are the ledger's to say."""
    tables = {
        i.option("accounts_table", _TABLE) for i in release.interfaces.values() if i.entity == entity
    }  # fmt: skip
    found = _values(release, "accounts", since, until)
    for table in tables - {"accounts"}:
        found |= _values(release, table, since, until)
    return found


def _values(
    release: Release, table: str, since: date, until: date, prefixes: tuple[str, ...] = ("",)
) -> set[str]:
    rows = release.mappings[table].rows if table in release.mappings else ()
    return {
        r.value for r in rows if r.key.startswith(prefixes) and r.valid_from <= until and since <= r.valid_to
    }  # fmt: skip
