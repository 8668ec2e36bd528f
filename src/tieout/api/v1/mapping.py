"""Mappings: a source's words to the ledger's, each with the days in which it holds; out and in as CSV."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from tieout.api.v1.calling import Caller, TheUnit, needs, needs_shortly
from tieout.api.v1.context import RequestContext, TheContext, TheProject
from tieout.api.v1.expensive import NotNowError
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Filter, Reason
from tieout.evidence import Entry, record
from tieout.formats.cells import meant_cell, plain_cell
from tieout.operations import files, set_ups
from tieout.operations.open_project import OpenProject
from tieout.rules import Mapping, MappingRow
from tieout.settings import ProjectError, cells_of, parse_mapping

router = APIRouter(prefix="/mappings", tags=["mappings"])
Reader = Annotated[Caller, needs("mappings:read")]
Asker = Annotated[Caller, needs_shortly("mappings:read")]
Writer = Annotated[Caller, needs("mappings:write")]
Table = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,60}$")]


class Row(BaseModel):
    """`key` means `value` from `valid_from` to `valid_to`, both included; null: without an end."""

    key: str
    value: str
    valid_from: date | None
    valid_to: date | None


class TableSummary(BaseModel):
    table: str
    rows: int
    in_force: int


class WholeTable(BaseModel):
    """`seen` goes along with a change: it says of which state it is one."""

    table: str
    seen: str
    rows: list[Row]


class MappingDraft(BaseModel):
    """A table as CSV: key, value and, where they are limited, valid_from and valid_to."""

    content: Annotated[str, Field(max_length=900_000)]


class Change(MappingDraft):
    seen: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    reason: Reason


class Difference(BaseModel):
    """What a draft would change: rows that are new and rows that are gone (a changed row is both)."""

    table: str
    seen: str
    added: list[Row]
    removed: list[Row]


class LookedUp(BaseModel):
    """What a row names, as a ledger has it: whether that is `well`, and what to do where it is not."""

    what: str
    well: bool
    said: str


class TriedMapping(Difference):
    """A difference, and of what its new rows name in ledgers whatever is not well, or could not be looked up."""

    ledger: list[LookedUp]


@router.get("")
def mappings(caller: Reader, context: TheContext) -> list[TableSummary]:
    """Every table, and how many of its rows hold today."""
    today = context.clock.now().date()
    return [
        TableSummary(
            table=name,
            rows=len(m.rows),
            in_force=sum(r.valid_from <= today <= r.valid_to for r in m.rows),
        )
        for name, m in sorted(context.release().mappings.items())
    ]


@router.get("/{table}")
def mapping(
    table: Table,
    caller: Reader,
    context: TheContext,
    on: Annotated[date | None, Query(description="only what holds on that day")] = None,
    words: Filter = None,
) -> WholeTable:
    """A table's rows."""
    found = _table(context.release().mappings, table)
    rows = [r for r in found.rows if on is None or r.valid_from <= on <= r.valid_to]
    if words:
        rows = [r for r in rows if words.casefold() in f"{r.key} {r.value}".casefold()]
    return WholeTable(table=table, seen=_seen(found), rows=[_row(r) for r in rows])


