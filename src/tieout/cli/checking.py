"""`check`: whether the project's files, its database and every system are set up, asked before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tieout.cli.context import FAILED, open_project, out, print_json
from tieout.cli.options import Folder, Json
from tieout.cli.running import database_of

if TYPE_CHECKING:
    from tieout.operations.open_project import OpenProject
    from tieout.operations.systems import Step


def check(folder: Folder = Path(), as_json: Json = False) -> None:
    """Test the project's files, its database and every connection, step by step: address, key, rights, set-up, mappings."""
    from tieout.operations.starting import reach_database
    from tieout.operations.systems import check_systems, pin_systems

    project = open_project(folder)
    server = database_of(lambda: reach_database(project))
    try:
        found = check_systems(project)
        if all(works for steps in found.values() for _, works, _ in steps):
            try:
                pin_systems(project)
            except Exception as error:  # noqa: BLE001 - a finding of the check
                found["pinned"] = [("pinned", False, str(error))]
    finally:
        project.close()
        if server is not None:
            server.stop()
    declared = _declared(project)
    if as_json:
        told = [_as_json(name, steps) for name, steps in found.items()]
        print_json(
            [*told, *({"system": n, "works": True, "detail": d, "weaknesses": w} for n, d, w in declared)]
        )
    else:
        for name, steps in found.items():
            _print(name, steps)
        if left := _left(project):
            out.print(f"{left}: `tieout up` leads through it in the browser")
        for name, detail, weak in declared:
            out.print(f"{'WEAK' if weak else 'ok  '} {name}: {detail}")
            for each in weak:
                out.print(f"       {each}")
    raise typer.Exit(0 if all(works for steps in found.values() for _, works, _ in steps) else FAILED)


def _left(project: OpenProject) -> str:
    """What of a project is still to be set up, "" where nothing is."""
    release = project.release()
    if not release.entities:
        return "no entity is declared yet"
    return "" if release.interfaces else "no interface is declared yet"


def _print(name: str, steps: list[Step]) -> None:
    wrong = [(step, said) for step, works, said in steps if not works]
    if not wrong:
        out.print(f"ok   {name}: {_detail(steps)}")
    for step, said in wrong:
        out.print(f"FAIL {name}: {step}: {said}")
    for step, works, said in steps:
        if works and said.startswith("warning: "):
            out.print(f"       {step}: {said}")


def _as_json(name: str, steps: list[Step]) -> dict[str, object]:
    told = [{"step": step, "works": works, "said": said} for step, works, said in steps]
    return {
        "system": name,
        "works": all(works for _, works, _ in steps),
        "detail": _detail(steps),
        "steps": told,
    }


def _detail(steps: list[Step]) -> str:
    """The first thing that does not work; else what the system says that it is."""
    from tieout.operations.systems import ANSWERS

    wrong = [said for _, works, said in steps if not works]
    return wrong[0] if wrong else next((said for step, _, said in steps if step == ANSWERS), steps[-1][2])


def _declared(project: OpenProject) -> list[tuple[str, str, list[str]]]:
    """What the project declares to be made in its ledgers by intent: (name, in words, what it leaves unseen)."""
    from tieout.operations.origins import said, weak

    release, now = project.release(), project.clock.now()
    return [
        (f"origin {o.name} of {e.code}", said(o), weak(release, e, o, now))
        for e in release.entities.values()
        for o in e.origins
    ]
