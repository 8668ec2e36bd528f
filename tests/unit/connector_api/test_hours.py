"""Windows: read strictly, across midnight, over the days on which a clock is put forward or back, and for how long they keep closed.

Clocks of 2026 and 2027: Europe/Berlin goes forward on 2026-03-29 at 02:00 (01:00 UTC) and back on 2026-10-25 at 03:00 (01:00 UTC); America/New_York
forward on 2026-03-08 at 02:00 (07:00 UTC) and back on 2026-11-01 at 02:00 (06:00 UTC).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.connector_api import Hours, checked_hours, read_window


def at(text: str) -> datetime:
    """An instant of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def closed(*windows: str) -> Hours:
    return checked_hours(tuple(read_window(w) for w in windows), ())


def opened(*windows: str) -> Hours:
    return checked_hours((), tuple(read_window(w, once=False) for w in windows))


def until(hours: Hours, text: str) -> str:
    """Until when it is left alone, in UTC; "" where it may be asked."""
    away = hours.away(at(text))
    return away.until.astimezone(UTC).strftime("%m-%d %H:%M") if away else ""


SUNDAY = "Sun 22:00-06:00 Europe/Berlin"


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        # 6 December 2026 is a Sunday; Berlin is an hour ahead.
        ("2026-12-06T20:59:59", ""), ("2026-12-06T21:00", "12-07 05:00"), ("2026-12-06T23:30", "12-07 05:00"),
        ("2026-12-07T04:59:59", "12-07 05:00"), ("2026-12-07T05:00", ""), ("2026-12-07T21:30", ""), ("2026-12-05T22:00", ""),
        # In summer two hours.
        ("2026-07-05T20:00", "07-06 04:00"), ("2026-07-05T19:59", ""), ("2026-07-06T04:00", ""),
    ],
)  # fmt: skip
def test_a_window_across_midnight_is_of_the_day_on_which_it_begins(now: str, ends: str) -> None:
    assert until(closed(SUNDAY), now) == ends


@pytest.mark.parametrize(
    ("window", "now", "ends"),
    [
        # Berlin, back: 02:30 is twice. A maintenance ends with the second, available hours with the first.
        ("daily 01:00-02:30 Europe/Berlin", "2026-10-25T00:45", "10-25 01:30"),
        ("daily 01:00-02:30 Europe/Berlin", "2026-10-25T01:29", "10-25 01:30"),
        ("daily 01:00-02:30 Europe/Berlin", "2026-10-25T01:30", ""),
        # It begins with the first.
        ("daily 02:30-04:00 Europe/Berlin", "2026-10-25T00:29", ""),
        ("daily 02:30-04:00 Europe/Berlin", "2026-10-25T00:30", "10-25 03:00"),
        # Berlin, forward: 02:30 is not there; by the offset before it is 01:30 UTC, by the one after 00:30.
        ("daily 02:30-04:00 Europe/Berlin", "2026-03-29T00:30", "03-29 02:00"),
        ("daily 02:30-04:00 Europe/Berlin", "2026-03-29T00:29", ""),
        ("daily 01:00-02:30 Europe/Berlin", "2026-03-29T01:29", "03-29 01:30"),
        ("daily 01:00-02:30 Europe/Berlin", "2026-03-29T01:30", ""),
        # A night in which a clock is put back is an hour longer, one in which it is put forward an hour shorter.
        ("Sat 22:00-06:00 Europe/Berlin", "2026-10-24T20:00", "10-25 05:00"),
        ("Sat 22:00-06:00 Europe/Berlin", "2026-03-28T21:00", "03-29 04:00"),
        ("Sat 22:00-06:00 America/New_York", "2026-11-01T02:00", "11-01 11:00"),
        ("Sat 22:00-06:00 America/New_York", "2026-03-08T03:00", "03-08 10:00"),
        # New York, back: 01:30 is at 05:30 and at 06:30 UTC.
        ("daily 00:00-01:30 America/New_York", "2026-11-01T06:29", "11-01 06:30"),
        ("daily 01:30-02:00 America/New_York", "2026-11-01T05:30", "11-01 07:00"),
        # New York, forward: 02:30 is not there.
        ("daily 02:30-03:30 America/New_York", "2026-03-08T06:30", "03-08 07:30"),
        ("daily 02:30-03:30 America/New_York", "2026-03-08T06:29", ""),
    ],
)  # fmt: skip
def test_a_maintenance_is_the_longer_reading_where_a_clock_is_put_forward_or_back(
    window: str, now: str, ends: str
) -> None:
    assert until(closed(window), now) == ends


