"""What every command shares: the injected factories, output, exit codes.

0 done, 1 done with findings, 2 wrong usage, 3 failed, 4 the database is of another version: to try again is no use.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import typer
from rich.console import Console

if TYPE_CHECKING:
    from tieout.engine import Worker
    from tieout.operations.open_project import OpenProject

FINDINGS, USAGE, FAILED, OTHER_VERSION = 1, 2, 3, 4
# What comes from outside is printed as it is: a name in brackets is no markup ("[Acme]" would be swallowed, "[/x]" end the command),
# and ":on:" in a key is no picture. What is to be red is a `Text` of that style.
_AS_IT_IS: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False, "soft_wrap": True}
# A pipe has no width: it gets one on which every table fits.
out = Console(**_AS_IT_IS, width=None if sys.stdout.isatty() else 120)
err = Console(**_AS_IT_IS, stderr=True)


class Supervising(Protocol):
    """A supervisor as commands know it: `ready` once all is well, `ended` once all ended, for which `reason`."""

    ready: threading.Event
    ended: threading.Event
    reason: str
    restarts: int

    def start(self) -> None:
        """Begin."""
        ...

    def stop(self) -> None:
        """End everything."""
        ...

    def pids(self) -> dict[str, int]:
        """The processes that run, by their roles."""
        ...


def _not_wired(*_: Any, **__: Any) -> NoReturn:
    raise AssertionError("the composition root sets the factories before a command runs")


@dataclass
class Factories:
    """What stands above the command line and is handed down to it by the composition root, once at the start."""

    worker: Callable[[OpenProject], Worker] = _not_wired
    supervisor: Callable[..., Supervising] = _not_wired


factories = Factories()


def fail(message: str, code: int = FAILED) -> NoReturn:
    """Say what went wrong on standard error and end."""
    err.print(message, style="red", soft_wrap=True)
    raise typer.Exit(code)


def must_be_files(paths: Iterable[Path]) -> None:
    """Ends with 2 at the first that is no file that can be read."""
    for path in paths:
        try:
            if path.is_dir():
                fail(f"{path} is a folder: name a file of it", USAGE)
            if not path.is_file():
                fail(f"{path}: there is no such file", USAGE)
        except OSError as error:
            fail(f"{path}: {error.strerror}", USAGE)


def open_project(folder: Path) -> OpenProject:
    """The project in `folder`; ends with 2 where its files are not usable."""
    from tieout.operations.open_project import OpenProject
    from tieout.settings import ProjectError

    try:
        return OpenProject(folder)
    except ProjectError as error:
        fail(str(error), USAGE)


def open_running(folder: Path, *, any_version: bool = False) -> OpenProject:
    """The project in `folder`, whose database must run; ends with 3 and what to do where not, and with 4 where it is
    of another version, unless `any_version` will do."""
    import psycopg

    from tieout.store import VersionError, require_same

    project = open_project(folder)
    try:
        with psycopg.connect(project.dsn, connect_timeout=3) as connection:
            row = connection.execute("select to_regclass('tieout.message')::text").fetchone()
    except (OSError, psycopg.OperationalError) as error:
        what = "it was never started" if isinstance(error, FileNotFoundError) else str(error).strip()
        fail(f"the database of {project.settings.folder} does not answer ({what}): `tieout up` starts it")
    if row is None or row[0] is None:
        fail("the database does not hold Tieout's tables yet: `tieout check` or `tieout up` makes them")
    if not any_version:
        try:
            with project.database.transaction() as connection:
                require_same(connection)
        except VersionError as error:
            fail(str(error), OTHER_VERSION)
    return project


def print_json(value: Any) -> None:
    """One JSON value on stdout: a Decimal as a text in full, without an exponent."""
    print(json.dumps(value, default=lambda x: f"{x:f}" if isinstance(x, Decimal) else str(x), indent=1))


def named_secret(text: str, option: str) -> str:
    """A secret that a command is given as env:NAME or file:PATH; ends with words where it is given itself, since every list of
    processes shows what stands on a command line."""
    from tieout.settings.environment import variable

    kind, _, name = text.partition(":")
    if kind == "env" and (found := variable(name)):
        return found
    if kind == "file" and Path(name).is_file():
        return Path(name).read_text(encoding="utf-8").strip()
    if kind in ("env", "file"):
        fail(f"{option}: there is no {text}", USAGE)
    fail(
        f"{option}: name the key as env:NAME or file:PATH; on the command line every list of processes shows it",
        USAGE,
    )
