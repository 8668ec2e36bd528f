"""`tieout up` as it is run for months: what dies, what cannot start, what is down when it starts, and who is told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.commands import run_tieout
from tests.simulation.standing import Site, embedded

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are told apart by /proc"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("standing"))
    yield made
    made.close()


@pytest.fixture
def running(site: Site) -> Site:
    """The site, up and working."""
    if site.process is None or site.process.poll() is not None:
        site.up()
        site.wait(lambda: "Tieout is up" in site.said, "it says that it is up")
    return site


def tieout(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    return run_tieout(*words, "--dir", str(site.project))


def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(embedded(site).dsn) as connection:
        return connection.execute(query.encode()).fetchall()


# what is refused at the start


def test_a_taken_port_is_refused_before_it_says_up(site: Site) -> None:
    with closing(socket.create_server(("127.0.0.1", site.port))):
        assert site.up().wait(60) == 3
    assert f"port {site.port} of 127.0.0.1 is taken" in site.said and "tieout.toml" in site.said
    assert "Tieout is up" not in site.said
    assert site.postgres == 0


def test_a_second_one_in_the_same_folder_is_refused(running: Site) -> None:
    done = tieout(running, "up")
    assert (
        done.returncode == 3 and "runs in" in done.stderr and f"process {running.process.pid}" in done.stderr
    )  # type: ignore[union-attr]
    running.progress(time.monotonic())


# what runs is left alone


def test_check_leaves_a_running_projects_database_alone(running: Site) -> None:
    before = running.postgres
    done = tieout(running, "check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert running.postgres == before != 0
    running.progress(time.monotonic())


def test_restore_does_not_stop_a_running_projects_database(running: Site, tmp_path: Path) -> None:
    before = running.postgres
    (tmp_path / "dump").write_bytes(b"none")
    assert tieout(running, "restore", str(tmp_path / "dump")).returncode == 3
    assert running.postgres == before != 0


# what dies (each of its processes alone: tests/simulation/test_deaths.py)


def test_children_of_a_killed_supervisor_do_not_go_on(running: Site) -> None:
    assert running.process is not None
    running.process.kill()
    running.process.wait()
    running.wait(
        lambda: not (running.children("worker") | running.children("serve")) and not running.postgres,
        "what it started has ended",
    )


def test_a_database_that_cannot_start_for_a_while_is_started_then(running: Site) -> None:
    settings = running.project / ".tieout/postgres/data/postgresql.conf"
    good, before = settings.read_text(), running.postgres
    settings.write_text(good + "\nno_such_setting = 1\n")
    os.kill(before, signal.SIGKILL)
    log = running.project / ".tieout/postgres/server.log"
    running.wait(lambda: log.read_text(errors="replace").count("no_such_setting") >= 3, "it was tried")
    settings.write_text(good)
    running.progress(time.monotonic())


def test_a_database_that_cannot_start_at_all_ends_it_with_the_reason(site: Site) -> None:
    if site.process is not None and site.process.poll() is None:
        site.down()
    site.up("--give-up-after", "2")
    site.wait(lambda: "Tieout is up" in site.said, "it is up")
    settings = site.project / ".tieout/postgres/data/postgresql.conf"
    good = settings.read_text()
    settings.write_text(good + "\nno_such_setting = 1\n")
    try:
        os.kill(site.postgres, signal.SIGKILL)
        assert site.process is not None and site.process.wait(120) == 3
    finally:
        settings.write_text(good)
    assert "Tieout ended: postgres cannot be started" in site.said and "no_such_setting" in site.said
    assert not site.children("worker") and not site.children("serve")


def test_a_port_that_is_taken_for_good_ends_it_with_the_reason(site: Site) -> None:
    site.up("--give-up-after", "2")
    site.wait(lambda: "Tieout is up" in site.said, "it is up")
    (web,) = site.children("serve")
    os.kill(web, signal.SIGSTOP)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        os.kill(web, signal.SIGKILL)
        site.wait(lambda: _taken(other, site.port), "another program has its port")
        assert site.process is not None and site.process.wait(120) == 3
    assert f"port {site.port}" in site.said and "Tieout ended: serve" in site.said


def _taken(other: socket.socket, port: int) -> bool:
    try:
        other.bind(("127.0.0.1", port))
        other.listen(1)
    except OSError:
        return False
    return True


def test_broken_files_stop_nothing_and_are_named(running: Site) -> None:
    path = running.project / "tieout.toml"
    good = path.read_text()
    path.write_text(good.replace("[project]", "[project", 1))
    try:
        (victim,) = running.children("worker")
        os.kill(victim, signal.SIGKILL)
        running.wait(
            lambda: running.said.count('"part": "worker"') >= 3 and "tieout.toml" in running.said,
            "it is named",
        )
        # The web side goes on with the files that were, and takes in what comes.
        _, shop, push = running.push_order()
        assert running.acknowledged(shop, push)
    finally:
        path.write_text(good)
    running.progress(time.monotonic())


# who is told


def test_a_service_manager_is_told(site: Site, tmp_path: Path) -> None:
    if site.process is not None and site.process.poll() is None:
        site.down()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        place = Path(f"/tmp/tieout-test-{os.getpid()}.socket")
        ear.bind(str(place))
        ear.settimeout(60)

        def hear(word: str) -> str:
            for _ in range(60):
                text = ear.recv(4096).decode()
                if word in text:
                    return text
            raise AssertionError(f"never heard {word}")

        try:
            site.up(NOTIFY_SOCKET=str(place))
            hear("READY=1")
            # Whoever hears that it is ready finds it so.
            assert site.healthy() and site.children("worker")
            hear("WATCHDOG=1")
            (victim,) = site.children("worker")
            path = site.project / "tieout.toml"
            good = path.read_text()
            path.write_text(good.replace("[project]", "[project", 1))
            os.kill(victim, signal.SIGKILL)
            assert "worker" in hear("STATUS=worker ended")
            path.write_text(good)
            hear("STATUS=all of it works")
            assert site.down() == 0
            hear("STOPPING=1")
        finally:
            place.unlink()


# what is down when it starts


def test_it_starts_while_odoo_is_down_and_takes_webhooks_in(site: Site) -> None:
    if site.process is not None and site.process.poll() is None:
        site.down()
    site.gate.close()
    try:
        site.up()
        site.wait(lambda: "Tieout is up" in site.said, "it is up without Odoo")
        _, shop, push = site.push_order()
        site.wait(lambda: site.acknowledged(shop, push), "a webhook is taken in")
        site.wait(lambda: "odoo does not answer" in tieout(site, "status").stdout, "the status names it")
    finally:
        site.gate.open()
    site.progress(time.monotonic())
    site.wait(lambda: "odoo does not answer" not in tieout(site, "status").stdout, "the status is well again")


def refused(site: Site) -> None:
    """It is up, takes pushes in, says that its ledger is a wrong one, and does not use it."""
    site.up()
    site.wait(lambda: "Tieout is up" in site.said, "it is up")
    site.wait(lambda: "it is another database" in tieout(site, "status").stdout, "the status names it")
    assert rows(site, "select system, refused from tieout.unpinned_system") == [("odoo", True)]
    _, shop, push = site.push_order()
    assert site.acknowledged(shop, push)


def well_again(site: Site) -> None:
    site.progress(time.monotonic())
    site.wait(lambda: rows(site, "select * from tieout.unpinned_system") == [], "the ledger is used again")
    kinds = rows(site, "select count(*) > 0 from tieout.evidence where action = 'system.refused'")
    assert kinds == [(True,)]


def test_a_ledger_of_another_environment_is_refused_shown_and_never_written_to(site: Site) -> None:
    if site.process is not None and site.process.poll() is None:
        site.down()
    assert tieout(site, "check").returncode == 0
    book = site.world.odoo.service.world
    row = next(p for p in book.table("res.partner").values() if str(p["name"]).startswith("Tieout marker"))
    mine, row["ref"] = row["ref"], "production:Somebody else"
    before = len(book.table("account.move")), len(book.table("res.partner"))
    try:
        refused(site)
        assert (len(book.table("account.move")), len(book.table("res.partner"))) == before
        assert row["ref"] == "production:Somebody else"
    finally:
        row["ref"] = mine
    well_again(site)


def test_an_empty_database_in_the_place_of_the_pinned_one_is_refused(site: Site, tmp_path: Path) -> None:
    """It carries no marker, and is given none: else whichever database is empty would be the right one."""
    if site.process is not None and site.process.poll() is None:
        site.down()
    assert tieout(site, "check").returncode == 0
    other, key = Site(tmp_path), site.project / "secrets" / "odoo_key"
    book, mine = other.world.odoo.service.world, key.read_text()
    before = len(book.table("account.move")), len(book.table("res.partner"))
    site.gate.close()
    try:
        key.write_text((other.project / "secrets" / "odoo_key").read_text())
        site.gate.open(other.gate.port)
        refused(site)
        assert (len(book.table("account.move")), len(book.table("res.partner"))) == before
        site.down()
    finally:
        site.gate.close()
        key.write_text(mine)
        site.gate.open()
        other.close()
    site.up()
    well_again(site)
