"""What is made in the ledger by intent, read from an entity's project: whole, and refused where it could be read otherwise."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tieout.operations.discover import discover
from tieout.rules import Entity
from tieout.settings import ProjectError, load_project

PROJECT = """
[project]
name = "Books"
environment = "test"

[entities.US]
currency = "USD"
time_zone = "UTC"
ledger = "odoo"
{more}
[systems.odoo]
connector = "odoo"
url = "https://books.example.com"
key = "env:TIEOUT_TEST_KEY"

[interfaces.reconciliation]
system = "odoo"
entity = "US"
streams = ["reconciliations"]
"""
WHOLE = """
[entities.US.origins.invoices]
kinds = ["customer invoice", "payment"]
journals = ["INV"]
users = ["ann@co.example"]
accounts = ["121000"]
since = 2026-10-01
until = 2026-12-31
most = "2500.00"
declared_by = "cora"
why = "service invoices are written there"
"""
LEAST = '[entities.US.origins.x]\nkinds = ["entry"]\nsince = 2026-10-01\ndeclared_by = "cora"\nwhy = "ok"\n'


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEOUT_TEST_KEY", "k")


def entity(folder: Path, more: str) -> Entity:
    (folder / "tieout.toml").write_text(PROJECT.replace("{more}", more))
    return load_project(folder, discover()).release.entities["US"]


def test_a_declaration_says_all_that_it_covers(tmp_path: Path) -> None:
    found = entity(tmp_path, "begins_on = 2026-10-01\n" + WHOLE)
    assert found.begins_on == date(2026, 10, 1)
    (origin,) = found.origins
    assert origin.content() == {
        "kinds": ["customer invoice", "payment"], "journals": ["INV"], "users": ["ann@co.example"],
        "accounts": ["121000"], "since": "2026-10-01", "until": "2026-12-31", "most": "2500.00",
        "declared_by": "cora", "why": "service invoices are written there",
    }  # fmt: skip
    assert (origin.name, origin.most) == ("invoices", Decimal("2500.00"))


def test_nothing_is_declared_until_it_is(tmp_path: Path) -> None:
    found = entity(tmp_path, "")
    assert found.origins == () and found.begins_on is None
    (least,) = entity(tmp_path, LEAST).origins
    assert (least.journals, least.users, least.accounts, least.until, least.most) == (
        (),
        (),
        (),
        date.max,
        None,
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kinds = ["entry"]', 'kinds = ["entries"]', "is none of: customer invoice"),
        ('kinds = ["entry"]', "kinds = []", "leave it out for any"),
        ('kinds = ["entry"]\n', "", "lacks 'kinds'"),
        ('kinds = ["entry"]', 'kinds = "entry"', "a list of 1 to"),
        ("since = 2026-10-01\n", "", "lacks 'since'"),
        ("since = 2026-10-01", 'since = "2026-10-01"', "must be a date"),
        ("since = 2026-10-01", "since = 2026-10-01T00:00:00", "without a time"),
        ("since = 2026-10-01", "since = 2026-10-01\nuntil = 2026-09-30", "the first day comes first"),
        ("since = 2026-10-01", "since = 2026-10-01\nusers = []", "leave it out for any"),
        ("since = 2026-10-01", 'since = 2026-10-01\nusers = [" "]', "leave it out for any"),
        ("since = 2026-10-01", 'since = 2026-10-01\njournals = ["MISC", "MISC"]', "none twice"),
        ("since = 2026-10-01", "since = 2026-10-01\nmost = 500", "is no amount in quotes"),
        ("since = 2026-10-01", 'since = 2026-10-01\nmost = "-5"', "is no amount in quotes"),
        ("since = 2026-10-01", 'since = 2026-10-01\njournal = ["MISC"]', "did you mean 'journals'?"),
        ('declared_by = "cora"\n', "", "lacks 'declared_by'"),
        ('why = "ok"', 'why = " "', "says who stands for it, and why"),
        ("origins.x]", "origins.X]", "named in small letters"),
    ],
)
def test_what_could_be_read_otherwise_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in LEAST
    with pytest.raises(ProjectError) as error:
        entity(tmp_path, LEAST.replace(old, new))
    assert said in str(error.value) and str(error.value).startswith("tieout.toml, line ")


def test_the_first_day_is_a_day(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="must be a date"):
        entity(tmp_path, 'begins_on = "2026-10-01"\n')


def test_more_declarations_than_a_person_reads_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="at most 50"):
        entity(tmp_path, "".join(LEAST.replace("origins.x", f"origins.x{n}") for n in range(51)))
