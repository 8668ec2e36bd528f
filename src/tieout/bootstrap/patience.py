"""When something that died is started again, and when there is no more to be done: pure, the time is the caller's."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """Waits in seconds: the first, the longest, and how much of a wait is left to chance (0.25: a quarter more or less).

    What worked for `settled_s` begins anew at the first wait when it dies. What did not come up `tries` times in a row, over at
    least `give_up_s` seconds, is given up; what came up and died is not: something is done in between.
    """

    first_s: float = 0.1
    most_s: float = 15.0
    chance: float = 0.25
    settled_s: float = 2.0
    tries: int = 5
    give_up_s: float = 300.0


class Attempts:
    """The starts and ends of one thing. Times are seconds of a clock that never goes back."""

    def __init__(self, patience: Patience, dice: random.Random) -> None:
        self._patience, self._dice = patience, dice
        self._well_since: float | None = None
        self._first_futile = 0.0
        self.futile = 0
        self.failures = 0
        self.not_before = 0.0

    def well(self, now: float) -> None:
        """It works: said as often as it is seen."""
        if self._well_since is None:
            self._well_since = now

    def ended(self, now: float) -> float:
        """It died, or could not be started at all; the wait until it may be started again."""
        p = self._patience
        if self._well_since is not None and now - self._well_since >= p.settled_s:
            self.failures = 0
        self.failures += 1
        if self._well_since is not None:
            self.futile = 0
        else:
            self.futile += 1
            if self.futile == 1:
                self._first_futile = now
        self._well_since = None
        # The exponent has a limit of its own: 2 ** 1024 is no float.
        wait = min(p.first_s * 2.0 ** min(self.failures - 1, 32), p.most_s)
        wait *= 1 + p.chance * self._dice.uniform(-1, 1)
        self.not_before = now + wait
        return wait

    def due(self, now: float) -> bool:
        return now >= self.not_before

    def hopeless(self, now: float) -> bool:
        """Whether it did not come up too often for too long."""
        p = self._patience
        return self.futile >= p.tries and now - self._first_futile >= p.give_up_s
