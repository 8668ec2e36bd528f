"""Files of a project that are to take the place of others: written beside them, tried, put in place by a rename.

A change is decided in the database; here is only what a file system can do of it. A staged file is whole before anybody
hears of it, and putting it in place again changes nothing.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tieout.settings.tomlfile import ProjectError

_SUFFIX = ".staged"
_FOLDERS = ("entities", "interfaces", "mappings", "systems", "systems/secrets")


@dataclass(frozen=True)
class FileChange:
    """`path` below the project's folder; `staged` is the name, beside it, of what takes its place, "" where it goes."""

    path: str
    staged: str = ""


def stage(folder: Path, path: str, text: str, mode: int = 0o644) -> FileChange:
    """Write what is to stand at `path` beside it, on the disk for good. Raises ProjectError."""
    target = folder / path
    name = f".{target.name}.{secrets.token_hex(6)}{_SUFFIX}"
    try:
        target.parent.mkdir(mode=0o700 if mode == 0o600 else 0o755, parents=True, exist_ok=True)
        handle = os.open(target.with_name(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        _keep(target.parent)
    except OSError as error:
        raise ProjectError(f"the project's folder cannot be written to: {error.strerror}") from None
    return FileChange(path, name)


def put(folder: Path, change: FileChange) -> None:
    """Put a change in place. Done before, it changes nothing. Raises OSError."""
    target = folder / change.path
    if change.staged:
        try:
            target.with_name(change.staged).replace(target)
        except FileNotFoundError:
            return
    else:
        target.unlink(missing_ok=True)
    if target.parent.is_dir():
        _keep(target.parent)


def drop(folder: Path, changes: Sequence[FileChange]) -> None:
    """Forget staged files that nobody wants after all."""
    for change in changes:
        if change.staged:
            (folder / change.path).with_name(change.staged).unlink(missing_ok=True)


def drop_forgotten(folder: Path, wanted: Sequence[FileChange]) -> None:
    """Remove what was staged by somebody who died before it was decided; a secret may be in it. Whoever calls this keeps
    everybody else from staging."""
    kept = {(folder / c.path).with_name(c.staged) for c in wanted if c.staged}
    for part in _FOLDERS:
        for path in (folder / part).glob(f".*{_SUFFIX}"):
            if path not in kept:
                path.unlink(missing_ok=True)


@contextmanager
def as_if(folder: Path, changes: Sequence[FileChange]) -> Iterator[Path]:
    """The project's folder as it would be with `changes`: another folder, of links to this one's files."""
    changed = {c.path: c for c in changes}
    trial = Path(tempfile.mkdtemp(prefix="tieout-trial-"))
    try:
        _link(folder.resolve(), trial, "", changed)
        for path, change in changed.items():
            if change.staged:
                target = trial / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to((folder / path).resolve().with_name(change.staged))
        yield trial
    finally:
        shutil.rmtree(trial, ignore_errors=True)


@contextmanager
def as_if_text(folder: Path, path: str, text: str) -> Iterator[Path]:
    """The project's folder as it would be with `text` at `path`: nothing is written into this one."""
    with as_if(folder, [FileChange(path)]) as trial:
        target = trial / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        yield trial


def _link(source: Path, target: Path, below: str, changed: dict[str, FileChange]) -> None:
    for path in source.iterdir():
        name = f"{below}{path.name}"
        if name in changed:
            continue
        if path.is_dir() and any(c.startswith(f"{name}/") for c in changed):
            (target / path.name).mkdir()
            _link(path, target / path.name, f"{name}/", changed)
        else:
            (target / path.name).symlink_to(path)


def _keep(folder: Path) -> None:
    """A rename is on the disk once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
