"""The embedded PostgreSQL: the server's binaries from a wheel, under our own supervisor.

The server is a direct child, so that its death is seen at once, and it ends when whoever started it dies. One process
owns the server of a folder: a lock says so, and nobody else starts or stops it. Its socket lies in a short
private folder (a socket path holds 107 bytes at most). Under whose id it runs says `server_user`: never under root's.
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
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import psycopg

from tieout.observe import LogFile
from tieout.store.errors import EmbeddedServerError
from tieout.store.owning import FolderLock, command_of, end_process, identity_of
from tieout.store.roles import APPLICATION
from tieout.store.server_programs import binaries
from tieout.store.server_user import ServerUser, another, creator_for, give, private_folder, user_of

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
    # A first load fills empty tables within a minute; until they are counted, what is planned for them is a guess.
    "autovacuum_naptime": "10s",
    "log_min_messages": "warning",
    "wal_level": "replica",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "10min",
}

# After a crash it replays at most max_wal_size, and a server on a slow disk is waited for that long.
_RECOVERY_S = 600.0
_TRIES = 12


def _write_secret(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(24))


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
        self._digest = hashlib.sha256(str(self.data).encode()).hexdigest()[:12]

    @property
    def socket_folder(self) -> Path:
        """Where its socket is: named for whom the data belong to, since that is who runs it."""
        owner = me = os.geteuid()
        with suppress(OSError):
            owner = self.data.stat().st_uid
        # Another one's temporary folder may be out of our sight, and ours out of theirs.
        place = Path(tempfile.gettempdir() if owner == me else "/tmp")
        return place / f"tieout-{owner}-{self._digest}"

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

        Raises EmbeddedServerError where it does not start, it is another user's, or another process still owns it after
        `wait_s` seconds.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            user_of(self.data)
            self.folder.chmod(0o700)
        except PermissionError:
            raise another(self.folder) from None
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
        # Its socket's folder is named for its data, which another id's server is not told by name.
        return pid if self._digest.encode() in command_of(pid) and identity_of(pid) else None

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
        """Make the cluster aside and put it in place whole: one that is begun and not ended is begun anew."""
        shutil.rmtree(self.data, ignore_errors=True)
        secret, aside = self.folder / "password", self.folder / "data.partial"
        shutil.rmtree(aside, ignore_errors=True)
        _write_secret(secret)
        user = user_of(self.data)
        creator = creator_for(user)
        aside.mkdir(mode=0o700)
        creator.own(aside)
        try:
            self._initialise(aside, creator, secret)
            give(aside, user)
            aside.rename(self.data)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _initialise(self, data: Path, creator: ServerUser, secret: Path) -> None:
        with creator.lent(secret) as (name, files):
            words = [
                str(creator.programs(binaries()) / "initdb"),
                "-D",
                creator.place_of(data),
                "-U",
                "tieout",
                "-E",
                "UTF8",
                "--locale=C",
                "-A",
                "scram-sha-256",
                f"--pwfile={name}",
                "--no-instructions",
            ]
            done = creator.run(words, data, files)
        if done.returncode:
            raise EmbeddedServerError(
                f"the embedded PostgreSQL cannot be created: {done.stderr.strip()[-400:]}\n"
                "Run as a user that this machine has a name for, or set dsn in tieout.toml or TIEOUT_DSN to a PostgreSQL "
                "15 or newer."
            )
        lines = [f"{key} = {value}" for key, value in _SETTINGS.items()]
        with (data / "postgresql.conf").open("a") as file:
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
        user = user_of(self.data)
        give(self.data, user)
        private_folder(self.socket_folder, user)
        programs = user.programs(binaries())
        words = [str(programs / "postgres"), "-D", user.place_of(self.data), "-k", str(self.socket_folder)]
        with self.log.open() as file:
            self._process = user.start(_ending_with_us(words), self.data, file)

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
