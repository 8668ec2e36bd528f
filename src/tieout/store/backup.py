"""Backup and restore of the database, by PostgreSQL's own tools.

A restore is one transaction: whatever is restored, marked and checked is there together or not at all, so that one which
died is tried again. The keys are not in a backup: they are kept and carried apart (`tieout backup` says where).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tieout.store.database import Connection, Database
from tieout.store.errors import EmbeddedServerError
from tieout.store.migrate import files, wait_for_migrations
from tieout.store.server_programs import binaries

_MAGIC = b"PGDMP"
# After what pg_dump wrote, and read by nobody else: pg_restore overlooks that a file's end is missing.
_END = b"\nTieout backup, whole: sha256 %b\n"
_END_SIZE = len(_END % (b"0" * 64))
# With the version that made this table backups began to have an end.
_ENDS_SINCE = "0015_file_changes.sql"
_BLOCK = 1024 * 1024
_DAMAGED = "is cut off or damaged: copy it again, or take another backup"


class RestoreError(RuntimeError):
    """What cannot be restored, or not into this database: why, and what to do. Nothing was changed."""


def _tool(name: str) -> str:
    try:
        return str(binaries() / name)
    except EmbeddedServerError:
        found = shutil.which(name)
        if found is None:
            raise
        return found


def _environment(dsn: str) -> dict[str, str]:
    parts = conninfo_to_dict(dsn)
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }
    return os.environ | {names[k]: str(v) for k, v in parts.items() if k in names and v}


def back_up(dsn: str, target: Path) -> int:
    """Write a consistent dump to `target` (mode 0600), complete or not at all; its size.

    Raises RuntimeError with the tool's words where it fails.
    """
    partial = target.with_suffix(target.suffix + ".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        done = subprocess.run(
            [_tool("pg_dump"), "--format=custom", "--schema=tieout"],
            stdout=file,
            stderr=subprocess.PIPE,
            env=_environment(dsn),
            check=False,
        )
    if done.returncode:
        partial.unlink()
        raise RuntimeError(f"pg_dump failed: {done.stderr.decode(errors='replace')[-400:]}")
    digest = _sha256(partial, partial.stat().st_size)
    with partial.open("ab") as file:
        file.write(_END % digest.encode())
        file.flush()
        os.fsync(file.fileno())
    partial.replace(target)
    return target.stat().st_size


def check_backup(source: Path) -> None:
    """Raises RestoreError for what is no backup, as far as its beginning says."""
    try:
        with source.open("rb") as file:
            beginning = file.read(len(_MAGIC))
    except OSError as error:
        raise RestoreError(f"{source} cannot be read: {error.strerror}") from None
    if beginning != _MAGIC:
        raise RestoreError(f"{source} is no backup of Tieout: `tieout backup FILE` writes one")
    if _has_end(source) is False:
        raise RestoreError(f"{source} {_DAMAGED} (its content is not what its end says)")
    done = subprocess.run(
        [_tool("pg_restore"), "--list", str(source)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RestoreError(f"{source} {_DAMAGED} ({done.stderr.strip()[-200:]})")
    if " SCHEMA - tieout " not in done.stdout:
        raise RestoreError(f"{source} is a dump of something else: it holds no tables of Tieout")


def _has_end(source: Path) -> bool | None:
    """Whether what stands before a backup's end is what that says; None where it has none."""
    size = source.stat().st_size - _END_SIZE
    with source.open("rb") as file:
        file.seek(max(0, size))
        end = file.read()
    before, _, after = _END.partition(b"%b")
    if not (end.startswith(before) and end.endswith(after)):
        return None
    return end == _END % _sha256(source, size).encode()


