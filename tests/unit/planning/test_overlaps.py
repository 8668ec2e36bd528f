"""What one statement tells again of another: by the balance at which it begins, and its lines from there on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tieout.documents import Statement, StatementLine, line_key
from tieout.money import Amount
from tieout.planning.overlaps import Overlap, Telling, overlap, rest_of, told_of

DAY = date(2026, 10, 5)
AT = datetime(2026, 10, 5, 12, tzinfo=UTC)


def telling(name: str, opening: str, *lines: str) -> Telling:
    """Lines such as "-3 COFFEE"."""
    moved = [(Decimal(amount), text) for amount, _, text in (x.partition(" ") for x in lines)]
    closing = Decimal(opening) + sum((a for a, _ in moved), Decimal(0))
    frame = Statement(
        key=name, occurred_at=AT, currency="EUR", account="A", statement_id=name, sequence="", from_on=DAY, to_on=DAY,
        opening=Amount(Decimal(opening), "EUR"), closing=Amount(closing, "EUR"), line_count=len(lines),
    )  # fmt: skip
    made = tuple(
        StatementLine(
            key=line_key(name, n),
            occurred_at=AT,
            currency="EUR",
            account="ACCOUNT",
            booked_on=DAY,
            value_on=DAY,
            amount=Amount(amount, "EUR"),
            remittance=text,
        )
        for n, (amount, text) in enumerate(moved, 1)
    )
    return Telling(frame, made)


NOON = telling("NOON", "100", "5 A", "-3 B")
Found = tuple[list[str], bool, bool] | None


def found(said: Telling, known: Telling, *others: tuple[str, str]) -> Found:
    """(the words of what both tell, against, mingled)"""
    it = overlap(said, known, [(Decimal(a), Decimal(b)) for a, b in others])
    if it is None:
        return None
    words = [str(t) for x in it.told.elements() for t in x if t in ("A", "B", "C")]
    return sorted(words), it.against, it.mingled


@pytest.mark.parametrize(("lines", "opening", "expected"), [
    # More, and less, than noon.
    (("5 A", "-3 B", "1 C"), "100", (["A", "B"], False, False)),
    (("5 A",), "100", (["A"], False, False)),
    # Within the stretch that noon tells, and beyond it.
    (("-3 B", "1 C"), "105", (["B"], False, False)),
    # What leads to where noon begins, and through it.
    (("7 C", "5 A"), "93", (["A"], False, False)),
    # In another order of the day.
    (("-3 B", "5 A", "1 C"), "100", (["A", "B"], False, False)),
    # In other words.
    (("5 A", "-3 X", "1 C"), "100", (["A"], True, True)),
    (("5 X", "-3 Y"), "100", ([], True, False)),
    (("7 C",), "100", ([], True, False)),
    # Another stretch.
    (("1 C",), "102", None),
    (("5 A", "-3 B"), "200", None),
    (("5 A", "1 C"), "94", None),
])  # fmt: skip
def test_what_is_told_again(lines: tuple[str, ...], opening: str, expected: Found) -> None:
    said = telling("SAID", opening, *lines)
    assert found(said, NOON) == expected
    assert found(NOON, said) == expected


def test_an_account_that_came_back_may_have_equal_lines() -> None:
    again, other = telling("SAID", "100", "5 A"), telling("SAID", "100", "9 C")
    way = (("102", "90"), ("90", "100"))
    assert found(again, NOON, *way) == ([], True, True)
    assert found(other, NOON, *way) is None and found(other, NOON, ("102", "90")) == ([], True, False)


def test_what_carries_on_at_once_is_another_stretch() -> None:
    assert found(telling("SAID", "102", "5 A"), NOON) is None
    nothing = telling("NOTHING", "100", "5 A", "-5 B")
    assert found(telling("SAID", "100", "7 C"), nothing) is None
    # Lines that come to nothing may be told again by what begins there.
    assert found(telling("SAID", "100", "5 A"), nothing) == ([], True, True)


def test_one_without_lines_tells_of_nothing() -> None:
    assert found(telling("SAID", "100"), NOON) is None and found(NOON, telling("SAID", "100")) is None


def test_of_equal_lines_as_many_are_told_as_others_told() -> None:
    coffees = telling("SAID", "100", "-3 A", "-3 A", "-3 A")
    told = told_of(coffees.lines[:2])
    assert rest_of(coffees.lines, [Overlap(told)]) == ([2], [0, 1]) and told.total() == 2
    assert overlap(coffees, telling("K", "100", "-3 A", "-3 A"), ()) == Overlap(told)
