"""Statements that carry on leave no gap in whatever order they come; one that is missing leaves exactly its own."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tieout.proofs.continuity import Frame, gaps, in_order

FIRST = date(2026, 12, 20)


def chain(currency: str, moves: list[tuple[int, int]], numbering: str) -> list[Frame]:
    """Statements of one account: `moves` are (days since the last one, cents that it adds)."""
    found, day, balance, numbers = [], FIRST, Decimal(100), 0
    for number, (days, cents) in enumerate(moves, 1):
        on = day + timedelta(days=days)
        numbers = 1 if on.year != day.year else numbers + 1
        day = on
        said = {"number": str(numbers), "page": f"{1 + numbers // 7}/{1 + numbers % 7}", "none": ""}[
            numbering
        ]
        closing = balance + Decimal(cents) / 100
        found.append(
            Frame(interface="bank", entity="X", account="DE02", currency=currency, document_id=number,
                  source_key=f"{number * 389 % 997:03}-{number}", sequence=said, from_on=day, to_on=day,
                  opening=balance, closing=closing)
        )  # fmt: skip
        balance = closing
    return found


MOVES = st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 3]), st.integers(-3, 3)), min_size=1, max_size=25)
NUMBERINGS = st.sampled_from(["number", "page", "none"])


@given(MOVES, MOVES, NUMBERINGS, NUMBERINGS, st.randoms(use_true_random=False))
def test_what_carries_on_has_no_gap_in_any_order_and_currencies_are_told_apart(
    dollars: Any, euros: Any, first: str, second: str, random: Any
) -> None:
    frames = chain("USD", dollars, first) + chain("EUR", euros, second)
    random.shuffle(frames)
    assert gaps(frames) == []


@given(MOVES, st.sampled_from(["number", "page"]), st.data())
def test_a_statement_that_is_missing_leaves_its_own_gap_and_no_other(
    moves: Any, numbering: str, data: Any
) -> None:
    frames = chain("USD", [*moves, (1, 1)], numbering)
    if len(frames) < 3:
        return
    missing = data.draw(st.integers(1, len(frames) - 2))
    gone = frames[missing]
    expected = [] if gone.opening == gone.closing else [(frames[missing - 1], frames[missing + 1])]
    others = chain("EUR", moves, numbering)
    assert gaps([*others, *frames[missing + 1 :], *frames[:missing]]) == expected


@given(MOVES, st.randoms(use_true_random=False))
def test_no_statement_is_lost_in_putting_them_in_order(moves: Any, random: Any) -> None:
    frames = chain("USD", moves, "none")
    kept = [f for f in frames if random.random() < 0.7]
    random.shuffle(kept)
    ordered = in_order(kept)
    assert sorted(f.document_id for f in ordered) == sorted(f.document_id for f in kept)
    assert [f.to_on for f in ordered] == sorted(f.to_on for f in kept)


def test_nine_comes_before_ten() -> None:
    frames = chain("USD", [(0, 1)] * 11, "number")
    assert [f.sequence for f in in_order(reversed(frames))] == [str(n) for n in range(1, 12)]


def test_a_first_day_that_ends_where_it_began_carries_on() -> None:
    """Up by a cent and down again, without numbers: whichever is sorted first, the day ends where the next begins."""
    day = chain("USD", [(0, 1), (0, -1), (1, 0)], "none")
    for keys in ("012", "102", "201"):
        told = [msgspec.structs.replace(f, source_key=key) for f, key in zip(day, keys, strict=True)]
        assert gaps(told) == [] and [f.document_id for f in in_order(told)] == [1, 2, 3]
