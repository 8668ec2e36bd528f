"""What every command shares: the injected factories, output, exit codes.

0 done, 1 done with findings, 2 wrong usage, 3 failed.
"""

from __future__ import annotations

import json
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console

FINDINGS, USAGE, FAILED = 1, 2, 3
# A pipe has no width: it gets one on which every table fits.
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 120)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass
class Factories:
    """The composition root's, set once at the start."""

    app: Any = None
    supervisor: Any = None


factories = Factories()


def fail(message: str, code: int = FAILED) -> NoReturn:
    """Say what went wrong on standard error and end."""
    err.print(message, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(code)


def answers(port: int) -> bool:
    """Whether somebody answers at a port of this machine."""
    with socket.socket() as tried:
        tried.settimeout(1)
        return tried.connect_ex(("127.0.0.1", port)) == 0


def open_app(folder: Path) -> Any:
    """The project in `folder`; ends with 2 where its files are not usable."""
    from tieout.settings import ProjectError

    try:
        return factories.app(folder)
    except ProjectError as error:
        fail(str(error), USAGE)


def open_running(folder: Path) -> Any:
    """The project in `folder`, whose database must run; ends with 3 and what to do where not."""
    import psycopg

    app = open_app(folder)
    try:
        with psycopg.connect(app.dsn, connect_timeout=3) as connection:
            row = connection.execute("select to_regclass('tieout.message')::text").fetchone()
    except (OSError, psycopg.OperationalError) as error:
        what = "it was never started" if isinstance(error, FileNotFoundError) else str(error).strip()
        fail(f"the database of {app.project.folder} does not answer ({what}): `tieout up` starts it")
    if row is None or row[0] is None:
        fail("the database does not hold Tieout's tables yet: `tieout check` or `tieout up` makes them")
    return app


def print_json(value: Any) -> None:
    print(json.dumps(value, default=str, indent=1))
