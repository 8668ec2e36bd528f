"""What a supervisor keeps running: children of the command line, and the embedded server.

A part is looked at again and again and never waited for: one that does not come up stops no other. Its `attempts` say
when it is started again.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from tieout.bootstrap.patience import Attempts
from tieout.observe import LogFile
from tieout.store import EmbeddedServer, EmbeddedServerError

# A child that is well says so every second.
_FRESH_S = 15.0
# One that says nothing at all for so long hangs, or was stopped.
_SILENT_S = 120.0
_RECOVERY_S = 600.0
_WORDS = 400


# A command, its environment, and what it writes to: the process that runs it.
Launch = Callable[[Sequence[str], Mapping[str, str], IO[bytes]], "subprocess.Popen[bytes]"]


class Part:
    """One thing that runs, or will run again. `words` say why it last ended, `status` with which exit status."""

    name = ""

    def __init__(self, attempts: Attempts) -> None:
        self.attempts = attempts
        self.words = ""
        self.status = 0
        self.up = False

    def well(self, now: float) -> bool:
        """Whether it does what it is for."""
        return False

    def start(self, now: float) -> None:
        """Start it. Raises whatever a start raises."""

    def look(self, now: float) -> bool:
        """Whether it ended since the last look; `words` say why then."""
        return False

    def failed(self, now: float, words: str) -> float:
        """It could not be started; the wait in seconds until it is tried again."""
        self.up, self.words = False, words
        return self.attempts.ended(now)


def _launch(
    command: Sequence[str], environment: Mapping[str, str], file: IO[bytes]
) -> subprocess.Popen[bytes]:
    """A process in a session of its own, which writes to `file`."""
    return subprocess.Popen(
        command, stdout=file, stderr=file, stdin=subprocess.DEVNULL, env=environment, start_new_session=True
    )


class Child(Part):
    """A process of this product: `name` is its role, "worker", "serve" or "worker-2"; `launch` is how it is started."""

    def __init__(self, name: str, folder: Path, attempts: Attempts) -> None:
        super().__init__(attempts)
        self.name, self._folder = name, folder
        self._log = LogFile(folder / ".tieout" / f"{name}.log")
        self._process: subprocess.Popen[bytes] | None = None
        self.launch: Launch = _launch
        self._alive_at, self._well_at = 0.0, -_FRESH_S
        self.environment: dict[str, str] = {}
        self.once: list[dict[str, str]] = []

    @property
    def pid(self) -> int | None:
        """Its process, None while it does not run."""
        return self._process.pid if self._process is not None and self.up else None

    def start(self, now: float) -> None:
        """Start the process in a session of its own; what it writes goes to `.tieout/NAME.log`."""
        command = [sys.executable, "-m", "tieout", self.name.partition("-")[0], "--dir", str(self._folder)]
        environment = {**os.environ, **self.environment, **(self.once[0] if self.once else {})}
        # What systemd says is said to the supervisor, not to its children.
        for name in ("WATCHDOG_USEC", "WATCHDOG_PID"):
            environment.pop(name, None)
        with self._log.open() as file:
            self._process = self.launch(command, environment, file)
        self.once, self.up = self.once[1:], True
        self._alive_at, self._well_at = now, now - _FRESH_S

    def hear(self, said: dict[str, str], now: float) -> None:
        """What the child told of itself."""
        self._alive_at = now
        if said.get("READY") == "1":
            self._well_at = now
            self.attempts.well(now)
        self.words = said.get("STATUS", "")

    def well(self, now: float) -> bool:
        """Whether it said lately that it does its work."""
        return self.up and now - self._well_at < _FRESH_S

    def look(self, now: float) -> bool:
        """Whether it ended; one that says nothing for two minutes is killed and found ended at a later
        look."""
        if self._process is None or not self.up:
            return False
        self._log.keep_small()
        status = self._process.poll()
        if status is None:
            if now - self._alive_at > _SILENT_S:
                self._process.kill()
            return False
        self.up, self.status = False, status
        self.words = f"ended with status {status}" if status >= 0 else f"ended by {_signal(-status)}"
        if said := self._last_words():
            self.words += f": {said}"
        return True

    def _last_words(self) -> str:
        """What it wrote last before it ended."""
        lines = [x for x in self._log.last_words(8 * _WORDS).splitlines() if x.strip()]
        return " ".join(" ".join(lines[-3:]).split())[-_WORDS:]

    def ask_to_end(self) -> None:
        """Let it finish what it is at; nothing where it does not run."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def end(self, wait_s: float) -> None:
        """Wait until it ended, and kill it where it did not in time."""
        if self._process is None:
            return
        try:
            self._process.wait(wait_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.up = False


class Server(Part):
    """The embedded PostgreSQL, which runs already when a supervisor takes it."""

    name = "postgres"

    def __init__(self, server: EmbeddedServer, attempts: Attempts) -> None:
        super().__init__(attempts)
        self._server = server
        self._ready = self.up = server.alive
        self._since = 0.0

    @property
    def pid(self) -> int | None:
        """Its process, None while it does not run."""
        return self._server.pid if self._server.alive else None

    def start(self, now: float) -> None:
        self._server.launch()
        self.up, self._ready, self._since = True, False, now

    def well(self, now: float) -> bool:
        return self.up and self._ready

    def look(self, now: float) -> bool:
        if not self.up:
            return False
        self._server.log.keep_small()
        if not self._server.alive:
            self.up = self._ready = False
            self.words = f"it ended; its log ends: {' '.join(self._server.last_words.split())[-_WORDS:]}"
            return True
        if not self._ready:
            self._ready = self._server.ready()
            if not self._ready and now - self._since > _RECOVERY_S:
                raise EmbeddedServerError(f"PostgreSQL runs, and does not answer for {_RECOVERY_S:.0f} s")
        if self._ready:
            self.attempts.well(now)
        return False

    def end(self) -> None:
        """A fast shutdown."""
        self._server.stop()
        self.up = self._ready = False


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
