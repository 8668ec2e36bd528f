"""`tieout cases`: what is open, and what a person decides about it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.identity import who_decides

group = typer.Typer(help="Business exceptions.", no_args_is_help=True)
Folder = Annotated[Path, typer.Option("--dir", help="the project's folder")]


def entity_of_case(app: Any, case: int) -> str:
    """The entity of a case, "*" where it is of none. Ends with a message where there is no such case."""
    rows = (
        app.database.rows("select entity from tieout.cases where case_id = %s", case)
        if 0 < case < 2**62
        else []
    )
    if not rows:
        fail(f"case {case} is not open", USAGE)
    return str(rows[0]["entity"]) or "*"


@group.command("list")
def list_cases(
    folder: Folder = Path(),
    cause: Annotated[str | None, typer.Option()] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Open cases with their age, the largest amount at risk first."""
    from tieout.cases import list_open

    app = open_running(folder)
    with app.database.transaction() as connection:
        rows = list_open(connection, cause)
    if as_json:
        print_json(rows)
    else:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in ("case", "cause", "source", "at risk", "days", "recovery"):
            table.add_column(
                name, justify="right" if name in ("at risk", "days") else "left", overflow="fold"
            )
        now = app.clock.now()
        for row in rows:
            amount, days = f"{row['amount']} {row['currency']}", (now - row["opened_at"]).days
            cells = (row["case_id"], row["cause"], row["source_key"], amount, days, row["recovery"])
            table.add_row(*map(str, cells))
        out.print(table)
    raise typer.Exit(FINDINGS if rows else 0)


@group.command()
def solve(
    case: Annotated[int, typer.Argument()],
    note: Annotated[str, typer.Option(help="what was done")],
    who: Annotated[str, typer.Option("--as", help="who decides")] = "",
    folder: Folder = Path(),
) -> None:
    """Solve a case whose document may stand as it is; what is held for that judgement is booked then."""
    from tieout.planning import HeldError, accept_case

    app = open_running(folder)
    who = who_decides(app, who, "operator", operation="cases:write", entity=lambda: entity_of_case(app, case))
    try:
        with app.database.transaction() as connection:
            solved = accept_case(connection, case, note, app.clock.now(), who)
    except HeldError as error:
        fail(str(error), USAGE)
    if not solved:
        fail(f"case {case} is not open", USAGE)
    out.print(f"case {case} is solved")


@group.command()
def exclude(
    case: Annotated[int, typer.Argument()],
    reason: Annotated[str, typer.Option(help="why nothing is posted for it")],
    who: Annotated[str, typer.Option("--as", help="who decides")] = "",
    folder: Folder = Path(),
) -> None:
    """Exclude a held document for a reason: it is never posted."""
    from tieout.planning import exclude

    app = open_running(folder)
    who = who_decides(app, who, "operator", operation="cases:write", entity=lambda: entity_of_case(app, case))
    try:
        with app.database.transaction() as connection:
            asked = exclude(connection, app.release(), case, reason, app.clock.now(), who)
    except ValueError as error:
        fail(str(error), USAGE)
    if asked:
        out.print(f"case {case}: its exclusion waits for an approval (request {asked})")
    else:
        out.print(f"case {case}: its document is excluded")
