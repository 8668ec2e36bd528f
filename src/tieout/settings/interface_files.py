"""interfaces/NAME.toml as a form writes it."""

from __future__ import annotations

import re
from pathlib import Path

from tieout.settings.staging import FileChange, stage
from tieout.settings.tomledit import source_of
from tieout.settings.tomlfile import ProjectError

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LONGEST = 100_000


def check_name(name: str) -> None:
    """Raises ProjectError where an interface cannot be called so."""
    if not _NAME.fullmatch(name):
        raise ProjectError(
            f"{name!r} is no name of an interface: small letters, digits and _, a letter first, 40 at most"
        )


def interface_source(folder: Path, name: str) -> str:
    """The text of an interface's file, "" where it has none. Raises ProjectError."""
    return source_of(folder / "interfaces" / f"{name}.toml", f"interfaces/{name}.toml")


def stage_interface(folder: Path, name: str, text: str) -> FileChange:
    """The file of an interface, written beside the place that it is to take. Raises ProjectError."""
    check_name(name)
    if len(text) > _LONGEST:
        raise ProjectError(f"interfaces/{name}.toml would have more than {_LONGEST} characters")
    return stage(folder, f"interfaces/{name}.toml", text)
