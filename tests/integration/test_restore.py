"""Restoring onto a new machine: whole or not at all, tried again until it is, refused with words, told to the log."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
import uuid
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.acceptance.commands import run_tieout
from tests.integration.office import person
from tests.integration.test_store import test_one_effect_has_one_delivery_for_ever as with_a_delivery
from tests.stages import step
from tieout.evidence import Sealer
from tieout.operations.open_project import OpenProject
from tieout.operations.starting import start_database
from tieout.security import Begin, change_authority
from tieout.store import Database, EmbeddedServer

pytestmark = pytest.mark.long

NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)
PROJECT = """[project]
name = "Kept"
environment = "test"
[entities.US]
currency = "USD"
time_zone = "UTC"
ledger = "odoo"
[systems.odoo]
connector = "odoo"
url = "http://127.0.0.1:1"
key = "env:ODOO_KEY"
[systems.bank]
connector = "bankfile"
{database}
"""


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODOO_KEY", "x")


def project(folder: Path, dsn: str = "", owner: str = "") -> Path:
    (folder / "interfaces").mkdir(parents=True)
    (folder / "mappings").mkdir()
    (folder / "interfaces" / "bank.toml").write_text('system = "bank"\nentity = "US"\n')
    database = f'[database]\ndsn = "{dsn}"\nowner_dsn = "{owner}"\n' if dsn else ""
    (folder / "tieout.toml").write_text(PROJECT.format(database=database))
    return folder


def run(*arguments: object, crash: str = "") -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"TIEOUT_CRASH": crash}
    return run_tieout(*map(str, arguments), environment=environment)


@dataclass
class Place:
    """A database of a server, with an owner and a role of its own that works in it."""

    server: EmbeddedServer
    name: str
    role: str

    @property
    def owner(self) -> str:
        return self.server.dsn.replace("dbname=tieout", f"dbname={self.name}")

    @property
    def dsn(self) -> str:
        return make_conninfo(self.owner, user=self.role, password="pw")

    @property
    def database(self) -> Database:
        return Database(self.owner)


def place(server: EmbeddedServer, role: str = "") -> Place:
    made = Place(server, f"r{uuid.uuid4().hex[:10]}", role or f"app_{uuid.uuid4().hex[:10]}")
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(f"create database {made.name}".encode())
    return made


def fill(opened: OpenProject) -> None:
    """People, a delivery that waits, a log that is sealed."""
    owner = Database(opened.owner_dsn, opened.stamp_key)
    with owner.transaction() as connection:
        change_authority(connection, Begin(people=(person("alice"), person("bob"))), "first start", NOW)
    with_a_delivery(owner)
    owner.rows("update tieout.delivery set state = 'waiting' where state <> 'confirmed' returning 1 as x")
    seal(opened)


def seal(opened: OpenProject) -> None:
    connection = Database(opened.owner_dsn, opened.stamp_key).connect(autocommit=True)
    sealer = Sealer(opened.signer, opened.clock, opened.settings.witness)
    while step(sealer, connection):
        pass
    connection.close()


def go_on(opened: OpenProject, count: int) -> None:
    for number in range(count):
        Database(opened.owner_dsn).rows(
            "insert into tieout.evidence (at, actor, action, subject, entity, detail)"
            " values (now(), 't', 'tested', %s, '', '{}') returning evidence_id",
            f"s{number}",
        )
        seal(opened)


@dataclass
class Kept:
    """A backup, and what was kept apart: keys, the witness as it was at the end; how many entries came after."""

    file: Path
    keys: Path
    witness: Path
    entries: int
    lost: int


@pytest.fixture(scope="module")
def kept(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    os.environ["ODOO_KEY"] = "x"
    folder = tmp_path_factory.mktemp("old") / "project"
    old = place(server)
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(f"create role {old.role} login password 'pw'".encode())
    opened = OpenProject(project(folder, old.dsn, old.owner))
    start_database(opened)
    fill(opened)
    entries = int(old.database.rows("select count(*) as n from tieout.evidence_leaf")[0]["n"])
    done = run("backup", folder.parent / "dump", "--dir", folder)
    assert done.returncode == 0, done.stderr
    go_on(opened, 3)
    opened.close()
    # That machine is gone, and with it its roles.
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(f"drop database {old.name} with (force)".encode())
        connection.execute(f"drop role {old.role}".encode())
    return Kept(folder.parent / "dump", folder / ".tieout" / "keys", folder / "witness.jsonl", entries, 3)


def new_machine(folder: Path, kept: Kept, dsn: str = "", owner: str = "") -> Path:
    made = project(folder, dsn, owner)
    shutil.copytree(kept.keys, made / ".tieout" / "keys")
    shutil.copyfile(kept.witness, made / "witness.jsonl")
    return made


def facts(owner: str) -> dict[str, Any]:
    database = Database(owner)
    return {
        "deliveries": database.rows(
            "select state, next_attempt_at from tieout.delivery order by delivery_id"
        ),
        "people": database.rows("select content from tieout.authority order by no"),
        "told": [
            json.loads(r["detail"])
            for r in database.rows("select detail from tieout.evidence where action = 'database.restored'")
        ],
        "unsealed": database.rows(
            "select count(*) as n from tieout.evidence e where not exists"
            " (select from tieout.evidence_leaf l where l.evidence_id = e.evidence_id)"
        ),
    }


def verified(opened: OpenProject, kept: Kept, folder: Path) -> str:
    """What the verifier says of the database together with the witness that was kept elsewhere."""
    from tieout.evidence import export_pack

    with Database(opened.owner_dsn).transaction() as connection:
        export_pack(connection, opened.signer, opened.settings.witness, folder / "pack.zip")
    with zipfile.ZipFile(folder / "pack.zip") as pack:
        pack.extract("verify.py", folder)
    said = ""
    for witness in (kept.witness, opened.settings.witness):
        command = [
            sys.executable, "-I", "-S", str(folder / "verify.py"), str(folder / "pack.zip"), "--witness", str(witness),
            "--key", opened.signer.public.hex(),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        said = done.stdout
    return said


def is_whole(owner: str, kept: Kept) -> None:
    found = facts(owner)
    assert found["deliveries"] == [{"state": "unknown", "next_attempt_at": None}]
    assert len(found["people"]) == 1 and found["unsealed"] == [{"n": 0}]
    (told,) = found["told"]
    assert told["restored"]["tree_size"] == kept.entries
    assert told["witness"]["most"] == kept.entries + kept.lost


def test_onto_a_new_machine_whose_database_has_no_role(
    kept: Kept, server: EmbeddedServer, tmp_path: Path
) -> None:
    new = place(server)
    folder = new_machine(tmp_path / "new", kept, new.dsn, new.owner)
    done = run("restore", kept.file, "--dir", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 deliveries are looked up" in done.stdout
    assert f"{kept.lost} entries that the witness had seen after them" in done.stdout
    is_whole(new.owner, kept)
    # The role works in it, and cannot take back what was written.
    assert Database(new.dsn).rows("select count(*) as n from tieout.delivery") == [{"n": 1}]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        Database(new.dsn).rows("delete from tieout.evidence returning 1 as x")
    opened = OpenProject(folder)
    go_on(opened, 5)
    said = verified(opened, kept, tmp_path)
    assert f"from a state of {kept.entries} entries; {kept.lost} entries that the witness" in said
    opened.close()


def test_onto_a_new_machine_with_the_embedded_server(kept: Kept, tmp_path: Path) -> None:
    folder = new_machine(tmp_path / "new", kept)
    # The first try dies in the middle and leaves its server behind, which ends a moment later.
    assert run("restore", kept.file, "--dir", folder, crash="restore.loading:5").returncode == -9
    left, deadline = EmbeddedServer(folder / ".tieout" / "postgres"), time.monotonic() + 120
    while left.running_pid is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    done = run("restore", kept.file, "--dir", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    opened = OpenProject(folder)
    server = start_database(opened)
    assert server is not None
    try:
        is_whole(opened.owner_dsn, kept)
        pid = server.pid
        # Over a project that runs nothing is restored, and it goes on.
        with psycopg.connect(opened.dsn):
            done = run("restore", kept.file, "--dir", folder)
            assert done.returncode == 3 and "is running: stop" in done.stderr, done.stderr
        assert server.alive and server.pid == pid
        assert "3 entries that the witness" in verified(opened, kept, tmp_path)
    finally:
        server.stop()
        opened.close()


POINTS = ["restore.before_commit", "restore.after_commit", "restore.sealed"] + [
    f"restore.loading:{n}" for n in sorted(random.Random(17).sample(range(1, 45), 4))
]


@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_and_called_again_it_ends_alike(
    kept: Kept, server: EmbeddedServer, tmp_path: Path, point: str
) -> None:
    new = place(server)
    folder = new_machine(tmp_path / "new", kept, new.dsn, new.owner)
    assert run("restore", kept.file, "--dir", folder, crash=point).returncode == -9
    done = run("restore", kept.file, "--dir", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    is_whole(new.owner, kept)
    # And once more changes nothing.
    assert run("restore", kept.file, "--dir", folder).returncode == 0
    is_whole(new.owner, kept)
    opened = OpenProject(folder)
    verified(opened, kept, tmp_path)
    # Once something happened it is a project that lives.
    go_on(opened, 1)
    done = run("restore", kept.file, "--dir", folder)
    assert done.returncode == 3 and "already holds Tieout's tables" in done.stderr
    opened.close()


def test_what_cannot_be_restored_is_refused_with_words_and_changes_nothing(
    kept: Kept, server: EmbeddedServer, tmp_path: Path
) -> None:
    new = place(server)
    folder = new_machine(tmp_path / "new", kept, new.dsn, new.owner)

    def listing() -> list[tuple[str, bytes]]:
        return sorted((str(p), p.read_bytes()) for p in folder.rglob("*") if p.is_file())

    before = listing()

    def refused(source: Path, says: str, code: int = 3) -> None:
        done = run("restore", source, "--dir", folder)
        assert done.returncode == code and re.search(says, done.stderr), (done.returncode, done.stderr)
        assert Database(new.owner).rows("select nspname from pg_namespace where nspname = 'tieout'") == []
        assert Database(new.owner).rows("select 1 as x from pg_roles where rolname = %s", new.role) == []
        assert listing() == before

    refused(tmp_path / "nothing", "there is no such file", 2)
    (tmp_path / "text").write_text("hello")
    refused(tmp_path / "text", "is no backup of Tieout")
    whole = kept.file.read_bytes()
    for cut in (len(whole) - 1, len(whole) * 3 // 4, len(whole) // 2, 3000, 9):
        (tmp_path / "cut").write_bytes(whole[:cut])
        refused(tmp_path / "cut", "is cut off or damaged")
    # Another project's keys, in whole or in part.
    for name in ("evidence.key", "stamp.key"):
        key = folder / ".tieout" / "keys" / name
        ours = key.read_text()
        key.write_text("11" * 32)
        before = listing()
        refused(kept.file, "is another project's")
        key.unlink()
        before = listing()
        refused(kept.file, f"lacks {name}")
        key.write_text(ours)
        before = listing()
    # A witness that is none.
    (folder / "witness.jsonl").write_text("[]\nx\n")
    before = listing()
    refused(kept.file, "is no witness file")
    shutil.copyfile(kept.witness, folder / "witness.jsonl")
    # A newer schema: of a version that knows one migration more.
    newer = place(server)
    opened = OpenProject(project(tmp_path / "newer", newer.owner, newer.owner))
    start_database(opened)
    newer.database.rows(
        "insert into tieout.schema_migration (name, sha256) values ('9999_later.sql', 'x') returning name"
    )
    opened.close()
    assert run("backup", tmp_path / "later", "--dir", tmp_path / "newer").returncode == 0
    before = listing()
    refused(tmp_path / "later", "newer Tieout .*9999_later")
    # With nothing of this in the way it works.
    assert run("restore", kept.file, "--dir", folder).returncode == 0
    is_whole(new.owner, kept)


def test_a_witness_that_was_kept_elsewhere_takes_the_place_of_one_that_is_gone(
    kept: Kept, server: EmbeddedServer, tmp_path: Path
) -> None:
    new = place(server)
    folder = new_machine(tmp_path / "new", kept, new.dsn, new.owner)
    (folder / "witness.jsonl").unlink()
    done = run("restore", kept.file, "--dir", folder, "--witness", kept.witness)
    assert done.returncode == 0, done.stderr
    is_whole(new.owner, kept)
    assert (folder / "witness.jsonl").read_bytes().startswith(kept.witness.read_bytes())
    opened = OpenProject(folder)
    verified(opened, kept, tmp_path)
    opened.close()
