"""What the list of cases does with all of a cause and with those that are chosen: what it asks for is what the page is narrowed to."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from tieout.console.asking import AnswerError
from tieout.console.views.cases import Cases

NOTHING = {"documents": 0}


class Api:
    """What was asked of the API."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []

    async def post(self, path: str, given: Any = None, method: str = "POST") -> Any:
        self.asked.append((path, given))
        return NOTHING if path.endswith("/try") else {"replayed": 3}


def pressed(act: str, ticked: tuple[str, ...] = (), **more: Any) -> tuple[str | None, Api, dict[str, Any]]:
    """What becomes of a button on the list of one cause, narrowed to one entity."""
    api, shown = Api(), dict[str, Any]()
    page: Any = SimpleNamespace(
        api=api, typed={"act": act, **more}, shown=shown, values=lambda name: list(ticked) if name == "case" else [],
        arg={"cause": "unknown_tax", "entity": "US"}.__getitem__,
    )  # fmt: skip
    renderer: Any = None
    return asyncio.run(Cases(renderer).act(page)), api, shown


def test_all_of_a_cause_are_those_of_the_entity_that_the_list_is_narrowed_to() -> None:
    of = {"cause": "unknown_tax", "entity": "US"}
    said, api, shown = pressed("try-all")
    assert said is None and shown["tried"] == NOTHING and api.asked == [("/cases/try", of)]
    said, api, _ = pressed("replay-all")
    assert said is not None and said.startswith("3 are reprocessed") and api.asked == [("/cases/replay", of)]


def test_chosen_cases_are_tried_and_none_beside_them() -> None:
    said, api, shown = pressed("try", ("7.2", "9.1"))
    assert said is None and shown["tried"] == NOTHING and api.asked == [("/cases/try", {"cases": [7, 9]})]
    said, api, _ = pressed("group-try", seen="4.1 5.6")
    assert said is None and api.asked == [("/cases/try", {"cases": [4, 5]})]


@pytest.mark.parametrize("ticked", [(), ("x",), ("7",)])
def test_without_a_choice_nothing_is_tried(ticked: tuple[str, ...]) -> None:
    with pytest.raises(AnswerError, match="choose cases first"):
        pressed("try", ticked)
