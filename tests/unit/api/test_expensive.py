"""Calls that may hang: bounded, shared, given up on; without a clock in any assertion."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tieout.api.v1.expensive import Expensive, NotNowError


class Gate:
    """A system that answers once it is let; how often it was asked."""

    def __init__(self) -> None:
        self.let, self.asked = threading.Event(), 0
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            self.asked += 1
        self.let.wait(30)
        return "answer"


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.005)


def test_equal_questions_are_one_and_everybody_hears_its_answer() -> None:
    gate, asks = Gate(), Expensive()

    async def all_of_them() -> list[Any]:
        waiting = [asyncio.create_task(asks.ask("US", gate, share=("close", "US"))) for _ in range(45)]
        await until(lambda: gate.asked == 1)
        gate.let.set()
        return await asyncio.gather(*waiting)

    assert asyncio.run(all_of_them()) == ["answer"] * 45 and gate.asked == 1
    # What comes after it is a question of its own.
    assert asyncio.run(asks.ask("US", gate, share=("close", "US"))) == "answer" and gate.asked == 2


def test_an_error_is_everybodys_and_the_next_may_ask() -> None:
    asks = Expensive()

    def fails() -> str:
        raise ValueError("no")

    async def two() -> list[Any]:
        waiting = (asks.ask("US", fails, share="x"), asks.ask("US", fails, share="x"))
        return await asyncio.gather(*waiting, return_exceptions=True)

    assert [str(e) for e in asyncio.run(two())] == ["no", "no"]
    with pytest.raises(ValueError, match="no"):
        asks.do("US", fails)
    assert asks.do("US", lambda: 1) == 1


def test_one_subject_takes_no_more_than_its_places_and_all_no_more_than_theirs() -> None:
    gate, asks = Gate(), Expensive(at_once=3, of_one=2, patience_s=60)

    async def fill() -> None:
        waiting = [asyncio.create_task(asks.ask(s, gate)) for s in ("US", "US", "DE")]
        await until(lambda: gate.asked == 3)
        for subject in ("US", "DE", "FR"):
            with pytest.raises(NotNowError):
                await asks.ask(subject, gate)
            with pytest.raises(NotNowError):
                asks.do(subject, gate)
        gate.let.set()
        await asyncio.gather(*waiting)

    asyncio.run(fill())
    assert gate.asked == 3 and asks.do("FR", gate) == "answer"


def test_past_patience_nobody_waits_and_a_late_question_joins_without_waiting() -> None:
    gate, asks = Gate(), Expensive(of_one=1, patience_s=0.05)

    async def late() -> None:
        with pytest.raises(NotNowError) as refused:
            await asks.ask("US", gate, share="x")
        assert refused.value.status == 503 and refused.value.headers["retry-after"] == "30"
        with pytest.raises(NotNowError):
            await asks.ask("US", gate, share="x")

    asyncio.run(late())
    assert gate.asked == 1
    # Its place is taken as long as the call lasts, and free then.
    with pytest.raises(NotNowError, match="as much is asked"):
        asks.do("US", gate)
    gate.let.set()
    asyncio.run(until(lambda: not asks._running.total()))
    assert asks.do("US", gate) == "answer"


def test_places_are_given_back_also_after_an_error() -> None:
    asks = Expensive()
    with asks.place("sign-on", 1):
        with pytest.raises(NotNowError), asks.place("sign-on", 1):
            pass
        with asks.place("pack", 1):
            pass
    with pytest.raises(ValueError), asks.place("sign-on", 1):
        raise ValueError
    with asks.place("sign-on", 1):
        pass
