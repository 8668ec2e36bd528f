"""`tieout cases`: what is open, and what a person decides about it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.identity import who_decides
from tieout.cli.narrowing import Mine, Nobody, owned, refuse_unknown
from tieout.cli.options import EntityAlone, Folder, InterfaceAlone, Json, PeriodAlone, Who

if TYPE_CHECKING:
    from tieout.operations.open_project import OpenProject

group = typer.Typer(help="Business exceptions.", no_args_is_help=True)


def entity_of_case(project: OpenProject, case: int) -> str:
    """The entity of a case, "*" where it is of none. Ends with a message where there is no such case."""
    rows = (
        project.database.rows("select entity from tieout.cases where case_id = %s", case)
        if 0 < case < 2**62
        else []
    )
    if not rows:
        fail(f"case {case} is not open", USAGE)
    return str(rows[0]["entity"]) or "*"


Cause = Annotated[str | None, typer.Option(help="of this cause alone")]
GroupOf = Annotated[
    str | None, typer.Option("--group", help="of this group alone: `tieout cases groups` names them")
]


@group.command("list")
def list_cases(
    folder: Folder = Path(),
    cause: Cause = None,
    entity: EntityAlone = None,
    interface: InterfaceAlone = None,
    period: PeriodAlone = None,
    group: GroupOf = None,
    mine: Mine = False,
    nobody: Nobody = False,
    as_json: Json = False,
) -> None:
    """Open cases with their age, the largest amount at risk first."""
    from tieout.cases import CaseFilter, list_filtered

    project = open_running(folder)
    wanted = CaseFilter(cause, entity, interface, period, group, **owned(project, mine, nobody))
    with project.database.transaction() as connection:
        rows = list_filtered(connection, wanted)
    if not rows:
        refuse_unknown(project, entity, interface, period, cause)
    if as_json:
        print_json(rows)
    else:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in ("case", "cause", "source", "at risk", "days", "recovery"):
            table.add_column(
                name, justify="right" if name in ("at risk", "days") else "left", overflow="fold"
            )
        now = project.clock.now()
        for row in rows:
            amount, days = f"{row['amount']} {row['currency']}", (now - row["opened_at"]).days
            cells = (row["case_id"], row["cause"], row["source_key"], amount, days, row["recovery"])
            table.add_row(*map(str, cells))
        out.print(table)
        if rows:
            out.print("`tieout cases show N` says what can be done about one")
    raise typer.Exit(FINDINGS if rows else 0)


@group.command("groups")
def list_groups(
    folder: Folder = Path(),
    cause: Cause = None,
    entity: EntityAlone = None,
    interface: InterfaceAlone = None,
    period: PeriodAlone = None,
    as_json: Json = False,
) -> None:
    """Open cases by group: of one cause, and of one journal, user and kind where others made it in the ledger; how many,
    and what is at risk by currency."""
    from tieout.cases import CaseFilter
    from tieout.cases import list_groups as groups_of

    project = open_running(folder)
    with project.database.transaction() as connection:
        rows = groups_of(connection, CaseFilter(cause, entity, interface, period))
    if not rows:
        refuse_unknown(project, entity, interface, period, cause)
    if as_json:
        print_json(rows)
    else:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in ("group", "cause", "made", "period", "cases", "at risk"):
            table.add_column(
                name, justify="right" if name in ("cases", "at risk") else "left", overflow="fold"
            )
        for r in rows:
            cells = (
                r["group"],
                r["cause"],
                how_made(r),
                f"{r['entity']} {r['period']}",
                r["count"],
                f"{r['amount']} {r['currency']}",
            )
            table.add_row(*map(str, cells))
        out.print(table)
        if rows:
            out.print(
                "`tieout cases decide solve --group G --reason …` accepts all of one as they are",
            )
    raise typer.Exit(FINDINGS if rows else 0)


def how_made(row: Mapping[str, Any]) -> str:
    """How others made what a case or a group is about, in one line; "" where nobody did."""
    parts = (row["made_kind"], row["made_journal"] and f"in {row['made_journal']}", row["made_user"] and f"by {row['made_user']}")  # fmt: skip
    where = f" on {row['made_accounts']}" if row["made_accounts"] else ""
    return " ".join(p for p in parts if p) + where


@group.command()
def show(
    case: Annotated[int, typer.Argument()],
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """One case: what it means, and everything that can be done about it, the likeliest first."""
    from tieout.causes import cause_named
    from tieout.planning import offers_of

    app = open_running(folder)
    entity_of_case(app, case)
    (row,) = app.database.rows("select * from tieout.cases where case_id = %s", case)
    known = cause_named(row["cause"])
    with app.database.transaction() as connection:
        found = offers_of(connection, case)
    if as_json:
        offered = [
            {"action": x.action, "label": x.label, "parameters": x.fields, "operation": x.operation,
             "command": x.command, "page": x.page}
            for x in found
        ]  # fmt: skip
        print_json({**row, "title": known.title, "means": known.means, "recoveries": offered})
        return
    for line in (
        f"case {case}, {row['state']}: {known.title}, {row['source_key']} of {row['interface'] or row['entity']}",
        f"{row['amount']} {row['currency']} at risk; {row['owner']}'s, due {row['due_at']:%Y-%m-%d %H:%M}",
        known.means,
        row["detail"],
        f"{'what recovers it' if found else 'it was solved'}: {row['recovery'] if found else row['resolution']}",
        *(f"  {x.label}{_done_by(x.command, x.page)}" for x in found),
    ):
        if line:
            out.print(line)


def _done_by(command: str, page: str) -> str:
    """How an action is done from here, or on which page; nothing where it is done outside of Tieout."""
    if command:
        return f": {command}"
    return f": on the page {page}" if page else ""


@group.command()
def solve(
    case: Annotated[int, typer.Argument()],
    note: Annotated[str, typer.Option("--reason", help="why it may stand as it is")],
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Solve a case whose document may stand as it is; what is held for that judgement is booked then."""
    from tieout.planning import accept

    project = open_running(folder)
    who = who_decides(project, who, operation="cases:write", entity=lambda: entity_of_case(project, case))
    try:
        with project.database.transaction() as connection:
            told = accept(connection, project.release(), case, note, project.clock.now(), who)
    except ValueError as error:
        fail(str(error), USAGE)
    if told.request:
        out.print(f"case {case}: to accept it waits for an approval (request {told.request})")
        return
    if not told.done:
        fail(f"case {case} is not open", USAGE)
    out.print(f"case {case} is solved")


