"""A period as text: what is a month, and what only looks like one."""

from __future__ import annotations

import pytest

from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import month
from tieout.money import Period


def test_a_month_is_read_as_it_is_written() -> None:
    assert Period.parse("2026-10") == Period(2026, 10) and str(Period(2026, 10)) == "2026-10"


@pytest.mark.parametrize(
    "text", ["0000-01", "2026-13", "2026-1", " 2026-10", "2026-10\n", "٢٠٢٦-10", "2026-00", ""]
)
def test_what_only_looks_like_a_month_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is no period"):
        Period.parse(text)


@pytest.mark.parametrize("text", ["0000-01", "0001-01", "9999-12", "1969-12", "2200-01"])
def test_a_month_that_nobody_closes_is_refused_over_the_api(text: str) -> None:
    with pytest.raises(ProblemError) as refused:
        month(text)
    assert refused.value.status == 422
