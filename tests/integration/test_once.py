"""A write is done once however its process dies, and the same key is answered alike; each kind of effect by its own way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import psycopg
import pytest

from tests.integration.buying import Buyer
from tests.integration.served import ACCOUNTS, Served
from tests.integration.test_work_api import Front
from tieout.money import Period
from tieout.store import Database
from tieout_sandbox import World
from tieout_sandbox.company import Administrator

pytestmark = pytest.mark.long

_LOCK = 471_147
HOLD = f"""
create function tieout.hold() returns trigger language plpgsql as $$
begin
    if new.status is not null then perform pg_advisory_xact_lock({_LOCK}); end if;
    return new;
end $$;
create trigger hold before insert or update on tieout.idempotency for each row execute function tieout.hold();
"""


@contextmanager
def held(database: Database) -> Iterator[Callable[[], int]]:
    """Whoever records an answer waits, as if the machine were slow just there; gives who waits (a backend's pid)."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(HOLD)
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))

        def waiting() -> int:
            while True:
                row = connection.execute(
                    "select pid from pg_locks where locktype = 'advisory' and not granted and objid = %s"
                    " and database = (select oid from pg_database where datname = current_database())",
                    (_LOCK,),
                ).fetchone()
                if row is not None:
                    return int(row[0])
                time.sleep(0.02)

        try:
            yield waiting
        finally:
            connection.execute("select pg_advisory_unlock_all()")
            connection.execute("drop trigger hold on tieout.idempotency")
            connection.execute("drop function tieout.hold")


def cut_off(database: Database, pid: int) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(%s, 5000)", (pid,))


@pytest.fixture
def served(office_world: World, database: Database, tmp_path: Path) -> Iterator[Served]:
    world = office_world
    key = world.odoo.service.make_key(2)
    admin = Administrator(world.url("odoo"), world.odoo.database, key)
    company = admin.set_up(f"Once {database.dsn[-12:]}", date(2026, 10, 1))
    made = Served(tmp_path / "project", database, world.url("odoo"), world.odoo.database, key, company.id)
    made.let_in()
    yield made
    made.kill()
    admin.close()


@dataclass(frozen=True)
class Kind:
    """A write of some kind: how it is asked for, how often its effect is there (of the outside, and in evidence)."""

    ask: Callable[[Served, httpx2.Client], tuple[str, str, Any]]
    effect: Callable[[Served], object]
    evidence: str
    done: object


def _solve(served: Served, http: httpx2.Client) -> tuple[str, str, Any]:
    return "POST", f"/cases/{served.case()}/solve", {"reason": "agreed"}


def _map(served: Served, http: httpx2.Client) -> tuple[str, str, Any]:
    seen = http.get("/mappings/accounts").json()["seen"]
    return (
        "PUT",
        "/mappings/accounts",
        {"content": f"{ACCOUNTS}rounding,442000\n", "seen": seen, "reason": "new"},
    )


def _connect(served: Served, http: httpx2.Client) -> tuple[str, str, Any]:
    return "PUT", "/systems/files", {"connector": "ledgers", "settings": {}}


def _disconnect(served: Served, http: httpx2.Client) -> tuple[str, str, Any]:
    method, path, body = _connect(served, http)
    assert http.request(method, path, json=body).status_code == 200
    return "DELETE", "/systems/files", None


def _lock(served: Served, http: httpx2.Client) -> tuple[str, str, Any]:
    return "POST", "/closes/US/2026-10/lock", {"kind": "sale"}


def _locked(served: Served) -> object:
    admin = Administrator(served.url, served.odoo_database, served.odoo_key)
    (row,) = admin.call("res.company", "read", ids=[served.company], fields=["sale_lock_date"])
    admin.close()
    return row["sale_lock_date"]


KINDS = {
    "a row": Kind(
        _solve,
        lambda s: s.database.rows("select count(*) as n from tieout.cases where state = 'solved'")[0]["n"],
        "case.solved", 1,
    ),
    "a mapping's file": Kind(
        _map, lambda s: (s.folder / "mappings" / "accounts.csv").read_text(), "mapping.changed",
        f"{ACCOUNTS}rounding,442000\n",
    ),
    "a system's file": Kind(
        _connect, lambda s: (s.folder / "systems" / "files.toml").is_file(), "system.connected", True
    ),
    "a system's file that goes": Kind(
        _disconnect, lambda s: (s.folder / "systems" / "files.toml").is_file(), "system.disconnected", False
    ),
    "a lock in the ledger": Kind(_lock, _locked, "close.locked", "2026-10-31"),
}  # fmt: skip


def same(reply: httpx2.Response, other: httpx2.Response) -> None:
    assert (reply.status_code, reply.content) == (other.status_code, other.content)


