"""Evidence in a real database: gap-free, sealed, and any change is named."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.stages import step
from tieout.evidence import Entry, Sealer, Signer, export_pack, load_or_make_signer, record
from tieout.store import Connection, Database

NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)


class FixedClock:
    def now(self) -> datetime:
        return NOW


def entries(count: int, prefix: str = "s") -> list[Entry]:
    return [Entry(NOW, "t", "tested", f"{prefix}{i}", "US", {"n": i}, b"h") for i in range(count)]


@pytest.fixture
def sealed(database: Database, tmp_path: Path) -> tuple[Database, Signer, Path]:
    signer, clock = load_or_make_signer(tmp_path / "key"), FixedClock()
    sealer = Sealer(signer, clock, tmp_path / "witness.jsonl")
    connection = database.connect(autocommit=True)
    for batch in range(3):
        with connection.transaction():
            record(connection, entries(5, f"b{batch}-"))
        while step(sealer, connection):
            pass
    connection.close()
    return database, signer, tmp_path


def pack_of(sealed: tuple[Database, Signer, Path]) -> Path:
    database, signer, folder = sealed
    with database.transaction() as connection:
        assert export_pack(connection, signer, folder / "witness.jsonl", folder / "pack.zip") == 15
    return folder / "pack.zip"


def verify(pack: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The verifier as an auditor runs it: taken out of the pack, on a Python without packages."""
    with zipfile.ZipFile(pack) as file:
        file.extract("verify.py", pack.parent)
    command = [sys.executable, "-I", "-S", str(pack.parent / "verify.py"), str(pack), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def rewrite(pack: Path, name: str, change: Any) -> Path:
    target = pack.with_name("changed.zip")
    with zipfile.ZipFile(pack) as old, zipfile.ZipFile(target, "w") as new:
        for item in old.namelist():
            raw = old.read(item)
            if item == name:
                lines = [json.loads(x) for x in raw.splitlines()]
                raw = b"\n".join(json.dumps(x, sort_keys=True).encode() for x in change(lines))
            new.writestr(item, raw)
    return target


def test_a_pack_verifies_on_a_bare_python(sealed: tuple[Database, Signer, Path]) -> None:
    _, signer, folder = sealed
    done = verify(pack_of(sealed), "--key", signer.public.hex(), "--witness", str(folder / "witness.jsonl"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "15 entries verified" in done.stdout


class Busy:
    """A connection whose database does not stand still: after each thing that is read something more is sealed."""

    def __init__(self, connection: Connection, seal: Callable[[], None]) -> None:
        self._connection, self._seal = connection, seal

    def execute(self, *given: Any) -> list[Any]:
        found = self._connection.execute(*given).fetchall()
        self._seal()
        return found


def test_a_pack_that_is_exported_while_more_is_sealed_verifies(sealed: tuple[Database, Signer, Path]) -> None:
    database, signer, folder = sealed
    sealer = Sealer(signer, FixedClock(), folder / "witness.jsonl")
    other = database.connect(autocommit=True)

    def seal() -> None:
        record(other, entries(2, "meanwhile"))
        while step(sealer, other):
            pass

    with database.transaction() as connection:
        busy: Any = Busy(connection, seal)
        count = export_pack(busy, signer, folder / "witness.jsonl", folder / "pack.zip")
    other.close()
    done = verify(folder / "pack.zip", "--key", signer.public.hex())
    assert done.returncode == 0 and count == 15, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("entries.jsonl", lambda x: [{**r, "entry": {**r["entry"], "actor": "forged"}} if r["leaf_no"] == 7 else r for r in x], "head 10"),
        ("entries.jsonl", lambda x: x[:4] + x[5:], "leaf 4"),
        ("entries.jsonl", lambda x: [x[1], x[0], *x[2:]], "leaf 0"),
        ("entries.jsonl", lambda x: x[:10], "a head covers 15"),
        ("heads.jsonl", lambda x: x[:-1], "covered by no signed head"),
        ("heads.jsonl", lambda x: [{**x[0], "signature": "00" * 64}, *x[1:]], "signature does not hold"),
        ("witness.jsonl", lambda x: [{**x[0], "root_hash": "00" * 32}, *x[1:]], "witness saw another root"),
    ],
)  # fmt: skip
def test_every_change_gap_and_reorder_is_named(
    sealed: tuple[Database, Signer, Path], name: str, change: Any, says: str
) -> None:
    done = verify(rewrite(pack_of(sealed), name, change))
    assert done.returncode == 1 and says in done.stdout, done.stdout


def test_a_whole_history_signed_by_another_key_is_refused(
    sealed: tuple[Database, Signer, Path], tmp_path: Path
) -> None:
    other = load_or_make_signer(tmp_path / "other")
    done = verify(pack_of(sealed), "--key", other.public.hex())
    assert done.returncode == 1 and "not by" in done.stdout


def test_a_late_commit_with_an_early_number_is_sealed_too(database: Database, tmp_path: Path) -> None:
    sealer = Sealer(load_or_make_signer(tmp_path / "k"), FixedClock(), tmp_path / "w")
    slow, quick = database.connect(), database.connect(autocommit=True)
    record(slow, entries(2, "slow"))
    with quick.transaction():
        record(quick, entries(2, "quick"))
    step(sealer, quick)
    slow.commit()
    while step(sealer, quick):
        pass
    rows = quick.execute("select leaf_no from tieout.evidence_leaf order by 1").fetchall()
    assert [r["leaf_no"] for r in rows] == [0, 1, 2, 3]


def test_what_commits_after_a_seal_that_passed_it_by_is_sealed_too(
    database: Database, tmp_path: Path
) -> None:
    """The sealer remembers below what everything is sealed: what was under way meanwhile is not below that."""
    sealer = Sealer(load_or_make_signer(tmp_path / "k"), FixedClock(), tmp_path / "w")
    slow, quick = database.connect(), database.connect(autocommit=True)
    for name in ("before", "after"):
        with quick.transaction():
            record(quick, entries(2, name))
        if name == "before":
            record(slow, entries(2, "slow"))
    step(sealer, quick)
    assert quick.execute("select count(*) as n from tieout.evidence_leaf").fetchone() == {"n": 2}
    slow.commit()
    while step(sealer, quick):
        pass
    assert quick.execute("select count(*) as n from tieout.evidence_leaf").fetchone() == {"n": 6}


def test_an_entry_vanishes_with_its_transaction(database: Database) -> None:
    connection = database.connect()
    record(connection, entries(3))
    connection.rollback()
    assert database.rows("select count(*) as n from tieout.evidence") == [{"n": 0}]
