"""Business days, tasks, the critical path, calendar.toml, runbooks: pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tieout.close import FINAL, Task, forecast, tasks_of
from tieout.close.runbooks import runbook
from tieout.money import Period
from tieout.money.calendar import BusinessCalendar
from tieout.operations.discover import discover
from tieout.rules import CloseRules, Entity, EntityClose, Interface, ManualTask, Mapping, MappingRow, Release
from tieout.settings import ProjectError
from tieout.settings.calendar import read_calendar

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_business_days_leave_out_weekends_and_holidays() -> None:
    german, target = BusinessCalendar(country="DE"), BusinessCalendar(market="XECB")
    assert not german.is_open(date(2026, 10, 3)) and not target.is_open(date(2026, 12, 25))
    # 1 May 2026 is a Friday: a holiday in Germany and of TARGET.
    assert (
        german.following(date(2026, 4, 30), 1) == target.following(date(2026, 4, 30), 1) == date(2026, 5, 4)
    )
    assert BusinessCalendar().following(date(2026, 4, 30), 1) == date(2026, 5, 1)
    assert german.between(date(2026, 4, 30), date(2026, 5, 5)) == 2
    with pytest.raises(ValueError):
        BusinessCalendar(country="XX").check()


@settings(max_examples=examples(60), deadline=None)
@given(start=st.dates(date(2024, 1, 1), date(2028, 12, 31)), days=st.integers(0, 30))
def test_counting_forward_and_back_agree(start: date, days: int) -> None:
    calendar = BusinessCalendar(country="US", market="XNYS")
    end = calendar.following(start, days)
    assert calendar.between(start, end) == days and (not days or calendar.is_open(end))


def release(*, entities: int = 1, rules: CloseRules | None = None) -> Release:
    books = {c: Entity(c, c, "USD", "America/New_York", "odoo") for c in ("US", "DE")[:entities]}
    roles = tuple(MappingRow(k, "1") for k in ("bank.X", "clearing.stripe.USD"))
    interfaces = {
        "shop": Interface("shop", "s", "US", ("orders",), "sales", ""),
        "news": Interface("news", "s", "US", ("orders",), "sales", "", close_critical=False),
    }
    return Release(
        "x", books, interfaces, {"accounts": Mapping("accounts", roles)}, (), rules or CloseRules()
    )


def test_an_entity_has_the_tasks_that_it_needs_each_after_what_it_needs() -> None:
    tasks = {t.name: t for t in tasks_of(release(), "US", Period(2026, 10))}
    assert list(tasks) == ["complete: shop", "bank reconciled", "clearing explained", "late events decided",
                           "ledger is ours", "accounts itemised", "accounts certified", "cases decided",
                           "waivers decided", "books locked", FINAL]  # fmt: skip
    assert "intercompany nets" in {t.name for t in tasks_of(release(entities=2), "US", Period(2026, 10))}
    assert tasks[FINAL].after == tuple(tasks)[:-1] and tasks["books locked"].after == (
        "cases decided",
        "waivers decided",
        "ledger is ours",
        "accounts itemised",
    )
    # Five business days after 31 October, at six in the evening in New York; what it waits for, earlier.
    assert tasks[FINAL].due_at.isoformat() == "2026-11-06T18:00:00-05:00"
    due = {name: t.due_at.day for name, t in tasks.items()}
    assert due == dict.fromkeys(tasks, 4) | {"complete: shop": 3} | dict.fromkeys(
        ("accounts certified", "cases decided", "waivers decided"), 5
    ) | {"books locked": 6, FINAL: 6}  # fmt: skip


def test_nothing_is_due_after_the_close_itself() -> None:
    tasks = tasks_of(release(rules=CloseRules({"US": EntityClose(business_day=1)})), "US", Period(2026, 10))
    assert {t.due_at.date() for t in tasks} == {date(2026, 11, 2)}


def test_people_have_tasks_of_their_own() -> None:
    manual = ManualTask("accruals reviewed", "US", "mia", 2, ("complete: shop",), 45)
    other = ManualTask("of another entity", "DE", "ute", 2, (), 45)
    rules = CloseRules({"US": EntityClose(business_day=3)}, (manual, other))
    tasks = {t.name: t for t in tasks_of(release(rules=rules), "US", Period(2026, 10))}
    assert tasks["accruals reviewed"].minutes == 45 and "accruals reviewed" in tasks[FINAL].after
    assert other.name not in tasks
    assert tasks[FINAL].due_at.date() == date(2026, 11, 4)


def task(name: str, minutes: int, *after: str) -> Task:
    return Task(name=name, entity="US", owner="o", due_at=NOW, after=after, minutes=minutes)


def test_the_critical_path_decides_when_it_is_closed() -> None:
    tasks = [task("a", 10), task("b", 60, "a"), task("c", 5, "a"), task("z", 1, "b", "c")]
    ends, path = forecast(tasks, {}, NOW)
    assert path == ("a", "b", "z") and ends["z"] == NOW + timedelta(minutes=71)
    ends, path = forecast(tasks, {"a": NOW - timedelta(hours=1), "b": NOW - timedelta(minutes=5)}, NOW)
    assert path == ("c", "z") and ends["z"] == NOW + timedelta(minutes=6)
    assert forecast(tasks, dict.fromkeys("abcz", NOW), NOW)[1] == ()


def test_tasks_in_a_ring_or_after_nothing_that_is_there_still_end() -> None:
    ends, _ = forecast([task("a", 10, "b"), task("b", 10, "a", "nowhere")], {}, NOW)
    assert max(ends.values()) == NOW + timedelta(minutes=20)


def written(folder: Path, text: str) -> CloseRules:
    (folder / "calendar.toml").write_text(text)
    return read_calendar(folder, {"US": ""})


def test_calendar_toml_says_how_an_entity_closes(tmp_path: Path) -> None:
    assert read_calendar(tmp_path, {"US": ""}) == CloseRules()
    rules = written(
        tmp_path,
        '[entities.US]\ncountry = "US"\nmarket = "XNYS"\nbusiness_day = 3\nat = "12:30"\ncase_limit = "50.00"\n'
        'sign_role = "cfo"\n[[tasks]]\nname = "t"\nentity = "US"\nafter = ["x"]\nminutes = 5\n',
    )
    assert rules.of("US").business_day == 3 and str(rules.of("US").case_limit) == "50.00"
    assert (
        rules.of("US").sign_role == "cfo" and rules.tasks[0].minutes == 5 and rules.of("DE") == EntityClose()
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[entities.XX]", "no entity is named"), ('[entities.US]\ncountry = "QQ"', "QQ"),
        ('[entities.US]\nat = "25:00"', "no time"), ("[entities.US]\ncase_limit = 5.0", "case_limit = 5.0: an amount in quotes"),
        ("[entities.US]\nbusiness_day = 0", "1 to 60"), ("[entities.US]\nholidays = 1", "holidays"),
        ('[[tasks]]\nentity = "US"', "name"), ('[[tasks]]\nname = "t"\nentity = "DE"', "no entity"),
        ('[[tasks]]\nname = "t"\nentity = "US"\n[[tasks]]\nname = "t"\nentity = "US"', "twice"),
        ('[[tasks]]\nname = "t"\nentity = "US"\nminutes = "5"', "number"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_calendar_toml_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ProjectError, match=said):
        written(tmp_path, text)


def test_every_connectors_interface_has_a_runbook() -> None:
    entity = Entity("US", "Northwind", "USD", "UTC", "odoo_us")
    for name, connector in discover().by_name.items():
        if connector.streams:
            interface = Interface(
                "i", name, "US", tuple(s.name for s in connector.streams), "ada", "p", late_events="case"
            )
            text = runbook(interface, connector, entity, watched="file" in connector.can)
            assert (
                f"## {name} is down" in text and "## odoo_us is down" in text and "## Tieout is down" in text
            )
            assert "Owner: ada" in text and "late_event" in text and "1. " in text
