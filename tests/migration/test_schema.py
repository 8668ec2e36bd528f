"""Replaying the migrations gives the schema that is written down."""

from __future__ import annotations

from pathlib import Path

from tests.migration.schema import SCHEMA, dump
from tieout.store import Database, migrate


def test_the_migrations_replayed_equal_the_schema(empty_database: Database) -> None:
    migrate(empty_database)
    assert dump(empty_database.dsn) == Path(SCHEMA).read_text(), "write it again with `make schema`"
