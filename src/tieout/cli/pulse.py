"""What a process of ours tells whoever keeps it running: that it is well, or what is not."""

from __future__ import annotations

import http.client
import os
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tieout.cli.context import fail

if TYPE_CHECKING:
    import psycopg

    from tieout.observe import ServiceManager

_PULSE_S = 1.0
# Until it is well for the first time a child asks itself often: somebody waits for it.
_FIRST_PULSE_S = 0.1
_ANSWER_S = 5.0
# A web side that gave no answer at all so often in a row hangs: it ends, and is started again.
_HANGS = 12
_NO_ANSWER = "the web side gives no answer"


def as_child() -> ServiceManager:
    """Whom this process tells how it is; a supervisor's child ends with it."""
    from tieout.observe import ServiceManager, end_with
    from tieout.settings import read_environment

    environment = read_environment()
    if environment.supervisor and not end_with(environment.supervisor):
        fail("the supervisor that started this process is dead")
    return ServiceManager(environment.notify_socket)


class Pulse:
    """Tells a service manager that this process lives, and whether it is well, each time it is let."""

    def __init__(self, manager: ServiceManager, trouble: Callable[[], str]) -> None:
        self._manager, self._trouble = manager, trouble
        self.wait_s = _FIRST_PULSE_S

    def beat(self) -> str:
        """Ask whether all is well, and tell; what is not well, "" where all is."""
        trouble, me = self._trouble(), str(os.getpid())
        if trouble:
            self._manager.tell(X_TIEOUT_PID=me, STATUS=trouble)
        else:
            self._manager.tell(X_TIEOUT_PID=me, READY="1", WATCHDOG="1")
            self.wait_s = _PULSE_S
        return trouble


class Line:
    """A line of its own to the database, to hear whether it answers."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: psycopg.Connection[Any] | None = None

    def trouble(self) -> str:
        """What is wrong with the database, "" where it answers."""
        import psycopg

        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(
                    self._dsn, autocommit=True, connect_timeout=5, application_name="tieout pulse"
                )
            self._connection.execute("select 1")
        except (psycopg.Error, OSError) as error:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            return f"the database does not answer: {str(error).strip()[:200]}"
        return ""


def tell_of_the_web_side(manager: ServiceManager, host: str, port: int, me: str) -> None:
    """Ask our own web side, which answers as `me`, for its health, for ever; one that gives no answer at all is ended."""
    there = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    pulse, hangs, answered = Pulse(manager, lambda: web_health(there, port, me)), 0, False
    while True:
        time.sleep(pulse.wait_s)
        trouble = pulse.beat()
        answered = answered or not trouble
        hangs = hangs + 1 if trouble.startswith(_NO_ANSWER) and answered else 0
        if hangs >= _HANGS:
            # The loop that would end it in order is what hangs.
            os.kill(os.getpid(), signal.SIGKILL)


def web_health(host: str, port: int, me: str) -> str:
    """What the web side that answers as `me` says is wrong, "" where nothing is. Another program that has the port is not it,
    however well it is."""
    from tieout.observe import INSTANCE

    line = http.client.HTTPConnection(host, port, timeout=_ANSWER_S)
    try:
        line.request("GET", "/healthz")
        reply = line.getresponse()
        said = reply.read(300).decode(errors="replace")
        if reply.getheader(INSTANCE) != me:
            return f"another program answers at port {port} of {host}: end it, or put another port into tieout.toml ([serve] port)"
        return "" if reply.status == 200 else f"the web side answers {reply.status}: {said}"
    except (OSError, http.client.HTTPException) as error:
        return f"{_NO_ANSWER}: {error}"
    finally:
        line.close()
