"""Whether a ledger is set up for what this project books in it, asked before anything is posted: on the command line, in the
browser, and of a mapping that somebody drafts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from tieout.connector_api import ConnectorError, answered
from tieout.connector_api.set_up import Finding, NamesLooker, SetUpTeller, Wanted
from tieout.operations.open_project import OpenProject
from tieout.rules import MappingRow
from tieout.rules.ledger_uses import Use, ledger_uses, use_of

# Of a draft so many rows are looked up.
_MOST = 2000


def wanted_of(project: OpenProject, system: str, now: datetime) -> Wanted:
    """What this project books in a system: nothing where it is no entity's ledger."""
    release = project.release()
    entity = next((e for e in release.entities.values() if e.ledger == system), None)
    production = project.settings.environment == "production"
    if entity is None:
        return Wanted((), now.date(), now, production=production)
    on = now.astimezone(entity.zone).date()
    return Wanted(ledger_uses(release, on), on, now, entity.currency, entity.code, production)


def set_up_findings(project: OpenProject, system: str, session: object, now: datetime) -> list[Finding]:
    """How a system is set up for what is booked in it; nothing of one that cannot say. Raises ConnectorError."""
    if not isinstance(session, SetUpTeller):
        return []
    return _of_other_ledgers(project, system, session.set_up(wanted_of(project, system, now)))


def look_up_rows(project: OpenProject, table: str, rows: Sequence[MappingRow]) -> list[Finding]:
    """What a mapping's rows name, looked up in the ledgers: what is not well of it. A ledger that does not answer is a warning:
    a table may be drafted while it is down."""
    release = project.release()
    uses = [use for row in rows[:_MOST] if (use := use_of(release, table, row)) is not None]
    found: list[Finding] = []
    for system in project.ledgers if uses else ():
        try:
            session = project.open_session(system)
            if isinstance(session, NamesLooker):
                told = _of_other_ledgers(
                    project, system, answered(partial(session.look_up_names, uses), "what is mapped")
                )
                found += [f for f in told if not f.well or f.said.startswith("warning: ")]
        except ConnectorError as error:
            found.append(
                Finding(f"{system} is asked", True, f"warning: nothing was looked up there: {error}"[:300])
            )
    if len(rows) > _MOST:
        found.append(Finding(table, True, f"warning: the first {_MOST} of {len(rows)} rows were looked up"))
    return found


def _of_other_ledgers(project: OpenProject, system: str, found: Sequence[Finding]) -> list[Finding]:
    """The same findings, less those of what is in no need to be here: mappings are of all ledgers, and what another one
    has may be used there alone."""
    absent: list[Use] = [f.absent for f in found if f.absent is not None]
    there: dict[Use, str] = {}
    for other in project.ledgers:
        left = [use for use in absent if use not in there]
        if other == system or not left or system not in project.ledgers:
            continue
        try:
            session = project.open_session(other)
            if isinstance(session, NamesLooker):
                findings = answered(partial(session.look_up_names, left), "what is mapped")
                there |= {
                    use: other for use, finding in zip(left, findings, strict=True) if finding.absent is None
                }
        except ConnectorError:
            continue
    return [
        replace(
            f,
            well=True,
            said=f"warning: {f.said}; {there[f.absent]} has it: fine where it is used there alone",
        )
        if f.absent in there
        else f
        for f in found
    ]
