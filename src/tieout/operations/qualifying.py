"""A version of a ledger that is newer than its connector knows is posted to once it was qualified: by which report, where, by whom."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tieout.connector_api import Qualified, SetupError
from tieout.evidence import Entry, record
from tieout.operations.open_project import OpenProject
from tieout.operations.pinning import where_of
from tieout.store import Queries

_SQL = Queries("tieout.operations")


class NotQualifiedError(Exception):
    """A report lets nothing be posted: why, and what to do."""


def keep_qualification(
    project: OpenProject, system: str, report: Mapping[str, object], sha256: str, who: str
) -> str:
    """Let what changes something pass at a system's address, in its database and of the version that the report is of; in words
    what holds from now on. The report may be of another address (a copy is tried, not the books): what answers there must say that
    it is the same version.

    Raises NotQualifiedError where the report does not let it, KeyError for no system of this project, ConnectorError.
    """
    project.release()
    server = report["server"]
    assert isinstance(server, Mapping)
    version = str(server["version"])
    if report["passed"] is not True:
        raise NotQualifiedError(
            f"Odoo {version} did not pass, so nothing is let: see what differed in the report"
        )
    session = project.open_session(system)
    if not isinstance(session, Qualified):
        raise NotQualifiedError(f"{system} is of a kind whose versions need no qualification")
    found = session.version()
    if found != version:
        raise NotQualifiedError(
            f"{system} says that it is {found}, and what was tried is {version}: qualify a copy of the same version"
        )
    where, now = where_of(project.settings, system), project.clock.now()
    given = {
        "system": system, "version": version, "sha256": sha256, "who": who, "now": now, "report": json.dumps(report), **where,
    }  # fmt: skip
    detail = {
        "version": version,
        **where,
        "tried_at": server["url"],
        "tried_in": server["database"],
        "sha256": sha256,
    }
    with project.database.transaction() as connection:
        connection.execute(_SQL["keep_qualified"], given)
        record(connection, [Entry(now, who, "system.qualified", system, detail=detail)])
    of = f"database {where['database']} at " if where["database"] else ""
    return f"{system}, {of}{where['address']}, is posted to while it says that it is {version}"


def must_be_ledger(project: OpenProject, system: str) -> None:
    """Raises SetupError where a system is none of this project's ledgers."""
    if system not in project.settings.systems or system not in project.ledgers:
        known = ", ".join(project.ledgers) or "none"
        raise SetupError(f"{system} is no ledger of this project; its ledgers: {known}")
