"""`tieout told`: what somebody was told of cases, and that they have seen it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FINDINGS, open_running, out, print_json
from tieout.cli.identity import who_decides
from tieout.cli.options import Folder, Json, Who

# As the page *You* says it (console/views/people.py).
HAPPENED = {
    "assigned": "{by} gave it to you",
    "given": "{by} gave it to somebody else",
    "mentioned": "{by} named you in a comment",
    "noted": "{by} commented",
    "solved": "it was solved by {by}",
    "overdue": "it is past its time",
    "escalated": "it is past its time, and its owner did nothing",
}


def told(
    seen: Annotated[
        bool, typer.Option("--mark-seen", help="nothing of what is listed is new any more")
    ] = False,
    who: Who = "",
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """What you were told of cases that you may see, the newest first; ends with 1 where something of it is new."""
    from tieout.cases import READS, look, told_to
    from tieout.causes import cause_named
    from tieout.security import load_authority
    from tieout.security.roles import entities_of

    project = open_running(folder)
    who = who_decides(project, who, operation=READS)
    with project.database.transaction() as connection:
        entities = entities_of(load_authority(connection).people[who].grants, READS)
        rows = told_to(connection, who, entities)
        if seen and rows:
            look(connection, who, rows[0]["notice_id"], project.clock.now())
    told = [{**r, "title": cause_named(r["cause"]).title, "new": r["new"] and not seen} for r in rows]
    new = sum(r["new"] for r in told)
    if as_json:
        print_json(told)
    elif told:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in ("case", "what happened", "at", "cause", "entity", "state", ""):
            table.add_column(name, overflow="fold")
        for r in told:
            happened = HAPPENED[r["kind"]].format(by=r["by"])
            cells = (r["case_id"], happened, f"{r['at']:%Y-%m-%d %H:%M}", r["title"], r["entity"], r["state"])
            table.add_row(*map(str, cells), "new" if r["new"] else "")
        out.print(table)
        out.print("`tieout told --mark-seen` ends that something is new" if new else "nothing is new")
    else:
        out.print("nobody told you of a case yet")
    raise typer.Exit(FINDINGS if new else 0)
