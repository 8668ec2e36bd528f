"""A list in another order has the same rows, each once, page by page, whatever is asked."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.api.v1 import sorting
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.sorting import Order

COLUMNS = {"amount": ("amount", Decimal), "entity": ("entity", str), "number": ("id", int)}
ROWS = st.lists(
    st.tuples(st.decimals(-100, 100, places=2), st.sampled_from(["US", "EU", "ünd"])), max_size=40
).map(lambda found: [{"id": n, "amount": a, "entity": e} for n, (a, e) in enumerate(found)])


def walked(rows: list[dict[str, Any]], asked: str, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        shown, after, _ = Order.read(asked, COLUMNS, "id", after).page(rows, limit)
        found += shown
        assert len(found) <= len(rows)
    return found


@given(
    ROWS, st.sampled_from(["amount", "-amount", "entity", "-entity", "number", "-number"]), st.integers(1, 7)
)
def test_every_row_is_there_once_in_its_order(rows: list[dict[str, Any]], asked: str, limit: int) -> None:
    found = walked(rows, asked, limit)
    assert sorted(r["id"] for r in found) == [r["id"] for r in rows]
    field = {"number": "id"}.get(asked.removeprefix("-"), asked.removeprefix("-"))
    keys = [(r[field], r["id"]) for r in found]
    assert all((a > b) if asked.startswith("-") else (a < b) for a, b in pairwise(keys))


def test_what_comes_meanwhile_makes_nothing_come_twice() -> None:
    rows = [{"id": n, "amount": Decimal(n), "entity": "US"} for n in range(4)]
    first, after, _ = Order.read("amount", COLUMNS, "id", "").page(rows, 2)
    more = [{"id": 9, "amount": Decimal("0.5"), "entity": "US"}, *rows]
    second, end, _ = Order.read("amount", COLUMNS, "id", after or "").page(more, 2)
    assert [r["id"] for r in (*first, *second)] == [0, 1, 2, 3] and end is None


def test_among_how_many_was_sorted_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "MOST_SORTED", 3)
    rows = [{"id": n, "amount": Decimal(n), "entity": "US"} for n in range(4)]
    order = Order.read("-amount", COLUMNS, "id", "")
    assert order.page(rows[:3], 9)[2] is None
    shown, after, among = order.page(rows, 9)
    assert [r["id"] for r in shown] == [2, 1, 0] and (after, among) == (None, 3)


@pytest.mark.parametrize("asked", ["", "-", "secret", "--amount", "amount desc", "id;drop"])
def test_only_columns_that_are_named_are_sorted_by(asked: str) -> None:
    with pytest.raises(ProblemError):
        Order.read(asked, COLUMNS, "id", "")


@pytest.mark.parametrize("after", ["x", "WyIxIl0", "WyJOYU4iLCIxIl0"])
def test_a_place_of_nothing_is_refused(after: str) -> None:
    with pytest.raises(ProblemError):
        Order.read("amount", COLUMNS, "id", after)
