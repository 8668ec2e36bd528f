"""Files that come: still written, cut short, without a proof; in a watched folder and on an SFTP server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_fetching import Place
from tests.integration.test_process import Clock
from tests.stages import step
from tieout.connector_api import SystemConfig
from tieout.inbox import FetchStage, FolderStage
from tieout.operations.discover import discover
from tieout.rules import Entity, Interface, Release
from tieout.store import Database
from tieout_sandbox.simulators.ledgers import ExportedEntry, ExportedLine, LedgerExports

NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)
SIX = [ExportedEntry(f"J{n}", date(2026, 10, n), "USD",
                     (ExportedLine("6000", Decimal(100)), ExportedLine("2000", Decimal(-100))))
       for n in range(1, 7)]  # fmt: skip
WHOLE = LedgerExports().export(SIX)
ROWS = WHOLE.splitlines(keepends=True)
# The header and both lines of three entries: a CSV that is cut at the end of a row.
HALF = b"".join(ROWS[:7])
BARE = b"".join(ROWS[:13])


@dataclass
class Folder:
    """A watched folder with the stage that takes files out of it; `wall` is the machine's clock."""

    database: Database
    path: Path
    interface: Interface = field(
        default_factory=lambda: Interface("journals", "ledgers", "US", ("journals",), "o", "p")
    )
    wall: Clock = field(default_factory=lambda: Clock(NOW))
    sha: str = "0" * 64

    def __post_init__(self) -> None:
        self.clock, self.connection = Clock(NOW), self.database.connect(autocommit=True)
        reader = discover()["ledgers"].open(SystemConfig("ledgers", "ledgers", "test", {}))
        self.stage = FolderStage(
            (("journals", self.path),), self.release, lambda _: reader, self.clock, self.wall
        )

    def release(self) -> Release:
        entities = {"US": Entity("US", "US", "USD", "UTC", "odoo")}
        return Release(self.sha, entities, {"journals": self.interface}, {})

    def declare(self, complete: str = "", **arrival: Any) -> None:
        self.interface = replace(
            self.interface,
            arrival=replace(self.interface.arrival, **arrival),
            complete=complete or self.interface.complete,
        )

    def put(self, name: str, content: bytes) -> None:
        (self.path / name).write_bytes(content)

    def look(self, *after_s: float) -> None:
        """Look now, and again after each of some seconds of the machine's clock."""
        step(self.stage, self.connection)
        for seconds in after_s:
            self.wall.at += timedelta(seconds=seconds)
            step(self.stage, self.connection)

    def entries(self) -> list[str]:
        rows = self.database.rows("select source_key from tieout.message order by source_key")
        return [r["source_key"] for r in rows if not r["source_key"].startswith("control:")]

    def waiting(self) -> list[tuple[str, str]]:
        rows = self.database.rows("select name, why from tieout.waiting_file order by name")
        return [(r["name"], r["why"]) for r in rows]

    def cases(self, state: str = "open") -> list[dict[str, Any]]:
        return self.database.rows("select * from tieout.cases where state = %s order by case_id", state)

    def there(self, under: str = ".") -> list[str]:
        folder = self.path / under
        return sorted(p.name for p in folder.iterdir() if p.is_file()) if folder.exists() else []


@pytest.fixture
def folder(database: Database, tmp_path: Path) -> Iterator[Folder]:
    path = tmp_path / "inbox"
    path.mkdir()
    made = Folder(database, path)
    yield made
    made.connection.close()


def test_a_file_that_is_still_written_is_waited_for_and_then_taken_whole(folder: Folder) -> None:
    folder.put("run.csv", HALF)
    os.utime(folder.path / "run.csv", (1, 1))  # a sender may keep an old time
    folder.look(3)
    assert folder.entries() == [] and folder.cases() == []
    assert [name for name, _ in folder.waiting()] == ["run.csv"]
    folder.put("run.csv", WHOLE)
    folder.look(4.9)
    assert folder.entries() == []
    folder.look(0.2)
    assert folder.entries() == [f"J{n}" for n in range(1, 7)]
    assert folder.waiting() == [] and folder.cases() == [] and folder.there("taken") == ["run.csv"]


def test_a_file_that_is_cut_at_the_end_of_a_row_is_a_case_and_nothing_of_it_is_booked(folder: Folder) -> None:
    folder.put("run.csv", HALF)
    folder.look(6)
    assert folder.entries() == []
    (case,) = folder.cases()
    assert case["cause"] == "file_without_proof"
    for word in ("run.csv.control", 'complete = "when settled"', "interfaces/journals.toml", "rows TOTAL"):
        assert word in case["recovery"]
    assert folder.there() == [] and folder.there("refused") == ["run.csv"]


