"""An old commit's product, out of the repository's history, and months that are played with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
DRIVER = Path(__file__).with_name("driver.py")
COMMIT = "6e54738"
SEED = 5
# Orders a scenario: the sizes of the small months that tests play.
ORDERS = {"distributor": 14, "services": 20}
# In the middle of this day everything is stopped.
UNTIL = date(2026, 10, 16)
_PATIENCE_S = 900


class HistoryError(Exception):
    """The repository does not hold the commit: a shallow clone, say."""


@contextmanager
def source_of(commit: str) -> Iterator[Path]:
    """A folder with the packages of a commit, for PYTHONPATH. Raises HistoryError."""
    made = subprocess.run(
        ["git", "-C", str(ROOT), "archive", commit, "src"], capture_output=True, check=False
    )
    if made.returncode:
        why = made.stderr.decode(errors="replace").strip()
        raise HistoryError(f"the history here does not hold {commit}: {why}")
    with TemporaryDirectory(prefix="tieout-old-") as folder:
        with tarfile.open(fileobj=BytesIO(made.stdout)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder) / "src"


def play(
    source: Path, what: str, scenario: str, folder: Path, until: date = UNTIL, after: Path | None = None
) -> dict[str, Any]:
    """Let the driver `keep` the month up to a day, play it `whole`, or go on `live` from that day with the product in
    `after`; its result.

    Raises RuntimeError with the driver's last words.
    """
    given = [what, scenario, str(folder), str(ORDERS[scenario]), str(SEED)]
    if what != "whole":
        given.append(until.isoformat())
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TIEOUT_")}
    environment["PYTHONPATH"] = str(source)
    if after is not None:
        environment["TIEOUT_AFTER"] = str(after)
    done = subprocess.run(
        [sys.executable, str(DRIVER), *given],
        env=environment, capture_output=True, text=True, timeout=_PATIENCE_S, check=False,
    )  # fmt: skip
    if done.returncode:
        log = folder / "product.log"
        words = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise RuntimeError(f"{what} {scenario}: {done.stderr[-3000:]}\nproduct.log: {words}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
