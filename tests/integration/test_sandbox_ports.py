"""A port that is held for later is nobody else's meanwhile, and free again at once."""

from __future__ import annotations

import socket

from tieout_sandbox.ports import free_port, hold, is_taken


def test_a_port_that_is_held_is_taken_until_it_is_let_go() -> None:
    port = free_port()
    held = hold(port)
    assert held is not None and is_taken(port) and hold(port) is None
    held.close()
    assert not is_taken(port)


def test_a_port_that_was_just_listened_at_can_be_held() -> None:
    """The end of a line that was open there rests for a while; that keeps nobody from listening."""
    server = hold(port := free_port())
    assert server is not None
    caller = socket.create_connection(("127.0.0.1", port))
    accepted, _ = server.accept()
    accepted.close()
    caller.close()
    server.close()
    again = hold(port)
    assert again is not None
    again.close()
