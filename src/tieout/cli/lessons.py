"""`tieout lessons`: what matches by hand taught, and who approved it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.identity import who_decides
from tieout.cli.narrowing import refuse_unknown
from tieout.cli.options import EntityAlone, Folder, Json, Who

if TYPE_CHECKING:
    from tieout.operations.open_project import OpenProject

group = typer.Typer(help="What matches by hand teach, once somebody else approves it.", no_args_is_help=True)
Number = Annotated[int, typer.Argument(help="the lesson's number")]


@group.command("list")
def list_lessons(
    folder: Folder = Path(),
    entity: EntityAlone = None,
    state: Annotated[str | None, typer.Option(help="proposed, approved or rejected")] = None,
    as_json: Json = False,
) -> None:
    """Every lesson as a sentence, with what taught it and who decided. Exit 1: some wait for a decision."""
    from tieout.reconcile.ledger import lessons

    project = open_running(folder)
    with project.database.transaction() as connection:
        rows = lessons(connection, entity, state)
    if not rows:
        refuse_unknown(project, entity)
    if as_json:
        print_json(rows)
    elif not rows:
        out.print("nothing was taught yet: matches by hand do")
    else:
        table = Table(
            "no.",
            "lesson",
            "kind",
            "taught by",
            "matches",
            "state",
            "decided by",
            box=box.SIMPLE_HEAD,
            pad_edge=False,
        )
        for row in rows:
            table.add_row(
                str(row["lesson_id"]),
                row["sentence"],
                row["kind"],
                row["proposed_by"],
                str(len(row["learned_from"])),
                row["state"],
                row["decided_by"],
            )
        out.print(table)
    raise typer.Exit(FINDINGS if any(r["state"] == "proposed" for r in rows) else 0)


def _entity_of(project: OpenProject, number: int) -> str:
    """Whose lesson it is; "" for what is not there, which the decision itself says."""
    from tieout.reconcile.ledger import lessons

    with project.database.transaction() as connection:
        return next((str(r["entity"]) for r in lessons(connection) if r["lesson_id"] == number), "")


def _decide(folder: Path, number: int, approve: bool, who: str, reason: str) -> None:
    from tieout.reconcile.ledger import LessonError, decide_lesson

    project = open_running(folder)
    who = who_decides(project, who, operation="matches:write", entity=lambda: _entity_of(project, number))
    try:
        with project.database.transaction() as connection:
            decide_lesson(connection, number, approve, who, reason, project.clock.now())
    except LessonError as error:
        fail(str(error), USAGE)


@group.command()
def approve(number: Number, who: Who = "", folder: Folder = Path()) -> None:
    """Let matching use a lesson that somebody else taught."""
    _decide(folder, number, True, who, "")
    out.print(f"lesson {number} is in force from the next run on")


@group.command()
def reject(
    number: Number,
    reason: Annotated[str, typer.Option(help="why: it goes into the evidence")],
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Reject a lesson, or withdraw one that was approved."""
    _decide(folder, number, False, who, reason)
    out.print(f"lesson {number} is rejected")
