"""The header Retry-After: any text is a wait that is bounded; what the standard writes means what it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.connector_api.retry_after import LONGEST_S, http_date, retry_after_s, wait_asked

NOW = datetime(2026, 11, 28, 12, 30, 15, tzinfo=UTC)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def imf(at: datetime) -> str:
    return f"{DAYS[at.weekday()][:3]}, {at.day:02} {MONTHS[at.month - 1]} {at.year:04} {at:%H:%M:%S} GMT"


def rfc850(at: datetime) -> str:
    return f"{DAYS[at.weekday()]}, {at.day:02}-{MONTHS[at.month - 1]}-{at.year % 100:02} {at:%H:%M:%S} GMT"


def asctime(at: datetime) -> str:
    return f"{DAYS[at.weekday()][:3]} {MONTHS[at.month - 1]} {at.day:2} {at:%H:%M:%S} {at.year:04}"


@given(st.text(max_size=60) | st.from_regex(r"[0-9+\-.eE _]{0,400}") | st.none())
def test_whatever_it_says_is_a_wait_of_no_less_than_nothing_and_no_more_than_an_hour(
    text: str | None,
) -> None:
    asked = retry_after_s(text, NOW)
    assert asked is None or 0 <= asked <= LONGEST_S


@given(st.integers(0, 10**400))
def test_seconds_are_seconds_up_to_an_hour(seconds: int) -> None:
    assert retry_after_s(str(seconds), NOW) == min(seconds, 3600)


@given(st.integers(-(10**9), 10**9), st.sampled_from([imf, asctime]))
def test_a_date_is_the_time_until_then(ahead: int, form: object) -> None:
    assert callable(form)
    text = form(NOW + timedelta(seconds=ahead))
    assert retry_after_s(text, NOW) == min(max(ahead, 0), 3600)


@given(st.integers(-49 * 365 * 86400, 49 * 365 * 86400))
def test_a_year_of_two_digits_is_the_one_within_fifty_years(ahead: int) -> None:
    at = NOW + timedelta(seconds=ahead)
    assert http_date(rfc850(at), NOW) == at


@pytest.mark.parametrize("text", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                                  "Sun Nov  6 08:49:37 1994"])  # fmt: skip
def test_the_three_forms_of_the_standard_are_one_instant(text: str) -> None:
    assert http_date(text, NOW) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize("text", [None, "", "soon", "-5", "+5", "1e3", "5s", "nan", "inf", "٣", "1, 2", "1_0",
                                  "Sun, 31 Feb 2027 08:49:37 GMT", "Sun, 06 Nov 1994 28:49:37 GMT",
                                  "Sun, 06 Nov 1994 08:49:37 +0100", "Sun, 06 Nov 0000 08:49:37 GMT"])  # fmt: skip
def test_nonsense_asks_for_nothing(text: str | None) -> None:
    assert retry_after_s(text, NOW) is None


def test_a_leap_second_is_the_one_before_it() -> None:
    at = datetime(2026, 12, 31, 23, 59, 0, tzinfo=UTC)
    assert retry_after_s("Thu, 31 Dec 2026 23:59:60 GMT", at) == 59.0


def test_a_fraction_of_a_second_is_taken_as_shops_write_it() -> None:
    assert retry_after_s("2.0", NOW) == 2 and retry_after_s("0.5", NOW) == 0.5


def test_a_date_is_held_against_the_clock_that_wrote_it() -> None:
    far = datetime(2001, 1, 1, tzinfo=UTC)
    said = {"date": imf(far), "retry-after": imf(far + timedelta(seconds=90))}
    assert wait_asked(said) == 90 and wait_asked({}) is None
