"""When a month was done is told by when its entries were made, in the company's own days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.unit.survey.test_feeders import entry
from tieout.survey.feeders import feeders_of
from tieout.survey.months import last_day, month_ends, volumes

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_the_last_entry_of_a_month_says_how_long_it_took() -> None:
    made = [
        datetime(2026, 10, 20, tzinfo=UTC),
        datetime(2026, 11, 3, tzinfo=UTC),
        datetime(2026, 11, 12, tzinfo=UTC),
    ]
    (october,) = month_ends([entry(day=date(2026, 10, 20), made_at=at) for at in made], NOW, ZoneInfo("UTC"))
    assert (october.month, october.entries, october.after, october.days, october.over) == (
        "2026-10",
        3,
        2,
        12,
        True,
    )


def test_a_single_late_one_is_not_most_of_them() -> None:
    early = [entry(day=date(2026, 10, 9), made_at=datetime(2026, 10, 9, tzinfo=UTC)) for _ in range(19)]
    late = entry(day=date(2026, 10, 9), made_at=datetime(2026, 11, 9, tzinfo=UTC))
    (october,) = month_ends([*early, late], NOW, ZoneInfo("UTC"))
    assert (october.days, october.most_days) == (9, 0)
    (october,) = month_ends([*early[:18], late, late], NOW, ZoneInfo("UTC"))
    assert (october.days, october.most_days) == (9, 9)


def test_days_begin_where_the_company_is() -> None:
    at = datetime(2026, 11, 1, 3, tzinfo=UTC)
    of = [entry(day=date(2026, 10, 31), made_at=at)]
    assert month_ends(of, NOW, ZoneInfo("America/New_York"))[0].days == 0
    assert month_ends(of, NOW, ZoneInfo("Europe/Berlin"))[0].days == 1


def test_a_month_that_goes_on_is_not_over() -> None:
    at = datetime(2026, 10, 31, 22, tzinfo=UTC)
    of = [entry(day=date(2026, 10, 31), made_at=at)]
    assert not month_ends(of, at, ZoneInfo("UTC"))[0].over
    assert month_ends(of, at.replace(hour=23, minute=30), ZoneInfo("Europe/Berlin"))[0].over


def test_volumes_are_counted_by_month_and_kind_the_newest_first() -> None:
    entries = [
        entry(amount=Decimal("10.10")),
        entry(amount=Decimal("0.90"), external_id="mod.x"),
        entry(day=date(2026, 11, 2), kind="entry", amount=Decimal(5)),
        entry(day=date(2026, 11, 2), kind="in_invoice", amount=Decimal(6)),
    ]
    found = volumes(entries, feeders_of(entries))
    assert [(v.month, v.kind, v.entries, v.by_hand, v.amount) for v in found] == [
        ("2026-11", "entry", 1, 1, Decimal(5)),
        ("2026-11", "in_invoice", 1, 1, Decimal(6)),
        ("2026-10", "out_invoice", 2, 1, Decimal("11.00")),
    ]


def test_a_month_ends_on_its_last_day() -> None:
    assert [last_day(m).day for m in ("2026-02", "2028-02", "2026-04", "2026-12")] == [28, 29, 30, 31]
