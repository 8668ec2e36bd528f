"""A worker process whose Odoo holds records, sends it away, cuts its lines and is restarted: what is to be posted is there exactly once in
the end, and nobody has a case of it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.acceptance.commands import Started, start_tieout
from tests.conformance.test_odoo_faults import called
from tieout.connectors.odoo.versions import V18, V19, Differences
from tieout.store import Database
from tieout_sandbox.company import Administrator
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import NONE, Answer, Faults, serve
from tieout_sandbox.simulators.ledgers import ExportedEntry, ExportedLine, LedgerExports
from tieout_sandbox.simulators.odoo import Odoo

pytestmark = pytest.mark.long

LOAD, POST = "account.move.load", "account.move.action_post"
_PROJECT = """[project]
name = "Worked"
environment = "test"
[database]
dsn = ""
[entities.US]
currency = "USD"
time_zone = "UTC"
ledger = "odoo"
[systems.odoo]
connector = "odoo"
url = "{url}"
database = "books"
login = "{login}"
company = "{company}"
key = "env:ODOO_KEY"
[systems.ledgers]
connector = "ledgers"
[watch.journals]
folder = "outside"
whole_by = "rename"
"""
_INTERFACE = 'system = "ledgers"\nentity = "US"\nowner = "o"\nprocess = "record to report"\n[options]\naccounts_table = "accounts_us"\n'


class Line(Faults):
    """What becomes of answers on their way: those of a call that is named here do not arrive, once each."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(NONE, 0)
        self.ledger = ledger
        self.cut: list[str] = []

    def strikes(self, name: str) -> bool:
        last = self.ledger.called[-1][0] if self.ledger.called else ""
        if name != "cut_after_commit" or last not in self.cut:
            return False
        self.cut.remove(last)
        return True


class Ledger(Odoo):
    """The simulator; what it was called and when, by a clock that nobody sets, and what it answers instead, in turn."""

    def __init__(self, played: Differences) -> None:
        super().__init__(lambda: datetime.now(UTC), played, database="books", admin_password="admin")
        self.called: list[tuple[str, float]] = []
        self.instead: list[tuple[str, Callable[[], Answer]]] = []
        self.faults = self.line = Line(self)

    def writes(self, method: str, path: str) -> bool:
        return True

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        what = called(path, body)
        self.called.append((what, time.monotonic()))
        if self.instead and self.instead[0][0] == what:
            return self.instead.pop(0)[1]()
        return super().answer(method, path, query, headers, body)

    def failing(self, name: str, text: str) -> Answer:
        """A failure as Odoo serializes it."""
        said = {"name": name, "message": text, "arguments": [text], "context": {}, "debug": ""}
        if self.played is V18:
            error = {"code": 200, "message": "Odoo Server Error", "data": said}
            return Answer(200, json.dumps({"jsonrpc": "2.0", "id": 1, "error": error}).encode())
        return Answer(409 if "Lock" in name else 500, json.dumps(said).encode())


