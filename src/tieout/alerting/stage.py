"""A worker's step: raises what is new, tells it once, escalates what is past its service level, clears what is settled.

An alert is told when it is raised, when it passes its service level, and when it has doubled since it was told; several at the
same time are one message. In a maintenance window nothing is told; what is still there at its end is. Every alert that is
raised or cleared is in evidence, and so goes to whoever subscribed to events.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tieout.alerting.channels import Channel
from tieout.alerting.finding import Alert, find_alerts
from tieout.engine import Clock, Lane
from tieout.evidence import Entry, record
from tieout.observe import get_logger
from tieout.rules import Release
from tieout.settings import AlertSettings
from tieout.store import Connection, Queries

_SQL = Queries("tieout.alerting")
_log = get_logger(__name__)
_PAUSE_S = 5.0


class AlertStage:
    """`tell` is given alerts to tell, titles that are settled, and whether any is escalated."""

    def __init__(
        self,
        release: Callable[[], Release],
        settings: AlertSettings,
        tell: Channel,
        clock: Clock,
        pause_s: float = _PAUSE_S,
    ) -> None:
        self._release, self._settings, self._tell, self._clock = release, settings, tell, clock
        self._pause, self._looked = pause_s, -pause_s

    def step(self, connection: Connection) -> bool:
        if time.monotonic() - self._looked < self._pause:
            return False
        self._looked = time.monotonic()
        lane = Lane(connection, "alerts", "")
        if not lane.take():
            return False
        try:
            self._look(connection, self._clock.now())
        finally:
            if not connection.closed:
                lane.free()
        return False

    def _look(self, connection: Connection, now: datetime) -> None:
        found = {a.key: a for a in find_alerts(connection, self._release(), now)}
        known = {r["key"]: r for r in connection.execute(_SQL["known"])}
        silent = self._settings.silent_at(now)
        with connection.transaction():
            for alert in found.values():
                self._raise(connection, alert, known.get(alert.key), now)
            settled = [k for k in known if k not in found]
            for key in settled:
                connection.execute(_SQL["clear"], {"key": key, "now": now})
                record(connection, [Entry(now, "alerts", "alert.cleared", key)])
        if silent:
            return
        new = [a for a in found.values() if _worth_telling(a, known.get(a.key))]
        gone = [k for k in settled if known[k]["told_at"] is not None]
        if not new and not gone:
            return
        escalated = any(a.level for a in new)
        failures = [t for t in self._tell(new, gone, escalated) if t.error]
        for told in failures:
            _log.warning("alert not told", channel=told.channel, why=told.error)
        if failures:
            # It is told again at the next look: better twice than never.
            return
        for alert in new:
            given = {"key": alert.key, "now": now, "level": alert.level, "count": alert.count}
            connection.execute(_SQL["told"], given)

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


def _worth_telling(alert: Alert, known: Any) -> bool:
    """New, past its service level since it was told, or twice as many as then."""
    if known is None or known["told_at"] is None:
        return True
    return bool(alert.level > known["told_level"] or alert.count >= 2 * known["told_count"])


def open_alerts(connection: Connection) -> list[dict[str, Any]]:
    """What is alerted of now."""
    return list(connection.execute(_SQL["open"]).fetchall())
