"""The tutorial of docs/FORMATS.md does what it says, typed as it stands there."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.commands import run_tieout
from tests.golden.bankfiles import FOLDER

DOC = Path(__file__).resolve().parents[2] / "docs" / "FORMATS.md"


def block(kind: str) -> str:
    found = re.search(rf"^```{kind}\n(.*?)^```$", DOC.read_text(), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def parse(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return run_tieout("parse", *arguments, folder=folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "export.csv").write_text(block("csv"))
    (tmp_path / "northwind.toml").write_text(block("toml"))
    return tmp_path


def test_the_new_banks_csv_is_read_as_the_tutorial_says(folder: Path) -> None:
    assert len(block("toml").splitlines()) <= 30
    done = parse("export.csv", "--dialect", "northwind.toml", "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    (file,) = json.loads(done.stdout)["files"]
    (statement,) = file["statements"]
    assert (file["format"], file["dialect"], file["error"]) == ("csv", "northwind", None)
    assert (statement["account"], len(statement["lines"])) == ("NW-4711", 3)
    proof = statement["conservation"]
    assert (proof["opening"], proof["closing"], proof["residual"], proof["holds"]) == (
        "1000.00",
        "1240.50",
        "0.00",
        True,
    )
    # Without its declaration the file is not guessed at.
    assert parse("export.csv", folder=folder).returncode == 1


def test_a_row_that_is_changed_breaks_the_proof(folder: Path) -> None:
    path = folder / "export.csv"
    path.write_text(path.read_text().replace('"250,50";;', '"250,60";;'))
    done = parse("export.csv", "--dialect", "northwind.toml", "--json", folder=folder)
    assert done.returncode == 1
    assert json.loads(done.stdout)["files"][0]["statements"][0]["conservation"]["holds"] is False


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [('delimiter = ";"', 'delimeter = ";"', "unknown field `delimeter`"), ('date = "DD.MM.YYYY"', 'date = "D.M."', "YYYY or YY, MM and DD"),
     ('credit = "In"', "", "names amount, or credit and debit"), ("'^Account no;(.+)$'", "'('", "no regular expression"),
     ('name = "northwind"', "name = ", "no TOML")],
)  # fmt: skip
def test_a_typo_in_the_declaration_is_told(folder: Path, old: str, new: str, says: str) -> None:
    path = folder / "northwind.toml"
    path.write_text(path.read_text().replace(old, new))
    done = parse("export.csv", "--dialect", "northwind.toml", folder=folder)
    assert done.returncode == 2 and says in done.stderr.replace("\n", " "), done.stderr


def test_wrong_usage_ends_with_2_and_a_refused_file_with_1(folder: Path) -> None:
    assert parse("nowhere.csv", folder=folder).returncode == 2
    assert parse("export.csv", "--format", "nonsense", folder=folder).returncode == 2
    assert parse("export.csv", "--dialect", "nonsense", folder=folder).returncode == 2
    assert parse(folder=folder).returncode == 2
    good = FOLDER / "mt940.generic.invented.sta"
    cut = folder / "cut.sta"
    cut.write_bytes(good.read_bytes()[:120])
    done = parse(str(good), str(cut), "--json", folder=folder)
    first, second = json.loads(done.stdout)["files"]
    assert done.returncode == 1 and first["error"] is None and len(first["statements"]) == 2
    assert second["statements"] == [] and "closing" in second["error"]
    shown = parse(str(good), folder=folder)
    assert shown.returncode == 0 and "yes" in shown.stdout
