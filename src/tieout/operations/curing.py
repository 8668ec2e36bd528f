"""What a case asks for, done where the case is: the row that its mapping lacks, and another look at its entries in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from tieout.causes import Action, cause_named
from tieout.connector_api import answered
from tieout.connector_api.set_up import LedgerName, NamesTeller
from tieout.delivery import read_back_documents
from tieout.evidence import Entry, record
from tieout.operations.files import begin_change, change_mapping, mapping_cells
from tieout.operations.open_project import OpenProject
from tieout.operations.processing import process_stage
from tieout.planning import Tried, replay, try_cases
from tieout.rules import Mapping, MappingRow
from tieout.rules.ledger_uses import use_of
from tieout.settings import ProjectError, parse_mapping, table_text
from tieout.store import Connection, Queries

_SQL = Queries("tieout.operations")


@dataclass(frozen=True)
class MissingRow:
    """A row that a mapping lacks, as an open case says it: `cases` are those that say the same, with their entities, the first 500;
    `left` is how many say it beside these."""

    table: str
    key: str
    entity: str
    cases: tuple[tuple[int, str], ...]
    left: int = 0


@dataclass(frozen=True)
class DraftedRow:
    """A table with one row more: `before` and `after` as it is and would be, `header` and `cells` as its file would be."""

    row: MappingRow
    before: Mapping
    after: Mapping
    header: list[str]
    cells: list[list[str]]


def missing_row(connection: Connection, case_id: int) -> MissingRow | None:
    """The row that an open case asks for; None where it asks for none, or its sentence does not say which."""
    rows = connection.execute(_SQL["says_the_same"], {"case_id": case_id}).fetchall()
    mine = next((r for r in rows if r["case_id"] == case_id), None)
    if mine is None:
        return None
    cause = cause_named(mine["cause"])
    said = cause.fields_of(mine["recovery"])
    if Action.MAP not in cause.actions or not said.get("table") or not said.get("key"):
        return None
    found = tuple((r["case_id"], r["entity"]) for r in rows)
    return MissingRow(said["table"], said["key"], mine["entity"], found, mine["of"] - len(found))


def row_choices(project: OpenProject, missing: MissingRow) -> list[LedgerName]:
    """What could stand in a missing row: what its entity's ledger has in use for it, else what the table says of other keys. Raises
    ConnectorError."""
    release = project.release()
    table = release.mappings.get(missing.table)
    known = sorted({row.value for row in (table.rows if table else ())})
    use = use_of(release, missing.table, MappingRow(missing.key, ""))
    entity = release.entities.get(missing.entity)
    session = project.open_session(entity.ledger) if use is not None and entity is not None else None
    if use is None or not isinstance(session, NamesTeller):
        return [LedgerName(value) for value in known]
    return answered(partial(session.names_for, use), "what can be mapped")


def draft_row(project: OpenProject, missing: MissingRow, value: str, since: date | None) -> DraftedRow:
    """A mapping with its missing row, which holds from `since` (None: always). Raises ProjectError where the key is mapped then, and
    where the table stands in no file."""
    table, before = missing.table, project.release().mappings.get(missing.table)
    header, cells = mapping_cells(project, table)
    if before is None or not header:
        raise ProjectError(
            f"mappings/{table}.csv is not there: this table stands in tieout.toml or in a pack, and is changed there"
        )
    row = MappingRow(missing.key, value.strip(), since or date.min)
    said = {"key": row.key, "value": row.value, "valid_from": since.isoformat() if since else ""}
    if since and "valid_from" not in header:
        header, cells = [*header, "valid_from"], [[*c, ""] for c in cells]
    cells = [*cells, [said.get(name, "") for name in header]]
    return DraftedRow(row, before, parse_mapping(table_text(header, cells), table), header, cells)


def try_row(
    project: OpenProject, connection: Connection, missing: MissingRow, drafted: DraftedRow, now: datetime
) -> Tried:
    """What planning the cases again would book, were the drafted row in force: nothing is changed. Raises ConnectorError."""
    release = project.release()
    release = replace(release, mappings={**release.mappings, missing.table: drafted.after})
    return try_cases(connection, process_stage(project), release, [n for n, _ in missing.cases], now)


def add_row(
    project: OpenProject, connection: Connection, missing: MissingRow, row: tuple[str, date | None], reason: str, who: str,
) -> Callable[[], None]:  # fmt: skip
    """Put a missing row (value, from when) in force once the transaction of `connection` committed, with its evidence; what is to be
    done then. Raises ProjectError."""
    begin_change(project, connection)
    drafted = draft_row(project, missing, *row)
    detail = {
        "added": 1, "removed": 0, "reason": reason, "key": drafted.row.key, "value": drafted.row.value,
        "cases": [number for number, _ in missing.cases],
    }  # fmt: skip
    now = project.clock.now()
    record(connection, [Entry(now, who, "mapping.changed", missing.table, "", detail)])
    return change_mapping(project, connection, missing.table, drafted.header, drafted.cells)


def plan_again(project: OpenProject, cases: Sequence[int], who: str) -> int:
    """Plan what cases hold again, in a transaction of its own; how many documents, messages and effects."""
    with project.database.transaction() as connection:
        now = project.clock.now()
        return sum(replay(connection, now, who, case_id=number) for number in cases)


def held_by(connection: Connection, cases: Sequence[int], now: datetime) -> int:
    """How many documents, messages and effects `plan_again` of these cases would plan: nothing is changed."""
    with connection.transaction(force_rollback=True):
        return sum(replay(connection, now, "", case_id=number) for number in cases)


@dataclass(frozen=True)
class CameOf:
    """What came of cases: how many are solved and how many open, how many documents of theirs are held and how many on their way;
    `why` is what the first that is held says."""

    solved: int
    open: int
    held: int
    on_its_way: int
    why: str


def came_of(connection: Connection, cases: Sequence[int]) -> CameOf:
    """How cases and their documents stand now."""
    row = connection.execute(_SQL["came_of"], {"ids": list(cases)}).fetchone()
    return CameOf(**row) if row is not None else CameOf(0, 0, 0, 0, "")


def read_back_case(project: OpenProject, case_id: int) -> int:
    """Read what the ledger holds now of an open case's document, and compare it with what was sent: its cases are solved where it
    agrees again. How many entries were read. Raises ConnectorError; LookupError where the case holds no document of a ledger."""
    connection = project.database.connect(autocommit=True)
    try:
        row = connection.execute(_SQL["document_of_case"], {"case_id": case_id}).fetchone()
        entity = project.release().entities.get(row["entity"]) if row is not None else None
        reader = project.reader_of(entity.ledger) if entity is not None else None
        if row is None or entity is None or reader is None:
            raise LookupError(
                f"case {case_id} is not open, or holds no document of which entries could be read in a ledger"
            )
        documents = ([row["interface"]], [row["source_key"]])
        now = project.clock.now()
        return read_back_documents(connection, reader, entity.ledger, entity.code, documents, [], now)
    finally:
        connection.close()