def test_a_project_may_rely_on_settling_and_says_so(folder: Folder) -> None:
    folder.declare("when settled")
    folder.put("run.csv", BARE)
    folder.look(6)
    assert len(folder.entries()) == 6 and folder.cases() == []


@pytest.mark.parametrize(
    ("control", "taken", "cause"),
    [
        (b"rows = 12\ntotal = 600.00\n", 6, ""),
        (b"# from the payroll bureau\nROWS: 12\nTOTAL: 600\n", 6, ""),
        (b"rows = 12\n", 0, "file_without_proof"),
        (b"rows = 13\ntotal = 600.00\n", 0, "control_figures_differ"),
        (b"rows = 12\ntotal = 600.01\n", 0, "control_figures_differ"),
        (b"sha256 = " + b"0" * 64, 0, "control_figures_differ"),
        (b"twelve rows", 0, "control_figures_differ"),
        (b"", 0, "control_figures_differ"),
    ],
)
def test_a_control_file_shows_whether_a_file_is_whole(
    folder: Folder, control: bytes, taken: int, cause: str
) -> None:
    folder.put("run.csv.control", control)
    folder.put("run.csv", BARE)
    folder.look(6)
    assert len(folder.entries()) == taken
    assert [c["cause"] for c in folder.cases()] == ([cause] if cause else [])
    assert folder.there() == []
    assert folder.there("taken" if taken else "refused") == ["run.csv", "run.csv.control"]


def test_a_control_file_that_is_declared_is_waited_for(folder: Folder) -> None:
    folder.declare("control file")
    folder.put("run.csv", BARE)
    folder.look(60, 60)
    assert folder.entries() == [] and folder.waiting() == [("run.csv", "run.csv.control is not there yet")]
    folder.put("run.csv.control", b"rows = 12\ntotal = 600.00\n")
    folder.look()
    assert len(folder.entries()) == 6 and folder.waiting() == []


def test_a_marker_says_that_a_file_is_whole(folder: Folder) -> None:
    folder.declare(whole_by="marker")
    folder.put("run.csv", WHOLE)
    folder.look(3000)
    assert folder.entries() == [] and folder.waiting()[0][0] == "run.csv"
    folder.put("run.csv.done", b"")
    folder.look()
    assert len(folder.entries()) == 6
    assert folder.there() == [] and folder.there("taken") == ["run.csv", "run.csv.done"]


def test_a_name_says_that_its_sender_still_writes_and_a_rename_that_it_does_not(folder: Folder) -> None:
    folder.declare(whole_by="rename")
    folder.put("run.csv.PART", WHOLE)
    folder.look(600)
    assert folder.entries() == [] and [n for n, _ in folder.waiting()] == ["run.csv.PART"]
    (folder.path / "run.csv.PART").rename(folder.path / "run.csv")
    folder.look()
    assert len(folder.entries()) == 6 and folder.waiting() == []


def test_a_file_that_grows_for_ever_is_a_case_after_its_time_and_none_once_it_is_whole(
    folder: Folder,
) -> None:
    folder.declare(late_minutes=30, settle_seconds=90)
    for minute in range(1, 29):
        folder.put("run.csv", WHOLE[: 8 * minute])
        folder.look(60)
    assert folder.cases() == [] and folder.entries() == []
    for minute in range(29, 40):
        folder.put("run.csv", WHOLE[: 8 * minute])
        folder.look(60)
    (case,) = folder.cases()
    assert case["cause"] == "file_not_complete" and "run.csv" in case["detail"]
    folder.put("run.csv", WHOLE)
    folder.look(91)
    assert len(folder.entries()) == 6 and folder.cases() == []
    assert [c["cause"] for c in folder.cases("solved")] == ["file_not_complete"]


def test_a_file_that_somebody_takes_away_is_not_waited_for(folder: Folder) -> None:
    folder.put("run.csv.tmp", HALF)
    folder.look(4000)
    assert len(folder.waiting()) == len(folder.cases()) == 1
    (folder.path / "run.csv.tmp").unlink()
    folder.look()
    assert folder.waiting() == folder.cases() == []


