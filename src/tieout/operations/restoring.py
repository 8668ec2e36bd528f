"""Restoring a project from a backup: one transaction with its evidence, then the seal; tried again, it ends alike.

The evidence entry `database.restored` says to which head of the log the database went back, and what the witness had
seen by then: with it the verifier tells a restore from a log that was cut (see `evidence/verify.py`).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tieout.engine import Runner, crash_point
from tieout.evidence import RESTORED, Entry, Sealer, load_or_make_signer, record
from tieout.operations.open_project import OpenProject
from tieout.security import StampError, load_authority, load_or_make_key, stamper
from tieout.store import (
    Connection,
    Database,
    EmbeddedServer,
    Queries,
    RestoreError,
    check_backup,
    holds_tables,
    make_role,
    restore,
)

_SQL = Queries("tieout.bootstrap")
_PATIENCE_S = 10.0
_BLOCK = 1024 * 1024
# Numbers of entries that were told to others and are lost are not given again.
_JUMP = 1_000_000


@dataclass(frozen=True)
class Restored:
    """`deliveries` are looked up before anything is sent; `entries` sealed ones are in the database, `lost` more the
    witness had seen (None: there was no witness). `again`: it was restored already, and is whole now."""

    deliveries: int
    entries: int
    lost: int | None
    again: bool = False


class Restoring(OpenProject):
    """An open project whose database is empty."""

    def restore(self, source: Path, witness: Path | None = None) -> Restored:
        """Restore `source` into the project's empty database; `witness` is a witness file kept elsewhere, which takes the
        place of the project's where that has none. Raises RestoreError, and then nothing was changed."""
        check_backup(source)
        self._check_keys()
        work = _Work(self, source, _sha256(source), witness)
        with self._for_restore(work) as server:
            found = work.again()
            if found is None:
                found = work.restore()
            self.prepare_database(server)
            work.seal()
        return found

    def _check_keys(self) -> None:
        keys = self.project.state / "keys"
        missing = [n for n in ("stamp.key", "evidence.key") if not (keys / n).is_file()]
        if missing:
            raise RestoreError(
                f"{keys} lacks {' and '.join(missing)}: put the keys there that you kept apart from the backup, "
                "then restore"
            )

    @contextmanager
    def _for_restore(self, work: _Work) -> Iterator[EmbeddedServer | None]:
        """The embedded server, where the project has no other. One that runs is not ours to stop, unless it serves
        nobody: a restore that was killed leaves it behind."""
        if self.project.dsn:
            yield None
            return
        server = EmbeddedServer(self.project.state / "postgres")
        if server.running_pid is not None:
            self._refuse_running()
            work.again()
        server.start()
        try:
            yield server
        finally:
            server.stop()

    def _refuse_running(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                with psycopg.connect(self.owner_dsn, autocommit=True, connect_timeout=3) as connection:
                    row = connection.execute(_SQL["others"]).fetchone()
            except psycopg.OperationalError:
                row = None
            if row is not None and row[0] == 0:
                return
            if time.monotonic() > deadline:
                raise RestoreError(
                    f"{self.project.folder} is running: stop `tieout up` first; a backup is restored into an empty "
                    "database"
                )
            # Of a process that was killed a moment ago the database hears in an instant.
            time.sleep(0.1)


class _Work:
    """One restore."""

    def __init__(self, app: Restoring, source: Path, sha256: str, witness: Path | None) -> None:
        self._app, self._source, self._sha256, self._witness = app, source, sha256, witness
        keys = app.project.state / "keys"
        self._signer = load_or_make_signer(keys / "evidence.key")
        self._stamp_key = load_or_make_key(keys / "stamp.key")
        self._found: Restored | None = None

    @property
    def _database(self) -> Database:
        """As its owner; the embedded server must run already."""
        return Database(self._app.owner_dsn, self._stamp_key)

    def again(self) -> Restored | None:
        """What this very backup was restored as, where nothing happened since: somebody died after that. None: the
        database is empty. Raises RestoreError where it is neither."""
        with self._database.connect(name="tieout restore") as connection:
            if not holds_tables(connection):
                return None
            row = connection.execute(_SQL["last_entries"], {"action": RESTORED}).fetchone()
        if row is None or json.loads(row["detail"]).get("backup_sha256") != self._sha256 or row["later"]:
            raise RestoreError(
                "the database already holds Tieout's tables: restore into an empty one (another dsn, or, of the embedded "
                f"server, with {self._app.project.state / 'postgres'} moved away)"
            )
        return _as_restored(json.loads(row["detail"]), True)

    def restore(self) -> Restored:
        """The transaction. Raises RestoreError."""
        restore(self._database, self._source, self._within, lambda name: crash_point(f"restore.{name}"))
        assert self._found is not None
        return self._found

    def seal(self) -> None:
        """Seal what tells of the restore right away: from here on the log goes on openly."""
        sealer = Sealer(self._signer, self._app.clock, self._app.project.witness)
        connection = self._database.connect(autocommit=True)
        try:
            # A crash leaves it to the worker's own sealer.
            runner = Runner(sealer)
            while runner.step(connection):
                pass
        finally:
            connection.close()
        crash_point("restore.sealed")

    def _within(self, connection: Connection, deliveries: int) -> None:
        """In the transaction of the restore: are the keys its keys; the role; what is told of it."""
        head = connection.execute(_SQL["last_head"]).fetchone()
        self._check_ours(connection, head)
        self._make_role(connection)
        detail = {
            "backup_sha256": self._sha256,
            "deliveries": deliveries,
            "restored": {
                "tree_size": head["tree_size"] if head else 0,
                "root_hash": bytes(head["root_hash"]).hex() if head else hashlib.sha256().hexdigest(),
            },
            "witness": self._seen(),
        }
        connection.execute(_SQL["jump"], {"by": _JUMP})
        now = self._app.clock.now()
        if _there(connection, "session"):
            # Whoever was signed out since would be let in again.
            connection.execute(_SQL["end_sessions"], {"at": now})
        record(connection, [Entry(now, "restore", RESTORED, "database", "", detail)])
        self._found = _as_restored(detail, False)

    def _check_ours(self, connection: Connection, head: dict[str, Any] | None) -> None:
        keys = self._app.project.state / "keys"
        if head is not None and head["key_id"] != self._signer.key_id:
            raise RestoreError(
                f"{self._source} is another project's: its evidence is sealed by key {head['key_id']}, {keys} holds "
                f"{self._signer.key_id}; put the keys of the backup's project there"
            )
        if not _there(connection, "authority"):
            # Written before there were stamps.
            return
        try:
            load_authority(connection)
            _check_message(connection)
        except StampError:
            raise RestoreError(
                f"{self._source} is another project's: its rows are not stamped by the key in {keys}; put the keys of "
                "the backup's project there"
            ) from None

    def _make_role(self, connection: Connection) -> None:
        """The application's role, which no backup holds."""
        app = self._app
        if app.owner_dsn == app.dsn:
            return
        given = conninfo_to_dict(app.dsn)
        role = str(given.get("user") or "")
        try:
            with connection.transaction():
                make_role(connection, role, str(given.get("password") or ""))
        except psycopg.errors.InsufficientPrivilege:
            raise RestoreError(
                f"the database has no role {role!r}, and the owner may not make one: as its administrator, "
                f"create role {role} login password '…', then restore"
            ) from None

    def _seen(self) -> dict[str, Any] | None:
        """What the witness had seen last, and most. Raises RestoreError where it cannot be read."""
        path = self._app.project.witness
        if self._witness is not None:
            self._bring(self._witness, path)
        if not path.exists():
            return None
        try:
            lines = [json.loads(x) for x in path.read_text(encoding="utf-8").splitlines() if x.strip()]
            last = lines[-1] if lines else None
            return last and {
                "tree_size": last["tree_size"], "root_hash": last["root_hash"], "signed_at": last["signed_at"],
                "most": max(x["tree_size"] for x in lines),
            }  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RestoreError(f"{path} is no witness file ({error}): bring the one that you kept") from None

    def _bring(self, given: Path, path: Path) -> None:
        """Put a witness file that was kept elsewhere into the project's place."""
        try:
            theirs = given.read_bytes()
            ours = path.read_bytes() if path.exists() else b""
            if not (theirs.startswith(ours) or ours.startswith(theirs)):
                raise RestoreError(f"{given} and {path} saw different logs: move the wrong one away")
            if len(theirs) > len(ours):
                partial = path.with_name(f".{path.name}.partial")
                shutil.copyfile(given, partial)
                partial.replace(path)
        except OSError as error:
            raise RestoreError(f"{given} cannot be read: {error.strerror}") from None


def _there(connection: Connection, table: str) -> bool:
    row = connection.execute(_SQL["has_table"], {"name": f"tieout.{table}"}).fetchone()
    return bool(row and row["found"])


def _check_message(connection: Connection) -> None:
    """Raises StampError where the last message is not stamped by this project's key."""
    row = connection.execute(_SQL["stamped_message"]).fetchone()
    if row is None:
        return
    parts = (row["interface"], row["stream"], row["dedupe_key"], row["transport"], row["submitted_by"])
    if not stamper(connection).holds(row["stamp"], "message", *parts, bytes(row["body_sha256"])):
        raise StampError("its stamp is not ours")


def _as_restored(detail: dict[str, Any], again: bool) -> Restored:
    size, witness = detail["restored"]["tree_size"], detail["witness"]
    lost = max(0, witness["most"] - size) if witness else None
    return Restored(detail["deliveries"], size, lost, again)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
