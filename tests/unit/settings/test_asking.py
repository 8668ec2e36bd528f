"""How a system is to be asked stands in its table: read strictly, and kept where a form writes the rest anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tieout.connector_api import AwayError, SystemConfig
from tieout.operations.discover import discover
from tieout.operations.open_project import OpenProject
from tieout.operations.systems import _entered, pin_systems
from tieout.settings import ProjectError, load_project, put, stage_system

BASE = """
[project]
name = "Books"
environment = "test"

[clock]
file = "clock"

[entities.US]
currency = "USD"
time_zone = "UTC"
ledger = "odoo"

[interfaces.bank]
system = "bank"
entity = "US"

[systems.bank]
connector = "bankfile"
{bank}

[systems.odoo]
connector = "odoo"
url = "http://127.0.0.1:1"
key = "env:TIEOUT_TEST_KEY"
"""


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TIEOUT_TEST_KEY", "k" * 32)
    yield


def load(folder: Path, lines: str, bank: str = "") -> SystemConfig:
    (folder / "tieout.toml").write_text(BASE.replace("{bank}", bank) + lines)
    return load_project(folder, discover()).systems["odoo"]


def test_it_is_read_as_it_stands(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        'maintenance = ["Sun 22:00-06:00 Europe/Berlin", "2026-12-05 20:00-24:00 UTC"]\navailable = ["Mon-Fri 05:00-24:00 UTC", "Sat,Sun 00:00-24:00 UTC"]\n'
        "per_second = 0.5\nper_day = 9\n",
    )
    assert [w.text for w in config.hours.maintenance] == [
        "Sun 22:00-06:00 Europe/Berlin",
        "2026-12-05 20:00-24:00 UTC",
    ]
    assert len(config.hours.available) == 2 and (config.per_second, config.per_day) == (0.5, 9)
    plain = load(tmp_path, "")
    assert (plain.hours.away(datetime.now(UTC)), plain.per_second, plain.per_day) == (None, 0, 0)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ('maintenance = "Sun 22:00-06:00 UTC"', "maintenance is a list of windows"), ("maintenance = []", "is an empty list"),
        ("maintenance = [1]", "maintenance is a list of windows"), ('maintenance = ["Sun 22:00"]', "is no window"),
        ('available = ["2026-12-05 20:00-24:00 UTC"]', "not of one day"), ('maintenance = ["daily 00:00-24:00 UTC"]', "no moment of the week"),
        ("per_second = 0", "above 0"), ("per_second = true", "above 0"), ("per_second = -1", "above 0"), ('per_second = "1"', "above 0"),
        ("per_second = nan", "above 0"), ("per_second = inf", "above 0"), ("per_second = 10001", "above 0"),
        ("per_day = 1.5", "whole number"), ("per_day = 0", "whole number"), ("per_day = true", "whole number"),
        ("per_minute = 1", r"unknown key 'per_minute'"), (f"maintenance = {['Sun 22:00-06:00 UTC'] * 51}", "50 at most"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_its_line(lines: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=rf"tieout.toml, line \d+: .*{why}"):
        load(tmp_path, lines + "\n")


@pytest.mark.parametrize("line", ['maintenance = ["Sun 22:00-06:00 UTC"]', "per_second = 1", "per_day = 1"])
def test_of_what_is_asked_of_nobody_there_are_no_hours(line: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="nothing is asked of Bank statements"):
        load(tmp_path, "", bank=line)


def test_a_host_has_hours_and_no_pace(tmp_path: Path) -> None:
    system = '[systems.there]\nconnector = "smtp"\nhost = "mail.example.com"\nsender = "a@example.com"\n'
    load(tmp_path, system + 'maintenance = ["Sun 22:00-06:00 UTC"]\n')
    with pytest.raises(ProjectError, match="per_second"):
        load(tmp_path, system + "per_second = 1\n")


def test_what_a_form_writes_anew_keeps_them(tmp_path: Path) -> None:
    load(tmp_path, "")
    registry = discover()
    (tmp_path / "systems").mkdir()
    text = 'connector = "chargebee"\nurl = "https://x.chargebee.com"\nkey = "file:systems/secrets/sub.key"\n'
    (tmp_path / "systems" / "secrets").mkdir()
    (tmp_path / "systems" / "secrets" / "sub.key").write_text("k")
    lines = 'maintenance = ["Sun 22:00-06:00 Europe/Berlin"]\navailable = ["Mon-Sat 00:00-24:00 UTC"]\nper_second = 16.6\nper_day = 900\n'
    (tmp_path / "systems" / "sub.toml").write_text(text + lines)
    project = OpenProject(tmp_path)
    before = project.settings.systems["sub"]
    config, kind = _entered(project, "sub", "chargebee", {"url": "https://y.chargebee.com", "key": "k2"})
    for change in stage_system(tmp_path, config, kind):
        put(tmp_path, change)
    after = load_project(tmp_path, registry).systems["sub"]
    assert (after.hours, after.per_second, after.per_day) == (before.hours, before.per_second, before.per_day)
    assert after.text("url") == "https://y.chargebee.com"
    assert after == replace(before, values=after.values)


def test_within_a_window_nobody_gets_a_session_but_who_reads_what_is_here(tmp_path: Path) -> None:
    """By the project's clock; a push is understood all the same, and a change of the file holds at once."""
    load(tmp_path, 'maintenance = ["Sun 22:00-06:00 Europe/Berlin"]\n')
    (tmp_path / "clock").write_text("2026-12-06T21:30:00+00:00")
    project = OpenProject(tmp_path)
    words = r"^odoo waits for the window until 06:00 on 2026-12-07 \(maintenance, Europe/Berlin\)$"
    for ask in (project.session, project.writer_of, project.reader_of, project.pin):
        with pytest.raises(AwayError, match=words):
            ask("odoo")
    with pytest.raises(AwayError):
        pin_systems(project)
    assert project.away("odoo").startswith("odoo waits") and project.away("bank") == ""
    assert project.open_session("odoo") is not None and project.file_reader_of("bank") is not None
    hour = datetime(2026, 12, 6, 21, tzinfo=UTC), datetime(2026, 12, 6, 21, 30, tzinfo=UTC)
    assert project.closed_s("odoo", *hour) == 1800
    (tmp_path / "clock").write_text("2026-12-07T05:00:00+00:00")
    assert project.away("odoo") == ""
    (tmp_path / "clock").write_text("2026-12-06T21:30:00+00:00")
    load(tmp_path, "")
    project.look_now()
    assert project.away("odoo") == ""
