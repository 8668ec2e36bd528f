"""Named crash points: places where a test lets the process die by SIGKILL.

Armed only by name; unarmed, a point costs one comparison.
"""

from __future__ import annotations

import os
import signal

_armed: dict[str, int] = {}

POINTS = (
    "intake.before_commit",
    "intake.after_commit",
    "process.before_commit",
    "process.after_commit",
    "deliver.after_attempt",
    "deliver.after_send",
    "deliver.after_outcome",
    "poll.before_commit",
    "seal.before_commit",
    "seal.after_commit",
)
# Not on a worker's way: the web side's, and a restore's.
ELSEWHERE = (
    "api.before_commit",
    "api.after_commit",
    "restore.loading",
    "restore.before_commit",
    "restore.after_commit",
    "restore.sealed",
)


def arm_crash_point(name: str, at: int = 1) -> None:
    """Die at the `at`-th passing of `name`. Raises ValueError for an unknown name."""
    if name not in POINTS + ELSEWHERE:
        raise ValueError(f"no crash point {name!r}; there are: {', '.join(POINTS + ELSEWHERE)}")
    _armed[name] = at


def crash_point(name: str) -> None:
    """Die here, if armed."""
    if name in _armed:
        _armed[name] -= 1
        if _armed[name] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
