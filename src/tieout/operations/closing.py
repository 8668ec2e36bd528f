"""Closing an entity's books: how a close stands, signatures, locks, revaluation. Whatever asks a system raises
ConnectorError."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from tieout.close import (
    CloseError,
    CloseState,
    OpenSale,
    Revalued,
    Word,
    gather,
    keep_glance,
    kept_accounts,
    look_at_items,
    not_over,
    printed_close,
    revaluation_interface,
    state_of,
)
from tieout.close import cut_off as cut_sales_off
from tieout.close import reject_accounts as reject_account_rows
from tieout.close import revalue as revalue_items
from tieout.close import sign as sign_tasks
from tieout.close import sign_accounts as sign_account_rows
from tieout.close.waivers import Waivers, read_waivers
from tieout.connector_api import LedgerReader, SetupError
from tieout.evidence import Entry, Printed, record
from tieout.inbox import UNASKED, Asked
from tieout.money import Period
from tieout.operations.open_project import OpenProject
from tieout.proofs import Itemised
from tieout.rules import Release
from tieout.security import Person
from tieout.store import Connection


def close_state(project: OpenProject, entity: str, period: Period) -> CloseState:
    """How an entity's close of a period stands, by evidence read now. Raises ConnectorError."""
    release, now = project.release(), project.clock.now()
    connection = project.database.connect(autocommit=True)
    try:
        judged = gather(connection, release, project.session, entity, period, now)
        return state_of(connection, release, project.session, entity, period, now, judged)
    finally:
        connection.close()


def close_items(project: OpenProject, entity: str, period: Period) -> Itemised:
    """What stands on accounts on their way to zero at a period's end, as the ledger has it now; kept, and told of. Raises
    SetupError where its system says no such thing, ConnectorError."""
    reader, now = ledger_of(project, entity, "read"), project.clock.now()
    connection = project.database.connect(autocommit=True)
    try:
        found = look_at_items(connection, project.release(), reader, entity, period, now)
    finally:
        connection.close()
    if found is None:
        ledger = project.release().entities[entity].ledger
        raise SetupError(f"{ledger} is no ledger that says what stands on an account")
    return found


def sign_close(
    project: OpenProject,
    entity: str,
    period: Period,
    tasks: Sequence[str],
    who: str | Person,
    key: str = "",
) -> list[tuple[str, str]]:
    """A person's signature of tasks ((): of all that can be signed): each task, and what became of it.

    Raises CloseError, AuthorityError, StampError, ConnectorError.
    """
    release, now = project.release(), project.clock.now()
    connection = project.database.connect(autocommit=True)
    try:
        judged = gather(connection, release, project.session, entity, period, now)
        return sign_tasks(connection, release, project.session, entity, period, tasks, who, key, now, judged)
    finally:
        connection.close()


def waivers_of(project: OpenProject, entity: str, period: Period) -> Waivers:
    """What was waived of an entity's period by now, and its share of revenue. Asks no system."""
    with project.database.transaction() as connection:
        return read_waivers(connection, project.release(), entity, period)


def account_rows(project: OpenProject, entity: str, period: Period) -> list[dict[str, Any]]:
    """An entity's balance-sheet accounts at a month's end, read now: see `kept_accounts`. Raises ConnectorError."""
    close_state(project, entity, period)
    connection = project.database.connect(autocommit=True)
    try:
        return kept_accounts(connection, entity, str(period))
    finally:
        connection.close()


def sign_accounts(
    project: OpenProject,
    entity: str,
    period: Period,
    accounts: Sequence[tuple[str, str]],
    key: str,
    because: str = "",
    shown_by: str = "",
) -> list[tuple[str, str]]:
    """A person's word for accounts (code and currency; (): all that wait for them), by figures that are read now: each
    account, and what became of it. Raises CloseError, AuthorityError, StampError, ConnectorError."""
    close_state(project, entity, period)
    return _say(project, entity, period, accounts, key, Word(because, shown_by), sign_account_rows)


def reject_accounts(
    project: OpenProject,
    entity: str,
    period: Period,
    accounts: Sequence[tuple[str, str]],
    key: str,
    because: str,
) -> list[tuple[str, str]]:
    """As `sign_accounts`, of who does not sign what another prepared, or takes their own word back. Asks no system."""
    return _say(project, entity, period, accounts, key, Word(because), reject_account_rows)