@pytest.mark.parametrize("name", KINDS)
def test_a_process_that_dies_before_the_answer_is_recorded_did_nothing_or_is_found_again(
    served: Served, name: str
) -> None:
    kind = KINDS[name]
    served.start()
    http = served.sign_in("carl")
    method, path, body = kind.ask(served, http)
    headers = {"idempotency-key": "one"}

    def send() -> httpx2.Response:
        return http.request(method, path, json=body, headers=headers)

    def lost() -> None:
        with suppress(httpx2.HTTPError):
            send()

    with held(served.database) as waiting:
        sender = threading.Thread(target=lost)
        sender.start()
        pid = waiting()
        served.kill()
        # The machine is gone: the database's side of it does not go on by itself.
        cut_off(served.database, pid)
        sender.join()
    served.start()
    first = send()
    assert first.status_code in (200, 204), first.text
    assert kind.effect(served) == kind.done and served.evidence(kind.evidence) == 1
    same(send(), first)
    assert kind.effect(served) == kind.done and served.evidence(kind.evidence) == 1
    assert list(served.folder.glob("**/*.staged")) == []


@pytest.mark.parametrize("name", [n for n in KINDS if "lock" not in n])
def test_a_process_that_dies_before_it_answers_has_done_it_and_says_so(served: Served, name: str) -> None:
    kind = KINDS[name]
    served.start()
    http = served.sign_in("carl")
    method, path, body = kind.ask(served, http)
    served.kill()
    served.start(crash="api.after_commit")
    headers = {"idempotency-key": "one"}
    with pytest.raises(httpx2.HTTPError):
        http.request(method, path, json=body, headers=headers)
    served.process.wait()
    assert served.evidence(kind.evidence) == 1
    served.start()
    # Whoever serves next has put in place what was decided, also where nobody asks again.
    assert kind.effect(served) == kind.done
    again = http.request(method, path, json=body, headers=headers)
    assert again.status_code in (200, 204) and again.headers["idempotent-replayed"] == "true"
    assert kind.effect(served) == kind.done and served.evidence(kind.evidence) == 1
    if method == "PUT":
        # It is in force for whoever looks now.
        assert again.json() == http.request(method, path, json=body, headers=headers).json()
        assert "rounding" in http.get("/mappings/accounts").text or http.get("/systems").text.count('"files"')


# Where the ledger is asked first: in this process, with the database's side of the write cut off.


class OpenBooks:
    """A buyer's books as an open project, as far as paying and closing ask one."""

    def __init__(self, buyer: Buyer) -> None:
        self.database, self.clock, self.release = buyer.database, buyer.clock, buyer.release
        self._session = buyer.session
        # No page of any system is known.
        self.settings = SimpleNamespace(systems={})

    def session(self, system: str) -> Any:
        return self._session if system == "odoo" else None

    reader_of = session


def test_a_payment_run_that_was_cut_off_is_proposed_once(buyer: Buyer) -> None:
    buyer.ready()
    buyer.bill()
    buyer.grant("carl", "preparer")
    front = Front(buyer, OpenBooks(buyer))
    http = front.sign_in("carl")
    headers = {"idempotency-key": "run"}
    body = {"entity": "US", "pay_on": "2026-10-26"}

    def send() -> httpx2.Response:
        return http.post("/payment-runs", json=body, headers=headers)

    try:
        with held(buyer.database) as waiting:
            sender = threading.Thread(target=send)
            sender.start()
            cut_off(buyer.database, waiting())
            sender.join()
        first = send()
        assert first.status_code == 200, first.text
        assert [(p["end_to_end_id"], p["pays"]) for p in first.json()["payments"]] == [
            ("US20261026-001", "230.00")
        ]
        same(send(), first)
        assert buyer.evidence("payment_run.proposed") == 1
        rows = buyer.database.rows("select count(*) as n from tieout.message where transport = 'proposal'")
        assert rows[0]["n"] == 2  # one payment, and the run's own figure
        buyer.work()
        again = http.post("/payment-runs", json=body, headers={"idempotency-key": "other"})
        assert again.status_code == 200 and again.json()["payments"] == []
    finally:
        front.stop()


def test_signatures_are_taken_together_with_their_key(buyer: Buyer) -> None:
    october = Period(2026, 10)
    buyer.ready()
    buyer.bill()
    # A month is signed for once it is over.
    buyer.clock.at = datetime(2026, 11, 3, 12, tzinfo=UTC)
    front = Front(buyer, OpenBooks(buyer))
    http = front.sign_in("cora")
    headers = {"idempotency-key": "sign"}

    def send() -> httpx2.Response:
        return http.post(f"/closes/US/{october}/sign", json={}, headers=headers)

    try:
        with held(buyer.database) as waiting:
            sender = threading.Thread(target=send)
            sender.start()
            cut_off(buyer.database, waiting())
            sender.join()
        first = send()
        assert first.status_code == 200, first.text
        said = {s["said"] for s in first.json() if s["done"]}
        # Were it the second time, it would say that she prepared it already.
        assert said == {"prepared: somebody else signs it"}
        same(send(), first)
        assert buyer.evidence("close.prepared") == len([s for s in first.json() if s["done"]])
        assert buyer.evidence("close.refused") == 0
    finally:
        front.stop()
