"""Entries on governed accounts that nobody here made: a case each, or one of the small ones of an account together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from tieout.cases import NewCase, beside_others, open_cases, solve_by_key
from tieout.close.causes import ACCOUNT_MOVED_BY_HAND, ENTRY_WITHOUT_SOURCE
from tieout.connector_api import LedgerReader
from tieout.money import Period
from tieout.proofs import (
    Judged,
    Standing,
    Told,
    entry_key,
    hold_opening,
    keep_ledger_month,
    keep_split,
    read_ledger_month,
    read_split,
)
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")


def look_at_entries(
    connection: Connection,
    release: Release,
    sessions: Callable[[str], object],
    entity: str,
    period: Period,
    now: datetime,
) -> list[Judged] | None:
    """A case for every entry on governed accounts that nobody here made, declared or explained; what the accounts moved by
    is kept, as is the month by the ledger's own days, and the opening held against what it was. The entries of others as they were
    read; None where no ledger can be. Raises ConnectorError."""
    book = release.entities[entity]
    reader = sessions(book.ledger)
    if not isinstance(reader, LedgerReader):
        return None
    rows, judged = read_split(connection, release, reader, entity, period)
    cases = [_case_of(told, entity, book.currency, now) for told in undeclared(judged)]
    with connection.transaction():
        beside_others(connection)
        open_cases(connection, cases, "close")
        _solve_settled(connection, entity, period, judged, {(c.cause, c.source_key) for c in cases}, now)
        keep_split(connection, entity, period, rows, now)
    hold_opening(connection, release, reader, entity, now)
    months, accounts = read_ledger_month(connection, release, reader, entity, period)
    with connection.transaction():
        keep_ledger_month(connection, entity, period, months, accounts, now)
    return judged


def undeclared(judged: Iterable[Judged]) -> list[Told]:
    """The cases of entries that nobody declared or explained, once each."""
    found = {j.told.key: j.told for j in judged if j.standing is Standing.UNDECLARED and j.told is not None}
    return list(found.values())


def _solve_settled(
    connection: Connection,
    entity: str,
    period: Period,
    judged: Iterable[Judged],
    still: set[tuple[str, str]],
    now: datetime,
) -> None:
    """Solve what is open of the month and is told no more."""
    left = {entry_key(entity, j.move.name): j for j in judged}
    told = connection.execute(_SQL["open_manual"], {"entity": entity, "period": str(period)}).fetchall()
    for row in told:
        if (row["cause"], row["source_key"]) not in still:
            # A key ends with what its case was made of, after a blank.
            why = _settled(left.get(row["source_key"].partition(" ")[0]))
            solve_by_key(connection, row["cause"], row["source_key"], now, why, "close")


def _case_of(told: Told, entity: str, currency: str, now: datetime) -> NewCase:
    cause = ACCOUNT_MOVED_BY_HAND if told.by_hand else ENTRY_WITHOUT_SOURCE
    return NewCase(
        cause=cause.name,
        interface="",
        entity=entity,
        period=str(told.period),
        source_key=told.key,
        amount=told.amount,
        currency=currency,
        recovery=cause.say(),
        detail=told.says(),
        owner=cause.who,
        opened_at=now,
        due_at=now + timedelta(hours=24),
        blocking=False,
        standing=cause.standing,
        made_journal=told.made.journal,
        made_user=told.made.user,
        made_kind=told.made.kind,
        made_accounts=", ".join(told.made.accounts),
    )


def _settled(judged: Judged | None) -> str:
    """Why the case of an entry is none any more."""
    if judged is None:
        return "it is gone, or was added up anew"
    if judged.standing is Standing.DECLARED:
        return f"made in the ledger by intent, as the project declares: {judged.origin}"
    if judged.standing in (Standing.EXPLAINED, Standing.UNDECLARED):
        return "it is told otherwise now"
    return "it is of before the first day" if judged.standing is Standing.OPENING else "it has a source"
