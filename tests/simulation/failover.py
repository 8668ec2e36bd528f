"""A month on a replicated PostgreSQL whose primary dies again and again, with several workers.

Two servers: what is committed on the one is on the other (synchronous replication). The primary is killed, the other is
promoted, and the one that died is made anew as its standby. Tieout is given both addresses and told to work where it may
write; nothing else changes for it.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from tests.acceptance.commands import Warm
from tests.simulation.runs import DoneTwice
from tieout.store.server_programs import binaries
from tieout.store.server_user import as_user
from tieout_sandbox.demo.result import DemoResult
from tieout_sandbox.demo.scenarios import DemoOptions
from tieout_sandbox.ports import free_port

WORKERS = 3
_SETTINGS = "listen_addresses = '127.0.0.1'\nwal_level = replica\nmax_connections = 120\nfsync = on\n"


class Server:
    """One PostgreSQL of the pair."""

    def __init__(self, folder: Path, name: str) -> None:
        self.data, self.sockets, self.port, self.name = folder / name, folder, free_port(), name
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=tieout dbname=postgres"

    def _run(self, tool: str, *words: str) -> None:
        done = subprocess.run(
            as_user([str(binaries() / tool), *words]), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{tool}: {done.stderr[-800:]}"

    def make(self) -> Server:
        """A cluster of its own."""
        self._run("initdb", "-D", str(self.data), "-U", "tieout", "-A", "trust", "-E", "UTF8", "--locale=C")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(_SETTINGS)
        return self.start()

    def follow(self, primary: Server) -> Server:
        """A standby of another, which waits for it from then on."""
        shutil.rmtree(self.data, ignore_errors=True)
        self._run(
            "pg_basebackup", "-D", str(self.data), "-R", "-X", "stream", "-c", "fast", "-h", "127.0.0.1",
            "-p", str(primary.port), "-U", "tieout",
        )  # fmt: skip
        self.start()
        with psycopg.connect(primary.dsn, autocommit=True) as connection:
            while not connection.execute(
                "select 1 from pg_stat_replication where state = 'streaming'"
            ).fetchone():
                time.sleep(0.05)
            connection.execute("alter system set synchronous_standby_names = '*'")
            connection.execute("select pg_reload_conf()")
            while connection.execute("select sync_state from pg_stat_replication").fetchone() != ("sync",):
                time.sleep(0.05)
        return self

    def start(self) -> Server:
        command = [
            str(binaries() / "postgres"),
            "-D",
            str(self.data),
            "-p",
            str(self.port),
            "-k",
            str(self.sockets),
        ]
        with (self.sockets / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(as_user(command), stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while True:
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.dsn, connect_timeout=2).close()
                return self
            assert time.monotonic() < deadline, (self.sockets / f"{self.name}.log").read_text()[-800:]
            time.sleep(0.05)

    def promote(self) -> None:
        """It is the primary now, and waits for nobody."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("select pg_promote(true, 60)")
            connection.execute("alter system set synchronous_standby_names = ''")
            connection.execute("select pg_reload_conf()")

    def kill(self) -> None:
        """As a machine that loses its power: nothing is said to anybody."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        # Its backends end as soon as they see that it is gone.
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self.dsn, connect_timeout=2).close()
            except psycopg.OperationalError:
                return
            time.sleep(0.05)


class Pair(threading.Thread):
    """A primary with its standby, which change places `count` times."""

    def __init__(self, folder: Path, count: int, seed: int) -> None:
        super().__init__(name="failover", daemon=True)
        self.primary = Server(folder, "one").make()
        self.standby = Server(folder, "two")
        with psycopg.connect(self.primary.dsn, autocommit=True) as connection:
            connection.execute("create database tieout")
        self.standby.follow(self.primary)
        ports = f"{self.primary.port},{self.standby.port}"
        self.dsn = (
            f"host=127.0.0.1,127.0.0.1 port={ports} user=tieout dbname=tieout target_session_attrs=read-write "
            "connect_timeout=3"
        )
        self._count, self._random, self._ending = count, random.Random(seed), threading.Event()
        self.switched, self.troubles = 0, list[str]()

    def run(self) -> None:
        try:
            while self.switched < self._count and not self._ending.wait(self._random.uniform(1.0, 5.0)):
                self.primary.kill()
                self.standby.promote()
                self.primary, self.standby = self.standby, self.primary
                self.switched += 1
                self.standby.follow(self.primary)
        except Exception as error:  # noqa: BLE001 - told at the end
            self.troubles.append(repr(error))

    def finish(self) -> None:
        self._ending.set()
        if self.is_alive():
            self.join(120)

    def stop(self) -> None:
        for server in (self.primary, self.standby):
            with suppress(Exception):
                server.kill()


class _Disturbed(DoneTwice):
    """A demo whose database changes places from its first day on, not while it is set up, and stays where it is while the month
    is proven."""

    pair: Pair

    def settle(self, *given: Any) -> None:
        if self.pair.ident is None:
            self.pair.start()
        super().settle(*given)

    def _prove(self, *given: Any, **more: Any) -> DemoResult:
        self.pair.finish()
        return super()._prove(*given, **more)


def _supervisor(workers: int, folder: Path, server: Any, **more: Any) -> Warm:
    others = tuple(f"worker-{n}" for n in range(2, workers + 1))
    return Warm(folder, server, ("worker", *others, "serve"), **more)


@contextmanager
def _environment(dsn: str) -> Iterator[None]:
    before = os.environ.get("TIEOUT_DSN")
    os.environ["TIEOUT_DSN"] = dsn
    try:
        yield
    finally:
        os.environ.pop("TIEOUT_DSN")
        if before is not None:
            os.environ["TIEOUT_DSN"] = before


def month(seed: int, orders: int, count: int, workers: int = WORKERS) -> tuple[DemoResult, Pair]:
    """A month with up to `count` failovers, worked by several workers."""
    options = DemoOptions(
        orders=orders, seed=seed, faults="none", scenario="distributor", folder=None, serve=False, kills=1, crash="",
        quiet=True, close=False,
    )  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="tieout-pair-"))
    pair = Pair(folder, count, seed)
    try:
        with _environment(pair.dsn):
            demo = _Disturbed(options, partial(_supervisor, workers))
            demo.pair = pair
            result = demo.run()
    finally:
        pair.finish()
        pair.stop()
        shutil.rmtree(folder, ignore_errors=True)
    assert not pair.troubles, pair.troubles
    return result, pair
