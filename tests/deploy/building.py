"""Builds the wheels as `make wheels` does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def build(folder: Path) -> dict[str, Path]:
    """Both wheels, in `folder`, by the names of their packages."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-build-isolation", "-w", str(folder), ".", "./src/tieout_sandbox"]
    subprocess.run(command, cwd=ROOT, check=True)
    return {wheel.name.partition("-")[0]: wheel for wheel in folder.glob("*.whl")}
