"""Country packs, latency classes, projects of one file: pure, or files alone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tieout.connector_api import FileRefusedError, SystemConfig
from tieout.formats import FORMATS
from tieout.operations.discover import discover
from tieout.rules import Interface, Mapping, MappingRow
from tieout.rules.latency import taken_until
from tieout.rules.packs import countries, load_pack, with_packs
from tieout.settings import ProjectError, load_project
from tieout_sandbox.simulators.bankfile import Bank, BankLine

ONE_FILE = """
[project]
name = "Bank to books"
environment = "test"

[entities.DE]
name = "Beispiel GmbH"
currency = "EUR"
time_zone = "Europe/Berlin"
ledger = "odoo"
country = "DE"

[systems.odoo]
connector = "odoo"
url = "https://books.example.com"
key = "env:TIEOUT_TEST_KEY"

[systems.bank]
connector = "bankfile"

[interfaces.bank]
system = "bank"
entity = "DE"
latency = "batch"
cut_off = "17:00"

[mappings.accounts]
"bank.DE02120300000000202051" = "1800"
"unapplied.bank" = "1590"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TIEOUT_TEST_KEY", "k")
    (tmp_path / "tieout.toml").write_text(ONE_FILE)
    return tmp_path


def test_a_single_interface_is_one_small_file(folder: Path) -> None:
    release = load_project(folder, discover()).release
    assert list(release.interfaces) == ["bank"] and release.interfaces["bank"].latency == "batch"
    assert release.account("unapplied.bank", date(2026, 10, 1)) == "1590"
    # The country's pack stands under it: rates with their days, and its business days.
    assert release.mapped("tax_rates", "DE>DE", date(2020, 8, 1)) == "standard 16"
    assert release.mapped("tax_rates", "DE>DE", date(2026, 8, 1)) == "standard 19"
    assert not release.closing.of("DE").calendar.is_open(date(2028, 10, 3))


def test_a_projects_own_rate_takes_the_place_of_the_packs(folder: Path) -> None:
    before = load_project(folder, discover()).release.sha256
    (folder / "mappings").mkdir()
    (folder / "mappings" / "tax_rates.csv").write_text("key,value\nDE>DE,standard 20\n")
    release = load_project(folder, discover()).release
    assert release.mapped("tax_rates", "DE>DE", date(2020, 8, 1)) == "standard 20"
    assert release.mapped("tax_rates", "DE>DE reduced", date(2026, 8, 1)) == "standard 7"
    assert release.sha256 != before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('country = "DE"', 'country = "ZZ"', r"line \d+: no pack for 'ZZ': there are CH, DE, NL, US"),
        ('latency = "batch"', 'latency = "fast"', "is none of: real time, batch, hybrid"),
        ('cut_off = "17:00"', "", "batch and hybrid have a cut_off"),
        ('cut_off = "17:00"', 'cut_off = "5pm"', "no time, such as 17:00"),
        (
            'cut_off = "17:00"',
            'cut_off = "17:00"\nafter = ["bills"]',
            "comes after 'bills', which is no other",
        ),
        ('cut_off = "17:00"', 'cut_off = "17:00"\nsistem = "x"', "did you mean 'system'"),
        ("[interfaces.bank]", "[interfaces]\nx = 1\n[interfaces.bank]", "is no table"),
        ('"unapplied.bank" = "1590"', '"unapplied.bank" = 1590', "table of texts"),
    ],
)
def test_what_is_wrong_in_one_file_is_said_with_its_line(folder: Path, old: str, new: str, said: str) -> None:
    assert ONE_FILE.count(old) == 1
    (folder / "tieout.toml").write_text(ONE_FILE.replace(old, new))
    with pytest.raises(ProjectError, match=said):
        load_project(folder, discover())


def test_a_name_stands_in_one_place_only(folder: Path) -> None:
    (folder / "interfaces").mkdir()
    (folder / "interfaces" / "bank.toml").write_text('system = "bank"\nentity = "DE"\n')
    with pytest.raises(ProjectError, match=r"stands in tieout.toml and in interfaces/"):
        load_project(folder, discover())
    (folder / "interfaces" / "bank.toml").unlink()
    (folder / "mappings").mkdir()
    (folder / "mappings" / "accounts.csv").write_text("key,value\na,b\n")
    with pytest.raises(ProjectError, match=r"stands in tieout.toml and in mappings/"):
        load_project(folder, discover())


PAYPAL_TWICE = """
[systems.paypal]
connector = "paypal"
client_id = "app"
client_secret = "env:TIEOUT_TEST_KEY"

[systems.reports]
connector = "settlements"

[interfaces.api]
system = "paypal"
entity = "DE"

[interfaces.api.options.movements]
"T2000 out" = "other"

[interfaces.files]
system = "reports"
entity = "DE"
options = { provider = "PROVIDER" }
"""


def test_a_provider_is_told_by_its_reports_or_by_its_api_and_never_by_both(folder: Path) -> None:
    (folder / "tieout.toml").write_text(ONE_FILE + PAYPAL_TWICE.replace("PROVIDER", "paypal"))
    with pytest.raises(
        ProjectError, match=r"'api' \(paypal\) and 'files' \(settlements\) both tell of paypal for DE"
    ):
        load_project(folder, discover())
    (folder / "tieout.toml").write_text(ONE_FILE + PAYPAL_TWICE.replace("PROVIDER", "adyen"))
    release = load_project(folder, discover()).release
    assert release.interfaces["api"].options["movements"] == {"T2000 out": "other"}


