"""What somebody typed, as questions."""

from __future__ import annotations

import pytest

from tieout.finding.asking import asked, asked_case, readings


def test_nothing_is_asked_of_nothing() -> None:
    assert asked("") is asked("   ") is asked("— · !") is None


def test_a_number_is_what_something_is_called_sooner_than_what_it_comes_to() -> None:
    found = asked("1042")
    assert found is not None
    assert found.called == "(('1042':A))"
    assert "'=1042'" in found.exact and "'#1042'" in found.exact and "'1042':*" in found.begins


def test_every_word_must_fit() -> None:
    found = asked("payout 1.234,56 eur")
    assert found is not None
    assert found.exact.count(") & (") >= 2
    for part in ("':payout'", "'=1234.56'", "'$eur'"):
        assert part in found.exact


def test_a_kind_by_itself_is_a_word() -> None:
    found = asked("payout")
    assert found is not None and ":payout" not in found.exact


def test_of_several_parts_only_the_last_is_a_beginning() -> None:
    found = asked("INV-0047")
    assert found is not None
    assert "'inv0047':*" in found.begins and "'inv':*" not in found.begins and "'0047':*" in found.begins


def test_what_is_short_is_no_beginning() -> None:
    found = asked("po")
    assert found is not None and ":*" not in found.begins


def test_a_whole_account_is_its_end_alone() -> None:
    found = readings("DE89 3704 0044 0532 0130 00")[0]
    assert found.exact == found.called == found.begins == "('#3000')"


def test_words_between_are_left_out_unless_they_are_all() -> None:
    assert asked("invoice from acme") == asked("invoice acme")
    assert asked("the") is not None


@pytest.mark.parametrize(
    ("typed", "number"),
    [("12", 12), ("case 12", 12), ("#12", 12), ("case", None), ("12 13", None), ("1" * 10, None)],
)
def test_the_number_of_a_case(typed: str, number: int | None) -> None:
    assert asked_case(typed) == number


def test_what_may_be_read_in_two_ways_is_read_in_both() -> None:
    thousand, name = readings("Harbor 1 397,52")
    assert "'=1397.52'" in thousand.exact and "'=397.52'" in name.exact
    assert len(readings("12 Oct 2026 667.27")) == 1
