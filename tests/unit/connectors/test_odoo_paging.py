"""Odoo's rows by id: every one of them once, and pages that come again are not believed."""

from __future__ import annotations

from typing import Any

import pytest

from tieout.connector_api import TransientError, walking
from tieout.connectors.odoo.paging import by_id

_ROWS = [{"id": n} for n in (3, 4, 9, 12, 13, 20)]


class Books:
    """Answers as Odoo does, or as `told` says, page by page."""

    def __init__(self, told: list[list[dict[str, Any]]] | None = None) -> None:
        self.asked: list[list[Any]] = []
        self._told = told

    def read(
        self, model: str, verb: str, *, domain: list[Any], fields: list[str], order: str, limit: int
    ) -> Any:
        assert (model, verb, order, domain[1]) == (
            "account.move",
            "search_read",
            "id",
            ["state", "=", "posted"],
        )
        self.asked.append(domain[0])
        if self._told is not None:
            return self._told[min(len(self.asked), len(self._told)) - 1]
        return [r for r in _ROWS if r["id"] > domain[0][2]][:limit]


def walked(books: Books, most: int = 2) -> list[int]:
    rows = by_id(books.read, "account.move", [["state", "=", "posted"]], ["id"], most)
    return [row["id"] for row in rows]


@pytest.mark.parametrize(("most", "pages"), [(2, 4), (4, 2), (6, 2), (7, 1)])
def test_every_row_comes_once(most: int, pages: int) -> None:
    books = Books()
    assert walked(books, most) == [3, 4, 9, 12, 13, 20]
    assert len(books.asked) == pages and books.asked[0] == ["id", ">", 0]


@pytest.mark.parametrize(
    "told",
    [
        [[{"id": 3}, {"id": 4}]],
        [[{"id": 3}, {"id": 4}], [{"id": 4}, {"id": 9}]],
        [[{"id": 3}, {"id": 4}], [{"id": 9}, {"id": 12}], [{"id": 3}, {"id": 4}]],
    ],
)
def test_a_page_that_comes_again_is_not_counted_twice(told: list[list[dict[str, Any]]]) -> None:
    with pytest.raises(TransientError, match=r"Odoo: account\.move: a page comes again"):
        walked(Books(told))


def test_rows_without_an_end_are_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MOST_PAGES", 3)
    with pytest.raises(TransientError, match="more than 3 pages"):
        walked(Books([[{"id": 2 * n + 1}, {"id": 2 * n + 2}] for n in range(9)]))
