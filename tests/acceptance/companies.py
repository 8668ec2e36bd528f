"""`tieout up` of a company on the sandbox, small and quick, as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ORDERS = 14
_UP = (
    "import sys, tieout_sandbox.demo.living as living; living.ORDERS = {orders}; sys.argv = {argv!r}; "
    "from tieout.bootstrap import main; main()"
)


class Up:
    """`tieout up` of a folder, with a small company."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.log = folder.with_suffix(".log")
        argv = ["tieout", "up", "--dir", str(folder), "--seconds-a-day", "0.01", *options]
        with self.log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _UP.format(orders=ORDERS, argv=argv)], stdout=file, stderr=file,
                env={**os.environ, "COLUMNS": "400"},
            )  # fmt: skip

    def said(self, pattern: str, seconds: float = 600) -> re.Match[str]:
        """What it printed, once it did. Fails where it ended before."""
        deadline = time.monotonic() + seconds
        while (found := re.search(pattern, self.log.read_text())) is None:
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()[-3000:]
            time.sleep(0.1)
        return found

    @property
    def link(self) -> str:
        """The address that lets its holder in."""
        return self.said(r"http://localhost:\d+/enter\?key=\S+")[0]

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it, and wait until it did."""
        self.process.send_signal(number)
        self.process.wait(120)


@contextmanager
def up(folder: Path, *options: str) -> Iterator[Up]:
    """A company that runs, and is ended."""
    running = Up(folder, *options)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.end()
