"""Databases for tests: each test has one with Tieout's tables and nothing in them.

To copy one from a template writes some 10 MB and hundreds of files, which takes longer than most tests that ask for it, though the
file system copies them itself where it can (`quicken`). So what a test is done with is emptied for the next one, unless anything but rows was changed in it, or somebody is
connected still: such a one is left, and a new one is copied. Its DSN is another one each time, as whoever remembers something
of a database knows it by that. Its connections are kept (kept_connections.py).
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg
from psycopg.pq import PGconn

from tests.kept_connections import Lent
from tieout.store import Database, EmbeddedServer, migrate

# How one is copied that is quick to copy (`quicken`); by default each of its pages goes through the server and its log.
STRATEGY = "strategy file_copy"
# What is deleted leaves room that nobody sweeps here.
_MOST_USES = 40

# Partitions are made while messages come in; whoever makes anything else changes the schema.
_PARTITIONS = """
select coalesce(string_agg(c.oid::regclass::text, ', '), '') from pg_class c
where c.relispartition and c.relkind = 'r' and c.oid > %s
"""
# Everything that is made, changed or gone since then, apart from what partitions leave at the tables that had them.
_CHANGES = """
select
  (select count(*) from pg_class where oid > %(last)s or (relkind <> 'p' and age(xmin) <= age(%(since)s::xid)))
  + (select count(*) from pg_attribute where age(xmin) <= age(%(since)s::xid))
  + (select count(*) from pg_trigger where age(xmin) <= age(%(since)s::xid))
  + (select count(*) from pg_proc where age(xmin) <= age(%(since)s::xid))
  + (select count(*) from pg_constraint where age(xmin) <= age(%(since)s::xid))
  + (select count(*) from pg_namespace where age(xmin) <= age(%(since)s::xid))
  + (select count(*) from pg_attrdef where age(xmin) <= age(%(since)s::xid))
  + (select count(*) from pg_default_acl where age(xmin) <= age(%(since)s::xid))
  + (select count(*) from pg_largeobject_metadata where age(xmin) <= age(%(since)s::xid))
  + (select count(*) from pg_operator where age(xmin) <= age(%(since)s::xid))
  + (select count(*) from pg_policy where age(xmin) <= age(%(since)s::xid))
  + (select count(*) from pg_publication where age(xmin) <= age(%(since)s::xid))
  + (select count(*) from pg_rewrite where age(xmin) <= age(%(since)s::xid))
  + (select count(*) from pg_sequence where age(xmin) <= age(%(since)s::xid))
  + (select count(*) from pg_statistic_ext where age(xmin) <= age(%(since)s::xid))
  + (select count(*) from pg_type where age(xmin) <= age(%(since)s::xid))
  + (select count(*) from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
     where d.datname = current_database())
  + (select count(*) from pg_stat_activity where datname = current_database() and pid <> all(%(ours)s)),
  jsonb_build_array((select count(*) from pg_class), (select count(*) from pg_trigger), (select count(*) from pg_proc),
    (select count(*) from pg_constraint), (select count(*) from pg_namespace), (select count(*) from pg_type),
    (select count(*) from pg_attrdef), (select count(*) from pg_rewrite), (select count(*) from pg_policy),
    (select array_agg(m::text order by m::text) from tieout.schema_migration m))::text
"""
_EMPTY = """
do $$
declare t regclass;
begin
  set local session_replication_role = replica;
  for t in
    select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'tieout' and c.relkind = 'r' and c.relname <> 'schema_migration' and pg_relation_size(c.oid) > 0
  loop
    execute format('delete from %s', t);
  end loop;
  perform setval(s.seqrelid, s.seqstart, false) from pg_sequence s where pg_sequence_last_value(s.seqrelid) is not null;
end $$
"""


def quicken(server: psycopg.Connection[tuple[object, ...]]) -> None:
    """Let a server hold databases that nobody keeps: they need not outlive a power cut, and are copied by the file system, which takes
    a fifth of the processor's time."""
    # And its launcher would look into each of them again every minute, though none lives so long.
    for name in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
        server.execute(f"alter system set {name} = off".encode())
    # Refused where the system has no call for it.
    with suppress(psycopg.errors.InvalidParameterValue):
        server.execute("alter system set file_copy_method = clone")
    server.execute("select pg_reload_conf()")


