"""The end of a vendor's version is warned of in time."""

from __future__ import annotations

from datetime import date

import pytest

from tieout.connector_api import ApiVersion, version_warning

_ENDS = date(2027, 7, 1)


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2027, 4, 1), ""),
        (date(2027, 4, 2), "ends on 2027-07-01, in 90 days: install"),
        (date(2027, 6, 30), "ends on 2027-07-01, in 1 days: install"),
        (date(2027, 7, 1), "ended on 2027-07-01: the vendor may answer"),
        (date(2028, 1, 1), "ended on 2027-07-01"),
    ],
)
def test_it_is_warned_of_from_90_days_before(today: date, said: str) -> None:
    warning = version_warning(ApiVersion("2026-07", "a changelog", _ENDS), today)
    assert bool(warning) is bool(said) and said in warning
    assert not warning or warning.startswith("version 2026-07 ")


def test_a_version_without_an_end_is_none() -> None:
    assert version_warning(ApiVersion("v2", "a page"), date(2099, 1, 1)) == ""
