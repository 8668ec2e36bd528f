"""`tieout cases assign` and what else is about the people of a case."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tieout.cli.cases import entity_of_case
from tieout.cli.context import USAGE, fail, open_running, out
from tieout.cli.identity import who_decides
from tieout.cli.options import Folder, Who

Case = Annotated[int, typer.Argument(help="its number")]


def assign(
    case: Case,
    owner: Annotated[str, typer.Argument(help="whose it is from now on: a person who may work it")],
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Give a case to a person who works here and may work cases of its entity."""
    from tieout.cases import OwnerError, assign_cases

    project = open_running(folder)
    who = who_decides(project, who, operation="cases:write", entity=lambda: entity_of_case(project, case))
    try:
        with project.database.transaction() as connection:
            done = assign_cases(connection, [case], owner, None, who, project.clock.now())
    except OwnerError as error:
        fail(str(error), USAGE)
    if not done:
        fail(f"case {case} is not open", USAGE)
    (row,) = project.database.rows("select owner from tieout.cases where case_id = %s", case)
    out.print(f"case {case} is {row['owner']}'s")


def comment(
    case: Case,
    text: Annotated[str, typer.Argument(help="what the next person wants to know; @name tells somebody")],
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Comment on a case: whoever is named with an @, and whoever watches it, is told."""
    from tieout.cases import note_case

    project = open_running(folder)
    who = who_decides(project, who, operation="cases:write", entity=lambda: entity_of_case(project, case))
    try:
        with project.database.transaction() as connection:
            note_case(connection, case, who, text, project.clock.now())
    except ValueError as error:
        fail(str(error), USAGE)
    out.print(f"case {case}: written down")


def watch(
    case: Case,
    stop: Annotated[bool, typer.Option("--stop", help="be told of it no more")] = False,
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Be told of what becomes of a case: comments, another owner, that it is solved."""
    from tieout.cases import watch_case

    project = open_running(folder)
    who = who_decides(project, who, operation="cases:read", entity=lambda: entity_of_case(project, case))
    with project.database.transaction() as connection:
        watch_case(connection, case, who, not stop, project.clock.now(), who)
    out.print(f"case {case}: you are told of it{' no more' if stop else ''}")