@group.command()
def exclude(
    case: Annotated[int, typer.Argument()],
    reason: Annotated[str, typer.Option(help="why nothing is posted for it")],
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Exclude a held document for a reason: it is never posted."""
    from tieout.planning import exclude

    project = open_running(folder)
    who = who_decides(project, who, operation="cases:write", entity=lambda: entity_of_case(project, case))
    try:
        with project.database.transaction() as connection:
            asked = exclude(connection, project.release(), case, reason, project.clock.now(), who)
    except ValueError as error:
        fail(str(error), USAGE)
    if asked:
        out.print(f"case {case}: its exclusion waits for an approval (request {asked})")
    else:
        out.print(f"case {case}: its document is excluded")


@group.command("map")
def map_row(
    case: Annotated[int, typer.Argument()],
    value: Annotated[str, typer.Argument(help="what the key means, such as an account's code")],
    reason: Annotated[str, typer.Option(help="why it is so")],
    since: Annotated[
        str, typer.Option("--from", help="the first day, such as 2026-10-01 (default: always)")
    ] = "",
    who: Who = "",
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Add the row that a case asks for to its mapping, and plan everything again that asks for the same."""
    from datetime import date

    from tieout.operations import curing, set_ups
    from tieout.settings import ProjectError

    project = open_running(folder)
    entity_of_case(project, case)
    who = who_decides(project, who, operation="mappings:write", entity="*")
    try:
        first = date.fromisoformat(since) if since else None
    except ValueError:
        fail(f"--from {since}: a day is written 2026-10-01", USAGE)
    try:
        with project.database.transaction() as connection:
            missing = curing.missing_row(connection, case)
            if missing is None:
                fail(f"case {case}: no row of a mapping recovers it, or it is not open", USAGE)
            drafted = curing.draft_row(project, missing, value, first)
            told = set_ups.look_up_rows(project, missing.table, [drafted.row])
            if wrong := [f"{f.what} {f.said}" for f in told if not f.well]:
                fail("; ".join(wrong), USAGE)
            after = curing.add_row(project, connection, missing, (value, first), reason, who)
        after()
    except ProjectError as error:
        fail(str(error), USAGE)
    cases = [number for number, _ in missing.cases]
    count = curing.plan_again(project, cases, who)
    if as_json:
        said = {
            "table": missing.table,
            "key": missing.key,
            "value": drafted.row.value,
            "valid_from": since or None,
        }
        print_json({**said, "cases": cases, "replayed": count, "left": missing.left})
        return
    more = (
        f"; {missing.left} more ask for it: `tieout replay` of their cause reprocesses them"
        if missing.left
        else ""
    )
    asked = "1 case" if len(cases) == 1 else f"{len(cases)} cases"
    out.print(
        f"{missing.key} is {drafted.row.value} in {missing.table}; {count} reprocessed, of {asked} that asked for it{more}"
    )


@group.command("read-back")
def read_back(case: Annotated[int, typer.Argument()], folder: Folder = Path(), as_json: Json = False) -> None:
    """Read now what the ledger holds of a case's document: where it agrees again the case is solved."""
    from tieout.cli.context import FAILED
    from tieout.cli.identity import who_works
    from tieout.connector_api import ConnectorError
    from tieout.operations.curing import read_back_case

    project = open_running(folder)
    who_works(project, "operator", operation="cases:write", entity=lambda: entity_of_case(project, case))
    try:
        read = read_back_case(project, case)
    except LookupError as error:
        fail(str(error.args[0]), USAGE)
    except ConnectorError as error:
        fail(str(error), FAILED)
    (row,) = project.database.rows("select state, detail from tieout.cases where case_id = %s", case)
    entries = f"{read} entr{'y was' if read == 1 else 'ies were'} read"
    agrees = row["state"] == "solved"
    if as_json:
        print_json({"case_id": case, "read": read, **row})
    elif agrees:
        out.print(f"case {case}: {entries}, the ledger agrees again")
    else:
        out.print(f"case {case}: {entries}, and the ledger still differs: {row['detail']}")
    if not agrees:
        raise typer.Exit(FINDINGS)
