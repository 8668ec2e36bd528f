"""What stood on governed accounts before an entity's first day here: taken once, and held against the ledger since.

Nobody declares opening items one by one, and each is matched like anything else. But who dates an entry before the
first day would be seen by nobody, so the balances of the day before must stay what they were.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from tieout.cases import NewCase, open_cases, solve_by_key
from tieout.connector_api import LedgerReader
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.proofs.causes import OPENING_CHANGED
from tieout.proofs.control import ask_patiently
from tieout.proofs.split import day_before
from tieout.proofs.standing_still import read_still
from tieout.rules import Release
from tieout.rules.governed import governed_accounts
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")
Key = tuple[str, str]


def hold_opening(
    connection: Connection, release: Release, reader: LedgerReader, entity: str, now: datetime
) -> int:
    """Take the opening of an entity that has a first day, or compare it with what was taken; how many accounts differ,
    each of which is a case until its balance is what it was, or somebody gives its reason. Raises ConnectorError."""
    book = release.entities[entity]
    if book.begins_on is None:
        return 0
    last = day_before(book.begins_on)
    accounts = governed_accounts(release, entity, book.begins_on, book.begins_on)
    given = {"entity": entity, "begins_on": book.begins_on, "until": last}

    def read() -> tuple[dict[Key, Decimal], dict[Key, Decimal]]:
        held = ask_patiently(lambda: reader.trial_balance(last))
        rows = connection.execute(_SQL["our_balances"], given)
        return dict(held), {(r["account"], r["currency"]): r["amount"] for r in rows}

    # A late event that is posted between the two would be in one of them: taken for what stood there before, or for what changed it.
    held, ours = read_still(connection, entity, read)
    # What we booked of late events before that day has its source.
    found = {
        key: held.get(key, Decimal(0)) - ours.get(key, Decimal(0))
        for key in {*held, *ours}
        if key[0] in accounts
    }
    with connection.transaction():
        taken = {
            (r["account"], r["currency"]): r["amount"]
            for r in connection.execute(_SQL["opening"], given).fetchall()
        }
        known = {account for account, _ in taken}
        new = {key: amount for key, amount in found.items() if key[0] not in known}
        # An account on which nothing stood stood at nothing: that, too, can change.
        empty = accounts - known - {account for account, _ in new}
        new |= {(account, book.currency): Decimal(0) for account in empty}
        if new:
            _take(connection, entity, given, new, now)
        return _compare(connection, release, entity, found, taken, now)


def _take(
    connection: Connection,
    entity: str,
    given: dict[str, object],
    new: dict[tuple[str, str], Decimal],
    now: datetime,
) -> None:
    """Accounts that were never taken: at first all of them, later those that a mapping made governed."""
    for (account, currency), amount in sorted(new.items()):
        row = {**given, "account": account, "currency": currency, "amount": amount, "now": now}
        connection.execute(_SQL["take_opening"], row)
    detail = {
        "begins_on": str(given["begins_on"]),
        "balances": {f"{account} {currency}": f"{amount:f}" for (account, currency), amount in sorted(new.items())},
    }  # fmt: skip
    record(connection, [Entry(now, "proofs", "opening.taken", entity, entity, detail)])


def _compare(
    connection: Connection,
    release: Release,
    entity: str,
    found: dict[tuple[str, str], Decimal],
    taken: dict[tuple[str, str], Decimal],
    now: datetime,
) -> int:
    book, differ = release.entities[entity], 0
    assert book.begins_on is not None
    known = {account for account, _ in taken}
    for account, currency in sorted({*taken, *(k for k in found if k[0] in known)}):
        before, after = taken.get((account, currency), Decimal(0)), found.get((account, currency), Decimal(0))
        key = f"{entity}:{book.begins_on}:{account}:{currency}"
        if before == after:
            solve_by_key(connection, OPENING_CHANGED.name, key, now, "it is what it was", "proofs")
            continue
        differ += 1
        case = NewCase(
            cause=OPENING_CHANGED.name,
            interface="",
            entity=entity,
            period=str(Period.of(day_before(book.begins_on))),
            source_key=key,
            amount=abs(after - before),
            currency=currency,
            recovery=OPENING_CHANGED.say(),
            detail=f"{account} stood at {before:f} before {book.begins_on}, and at {after:f} by now",
            owner=OPENING_CHANGED.who,
            opened_at=now,
            due_at=now + timedelta(hours=24),
            blocking=False,
            standing=OPENING_CHANGED.standing,
            made_accounts=account,
        )
        open_cases(connection, [case], "proofs")
    return differ
