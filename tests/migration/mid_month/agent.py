"""A command line that is kept warm: carries out `tieout` commands, one JSON line each, and waits until a project is
settled. It runs with the source of whichever version it is for, and asks nothing of it but its commands and
`pending`."""

from __future__ import annotations

import contextlib
import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import psycopg
from typer.testing import CliRunner

from tieout.cli.commands import cli
from tieout.cli.context import factories
from tieout.engine import wake
from tieout.proofs import pending


def settle(project: Any, seconds: float) -> dict[str, int]:
    """Wait until nothing can move any more; what is left after `seconds`."""
    deadline = time.monotonic() + seconds
    left: dict[str, int] = {"everything": 1}
    with contextlib.suppress(psycopg.OperationalError), project.database.transaction() as woken:
        # The virtual clock moved: nobody else tells the workers.
        wake(woken)
    while time.monotonic() < deadline:
        with contextlib.suppress(psycopg.OperationalError):
            with project.database.transaction() as connection:
                left = {k: n for k, n in pending(connection, project.clock.now()).items() if n}
            settings = getattr(project, "settings", None) or project.project
            files = [p for _, f in settings.watch for p in f.iterdir() if p.is_file() and p.name[0] != "."]
            if files:
                left["files"] = len(files)
            if not left:
                return {}
        time.sleep(0.02)
    return left


def failures(project: Any) -> list[str]:
    """What is waited for after it failed, where this version keeps that."""
    with contextlib.suppress(psycopg.Error), project.database.transaction() as connection:
        return [str(row)[:600] for row in connection.execute("select * from tieout.failure limit 20")]
    return []


def opened(folder: Path) -> Any:
    """The project, as whichever version it is opens one."""
    try:
        from tieout.operations.open_project import OpenProject
    except ImportError:
        # 6e54738: the command line is handed the class that opens projects.
        from tieout.bootstrap.wiring import App

        factories.app = App
        return App(folder)
    return OpenProject(folder)


def main() -> None:
    project, runner = opened(Path(sys.argv[1])), CliRunner()
    for line in sys.stdin:
        request = json.loads(line)
        if "settle" in request:
            left = settle(project, request["settle"])
            answer: dict[str, Any] = {"left": left, "why": failures(project) if left else []}
        else:
            done = runner.invoke(cli, request["argv"], env=request["env"])
            answer = {"code": done.exit_code, "out": done.stdout}
            broke = done.exception is not None and not isinstance(done.exception, SystemExit)
            if broke or done.exit_code not in (0, 1):
                answer["out"] += done.stderr + "".join(
                    traceback.format_exception(done.exception) if broke else ()
                )
                answer["code"] = done.exit_code if done.exit_code not in (0, 1) else 70
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
