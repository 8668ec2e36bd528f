"""The sandbox, where it is installed: a package of its own, which the product asks for by name and never imports."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
from pathlib import Path
from typing import Any

from tieout.cli.context import USAGE, fail

# What the systems of a company on the sandbox keep, in its project's folder.
OUTSIDE = ".sandbox"


def sandbox_part(name: str) -> Any:
    """A module of the sandbox, such as "demo.driver". Ends with 2 and says what to install where it is not there."""
    try:
        return importlib.import_module(f"tieout_sandbox.{name}")
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing == "tieout":
            raise
        fail(
            f"the sandbox is not installed here ({missing} is missing): its simulated companies are a package of their own. "
            "Install it with: pip install 'tieout[sandbox]'. For a project of your own: tieout init FOLDER",
            USAGE,
        )


def is_installed() -> bool:
    """Whether the sandbox is here."""
    return importlib.util.find_spec("tieout_sandbox") is not None


def is_empty(folder: Path) -> bool:
    """Whether nothing is in a folder, or there is none yet."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def lives_under(folder: Path) -> str:
    """Which process runs what is in a folder now; "" where none does."""
    from tieout.store import FolderLock

    lock = FolderLock(folder / ".tieout" / "postgres" / "owner.lock")
    if not lock.path.exists():
        return ""
    free = lock.take()
    lock.free()
    return "" if free else lock.holder


def throw_away(folder: Path) -> None:
    """Delete everything in a folder in which a company on the sandbox lived, and in no other. Ends with 2 where it is none."""
    settings = folder / "tieout.toml"
    if not was_toured(folder) or (
        settings.exists() and 'environment = "sandbox"' not in settings.read_text(errors="replace")
    ):
        fail(f"{folder} holds no company on the sandbox: nothing is thrown away", USAGE)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def was_toured(folder: Path) -> bool:
    """Whether a company on the sandbox lived here."""
    return (folder / OUTSIDE).is_dir()