@pytest.mark.parametrize("country", ["CH", "DE", "NL", "US"])
def test_a_pack_is_whole(country: str) -> None:
    pack = load_pack(country)
    assert country in countries() and pack.name and len(pack.currency) == 3
    pack.calendar.check()
    re.compile(pack.tax_id)
    assert pack.statements and set(pack.statements) <= set(FORMATS)
    assert pack.tax_rates and pack.payments_version in ("03", "09")
    for row in pack.tax_rates:
        assert re.fullmatch(
            r"(exempt|zero|(standard|reverse_charge|use_tax) \d{1,2}(\.\d{1,3})?)", row.value
        ), row
        same = [r for r in pack.tax_rates if r.key == row.key and r is not row]
        assert all(r.valid_to < row.valid_from or row.valid_to < r.valid_from for r in same), row
    assert with_packs(None, [pack]).rows == pack.tax_rates


def test_rows_of_a_key_come_from_one_place() -> None:
    own = Mapping("tax_rates", (MappingRow("DE>DE", "standard 20"),))
    merged = with_packs(own, [load_pack("DE"), load_pack("DE")])
    assert [r.value for r in merged.rows if r.key == "DE>DE"] == ["standard 20"]
    assert len([r for r in merged.rows if r.key == "DE>DE exempt"]) == 1


def at(hour: int, minute: int = 0, day: int = 20) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


@pytest.mark.parametrize(
    ("latency", "now", "until"),
    [
        ("real time", at(18), at(18)), ("batch", at(16, 59), at(17, day=19)), ("batch", at(17), at(17)),
        ("batch", at(23), at(17)), ("hybrid", at(9), at(9)), ("hybrid", at(18), at(17)), ("hybrid", at(0, 1, 21), at(0, 1, 21)),
    ],
)  # fmt: skip
def test_a_batch_takes_at_its_cut_off_what_came_before_it(
    latency: str, now: datetime, until: datetime
) -> None:
    cut = "" if latency == "real time" else "17:00"
    interface = Interface("i", "s", "DE", ("x",), "o", "", latency=latency, cut_off=cut)
    assert taken_until(interface, ZoneInfo("Europe/Berlin"), now) == until


@pytest.mark.parametrize("country", ["", "CH", "US"])
def test_init_writes_a_project_of_a_country_that_loads(
    tmp_path: Path, country: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from tieout.cli.commands import cli

    arguments = ["init", str(tmp_path / "p"), *(["--country", country] if country else ["--files"])]
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    for name in ("ODOO_KEY", "STRIPE_KEY", "STRIPE_WEBHOOK_SECRETS"):
        monkeypatch.setenv(name, "k")
    entity = load_project(tmp_path / "p", discover()).release.entities["MAIN"]
    assert (entity.country, entity.currency) == (country, {"CH": "CHF", "US": "USD"}.get(country, "EUR"))
    wrong = CliRunner().invoke(cli, ["init", str(tmp_path / "q"), "--country", "ZZ"])
    assert wrong.exit_code == 2 and "there are CH, DE, NL, US" in wrong.output


def test_statements_are_of_the_formats_of_the_country_unless_the_interface_says_others(folder: Path) -> None:
    load = discover()["bankfile"].open(SystemConfig("b", "bankfile", "test", {})).read
    project = load_project(folder, discover())
    given = project.release.interfaces["bank"].options
    assert "camt.053" in given["formats"] and "csv" not in given["formats"]
    bank = Bank()
    bank.open_account("DE02120300000000202051", "EUR", 0)
    bank.book("DE02120300000000202051", BankLine(date(2026, 10, 5), 100, counterparty="A", remittance="x"))
    content = bank.statement("DE02120300000000202051", date(2026, 10, 5))
    assert len(list(load("a.xml", content, given))) == 1
    with pytest.raises(FileRefusedError, match=r"it is camt.053, and mt940, ofx are expected here"):
        list(load("a.xml", content, {"formats": "mt940, ofx"}))
    assert len(list(load("a.xml", content, {"formats": "mt940", "format": "camt.053"}))) == 1


def test_states_without_local_tax_have_their_rate() -> None:
    rows = {r.key: r.value for r in load_pack("US").tax_rates}
    assert rows["US>US-CT"] == "standard 6.35" and rows["US>US-OR"] == "zero" and "US>US-NY" not in rows


def test_a_country_says_what_is_withheld_and_what_becomes_of_a_discounts_tax() -> None:
    """EStG § 48 (1) and (3): 15% of what is due with its VAT; IRC § 3406: 24%. UStG § 17: corrected when it changes."""
    told = {c: [(w.name, str(w.percent), w.base) for w in load_pack(c).withholdings] for c in countries()}
    assert told == {
        "CH": [],
        "DE": [("construction", "15", "gross")],
        "NL": [],
        "US": [("backup", "24", "gross")],
    }
    assert {c: load_pack(c).discount_tax for c in ("DE", "NL")} == {"DE": "corrected", "NL": "stands"}
    assert all(load_pack(c).discount_tax in ("corrected", "stands") for c in countries())
    (construction,) = load_pack("DE").withholdings
    assert construction.valid_from == date(2002, 1, 1)
