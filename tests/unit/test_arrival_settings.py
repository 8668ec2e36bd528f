"""How a project says when its files are whole: what docs/FORMATS.md shows is read, what is wrong is refused with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tieout.cli.template import write_template
from tieout.operations.discover import discover
from tieout.rules import Arrival
from tieout.settings import Project, ProjectError, load_project

DOC = Path(__file__).resolve().parents[2] / "docs" / "FORMATS.md"


def project(folder: Path, watch: str, complete: str = "", **secrets: str) -> Project:
    write_template(folder)
    path = folder / "tieout.toml"
    text = re.sub(r"\[watch\]\n.*\n", lambda _: watch + "\n", path.read_text())
    path.write_text(re.sub(r"env:\w+", "file:secret", text))
    (folder / "secret").write_text("x")
    if complete:
        bank = folder / "interfaces" / "bank.toml"
        bank.write_text(complete + "\n" + bank.read_text())
    return load_project(folder, discover())


def test_a_folder_alone_settles(tmp_path: Path) -> None:
    made = project(tmp_path, '[watch]\nbank = "statements"')
    assert made.watch == (("bank", tmp_path / "statements"),)
    bank = made.release.interfaces["bank"]
    assert bank.arrival == Arrival() and bank.complete == "proven"


def test_what_the_documentation_shows_is_read(tmp_path: Path) -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```$", DOC.read_text(), re.MULTILINE | re.DOTALL)
    shown = next(b for b in blocks if "[watch.payroll]" in b)
    table = shown[shown.index("[watch.payroll]") : shown.index("[fetch.journals]")].replace(
        "payroll]", "bank]"
    )
    made = project(tmp_path, table, 'complete = "control file"')
    bank = made.release.interfaces["bank"]
    assert bank.arrival == Arrival("rename", 30, (".done", ".ok"), (".part", ".tmp"), 60)
    assert made.watch[0][1] == tmp_path / "inbox/payroll" and bank.complete == "control file"


@pytest.mark.parametrize(
    ("watch", "complete", "says"),
    [
        ('[watch.bank]\nfolder = "s"\nwhole_by = "renaming"', "", r"tieout\.toml, line \d+: 'renaming' is none of: settling, rename"),
        ('[watch.bank]\nfolder = "s"\nsettle_seconds = "5"', "", "a number from 0 to 3600"),
        ('[watch.bank]\nfolder = "s"\nsettle_seconds = -1', "", "a number from 0 to 3600"),
        ('[watch.bank]\nfolder = "s"\nlate_minutes = true', "", "a number from 0"),
        ('[watch.bank]\nfolder = "s"\nmarkers = ["done"]', "", "ends of names"),
        ('[watch.bank]\nfolder = "s"\npartial = ".part"', "", "ends of names"),
        ('[watch.bank]\nfolder = "s"\nsettle = 5', "", "did you mean 'settle_seconds'"),
        ('[watch.bank]\nwhole_by = "rename"', "", "lacks 'folder'"),
        ("[watch]\nbank = 5", "", "a text or a table was expected"),
        ('[watch]\nbnk = "s"', "", "no interface is named 'bnk'"),
        ('[watch]\nbank = "s"', 'complete = "always"', r"bank\.toml, line \d+: 'always' is none of: proven, control file, when settled"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_what_was_expected(
    tmp_path: Path, watch: str, complete: str, says: str
) -> None:
    with pytest.raises(ProjectError, match=says):
        project(tmp_path, watch, complete)