@pytest.mark.parametrize(
    ("window", "now", "begins"),
    [
        ("Mon-Fri 07:00-20:00 America/New_York", "2026-12-04T12:00", ""),
        ("Mon-Fri 07:00-20:00 America/New_York", "2026-12-04T11:59", "12-04 12:00"),
        # Friday evening until Monday morning.
        ("Mon-Fri 07:00-20:00 America/New_York", "2026-12-05T01:00", "12-07 12:00"),
        # Over the weekend on which the clock goes back Monday begins an hour later in UTC.
        ("Mon-Fri 07:00-20:00 America/New_York", "2026-10-31T12:00", "11-02 12:00"),
        ("Mon-Fri 07:00-20:00 America/New_York", "2026-10-24T12:00", "10-26 11:00"),
        # Available hours are the shorter reading: until the first 02:30, from the second on.
        ("daily 01:00-02:30 Europe/Berlin", "2026-10-25T00:29", ""),
        ("daily 01:00-02:30 Europe/Berlin", "2026-10-25T00:30", "10-26 00:00"),
        ("daily 02:30-06:00 Europe/Berlin", "2026-10-25T00:45", "10-25 01:30"),
        ("daily 02:30-06:00 Europe/Berlin", "2026-10-25T01:30", ""),
        # What lies within the hour that a clock leaves out is not there that day.
        ("Sun 02:10-02:50 Europe/Berlin", "2026-03-29T01:20", "04-05 00:10"),
        ("Sun 02:10-02:50 Europe/Berlin", "2026-03-28T12:00", "04-05 00:10"),
    ],
)  # fmt: skip
def test_hours_of_being_available_are_the_shorter_reading(window: str, now: str, begins: str) -> None:
    assert until(opened(window), now) == begins


def test_windows_that_follow_each_other_are_one() -> None:
    hours = closed("Sat 20:00-24:00 UTC", "Sun 00:00-24:00 UTC", "Mon 00:00-03:00 UTC")
    assert until(hours, "2026-12-05T21:00") == "12-07 03:00"
    both = checked_hours(
        (read_window("Mon 06:00-09:00 UTC"),), (read_window("Mon-Fri 07:00-20:00 UTC", once=False),)
    )
    # From Friday evening on: Monday at 7 it is in a maintenance still.
    assert until(both, "2026-12-04T21:00") == "12-07 09:00"
    assert until(both, "2026-12-07T09:00") == ""


def test_one_day_is_once() -> None:
    hours = closed("2026-12-05 20:00-04:00 Europe/Berlin")
    assert until(hours, "2026-12-05T19:00") == "12-06 03:00"
    assert until(hours, "2026-12-06T02:59") == "12-06 03:00"
    assert until(hours, "2026-12-12T19:00") == "" and until(hours, "2026-12-04T19:00") == ""


