"""A close at a glance: its sheet made of the database as it is, and kept in evidence when something is signed or locked."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from tieout.close.model import CloseState, TaskStanding
from tieout.close.parts import sections_of
from tieout.close.sections.asked import Asked
from tieout.close.service import kept_state
from tieout.close.sheet import instant_text, sheet_bytes
from tieout.evidence import Printed, keep_sheet, kept_sheet
from tieout.money import Period
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")


def sheet_of(connection: Connection, release: Release, entity: str, period: Period, now: datetime) -> bytes:
    """A close's sheet by its evidence as it was read last, and its signatures as they stand now. Asks no system."""
    state, _ = kept_state(connection, release, entity, period, now)
    asked = Asked(connection, release, entity, period, state, now)
    return sheet_bytes(_head(asked), sections_of(asked), entity, period, secrets.token_hex(16))


def keep_glance(
    connection: Connection, release: Release, entity: str, period: Period, now: datetime, actor: str
) -> int:
    """Keep the sheet of a close in evidence, in the caller's transaction; its number."""
    return keep_sheet(
        connection, entity, str(period), sheet_of(connection, release, entity, period, now), now, actor
    )


def printed_close(
    connection: Connection, release: Release, entity: str, period: Period, now: datetime, number: int = 0
) -> Printed:
    """The sheet that was kept last (or that of a `number`), with what was taken back since; a draft where none was. Raises
    LookupError where there is none of that number, or one is not as it was kept."""
    found = kept_sheet(connection, entity, str(period), number)
    if found is not None:
        return found
    if number:
        raise LookupError(f"there is no sheet {number} of the close of {entity} {period}")
    return Printed(sheet_of(connection, release, entity, period, now), "", ())


def _head(asked: Asked) -> dict[str, Any]:
    book, state, zone = asked.release.entities[asked.entity], asked.state, asked.zone
    row = asked.connection.execute(_SQL["ledger_read"], asked.given).fetchone()
    return {
        "name": book.name,
        "currency": book.currency,
        "time_zone": book.time_zone,
        "due_at": instant_text(state.due_at, zone),
        "closed_at": instant_text(state.closed_at, zone),
        "business_days": state.days,
        "open": _open(state),
        "ledger_read_at": instant_text(row["read_at"] if row else None, zone),
        "kept_at": instant_text(asked.now, zone),
    }


def _open(state: CloseState) -> str:
    """What is not signed, in words; "" once the period is closed."""
    if state.closed:
        return ""
    left = [s.task.name for s in state.tasks if s.state != TaskStanding.SIGNED]
    return f"{len(left)} of {len(state.tasks)} tasks are not signed by two people, such as {left[0]!r}."
