"""Whether what looks late has stood still for a while by the machine's clock as well.

How old something is comes from the one clock of business, and in the sandbox that clock goes on by hours at once: what was
written a moment ago is then as old as what nobody works off. So two looks, some time apart, must find the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container

_STOOD_S = 15.0
# Answers for `key` whether it has stood at `mark` (whatever changes once it goes on) for long enough.
Stands = Callable[[str, object], bool]


def at_once(key: str, mark: object) -> bool:
    """Where one look is all that there is, what looks late is."""
    return True


class Standing:
    """Remembers from look to look what stood where. Raises nothing."""

    def __init__(self, stood_s: float = _STOOD_S, machine: Callable[[], float] = time.monotonic) -> None:
        self._stood_s, self._machine = stood_s, machine
        self._raised: Container[str] = ()
        self._before: dict[str, tuple[object, float]] = {}
        self._now: dict[str, tuple[object, float]] = {}

    def begin(self, raised: Container[str]) -> None:
        """A look begins. What the last one did not ask about is forgotten; what is `raised` by its key was seen to
        stand, perhaps by another worker, and goes on to be late until it is worked off."""
        self._before, self._now, self._raised = self._now, {}, raised

    def stands(self, key: str, mark: object) -> bool:
        """True where every look of the last seconds found `key` at this `mark`."""
        before, at = self._before.get(key), self._machine()
        since = before[1] if before is not None and before[0] == mark else at
        self._now[key] = (mark, since)
        return key in self._raised or at - since >= self._stood_s
