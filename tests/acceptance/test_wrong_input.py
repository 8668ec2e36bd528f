"""What somebody types wrongly is said, in words, and is exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.shaky_project import ShakyProject
from tieout.store import Database

_HUGE = "99999999999999999999"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("replay", "--case", _HUGE), "case"),
        (("replay", "--case", "4711"), "case 4711 is not open"),
        (("cases", "solve", _HUGE, "--note", "x"), "case"),
        (("cases", "exclude", _HUGE, "--reason", "x"), "case"),
    ],
)
def test_a_case_that_is_not_there_is_said(
    database: Database, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    site = ShakyProject(tmp_path / "project", database, {"one": "US"})
    done = site.tieout(*words)
    told = done.stdout + done.stderr
    assert done.returncode == 2, told
    assert said in told and "Traceback" not in told
