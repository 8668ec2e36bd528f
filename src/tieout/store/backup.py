"""Backup and restore of the database, by PostgreSQL's own tools.

The keys are not in it: they are kept and carried apart (`tieout backup` says where).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tieout.store.embedded import EmbeddedServerError, binaries


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
        file.flush()
        os.fsync(file.fileno())
    if done.returncode:
        partial.unlink()
        raise RuntimeError(f"pg_dump failed: {done.stderr.decode(errors='replace')[-400:]}")
    partial.replace(target)
    return target.stat().st_size


def restore(dsn: str, source: Path) -> int:
    """Restore a dump into an empty database; the number of attempts left open then.

    Every delivery that was not confirmed is marked unknown, so that it is looked up before
    anything is sent again: the target may hold what the backup does not know.
    Raises RuntimeError where the database already holds Tieout's tables.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        if connection.execute("select to_regclass('tieout.message')").fetchone() != (None,):
            raise RuntimeError("the database already holds Tieout's tables: restore into an empty one")
    done = subprocess.run(
        [
            _tool("pg_restore"),
            "--exit-on-error",
            "--no-owner",
            "--dbname",
            str(conninfo_to_dict(dsn)["dbname"] or "tieout"),
            str(source),
        ],
        stderr=subprocess.PIPE,
        env=_environment(dsn),
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"pg_restore failed: {done.stderr.decode(errors='replace')[-400:]}")
    with psycopg.connect(dsn) as connection:
        # Another cluster counts transactions anew; the sealer's order starts again from here.
        connection.execute("alter table tieout.evidence disable trigger evidence_fixed")
        connection.execute("update tieout.evidence set xid = pg_current_xact_id()")
        connection.execute("alter table tieout.evidence enable trigger evidence_fixed")
        changed = connection.execute(
            "update tieout.delivery set state = 'unknown', next_attempt_at = null"
            " where state in ('waiting', 'attempting', 'unknown')"
        )
        return changed.rowcount
