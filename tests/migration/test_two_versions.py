"""Two versions never work in one database side by side: who comes second is refused, who is there stops."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.acceptance.commands import run_tieout
from tests.migration.mid_month.old import COMMIT, HistoryError, source_of
from tests.migration.restoring import HalfMonth, restore_half_month
from tieout.store import (
    Database,
    EmbeddedServer,
    MigrationError,
    VersionError,
    VersionWatch,
    migrate,
    require_same,
)
from tieout.store.versions import at_work, difference, unfenced

pytestmark = pytest.mark.long

LATER = "9999_later.sql"
WRITES = "insert into tieout.release (sha256, activated_at) values ('x', now())"


def as_another(dsn: str, name: str, options: str = "") -> psycopg.Connection[Any]:
    """A connection as another version opens it: with its name, and without saying ours."""
    return psycopg.connect(dsn, autocommit=True, application_name=name, options=options)


def migrate_later(dsn: str) -> None:
    """What a newer version's migration leaves."""
    with psycopg.connect(dsn) as connection:
        connection.execute("insert into tieout.schema_migration (name, sha256) values (%s, '')", (LATER,))


@pytest.fixture
def half_month(server: EmbeddedServer, tmp_path: Path) -> HalfMonth:
    """A project and its database as 6e54738 left them: not migrated."""
    return restore_half_month("services", tmp_path, server)


@pytest.fixture(scope="module")
def old_source() -> Iterator[Path]:
    try:
        with source_of(COMMIT) as found:
            yield found
    except HistoryError as error:
        pytest.skip(str(error))


