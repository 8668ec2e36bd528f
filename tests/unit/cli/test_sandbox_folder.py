"""`tieout up` in the folder of a company on the sandbox."""

from __future__ import annotations

import os
from pathlib import Path

from typer.testing import CliRunner

from tieout.cli.commands import cli
from tieout.store import FolderLock


def test_a_second_start_beside_a_company_that_lives_says_under_whom(tmp_path: Path) -> None:
    (tmp_path / ".sandbox").mkdir()
    lock = FolderLock(tmp_path / ".tieout" / "postgres" / "owner.lock")
    assert lock.take()
    said = CliRunner().invoke(cli, ["up", "--dir", str(tmp_path)])
    assert said.exit_code == 2 and f"under process {os.getpid()}: end that first" in said.output.replace(
        "\n", " "
    )
    lock.free()
    said = CliRunner().invoke(cli, ["up", "--dir", str(tmp_path)])
    assert said.exit_code == 3 and "its company cannot go on" in said.output and "--anew" in said.output
