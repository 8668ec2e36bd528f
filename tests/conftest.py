"""One real PostgreSQL a test process; a fresh, migrated database a test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tieout.store import Database, EmbeddedServer, migrate


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture
def empty_database(server: EmbeddedServer) -> Database:
    """A database without Tieout's tables."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    return Database(server.dsn.replace("dbname=tieout", f"dbname={name}"))


@pytest.fixture
def database(empty_database: Database) -> Database:
    migrate(empty_database)
    return empty_database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
