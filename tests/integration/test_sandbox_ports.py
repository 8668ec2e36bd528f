"""A port that is held for later is nobody else's until its server listens, and free again at once."""

from __future__ import annotations

import socket

from tieout_sandbox.ports import free_port, hold, is_taken


def test_a_port_that_is_held_is_taken_until_it_is_let_go() -> None:
    port, mark = free_port(), free_port()
    held = hold(port, mark)
    assert held is not None and is_taken(port) and hold(port, mark) is None
    held.release()
    assert not is_taken(port)


def test_nobody_holds_a_port_while_its_server_starts() -> None:
    """Two companies that were set up at once both had it: whoever came to the second was shown the sign-in of the first."""
    port, mark = free_port(), free_port()
    held = hold(port, mark)
    assert held is not None
    held.hand_over()
    assert not is_taken(port) and hold(port, mark) is None
    with socket.create_server(("127.0.0.1", port)):
        held.release()
        assert hold(port, mark) is None
    again = hold(port, mark)
    assert again is not None
    again.release()


def test_a_port_that_was_just_listened_at_can_be_held() -> None:
    """The end of a line that was open there rests for a while; that keeps nobody from listening."""
    port = free_port()
    with socket.create_server(("127.0.0.1", port)) as server:
        caller = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()
        caller.close()
    again = hold(port, free_port())
    assert again is not None
    again.release()