@pytest.mark.parametrize(
    ("days", "found"),
    [("daily", "0123456"), ("Mon", "0"), ("Mon-Fri", "01234"), ("Sat,Sun", "56"), ("Fri-Mon", "4560"), ("Sun,Tue-Wed", "612")],
)  # fmt: skip
def test_days_are_named_and_spans_go_over_the_end_of_the_week(days: str, found: str) -> None:
    assert read_window(f"{days} 01:00-02:00 UTC").days == {int(x) for x in found}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no window"), ("Sun 22:00-06:00", "is no window"), ("Sun 22-06 UTC", "is no window"), ("sun 22:00-06:00 UTC", "days are"),
        ("Sunday 22:00-06:00 UTC", "days are"), ("Mon-Xyz 22:00-06:00 UTC", "days are"), ("Mon, Tue 22:00-06:00 UTC", "is no window"),
        ("Mon- 22:00-06:00 UTC", "days are"), ("Sun 24:00-06:00 UTC", "is no window"), ("Sun 22:00-25:00 UTC", "is no window"),
        ("Sun 22:00-24:01 UTC", "is no window"), ("Sun 22:60-23:00 UTC", "is no window"), ("Sun 9:00-10:00 UTC", "is no window"),
        ("Sun 22:00-22:00 UTC", "a whole day is 00:00-24:00"), ("Sun 22:00-06:00 CET5", "no time zone"),
        ("Sun 22:00-06:00 ../../etc/passwd", "no time zone"), ("2026-02-30 22:00-23:00 UTC", "there is no day"),
        ("2026-2-3 22:00-23:00 UTC", "days are"), ("Sun 22:00-06:00 UTC ", "is no window"), ("Sun  22:00-06:00 UTC", "is no window"),
        ("\u0663 22:00-06:00 UTC", "days are"), ("Sun \u0662\u0662:00-06:00 UTC", "is no window"),
    ],
)  # fmt: skip
def test_what_is_no_window_is_refused_with_what_was_expected(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_window(text)


def test_hours_of_being_available_are_of_weekdays() -> None:
    with pytest.raises(ValueError, match="not of one day"):
        read_window("2026-12-05 20:00-24:00 UTC", once=False)


@pytest.mark.parametrize(
    ("maintenance", "available"),
    [(["daily 00:00-24:00 UTC"], []), (["Mon-Fri 06:00-21:00 UTC"], ["Mon-Fri 07:00-20:00 UTC"]), (["Mon-Sat 00:00-24:00 UTC", "Sun 00:00-24:00 UTC"], [])],
)  # fmt: skip
def test_hours_that_leave_no_moment_are_refused(maintenance: list[str], available: list[str]) -> None:
    with pytest.raises(ValueError, match="no moment of the week"):
        checked_hours(
            tuple(map(read_window, maintenance)), tuple(read_window(x, once=False) for x in available)
        )


def test_a_maintenance_of_one_whole_week_by_its_days_is_no_fault() -> None:
    windows = tuple(read_window(f"2026-12-{day:02} 00:00-24:00 UTC") for day in range(1, 20))
    assert until(checked_hours(windows, ()), "2026-12-03T12:00") == "12-20 00:00"


def test_it_is_said_until_when_and_why() -> None:
    away = closed(SUNDAY).away(at("2026-12-06T23:30"))
    assert away is not None
    assert (
        away.words(at("2026-12-06T23:30")) == "waits for the window until 06:00 (maintenance, Europe/Berlin)"
    )
    assert (
        away.words(at("2026-12-06T21:30"))
        == "waits for the window until 06:00 on 2026-12-07 (maintenance, Europe/Berlin)"
    )
    away = opened("Mon-Fri 07:00-20:00 UTC").away(at("2026-12-06T21:30"))
    assert away is not None
    assert away.words(at("2026-12-06T21:30")).endswith("07:00 on 2026-12-07 (outside of its hours, UTC)")


@pytest.mark.parametrize(
    ("since", "til", "hours"),
    [
        ("2026-12-06T12:00", "2026-12-06T20:00", 0), ("2026-12-06T12:00", "2026-12-06T22:00", 1), ("2026-12-06T22:00", "2026-12-06T23:00", 1),
        ("2026-12-06T12:00", "2026-12-07T12:00", 8), ("2026-12-07T04:00", "2026-12-14T00:00", 1 + 3), ("2026-12-07T12:00", "2026-12-07T12:00", 0),
        # Of the last 31 days, in which are five Sundays.
        ("2025-01-01T00:00", "2026-12-07T12:00", 5 * 8), ("2026-12-07T12:00", "2026-12-06T12:00", 0),
    ],
)  # fmt: skip
def test_for_how_long_it_was_left_alone(since: str, til: str, hours: int) -> None:
    assert closed(SUNDAY).closed_s(at(since), at(til)) == hours * 3600
    assert Hours().closed_s(at(since), at(til)) == 0


_TIMES = st.integers(0, 23 * 60 + 59)
_ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu", "America/St_Johns"]
)
_INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda x: x.replace(tzinfo=UTC))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["daily", "Sun", "Mon-Fri", "Sat-Mon"]), _TIMES, _TIMES, _ZONES, _INSTANTS, st.booleans()
)
def test_whatever_a_window_is_it_ends_and_is_what_the_clock_on_the_wall_says(
    days: str, begins: int, ends: int, zone: str, now: datetime, is_maintenance: bool
) -> None:
    """Away from the days on which a clock changes: inside by the wall clock is inside. On those days: what is in doubt is closed."""
    if begins == ends:
        return
    text = f"{days} {begins // 60:02}:{begins % 60:02}-{ends // 60:02}:{ends % 60:02} {zone}"
    window = read_window(text)
    hours = Hours((window,), ()) if is_maintenance else Hours((), (window,))
    away = hours.away(now)
    local = now.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    day = local.date() if begins < ends or minute >= begins else local.date() - timedelta(days=1)
    inside = day.weekday() in window.days and (
        begins <= minute < ends if begins < ends else (minute >= begins or minute < ends)
    )
    nearby = {(now + timedelta(hours=h)).astimezone(ZoneInfo(zone)).utcoffset() for h in range(-30, 31, 6)}
    if len(nearby) == 1:
        assert (away is not None) is (inside is is_maintenance)
    elif (is_maintenance and inside) or (not is_maintenance and not inside):
        assert away is not None
    if away is not None:
        assert now < away.until <= now + timedelta(days=22)
        assert hours.away(away.until) is None
