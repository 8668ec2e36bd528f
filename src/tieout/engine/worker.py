"""A worker: loops in threads. A loop lets its runners work until none finds work, then waits for a
wake-up, for what a stage's pace put off, or for the sweep, at most a second."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

import psycopg

from tieout.engine.runner import Runner, Stage
from tieout.engine.wake import Listener
from tieout.observe import get_logger
from tieout.store import Connection, Database

_log = get_logger(__name__)
SWEEP_S = 1.0
# What a pace put off is made up for, but not by a pass of all stages for each that is due a moment later.
_LEAST_REST_S = 0.05
# After a line to the database was lost, or anything that should never be raised.
_AGAIN_S = 0.3
# How long all loops together may take to end their rounds.
_STOP_S = 20.0
# New objects, and rounds of the young and of those that stayed, before it is looked for cycles: some ten megabytes at most.
_BEFORE_CYCLES = (50_000, 20, 10)


def let_people_first() -> None:
    """Let this process wait where processors are short: whoever looks at a page is answered before a run of matching,
    say, goes on. Where the system does not let it, it stays as it is."""
    with suppress(OSError):
        os.nice(10)


def look_for_cycles_seldom() -> None:
    """What stands now, code for the most part, is never looked through again for objects that hold each other, and what comes
    only after some more of it: a batch makes and drops many objects, and next to none of them hold each other. Without it an
    eighth of planning goes into looking."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_BEFORE_CYCLES)


class Loop(threading.Thread):
    """One thread with a connection of its own, which it makes anew when it is lost. It ends only when it is told to."""

    def __init__(self, name: str, database: Database, stages: Sequence[Stage]) -> None:
        super().__init__(name=name, daemon=True)
        self._database = database
        self.wakes = threading.Event()
        self.stopping = threading.Event()
        self._runners = [Runner(stage) for stage in stages]
        for runner in self._runners:
            runner.stopping = self.stopping.is_set

    def run(self) -> None:
        """Until `stopping`: drain, then wait for a wake-up or the sweep. Whatever fails costs the connection
        and a pause, never the loop."""
        connection: Connection | None = None
        served = False
        while not self.stopping.is_set():
            try:
                if connection is None or connection.closed:
                    connection = self._database.connect(autocommit=True, name=f"tieout {self.name}")
                    served = False
                self.drain(connection)
                served = True
            except Exception as error:  # noqa: BLE001 - a loop that ends works nothing any more
                if isinstance(error, psycopg.Error):
                    _log.warning("connection lost", loop=self.name, error=str(error))
                else:
                    _log.exception("a loop failed, which is a defect", loop=self.name)
                if connection is not None:
                    with suppress(psycopg.Error):
                        connection.close()
                connection = None
                # A line that served until now is made anew at once: as a rule the server is there again, or comes.
                if not served:
                    self.stopping.wait(_AGAIN_S)
                served = False
                continue
            self.wakes.wait(self._rest_s())
            self.wakes.clear()
        if connection is not None:
            connection.close()

    def _rest_s(self) -> float:
        """Until the sweep, or until a pass that a stage's pace put off may be made."""
        owed = [max(rest, _LEAST_REST_S) for runner in self._runners if (rest := runner.owed_s()) is not None]
        return min([SWEEP_S, *owed])

    def hangs(self, most_s: float) -> str:
        """What is under way in it for more than `most_s` seconds, in words; "" for nothing."""
        return next((found for runner in self._runners if (found := runner.hangs(most_s))), "")

    def drain(self, connection: Connection) -> None:
        """Step every runner in turn until none finds work; a runner that is busy never keeps the next from
        its turn."""
        busy = True
        while busy and not self.stopping.is_set():
            busy = False
            for runner in self._runners:
                busy = runner.step(connection) or busy


class Worker:
    """The loops of one process and their listener."""

    def __init__(self, database: Database, loops: list[Loop]) -> None:
        self._loops = loops
        self._listener = Listener(database, [loop.wakes for loop in loops])

    def start(self) -> None:
        """Start listening, then every loop, each in a thread of its own. Returns at once."""
        self._listener.start()
        for loop in self._loops:
            loop.start()

    def hangs(self, most_s: float) -> str:
        """A round that is under way for more than `most_s` seconds, in words; "" for none. Nothing ends a thread from
        outside: whoever runs the process ends that."""
        return next((found for loop in self._loops if (found := loop.hangs(most_s))), "")

    def stop(self) -> None:
        """Let every loop end its round: what is under way is done, nothing new is begun."""
        self._listener.stopping.set()
        for loop in self._loops:
            loop.stopping.set()
            loop.wakes.set()
        deadline = time.monotonic() + _STOP_S
        for loop in self._loops:
            loop.join(max(deadline - time.monotonic(), 0.0))
