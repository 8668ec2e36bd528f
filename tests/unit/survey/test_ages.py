"""What is open is counted by its age, each side for itself."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.connector_api.inventory import OpenThere
from tieout.survey.ages import ages, band_of

ON = date(2026, 10, 31)


def line(
    amount: str = "1.00", days: int = 0, kind: str = "receivable", key: int = 1, day: date = date(2020, 1, 1)
) -> OpenThere:
    value = Decimal(amount)
    return OpenThere(
        key, 1, kind, "1200", day, ON - timedelta(days=days), 7, "Acme", "INV/1", "EUR", value, value
    )


@pytest.mark.parametrize(
    ("days", "band"),
    [
        (-5, "not due"), (0, "not due"), (1, "1 to 30 days"), (30, "1 to 30 days"), (31, "31 to 60 days"), (60, "31 to 60 days"),
        (61, "61 to 90 days"), (90, "61 to 90 days"), (91, "91 to 365 days"), (365, "91 to 365 days"), (366, "over a year"),
    ],
)  # fmt: skip
def test_an_age_is_counted_from_the_due_date(days: int, band: str) -> None:
    assert band_of(line(days=days), ON) == band


def test_nobody_owes_what_stands_on_suspense_its_own_day_counts() -> None:
    assert band_of(line(kind="suspense", days=-90, day=ON - timedelta(days=45)), ON) == "31 to 60 days"


def test_what_one_owes_and_another_has_paid_ahead_is_not_nothing() -> None:
    (found,) = ages([line("100.00"), line("-100.00", key=2)], ON)
    assert (found.lines, found.debit, found.credit) == (2, Decimal(100), Decimal(100))


@given(
    st.lists(
        st.tuples(
            st.decimals(-10_000, 10_000, places=2),
            st.integers(-40, 800),
            st.sampled_from(["receivable", "payable", "suspense"]),
        )
    )
)
def test_no_line_and_no_cent_is_lost(given_lines: list[tuple[Decimal, int, str]]) -> None:
    lines = [line(str(a), d, k, key) for key, (a, d, k) in enumerate(given_lines)]
    found = ages(lines, ON)
    assert sum(f.lines for f in found) == len(lines)
    assert sum((f.debit - f.credit for f in found), Decimal(0)) == sum((x.open for x in lines), Decimal(0))
    assert all(f.debit >= 0 and f.credit >= 0 for f in found)
