"""Raises what is new, tells it once on each channel, escalates what is past its service level, clears what is settled.

An alert is told when it is raised, when it passes its service level, and when it has doubled since it was told; several at the
same time are one message. A channel that does not answer keeps no other from being told. In a maintenance window nothing is
told; what is still there at its end is. Every alert that is raised or cleared is in evidence, and so goes to whoever
subscribed to events.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from tieout.alerting.channels import Channel
from tieout.alerting.finding import Alert, Closed, find_alerts, never_closed
from tieout.alerting.standing import Standing
from tieout.engine import Clock, Due, LaneKey, Pace, Turn
from tieout.evidence import Entry, record
from tieout.rules import Release
from tieout.settings import AlertSettings
from tieout.store import Connection, Queries

_SQL = Queries("tieout.alerting")
_PAUSE_S = 5.0
_LOOK = ("",)
Row = dict[str, Any]


class AlertStage:
    """Looking is a lane in which each alert is an item; every channel is a lane."""

    name = "alerts"

    def __init__(
        self,
        release: Callable[[], Release],
        settings: AlertSettings,
        channels: Sequence[Channel],
        clock: Clock,
        pause_s: float = _PAUSE_S,
        closed_s: Closed = never_closed,
        standing: Standing | None = None,
    ) -> None:
        self._release, self._settings, self._clock = release, settings, clock
        self._standing = standing or Standing()
        self._channels = {channel.name: channel for channel in channels}
        self.pace, self._closed_s = Pace(every_s=pause_s), closed_s

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """One lane that looks, and one for each channel, but in a silence."""
        told = () if self._settings.silent_at(self._clock.now()) else self._channels
        return [Due(_LOOK), *(Due(("tell", name)) for name in told)]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Raises ChannelError where a channel does not take what it is told."""
        if lane == _LOOK:
            self._look(connection, turn)
        else:
            self._tell(connection, self._channels[lane[1]])
        return False

    def _look(self, connection: Connection, turn: Turn) -> None:
        now = self._clock.now()
        known = {r["key"]: r for r in connection.execute(_SQL["known"])}
        self._standing.begin(known)
        alerts = find_alerts(connection, self._release(), now, self._closed_s, self._standing.stands)
        found = {a.key: a for a in alerts}

        def raise_one(alert: Alert) -> bool:
            with connection.transaction():
                self._raise(connection, alert, known.get(alert.key), now)
            return False

        def clear_one(key: str) -> bool:
            with connection.transaction():
                connection.execute(_SQL["clear"], {"key": key, "now": now})
                record(connection, [Entry(now, "alerts", "alert.cleared", key)])
            return False

        turn.each(list(found.values()), lambda alert: alert.key, raise_one)
        turn.each([key for key in known if key not in found], str, clear_one)

    def _tell(self, connection: Connection, channel: Channel) -> None:
        told = {r["key"]: r for r in connection.execute(_SQL["told_of"], {"channel": channel.name})}
        rows = {r["key"]: r for r in open_alerts(connection)}
        new = [row for key, row in rows.items() if _worth_telling(row, told.get(key))]
        gone = sorted(key for key in told if key not in rows)
        if not new and not gone:
            return
        channel.tell([_alert(row) for row in new], gone, any(row["level"] for row in new))
        with connection.transaction():
            connection.execute(_SQL["told_settled"], {"channel": channel.name, "keys": gone})
            for row in new:
                connection.execute(_SQL["told"], {**row, "channel": channel.name, "now": self._clock.now()})

    def _raise(self, connection: Connection, alert: Alert, known: Any, now: datetime) -> None:
        changed = known is None or (known["count"], known["amount"], known["level"]) != (
            alert.count, alert.amount, alert.level,
        )  # fmt: skip
        if not changed:
            return
        given = {
            "key": alert.key, "kind": alert.kind, "cause": alert.cause, "entity": alert.entity, "count": alert.count,
            "amount": alert.amount, "currency": alert.currency, "action": alert.action, "path": alert.path,
            "level": alert.level, "now": now,
        }  # fmt: skip
        connection.execute(_SQL["raise"], given)
        if known is None or alert.level > known["level"]:
            detail = {
                "cause": alert.cause, "count": alert.count, "amount": f"{alert.amount:f}", "currency": alert.currency,
                "action": alert.action, "path": alert.path, "level": alert.level,
            }  # fmt: skip
            record(connection, [Entry(now, "alerts", "alert.raised", alert.key, alert.entity, detail)])


def _worth_telling(row: Row, told: Row | None) -> bool:
    """New, past its service level since it was told, or twice as many as then."""
    if told is None or told["alert_id"] != row["alert_id"]:
        return True
    return bool(row["level"] > told["told_level"] or row["count"] >= 2 * told["told_count"])


def _alert(row: Row) -> Alert:
    return Alert(
        row["key"], row["kind"], row["cause"], row["entity"], row["count"], row["amount"], row["currency"],
        row["action"], row["path"], row["raised_at"], row["level"],
    )  # fmt: skip


def open_alerts(connection: Connection) -> list[dict[str, Any]]:
    """What is alerted of now."""
    return list(connection.execute(_SQL["open"]).fetchall())
