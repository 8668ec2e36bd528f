"""A sandbox that was stopped is gone: whoever makes many in one process pays for those that are up."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

from tieout_sandbox import World


def _answering(world: World) -> list[str]:
    found = []
    for name, port in world.ports.items():
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            found.append(name)
    return found


def test_a_sandbox_that_was_stopped_answers_nobody_and_works_no_more(tmp_path: Path) -> None:
    # Threads of tests before may end meanwhile: what counts is whether any of its own is left.
    before = set(threading.enumerate())
    world = World(tmp_path, seed=1)
    world.start()
    assert _answering(world) == list(world.ports)
    assert set(threading.enumerate()) - before
    world.stop()
    assert _answering(world) == []
    assert not set(threading.enumerate()) - before
