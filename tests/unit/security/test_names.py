"""Names as they are compared: what folds, what only looks alike, what is two people."""

from __future__ import annotations

import pytest

from tieout.security import fold_name, look_of
from tieout.security.names import _IGNORABLE


@pytest.mark.parametrize(
    "other",
    [
        "MIA@CO.example",
        "mia@co.example.",
        "Carl <mia@co.example>",
        "mailto:mia@co.example",
        "ｍｉａ@co.example",
        "m\u200bia@co.example",
    ],
)
def test_one_address_however_it_is_written(other: str) -> None:
    assert fold_name(other) == fold_name("mia@co.example")


def test_a_host_is_its_letters() -> None:
    assert fold_name("a@xn--mller-kva.example") == fold_name("a@müller.example")


@pytest.mark.parametrize("other", ["mi\u0430", "rnia", "m.ia", "MI-A"])
def test_what_looks_alike_is_of_one_look_and_not_one_name(other: str) -> None:
    assert look_of(other) == look_of("mia") and fold_name(other) != "mia"


def test_two_people_are_two() -> None:
    assert (
        len(
            {
                look_of(n)
                for n in ("mia", "mira", "max", "müller", "muller", "ann@co.example", "ann@other.example")
            }
        )
        == 7
    )


def test_what_is_ignored_is_as_many_as_unicode_counts() -> None:
    assert sum(last - first + 1 for first, last in _IGNORABLE) == 4174
