"""Makes one message of all that somebody was told since the last one: at once, or when their digest is due.

A notice is in one message, whatever way it goes: its number is that table's key. Who was seen to have looked (*Mark all as seen*) is not sent what
they saw. A person gets a message a minute at most by the machine's clock, however fast the project's own runs, and none while one waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from tieout.engine import Clock, Due, LaneKey, Pace, Turn
from tieout.notifying.hours import end_of_day, next_digest, zone_of
from tieout.notifying.model import BETWEEN, NoticePace, Sends
from tieout.notifying.reading import SQL, Reader, Row, choice_in, reader_of
from tieout.security import Authority, load_authority
from tieout.store import Connection

_MOST_PEOPLE, _MOST_NOTICES = 500, 50_000
# A notice is committed long before so much time has passed since its number was drawn; and nothing that old has to be looked at again.
_SETTLED, _LOOKED_BACK = timedelta(hours=1), timedelta(days=1)


class GatheringStage:
    """A person is an item. `clock` is the project's, by which digests are due; `wall` the machine's."""

    name = "notices"

    def __init__(self, clock: Clock, wall: Clock, pause_s: float = 5.0) -> None:
        self._clock, self._wall = clock, wall
        self.pace = Pace(every_s=pause_s)

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """One lane: everybody to whom something may be sent."""
        return (Due(("people",)),)

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """A message for everybody who is due one."""
        given = {"now": self._clock.now(), "since": self._wall.now() - BETWEEN, "limit": _MOST_PEOPLE}
        due = [r for name in ("due_at_once", "due_digests") for r in connection.execute(SQL[name], given)]
        authority = load_authority(connection) if due else Authority()
        return turn.each(due, lambda r: str(r["person"]), lambda r: self._gather(connection, authority, r))

    def _gather(self, connection: Connection, authority: Authority, due: Row) -> bool:
        with connection.transaction():
            row = connection.execute(SQL["lock_choice"], due).fetchone()
            if row is None or row["pace"] == NoticePace.NONE:
                return False
            reader = reader_of(authority, row["person"])
            made = reader is not None and self._make(connection, row, reader)
            self._move_on(connection, row)
        return made

    def _make(self, connection: Connection, row: Row, reader: Reader) -> bool:
        """Whether there was something to say, and it waits to be sent."""
        digest = row["pace"] != NoticePace.AT_ONCE
        kind = Sends.DIGEST if digest else Sends.NOTICES
        given = {"person": reader.name, "channel": row["channel"], "kind": kind, "now": self._wall.now()}
        added = connection.execute(SQL["add"], given).fetchone()
        if added is None:
            return False
        wanted = {
            "person": reader.name, "after": row["after_notice"], "entities": reader.asked(), "dispatch": added["dispatch_id"],
            "limit": _MOST_NOTICES,
        }  # fmt: skip
        taken = connection.execute(SQL["take"], wanted).fetchone()
        assert taken is not None
        if taken["count"] or (digest and any(times_of(connection, reader, row["time_zone"], self._clock))):
            return True
        connection.execute(SQL["unmake"], {"id": added["dispatch_id"]})
        return False

    def _move_on(self, connection: Connection, row: Row) -> None:
        choice, now = choice_in(row), self._clock.now()
        due = choice.next_at
        if due is not None and due <= now:
            due = next_digest(choice.pace, choice.hour, choice.weekday, zone_of(choice.time_zone), now)
        before = self._wall.now() - _SETTLED
        given = {"person": row["person"], "next_at": due, "before": before, "from": before - _LOOKED_BACK}
        connection.execute(SQL["moved_on"], given)


def times_of(connection: Connection, reader: Reader, time_zone: str, clock: Clock) -> tuple[int, int]:
    """Of somebody's own cases how many are past their time, and how many are due until midnight where they are."""
    now = clock.now()
    given = {
        "now": now, "until": end_of_day(zone_of(time_zone), now), "owners": sorted(reader.names),
        "entities": reader.asked(),
    }  # fmt: skip
    found = connection.execute(SQL["times"], given).fetchone()
    assert found is not None
    return int(found["overdue"]), int(found["due_today"])
