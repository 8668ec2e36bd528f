"""Whose turn a task is, what it waits for, and that money of several currencies is never one figure."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tieout.close.board import Board, Hand, hand_of, waits_of
from tieout.close.model import CloseState, Finding, Signature, Task, TaskStanding, TaskState
from tieout.security import Person
from tieout.security.people import Grant

NOW = datetime(2026, 11, 3, tzinfo=UTC)


def person(name: str, *roles: str, entity: str = "US", human: bool = True) -> Person:
    grants = tuple(Grant(role, entity, None, frozenset({"ann"})) for role in roles)
    return Person(name, human, frozenset(), "", grants=grants)


def state(
    name: str,
    standing: TaskStanding,
    done: bool,
    *after: str,
    by: str = "",
    owner: str = "treasury",
    check: str = "x",
) -> TaskState:
    signature = Signature(task=name, digest="d", prepared_by=by, prepared_at=NOW) if by else None
    return TaskState(
        task=Task(name=name, entity="US", owner=owner, due_at=NOW, check=check, after=after),
        finding=Finding(done=done, why="", digest="d"),
        signature=signature,
        state=standing,
        late=False,
    )


def nobody_alike(_: str) -> str:
    return ""


DONE = state("a", TaskStanding.DONE, True)
PREPARED = state("a", TaskStanding.PREPARED, True, by="cleo")
OPEN = state("a", TaskStanding.OPEN, False)
CONTROLLER, TREASURER = person("carl", "controller"), person("tom", "treasury")


@pytest.mark.parametrize(
    ("each", "who", "turn"),
    [
        (DONE, CONTROLLER, Hand("prepare")),
        (PREPARED, CONTROLLER, Hand("sign")),
        (OPEN, CONTROLLER, Hand("")),
        (OPEN, TREASURER, Hand("do")),
        (OPEN, person("treasury"), Hand("do")),
        (OPEN, person("tom", "treasury", entity="DE"), Hand("")),
        (OPEN, person("tom", "treasury", human=False), Hand("")),
        (DONE, TREASURER, Hand("", "a controller of US signs it")),
        (DONE, person("bot", "controller", human=False), Hand("", "a controller of US signs it")),
        (state("a", TaskStanding.SIGNED, True, by="cleo"), CONTROLLER, Hand("")),
    ],
)
def test_a_turn_is_of_whoever_may_by_role_and_has_something_to_do(
    each: TaskState, who: Person, turn: Hand
) -> None:
    assert hand_of(each, (), who, "controller", nobody_alike) == turn


def test_who_prepared_it_is_told_why_another_person_signs() -> None:
    found = hand_of(PREPARED, (), CONTROLLER, "controller", lambda maker: f"{maker} is you")
    assert found == Hand("", "cleo is you")


def test_what_comes_first_is_named_before_anybodys_turn() -> None:
    assert hand_of(DONE, ("b", "c"), CONTROLLER, "controller", nobody_alike) == Hand("", "b comes first")


def close(*tasks: TaskState) -> CloseState:
    return CloseState(entity="US", period="2026-10", tasks=tasks, due_at=NOW, expected_at=None, critical=())


def test_a_task_waits_for_what_is_not_done_and_the_close_for_what_is_not_signed() -> None:
    found = waits_of(
        close(
            state("a", TaskStanding.SIGNED, True, by="cleo"),
            state("b", TaskStanding.PREPARED, True, by="cleo"),
            state("c", TaskStanding.OPEN, False),
            state("d", TaskStanding.BLOCKED, False, "a", "b", "c"),
            state("close", TaskStanding.BLOCKED, False, "a", "b", "c", "d", check="close"),
        )
    )
    assert found == {"a": (), "b": (), "c": (), "d": ("c",), "close": ("b", "c", "d")}


def test_what_keeps_a_close_open_is_summed_a_currency_each() -> None:
    rows = (
        {"cause": "x", "currency": "USD", "count": 2, "amount": Decimal("10.10")},
        {"cause": "y", "currency": "EUR", "count": 1, "amount": Decimal("5.00")},
        {"cause": "z", "currency": "USD", "count": 1, "amount": Decimal("0.90")},
    )
    hands = {"a": Hand("sign"), "b": Hand(""), "c": Hand("do")}
    board = Board("controller", hands, {}, rows)
    assert board.sums == {"USD": (3, Decimal("11.00")), "EUR": (1, Decimal("5.00"))} and board.mine == 2
