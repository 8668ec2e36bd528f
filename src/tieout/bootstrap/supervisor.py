"""Keeps a project running: the embedded server, workers, the web side. What dies is started again, later each time; when
there is no more to be done it ends and says why. It is never alive with nothing running and nobody trying.
"""

from __future__ import annotations

import hashlib
import os
import random
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tieout.bootstrap.parts import Child, Part, Server
from tieout.bootstrap.patience import Attempts, Patience
from tieout.observe import Listening, ServiceManager, get_logger
from tieout.operations.taking_over import write_down
from tieout.store import EmbeddedServer

_log = get_logger(__name__)
_TICK_S = 0.05
_TELL_S = 2.0
_ENDING_S = 20.0
# A socket's path holds 107 bytes at most, its name included.
_LONGEST_PATH = 90
# The exit status of a child that cannot use the project's files: see tieout.cli.context.
_USAGE = 2
# And of one whose database is of another version: it will not be any other by trying again.
_OTHER_VERSION = 4
# So many rounds in a row that fail by a fault of our own are the end.
_OWN_FAULTS = 20


class Supervisor:
    """Starts `roles` ("worker", "serve"; a second one is "worker-2") as children and starts them again when they die.

    `environment` is added to the children's; of `first_environments` the first one only to their first start, the second one
    only to their second, and so on, so that an armed crash point does not strike the successor again. `give_up_s`: for how
    long what cannot be started is tried before everything ends; `longest_wait_s`: what is waited at most before what died is
    started again.

    One thread starts, watches and ends everything: children end with the thread that started them.
    """

    def __init__(
        self,
        folder: Path,
        server: EmbeddedServer | None,
        roles: Sequence[str] = ("worker", "serve"),
        environment: dict[str, str] | None = None,
        first_environments: Sequence[dict[str, str]] = (),
        *,
        manager: ServiceManager | None = None,
        give_up_s: float = 300.0,
        longest_wait_s: float = 15.0,
    ) -> None:
        self._folder, self._state = folder, folder / ".tieout"
        patience, dice = Patience(most_s=longest_wait_s, give_up_s=give_up_s), random.Random()
        self._server = Server(server, Attempts(patience, dice)) if server is not None else None
        self._children = [Child(role, folder, Attempts(patience, dice)) for role in roles]
        for child in self._children:
            child.environment = {**(environment or {}), "TIEOUT_SUPERVISOR": str(os.getpid())}
            child.once = list(first_environments)
        self._manager = manager or ServiceManager("")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._told_at, self._told = 0.0, ""
        self._ear: Listening | None = None
        self.restarts = 0
        self.reason = ""
        self.ready, self.ended = threading.Event(), threading.Event()

    # from outside

    def start(self) -> None:
        """Begin. `ready` is set once the web side answers and a worker works, `ended` when everything ended."""
        self._thread.start()

    def pids(self) -> dict[str, int]:
        """The processes that run, the database server among them."""
        parts: list[Child | Server] = [*self._children, *([self._server] if self._server else [])]
        return {part.name: part.pid for part in parts if part.pid is not None}

    def stop(self) -> None:
        """End everything: children are asked to, and killed where they do not in time; then the server."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(3 * _ENDING_S)
        elif self._server is not None:
            self._server.end()

    # the thread

    def _run(self) -> None:
        try:
            self._listen()
            self._watch()
        except BaseException as error:  # noqa: BLE001 - it ends, and says why
            _log.exception("the supervisor failed")
            self.reason = f"the supervisor failed: {error!r}"
        finally:
            try:
                self._end()
            finally:
                self.ended.set()

    def _listen(self) -> None:
        place = self._state.resolve() / "ear"
        if len(str(place)) > _LONGEST_PATH:
            digest = hashlib.sha256(str(place).encode()).hexdigest()[:12]
            place = Path(tempfile.gettempdir()) / f"tieout-{os.geteuid()}-{digest}-ear"
        self._ear = Listening(place / "socket")
        for child in self._children:
            child.environment["NOTIFY_SOCKET"] = str(self._ear.path)

    def _watch(self) -> None:
        faults = 0
        while not self._stopping.wait(_TICK_S):
            try:
                self._round(time.monotonic())
                faults = 0
            except Exception:
                faults += 1
                _log.exception("a round of the supervisor failed")
                if faults >= _OWN_FAULTS:
                    raise
            if self.reason:
                return

    def _round(self, now: float) -> None:
        self._hear(now)
        if self._server is not None:
            self._keep(self._server, now)
        for child in self._children:
            # What needs the database is not started without it: that would only be one more failure.
            self._keep(child, now, may_start=self._server is None or self._server.well(now))
        self.reason = self._hopeless(now)
        self._tell(now)

    def _hear(self, now: float) -> None:
        by_pid = {str(child.pid): child for child in self._children if child.pid is not None}
        for said in self._ear.heard() if self._ear else ():
            if child := by_pid.get(said.get("X_TIEOUT_PID", "")):
                child.hear(said, now)

    def _keep(self, part: Part, now: float, may_start: bool = True) -> None:
        """Look at a part; start it where it does not run and its time has come. Whatever it raises is its failure."""
        try:
            if part.look(now):
                self.restarts += 1
                self._will_try(part, part.attempts.ended(now))
            if not part.up and may_start and part.attempts.due(now):
                part.start(now)
                self._write_down()
        except Exception as error:  # noqa: BLE001 - one part that cannot start stops no other
            self._will_try(part, part.failed(now, f"cannot be started: {error}"))

    def _will_try(self, part: Part, wait: float) -> None:
        _log.warning(
            "it is started again",
            part=part.name,
            failures=part.attempts.failures,
            seconds=round(wait, 2),
            why=part.words,
        )

    def _write_down(self) -> None:
        try:
            write_down(self._state, {c.name: c.pid for c in self._children if c.pid is not None})
        except OSError as error:
            _log.warning("children are not written down", error=str(error))

    def _hopeless(self, now: float) -> str:
        """Why there is no more to be done; "" while there is."""
        if self._server is not None and self._server.attempts.hopeless(now):
            return _why(self._server)
        for child in self._children:
            if child.status == _OTHER_VERSION and not child.up:
                return f"{child.name} works in this database no more: {child.words}"
            # While files are not usable what runs goes on with those that were: the child waits for somebody to mend them.
            if child.attempts.hopeless(now) and not self._waits_for_files(child):
                return _why(child)
        return ""

    def _waits_for_files(self, child: Child) -> bool:
        return child.status == _USAGE and any(c.up for c in self._children if c is not child)

    # the service manager

    def _tell(self, now: float) -> None:
        """What a service manager is told: that all is up, what is not, and that it need not act."""
        # Several workers share the work: one that works is enough.
        kinds: dict[str, list[Child]] = {}
        for child in self._children:
            kinds.setdefault(child.name.partition("-")[0], []).append(child)
        well = all(any(c.well(now) for c in kind) for kind in kinds.values())
        down = [
            part
            for part in (*self._children, *([self._server] if self._server else []))
            if not part.well(now)
        ]
        status = "; ".join(f"{part.name} {part.words or 'starts'}" for part in down) or "all of it works"
        words = {} if status == self._told else {"STATUS": status}
        self._told = status
        if well and not self.ready.is_set():
            self.ready.set()
            words["READY"] = "1"
        # Who waits for files to be mended is not helped by a restart: the rest would not come up either.
        held = self.ready.is_set() and all(c.well(now) or self._waits_for_files(c) for c in self._children)
        if (well or held) and now - self._told_at >= _TELL_S:
            self._told_at = now
            words["WATCHDOG"] = "1"
        if words:
            self._manager.tell(**words)

    def _end(self) -> None:
        """Children first, then the server; each has its time."""
        self._manager.tell(STOPPING="1", STATUS=self.reason or "it is told to end")
        for child in self._children:
            child.ask_to_end()
        deadline = time.monotonic() + _ENDING_S
        for child in self._children:
            child.end(max(0.1, deadline - time.monotonic()))
        if self._ear is not None:
            self._ear.close()
        with suppress(OSError):
            self._write_down()
        if self._server is not None:
            self._server.end()


def _why(part: Part) -> str:
    return f"{part.name} cannot be started ({part.attempts.futile} times in a row): {part.words}"
