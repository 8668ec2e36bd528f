"""This program's own version: the migrations that its code knows. It needs no database to say it."""

from __future__ import annotations

from functools import cache
from importlib import resources

_SETTING = "tieout.version"


@cache
def known() -> tuple[str, ...]:
    """The names of the migrations that this version knows, in order."""
    folder = resources.files("tieout.store").joinpath("migrations")
    return tuple(sorted(f.name for f in folder.iterdir() if f.name.endswith(".sql")))


def setting() -> str:
    """How a connection says its version to the server, as an option of libpq."""
    return f"-c {_SETTING}={known()[-1]}"
