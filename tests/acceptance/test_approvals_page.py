"""docs/APPROVALS.md as its readers would type it: people, a policy, a journal that waits for one of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from tests.acceptance.commands import run_tieout
from tieout.store import EmbeddedServer
from tieout_sandbox import World
from tieout_sandbox.company import Administrator
from tieout_sandbox.ports import free_port
from tieout_sandbox.services import write_services_project
from tieout_sandbox.services.chart import DE, US
from tieout_sandbox.simulators.ledgers import ExportedEntry, ExportedLine, LedgerExports

pytestmark = pytest.mark.long

PEOPLE = ("ann", "ben", "mia", "carla")


class Site:
    """A project with `tieout up` on it, and commands typed by one person or another."""

    def __init__(self, root: Path) -> None:
        self.root, self.project = root, root / "project"
        self.world = World(root / "outside", seed=3, start=datetime(2026, 10, 5, 14, tzinfo=UTC))
        self.world.start()
        admin = Administrator(
            self.world.url("odoo"), self.world.odoo.database, self.world.odoo.service.make_key(2)
        )
        companies = {c: admin.set_up(f"Site {c}", date(2026, 10, 1), x) for c, x in (("US", US), ("DE", DE))}
        self.port = free_port()
        write_services_project(self.project, self.world, companies, self.port)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tieout", "up", "--dir", str(self.project)], stderr=subprocess.DEVNULL
        )
        self.until(lambda: self("status").returncode in (0, 1))

    def __call__(self, *words: str, by: str = "") -> subprocess.CompletedProcess[str]:
        environment = (
            {**os.environ, "TIEOUT_KEY_FILE": str(self.root / f"{by}.key")} if by else dict(os.environ)
        )
        if words[:2] != ("people", "key"):
            words = (*words, "--dir", str(self.project))
        return run_tieout(*words, environment=environment, timeout=60)

    def until(self, condition: Any, seconds: float = 40) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self("status").stdout
            time.sleep(0.2)

    def waiting(self) -> list[dict[str, Any]]:
        return list(json.loads(self("approvals", "list", "--json").stdout))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    yield made
    made.process.send_signal(signal.SIGTERM)
    made.process.wait(30)
    made.world.stop()


def journal(site: Site, number: str, amount: str) -> Path:
    value = Decimal(amount)
    lines = (ExportedLine("6530", value, cost_centre="100"), ExportedLine("2125", -value))
    entry = ExportedEntry(number, date(2026, 10, 2), "USD", lines, "mia@example.com", None, number)
    path = site.root / f"{number}.csv"
    path.write_bytes(LedgerExports().export([entry]))
    return path


def test_people_are_let_in_by_two_administrators(site: Site) -> None:
    codes = {}
    for name in PEOPLE:
        done = site("people", "key", str(site.root / f"{name}.key"))
        assert done.returncode == 0 and (site.root / f"{name}.key").stat().st_mode & 0o777 == 0o600
        codes[name] = done.stdout.strip()
    assert site("people", "key", str(site.root / "ann.key")).returncode == 2
    assert site("people", "begin", f"ann:{codes['ann']}", "ann:x").returncode == 2
    assert site("people", "begin", *(f"{n}:{codes[n]}" for n in ("ann", "ben"))).returncode == 0
    assert site("people", "begin", *(f"{n}:{codes[n]}" for n in ("mia", "carla"))).returncode == 2
    for words in (
        ("mia", "--code", codes["mia"], "--known-as", "mia@example.com"),
        ("carla", "--code", codes["carla"]),
    ):
        asked = site("people", "add", *words, by="ann")
        number = asked.stdout.rpartition(" ")[2].strip()
        assert site("people", "confirm", number, by="ann").returncode == 2
        assert site("people", "confirm", number, by="ben").returncode == 0
    asked = site("people", "grant", "carla", "controller", "--entity", "US", "--limit", "3000.00", by="ben")
    assert site("people", "list").returncode == 1
    assert site("people", "confirm", asked.stdout.rpartition(" ")[2].strip(), by="ann").returncode == 0
    path = journal(site, "J-0", "100.00")
    done = site("ingest", str(path), "--interface", "journals_us", by="mia")
    assert done.returncode == 2 and "mia has no role for files:write of US" in done.stderr
    asked = site("people", "grant", "mia", "preparer", "--entity", "US", "--limit", "none", by="ann")
    assert site("people", "confirm", asked.stdout.rpartition(" ")[2].strip(), by="ben").returncode == 0
    listed = json.loads(site("people", "list", "--json").stdout)
    (carla,) = [p for p in listed["people"] if p["name"] == "carla"]
    assert carla["roles"] == [{"role": "controller", "entity": "US", "limit": "3000.00", "own": False}]
    for words, said in (
        (("grant", "carla", "controller", "--entity", "FR", "--limit", "1"), "no entity 'FR'"),
        (("grant", "carla", "controller", "--entity", "US", "--limit", "much"), "--limit"),
        (("add", "Dora!", "--code", codes["mia"]), "is no name"),
        (("add", "dora", "--code", "12"), "is no code"),
        (("delegate", "mia", "--from", "tomorrow", "--until", "2026-10-09"), "days are written"),
    ):
        done = site("people", *words, by="ann")
        assert done.returncode == 2 and said in done.stderr, done.stderr


def test_whoever_decides_holds_a_key(site: Site) -> None:
    path = journal(site, "J-1", "1500.00")
    done = site("ingest", str(path), "--interface", "journals_us")
    assert done.returncode == 2 and "TIEOUT_KEY_FILE" in done.stderr
    assert site("cases", "solve", "1", "--reason", "x", "--as", "mia").returncode == 2
    done = site("cases", "solve", "1", "--reason", "x", "--as", "carla", by="mia")
    assert done.returncode == 2 and "mia's key, not carla's" in done.stderr
    # A role of one entity decides nothing of another's matches and lessons.
    with psycopg.connect(EmbeddedServer(site.project / ".tieout" / "postgres").dsn, autocommit=True) as owner:
        owner.execute(
            "insert into tieout.suggestion (interface, entity, lines_key, lines, about, content, content_sha256,"
            " currency, amount, difference, explained_as, rule, confidence, rank, why, proposed_at) values"
            " ('reconciliation', 'DE', 'x', '{1}', '1', '{}', '', 'USD', 1, 0, '', 'r', 1, 1, '', now())"
        )
    done = site("matches", "reject", "1", "--reason", "x", by="mia")
    assert done.returncode == 2 and "mia has no role for matches:write of DE" in done.stderr, done.stderr
    # The same over HTTP: nobody gives a file without saying who they are.
    url = f"http://127.0.0.1:{site.port}/files/journals_us/J-1.csv"
    for headers in ({}, {"Authorization": "Bearer tieout_nobody"}):
        reply = httpx2.put(url, content=path.read_bytes(), headers=headers)
        assert reply.status_code == 401 and "Authorization" in reply.json()["detail"]
    key = (site.root / "mia.key").read_text().strip()
    reply = httpx2.put(url, content=path.read_bytes(), headers={"Authorization": f"Bearer {key}"})
    assert reply.status_code == 200 and reply.json()["new"] == 2
    done = site("ingest", str(path), "--interface", "journals_us", "--json", by="mia")
    assert done.returncode == 0 and json.loads(done.stdout)[0]["known"] == 2
    site.until(site.waiting)


def test_a_journal_waits_for_somebody_else_and_is_then_booked(site: Site) -> None:
    (row,) = site.waiting()
    number, sha = str(row["request"]), row["content_sha256"]
    assert row["makers"] == ["mia"] and row["needs"] == "controller (0 of 1)"
    shown = site("approvals", "show", number)
    assert shown.returncode == 0 and "653000" in shown.stdout and "1,500.00 USD" in shown.stdout, shown.stdout
    assert site("approvals", "show", "999").returncode == 2
    for words, by, said in (
        ((number,), "mia", "mia made it"),
        ((number,), "ann", "is no controller"),
        ((number, "--seen", "0123abcd"), "carla", "look again"),
        ((number, "--batch", "x:y"), "carla", "by their numbers, or a --batch"),
        (("--batch", "journals_us:nothing"), "carla", "no open request"),
        ((), "carla", "by their numbers"),
    ):
        done = site("approvals", "approve", *words, by=by)
        assert done.returncode == 2 and said in done.stderr, done.stderr
    assert site("approvals", "approve", number).returncode == 2
    batch = f"journals_us:{row['batch']}"
    done = site("approvals", "approve", "--batch", batch, "--seen", sha[:8], by="carla")
    assert done.returncode == 0 and "approved" in done.stdout, done.stderr
    site.until(lambda: not site.waiting())
    moves = site.world.odoo.service.world.table("account.move")
    site.until(lambda: any(m["ref"] == "J-1" and m["state"] == "posted" for m in moves.values()))
    assert site("approvals", "list").stdout.strip() == "nothing waits for an approval"
    assert "carla" in site("approvals", "list", "--all", "--json").stdout


def test_a_rejection_says_why_and_becomes_a_case(site: Site) -> None:
    assert (
        site(
            "ingest", str(journal(site, "J-2", "1200.00")), "--interface", "journals_us", by="mia"
        ).returncode
        == 0
    )
    site.until(site.waiting)
    (row,) = site.waiting()
    done = site("approvals", "reject", str(row["request"]), "--reason", "wrong month", by="carla")
    assert done.returncode == 0 and "rejected" in done.stdout
    cases = json.loads(site("cases", "list", "--json").stdout)
    assert [(c["cause"], c["detail"]) for c in cases] == [("approval_rejected", "carla: wrong month")]
