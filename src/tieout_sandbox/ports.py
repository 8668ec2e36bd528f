"""Ports on loopback that no other process of ours is given meanwhile.

An address is written down (in a project's files, in another system's settings) before anything listens there. Two processes
that look for a free port in between may find the same one, and whoever listens first answers for both. So each process draws
from a range of its own.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass

# From below those that outgoing connections are given: of these one that is free now may be taken a moment later.
_FIRST, _RANGE, _RANGES = 12_000, 200, 100
# Bound, and never listened at, by the one sandbox that holds the port which all would like.
_MARK = _FIRST - 1


@dataclass
class _Range:
    """A process's ports. `mark` is bound to the first of them, without listening, for as long as the process lives."""

    process: int
    first: int
    mark: socket.socket
    last: int = 0


_mine: _Range | None = None


def free_port() -> int:
    """A port of this process's range that nothing is bound to. Each is given once before any is given again.

    Raises OSError where every range, or every port of this process's own, is taken.
    """
    mine = _range()
    for _ in range(_RANGE - 1):
        mine.last = mine.last % (_RANGE - 1) + 1
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", mine.first + mine.last))
            return mine.first + mine.last
    raise OSError(f"every port from {mine.first} to {mine.first + _RANGE - 1} is taken")


def is_taken(port: int) -> bool:
    """Whether something is bound to a port of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


class Hold:
    """A port that every sandbox would like, kept for one of them from before it is written down until its server listens at it."""

    def __init__(self, port: int, mark: int) -> None:
        self._listening, self._mark = socket.socket(), socket.socket()
        try:
            # Between the end of `listening` and the server's own there is nothing at the port: whoever asks meanwhile finds the mark.
            self._mark.bind(("127.0.0.1", mark))
            self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listening.bind(("127.0.0.1", port))
            # It never answers.
            self._listening.listen(1)
        except OSError:
            self.release()
            raise

    def hand_over(self) -> None:
        """Let the server listen, which is started now."""
        self._listening.close()

    def release(self) -> None:
        """The server listens, or never will."""
        self._listening.close()
        self._mark.close()


def hold(port: int, mark: int = _MARK) -> Hold | None:
    """Hold a port of loopback; None where something has it, or whoever has the `mark`, another port, holds it."""
    try:
        return Hold(port, mark)
    except OSError:
        return None


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """A port for each name, no two alike."""
    return {name: free_port() for name in names}


def _range() -> _Range:
    global _mine
    # A forked process has its parent's mark, not its range.
    if _mine is None or _mine.process != os.getpid():
        _mine = _taken()
    return _mine


def _taken() -> _Range:
    # Begun at another place by each process, so that a range which somebody has just left rests for a while.
    for offset in range(_RANGES):
        first = _FIRST + (os.getpid() + offset) % _RANGES * _RANGE
        mark = socket.socket()
        try:
            mark.bind(("127.0.0.1", first))
        except OSError:
            mark.close()
            continue
        return _Range(os.getpid(), first, mark)
    raise OSError(
        f"every range of ports from {_FIRST} to {_FIRST + _RANGES * _RANGE - 1} is taken by another process"
    )