def _sha256(path: Path, size: int) -> str:
    """Of a file's first `size` bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while size > 0 and (block := file.read(min(_BLOCK, size))):
            digest.update(block)
            size -= len(block)
    return digest.hexdigest()


def restore(
    database: Database,
    source: Path,
    within: Callable[[Connection, int], None] | None = None,
    step: Callable[[str], None] = lambda _: None,
) -> int:
    """Restore a dump into an empty database, by its owner; the number of deliveries left open then.

    Every delivery that was not confirmed is marked unknown, so that it is looked up before
    anything is sent again: the target may hold what the backup does not know. `within` is called, with
    their number, in the very transaction: what it refuses is not restored. `step` hears how far it is.
    Raises RestoreError where the database already holds Tieout's tables, or the backup is not whole or newer.
    """
    check_backup(source)
    with database.connect(name="tieout restore") as connection, connection.transaction():
        wait_for_migrations(connection)
        if holds_tables(connection):
            raise RestoreError("the database already holds Tieout's tables: restore into an empty one")
        connection.execute("drop schema if exists tieout")
        _load(connection, source, step)
        # The dump's script set it for the session.
        connection.execute("set search_path to tieout, public")
        _check_tables(connection, source)
        _count_anew(connection)
        changed = connection.execute(
            "update tieout.delivery set state = 'unknown', next_attempt_at = null"
            " where state in ('waiting', 'attempting', 'unknown')"
        ).rowcount
        if within is not None:
            within(connection, changed)
        step("before_commit")
    step("after_commit")
    return changed


def holds_tables(connection: Connection) -> bool:
    """Whether anything of Tieout is in a database."""
    row = connection.execute(
        "select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = 'tieout') as found"
    ).fetchone()
    return bool(row and row["found"])


def _load(connection: Connection, source: Path, step: Callable[[str], None]) -> None:
    """The dump as SQL, statement by statement and table by table. Roles of another machine are left out."""
    with _script(source) as lines:
        sql: list[bytes] = []
        for line in lines:
            if line.startswith(b"COPY ") and line.endswith(b" FROM stdin;\n"):
                _run(connection, sql, source)
                _copy(connection, line, lines, source)
                step("loading")
            elif not line.startswith((b"\\restrict ", b"\\unrestrict ")):
                # Those two are words to psql, which does not read this.
                sql.append(line)
        _run(connection, sql, source)


@contextmanager
def _script(source: Path) -> Iterator[Iterator[bytes]]:
    command = [_tool("pg_restore"), "--no-owner", "--no-acl", "--file=-", str(source)]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said)
        assert process.stdout is not None
        try:
            yield iter(process.stdout)
            if process.wait():
                raise RestoreError(f"{source} {_DAMAGED} ({_last_words(said)})")
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def _last_words(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read().decode(errors="replace").strip()[-200:]


def _run(connection: Connection, sql: list[bytes], source: Path) -> None:
    text = b"".join(sql)
    sql.clear()
    if text.strip():
        try:
            connection.execute(text)
        except psycopg.Error as error:
            raise RestoreError(f"{source} cannot be restored here: {error}") from None


def _copy(connection: Connection, head: bytes, lines: Iterator[bytes], source: Path) -> None:
    with connection.cursor() as cursor, cursor.copy(head.rstrip(b";\n")) as copy:
        for line in lines:
            if line == b"\\.\n":
                return
            copy.write(line)
        raise RestoreError(f"{source} {_DAMAGED}")


def _check_tables(connection: Connection, source: Path) -> None:
    """Every migration of the dump is one that this version knows, and is as it knows it."""
    ours = {name: hashlib.sha256(sql.encode()).hexdigest() for name, sql in files()}
    rows = connection.execute("select name, sha256 from tieout.schema_migration order by name").fetchall()
    if any(r["name"] == _ENDS_SINCE for r in rows) and _has_end(source) is None:
        raise RestoreError(f"{source} {_DAMAGED} (its end is missing)")
    newer = [r["name"] for r in rows if r["name"] not in ours]
    if newer:
        raise RestoreError(
            f"{source} was written by a newer Tieout (its tables have {newer[-1]}): install that version, then restore"
        )
    for row in rows:
        if row["sha256"] != ours[row["name"]]:
            raise RestoreError(
                f"{source}: its migration {row['name']} has another content than this version's"
            )


def _count_anew(connection: Connection) -> None:
    """Another cluster counts transactions anew; the sealer's order starts again from here for what is not sealed."""
    connection.execute("alter table tieout.evidence disable trigger evidence_fixed")
    connection.execute(
        "update tieout.evidence e set xid = pg_current_xact_id()"
        " where not exists (select from tieout.evidence_leaf l where l.evidence_id = e.evidence_id)"
    )
    connection.execute("alter table tieout.evidence enable trigger evidence_fixed")
