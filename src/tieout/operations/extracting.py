"""Extracts of a period for BI and planning. What writes them loads data frames, so this stands apart."""

from __future__ import annotations

from tieout.extracts import Extract, make_extract
from tieout.money import Period
from tieout.operations.closing import close_state, ledger_of
from tieout.operations.open_project import OpenProject


def extract_period(project: OpenProject, entity: str, period: Period) -> Extract:
    """An extract of a period, in a snapshot of its own. Raises ExtractError, ConnectorError."""
    state = close_state(project, entity, period)
    release = project.release()
    reader = ledger_of(project, entity, "read")
    connection = project.database.connect(autocommit=True)
    try:
        now = project.clock.now()
        return make_extract(connection, release, reader, entity, period, state.closed_at, now)
    finally:
        connection.close()
