"""Commands of the tests come from a warm process: it ends with whoever started it, however that one ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

_STARTS = """
import sys
from pathlib import Path
from tests.acceptance.commands import start_tieout
if __name__ == "__main__":
    log = Path(sys.argv[1])
    log.touch()
    print(start_tieout("sandbox", "--dir", sys.argv[2], log=log).pid, flush=True)
    sys.stdin.read()
"""


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_what_was_started_does_not_keep_the_warm_process_alive(tmp_path: Path) -> None:
    script = tmp_path / "starts.py"
    script.write_text(_STARTS)
    command = [sys.executable, str(script), str(tmp_path / "log"), str(tmp_path / "sandbox")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as started:
        assert started.stdout is not None
        child = int(started.stdout.readline())
        warm = _parent(child)
        until = time.monotonic() + 120
        while not (tmp_path / "log").read_text() and time.monotonic() < until:
            time.sleep(0.05)
        started.kill()
    try:
        while Path(f"/proc/{warm}").exists() and time.monotonic() < until + 20:
            time.sleep(0.05)
        assert _parent(child) != warm
    finally:
        os.kill(child, signal.SIGKILL)
