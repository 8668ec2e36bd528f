"""What was held for want of an account goes on once the account is picked, and a system that is not connected says why."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from tieout.console.asking import AnswerError
from tieout.console.views.connecting import connect_entered
from tieout.console.views.set_up import SetUp


class Api:
    """The API's answers by path; what was posted."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers, self.asked = answers, list[tuple[str, Any]]()

    async def post(self, path: str, given: Any = None, method: str = "POST") -> Any:
        self.asked.append((path, given))
        answer = self.answers[path]
        if isinstance(answer, Exception):
            raise answer
        return answer


def picked(added: int, replayed: Any, may: bool = True) -> tuple[str | None, Api]:
    """What becomes of accounts that are picked."""
    api = Api({"/set-up/accounts": {"added": added}, "/cases/replay": replayed})
    page: Any = SimpleNamespace(
        api=api, typed={"entity": "US", "role.receivable": "121000", "seen": "0" * 64}, values=lambda name: [],
        may=lambda operation: may, request=SimpleNamespace(path_params={"step": "accounts"}),
    )  # fmt: skip
    renderer: Any = None
    return asyncio.run(SetUp(renderer).act(page)), api


def test_what_waited_for_an_account_is_reprocessed_once_it_is_picked() -> None:
    said, api = picked(6, {"replayed": 5})
    assert said == "/set-up/source 6 roles have an account; 5 that waited for it are reprocessed"
    assert api.asked[-1] == ("/cases/replay", {"cause": "unmapped_account"})


@pytest.mark.parametrize(
    ("added", "replayed", "may"),
    [(6, {"replayed": 0}, True), (6, AnswerError(403, {"detail": "no"}), True), (6, {"replayed": 5}, False)],
)
def test_where_nothing_waited_or_somebody_may_not_the_accounts_are_picked_all_the_same(
    added: int, replayed: Any, may: bool
) -> None:
    said, _ = picked(added, replayed, may)
    assert said == f"/set-up/source {added} roles have an account"


def test_where_nothing_was_picked_nothing_is_reprocessed() -> None:
    said, api = picked(0, {"replayed": 5})
    assert said == "/set-up/source 0 roles have an account"
    assert [path for path, _ in api.asked] == ["/set-up/accounts"]


def test_a_system_that_is_not_connected_is_told_with_the_step_that_failed() -> None:
    steps = [
        {"step": "settings", "works": True, "said": "3 settings"},
        {"step": "answers, and lets us in", "works": False, "said": "Stripe refuses the key (401)"},
        {"step": "rights", "works": False, "said": "not asked"},
    ]
    page: Any = SimpleNamespace(api=Api({"/systems/stripe/try": steps}), shown={})
    with pytest.raises(AnswerError) as told:
        asyncio.run(connect_entered(page, "stripe", {"connector": "stripe", "settings": {}}))
    assert told.value.detail == (
        "it is not connected: answers, and lets us in: Stripe refuses the key (401). Its secrets are entered again"
    )
    assert page.shown["tried_steps"] == steps
