"""Dumps the schema that the migrations make: `python -m tests.migration.schema` writes it down."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from tieout.store import Database, EmbeddedServer, migrate
from tieout.store.backup import _environment, _tool

SCHEMA = Path(__file__).resolve().parents[2] / "src" / "tieout" / "store" / "schema.sql"


def dump(dsn: str) -> str:
    """The schema as SQL, without comments and session settings."""
    done = subprocess.run(
        [_tool("pg_dump"), "--schema-only", "--schema=tieout", "--no-owner", "--no-privileges"],
        env=_environment(dsn), capture_output=True, text=True, check=True,
    )  # fmt: skip
    kept = [
        x for x in done.stdout.splitlines() if x.strip() and not re.match(r"--|SET |SELECT pg_catalog|\\", x)
    ]
    return "\n".join(kept) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(Path(folder)) as server:
        migrate(Database(server.dsn))
        SCHEMA.write_text(dump(server.dsn))
