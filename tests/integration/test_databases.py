"""A database that a test is done with is the next one's, as if it were new; one that is not as it was is nobody's."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.databases import Databases
from tieout.store import Database, EmbeddedServer

PARTITION = "create table tieout.later partition of tieout.message_body for values from ('2031-01-01') to ('2031-01-02')"


@pytest.fixture
def lender(server: EmbeddedServer, databases: Databases) -> Iterator[Databases]:
    """With none that was given back before."""
    made = Databases(server, databases.migrated)
    yield made
    made.close()


def number_of(database: Database) -> int:
    """The number by which its server knows it, whatever its name is."""
    (row,) = database.rows("select oid::int8 as n from pg_database where datname = current_database()")
    return int(row["n"])


def used(lender: Databases, sql: str) -> int:
    """Somebody lent one, did this, and gave it back."""
    lent = lender.lend()
    number = number_of(lent)
    with lent.transaction() as connection:
        connection.execute(sql.encode())
    lender.give_back(lent)
    return number


NOTES = (
    "insert into tieout.case_note (case_id, at, person, text)"
    " select 1, now(), 'ann', 'x' from generate_series(1, 3) returning note_id"
)


def test_rows_and_numbers_are_gone_and_its_name_is_new(lender: Databases) -> None:
    numbers, names = set(), set()
    for _ in range(3):
        lent = lender.lend()
        numbers.add(number_of(lent))
        names.add(lent.dsn)
        with lent.transaction() as connection:
            # Of no case that there is: nothing is checked.
            connection.execute("set session_replication_role = replica")
            found = [row["note_id"] for row in connection.execute(NOTES.encode())]
            assert found == [1, 2, 3]
            assert connection.execute("select count(*) as n from tieout.case_note").fetchone() == {"n": 3}
            assert connection.execute(
                "select count(*) > 20 as kept from tieout.schema_migration"
            ).fetchone() == {"kept": True}
        lender.give_back(lent)
    assert len(numbers) == 1 and len(names) == 3


def test_a_partition_that_was_made_is_taken_out_again(lender: Databases) -> None:
    number = used(lender, PARTITION)
    again = lender.lend()
    assert number_of(again) == number
    assert again.rows("select to_regclass('tieout.later')::text as found") == [{"found": None}]
    lender.give_back(again)
    assert number_of(lender.lend()) == number


@pytest.mark.parametrize(
    "sql",
    [
        "create table tieout.other (a int)",
        "create temporary table other (a int)",
        "create index on tieout.cases (cause)",
        "alter table tieout.cases add column other text",
        "alter table tieout.cases alter column cause drop not null",
        "alter table tieout.cases drop column cause cascade",
        "alter table tieout.evidence disable trigger evidence_kept",
        "drop trigger evidence_kept on tieout.evidence",
        "grant select on tieout.cases to public",
        "create schema other",
        "create function other() returns int language sql as 'select 1'",
        "drop index tieout.cases_risk",
        "update tieout.schema_migration set name = name || 'x'",
        "do $$ begin execute format('alter database %I set timezone = ''Asia/Tokyo''', current_database()); end $$",
        "truncate tieout.case_note",
        "create type tieout.other as enum ('a')",
        "create or replace view tieout.v_effect_probe as select 1 as a",
        "alter default privileges in schema tieout grant select on tables to public",
        "alter sequence tieout.cases_case_id_seq increment by 2",
        "create policy other on tieout.cases using (false)",
        "create rule other as on insert to tieout.case_note do instead nothing",
        "alter table tieout.cases alter column cause set default 'x'",
        "create statistics tieout.other on cause, state from tieout.cases",
        "create domain tieout.other as text",
        "create aggregate tieout.other(int) (sfunc = int4pl, stype = int)",
        "select lo_create(0)",
        "create publication other",
        "create operator tieout.=== (leftarg = int, rightarg = int, function = int4eq)",
    ],
)
def test_one_whose_schema_changed_is_not_lent_again(lender: Databases, sql: str) -> None:
    number = used(lender, sql)
    assert number_of(lender.lend()) != number


def test_one_that_somebody_is_connected_to_is_not_lent_again(lender: Databases) -> None:
    lent = lender.lend()
    number = number_of(lent)
    with lent.connect():
        lender.give_back(lent)
        assert number_of(lender.lend()) != number


def test_a_connection_that_is_closed_is_the_next_one_as_if_it_were_new(lender: Databases) -> None:
    """Whatever its session held is given up, as by the end of any session; who uses the closed one is told."""
    lent = lender.lend()
    one = lent.connect(autocommit=True)
    backend = one.info.backend_pid
    one.execute("select pg_advisory_lock(7)")
    one.execute("set timezone = 'Asia/Tokyo'")
    one.execute("set application_name = 'somebody'")
    one.execute("prepare mine as select 1")
    one.execute("listen mine")
    one.execute("begin")
    one.execute("update tieout.schema_migration set sha256 = 'x'")
    one.close()
    assert one.closed
    with pytest.raises(psycopg.OperationalError, match="closed"):
        one.execute("select 1")
    other = lent.connect(autocommit=True)
    assert other.info.backend_pid == backend and not other.closed
    found = other.execute(
        "select current_setting('timezone') as zone, current_setting('application_name') as me, pg_current_xact_id_if_assigned() as at,"
        " (select count(*) from pg_prepared_statements) as prepared,"
        " (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks,"
        " (select count(*) from pg_listening_channels()) as channels,"
        " (select count(*) from tieout.schema_migration where sha256 = 'x') as changed"
    ).fetchone()
    assert found == {
        "zone": "UTC", "me": "tieout", "at": None, "prepared": 0, "locks": 0, "channels": 0, "changed": 0,
    }  # fmt: skip
    # One whose line is cut while nobody uses it is no surprise for the next.
    other.close()
    with psycopg.connect(lent.dsn, autocommit=True) as killer:
        killer.execute("select pg_terminate_backend(%s)", (backend,))
    assert lent.rows("select 1 as one") == [{"one": 1}]
    lender.give_back(lent)
