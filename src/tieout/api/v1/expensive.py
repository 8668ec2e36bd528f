"""What asks systems outside while somebody waits: bounded, shared, and never longer than people are patient.

A call runs in a thread of its own; at most `at_once` of them, at most `of_one` about one subject (an entity, a system), so
that one that hangs takes neither the others nor the web side down. Whoever asks what is being asked already waits for the
same answer and takes no thread. Past `patience_s` nobody waits any more: the call goes on until its own time-outs end it,
and its place stays taken as long.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from tieout.api.v1.problems import ProblemError

T = TypeVar("T")


class NotNowError(ProblemError):
    """Too many such calls are under way, or the answer does not come."""

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(503, "not-now", detail, {"retry-after": str(seconds)})


@dataclass
class _Flight:
    """A call that is under way."""

    until: float
    answer: Future[Any] = field(default_factory=Future)


class Expensive:
    """The expensive calls of one web process."""

    def __init__(self, at_once: int = 8, of_one: int = 2, patience_s: float = 10.0) -> None:
        self._at_once, self._of_one, self._patience_s = at_once, of_one, patience_s
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        self._placed: Counter[str] = Counter()
        self._shared: dict[Hashable, _Flight] = {}

    async def ask(self, subject: str, call: Callable[[], T], share: Hashable = None) -> T:
        """The answer to a question about `subject`; of those with the same `share` one is asked for all of them.

        Raises NotNowError, and whatever `call` raises.
        """
        flight = self._fly(subject, call, share)
        try:
            # The flight goes on where somebody who waits for it goes away.
            answer = asyncio.wrap_future(flight.answer)
            answer.add_done_callback(_heard)
            left = max(0.0, flight.until - time.monotonic())
            return cast(T, await asyncio.wait_for(asyncio.shield(answer), left))
        except TimeoutError:
            if flight.answer.done():
                return cast(T, flight.answer.result())
            raise self._late(subject) from None

    def do(self, subject: str, call: Callable[[], T]) -> T:
        """As `ask`, for a write, whose answer is nobody else's. `call` must do nothing that cannot be done again: past
        the patience of whoever asked, it may still happen."""
        flight = self._fly(subject, call, None)
        try:
            return cast(T, flight.answer.result(max(0.0, flight.until - time.monotonic())))
        except TimeoutError:
            if flight.answer.done():
                return cast(T, flight.answer.result())
            raise self._late(subject) from None

    @contextmanager
    def place(self, subject: str, of_one: int) -> Iterator[None]:
        """A place for a call that runs in the caller's own thread and ends by its own time-outs. Raises NotNowError."""
        with self._lock:
            if self._placed[subject] >= of_one:
                raise NotNowError(f"{subject}: as many are at it as may be at once: try again in a moment", 5)
            self._placed[subject] += 1
        try:
            yield
        finally:
            with self._lock:
                self._placed[subject] -= 1

    def _fly(self, subject: str, call: Callable[[], Any], share: Hashable) -> _Flight:
        with self._lock:
            if share is not None and share in self._shared:
                return self._shared[share]
            if self._running[subject] >= self._of_one or self._running.total() >= self._at_once:
                why = f"as much is asked about {subject} already as may be at once: try again in a moment"
                raise NotNowError(why, 5)
            self._running[subject] += 1
            flight = _Flight(time.monotonic() + self._patience_s)
            if share is not None:
                self._shared[share] = flight
        # A daemon: a system that does not answer keeps no process from ending.
        threading.Thread(
            target=self._run, args=(flight, subject, call, share), name=f"asks about {subject}", daemon=True
        ).start()
        return flight

    def _run(self, flight: _Flight, subject: str, call: Callable[[], Any], share: Hashable) -> None:
        try:
            answer, error = call(), None
        except BaseException as raised:  # noqa: BLE001 - handed to whoever asked
            answer, error = None, raised
        with self._lock:
            self._running[subject] -= 1
            if share is not None:
                del self._shared[share]
        # Free first: whoever hears the answer may ask again.
        if error is None:
            flight.answer.set_result(answer)
        else:
            flight.answer.set_exception(error)

    def _late(self, subject: str) -> NotNowError:
        why = f"a system that was asked about {subject} did not answer within {self._patience_s:g} seconds"
        return NotNowError(why, 30)


def _heard(answer: asyncio.Future[Any]) -> None:
    """An error that comes after everybody stopped waiting is nobody's."""
    if not answer.cancelled():
        answer.exception()
