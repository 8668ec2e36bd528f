"""One supervisor a folder; what a killed one left is ended, and nobody else; children tell how they are."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tieout.bootstrap.parts import Child
from tieout.bootstrap.patience import Attempts, Patience
from tieout.bootstrap.supervisor import Supervisor
from tieout.observe import Listening, ServiceManager
from tieout.operations.taking_over import take_over, write_down
from tieout.store import (
    EmbeddedServer,
    EmbeddedServerError,
    FolderHeldError,
    FolderLock,
    end_process,
    identity_of,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are told apart by /proc")


def orphan(*, deaf: bool = False) -> subprocess.Popen[bytes]:
    """A process that looks like a child of ours; a deaf one hears no SIGTERM."""
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN);" if deaf else ""
    code = f"import signal, sys, time; {ignore} print('on', flush=True); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", code, "tieout"], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"on\n"
    return process


def test_a_folder_has_one_holder_until_it_is_dead(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path / "lock"), FolderLock(tmp_path / "lock")
    assert first.take() and first.take() and not second.take()
    assert second.holder == f"process {os.getpid()}"
    first.free()
    assert second.take()


def test_children_of_a_killed_supervisor_are_ended(tmp_path: Path) -> None:
    left = orphan()
    write_down(tmp_path, {"worker": left.pid})
    lock = take_over(tmp_path, 10)
    assert left.wait(10) == -signal.SIGTERM
    with pytest.raises(FolderHeldError, match=r"runs in .* already, as process"):
        take_over(tmp_path, 10)
    lock.free()


def test_a_deaf_child_is_killed_and_a_number_that_was_given_anew_is_left_alone(tmp_path: Path) -> None:
    deaf, other = orphan(deaf=True), orphan()
    assert end_process(deaf.pid, identity_of(deaf.pid), signal.SIGTERM, 0.1)
    assert deaf.wait(10) == -signal.SIGKILL
    (tmp_path / "processes.json").write_text(f'{{"worker": [{other.pid}, "another boot:1"]}}')
    take_over(tmp_path, 10).free()
    assert not end_process(other.pid, "another boot:1", signal.SIGKILL, 0.1)
    assert other.poll() is None
    other.kill()
    other.wait()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"worker": 1}', '{"worker": ["x", "y"]}'])
def test_a_list_that_was_cut_off_stops_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "processes.json").write_text(text)
    take_over(tmp_path, 10).free()


def test_a_server_that_somebody_owns_is_neither_stopped_nor_started_again(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / "pg") as owner:
        other = EmbeddedServer(tmp_path / "pg")
        with pytest.raises(EmbeddedServerError, match=f"runs already, under process {os.getpid()}"):
            other.start(wait_s=0.1)
        other.stop()
        assert owner.ready() and other.wait_for_another()
    assert not EmbeddedServer(tmp_path / "pg").wait_for_another()


def test_a_server_ends_with_who_started_it(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from tieout.store import EmbeddedServer\n"
        f"print(EmbeddedServer(Path({str(tmp_path / 'pg')!r})).start().pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=False)
    pid, deadline = int(done.stdout), time.monotonic() + 120
    while identity_of(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not identity_of(pid)


def test_what_is_told_is_heard(tmp_path: Path) -> None:
    ear = Listening(tmp_path / "ear" / "socket")
    ServiceManager(str(ear.path)).tell(READY="1", STATUS="two\nlines")
    assert ear.heard() == [{"READY": "1", "STATUS": "two lines"}]
    assert ear.heard() == []
    ear.close()
    # Nobody listens any more, or nobody ever did.
    ServiceManager(str(ear.path)).tell(READY="1")
    ServiceManager("").tell(READY="1")


def test_a_child_is_well_while_it_says_so(tmp_path: Path) -> None:
    child = child_of(tmp_path)
    child.up = True
    child.hear({"STATUS": "the database does not answer"}, 5.0)
    assert not child.well(5.0) and child.words == "the database does not answer"
    child.hear({"READY": "1"}, 6.0)
    assert child.well(6.0) and child.words == "" and not child.well(60.0)


def test_a_supervisor_whose_own_round_fails_ends_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".tieout").mkdir()
    supervisor = Supervisor(tmp_path, None, ())

    def fail(now: float) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(supervisor, "_round", fail)
    supervisor.start()
    assert supervisor.ended.wait(30) and "out of luck" in supervisor.reason


def child_of(folder: Path, name: str = "worker") -> Child:
    return Child(name, folder, Attempts(Patience(give_up_s=60.0), random.Random(1)))


def test_a_child_that_says_nothing_at_all_is_ended(tmp_path: Path) -> None:
    child, process = child_of(tmp_path), orphan(deaf=True)
    child._process, child.up = process, True
    child.hear({"READY": "1"}, 1000.0)
    assert not child.look(1119.0) and process.poll() is None
    assert not child.look(1121.0)
    assert process.wait(10) == -signal.SIGKILL
    assert child.look(1122.0) and child.words == "ended by SIGKILL" and not child.up


def test_what_fails_for_good_ends_all_of_it_but_broken_files_do_not_while_something_runs(
    tmp_path: Path,
) -> None:
    supervisor = Supervisor(tmp_path, None, ("worker", "serve"), give_up_s=60.0)
    worker, web = supervisor._children
    web.up = True
    for now in range(10):
        worker.status = 3
        worker.failed(float(now), "no database")
    assert supervisor._hopeless(59.0) == ""
    assert supervisor._hopeless(61.0) == "worker cannot be started (10 times in a row): no database"
    worker.status = 2
    assert supervisor._hopeless(61.0) == ""
    web.up = False
    assert supervisor._hopeless(61.0) != ""
