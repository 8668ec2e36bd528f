"""Control totals: a source's own figures, got apart from its messages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tieout.connect import ControlTotals
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")


def take_control_totals(
    connection: Connection,
    release: Release,
    session_of: Callable[[str], object],
    period: Period,
    now: datetime,
) -> int:
    """Ask every source that has control figures for `period` and keep them; how many rows.

    The rows of a source replace what was taken before: figures are always of one moment.
    """
    count = 0
    for interface in release.interfaces.values():
        session = session_of(interface.system)
        if not isinstance(session, ControlTotals):
            continue
        entity = release.entities[interface.entity]
        start, end = period.bounds(entity.zone)
        totals = session.control_totals(interface.streams, start, end, entity.time_zone)
        with connection.transaction():
            connection.execute(
                _SQL["clear_control_totals"], {"interface": interface.name, "period": str(period)}
            )
            for total in totals:
                row = {
                    "interface": interface.name, "entity": entity.code, "period": str(period),
                    "currency": total.currency, "group": total.group, "count": total.count,
                    "debit": total.debit, "credit": total.credit,
                    "reference": total.reference, "at": now,
                }  # fmt: skip
                connection.execute(_SQL["put_control_total"], row)
                count += 1
            record(
                connection,
                [Entry(now, "proofs", "control_total.taken", f"{interface.name}:{period}",
                       entity.code, {"rows": len(totals)})],
            )  # fmt: skip
    return count
