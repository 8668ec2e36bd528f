"""Many waits that end early as a rule, with one timer for all of them: a timer each costs more than a push does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count

_TICK_S = 0.1


class Deadlines:
    """What happens if something is not over in time, to a tenth of a second. Of one event loop at a time."""

    def __init__(self) -> None:
        self._numbers = count()
        self._late: dict[int, tuple[float, Callable[[], None]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, seconds: float, late: Callable[[], None]) -> int:
        """Call `late` after so many seconds, unless the number that is given back is dropped before."""
        loop = self._loop
        if loop is None or loop.is_closed():
            loop = self._loop = asyncio.get_running_loop()
            loop.call_later(_TICK_S, self._tick, loop)
        number = next(self._numbers)
        self._late[number] = (loop.time() + seconds, late)
        return number

    def drop(self, number: int) -> None:
        """It is over in time, or was late already."""
        self._late.pop(number, None)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is not loop:
            return
        now = loop.time()
        for number, (at, late) in list(self._late.items()):
            if at <= now:
                self.drop(number)
                late()
        if self._late:
            loop.call_later(_TICK_S, self._tick, loop)
        else:
            self._loop = None
