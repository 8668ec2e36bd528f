"""Keeps a project running: the embedded server, workers, the web side; what dies is restarted."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tieout.observe import get_logger
from tieout.store import EmbeddedServer

_log = get_logger(__name__)


class Supervisor:
    """Starts `roles` ("worker", "serve"; a second one is "worker-2") as children and restarts them when they die.

    `environment` is added to the children's; `first_environment` only to their first start, so
    that an armed crash point does not strike the successor again.
    """

    def __init__(
        self,
        folder: Path,
        server: EmbeddedServer | None,
        roles: Sequence[str] = ("worker", "serve"),
        environment: dict[str, str] | None = None,
        first_environment: dict[str, str] | None = None,
    ) -> None:
        self._folder, self._server, self._roles = folder, server, roles
        self._environment = environment or {}
        self._first = first_environment or {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self.restarts = 0

    def start(self) -> None:
        for role in self._roles:
            self._children[role] = self._spawn(role, self._first)
        self._thread.start()

    def _spawn(self, role: str, extra: dict[str, str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tieout", role.partition("-")[0], "--dir", str(self._folder)]
        log = self._folder / ".tieout" / f"{role}.log"
        with log.open("ab") as file:
            return subprocess.Popen(
                command,
                stdout=file,
                stderr=file,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self._environment, **extra},
            )

    def _watch(self) -> None:
        while not self._stopping.wait(0.05):
            if self._server is not None and self._server.ensure():
                self.restarts += 1
                _log.warning("embedded server restarted")
            for role, child in list(self._children.items()):
                if child.poll() is not None and not self._stopping.is_set():
                    self.restarts += 1
                    _log.warning("child restarted", role=role, status=child.returncode)
                    self._children[role] = self._spawn(role, {})

    def pids(self) -> dict[str, int]:
        """The processes that run, the database server among them."""
        found = {role: child.pid for role, child in self._children.items() if child.poll() is None}
        if self._server is not None and self._server.alive and self._server.pid:
            found["postgres"] = self._server.pid
        return found

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(30)
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + 20
        for child in self._children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if self._server is not None:
            self._server.stop()
