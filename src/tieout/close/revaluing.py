"""Revalues what is open in foreign currency at a period's end, and takes that back the day after.

Balance at the closing rate, in the entity's currency, less what the ledger carries it at: a gain or a loss
that nobody realised. It stands on an account of its own (`revaluation.adjustment`), so that no item that
is matched later is touched. Money in advance (deposits) is no monetary item and is left alone (IAS 21, IFRIC 22).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

import msgspec

from tieout.connector_api import LedgerFacts, LedgerReader, answered
from tieout.documents import BatchControl, JournalEntry, JournalLine, month_end_entry, own_figures
from tieout.inbox import UNASKED, Asked, propose
from tieout.money import Amount
from tieout.rules import Interface, Release
from tieout.store import Connection

STREAM = "revaluations"
ADJUSTMENT, GAIN, LOSS = "revaluation.adjustment", "revaluation.gain", "revaluation.loss"
_MONETARY = ("receivable", "payable", "bank.", "clearing.", "unapplied.", "bank_in_transit", "outstanding_", "disputes_receivable.", "provider_reserve.", "connected_accounts.", "provider_advances.", "provider_financing.")  # fmt: skip


class Revalued(msgspec.Struct, frozen=True, kw_only=True):
    """One account in one currency: `amount` in it, `carried` in the entity's currency, `worth` at the
    closing `rate` (units of the currency for one of the entity's). All signed, a debit is positive."""

    account: str
    currency: str
    amount: Decimal
    carried: Decimal
    rate: Decimal
    worth: Decimal

    @property
    def unrealised(self) -> Decimal:
        return self.worth - self.carried


def monetary_accounts(release: Release, on: date) -> set[str]:
    """The accounts of roles whose balance is money, or a claim to an amount of it."""
    table = release.mappings.get("accounts")
    rows = table.rows if table else ()
    return {r.value for r in rows if r.key.startswith(_MONETARY) and r.valid_from <= on <= r.valid_to}


def revalued(
    balances: Mapping[tuple[str, str], tuple[Decimal, Decimal]],
    accounts: set[str],
    facts: LedgerFacts,
    own: str,
    on: date,
) -> list[Revalued]:
    """Every balance in another currency than the entity's, at the rate of a day. Raises ValueError where
    the ledger has no rate."""
    found = []
    for (account, currency), (amount, carried) in sorted(balances.items()):
        if account not in accounts or currency == own or not (amount or carried):
            continue
        rate = facts.rate(currency, on)
        if not rate:
            raise ValueError(f"the ledger has no rate of {currency} for {on}: give it one")
        worth = Amount.rounded(amount / rate, own).value
        found.append(
            Revalued(
                account=account, currency=currency, amount=amount, carried=carried, rate=rate, worth=worth
            )
        )
    return found


def entry_of(found: list[Revalued], own: str, on: date) -> JournalEntry:
    """The entry: each account's difference on the adjustment, against gains or losses; back on the next day."""
    lines = []
    for x in found:
        if not x.unrealised:
            continue
        text = f"{x.account} {x.currency} {x.amount:f} at {x.rate.normalize():f}"
        gain = x.unrealised > 0
        lines.append(JournalLine(account=f"={ADJUSTMENT}", amount=Amount.exact(x.unrealised, own), text=text))
        lines.append(
            JournalLine(
                account=f"={GAIN if gain else LOSS}", amount=Amount.exact(-x.unrealised, own), text=text
            )
        )
    return month_end_entry("revaluation", lines, own, on)


def revaluation_interface(release: Release, entity: str) -> Interface | None:
    """The interface of an entity's own ledger, where it takes revaluations and their account is mapped."""
    table = release.mappings.get("accounts")
    if table is None or not any(r.key == ADJUSTMENT for r in table.rows):
        return None
    return next((i for i in release.interfaces.values() if i.entity == entity and STREAM in i.streams), None)


def read_revalued(
    release: Release, reader: LedgerReader, facts: LedgerFacts, entity: str, on: date
) -> list[Revalued]:
    """What an entity's ledger holds in foreign currency at the end of a day, at the rates of its `facts`. Raises ConnectorError,
    ValueError."""
    own = release.entities[entity].currency
    balances = answered(lambda: reader.foreign_balances(on), "its foreign balances")
    return revalued(balances, monetary_accounts(release, on), facts, own, on)


def revalue(
    connection: Connection,
    release: Release,
    interface: Interface,
    reader: LedgerReader,
    on: date,
    now: datetime,
    dry: bool = False,
    asked: Asked = UNASKED,
) -> list[Revalued]:
    """Hand on the revaluation of an entity at the end of a day, unless `dry`. Made again, what is booked
    becomes what it should be, by the difference."""
    own = release.entities[interface.entity].currency

    def work_out() -> tuple[list[Revalued], list[tuple[JournalEntry, BatchControl]]]:
        found = read_revalued(release, reader, reader.facts(), interface.entity, on)
        entry = entry_of(found, own, on)
        return found, [(entry, own_figures(entry))]

    return work_out()[0] if dry else propose(connection, interface.name, STREAM, work_out, now, asked=asked)
