"""A sandbox that was stopped is gone: whoever makes many in one process pays for those that are up."""

from __future__ import annotations

import multiprocessing
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from tieout_sandbox import World
from tieout_sandbox.ports import free_port, free_ports


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


def test_a_port_that_somebody_has_is_told_and_no_system_is_served(tmp_path: Path) -> None:
    """The others used to be listened for and answered by nobody: whoever asked them waited for as long as they would."""
    world = World(tmp_path, seed=1)
    with socket.socket() as other:
        other.bind(("127.0.0.1", world.ports["avatax"]))
        other.listen()
        with pytest.raises(OSError, match=f"avatax cannot be served at 127.0.0.1:{world.ports['avatax']}"):
            world.start()
        assert _answering(world) == ["avatax"]
    world.start()
    assert _answering(world) == list(world.ports)
    world.stop()


def _some_ports(names: list[str]) -> list[int]:
    return list(free_ports(names).values())


def test_no_two_processes_are_given_the_same_port() -> None:
    names = [str(n) for n in range(50)]
    with (
        multiprocessing.get_context("fork").Pool(4) as forked,
        multiprocessing.get_context("spawn").Pool(2) as fresh,
    ):
        given = [
            *forked.map(_some_ports, [names] * 4),
            *fresh.map(_some_ports, [names] * 2),
            _some_ports(names),
        ]
    # A process of a pool that was asked twice goes on in its range.
    assert len({port for ports in given for port in ports}) == sum(len(ports) for ports in given)
    assert free_port() not in given[-1]
