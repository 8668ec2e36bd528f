"""One real PostgreSQL a test process; a fresh, migrated database a test, copied from one that was migrated once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings

from tieout.causes import be_strict
from tieout.operations.discover import discover
from tieout.security.identity import passwords
from tieout.store import Database, EmbeddedServer, migrate

# The same examples every time, and no deadline: a busy machine is no defect.
settings.register_profile(
    "tieout", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tieout")


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Hundreds of sign-ins in tests work out no hash of 64 MiB each."""
    held, passwords._HASHER = passwords._HASHER, PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    yield
    passwords._HASHER = held


@pytest.fixture(scope="session", autouse=True)
def _declared_causes() -> None:
    """Causes are declared as a process declares them, and a case of any other one fails whoever opens it."""
    discover()
    be_strict()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path_factory.mktemp("postgres")) as running:
        # Hundreds of databases that nobody keeps need not outlive a power cut. Whatever is killed in a test
        # (tests/simulation) runs on servers of its own, with fsync.
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            for name in ("fsync", "full_page_writes"):
                connection.execute(f"alter system set {name} = off".encode())
            connection.execute("select pg_reload_conf()")
        yield running


def _created(server: EmbeddedServer, name: str, template: str = "template1") -> Database:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template}".encode())
    dsn = server.dsn.replace("dbname=tieout", f"dbname={name}")
    return Database(dsn, bytes(32))


@pytest.fixture(scope="session")
def migrated(server: EmbeddedServer) -> str:
    """The name of a database that is migrated, which nobody connects to any more."""
    migrate(_created(server, "migrated"))
    return "migrated"


@pytest.fixture
def empty_database(server: EmbeddedServer) -> Database:
    """A database without Tieout's tables."""
    return _created(server, f"t{uuid.uuid4().hex[:12]}")


@pytest.fixture
def database(server: EmbeddedServer, migrated: str) -> Database:
    """A database with Tieout's tables and nothing in them."""
    return _created(server, f"t{uuid.uuid4().hex[:12]}", migrated)


def new_database(server: EmbeddedServer) -> Database:
    """A migrated database, for what outlives a test."""
    made = _created(server, f"t{uuid.uuid4().hex[:12]}")
    migrate(made)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
