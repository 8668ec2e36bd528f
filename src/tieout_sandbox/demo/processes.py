"""What a demo does to the product's processes: kills them, and looks how large they grew."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
from pathlib import Path

from tieout.cli.context import Supervising


class Killer(threading.Thread):
    """SIGKILLs a random process of the product at random moments, a given number of times."""

    def __init__(self, supervisor: Supervising, count: int, seed: int) -> None:
        super().__init__(name="killer", daemon=True)
        self._supervisor, self._count = supervisor, count
        self._random = random.Random(seed)
        self._done = threading.Event()
        self.killed: list[str] = []

    def run(self) -> None:
        while len(self.killed) < self._count and not self._done.wait(self._random.uniform(0.3, 1.6)):
            pids = self._supervisor.pids()
            if pids:
                role = self._random.choice(sorted(pids))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pids[role], signal.SIGKILL)
                    self.killed.append(role)

    def finish(self) -> None:
        self._done.set()
        self.join()


def peaks(pids: dict[str, int]) -> dict[str, int]:
    """The largest resident memory that each process had, in MiB; the server's buffers are shared
    by its backends and set apart by its configuration, so it is left out."""
    found = {}
    for role, pid in pids.items():
        if role == "postgres":
            continue
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    found[role] = int(line.split()[1]) // 1024
    return found
