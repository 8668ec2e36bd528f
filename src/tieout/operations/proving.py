"""The figures of one interface, taken from its source now."""

from __future__ import annotations

from dataclasses import replace

from tieout.money import Period
from tieout.operations.open_project import OpenProject
from tieout.proofs import TieOutRow, take_control_totals, tie_out


def take_figures(project: OpenProject, interface: str, period: Period) -> list[TieOutRow]:
    """Ask the source of an interface for its own figures of a month, keep them, and hold what was read against them: the rows of that
    interface and month, none where neither side has anything. Raises KeyError for no interface of the project, ConnectorError."""
    release = project.release()
    found = release.interfaces[interface]
    alone = replace(release, interfaces={interface: found})
    connection = project.database.connect(autocommit=True)
    try:
        take_control_totals(connection, alone, project.session, period, project.clock.now())
        rows = tie_out(connection, release, [found.entity])
    finally:
        connection.close()
    return [r for r in rows if r.interface == interface and r.period == str(period)]
