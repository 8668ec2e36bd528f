"""PostgreSQL as we run it: embedded, killed, adopted; migrations; rules kept by constraints."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tieout.engine import FileClock, Lane, LaneBusyError
from tieout.security import stamper
from tieout.store import (
    Database,
    EmbeddedServer,
    MigrationError,
    back_up,
    ensure_partitions,
    let_application_in,
    migrate,
    restore,
)

NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)


def test_a_killed_server_comes_back_with_what_was_committed(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / "pg") as server:
        database = Database(server.dsn)
        migrate(database)
        with database.transaction() as connection:
            connection.execute("insert into tieout.release values ('kept', now())")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        time.sleep(0.05)
        assert server.ensure()
        assert database.rows("select sha256 from tieout.release") == [{"sha256": "kept"}]


def test_the_orphan_of_a_killed_supervisor_is_stopped_at_the_next_start(tmp_path: Path) -> None:
    script = (
        "import sys, os, signal; from pathlib import Path; from tieout.store import EmbeddedServer;"
        f"EmbeddedServer(Path({str(tmp_path / 'pg')!r})).start(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    with EmbeddedServer(tmp_path / "pg") as server:
        assert Database(server.dsn).rows("select 1 as one") == [{"one": 1}]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become an ordinary user")
def test_it_also_runs_as_an_ordinary_user(tmp_path: Path) -> None:
    folder = Path("/tmp") / f"tieout-nobody-{os.getpid()}"
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)
    script = (
        f"import sys; sys.path[:0] = {[p for p in sys.path if p]!r}\n"
        "from pathlib import Path; from tieout.store import EmbeddedServer, Database\n"
        f"with EmbeddedServer(Path({str(folder / 'pg')!r})) as s:\n"
        "    print(Database(s.dsn).rows('select 1 as one'))"
    )

    def become_nobody() -> None:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)

    def as_nobody(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, preexec_fn=become_nobody, capture_output=True, text=True, check=False,
            cwd="/", env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )  # fmt: skip

    wanted = f"{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/python{wanted}", "/usr/bin/python3"):
        try:
            if as_nobody(python, "-c", "import sys; print(sys.version)").stdout.startswith(wanted):
                break
        except OSError:
            continue
    else:
        pytest.skip("no interpreter that an ordinary user may run")
    done = as_nobody(python, "-c", script)
    subprocess.run(["rm", "-rf", str(folder)], check=False)
    assert done.returncode == 0, done.stderr[-800:]
    assert "'one': 1" in done.stdout


def test_migrations_are_applied_once_and_a_changed_one_is_refused(empty_database: Database) -> None:
    assert migrate(empty_database)
    assert migrate(empty_database) == []
    with empty_database.transaction() as connection:
        connection.execute("update tieout.schema_migration set sha256 = 'other'")
    with pytest.raises(MigrationError, match="another content"):
        migrate(empty_database)


def line(number: int, amount: str, external: str = "e1") -> str:
    return f"('{external}', 1, {number}, 'US', '2026-10-05', '1', 'USD', {amount}, {amount})"


INSERT = (
    "insert into tieout.posting_line"
    " (external_id, plan_no, line_no, entity, accounting_on, account, currency, amount, company_amount) values "
)


def test_a_posting_that_does_not_balance_is_refused_by_the_database(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute((INSERT + line(0, "10.00") + "," + line(1, "-10.00")).encode())
    with pytest.raises(psycopg.errors.CheckViolation), database.transaction() as connection:
        connection.execute((INSERT + line(0, "10.00", "e2") + "," + line(1, "-9.99", "e2")).encode())


@pytest.mark.parametrize("table", ["evidence", "evidence_leaf", "evidence_head", "posting_line"])
@pytest.mark.parametrize("statement", ["delete from", "truncate"])
def test_what_is_append_only_refuses_to_change(database: Database, table: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState), database.transaction() as connection:
        connection.execute(f"{statement} tieout.{table}".encode())


def test_one_effect_has_one_delivery_for_ever(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(
            "insert into tieout.message (interface, stream, dedupe_key, source_key, transport,"
            " body_sha256, received_at) values ('i', 's', 'd', 'k', 'poll', '', now())"
        )
        connection.execute(
            "insert into tieout.document (interface, entity, kind, source_key, revision, version,"
            " content, content_sha256, message_id, occurred_at, accounting_on, period, currency,"
            " control_group, measure_count, measure_debit, measure_credit, state, release) values"
            " ('i', 'US', 'x', 'k', 1, '', '{}', '', 1, now(), now(), '2026-10', 'USD', '', 1, 1, 0,"
            " 'planned', 'r')"
        )
    row = (
        "insert into tieout.delivery (document_id, interface, entity, system, lane, effect,"
        " external_id, ledger, body, body_sha256) values (1, 'i', 'US', 'odoo', 'l', 'e', 'x.1', true, '{}', '')"
    )
    with database.transaction() as connection:
        connection.execute(row.encode())
    with pytest.raises(psycopg.errors.UniqueViolation), database.transaction() as connection:
        connection.execute(row.encode())


def test_a_lane_frees_itself_with_its_connection(database: Database) -> None:
    first, second = database.connect(autocommit=True), database.connect(autocommit=True)
    assert Lane(first, "a", "b").take()
    assert not Lane(second, "a", "b").take()
    first.close()
    for _ in range(50):
        if Lane(second, "a", "b").take():
            break
        time.sleep(0.02)
    else:
        pytest.fail("the lane stayed taken")


def test_backup_and_restore_keep_everything_and_unconfirmed_deliveries_are_looked_up(
    database: Database, server: EmbeddedServer, tmp_path: Path
) -> None:
    test_one_effect_has_one_delivery_for_ever(database)
    size = back_up(database.dsn, tmp_path / "dump")
    assert size > 1000 and oct((tmp_path / "dump").stat().st_mode)[-3:] == "600"
    with pytest.raises(RuntimeError, match="already holds"):
        restore(database, tmp_path / "dump")
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("drop database if exists restored")
        connection.execute("create database restored")
    target = Database(server.dsn.replace("dbname=tieout", "dbname=restored"))
    assert restore(target, tmp_path / "dump") == 1
    assert target.rows("select state from tieout.delivery") == [{"state": "unknown"}]


def test_partitions_are_made_ahead_and_rows_go_into_them(database: Database) -> None:
    connection = database.connect(autocommit=True)
    assert ensure_partitions(connection, NOW) == 3
    assert ensure_partitions(connection, NOW) == 0
    connection.execute("insert into tieout.message_body values (1, %s, '', '')", (NOW,))
    assert connection.execute("select count(*) as n from tieout.message_body_2026_10").fetchone() == {"n": 1}
    connection.execute("insert into tieout.message_body values (2, '2027-03-01', '', '')")
    assert ensure_partitions(connection, datetime(2027, 2, 1, tzinfo=UTC)) == 2


def test_the_clock_is_the_one_that_is_injected(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    path.write_text(NOW.isoformat())
    clock = FileClock(path)
    assert clock.now() == NOW
    other = path.with_suffix(".new")
    other.write_text("2026-11-01T00:00:00-04:00")
    other.rename(path)
    assert clock.now() == datetime(2026, 11, 1, 4, tzinfo=UTC)


def test_a_connection_carries_the_key_of_whoever_opened_it_and_none_else(database: Database) -> None:
    ours, theirs = Database(database.dsn, b"o" * 32), Database(database.dsn, b"t" * 32)
    with ours.transaction() as a, theirs.transaction() as b, ours.pool(2).connection() as c:
        stamp = stamper(a).stamp("row", 1)
        assert stamper(c).holds(stamp, "row", 1)
        assert not stamper(b).holds(stamp, "row", 1)
    with Database(database.dsn).transaction() as nobodys, pytest.raises(RuntimeError, match="no stamp key"):
        stamper(nobodys)


@pytest.mark.parametrize(
    ("index", "query"),
    [
        ("document_payout", "select gross from tieout.v_provider_movement where category = 'payout'"
         " and state <> 'superseded' order by accounting_on desc, document_id desc limit 5"),
        ("delivery_arrival", "select external_id from tieout.v_effect_match where left_effect = 'x'"
         " and effect in ('match_bank_line', 'match_payout_reversal')"),
        ("document_match", "select document_id from tieout.v_reconciliation where document_id > 5"),
    ],
)  # fmt: skip
def test_a_query_reads_through_a_view_to_an_index(database: Database, index: str, query: str) -> None:
    """An expression of a view is the very one that an index is over."""
    with database.transaction() as connection:
        connection.execute("set local enable_seqscan to off")
        plan = "\n".join(r["QUERY PLAN"] for r in connection.execute(f"explain {query}"))
    assert index in plan, plan


def test_the_application_reads_views_with_its_own_rights(database: Database) -> None:
    let_application_in(database, "tieout_views", "a password")
    views = database.rows(
        "select c.relname as name, c.reloptions as options,"
        " has_table_privilege('tieout_views', c.oid, 'select') as readable from pg_class c"
        " where c.relnamespace = 'tieout'::regnamespace and c.relkind = 'v' and c.relname like 'v_%'"
    )
    assert len(views) > 10
    assert all(v["readable"] and v["options"] == ["security_invoker=true"] for v in views), views


def test_who_waits_for_a_lane_waits_for_so_long_and_is_told_who_holds_it(database: Database) -> None:
    first, second = database.connect(autocommit=True), database.connect(autocommit=True)
    first.execute("set application_name = 'tieout worker'")
    assert Lane(first, "reconcile", "US").take()
    row = first.execute("select pg_backend_pid() as pid").fetchone()
    assert row is not None
    with pytest.raises(LaneBusyError, match="somebody else matches what is open in US") as told:
        Lane(second, "reconcile", "US").wait("matches what is open in US", patience_s=0.1)
    assert f"tieout worker, database process {row['pid']}" in str(told.value) and "nothing was done" in str(
        told.value
    )
    first.close()
    Lane(second, "reconcile", "US").wait("matches what is open in US", patience_s=5)
    third = database.connect(autocommit=True)
    with third.transaction(), pytest.raises(LaneBusyError):
        Lane(third, "reconcile", "US").wait("matches", patience_s=0, for_transaction=True)
    second.close()
    third.close()
