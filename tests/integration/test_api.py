"""The web side over real HTTP: what is acknowledged is committed; what is wrong is said."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
import uvicorn

from tieout.api.server import Application, Services
from tieout.connector_api import SystemConfig
from tieout.operations.discover import discover
from tieout.rules import Entity, Interface, Release
from tieout.store import Database
from tieout_sandbox.ports import free_port

NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)


class Clock:
    def now(self) -> datetime:
        return NOW


@pytest.fixture
def base(database: Database) -> Iterator[str]:
    registry, port = discover(), free_port()
    stripe = registry["stripe"].open(
        SystemConfig("stripe", "stripe", "test", {"url": "http://127.0.0.1:1", "key": "k",
                                                  "webhook_secrets": "new old"})
    )  # fmt: skip
    bank = registry["bankfile"].open(SystemConfig("bank", "bankfile", "test", {}))
    release = Release(
        "0" * 64, {"US": Entity("US", "US", "USD", "UTC", "odoo")},
        {"stripe": Interface("stripe", "stripe", "US", ("balance_transactions",), "o", "p"),
         "bank": Interface("bank", "bank", "US", ("statements",), "o", "p")}, {},
    )  # fmt: skip
    services = Services(
        name="Test <co>", environment="test", database=database, clock=Clock(), release=lambda: release,
        session=lambda s: {"stripe": stripe, "bank": bank}[s],
        connector_of=lambda s: registry[{"stripe": "stripe", "bank": "bankfile"}[s]],
        host="127.0.0.1", port=port,
    )  # fmt: skip
    server = uvicorn.Server(
        uvicorn.Config(
            Application(services), host="127.0.0.1", port=port, log_level="critical", lifespan="off"
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(5)


def signed(body: bytes, secret: str = "new", at: datetime = NOW) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={stamp},v1={digest}"}


def event(kind: str = "charge.succeeded", key: str = "evt_1") -> bytes:
    return json.dumps({"id": key, "type": kind, "object": "event"}).encode()


def test_a_signed_push_is_kept_once_and_wakes_the_poll(base: str, database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(
            "insert into tieout.poll_cursor (interface, stream, due_at) values ('stripe', 'x', %s)",
            (NOW + timedelta(days=1),),
        )
    for _ in range(3):
        assert (
            httpx2.post(f"{base}/webhooks/stripe", content=event(), headers=signed(event())).status_code
            == 200
        )
    assert database.rows("select state, transport from tieout.message") == [
        {"state": "listed", "transport": "webhook"}
    ]
    assert database.rows("select due_at from tieout.poll_cursor")[0]["due_at"] == NOW


@pytest.mark.parametrize("secret", ["new", "old"])
def test_two_secrets_are_valid_while_one_rotates(base: str, secret: str) -> None:
    body = event(key=f"evt_{secret}")
    assert (
        httpx2.post(f"{base}/webhooks/stripe", content=body, headers=signed(body, secret)).status_code == 200
    )


@pytest.mark.parametrize(
    "headers",
    [{}, {"stripe-signature": "t=1"}, {"stripe-signature": "garbage"}, signed(event(), "wrong"),
     signed(b"other body"), signed(event(), at=NOW - timedelta(minutes=6)),
     signed(event(), at=NOW + timedelta(minutes=6))],
)  # fmt: skip
def test_a_bad_missing_or_old_signature_is_401_and_in_evidence(
    base: str, database: Database, headers: dict[str, str]
) -> None:
    reply = httpx2.post(f"{base}/webhooks/stripe", content=event(), headers=headers)
    assert reply.status_code == 401 and "signature" in reply.json()["detail"].lower()
    assert database.rows("select count(*) as n from tieout.message") == [{"n": 0}]
    assert database.rows("select action from tieout.evidence") == [{"action": "webhook.refused"}]


@pytest.mark.parametrize("body", [b"{", b"[1]", b"not json", b'{"id": "x"}'])
def test_signed_but_malformed_is_400(base: str, body: bytes) -> None:
    assert httpx2.post(f"{base}/webhooks/stripe", content=body, headers=signed(body)).status_code == 400


def test_an_oversized_push_is_413(base: str) -> None:
    body = b"x" * (2 * 1024 * 1024 + 1)
    assert httpx2.post(f"{base}/webhooks/stripe", content=body, headers=signed(body)).status_code == 413


def test_an_unknown_event_is_kept_acknowledged_and_listed(base: str, database: Database) -> None:
    body = event("radar.early_fraud_warning.created")
    reply = httpx2.post(f"{base}/webhooks/stripe", content=body, headers=signed(body))
    assert reply.status_code == 200 and "listed" in reply.json()["detail"]
    listed = httpx2.get(f"{base}/status").json()["unknown_events"]
    assert [(e["stream"], e["count"]) for e in listed] == [("event:radar.early_fraud_warning.created", 1)]


def test_an_unknown_interface_is_404(base: str) -> None:
    assert httpx2.post(f"{base}/webhooks/nobody", content=b"{}").status_code == 404


def test_metrics_and_health_answer(base: str) -> None:
    metrics = httpx2.get(f"{base}/metrics").text
    assert "tieout_evidence_entries_total" in metrics
    assert httpx2.get(f"{base}/healthz").text == "ok"


def test_an_unreadable_upload_is_a_case(base: str, database: Database) -> None:
    reply = httpx2.put(f"{base}/files/bank/x.xml", content=b"hello")
    assert reply.status_code == 422 and "the format is not known" in reply.json()["detail"]
    assert database.rows("select cause from tieout.cases") == [{"cause": "unreadable_file"}]


def test_many_pushes_at_once_are_all_committed(base: str, database: Database) -> None:
    def post(number: int) -> None:
        body = event(key=f"evt_{number}")
        assert httpx2.post(f"{base}/webhooks/stripe", content=body, headers=signed(body)).status_code == 200

    threads = [threading.Thread(target=post, args=(n,)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.rows("select count(*) as n from tieout.message") == [{"n": 40}]
