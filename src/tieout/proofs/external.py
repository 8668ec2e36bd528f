"""Another ledger's own trial balance against what came of its entries.

From one of its balances to the next an account moves by its entries: those that are posted here. What
differs was never sent, or waits, or stands in a case.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec

from tieout.cases import NewCase, open_cases, solve_by_key
from tieout.proofs.causes import TRIAL_BALANCE_DIFFERS
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")


class BalanceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One account of another ledger from `since` (None: from nothing) to `until`. Amounts are
    signed in `currency`, a debit is positive: `moved` by its own balances, `posted` by entries that
    stand here, `held` by entries that wait or stand in a case."""

    entity: str
    system: str
    interface: str
    account: str
    currency: str
    since: date | None
    until: date
    moved: Decimal
    posted: Decimal
    held: Decimal

    @property
    def difference(self) -> Decimal:
        """What its balance moved by, less what is posted of its entries and what is held of them."""
        return self.moved - self.posted - self.held


def balance_rows(connection: Connection, release: Release, until: date) -> list[BalanceRow]:
    """Every account of which a balance up to `until` is known, at its latest one."""
    found = []
    for interface in release.interfaces.values():
        siblings = [
            i.name
            for i in release.interfaces.values()
            if i.system == interface.system and i.entity == interface.entity
        ]
        given = {"interface": interface.name, "siblings": siblings, "until": until}
        for row in connection.execute(_SQL["trial_balances"], given):
            found.append(
                BalanceRow(
                    entity=interface.entity,
                    system=interface.system,
                    interface=interface.name,
                    account=row["account"],
                    currency=row["currency"],
                    since=row["since"],
                    until=row["until"],
                    moved=row["moved"],
                    posted=row["posted"],
                    held=row["held"],
                )
            )
    return found


def open_balances(connection: Connection, release: Release, until: date, now: datetime) -> int:
    """Open a case for every account that differs, solve those of accounts that agree; how many were
    opened."""
    opened = 0
    with connection.transaction():
        for row in balance_rows(connection, release, until):
            key = f"{row.account}:{row.currency}:{row.until}"
            if not row.difference:
                solve_by_key(connection, TRIAL_BALANCE_DIFFERS.name, key, now, "the balances agree", "proofs")
                continue
            interface = release.interfaces[row.interface]
            case = NewCase(
                cause=TRIAL_BALANCE_DIFFERS.name,
                interface=row.interface,
                entity=row.entity,
                period=f"{row.until:%Y-%m}",
                source_key=key,
                amount=abs(row.difference),
                currency=row.currency,
                recovery=TRIAL_BALANCE_DIFFERS.say(),
                detail=f"moved {row.moved}, posted {row.posted}, waiting or in a case {row.held}",
                owner=interface.owner,
                opened_at=now,
                due_at=now + timedelta(hours=interface.service_level_hours),
                blocking=False,
                standing=TRIAL_BALANCE_DIFFERS.standing,
            )
            opened += open_cases(connection, [case], "proofs")
    return opened
