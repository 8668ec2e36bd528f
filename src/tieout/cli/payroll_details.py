"""`tieout persons`: what persons earn, for the payroll role alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import USAGE, fail, open_running, out, print_json
from tieout.cli.identity import NO_KEY, held_key
from tieout.cli.options import Folder, Json
from tieout.cli.tables import money


def persons(
    run: Annotated[str, typer.Argument(help="the payroll run's number")],
    interface: Annotated[str, typer.Option(help="the interface that it came by")] = "payroll",
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Show what of a payroll run is whose. Every reading leaves evidence."""
    from tieout.inbox import persons as read_persons
    from tieout.security import AuthorityError, StampError

    project = open_running(folder)
    known = project.settings.release.interfaces
    if interface not in known or "details" not in known[interface].streams:
        fail(f"--interface {interface}: no interface of payroll runs is named so", USAGE)
    key = held_key()
    if not key:
        fail(NO_KEY, USAGE)
    connection = project.database.connect(autocommit=True)
    try:
        found = read_persons(connection, known[interface], run, key, project.clock.now())
    except (AuthorityError, StampError, LookupError) as error:
        fail(str(error.args[0]), USAGE)
    finally:
        connection.close()
    if as_json:
        print_json(
            [{"employee": p.employee, "component": p.component, "amount": f"{p.amount:f}", "currency": p.currency,
              "cost_centre": p.cost_centre, "place": p.place} for p in found]
        )  # fmt: skip
        return
    table = Table(title=f"Run {run}", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("employee", "component", "amount", "cost centre"):
        table.add_column(name, justify="right" if name == "amount" else "left")
    for p in found:
        table.add_row(p.employee, p.component, f"{money(p.amount)} {p.currency}", p.cost_centre)
    out.print(table)