def product(month: HalfMonth, *words: str, source: Path | None = None) -> subprocess.Popen[str]:
    """A process of the product, of an older commit's `source` where that is given."""
    environment = month.environment | ({"PYTHONPATH": str(source)} if source else {})
    return subprocess.Popen(
        [sys.executable, "-m", "tieout", *words, "--dir", str(month.project)],
        env=environment, cwd=month.folder, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip


def asked(month: HalfMonth, *words: str) -> tuple[int, str]:
    """A command of the product: its exit status, and what it said."""
    done = run_tieout(
        *words, "--dir", str(month.project), environment=month.environment, folder=month.folder, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


def eventually(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def working(dsn: str) -> list[str]:
    with psycopg.connect(dsn, row_factory=psycopg.rows.dict_row) as connection:
        return at_work(connection)  # type: ignore[arg-type]


# What differs


def test_the_words_say_who_is_older_and_what_to_do() -> None:
    assert difference(("1", "2"), ("1", "2")) == ""
    assert re.search(
        r"newer version .*\(3\).*knows up to 2.*end this program", difference(("1", "2"), ("1", "2", "3"))
    )
    assert re.search(r"older version .*\(2 not applied\).*`tieout up`", difference(("1", "2"), ("1",)))
    # A branch of one's own, neither older nor newer: it is not ours.
    assert "newer" in difference(("1", "2"), ("1", "other"))


def test_a_database_of_the_same_migrations_without_the_fence_is_of_an_older_version(
    database: Database,
) -> None:
    with database.transaction() as connection:
        connection.execute("drop function tieout.refuse_other_versions() cascade")
        with pytest.raises(VersionError, match="let other versions write"):
            require_same(connection)


def test_a_database_is_opened_for_work_by_its_own_version_only(empty_database: Database) -> None:
    with empty_database.transaction() as connection, pytest.raises(VersionError, match="older version"):
        require_same(connection)
    migrate(empty_database)
    with empty_database.transaction() as connection:
        require_same(connection)
    migrate_later(empty_database.dsn)
    with empty_database.transaction() as connection, pytest.raises(VersionError, match=LATER):
        require_same(connection)


# The fence


@pytest.mark.parametrize("options", ["", "-c tieout.version=0001_foundation.sql"])
def test_what_another_version_writes_is_refused(database: Database, options: str) -> None:
    connection = as_another(database.dsn, "tieout process", options)
    with pytest.raises(psycopg.OperationalError, match="another version of Tieout") as refused:
        connection.execute(WRITES)
    assert refused.value.sqlstate == "55T01"
    for statement in ("update tieout.message set note = ''", "delete from tieout.attempt"):
        with pytest.raises(psycopg.OperationalError, match="nothing is written"):
            connection.execute(statement)
    connection.execute("select * from tieout.message")
    connection.close()
    assert not database.rows("select 1 as one from tieout.release")


def test_our_own_and_other_people_s_tools_write(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(WRITES)
    tool = as_another(database.dsn, "psql")
    assert tool.execute("delete from tieout.release").rowcount == 1
    tool.close()


def test_a_connection_that_was_open_before_another_version_migrated_writes_no_more(
    database: Database,
) -> None:
    connection = database.connect(autocommit=True)
    connection.execute(WRITES)
    migrate_later(database.dsn)
    with pytest.raises(psycopg.OperationalError, match=LATER):
        connection.execute("delete from tieout.release")
    connection.close()


def test_every_table_is_fenced_one_that_is_added_later_too(database: Database) -> None:
    with database.transaction() as connection:
        assert unfenced(connection) == []
        connection.execute("create table tieout.added (x int)")
        assert unfenced(connection) == ["added"]
    migrate(database)
    with database.transaction() as connection:
        assert unfenced(connection) == []


# Migrating


def test_nothing_is_migrated_while_somebody_works(half_month: HalfMonth) -> None:
    database = Database(half_month.dsn)
    worker = as_another(half_month.dsn, "tieout process")
    with pytest.raises(MigrationError, match=r"tieout process \(server process \d+.*nothing was changed"):
        migrate(database, leaving_s=0.2)
    with psycopg.connect(half_month.dsn) as connection:
        found = connection.execute("select name from tieout.schema_migration order by 1").fetchall()
    assert [name for (name,) in found] == half_month.facts["migrations"]
    worker.close()
    migrate(database)
    with database.transaction() as connection:
        require_same(connection)


def test_where_nothing_is_to_be_migrated_others_may_be_at_work(database: Database) -> None:
    worker = database.connect(name="tieout process")
    assert migrate(database, leaving_s=0) == []
    worker.close()


def test_who_leaves_just_now_is_waited_for(half_month: HalfMonth) -> None:
    worker = as_another(half_month.dsn, "tieout process")
    leaving = threading.Timer(0.5, worker.close)
    leaving.start()
    migrate(Database(half_month.dsn), leaving_s=30)
    leaving.join()


def test_an_older_version_does_not_start_on_a_newer_one_s_database(database: Database) -> None:
    migrate_later(database.dsn)
    with pytest.raises(MigrationError, match="newer version"):
        migrate(database)


# Processes


def test_commands_refuse_a_database_of_another_version(half_month: HalfMonth) -> None:
    """Before it is migrated, and after somebody newer migrated it; a backup is taken of any."""
    backup = str(half_month.folder / "backup")
    for words in (("run", "bank"), ("status",), ("worker",), ("serve",)):
        status, said = asked(half_month, *words)
        assert status == 4 and "older version" in said, (words, said)
    status, said = asked(half_month, "backup", backup)
    assert "bytes" in said and status == 0
    half_month.migrate()
    migrate_later(half_month.dsn)
    status, said = asked(half_month, "replay")
    assert status == 4 and "newer version" in said and LATER in said


@pytest.mark.parametrize("role", ["worker", "serve"])
def test_a_running_process_ends_with_words_when_another_version_migrates(
    half_month: HalfMonth, role: str
) -> None:
    half_month.migrate()
    running = product(half_month, role)
    eventually(lambda: any("tieout watch" in w for w in working(half_month.dsn)), "it does not run")
    migrate_later(half_month.dsn)
    said = running.communicate(timeout=120)[0]
    assert running.returncode == 4, said
    assert "migrated by a newer version" in said and LATER in said


def test_a_watch_outlives_a_database_that_is_away(tmp_path: Path) -> None:
    told: list[str] = []
    with EmbeddedServer(tmp_path / "pg") as server:
        database = Database(server.dsn)
        migrate(database)
        watch = VersionWatch(database, told.append, every_s=0.05)
        watch.start()
        eventually(lambda: bool(working(server.dsn)), "nobody watches")
        assert server.pid is not None
        server.stop()
        server.start()
        migrate_later(server.dsn)
        eventually(lambda: bool(told), "nobody noticed")
        watch.join(10)
    assert LATER in told[0] and len(told) == 1


# 6e54738 itself


def test_nothing_is_migrated_while_a_worker_of_6e54738_works(half_month: HalfMonth, old_source: Path) -> None:
    old = product(half_month, "worker", source=old_source)
    try:
        eventually(lambda: len(working(half_month.dsn)) > 5, "it does not run")
        with pytest.raises(MigrationError, match="tieout process"):
            migrate(Database(half_month.dsn), leaving_s=0.2)
    finally:
        old.kill()
        old.wait()
    half_month.migrate()


def test_a_worker_of_6e54738_that_starts_later_moves_nothing(half_month: HalfMonth, old_source: Path) -> None:
    """It never heard of any of this: its loops are refused by the database, and say so."""
    half_month.migrate()
    state = (
        "select (select json_agg(m order by message_id) from tieout.message m)::text as messages,"
        " (select json_agg(d order by document_id) from tieout.document d)::text as documents,"
        " (select json_agg(d order by delivery_id) from tieout.delivery d)::text as deliveries,"
        " (select json_agg(p order by interface, stream) from tieout.poll_cursor p)::text as polls,"
        " (select count(*) from tieout.evidence)::int as evidence, (select count(*) from tieout.attempt)::int as attempts,"
        " (select count(*) from tieout.evidence_head)::int as heads, (select count(*) from tieout.cases)::int as cases"
    )
    before = Database(half_month.dsn).rows(state)
    witness = half_month.project / "witness.jsonl"
    seen = witness.read_bytes()
    old = product(half_month, "worker", source=old_source)
    assert old.stdout is not None
    refused: set[str] = set()
    watchdog = threading.Timer(90, old.kill)
    watchdog.start()
    try:
        # Its loop of processing, its sealer and its delivery each try, and are refused.
        for line in old.stdout:
            if "another version of Tieout" in line:
                refused |= set(re.findall(r'"loop": ?"([a-z ]+)\d?"', line))
            if {"seal", "deliver"} <= refused:
                break
    finally:
        watchdog.cancel()
        old.kill()
        old.wait()
    assert {"seal", "deliver"} <= refused
    assert Database(half_month.dsn).rows(state) == before
    assert witness.read_bytes() == seen


def test_a_command_of_6e54738_that_writes_fails(half_month: HalfMonth, old_source: Path) -> None:
    half_month.migrate()
    command = product(half_month, "run", "bank", "--since", "all", source=old_source)
    said = command.communicate(timeout=60)[0]
    assert command.returncode not in (0, 1) or "another version of Tieout" in said, said
    assert "another version of Tieout" in said
