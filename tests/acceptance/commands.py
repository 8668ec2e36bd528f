"""The command line as it is typed, in a process of its own, from one that has the product's modules in memory already:
what Python takes to import them is waited out once, not for every command."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

_PRELOADED = [
    "tieout.bootstrap.wiring", "tieout.bootstrap.supervisor", "tieout.cli.commands", "tieout.api", "typer.rich_utils",
]  # fmt: skip
_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(_PRELOADED)


def _run(words: tuple[str, ...], environment: dict[str, str], folder: str, out: str, err: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, path in ((1, out), (2, err)):
        handle = os.open(path, os.O_WRONLY)
        os.dup2(handle, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    # As a Python that begins with this environment would do.
    sys.path[1:1] = [p for p in environment.get("PYTHONPATH", "").split(os.pathsep) if p not in sys.path]
    sys.argv = ["tieout", *words]
    from tieout.bootstrap import main

    try:
        main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def run_tieout(
    *words: str,
    environment: Mapping[str, str] | None = None,
    timeout: float = 120,
    folder: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """`tieout WORDS`: its exit status and what it printed. Raises TimeoutError."""
    with tempfile.TemporaryDirectory() as kept:
        out, err = Path(kept) / "out", Path(kept) / "err"
        out.touch()
        err.touch()
        given = (
            words,
            dict(os.environ if environment is None else environment),
            str(folder or Path.cwd()),
            str(out),
            str(err),
        )
        process = _server.Process(target=_run, args=given)
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"tieout {' '.join(words)} ran past {timeout} s: {err.read_text()[-2000:]}")
        return subprocess.CompletedProcess(
            list(words), process.exitcode, out.read_text(errors="replace"), err.read_text(errors="replace")
        )
