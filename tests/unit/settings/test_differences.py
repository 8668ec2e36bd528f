"""An entity's limits of differences, read from its project: each whole, each off until it is there."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tieout.cli.commands import cli
from tieout.operations.discover import discover
from tieout.rules.differences import DifferenceLimit
from tieout.settings import ProjectError, load_project

PROJECT = """
[project]
name = "Books"
environment = "test"

[entities.DE]
name = "Beispiel GmbH"
currency = "EUR"
time_zone = "Europe/Berlin"
ledger = "odoo"
{limits}
[systems.odoo]
connector = "odoo"
url = "https://books.example.com"
key = "env:TIEOUT_TEST_KEY"

[interfaces.reconciliation]
system = "odoo"
entity = "DE"
streams = ["reconciliations"]
"""


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TIEOUT_TEST_KEY", "ODOO_KEY", "STRIPE_KEY", "STRIPE_WEBHOOK_SECRETS"):
        monkeypatch.setenv(name, "k")


def limits(folder: Path, text: str) -> dict[str, DifferenceLimit]:
    (folder / "tieout.toml").write_text(PROJECT.replace("{limits}", text))
    return load_project(folder, discover()).release.entities["DE"].limits


def test_limits_are_off_until_they_are_set(tmp_path: Path) -> None:
    assert limits(tmp_path, "") == {}
    text = '[entities.DE.differences]\nbank_charge = { amount = "15.00", percent = "2.5", month = "60" }\n'
    assert limits(tmp_path, text) == {
        "bank_charge": DifferenceLimit(Decimal("15.00"), Decimal("2.5"), Decimal(60))
    }


def test_a_limit_changes_the_release(tmp_path: Path) -> None:
    limits(tmp_path, "")
    before = load_project(tmp_path, discover()).release.sha256
    limits(
        tmp_path, '[entities.DE.differences]\nrounding = { amount = "0.05", percent = "1", month = "1" }\n'
    )
    assert load_project(tmp_path, discover()).release.sha256 != before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[entities.DE.differences]\nroundings = { amount = "1", percent = "1", month = "1" }', "rounding"),
        (
            '[entities.DE.differences]\npartial_payment = { amount = "1", percent = "1", month = "1" }',
            "Expected",
        ),
        ('[entities.DE.differences]\nrounding = { amount = "1", percent = "1" }', "month"),
        ('[entities.DE.differences]\nrounding = { amount = "1", month = "1" }', "percent"),
        ('[entities.DE.differences]\nrounding = { amount = "-1", percent = "1", month = "1" }', "no figure"),
        ('[entities.DE.differences]\nrounding = { amount = 0.05, percent = "1", month = "1" }', "amount"),
        ('[entities.DE.differences]\nrounding = "0.05"', "a limit is"),
        ('differences = "0.05"', "a table of"),
    ],
)
def test_a_limit_that_is_not_whole_is_refused_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ProjectError, match=told):
        limits(tmp_path, text + "\n")


@pytest.mark.parametrize("country", ["", "DE", "NL", "US"])
def test_a_new_project_proposes_a_rounding_of_five_cents_and_nothing_more(
    tmp_path: Path, country: str
) -> None:
    arguments = ["init", str(tmp_path / "p"), *(["--country", country] if country else ["--files"])]
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    entity = load_project(tmp_path / "p", discover()).release.entities["MAIN"]
    assert {kind: limit.amount for kind, limit in entity.limits.items()} == {"rounding": Decimal("0.05")}
