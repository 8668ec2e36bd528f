"""The books against their sources: what each account that money passes through holds in the
ledger, what of it came from us, and what the bank or the provider says that it holds.

Accounts by role: clearing, bank, bank in transit, customer deposits, unapplied. Amounts are
signed in the account's currency: a debit is positive, as is money that a provider holds for us.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import groupby

import msgspec

from tieout.connector_api import Balances, ConnectorError, LedgerReader
from tieout.money import Period
from tieout.proofs.continuity import Frame, in_order
from tieout.proofs.control import Unread, ask_patiently
from tieout.proofs.standing_still import AskBalances, ask_balances, read_still
from tieout.rules import Entity, Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")
_ROLES = ("clearing.", "bank.", "bank_in_transit", "customer_deposits", "unapplied.", "outstanding_")
Key = tuple[str, str]


class LedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One account in one currency at a period's end.

    `in_ledger` is the ledger's own balance, `ours` what we put there; `source` is the provider's
    or bank's own balance, None where there is none.
    """

    entity: str
    period: str
    role: str
    account: str
    currency: str
    in_ledger: Decimal
    ours: Decimal
    source: Decimal | None

    @property
    def others(self) -> Decimal:
        """What somebody else put there: opening balances, or hands in our accounts."""
        return self.in_ledger - self.ours

    @property
    def difference(self) -> Decimal | None:
        """The source's balance less the ledger's; None where the source states none."""
        return None if self.source is None else self.source - self.in_ledger


def ledger_rows(
    connection: Connection,
    release: Release,
    session_of: Callable[[str], object],
    period: Period,
    entities: Sequence[str] | None = None,
    ask: AskBalances = ask_balances,
    unread: list[Unread] | None = None,
) -> list[LedgerRow]:
    """Every such account at the end of `period`, in order of entity, role and currency: of some `entities`, or of all. `ask`
    says what a ledger holds. Where one is given, ledgers and providers that cannot be read go into `unread`, and the others are
    read; else it raises ConnectorError."""
    rows: list[LedgerRow] = []
    for entity in (release.entities[x] for x in entities or release.entities):
        try:
            reader = session_of(entity.ledger)
            if not isinstance(reader, LedgerReader):
                continue
            held, ours = read_still(
                connection, entity.code, partial(_balances, connection, reader, entity, period, ask)
            )
        except ConnectorError as error:
            if unread is None:
                raise
            unread.append(Unread(of=entity.ledger, entity=entity.code, error=error))
            continue
        sources = _sources(connection, release, entity, session_of, period, unread)
        for role, account in _accounts(release, period).items():
            pairs = {key for key in {*held, *ours} if key[0] == account}
            for key in sorted(pairs):
                mine, theirs = ours.get(key, Decimal(0)), held.get(key, Decimal(0))
                source = sources.get((role, key[1]))
                if mine or theirs or source:
                    rows.append(
                        LedgerRow(
                            entity=entity.code,
                            period=str(period),
                            role=role,
                            account=account,
                            currency=key[1],
                            in_ledger=theirs,
                            ours=mine,
                            source=source,
                        )
                    )
    return rows


def _balances(
    connection: Connection, reader: LedgerReader, entity: Entity, period: Period, ask: AskBalances
) -> tuple[dict[Key, Decimal], dict[Key, Decimal]]:
    """What the ledger holds at a period's end, and what of it we put there, by account and currency."""
    held = ask(reader, period.last)
    given = {"entity": entity.code, "until": period.last}
    rows = connection.execute(_SQL["our_balances"], given)
    return dict(held), {(r["account"], r["currency"]): r["amount"] for r in rows}


def _accounts(release: Release, period: Period) -> dict[str, str]:
    """Role to account of those that money passes through."""
    table = release.mappings.get("accounts")
    if table is None:
        return {}
    roles = sorted({row.key for row in table.rows if row.key.startswith(_ROLES)})
    return {
        role: table.get(role, period.last)
        for role in roles
        if any(r.key == role and r.valid_from <= period.last <= r.valid_to for r in table.rows)
    }


def _sources(
    connection: Connection,
    release: Release,
    entity: Entity,
    session_of: Callable[[str], object],
    period: Period,
    unread: list[Unread] | None,
) -> dict[tuple[str, str], Decimal]:
    """(role, currency) to the balance that the provider or the bank itself states."""
    _, end = period.bounds(entity.zone)
    return provider_balances(connection, release, entity, session_of, end, period.last, unread)


def provider_balances(
    connection: Connection,
    release: Release,
    entity: Entity,
    session_of: Callable[[str], object],
    end: datetime,
    until: date,
    unread: list[Unread] | None = None,
) -> dict[tuple[str, str], Decimal]:
    """(role, currency) to the balance that a provider or bank states just before `end`, or by its
    last statement up to the day `until`; `unread` as in `ledger_rows`."""
    found: dict[tuple[str, str], Decimal] = {}
    systems = {i.system for i in release.interfaces.values() if i.entity == entity.code}
    for system in sorted(systems):
        try:
            session = session_of(system)
            if not isinstance(session, Balances):
                continue
            balances = ask_patiently(lambda session=session: dict(session.balances(end)), "its balance")  # type: ignore[misc]
        except ConnectorError as error:
            if unread is None:
                raise
            unread.append(Unread(of=system, entity=entity.code, error=error))
            continue
        for currency, amount in balances.items():
            key = (f"clearing.{session.provider}.{currency}", currency)
            found[key] = found.get(key, Decimal(0)) + amount
    given = {"entity": entity.code, "until": until}
    last = msgspec.convert(connection.execute(_SQL["closing_statements"], given).fetchall(), list[Frame])
    for (account, currency), day in groupby(last, lambda f: (f.account, f.currency)):
        provider = account.removeprefix("provider:")
        role = f"bank.{account}" if provider == account else f"clearing.{provider}.{currency}"
        found[role, currency] = in_order(day)[-1].closing
    return found