def test_a_file_that_was_taken_before_needs_no_proof_now(folder: Folder) -> None:
    folder.declare("when settled")
    folder.put("run.csv", BARE)
    folder.look(6)
    folder.declare("proven")
    folder.put("again.csv", BARE)
    folder.look(6)
    assert len(folder.entries()) == 6 and folder.cases() == []
    assert folder.there("taken") == ["again.csv", "run.csv"]


def test_a_file_that_is_written_to_while_it_is_read_is_taken_the_next_time(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tieout.inbox import folders

    folder.declare("when settled", settle_seconds=0)
    folder.put("run.csv", HALF)
    real = folders.take_file

    def slow(*given: Any, **more: Any) -> Any:
        folder.put("run.csv", BARE)
        return real(*given, **more)

    monkeypatch.setattr(folders, "take_file", slow)
    folder.look()
    assert folder.entries() == [] and folder.there() == ["run.csv"]
    monkeypatch.setattr(folders, "take_file", real)
    folder.look()
    assert len(folder.entries()) == 6


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    path = tmp_path / "remote"
    path.mkdir()
    made = Place(path)
    yield made
    made.server.stop()


def test_a_servers_file_settles_as_well_and_is_looked_at_again_once_more_is_known_of_it(
    place: Place, folder: Folder
) -> None:
    session = place.open()
    reader = discover()["ledgers"].open(SystemConfig("ledgers", "ledgers", "test", {}))
    stage = FetchStage(
        (("journals", "files"),),
        folder.release,
        lambda _: session,
        lambda _: reader,
        folder.clock,
        folder.wall,
    )

    def look(seconds: float) -> None:
        folder.clock.at += timedelta(hours=1)
        folder.wall.at += timedelta(seconds=seconds)
        assert step(stage, folder.connection)

    (place.folder / "run.csv").write_bytes(HALF)
    look(0)
    assert folder.entries() == [] and [n for n, _ in folder.waiting()] == ["run.csv"]
    (due,) = folder.database.rows("select due_at from tieout.poll_cursor where stream = '#fetch'")
    assert due["due_at"] - folder.clock.at == timedelta(seconds=5), "what settles is looked at soon"
    (place.folder / "run.csv").write_bytes(BARE)
    look(6)
    assert folder.entries() == [] and folder.cases() == []
    look(6)
    assert folder.entries() == [] and [c["cause"] for c in folder.cases()] == ["file_without_proof"]
    look(6)
    assert len(folder.cases()) == 1
    (place.folder / "run.csv.control").write_bytes(b"rows = 12\ntotal = 600\n")
    look(6)
    look(6)
    assert len(folder.entries()) == 6
    assert sorted(p.name for p in place.folder.iterdir()) == ["run.csv", "run.csv.control"]
    session.close()


def test_a_large_file_that_is_cut_off_while_it_is_read_kills_nobody(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_bytes(b"row\n" * (1 << 20))
    code = (
        "import os, sys; from pathlib import Path; from tieout.inbox import file_content\n"
        "path = Path(sys.argv[1])\n"
        "with file_content(path) as content:\n"
        "    os.truncate(path, 0)\n"
        "    print(len(content[:]), content[-4:] == b'row\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"{4 << 20} True\n"), done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["large.csv"]


@pytest.mark.parametrize(
    "name",
    [
        b"caf\xe9.csv",
        b"\xff\xfe.csv",
        b"konto\x80auszug.csv",
        "Überweisung\udce9.csv".encode("utf-8", "surrogateescape"),
    ],
)
def test_a_file_whose_name_is_no_text_is_taken_and_keeps_nobody_waiting(folder: Folder, name: bytes) -> None:
    """A sender's older machine may call a file by bytes that are no UTF-8; invented names."""
    one, other = (LedgerExports().export([entry]) for entry in SIX[:2])
    (folder.path / os.fsdecode(name)).write_bytes(one)
    folder.put("zzz.csv", other)
    folder.look(30, 30)
    assert folder.entries() == ["J1", "J2"] and folder.there() == []
    assert folder.waiting() == [] and folder.cases() == []


def test_a_file_whose_name_is_no_text_is_refused_by_a_name_that_people_can_read(folder: Folder) -> None:
    (folder.path / os.fsdecode(b"caf\xe9.csv")).write_bytes(b"no journal")
    folder.put("zzz.csv", WHOLE)
    folder.look(30, 30)
    (case,) = folder.cases()
    assert case["source_key"] == r"caf\udce9.csv" and len(folder.entries()) == 6