@dataclass
class _Made:
    """A database as it was handed out: how often, and what its schema was then. `lines` are its connections that nobody uses."""

    name: str
    line: psycopg.Connection[tuple[object, ...]]
    uses: int = 0
    since: str = ""
    last: int = 0
    schema: str = ""
    lines: dict[str, list[PGconn]] = field(default_factory=dict)

    def now(self) -> tuple[int, str]:
        """How much was changed since it was handed out, and its schema."""
        ours = [
            self.line.info.backend_pid,
            *(line.backend_pid for kept in self.lines.values() for line in kept),
        ]
        given = {"last": self.last, "since": self.since, "ours": ours}
        row = self.line.execute(_CHANGES, given).fetchone()
        assert row is not None
        return int(str(row[0])), str(row[1])

    def hand_out(self, dsn: str) -> Lent:
        """As it is from here on; its DSN is another one each time."""
        row = self.line.execute(
            "select pg_current_xact_id()::xid::text, (select max(oid) from pg_class)::int8"
        ).fetchone()
        assert row is not None
        self.uses, self.since, self.last = self.uses + 1, str(row[0]), int(str(row[1]))
        return Lent(f"{dsn} fallback_application_name=t{uuid.uuid4().hex[:12]}", bytes(32), self.lines)

    def close(self) -> None:
        """Nobody uses it any more."""
        self.line.close()
        for kept in self.lines.values():
            while kept:
                kept.pop().finish()


class Databases:
    """Those of one server."""

    def __init__(self, server: EmbeddedServer, migrated: str = "") -> None:
        self._server = server
        self._migrated = migrated
        self._spare: list[_Made] = []
        self._out: dict[str, _Made] = {}
        self._postgres = psycopg.connect(server.dsn, autocommit=True)

    def close(self) -> None:
        for made in (*self._spare, *self._out.values()):
            made.close()
        self._postgres.close()

    def _dsn(self, name: str) -> str:
        return self._server.dsn.replace("dbname=tieout", f"dbname={name}")

    def bare(self) -> Database:
        """A new one, without Tieout's tables."""
        return self._copied("template1")

    def _copied(self, template: str) -> Database:
        name = f"t{uuid.uuid4().hex[:12]}"
        self._postgres.execute(f"create database {name} template {template} {STRATEGY}".encode())
        return Database(self._dsn(name), bytes(32))

    @property
    def migrated(self) -> str:
        """The one with Tieout's tables that others are copied from. Nobody connects to it."""
        if not self._migrated:
            made = self.bare()
            migrate(made)
            self._migrated = _name(made)
        return self._migrated

    def fresh(self) -> Database:
        """With Tieout's tables and nothing in them. Whoever keeps it gives it to nobody."""
        return self._copied(self.migrated)

    def lend(self) -> Database:
        """As `fresh`, and maybe one that was given back."""
        while self._spare:
            made = self._spare.pop()
            if self._emptied(made):
                return self._handed_out(made)
            made.close()
        dsn = self.fresh().dsn
        made = _Made(_name(Database(dsn)), psycopg.connect(dsn, autocommit=True))
        lent = self._handed_out(made)
        made.schema = made.now()[1]
        return lent

    def _handed_out(self, made: _Made) -> Database:
        lent = made.hand_out(self._dsn(made.name))
        self._out[lent.dsn] = made
        return lent

    def give_back(self, database: Database) -> None:
        """It is not needed any more by who lent it; what it is like is looked at when the next one asks."""
        found = self._out.pop(database.dsn)
        if found.uses < _MOST_USES:
            self._spare.append(found)
        else:
            found.close()

    def _emptied(self, made: _Made) -> bool:
        """Take out what was put into it; False where it is not as it was."""
        try:
            partitions = made.line.execute(_PARTITIONS, (made.last,)).fetchone()
            if partitions and partitions[0]:
                made.line.execute("set lock_timeout = '1s'")
                made.line.execute(f"drop table {partitions[0]}".encode())
            if made.now() != (0, made.schema):
                return False
            made.line.execute(_EMPTY)
        except psycopg.Error:
            return False
        return True


def _name(database: Database) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(database.dsn)["dbname"])