class Site:
    """A project that books journals out of a folder, its Odoo, and a worker on it."""

    def __init__(self, folder: Path, database: Database, played: Differences) -> None:
        self.folder, self.database, self.port = folder, database, free_port()
        self.ledger, self.exports = Ledger(played), LedgerExports()
        self.serving = serve({self.port: self.ledger})
        url = f"http://127.0.0.1:{self.port}"
        admin = Administrator(url, "books", self.ledger.service.make_key(2), played)
        self.company = admin.set_up("Worked", date(2026, 10, 1))
        admin.close()
        self.worker: Started | None = None
        tables = {
            "accounts": {"journal_split": "101701", "rounding": "442000"},
            "accounts_us": {"6000": "600000", "2000": "301000"},
            "journals": {"misc": "MISC"},
        }
        files = {
            f"mappings/{n}.csv": "key,value\n" + "".join(f"{k},{v}\n" for k, v in r.items())
            for n, r in tables.items()
        }
        given = {"url": url, "login": self.company.login, "company": self.company.id}
        files |= {"tieout.toml": _PROJECT.format(**given), "interfaces/journals.toml": _INTERFACE}
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        for name in (".tieout", "outside"):
            (folder / name).mkdir(mode=0o700)

    def start(self) -> None:
        environment = {
            **os.environ,
            "TIEOUT_DSN": self.database.dsn,
            "TIEOUT_LOG": "ERROR",
            "ODOO_KEY": self.company.key,
        }
        log = self.folder / "worker.log"
        self.worker = start_tieout("worker", "--dir", str(self.folder), environment=environment, log=log)

    def stop(self) -> None:
        if self.worker is not None:
            self.worker.terminate()
            self.worker.wait(30)
        self.serving.stop()

    def hand_in(self, *names: str) -> None:
        """A file with entries of these names, of 7.00 each."""
        lines = (ExportedLine("6000", Decimal(7)), ExportedLine("2000", Decimal(-7)))
        content = self.exports.export([ExportedEntry(n, date(2026, 10, 15), "USD", lines) for n in names])
        partial = self.folder / "outside" / ".part"
        partial.write_bytes(content)
        partial.rename(partial.with_name(f"{names[0]}.csv"))

    def states(self) -> dict[str, str]:
        rows = self.database.rows(
            "select source_key, state from tieout.document where kind = 'journal_entry'"
        )
        return {str(r["source_key"]): str(r["state"]) for r in rows}

    def are(self, state: str, *names: str) -> bool:
        found = self.states()
        return all(found.get(name) == state for name in names)

    def came(self, name: str) -> bool:
        """Whether an entry was taken in."""
        return bool(self.database.rows("select 1 from tieout.message where source_key = %s", name))

    def wait(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Until it holds; else the test fails with what there is."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                log = (self.folder / "worker.log").read_text()[-2500:]
                cases = self.database.rows("select cause, detail from tieout.cases")
                pytest.fail(
                    f"it did not come about: {self.states()} {cases} {self.ledger.called[-8:]}\n{log}"
                )
            time.sleep(0.05)

    def is_once(self, *names: str) -> None:
        """Each of these entries stands there once, posted, with both its lines, and nobody has anything to do with them."""
        table = self.ledger.service.world.table
        moves = [m for m in table("account.move").values() if m["company_id"] == self.company.id]
        assert sorted((str(m["ref"]), m["state"]) for m in moves) == [(n, "posted") for n in sorted(names)]
        lines = [x for x in table("account.move.line").values() if x["company_id"] == self.company.id]
        assert sorted(x["balance"] for x in lines) == [Decimal(-7)] * len(names) + [Decimal(7)] * len(names)
        assert not self.database.rows("select cause, detail from tieout.cases")


@pytest.fixture(params=[V18, V19], ids=lambda p: p.series)
def site(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "project", database, request.param)
    yield made
    made.stop()


def test_a_worker_goes_on_whatever_odoo_does_and_posts_once(site: Site) -> None:
    ledger = site.ledger
    site.start()
    # Somebody holds what is posted, for longer than one call waits; and what is loaded meets another transaction.
    held = ("odoo.exceptions.LockError", "Cannot grab a lock on records")
    met = ("psycopg2.errors.SerializationFailure", "could not serialize access due to concurrent update")
    ledger.instead = [(LOAD, lambda: ledger.failing(*met)), *[(POST, lambda: ledger.failing(*held))] * 7]
    site.hand_in("A1", "A2")
    site.wait(lambda: site.are("posted", "A1", "A2"))
    assert not ledger.instead

    # It is sent away, and does not come back before the time that it was told.
    away = Answer(429, b"<html>Too Many Requests</html>", "text/html", {"retry-after": "3"})
    ledger.instead = [(LOAD, lambda: away)]
    before = len(ledger.called)
    site.hand_in("B1")
    site.wait(lambda: site.are("posted", "B1"))
    sent_away, came_back, *_ = [at for what, at in ledger.called[before:] if what == LOAD]
    assert came_back - sent_away >= 3

    # The line goes as the answer is on its way: what was done is looked up, and done once.
    for what, name in ((LOAD, "C1"), (POST, "C2")):
        ledger.line.cut.append(what)
        site.hand_in(name)
        site.wait(lambda name=name: site.are("posted", name))  # type: ignore[misc]
        assert not ledger.line.cut

    # The server dies in the middle of posting, is away while more comes in, and is started again.
    ledger.line.cut.append(POST)
    site.hand_in("D1")
    site.wait(lambda: not ledger.line.cut)
    site.serving.stop()
    site.hand_in("D2")
    site.wait(lambda: site.came("D2"))
    site.serving = serve({site.port: ledger})
    site.wait(lambda: site.are("posted", "D1", "D2"))
    site.is_once("A1", "A2", "B1", "C1", "C2", "D1", "D2")