def _say(
    project: OpenProject,
    entity: str,
    period: Period,
    accounts: Sequence[tuple[str, str]],
    key: str,
    word: Word,
    act: Callable[..., list[tuple[str, str]]],
) -> list[tuple[str, str]]:
    connection = project.database.connect(autocommit=True)
    try:
        now = project.clock.now()
        return act(connection, project.release(), entity, period, accounts, None, key, word, now)
    finally:
        connection.close()


def set_lock(
    project: OpenProject, entity: str, period: Period, kind: str, who: str
) -> dict[str, date | None]:
    """Lock an entity's books up to a period's end; every lock as it is then. Raises ConnectorError, and CloseError of a
    period that is not over.

    Evidence that it was asked for is there before the ledger is asked: a lock that stands there was ours, even where
    nobody heard its answer. Again it changes nothing: a lock is moved ahead, never back.
    """
    if not project.release().entities[entity].posts:
        raise CloseError(f"nothing is done in the books of {entity} (posts = false): they are locked there")
    if early := not_over(period, project.release().entities[entity].zone, project.clock.now()):
        raise CloseError(f"{early}; a lock is never moved back here")
    reader = ledger_of(project, entity, "locked")
    with project.database.transaction() as connection:
        _keep(connection, "close.lock_asked", project.clock.now(), entity, period, kind, who)
    reader.set_lock(kind, period.last)
    return reader.locks()


def lock_books(
    project: OpenProject, entity: str, period: Period, kind: str, who: str
) -> dict[str, date | None]:
    """As `set_lock`, with evidence that it is done."""
    found = set_lock(project, entity, period, kind, who)
    with project.database.transaction() as connection:
        keep_locked(connection, project.release(), project.clock.now(), entity, period, kind, who)
    return found


def keep_locked(
    connection: Connection, release: Release, now: datetime, entity: str, period: Period, kind: str, who: str
) -> None:
    """Evidence that an entity's books are locked, and the close's sheet, in the transaction of whoever had that done with
    `set_lock`."""
    _keep(connection, "close.locked", now, entity, period, kind, who)
    keep_glance(connection, release, entity, period, now, who)


def print_close(project: OpenProject, entity: str, period: Period, number: int = 0) -> Printed:
    """The sheet of a close as it was kept last (or that of a `number`), with what happened since; a draft where none was
    kept. Asks no system. Raises LookupError where there is none of that number, or it is not as it was kept."""
    with project.database.transaction() as connection:
        return printed_close(connection, project.release(), entity, period, project.clock.now(), number)


def _keep(
    connection: Connection, action: str, now: datetime, entity: str, period: Period, kind: str, who: str
) -> None:
    detail = {"kind": kind, "until": period.last.isoformat()}
    record(connection, [Entry(now, who, action, f"{entity}:{period}", entity, detail)])


def ledger_of(project: OpenProject, entity: str, what: str) -> LedgerReader:
    """The ledger of an entity, which is to be `what` ("read", "locked"). Raises SetupError where its system is none,
    ConnectorError."""
    ledger = project.release().entities[entity].ledger
    reader = project.reader_of(ledger)
    if reader is None:
        raise SetupError(f"{ledger} is no ledger that can be {what}")
    return reader


def revalue(
    project: OpenProject, entity: str, on: date, dry: bool = False, asked: Asked = UNASKED
) -> list[Revalued]:
    """Revalue an entity's foreign items at a day's end; `dry`: only say what it would come to.

    Raises LookupError where nothing governs it, ValueError without a rate, ConnectorError.
    """
    release = project.release()
    interface = revaluation_interface(release, entity)
    if interface is None:
        raise LookupError(
            f"nothing revalues {entity}: mappings/accounts.csv needs revaluation.adjustment, .gain and .loss, and "
            f"an interface of {release.entities[entity].ledger} the stream revaluations"
        )
    reader = project.reader_of(interface.system)
    if reader is None:
        raise LookupError(f"{interface.system} is no ledger that can be read")
    connection = project.database.connect(autocommit=True)
    try:
        return revalue_items(connection, release, interface, reader, on, project.clock.now(), dry, asked)
    finally:
        connection.close()


def cut_off(
    project: OpenProject, entity: str, on: date, dry: bool = False, asked: Asked = UNASKED
) -> list[OpenSale]:
    """Cut an entity's sales off at a day's end; `dry`: only say what it would come to.

    Raises LookupError where nothing is cut off, ValueError where it cannot be, ConnectorError.
    """
    reader = ledger_of(project, entity, "read")
    connection = project.database.connect(autocommit=True)
    try:
        now = project.clock.now()
        return cut_sales_off(connection, project.release(), entity, reader, on, now, dry, asked)
    finally:
        connection.close()
