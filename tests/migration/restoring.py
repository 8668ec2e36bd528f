"""Half a month of an old version, in a database of this process's PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.migration.mid_month.kept import unpack
from tieout.operations.open_project import OpenProject
from tieout.operations.upgrading import stamp_totals
from tieout.store import Database, EmbeddedServer, migrate
from tieout.store.backup import _environment, _tool


@dataclass
class HalfMonth:
    """A project folder, its database, and what the old version said of both."""

    folder: Path
    dsn: str
    facts: dict[str, Any]

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def environment(self) -> dict[str, str]:
        """For processes that are to work in it."""
        return {**os.environ, "TIEOUT_DSN": self.dsn}

    def open(self) -> OpenProject:
        """The project, opened by today's code as a process of its own does it."""
        before = os.environ.get("TIEOUT_DSN")
        os.environ["TIEOUT_DSN"] = self.dsn
        try:
            return OpenProject(self.project)
        finally:
            if before is None:
                del os.environ["TIEOUT_DSN"]
            else:
                os.environ["TIEOUT_DSN"] = before

    def migrate(self) -> list[str]:
        """Migrated as an upgrade does it: what is there is stamped."""
        applied = migrate(Database(self.dsn))
        with self.open().database.transaction() as connection:
            stamp_totals(connection)
        return applied


def restore_half_month(scenario: str, folder: Path, server: EmbeddedServer) -> HalfMonth:
    """What is kept of `scenario`, as it was: not migrated."""
    facts = unpack(scenario, folder)
    name = f"m{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    dsn = server.dsn.replace("dbname=tieout", f"dbname={name}")
    subprocess.run(
        [_tool("psql"), "-q", "-v", "ON_ERROR_STOP=1", "-f", str(folder / "database.sql")],
        env=_environment(dsn), check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    with psycopg.connect(dsn) as connection:
        # Another cluster counts transactions anew: the sealer's order starts again from here, as after a restore.
        connection.execute("alter table tieout.evidence disable trigger evidence_fixed")
        connection.execute("update tieout.evidence set xid = pg_current_xact_id()")
        connection.execute("alter table tieout.evidence enable trigger evidence_fixed")
    return HalfMonth(folder, dsn, facts)
