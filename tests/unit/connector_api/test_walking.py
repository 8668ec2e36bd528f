"""Walks over pages: they end, whatever comes, and no row of them counts twice."""

from __future__ import annotations

from typing import Any

import pytest

from tieout.connector_api import Item, Page, Trail, TransientError, Walk, walking


def refused(match: str) -> Any:
    return pytest.raises(TransientError, match=match)


class TestACall:
    def test_a_cursor_leads_on_once(self) -> None:
        walk = Walk("x: things")
        assert [walk.onward("a"), walk.onward(2)] == ["a", "2"]
        with refused(r"x: things: its pages lead back to one that was there before \('2'\)"):
            walk.onward("2")

    @pytest.mark.parametrize("cursor", [None, ""])
    def test_more_without_a_cursor_is_no_end(self, cursor: object) -> None:
        with refused("x: things: there is more, and nothing says where"):
            Walk("x: things").onward(cursor)

    def test_a_cursor_of_nothing_but_a_zero_is_one(self) -> None:
        assert Walk("x").onward(0) == "0"

    def test_so_many_pages_are_no_list(self) -> None:
        walk = Walk("x: things", 2)
        walk.onward("a"), walk.onward("b")
        with refused("x: things: more than 2 pages, and no end"):
            walk.onward("c")

    def test_how_many_is_what_holds_for_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(walking, "MOST_PAGES", 1)
        walk = Walk("x")
        walk.onward("a")
        with refused("more than 1 pages"):
            walk.onward("b")

    def test_the_last_row_leads_on(self) -> None:
        walk = Walk("x")
        assert walk.after([{"id": 1}, {"id": 7}]) == "7"
        assert walk.after([{"key": "k"}], "key") == "k"
        with refused("lead back"):
            walk.after([{"id": 7}])
        with refused("nothing says where"):
            walk.after([])

    def test_a_page_by_its_number(self) -> None:
        walk = Walk("x")
        assert [walk.numbered(n, 3, ["row"]) for n in (1, 2, 3)] == [True, True, False]
        assert Walk("x").numbered(1, 1, []) is False
        assert Walk("x").numbered(1, 0, []) is False
        with refused("x: things: page 2 of 3 has nothing"):
            Walk("x: things").numbered(2, 3, [])
        with refused("more than 1 pages"):
            walk = Walk("x", 1)
            walk.numbered(1, 9, ["row"]), walk.numbered(2, 9, ["row"])

    def test_a_row_that_moved_to_a_later_page_counts_once(self) -> None:
        walk = Walk("x")
        assert walk.fresh(["a", "b"], str) == ["a", "b"]
        assert walk.fresh(["b", "c", "c"], str) == ["c"]
        assert walk.fresh([], str) == []

    def test_a_page_of_rows_that_were_all_there_comes_again(self) -> None:
        walk = Walk("x: things")
        walk.fresh(["a", "b"], str), walk.fresh(["c"], str)
        with refused(r"x: things: a page comes again, whose rows were there before \(b\)"):
            walk.fresh(["b", "a"], str)

    def test_rows_may_be_alike_and_pages_may_not(self) -> None:
        walk = Walk("x: things")
        assert list(walk.once(["a", "a"])) == ["a", "a"]
        assert list(walk.once(["a"])) == ["a"]
        assert list(walk.once([])) == list(walk.once([])) == []
        with refused("x: things: a page comes again that was there before"):
            walk.once(["a", "a"])

    @pytest.mark.parametrize(
        "take", [lambda w, r: w.fresh(r, str), lambda w, r: w.once(r), lambda w, r: w.some(r)]
    )
    def test_so_many_empty_pages_in_a_row_are_no_list(
        self, take: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(walking, "MOST_EMPTY", 2)
        walk = Walk("x: things")
        for rows in ([], [], ["a"], [], []):
            take(walk, rows)
        with refused("x: things: 2 pages without anything, and more to come"):
            take(walk, [])


def page(number: int, *keys: str, more: bool = True) -> Page:
    return Page([Item("s", k, k, b"") for k in keys], {"at": number}, more)


def follow(pages: list[Page], most: int = 100) -> Trail:
    trail, asked = Trail(), dict[str, Any]()
    for each in pages:
        # As a poll keeps it between two rounds.
        trail = Trail.of(trail.kept).after("x: things", asked, each, most)
        asked = each.cursor
    return trail


class TestAPoll:
    def test_the_last_page_ends_it(self) -> None:
        assert follow([page(1, "a"), page(2, "b"), page(2, "c", more=False)]) == Trail()

    def test_a_page_that_leads_to_itself(self) -> None:
        with refused("x: things: a page leads to itself"):
            follow([page(1, "a"), page(1, "b")])

    @pytest.mark.parametrize(("before", "long"), [(0, 2), (1, 3), (5, 7), (40, 13)])
    def test_a_circle_of_any_length_is_come_by(self, before: int, long: int) -> None:
        numbers = [*range(before), *(before + n % long for n in range(40 * (before + long)))]
        with refused("x: things: its pages lead back to one that was there before"):
            follow([page(n, str(i)) for i, n in enumerate(numbers)], 10_000)

    def test_pages_that_only_go_on_are_none(self) -> None:
        assert follow([page(n, str(n)) for n in range(90)]).pages == 90

    def test_so_many_pages_are_no_list(self) -> None:
        follow([page(n, str(n)) for n in range(3)], 3)
        with refused("x: things: more than 3 pages, and no end"):
            follow([page(n, str(n)) for n in range(4)], 3)

    def test_so_many_empty_ones_in_a_row_are_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(walking, "MOST_EMPTY", 2)
        follow([page(1), page(2), page(3, "a"), page(4), page(5)])
        with refused("x: things: 2 pages without anything, and more to come"):
            follow([page(1), page(2), page(3)])

    def test_pages_that_all_say_the_same_are_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(walking, "MOST_ALIKE", 3)
        follow(
            [
                *(page(n, "a", "b") for n in range(3)),
                page(8, "c"),
                *(page(n, "a", "b") for n in range(20, 23)),
            ]
        )
        with refused("x: things: 4 pages in a row that say the same, and more to come"):
            follow([page(1, "a"), page(2, "a"), page(3), page(4, "a"), page(5, "a")])

    def test_a_page_in_which_two_questions_meet_may_come_twice(self) -> None:
        assert follow([page(1, "a"), page(2, "a"), page(3, "b")]).alike == 1

    @pytest.mark.parametrize(
        ("kept", "trail"),
        [
            ([3, 1, "m"], Trail(3, 1, "m")),
            ([3, 1, "m", "t", 2], Trail(3, 1, "m", "t", 2)),
            (None, Trail()),
            ([3, 1], Trail()),
            ([3, 1, "m", "t"], Trail()),
            (["3", 1, "m"], Trail()),
            ([3, 1, "m", "t", True], Trail()),
        ],
    )
    def test_what_another_version_kept(self, kept: object, trail: Trail) -> None:
        """An earlier one kept three parts."""
        assert Trail.of(kept) == trail
