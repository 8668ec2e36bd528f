"""What somebody types wrongly is said, in words, and is exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.commands import run_tieout
from tests.acceptance.shaky_project import OUTSIDE, ShakyProject
from tieout.operations.open_project import OpenProject
from tieout.security import new_key
from tieout.store import Database
from tieout_sandbox.people import ADMINISTRATORS, let_in

_PEOPLE = (("carla", "controller", ""), ("otto", "operator", ""))
_HUGE = "99999999999999999999"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("replay", "--case", _HUGE), "case"),
        (("replay", "--case", "4711"), "case 4711 is not open"),
        (("cases", "solve", _HUGE, "--reason", "x"), "is not open"),
        (("cases", "exclude", _HUGE, "--reason", "x"), "is not open"),
    ],
)
def test_a_case_that_is_not_there_is_said(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    site = ShakyProject(tmp_path / "project", database, {"one": "US"})
    # Who asks is looked at before what is asked about.
    if words[0] == "cases":
        assert "nobody was let in here yet" in site.tieout(*words).stderr
    monkeypatch.syspath_prepend(OUTSIDE)
    monkeypatch.setenv("TIEOUT_DSN", database.dsn)
    keys = {name: new_key() for name in (*ADMINISTRATORS, *(p[0] for p in _PEOPLE))}
    project = OpenProject(site.folder)
    let_in(project, _PEOPLE, keys)
    project.close()
    (tmp_path / "key").write_text(keys["carla"])
    monkeypatch.setenv("TIEOUT_KEY_FILE", str(tmp_path / "key"))
    done = site.tieout(*words)
    told = done.stdout + done.stderr
    assert done.returncode == 2, told
    assert said in told and "Traceback" not in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("parse", "."), ". is a folder: name a file of it"),
        (("parse", "nothing.csv"), "nothing.csv: there is no such file"),
        (("parse", "x" * 300), "File name too long"),
        (("match", ".", "nothing.csv", "--out", "found.csv"), ". is a folder: name a file of it"),
        (("init", "/proc/x"), "no project can be made in /proc/x: No such file or directory"),
        (("init", "/dev/null/x"), "no project can be made in /dev/null/x: Not a directory"),
    ],
)
def test_a_path_that_is_none_is_said(words: tuple[str, ...], said: str) -> None:
    done = run_tieout(*words)
    told = done.stdout + done.stderr
    assert done.returncode == 2, told
    assert said in told and "Traceback" not in told
