"""When a digest is due: at its hour where its reader is, on whatever day the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.notifying.hours import end_of_day, next_digest, zone_of
from tieout.notifying.model import MOST_TRIES, ChoiceError, NoticePace, wait_after

BERLIN = zone_of("Europe/Berlin")
ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu", "UTC", "Pacific/Apia")
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("pace", "hour", "after", "due"),
    [
        (NoticePace.DAILY, 8, "2026-10-20T05:59:59Z", "2026-10-20T06:00:00Z"),
        (NoticePace.DAILY, 8, "2026-10-20T06:00:00Z", "2026-10-21T06:00:00Z"),
        # The clocks go back on the 25th: 8 o'clock is an hour later by UTC.
        (NoticePace.DAILY, 8, "2026-10-24T12:00:00Z", "2026-10-25T07:00:00Z"),
        # 2:30 is there twice on that day, the first counts; 2 o'clock is skipped on 29 March 2026.
        (NoticePace.DAILY, 2, "2026-10-24T12:00:00Z", "2026-10-25T00:00:00Z"),
        (NoticePace.DAILY, 2, "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"),
        # Tuesday the 20th: the next Monday is the 26th.
        (NoticePace.WEEKLY, 8, "2026-10-20T05:00:00Z", "2026-10-26T07:00:00Z"),
    ],
)
def test_it_is_due_at_its_hour(pace: NoticePace, hour: int, after: str, due: str) -> None:
    assert next_digest(pace, hour, 1, BERLIN, at(after)) == at(due)


def test_without_a_digest_none_is_due() -> None:
    assert next_digest(NoticePace.NONE, 8, 1, BERLIN, at("2026-10-20T05:00:00Z")) is None
    assert next_digest(NoticePace.AT_ONCE, 8, 1, BERLIN, at("2026-10-20T05:00:00Z")) is None


@given(INSTANTS, st.integers(0, 23), st.sampled_from(ZONES))
def test_it_is_later_within_a_day_and_at_that_hour_or_the_one_after_a_skipped_one(
    now: datetime, hour: int, name: str
) -> None:
    zone = zone_of(name)
    due = next_digest(NoticePace.DAILY, hour, 1, zone, now)
    assert due is not None and now < due <= now + timedelta(hours=25)
    local = due.astimezone(zone)
    assert (local.hour, local.minute) in ((hour, 0), (hour + 1, 0)) and end_of_day(zone, now) > now


@given(INSTANTS, st.integers(0, 23), st.integers(1, 7), st.sampled_from(ZONES))
def test_a_weekly_one_is_on_its_day_within_a_week(now: datetime, hour: int, day: int, name: str) -> None:
    due = next_digest(NoticePace.WEEKLY, hour, day, zone_of(name), now)
    assert due is not None and now < due <= now + timedelta(days=7, hours=1)
    assert due.astimezone(zone_of(name)).isoweekday() == day


@pytest.mark.parametrize(
    "name", ["", "Berlin", "../../etc/passwd", "Europe/Nowhere", "x" * 300, "Europe/\x00"]
)
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ChoiceError, match="no time zone"):
        zone_of(name)


def test_tries_are_further_and_further_apart() -> None:
    waits = [wait_after(n) for n in range(1, MOST_TRIES + 1)]
    assert waits[0] == timedelta(minutes=1) and waits == sorted(waits) and max(waits) == timedelta(hours=1)
    assert wait_after(10_000) == timedelta(hours=1)
