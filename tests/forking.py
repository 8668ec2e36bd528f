"""`pytest --processes N`: the tests are collected once, then run by N copies of this process.

A process that collects reads and rewrites 280 modules and imports what they import, which takes it a quarter of a minute; a copy (fork)
has all of that in memory already. Each copy is given one unit after the other (sharing.py) and says what came of each test; where
one dies, its test failed, and another copy goes on with what is left of its unit.
"""

from __future__ import annotations

import atexit
import os
import random
import signal
import sys
import threading
import traceback
import warnings
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, NoReturn

import pytest

# What a copy says: (kind, what). What it is told: places of tests in the collection, or none when all is given out.
_Said = tuple[str, Any]


class _Telling:
    """In a copy: what a test comes to is said to the process that collected it."""

    def __init__(self, session: pytest.Session, line: Connection) -> None:
        self._session, self._line = session, line

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        config = self._session.config
        self._line.send(("report", config.hook.pytest_report_to_serializable(config=config, report=report)))

    def pytest_runtest_logfinish(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._line.send(("finished", (nodeid, location)))

    def pytest_warning_recorded(
        self,
        warning_message: warnings.WarningMessage,
        when: str,
        nodeid: str,
        location: tuple[str, int, str] | None,
    ) -> None:
        w = warning_message
        self._line.send(("warning", (str(w.message), w.filename, w.lineno, when, nodeid, location)))

    def run(self) -> None:
        """Run what is given until nothing is left, then put away what all of it shared."""
        session = self._session
        while not (session.shouldfail or session.shouldstop):
            self._line.send(("idle", None))
            places: Sequence[int] = self._line.recv()
            if not places:
                break
            for place, following in zip(places, [*places[1:], None], strict=True):
                self._line.send(("begun", place))
                # What this session shares stays for the next unit.
                nextitem: Any = session if following is None else session.items[following]
                item = session.items[place]
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
                if session.shouldfail or session.shouldstop:
                    break
        self._line.send(("putting away", None))
        session._setupstate.teardown_exact(None)


def _as_a_copy(session: pytest.Session, number: int, line: Connection) -> NoReturn:
    """What a copy does, from its first statement to its last."""
    try:
        config = session.config
        # A copy draws other numbers than its siblings, has folders of its own, and takes up what is printed in a file of its own.
        random.seed()
        factory = config._tmp_path_factory  # type: ignore[attr-defined]
        factory._basetemp = factory.getbasetemp() / f"copy{number}"
        factory._basetemp.mkdir(mode=0o700)
        capturing: Any = config.pluginmanager.getplugin("capturemanager")
        capturing.stop_global_capturing()
        capturing.start_global_capturing()
        capturing.suspend_global_capture()
        config.pluginmanager.unregister(name="terminalreporter")
        telling = _Telling(session, line)
        config.pluginmanager.register(telling)
        telling.run()
        line.send(("ended", None))
    except BaseException:  # noqa: BLE001 - said to whoever started it
        with suppress(OSError):
            line.send(("broken", traceback.format_exc()))
    with suppress(BaseException):
        atexit._run_exitfuncs()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(0)


@dataclass
class _Copy:
    """One of the processes, as the one that collected knows it. `left` are the places in the collection that it has yet to end."""

    number: int
    pid: int
    line: Connection
    left: list[int] = field(default_factory=list)
    ended: bool = False


class Copies:
    """Runs a session's tests in `many` copies of this process; `units` are places in the collection that one process runs one after the
    other, those first that begin first."""

    def __init__(self, session: pytest.Session, many: int, units: Sequence[Sequence[int]]) -> None:
        self._session, self._many = session, many
        self._units = deque(units)
        self._copies: dict[Connection, _Copy] = {}
        self._made = 0

    def run(self) -> None:
        """Until each test is done. Raises what pytest's own loop does where it is to stop."""
        session = self._session
        assert threading.active_count() == 1, (
            f"a copy would lack {threading.enumerate()}: started while modules were imported"
        )
        # Made before there are copies: each would make it anew.
        session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        try:
            for _ in range(min(self._many, len(self._units))):
                self._start()
            while self._copies:
                for line in wait(list(self._copies)):
                    assert isinstance(line, Connection)
                    self._listen(self._copies[line])
        finally:
            for each in self._copies.values():
                with suppress(ProcessLookupError):
                    os.kill(each.pid, signal.SIGTERM)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)

    def _start(self) -> None:
        here, there = Pipe()
        number, self._made = self._made, self._made + 1
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            # Whoever holds an end of another's line would keep its death from being seen.
            here.close()
            for line in self._copies:
                line.close()
            _as_a_copy(self._session, number, there)
        there.close()
        self._copies[here] = _Copy(number, pid, here)

    def _listen(self, copy: _Copy) -> None:
        try:
            kind, what = copy.line.recv()
        except (EOFError, OSError):
            self._buried(copy)
            return
        session, config = self._session, self._session.config
        if kind == "idle":
            stop = session.shouldfail or session.shouldstop or not self._units
            copy.left = [] if stop else list(self._units.popleft())
            copy.line.send(copy.left)
        elif kind == "report":
            report = config.hook.pytest_report_from_serializable(config=config, data=what)
            config.hook.pytest_runtest_logreport(report=report)
        elif kind == "finished":
            copy.left.pop(0)
            nodeid, location = what
            config.hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)
        elif kind == "warning":
            text, file, lineno, when, nodeid, location = what
            message = warnings.WarningMessage(UserWarning(text), UserWarning, file, lineno)
            config.hook.pytest_warning_recorded.call_historic(
                kwargs=dict(warning_message=message, when=when, nodeid=nodeid, location=location)
            )
        elif kind == "broken":
            self._failed(f"tests/forking.py::copy{copy.number}", ("tests", 0, f"copy {copy.number}"), what)
            copy.ended = not copy.left
        elif kind == "ended":
            copy.ended = True

    def _buried(self, copy: _Copy) -> None:
        """It is gone. Where it had not ended, its test failed, and another goes on."""
        del self._copies[copy.line]
        copy.line.close()
        _, status = os.waitpid(copy.pid, 0)
        if copy.ended:
            return
        how = (
            f"signal {os.WTERMSIG(status)}"
            if os.WIFSIGNALED(status)
            else f"exit status {os.WEXITSTATUS(status)}"
        )
        if copy.left:
            died, *rest = copy.left
            item = self._session.items[died]
            self._failed(item.nodeid, item.location, f"the process died in this test ({how})")
            if rest:
                self._units.appendleft(rest)
        else:
            self._failed(
                f"tests/forking.py::copy{copy.number}", ("tests", 0, f"copy {copy.number}"),
                f"the process died between its tests, or as it put away what they shared ({how})",
            )  # fmt: skip
        if self._units:
            self._start()

    def _failed(self, nodeid: str, location: tuple[str, int | None, str], why: str) -> None:
        report = pytest.TestReport(
            nodeid=nodeid, location=location, keywords={}, outcome="failed", longrepr=why, when="call"
        )
        self._session.config.hook.pytest_runtest_logreport(report=report)
