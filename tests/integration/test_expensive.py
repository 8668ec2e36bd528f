"""A ledger that takes a call and never answers it: whoever does not need it is served, whoever does is told what is kept."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from tests.integration.served import Served
from tieout.store import Database

pytestmark = pytest.mark.long

VIEWERS = 45


class Silent:
    """Listens, takes every call, and says nothing; how many came."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._held: list[socket.socket] = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                self._held.append(self._socket.accept()[0])
            except OSError:
                return

    @property
    def calls(self) -> int:
        return len(self._held)

    def stop(self) -> None:
        self._socket.close()
        for held in self._held:
            held.close()


@pytest.fixture
def silent() -> Iterator[Silent]:
    made = Silent()
    yield made
    made.stop()


@pytest.fixture
def served(silent: Silent, database: Database, tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path / "project", database, silent.url).let_in().start()
    yield made
    made.kill()


def keep_a_finding(served: Served, period: str) -> None:
    served.database.rows(
        "insert into tieout.close_finding (entity, period, task, done, why, digest, read_at)"
        " values ('US', %s, 'books locked', true, 'kept', 'd', '2026-11-02T08:00:00Z') returning task",
        period,
    )


def test_45_viewers_of_a_ledger_that_does_not_answer_keep_nobody_else_waiting(
    served: Served, silent: Silent
) -> None:
    keep_a_finding(served, "2026-10")
    http = served.sign_in("carl")

    def look(path: str) -> httpx2.Response:
        return httpx2.post(f"{served.base}/api/v1{path}", headers=http.headers, timeout=120, json={})

    paths = ["/closes/US/2026-10/look", "/closes/US/2026-09/look", "/systems/odoo/test"] * (VIEWERS // 3)
    with ThreadPoolExecutor(VIEWERS) as pool:
        asked = [pool.submit(look, path) for path in paths]
        while silent.calls < 2:
            assert not all(a.done() for a in asked)
        # All of these while the viewers wait. Each has ten seconds: what is served takes far less, what waits for the
        # ledger takes minutes.
        quick = httpx2.Client(base_url=served.base, headers=http.headers, timeout=10)
        for number in range(5):
            assert quick.get("/healthz").status_code == 200
            assert served.push(number).status_code == 200
            assert quick.get("/api/v1/documents").status_code == 200
            assert quick.get("/api/v1/closes/US/2026-10").status_code == 200
        replies = {path: [] for path in paths}
        for path, answer in zip(paths, asked, strict=True):
            replies[path].append(answer.result())
    # Equal questions were one question: the ledger, the shop, and the system that was tested.
    assert silent.calls <= 3
    for reply in replies["/closes/US/2026-10/look"]:
        told = reply.json()
        assert reply.status_code == 200 and told["current"] is False
        assert told["as_of"] == "2026-11-02T08:00:00Z" and "did not answer" in told["why_not"]
    for path in ("/closes/US/2026-09/look", "/systems/odoo/test"):
        for reply in replies[path]:
            assert reply.status_code == 503 and int(reply.headers["retry-after"]) > 0, reply.text
            assert reply.json()["type"] == "urn:tieout:problem:not-now"


def test_whatever_asks_a_silent_ledger_is_bounded(served: Served, silent: Silent) -> None:
    """Writes too: each is refused in a while, and has done nothing."""
    http = served.sign_in("carl")

    def lock(number: int) -> httpx2.Response:
        headers = {**http.headers, "idempotency-key": f"k{number}"}
        return httpx2.post(
            f"{served.base}/api/v1/closes/US/2026-10/lock",
            headers=headers,
            timeout=120,
            json={"kind": "sale"},
        )

    with ThreadPoolExecutor(VIEWERS) as pool:
        asked = [pool.submit(lock, number) for number in range(VIEWERS)]
        while silent.calls < 1:
            assert not all(a.done() for a in asked)
        quick = httpx2.Client(base_url=served.base, headers=http.headers, timeout=10)
        for _ in range(5):
            assert quick.get("/healthz").status_code == 200
            assert quick.get("/api/v1/documents").status_code == 200
        replies = [a.result() for a in asked]
    assert {r.status_code for r in replies} == {503} and silent.calls <= 2
    assert served.evidence("close.locked") == 0
    assert served.database.rows("select count(*) as n from tieout.idempotency") == [{"n": 0}]
