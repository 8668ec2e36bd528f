"""The command line as it is typed, in a process of its own, from one that has the product's modules in memory already:
what Python takes to import them is waited out once, not for every command."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver
from pathlib import Path
from typing import IO, Any

from tieout.bootstrap.supervisor import Supervisor

_PRELOADED = [
    "tieout.bootstrap.wiring", "tieout.bootstrap.supervisor", "tieout.cli.commands", "tieout.api", "tieout.console",
    "tieout.cli.ending", "tieout.operations.systems", "tieout.operations.files", "typer.rich_utils",
]  # fmt: skip
_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(_PRELOADED)


def _let_go() -> None:
    """The warm process lives as long as somebody holds this descriptor, and each of its children is given one: where the tests
    are killed neither would ever end."""
    held: Any = forkserver._forkserver
    if held._forkserver_alive_fd is not None:
        os.close(held._forkserver_alive_fd)
        held._forkserver_alive_fd = None


def _run(words: tuple[str, ...], environment: dict[str, str], folder: str, out: str, err: str) -> None:
    _let_go()
    if "TIEOUT_SUPERVISOR" in environment:
        # Whoever started it, as a supervisor's child sees it; and it has a session of its own.
        environment["TIEOUT_SUPERVISOR"] = str(os.getppid())
        os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, path in ((1, out), (2, err)):
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
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


class Started:
    """A command that runs, in a process of its own that can be killed: as a Popen."""

    def __init__(
        self, *words: str, environment: Mapping[str, str] | None, folder: Path | None, out: Path, err: Path
    ) -> None:
        given = dict(os.environ if environment is None else environment)
        self._process = _server.Process(
            target=_run, args=(words, given, str(folder or Path.cwd()), str(out), str(err))
        )
        self._words = words
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit status, negative where a signal ended it; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status. Raises TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._words, timeout or 0)
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()


def start_tieout(
    *words: str, log: Path, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Started:
    """`tieout WORDS`, which goes on; what it prints is added to `log`."""
    return Started(*words, environment=environment, folder=folder, out=log, err=log)


class Warm(Supervisor):
    """A supervisor in this process whose children come from the warm one. That one dies with this process, and they with it."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        for child in self._children:
            child.launch = _launch


def _launch(command: Sequence[str], environment: Mapping[str, str], file: IO[bytes]) -> Any:
    assert command[:3] == [sys.executable, "-m", "tieout"], command
    log = Path(file.name)
    return start_tieout(*command[3:], log=log, environment=environment)


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
        process = Started(*words, environment=environment, folder=folder, out=out, err=err)
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise TimeoutError(
                f"tieout {' '.join(words)} ran past {timeout} s: {err.read_text()[-2000:]}"
            ) from None
        return subprocess.CompletedProcess(
            list(words), status, out.read_text(errors="replace"), err.read_text(errors="replace")
        )
