"""Tells each subscription what it was not told yet, in order, at least once.

Told is the sealed log, by its gap-free numbers: nothing that commits late is missed, and the number lets a receiver
know what it heard already.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tieout.connector_api import Network, TransientError
from tieout.engine import Clock, Due, LaneKey, Pace, Turn
from tieout.evidence import Entry, record
from tieout.security import StampError
from tieout.store import Connection, Queries
from tieout.webhooks_out.events import Event, event_of
from tieout.webhooks_out.service import secret_of
from tieout.webhooks_out.wire import Sent, send_event

_SQL = Queries("tieout.webhooks_out")
_BATCH = 100
_PAUSE_S = 1.0
# A receiver that is down for a day is asked some forty times.
_FIRST_S, _LONGEST_S = 5.0, 3600.0
_TRIES = 3


class NotTakenError(TransientError):
    """A receiver did not answer with a 2xx."""


class WebhookStage:
    """A subscription is a lane, an event an item: they are told in their order. `source` names this project in every
    event; `private` are networks of its own that may be told. Its clock is the machine's `wall` clock: a receiver does
    not live in a virtual month."""

    name = "telling"

    def __init__(
        self,
        source: str,
        wall: Clock,
        private: Sequence[Network] = (),
        send: Callable[..., Sent] = send_event,
        pause_s: float = _PAUSE_S,
    ) -> None:
        self._source, self._wall, self._private, self._send = source, wall, private, send
        self.pace = Pace(every_s=pause_s, first_s=_FIRST_S, longest_s=_LONGEST_S)

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """A lane a subscription that was not told everything yet."""
        return [Due((str(row["subscription_id"]),)) for row in connection.execute(_SQL["due"])]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Raises NotTakenError where its receiver does not take an event; StampError for a secret that is not ours."""
        number = int(lane[0])
        row = connection.execute(_SQL["one"], {"id": number}).fetchone()
        if row is None:
            return False
        # How far the log goes is read first: what is sealed meanwhile is found the next time.
        top = connection.execute(_SQL["top"]).fetchone()
        assert top is not None
        given = {"position": row["position"], "types": row["types"], "entity": row["entity"], "limit": _BATCH}
        found = connection.execute(_SQL["next_events"], given).fetchall()
        secret = self._secret(connection, row)
        for each in found:
            if turn.stopping:
                return True
            key = f"event {each['leaf_no']}"
            if turn.waits(key):
                return False
            try:
                body = event_of(_event(each), self._source)
            except Exception as error:  # noqa: BLE001 - the failure is that event's
                skip = partial(self._skip, connection, number, each)
                if turn.fail(key, error, skip, _TRIES):
                    continue
                return False
            sent = self._send(row["url"], secret, str(each["leaf_no"]), body, self._wall.now(), self._private)
            if sent.gone:
                connection.execute(_SQL["end"], {"id": number, "now": self._wall.now()})
                return True
            if not sent.taken:
                self._failed(connection, number, each["leaf_no"] - 1, sent.status)
                raise NotTakenError(sent.status, sent.after_s)
            self._moved(connection, number, each["leaf_no"], sent.status)
        if len(found) < _BATCH:
            # Everything up to here was looked through.
            self._moved(connection, number, max(top["top"], row["position"]), "")
        return bool(found)

    def _secret(self, connection: Connection, row: dict[str, Any]) -> str:
        try:
            return secret_of(connection, row["subscription_id"], bytes(row["secret"]))
        except StampError as error:
            self._failed(connection, row["subscription_id"], row["position"], str(error))
            raise

    def _skip(self, connection: Connection, number: int, event: dict[str, Any], error: Exception) -> None:
        """An event that cannot be written as one is left out, and that is in evidence."""
        with connection.transaction():
            detail = {"subscription": number, "event": event["leaf_no"]}
            record(
                connection,
                [Entry(self._wall.now(), "telling", "subscription.skipped", str(number), "", detail)],
            )
            self._moved(connection, number, event["leaf_no"], "an event could not be written")

    def _moved(self, connection: Connection, number: int, position: int, status: str) -> None:
        given = {"id": number, "position": position, "status": status, "now": self._wall.now()}
        connection.execute(_SQL["moved"], given)

    def _failed(self, connection: Connection, number: int, position: int, why: str) -> None:
        given = {"id": number, "position": position, "status": why[:300], "now": self._wall.now()}
        connection.execute(_SQL["failed"], given)


def _event(row: dict[str, Any]) -> Event:
    return Event(
        row["leaf_no"], row["at"], row["actor"], row["action"], row["subject"], row["entity"], json.loads(row["detail"])
    )  # fmt: skip