@router.get(
    "/{table}/csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "a table"}},
)
def mapping_csv(table: Table, caller: Reader, context: TheContext, project: TheProject) -> Response:
    """A table as CSV, to be edited in a spreadsheet and brought back: with every column of its file."""
    found = _table(context.release().mappings, table)
    header, rows = files.mapping_cells(project, table)
    if not header:
        header = ["key", "value", "valid_from", "valid_to"]
        told = [_row(r) for r in found.rows]
        rows = [[r.key, r.value, str(r.valid_from or ""), str(r.valid_to or "")] for r in told]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([plain_cell(c) for c in row] for row in rows)
    headers = {"content-disposition": f'attachment; filename="{table}.csv"'}
    return Response(text.getvalue().encode(), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/{table}/try")
async def try_mapping(
    table: Table, body: MappingDraft, caller: Asker, context: TheContext, project: TheProject
) -> TriedMapping:
    """What a draft would change, and whether ledgers have what its new rows name; nothing is changed."""
    found = _difference(context.release().mappings, table, body.content)
    rows = _new_rows(context, found)
    told = await context.expensive.ask(f"mapping {table}", lambda: set_ups.look_up_rows(project, table, rows))
    return TriedMapping(
        **found.model_dump(), ledger=[LookedUp(what=f.what, well=f.well, said=f.said) for f in told]
    )


@router.put("/{table}")
def change_mapping(
    table: Table, body: Change, caller: Writer, context: TheContext, unit: TheUnit, project: TheProject
) -> Difference:
    """Put a draft in a table's place: refused whole where a row is not as expected, or somebody changed the table
    meanwhile. Documents that wait for an approval are asked about anew where it touches them."""
    if not caller.may("mappings:write", "*"):
        raise ProblemError(403, "forbidden", "a mapping is of every entity: so must the role be")
    rows = _new_rows(context, _difference(context.release().mappings, table, body.content))
    refuse_what_no_ledger_takes(context, project, table, rows)
    connection = unit.connection
    with connection.transaction():
        # One at a time: of two who looked at the same state the second is told.
        files.begin_change(project, connection)
        found = _difference(context.release().mappings, table, body.content)
        if found.seen != body.seen:
            raise ProblemError(409, "mapping", f"{table} was changed meanwhile: look at it again")
        if not found.added and not found.removed:
            return found
        detail = {
            "added": len(found.added), "removed": len(found.removed), "reason": body.reason, "before": body.seen,
            "after": hashlib.sha256(body.content.encode()).hexdigest(),
        }  # fmt: skip
        record(connection, [Entry(context.clock.now(), caller.name, "mapping.changed", table, "", detail)])
        try:
            unit.after.append(
                files.change_mapping(project, connection, table, *cells_of(_meant(body.content)))
            )
        except ProjectError as error:
            raise ProblemError(422, "mapping", str(error)) from None
    return found


def refuse_what_no_ledger_takes(
    context: RequestContext, project: OpenProject, table: str, rows: list[MappingRow]
) -> None:
    """Raises ProblemError where a ledger says that it has not, or would not take, what new `rows` name; one that does not
    answer stops nobody."""
    try:
        told = context.expensive.do(f"mapping {table}", lambda: set_ups.look_up_rows(project, table, rows))
    except NotNowError:
        return
    if wrong := [f"{f.what} {f.said}" for f in told if not f.well]:
        raise ProblemError(422, "mapping", "; ".join(wrong[:10]))


def _new_rows(context: RequestContext, found: Difference) -> list[MappingRow]:
    """Of a difference the rows that come, and hold today or later."""
    today = context.clock.now().date()
    rows = [MappingRow(r.key, r.value, r.valid_from or date.min, r.valid_to or date.max) for r in found.added]
    return [r for r in rows if r.valid_to >= today]


def _table(tables: dict[str, Mapping], name: str) -> Mapping:
    if name not in tables:
        raise ProblemError(404, "mapping", f"no table {name!r}: {', '.join(sorted(tables))}")
    return tables[name]


def _difference(tables: dict[str, Mapping], name: str, content: str) -> Difference:
    before = _table(tables, name)
    try:
        after = parse_mapping(_meant(content), name)
    except ProjectError as error:
        raise ProblemError(422, "mapping", str(error)) from None
    old, new = set(before.rows), set(after.rows)
    return Difference(
        table=name,
        seen=_seen(before),
        added=[_row(r) for r in after.rows if r not in old],
        removed=[_row(r) for r in before.rows if r not in new],
    )


def _meant(content: str) -> str:
    """A table as it was before its cells were made plain for a spreadsheet."""
    text = io.StringIO()
    try:
        header, rows = cells_of(content)
    except csv.Error as error:
        raise ProblemError(422, "mapping", f"no table: {error}") from None
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([[meant_cell(c) for c in row] for row in (header, *rows)])
    return text.getvalue()


def _seen(mapping: Mapping) -> str:
    raw = "\x1e".join(f"{r.key}\x1f{r.value}\x1f{r.valid_from}\x1f{r.valid_to}" for r in mapping.rows)
    return hashlib.sha256(raw.encode()).hexdigest()


def _row(row: MappingRow) -> Row:
    first: Any = None if row.valid_from == date.min else row.valid_from
    last: Any = None if row.valid_to == date.max else row.valid_to
    return Row(key=row.key, value=row.value, valid_from=first, valid_to=last)
