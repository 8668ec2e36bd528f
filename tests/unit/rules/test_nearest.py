"""What somebody may have meant by a name that is not known."""

from __future__ import annotations

import pytest

from tieout.rules.nearest import nearest

CHART = ["400000", "400100", "400200", "450000", "621000", "642100", "612000", "962000"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [("40000", "400000"), ("400O00", "400000"), ("400001", "400000"), ("62100", "621000"), (" 621000 ", "621000")],
)  # fmt: skip
def test_the_fewest_letters_apart_come_first_then_the_longest_common_beginning(
    typed: str, first: str
) -> None:
    found = nearest(typed, CHART)
    assert found[0] == first and len(found) <= 3


def test_what_is_too_far_was_not_meant() -> None:
    assert nearest("7", CHART) == [] and nearest("zzzz", CHART) == [] and nearest("x", []) == []
    assert nearest("misk", ["MISC", "BNKU", "INV"]) == ["MISC"]
    assert nearest("ab", ["xy"]) == []


def test_no_more_are_named_than_are_asked_for() -> None:
    assert nearest("400000", CHART, 1) == ["400000"] and len(nearest("400000", CHART, 2)) == 2
