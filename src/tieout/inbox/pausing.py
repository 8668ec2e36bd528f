"""Pauses: of an interface that is paused nothing is asked, planned or delivered; what is pushed is kept."""

from __future__ import annotations

from datetime import datetime

from tieout.engine import wake
from tieout.evidence import Entry, record
from tieout.rules import Interface
from tieout.store import Connection, Queries

_SQL = Queries("tieout.inbox")


def is_paused(connection: Connection, interface: str) -> bool:
    """Whether somebody paused the interface."""
    return connection.execute(_SQL["is_paused"], {"interface": interface}).fetchone() is not None


def pause(connection: Connection, interface: Interface, who: str, reason: str, now: datetime) -> bool:
    """Pause an interface, in the caller's transaction; False where it is paused already. Raises ValueError
    without a reason. An attempt that is under way ends as it ends."""
    if not reason.strip():
        raise ValueError("a pause needs a reason: the next person wants to know")
    given = {"interface": interface.name, "now": now, "by": who, "reason": reason}
    if not connection.execute(_SQL["pause"], given).rowcount:
        return False
    entry = Entry(now, who, "interface.paused", interface.name, interface.entity, {"reason": reason})
    record(connection, [entry])
    return True


def resume(connection: Connection, interface: Interface, who: str, now: datetime) -> bool:
    """Let a paused interface go on, in the caller's transaction; False where it was not paused."""
    if not connection.execute(_SQL["resume"], {"interface": interface.name}).rowcount:
        return False
    record(connection, [Entry(now, who, "interface.resumed", interface.name, interface.entity)])
    wake(connection)
    return True
