"""Files that are still written: seen, waited for, shown, and a case where they never end.

A file is taken once it is whole, as its folder's `Arrival` says. Waiting is of the machine's clock, whatever the
project's: a sender does not live in a virtual month. What is waited for stands in `tieout.waiting_file`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.cases import NewCase, open_cases, solve_by_key
from tieout.engine import Clock, SystemClock
from tieout.money import Period
from tieout.rules import Arrival, Interface, Release
from tieout.rules.arrival import CONTROL_FILE, CONTROL_SUFFIX, MARKER, SETTLING
from tieout.store import Connection, Queries

_SQL = Queries("tieout.inbox")
CAUSE = "file_not_complete"


@dataclass(frozen=True)
class Seen:
    """A file as it was first seen, and since when it is the `stamp` that it is now; of the machine's clock."""

    stamp: str
    first_at: datetime
    unchanged_since: datetime


@dataclass(frozen=True)
class Wait:
    """`why` a file waits, "" where it is whole; `soon` says that it is whole in a moment if nothing happens to it."""

    why: str = ""
    soon: bool = False


def wait_of(
    arrival: Arrival, complete: str, name: str, beside: Collection[str], seen: Seen, now: datetime
) -> Wait:
    """What a file waits for. `beside` are the names in its folder. Pure."""
    if arrival.is_partial(name):
        return Wait("its sender still writes it, by its name")
    if arrival.whole_by == MARKER and not any(marker in beside for marker in arrival.markers_of(name)):
        return Wait(f"{' or '.join(arrival.markers_of(name))} is not there yet")
    settled = seen.unchanged_since + timedelta(seconds=arrival.settle_seconds) <= now
    if arrival.whole_by == SETTLING and not settled:
        late = seen.first_at + timedelta(minutes=arrival.late_minutes) <= now
        return Wait(f"it was written to less than {arrival.settle_seconds:g} seconds ago", not late)
    if complete == CONTROL_FILE and name + CONTROL_SUFFIX not in beside:
        return Wait(f"{name}{CONTROL_SUFFIX} is not there yet")
    return Wait()


class Arriving:
    """What a stage knows of the files that it waits for."""

    def __init__(self, release: Callable[[], Release], clock: Clock, wall: Clock | None = None) -> None:
        self._release, self._clock, self._wall = release, clock, wall or SystemClock()
        self._waiting: dict[str, set[str]] = {}

    def look(
        self, connection: Connection, interface: Interface, name: str, stamp: str, beside: Collection[str]
    ) -> Wait:
        """Whether a file is whole; where it is not, it is kept as waiting. `stamp` changes when the file does."""
        arrival, now = interface.arrival, self._wall.now()
        names = self._names(connection, interface.name)
        row = self._row(connection, interface.name, name) if name in names else None
        first = row["first_at"] if row else now
        same = row is not None and row["stamp"] == stamp
        seen = Seen(stamp, first, row["unchanged_since"] if row and same else now)
        wait = wait_of(arrival, interface.complete, name, beside, seen, now)
        if not wait.why:
            return wait
        told = bool(row and row["told"])
        late = not told and first + timedelta(minutes=arrival.late_minutes) <= now
        if row is None or not same or row["why"] != wait.why or late:
            given = {
                "interface": interface.name,
                "name": name,
                "stamp": stamp,
                "first_at": first,
                "unchanged_since": seen.unchanged_since,
                "why": wait.why,
                "told": told or late,
            }
            with connection.transaction():
                connection.execute(_SQL["put_waiting_file"], given)
                if late:
                    open_cases(connection, [self._case(interface, name, wait.why, first)], "intake")
            names.add(name)
        return wait

    def ended(self, connection: Connection, interface: str, name: str) -> None:
        """A file was taken, or refused: nothing waits for it any more."""
        self._forget(connection, interface, {name}, "it was whole in the end")

    def forget_gone(self, connection: Connection, interface: str, there: Collection[str]) -> None:
        """Files that somebody took away are not waited for."""
        gone = self._names(connection, interface) - set(there)
        if gone:
            self._forget(connection, interface, gone, "it is not there any more")

    def _forget(self, connection: Connection, interface: str, gone: set[str], why: str) -> None:
        with connection.transaction():
            given = {"interface": interface, "names": sorted(gone)}
            for row in connection.execute(_SQL["forget_waiting_files"], given).fetchall():
                if row["told"]:
                    key = _key(interface, row["name"])
                    solve_by_key(connection, CAUSE, key, self._clock.now(), why, "intake")
        self._waiting.get(interface, set()).difference_update(gone)

    def _names(self, connection: Connection, interface: str) -> set[str]:
        """The names that are waited for: read once, and kept. Another worker's are found at a start."""
        if interface not in self._waiting:
            rows = connection.execute(_SQL["waiting_files_of"], {"interface": interface}).fetchall()
            self._waiting[interface] = {row["name"] for row in rows}
        return self._waiting[interface]

    @staticmethod
    def _row(connection: Connection, interface: str, name: str) -> dict[str, Any] | None:
        return connection.execute(_SQL["waiting_file"], {"interface": interface, "name": name}).fetchone()

    def _case(self, interface: Interface, name: str, why: str, first: datetime) -> NewCase:
        now = self._clock.now()
        return NewCase(
            cause=CAUSE,
            interface=interface.name,
            entity=interface.entity,
            period=str(Period.of(now.date())),
            source_key=_key(interface.name, name),
            amount=Decimal(0),
            currency=self._release().entities[interface.entity].currency,
            recovery="ask its sender whether it was sent whole, and for the rest of it; it is taken once it is whole. "
            "Or take it out of the folder",
            detail=f"{name} is there since {first:%Y-%m-%d %H:%M} UTC: {why}",
            owner=interface.owner,
            opened_at=now,
            due_at=now + timedelta(hours=interface.service_level_hours),
        )


def _key(interface: str, name: str) -> str:
    return f"{interface}:{name}"
