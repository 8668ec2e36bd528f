"""Signing tasks, with the close's sheet kept in evidence as soon as anything was prepared or signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from tieout.close import taking
from tieout.close.glance import keep_glance
from tieout.close.model import CloseState
from tieout.close.service import Sessions
from tieout.money import Period
from tieout.proofs import Judged
from tieout.rules import Release
from tieout.security import Person
from tieout.store import Connection

Taken = list[tuple[str, str]]


def sign(
    connection: Connection,
    release: Release,
    sessions: Sessions,
    entity: str,
    period: Period,
    names: Sequence[str],
    who: str | Person,
    key: str,
    now: datetime,
    judged: Sequence[Judged] | None = None,
) -> Taken:
    """As `taking.sign`; the sheet is kept where something was signed. Raises CloseError, ConnectorError."""
    found = taking.sign(connection, release, sessions, entity, period, names, who, key, now, judged)
    return _kept(connection, release, entity, period, found, who, now)


def take_signatures(
    connection: Connection,
    release: Release,
    state: CloseState,
    names: Sequence[str],
    who: str | Person,
    key: str,
    now: datetime,
    seen: Mapping[str, str],
) -> Taken:
    """As `taking.take_signatures`; the sheet is kept where something was signed. Raises CloseError."""
    found = taking.take_signatures(connection, release, state, names, who, key, now, seen)
    return _kept(connection, release, state.entity, Period.parse(state.period), found, who, now)


def _kept(
    connection: Connection,
    release: Release,
    entity: str,
    period: Period,
    found: Taken,
    who: str | Person,
    now: datetime,
) -> Taken:
    if any(said.startswith(("signed", "prepared")) for _, said in found):
        actor = who.name if isinstance(who, Person) else who or "close"
        with connection.transaction():
            keep_glance(connection, release, entity, period, now, actor)
    return found
