"""A worker's step: tells each subscription what it was not told yet, in order, at least once.

Told is the sealed log, by its gap-free numbers: nothing that commits late is missed, and the number lets a receiver
know what it heard already.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from tieout.connect import Network
from tieout.engine import Clock, Lane
from tieout.observe import get_logger
from tieout.security import StampError
from tieout.store import Connection, Queries
from tieout.telling.events import Event, event_of
from tieout.telling.service import secret_of
from tieout.telling.wire import Sent, send_event

_SQL = Queries("tieout.telling")
_log = get_logger(__name__)
_BATCH = 100
_PAUSE_S = 1.0
# Seconds until the next try; the last one again and again.
_WAITS = (5, 30, 120, 600, 3600)


class TellingStage:
    """`source` names this project in every event; `private` are networks of its own that may be told. Waits are of
    the `wall` clock: a receiver does not live in a virtual month."""

    def __init__(
        self,
        source: str,
        wall: Clock,
        private: Sequence[Network] = (),
        send: Callable[..., Sent] = send_event,
        pause_s: float = _PAUSE_S,
    ) -> None:
        self._source, self._wall, self._private = source, wall, private
        self._send, self._pause, self._looked = send, pause_s, 0.0

    def step(self, connection: Connection) -> bool:
        if time.monotonic() - self._looked < self._pause:
            return False
        self._looked = time.monotonic()
        worked = False
        for row in connection.execute(_SQL["due"], {"now": self._wall.now()}).fetchall():
            lane = Lane(connection, "telling", str(row["subscription_id"]))
            if not lane.take():
                continue
            try:
                worked = self._tell(connection, row["subscription_id"]) or worked
            finally:
                if not connection.closed:
                    lane.free()
        return worked

    def _tell(self, connection: Connection, number: int) -> bool:
        row = connection.execute(_SQL["one"], {"id": number, "now": self._wall.now()}).fetchone()
        if row is None:
            return False
        # How far the log goes is read first: what is sealed meanwhile is found the next time.
        top = connection.execute(_SQL["top"]).fetchone()
        assert top is not None
        given = {"position": row["position"], "types": row["types"], "entity": row["entity"], "limit": _BATCH}
        found = connection.execute(_SQL["next_events"], given).fetchall()
        try:
            secret = secret_of(connection, number, bytes(row["secret"]))
        except StampError as error:
            self._failed(connection, number, row["failures"], row["position"], str(error))
            return False
        for each in found:
            event = Event(
                each["leaf_no"], each["at"], each["actor"], each["action"], each["subject"], each["entity"],
                json.loads(each["detail"]),
            )  # fmt: skip
            body = event_of(event, self._source)
            sent = self._send(row["url"], secret, str(event.number), body, self._wall.now(), self._private)
            if sent.gone:
                connection.execute(_SQL["end"], {"id": number, "now": self._wall.now()})
                return True
            if not sent.taken:
                self._failed(connection, number, row["failures"], each["leaf_no"] - 1, sent.status)
                return True
            self._moved(connection, number, each["leaf_no"], sent.status)
        if len(found) < _BATCH:
            # Everything up to here was looked through.
            self._moved(connection, number, max(top["top"], row["position"]), "")
        return bool(found)

    def _moved(self, connection: Connection, number: int, position: int, status: str) -> None:
        given = {"id": number, "position": position, "status": status, "now": self._wall.now()}
        connection.execute(_SQL["moved"], given)

    def _failed(self, connection: Connection, number: int, failures: int, position: int, why: str) -> None:
        wait = timedelta(seconds=_WAITS[min(failures, len(_WAITS) - 1)])
        now = self._wall.now()
        _log.warning("not told", subscription=number, why=why[:200])
        given = {"id": number, "position": position, "status": why[:300], "now": now, "next_at": now + wait}
        connection.execute(_SQL["failed"], given)
