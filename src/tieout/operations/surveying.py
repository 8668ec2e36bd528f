"""What stands in a ledger that runs already, read whole and kept: nothing is changed there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from tieout.connector_api import ConnectorError, SetupError
from tieout.connector_api.inventory import InventoryTeller
from tieout.engine import Lane
from tieout.evidence import Entry, record
from tieout.operations.open_project import OpenProject
from tieout.operations.qualifying import must_be_ledger
from tieout.survey import Kept, Read, Source, found_in, keep

MOST_ENTRIES: Final = 100_000
MOST_LINES: Final = 50_000
MOST_PARTIES: Final = 50_000
MOST_MONTHS: Final = 60


class NoEntityError(Exception):
    """A ledger that no entity keeps its books in."""


def take_survey(project: OpenProject, system: str, months: int, who: str) -> Kept:
    """Read a ledger of this project for the last `months` (this one among them), and keep what was found. One survey of a system at a
    time; whoever comes while another is taken waits, for two minutes at most.

    Raises SetupError where the system is no such ledger, NoEntityError, ConnectorError; LaneBusyError, which is one.
    """
    release = project.release()
    must_be_ledger(project, system)
    entity = next((e for e in release.entities.values() if e.ledger == system), None)
    if entity is None:
        raise NoEntityError(
            f"no entity keeps its books in {system}: name it as ledger of one, [entities.CODE] in tieout.toml"
        )
    session = project.open_session(system)
    if not isinstance(session, InventoryTeller):
        raise SetupError(f"{system} is of a kind that cannot be surveyed")
    connection = project.database.connect(autocommit=True)
    lane = Lane(connection, "survey", system)
    try:
        lane.wait(f"reads what stands in {system}")
        now = project.clock.now()
        until = now.astimezone(entity.zone).date()
        read = _read(session, _first(until, months), until, now, _sources(project, system))
        found, feeders = found_in(read, now, entity.zone)
        with connection.transaction():
            kept = keep(connection, system, entity.code, now, who, read, found, feeders)
            detail = {
                "system": system,
                "sha256": kept.sha256,
                "entries": found.entries,
                "since": found.since.isoformat(),
            }
            record(
                connection,
                [Entry(now, who, "survey.taken", f"survey {kept.number}", entity=entity.code, detail=detail)],
            )
        return kept
    finally:
        # The lane is the connection's.
        connection.close()


def _read(session: InventoryTeller, asked: date, until: date, now: datetime, sources: list[Source]) -> Read:
    company = session.company_set(now)
    since = session.entries_since(asked, MOST_ENTRIES)
    lines, all_lines = session.open_there(until, MOST_LINES)
    parties, all_parties = session.parties_there(MOST_PARTIES)
    return Read(
        company=company,
        sources=sources,
        asked=asked,
        since=since,
        until=until,
        entries=list(session.entries_there(since, until)),
        lines=lines,
        all_lines=all_lines,
        parties=parties,
        all_parties=all_parties,
    )


def _first(until: date, months: int) -> date:
    """The first day of the month that is `months` - 1 before that of `until`."""
    ordinal = until.year * 12 + until.month - 1 - (min(months, MOST_MONTHS) - 1)
    return date(ordinal // 12, ordinal % 12 + 1, 1)


def _sources(project: OpenProject, ledger: str) -> list[Source]:
    """Every other system that is connected: what it says that it is, or why it does not."""
    found = []
    for name, config in sorted(project.settings.systems.items()):
        if name == ledger:
            continue
        kind = project.connector_of(name)
        streams = tuple(s.name for s in kind.streams)
        try:
            said, reached = str(project.open_session(name).check()), True
        except ConnectorError as error:
            said, reached = str(error), False
        found.append(Source(name, config.connector, reached, said[:500], streams))
    return found
