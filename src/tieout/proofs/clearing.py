"""A provider's clearing account at any date: what it holds, item by item, with its age.

What stands on clearing is what a provider owes and has not paid out. An automatic payout takes
exactly the movements that it lists; one by hand or at once takes an amount of the balance, so the
oldest of it (the roll-forward). So at any date:

    balance in the ledger = open movements + others' lines
    the provider's own balance = balance in the ledger + what has come and is not posted

Amounts are signed in the account's currency: money that the provider holds for us is positive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from tieout.connector_api import LedgerReader
from tieout.proofs.ledger import provider_balances
from tieout.proofs.standing_still import AskBalances, ask_balances, read_still
from tieout.rules import Release
from tieout.security import changed_rows, in_words
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")
# The first day of each age: under two days, under a week, under a month, older.
AGES = (0, 2, 7, 31)
_BY_HAND = "paid out by hand"
Key = tuple[str, str]


class OpenMovement(msgspec.Struct, frozen=True, kw_only=True):
    """A movement that no payout took yet: `amount` is its net; `posted` what the ledger holds for
    it; `why` is "" for one that is simply not paid out."""

    key: str
    category: str
    on: date
    days: int
    amount: Decimal
    posted: Decimal
    why: str
    document_id: int = 0


class ClearingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One clearing account at the end of a day. `source` is the provider's own balance, None where
    it states none."""

    entity: str
    as_of: date
    provider: str
    account: str
    currency: str
    in_ledger: Decimal
    ours: Decimal
    source: Decimal | None
    items: tuple[OpenMovement, ...]

    @property
    def explained(self) -> Decimal:
        """What the open movements come to in the ledger."""
        return sum((i.posted for i in self.items), Decimal(0))

    @property
    def unexplained(self) -> Decimal:
        """What stands on the account and is none of ours: zero, or somebody's own entry."""
        return self.in_ledger - self.explained

    @property
    def not_posted(self) -> Decimal:
        """What the provider moved and the ledger does not hold: waiting, or in a case."""
        return sum((i.amount - i.posted for i in self.items), Decimal(0))

    @property
    def difference(self) -> Decimal | None:
        """The provider's balance less the ledger's and what is not posted: zero where nothing is
        missing."""
        return None if self.source is None else self.source - self.in_ledger - self.not_posted

    def by_age(self) -> list[Decimal]:
        """What the items come to, by the ages of AGES."""
        sums = [Decimal(0)] * len(AGES)
        for item in self.items:
            sums[max(n for n, first in enumerate(AGES) if item.days >= first)] += item.amount
        return sums


def clearing_rows(
    connection: Connection,
    release: Release,
    session_of: Callable[[str], object],
    as_of: date,
    entities: Sequence[str] | None = None,
    ask: AskBalances = ask_balances,
) -> list[ClearingRow]:
    """Every clearing account at the end of a day, in order of entity, provider and currency: of some `entities`, or of all.
    `ask` says what a ledger holds."""
    rows: list[ClearingRow] = []
    table = release.mappings.get("accounts")
    for entity in (release.entities[x] for x in entities or release.entities):
        reader = session_of(entity.ledger)
        if not isinstance(reader, LedgerReader):
            continue
        held, ours, items = read_still(
            connection, entity.code, partial(_standing, connection, reader, entity.code, as_of, ask)
        )
        end = datetime.combine(as_of + timedelta(days=1), datetime.min.time(), entity.zone)
        sources = provider_balances(connection, release, entity, session_of, end, as_of)
        for role in sorted(r.key for r in (table.rows if table else ()) if r.key.startswith("clearing.")):
            _, provider, currency = role.split(".", 2)
            account = release.account(role, as_of)
            row = ClearingRow(
                entity=entity.code,
                as_of=as_of,
                provider=provider,
                account=account,
                currency=currency,
                in_ledger=held.get((account, currency), Decimal(0)),
                ours=ours.get((account, currency), Decimal(0)),
                source=sources.get((role, currency)),
                items=tuple(items.get((provider, currency), ())),
            )
            if row.items or row.in_ledger or row.source:
                rows.append(row)
    return rows


def _standing(
    connection: Connection, reader: LedgerReader, entity: str, as_of: date, ask: AskBalances
) -> tuple[dict[Key, Decimal], dict[Key, Decimal], dict[Key, list[OpenMovement]]]:
    """What the ledger holds, what of it we put there, and the open movements, at the end of a day."""
    held = ask(reader, as_of)
    rows = connection.execute(_SQL["our_balances"], {"entity": entity, "until": as_of})
    ours = {(r["account"], r["currency"]): r["amount"] for r in rows}
    return dict(held), ours, open_movements(connection, entity, as_of)


def open_movements(
    connection: Connection, entity: str, as_of: date
) -> dict[tuple[str, str], list[OpenMovement]]:
    """By provider and currency what no payout took up to the end of a day, the oldest first."""
    items: dict[tuple[str, str], list[OpenMovement]] = {}
    moved = connection.execute(_SQL["open_movements"], {"entity": entity, "until": as_of}).fetchall()
    changed = {
        x.document_id: in_words([x])
        for x in changed_rows(connection, entity, documents=[r["document_id"] for r in moved])
    }
    for r in moved:
        items.setdefault((r["provider"], r["currency"]), []).append(
            _item(r, as_of, changed.get(r["document_id"], ""))
        )
    return {key: rolled_forward(found) for key, found in items.items()}


def rolled_forward(items: Sequence[OpenMovement]) -> list[OpenMovement]:
    """`items`, oldest first, less what payouts without a composition took: the oldest money that
    was there and stands in the ledger. What such a payout took more than that stays as an item of its own."""
    left: list[OpenMovement] = []
    for item in items:
        if item.why != _BY_HAND:
            left.append(item)
            continue
        rest = -item.amount
        for n, earlier in enumerate(left):
            if rest > 0 and earlier.amount > 0 and earlier.amount == earlier.posted:
                taken = min(rest, earlier.amount)
                rest -= taken
                less = earlier.amount - taken
                left[n] = msgspec.structs.replace(earlier, amount=less, posted=less)
        if rest:
            left.append(msgspec.structs.replace(item, amount=-rest, posted=-rest))
    return [i for i in left if i.amount or i.posted]


def _item(row: dict[str, Any], as_of: date, changed: str) -> OpenMovement:
    on, net, posted = row["accounting_on"], row["net"], row["posted"]
    why = changed
    if changed:
        pass
    elif row["in_case"]:
        why = "in a case"
    elif posted != net:
        why = "not posted yet"
    elif row["category"] == "payout":
        why = _BY_HAND
    return OpenMovement(
        key=row["source_key"],
        category=row["category"],
        on=on,
        days=(as_of - on).days,
        amount=net,
        posted=posted,
        why=why,
        document_id=row["document_id"],
    )
