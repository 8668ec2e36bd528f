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


def hold(port: int) -> socket.socket | None:
    """Listen at a port of loopback without ever answering, so that nobody else is given it until this is closed; None where
    something has it already."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind(("127.0.0.1", port))
        held.listen(1)
    except OSError:
        held.close()
        return None
    return held


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
