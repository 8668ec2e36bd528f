"""Which accounts of an entity are governed in a month: those of money, and whatever else Tieout posts to.

By mapping (roles, tables of accounts), by the accounts on which the ledger has its taxes, and as found in what was posted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tieout.connector_api import LedgerReader, TaxAccountReader
from tieout.money import Period
from tieout.proofs.control import ask_patiently
from tieout.rules import Release
from tieout.rules.governed import governed_accounts, money_accounts
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")
# How a tax was posted, with which sort of the ledger's taxes it is: one name may be a sale's and a purchase's.
_TAX = {"purchase tax:": "purchase", "tax:": "sale"}
Tax = tuple[str, str]
Key = tuple[str, str]


@dataclass(frozen=True)
class Governed:
    """Codes of accounts: of `money`, and of all `others` that are posted to. `taxes` says where the ledger has each tax; `used` are
    those that were ever posted."""

    money: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    taxes: Mapping[Tax, frozenset[str]] = field(default_factory=dict, hash=False)
    used: frozenset[Tax] = frozenset()

    @property
    def accounts(self) -> frozenset[str]:
        """All of them."""
        return self.money | self.others

    @property
    def shared(self) -> frozenset[str]:
        """Accounts of taxes that were posted and stand on several: which of them takes how much is the ledger's to say."""
        return frozenset(
            a for n, found in self.taxes.items() if n in self.used and len(found) > 1 for a in found
        )

    def account_of(self, posted: str) -> str:
        """The account of a line as it was posted: a tax by its name stands on its one account, or on "" where that is not
        known."""
        tax = tax_of(posted)
        if tax is None:
            return posted
        found = self.taxes.get(tax, frozenset())
        return next(iter(found)) if len(found) == 1 else ""


def tax_of(posted: str) -> Tax | None:
    """The tax, by its use and name, that stands in an account's place; None for an account."""
    return next(
        ((use, posted.removeprefix(begin)) for begin, use in _TAX.items() if posted.startswith(begin)), None
    )


def read_governed(
    connection: Connection, release: Release, reader: LedgerReader, entity: str, period: Period
) -> Governed:
    """The governed accounts of a month. Raises ConnectorError."""
    rows = connection.execute(_SQL["posted_accounts"], {"entity": entity, "until": period.last}).fetchall()
    posted = {r["account"] for r in rows}
    used = frozenset(tax for a in posted if (tax := tax_of(a)) is not None)
    names = {name for _, name in used}
    if "taxes" in release.mappings:
        names |= {
            r.value for r in release.mappings["taxes"].rows
            if r.valid_from <= period.last and period.first <= r.valid_to
        }  # fmt: skip
    taxes = _taxes(reader, sorted(names - {""}))
    # A tax that comes to nothing, such as a reverse charge, stands in no line as it was posted, but on its accounts.
    several = sorted(
        {name for (_, name), found in taxes.items() if len(found) > 1} - {name for _, name in used}
    )
    if several:
        named = {json.dumps(name, ensure_ascii=False): name for name in several}
        there = connection.execute(_SQL["taxes_named"], {"entity": entity, "names": list(named)}).fetchall()
        used |= {tax for tax in taxes if tax[1] in {named[r["name"]] for r in there}}
    money = money_accounts(release, period.first, period.last)
    others = governed_accounts(release, entity, period.first, period.last)
    others |= {a for a in posted if tax_of(a) is None} | {a for found in taxes.values() for a in found}
    return Governed(frozenset(money), frozenset(others - money - {""}), taxes, used)


def _taxes(reader: LedgerReader, names: Sequence[str]) -> dict[Tax, frozenset[str]]:
    if not names or not isinstance(reader, TaxAccountReader):
        return {}
    return ask_patiently(lambda: reader.tax_accounts(names))


def posted_between(
    connection: Connection, entity: str, since: date, until: date, governed: Governed
) -> dict[Key, Decimal]:
    """What we posted on governed accounts from one day to another, both included, by account and currency; taxes on their one
    account."""
    given = {"entity": entity, "since": since, "until": until}
    found: dict[Key, Decimal] = {}
    for row in connection.execute(_SQL["our_movements"], given).fetchall():
        key = (governed.account_of(row["account"]), row["currency"])
        found[key] = found.get(key, Decimal(0)) + row["amount"]
    return {key: amount for key, amount in found.items() if key[0] in governed.accounts}
