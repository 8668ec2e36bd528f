"""`tieout close late` and `tieout close decide`: what of locked periods is booked in a later one, and what is decided of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.identity import held_key, who_decides
from tieout.cli.options import Entity, Folder, Json, Who
from tieout.cli.reconcile import entity_of
from tieout.cli.tables import money
from tieout.money import Period


def late(
    period: Annotated[
        str, typer.Option("--period", help="a month, such as 2026-11, in which they are booked")
    ],
    entity: Entity = "",
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """What belongs to a locked period and is booked in this one, with what was decided. Exit 1: something waits for that."""
    from tieout.close import late_events, late_figures, passed, waiting

    try:
        wanted = Period.parse(period)
    except ValueError as error:
        fail(f"--period: {error}", USAGE)
    project = open_running(folder)
    code = entity_of(project, entity)
    rules = project.settings.release.closing.of(code)
    with project.database.transaction() as connection:
        events = late_events(connection, [code], str(wanted))
    if as_json:
        print_json([late_figures(e) for e in events])
    else:
        table = Table(
            title=f"Late events of {code}, booked in {wanted}",
            title_justify="left",
            box=box.SIMPLE_HEAD,
            pad_edge=False,
        )
        for name in ("number", "document", "of", "booked on", "lock", "amount", "decision"):
            table.add_column(name, justify="right" if name == "amount" else "left")
        for e in events:
            decided = f"{e.decision}, {e.by}: {e.reason}" if e.decision else ""
            small = (
                "held as a case"
                if e.held
                else "passed by itself"
                if e.size <= rules.late_limit
                else "to be decided"
            )
            table.add_row(str(e.number), e.name, str(e.event_on), str(e.booked_on), e.lock, f"{money(e.amount)} {e.currency}", decided or small
            )  # fmt: skip
        out.print(table if events else f"{code} {wanted}: nothing of a locked period is booked in it")
        together, most = passed(events, rules.late_limit), rules.late_materiality
        out.print(f"passed in all: {money(together)}, of {money(most)} at most")
    raise typer.Exit(FINDINGS if waiting(events, rules.late_limit) else 0)


def decide(
    number: Annotated[int, typer.Argument(help="the late event's number (`tieout close late`)")],
    decision: Annotated[str, typer.Argument(help="adjust, pass or reopen")],
    reason: Annotated[str, typer.Option(help="why; kept for the auditor")],
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Decide what a late event is where it is booked: an adjustment, immaterial, or to be reopened. By who did not make it."""
    from tieout.close import LateError, decide_late
    from tieout.security import AuthorityError, StampError, person_of

    project = open_running(folder)
    who_decides(project, who, operation="close:sign")
    try:
        with project.database.transaction() as connection:
            person = person_of(connection, held_key())
            found = decide_late(
                connection, project.release(), number, decision, reason, person, project.clock.now()
            )
    except (LateError, AuthorityError, StampError) as error:
        fail(str(error), USAGE)
    out.print(f"{found.name} of {found.event_on}: {found.decision}")
