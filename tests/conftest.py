"""One real PostgreSQL a test process; a migrated database a test, with nothing in it (databases.py)."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from argon2 import PasswordHasher
from httpx2._transports import default
from hypothesis import HealthCheck, settings

from tests.databases import Databases, quicken
from tests.examples import examples
from tests.sharing import InUnits, longest_first
from tieout.causes import be_strict
from tieout.operations.discover import discover
from tieout.security.identity import passwords
from tieout.store import Database, EmbeddedServer

if TYPE_CHECKING:
    from tests.simulation.house import House

# Hundreds of processes are started: each would compile all of the product's modules where an environment forbids to keep
# what was compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The same examples every time, and no deadline: a busy machine is no defect.
settings.register_profile(
    "tieout",
    max_examples=examples(100),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tieout")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> InUnits:
    return InUnits(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        longest_first(items)


def pytest_collection() -> None:
    """Thousands of tests and all modules are made at once, and none of it is garbage until the end."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _certificates_are_read_once() -> Iterator[None]:
    """Thousands of clients ask servers of this machine without TLS; each would read all certificates first."""
    held = default.create_ssl_context
    default.create_ssl_context = cache(held)
    yield
    default.create_ssl_context = held


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
        # Whatever is killed in a test (tests/simulation) runs on servers of its own, with fsync.
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            quicken(connection)
            # Thousands of connections, whose passwords are as safe as their temporary folder.
            connection.execute("alter system set scram_iterations = 1")
            connection.execute("select pg_reload_conf()")
        _set_password_again(running)
        yield running


def _set_password_again(server: EmbeddedServer) -> None:
    """With the iterations that are set by now; they come into force a moment after a reload."""
    password = (server.folder / "password").read_text().strip()
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        while connection.execute("show scram_iterations").fetchone() != ("1",):
            pass
        connection.execute(f"alter role tieout password '{password}'".encode())


@pytest.fixture(scope="session")
def databases(server: EmbeddedServer) -> Iterator[Databases]:
    made = Databases(server)
    yield made
    made.close()


@pytest.fixture
def empty_database(databases: Databases) -> Database:
    """A database without Tieout's tables."""
    return databases.bare()


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    """A database with Tieout's tables and nothing in them."""
    lent = databases.lend()
    yield lent
    databases.give_back(lent)


@pytest.fixture(scope="session", autouse=True)
def _months_are_shared(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> None:
    """What a month came to in one process of a run need not be found out in another."""
    if hasattr(request.config, "workerinput"):
        from tests.simulation.runs import KEPT

        KEPT.folder = tmp_path_factory.getbasetemp().parent


@pytest.fixture(scope="session")
def busy_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A distributor's project after its quiet month. The console's people work in it, and whoever comes after them minds nobody
    else's people and nothing that they did. Its files of tests run in one process, in the order of tests/sharing.py."""
    from tests.simulation.house import House

    made = House(tmp_path_factory.mktemp("house") / "demo", "distributor", orders=8)
    yield made
    made.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
