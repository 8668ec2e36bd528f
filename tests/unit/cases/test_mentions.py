"""Whom a comment names."""

from __future__ import annotations

import pytest

from tests.unit.cases.test_owners import AUTHORITY
from tieout.cases import MentionError, mentioned, mentions


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@anna look at this", ("anna",)),
        ("ask @anna, @cora.", ("anna", "cora")),
        ("(@anna) @Anna @anna-", ("anna", "Anna")),
        ("@anna.meyer: yes", ("anna.meyer",)),
        ("write to anna@co.example or ap+x@co.example", ()),
        ("10 @ 12.50, @12 o'clock, @", ()),
        ("@@anna", ()),
        ("@" * 2000, ()),
        ("é@anna", ()),
        ("\n@zoë", ("zoë",)),
    ],
)
def test_a_name_stands_after_an_at_that_begins_a_word(text: str, names: tuple[str, ...]) -> None:
    assert mentions(text) == names


def test_whoever_may_see_the_case_is_named_each_once() -> None:
    assert mentioned(AUTHORITY, "@anna @ANNA @vera", "DE") == ("anna", "vera")
    assert mentioned(AUTHORITY, "nobody", "DE") == ()


@pytest.mark.parametrize("name", ["alice", "gone", "robot", "stranger"])
def test_a_name_of_nobody_who_may_see_it_is_refused_and_tells_no_more(name: str) -> None:
    with pytest.raises(MentionError) as refused:
        mentioned(AUTHORITY, f"@{name}: look", "DE")
    assert str(refused.value).startswith(
        f"@{name} is nobody who may see cases of DE, so it would tell nobody: anna, cora, vera;"
    )
    with pytest.raises(MentionError):
        mentioned(AUTHORITY, "@anna", "US")
