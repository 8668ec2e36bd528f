"""Which accounts of an entity are governed in a month: those of money, and whatever else Tieout posts to.

By mapping (roles, tables of accounts), by the accounts on which the ledger has its taxes, and as found in what was posted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tieout.connector_api import LedgerReader, TaxAccountReader
from tieout.money import Period
from tieout.proofs.control import ask_patiently
from tieout.rules import Release
from tieout.rules.governed import governed_accounts, money_accounts
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")
_TAX = "tax:"
Key = tuple[str, str]


@dataclass(frozen=True)
class Governed:
    """Codes of accounts: of `money`, and of all `others` that are posted to. `taxes` says where the ledger has each tax."""

    money: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    taxes: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)

    @property
    def accounts(self) -> frozenset[str]:
        """All of them."""
        return self.money | self.others

    @property
    def shared(self) -> frozenset[str]:
        """Accounts of taxes that stand on several: which of them takes how much is the ledger's to say."""
        return frozenset(a for found in self.taxes.values() if len(found) > 1 for a in found)

    def account_of(self, posted: str) -> str:
        """The account of a line as it was posted: a tax by its name stands on its one account, or on "" where that is not
        known."""
        if not posted.startswith(_TAX):
            return posted
        found = self.taxes.get(posted.removeprefix(_TAX), frozenset())
        return next(iter(found)) if len(found) == 1 else ""


def read_governed(
    connection: Connection, release: Release, reader: LedgerReader, entity: str, period: Period
) -> Governed:
    """The governed accounts of a month. Raises ConnectorError."""
    rows = connection.execute(_SQL["posted_accounts"], {"entity": entity, "until": period.last}).fetchall()
    posted = {r["account"] for r in rows}
    names = {a.removeprefix(_TAX) for a in posted if a.startswith(_TAX)}
    if "taxes" in release.mappings:
        names |= {
            r.value for r in release.mappings["taxes"].rows
            if r.valid_from <= period.last and period.first <= r.valid_to
        }  # fmt: skip
    taxes = _taxes(reader, sorted(names - {""}))
    money = money_accounts(release, period.first, period.last)
    others = governed_accounts(release, entity, period.first, period.last)
    others |= {a for a in posted if not a.startswith(_TAX)} | {a for found in taxes.values() for a in found}
    return Governed(frozenset(money), frozenset(others - money - {""}), taxes)


def _taxes(reader: LedgerReader, names: Sequence[str]) -> dict[str, frozenset[str]]:
    if not names or not isinstance(reader, TaxAccountReader):
        return {}
    return ask_patiently(lambda: reader.tax_accounts(names))


def ours_by_account(rows: Sequence[Mapping[str, object]], governed: Governed) -> dict[Key, Decimal]:
    """What we posted, by account and currency, of rows (account, currency, amount) as they were posted. Pure."""
    found: dict[Key, Decimal] = {}
    for row in rows:
        key = (governed.account_of(str(row["account"])), str(row["currency"]))
        amount = row["amount"]
        assert isinstance(amount, Decimal)
        found[key] = found.get(key, Decimal(0)) + amount
    return {key: amount for key, amount in found.items() if key[0] in governed.accounts}
