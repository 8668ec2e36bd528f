"""Events told to others' programs: signed, in order, at least once; and never to this server's own network."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

import pytest

from tests.integration.test_process import Clock
from tests.stages import step
from tieout.connector_api import AddressError, reach
from tieout.evidence import Entry, Sealer, load_or_make_signer, record
from tieout.store import Database
from tieout.webhooks_out import (
    TellingError,
    WebhookStage,
    end_subscription,
    subscribe,
    subscriptions,
)

LOCAL = (ip_network("127.0.0.0/8"),)


class Receiver(ThreadingHTTPServer):
    """Somebody's server, which answers as it is told and keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.where = self.after = ""
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        status = self.server.answers.pop(0) if self.server.answers else 204
        self.server.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(status)
        if self.server.where:
            self.send_header("location", self.server.where)
        if self.server.after:
            self.send_header("retry-after", self.server.after)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.shutdown()


class Scene:
    """A log that is sealed, and the stage that tells of it."""

    def __init__(self, database: Database, folder: Any) -> None:
        self.c = database.connect(autocommit=True)
        self.clock = Clock(datetime(2026, 10, 20, 12, tzinfo=UTC))
        self.sealer = Sealer(load_or_make_signer(folder / "key"), self.clock, folder / "witness")
        self.stage = WebhookStage("/tieout/test", self.clock, LOCAL, pause_s=0)

    def happen(self, action: str, subject: str, entity: str = "US", seal: bool = True) -> None:
        with self.c.transaction():
            record(self.c, [Entry(self.clock.now(), "carla", action, subject, entity, {"amount": "10.00"})])
        while seal and step(self.sealer, self.c):
            pass

    def tell(self, hours: float = 0) -> None:
        self.clock.at += timedelta(hours=hours)
        while step(self.stage, self.c, self.clock):
            pass


@pytest.fixture
def scene(database: Database, folder: Any) -> Iterator[Scene]:
    made = Scene(database, folder)
    yield made
    made.c.close()


def heard(receiver: Receiver) -> list[str]:
    return [json.loads(body)["subject"] for _, body in receiver.heard]


def test_what_is_told_is_signed_and_is_a_cloud_event(scene: Scene, receiver: Receiver) -> None:
    scene.happen("case.opened", "before")
    _, secret = subscribe(scene.c, receiver.url, ["case.opened"], "*", "ira", scene.clock.now(), LOCAL)
    scene.happen("case.opened", "order:1")
    scene.happen("identity.signed_in", "carla")
    scene.happen("case.solved", "order:1")
    scene.tell()
    ((headers, body),) = receiver.heard
    told = json.loads(body)
    assert (told["specversion"], told["type"], told["subject"]) == ("1.0", "tieout.case.opened", "order:1")
    assert (
        told["data"] == {"amount": "10.00", "by": "carla", "entity": "US"}
        and told["source"] == "/tieout/test"
    )
    assert headers["content-type"].startswith("application/cloudevents+json")
    assert headers["webhook-id"] == told["id"]
    # As a receiver checks it, by the standard's own words.
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"
    # Once it was taken it is not told again; nothing of the secret is in the database as it is.
    scene.tell(1)
    assert len(receiver.heard) == 1
    row = scene.c.execute("select secret from tieout.subscription").fetchone()
    assert row is not None and key not in bytes(row["secret"])


def test_a_redirect_is_not_followed(scene: Scene, receiver: Receiver) -> None:
    other = Receiver()
    subscribe(scene.c, receiver.url, ["case.opened"], "*", "ira", scene.clock.now(), LOCAL)
    receiver.answers, receiver.where = [307], other.url
    scene.happen("case.opened", "order:1")
    scene.tell()
    assert len(receiver.heard) == 1 and other.heard == []
    (held,) = subscriptions(scene.c)
    assert held.last_status == "HTTP 307"
    other.shutdown()


def test_what_is_not_taken_is_told_again_in_order_and_later(scene: Scene, receiver: Receiver) -> None:
    subscribe(scene.c, receiver.url, ["case.opened"], "US", "ira", scene.clock.now(), LOCAL)
    for number in range(3):
        scene.happen("case.opened", f"order:{number}")
    scene.happen("case.opened", "another entity's", "DE")
    receiver.answers = [204, 500, 302]
    receiver.where = "http://127.0.0.1:1/elsewhere"
    scene.tell()
    assert heard(receiver) == ["order:0", "order:1"]
    (held,) = subscriptions(scene.c)
    assert held.failures == 1 and held.last_status == "HTTP 500"
    scene.tell()
    assert len(receiver.heard) == 2, "it did not wait"
    scene.tell(0.01)
    # A redirect is not followed: it is an answer like any other that is no 2xx.
    assert heard(receiver) == ["order:0", "order:1", "order:1"]
    scene.tell(0.01)
    scene.tell(1)
    assert heard(receiver) == ["order:0", "order:1", "order:1", "order:1", "order:2"]
    ids = [json.loads(b)["id"] for _, b in receiver.heard]
    assert ids[1] == ids[2] == ids[3], "a receiver must know what it heard already"
    (held,) = subscriptions(scene.c)
    assert held.failures == 0


def test_nothing_that_is_sealed_late_is_missed(scene: Scene, receiver: Receiver) -> None:
    subscribe(scene.c, receiver.url, ["case.opened"], "*", "ira", scene.clock.now(), LOCAL)
    scene.happen("case.opened", "first", seal=False)
    scene.tell()
    assert receiver.heard == []
    scene.happen("case.opened", "second")
    scene.tell()
    scene.happen("document.posted", "unheard of")
    scene.tell()
    scene.happen("case.opened", "third")
    scene.tell()
    assert heard(receiver) == ["first", "second", "third"]


def test_who_wants_no_more_is_told_no_more(scene: Scene, receiver: Receiver) -> None:
    made, _ = subscribe(scene.c, receiver.url, ["case.opened"], "*", "ira", scene.clock.now(), LOCAL)
    receiver.answers = [410]
    scene.happen("case.opened", "a")
    scene.happen("case.opened", "b")
    scene.tell(1)
    assert heard(receiver) == ["a"] and subscriptions(scene.c) == []
    assert end_subscription(scene.c, made.subscription_id, "ira", scene.clock.now()) is False
    with pytest.raises(TellingError, match="is not told"):
        subscribe(scene.c, receiver.url, ["identity.signed_in"], "*", "ira", scene.clock.now(), LOCAL)


# addresses

INSIDE = [
    "http://127.0.0.1/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://0.0.0.0/", "https://[::]/",
    "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/", "https://[fd00::1]/", "https://[fe80::1]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:0001::]/", "https://[2002:a00:1::]/",
    "https://224.0.0.1/", "https://[ff02::1]/", "https://255.255.255.255/", "https://2130706433/", "https://0x7f000001/",
    "https://0177.0.0.1/", "https://127.1/", "https://[2001:0:7f00:1:0:0:80ff:fffe]/", "https://240.0.0.1/",
]  # fmt: skip
ODD = [
    "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1/", "https://", "//example.com", "javascript:alert(1)",
    "https://user:word@8.8.8.8/", "https://8.8.8.8/#part", "https://8.8.8.8/ x", "https://8.8.8.8\\@127.0.0.1/",
    "https://[::1", "https://8.8.8.8:99999/", "http://8.8.8.8/", "https://8.8.8.8/\r\nx: y",
]  # fmt: skip


@pytest.mark.parametrize("url", INSIDE + ODD)
def test_no_address_leads_into_our_own_network(url: str) -> None:
    with pytest.raises(AddressError):
        reach(url)


def test_a_name_is_looked_up_once_and_all_of_its_addresses_are_looked_at() -> None:
    assert reach("https://example.com/hook", resolve=lambda h, p: ["93.184.215.14"]).direct == (
        "https://93.184.215.14:443/hook"
    )
    for found in (["93.184.215.14", "10.0.0.7"], ["::ffff:10.0.0.7"], ["fe80::1%eth0"], [], ["nonsense"]):
        with pytest.raises(AddressError):
            reach("https://example.com/", resolve=lambda h, p, found=found: found)  # type: ignore[misc]
    # Networks of our own that the project's file names, and no others.
    own = (ip_network("10.1.0.0/16"),)
    assert reach("http://10.1.2.3:8080/x", own).port == 8080
    with pytest.raises(AddressError):
        reach("http://10.2.2.3/x", own)
    # An address that carries one of ours along leads elsewhere, too: all that it stands for must be ours.
    for carried in ("https://[2002:a01:203::]/", "https://[2001:0:a01:203::1]/"):
        with pytest.raises(AddressError):
            reach(carried, own)
    with pytest.raises(AddressError):
        reach("https://mixed.example/", own, lambda h, p: ["10.1.0.1", "10.2.0.1"])


def test_a_name_that_leads_elsewhere_a_moment_later_changes_nothing(
    scene: Scene, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: what is connected to is the address that was looked at, whatever the name says then."""
    answers = iter([["93.184.215.14"]])
    lookups: list[str] = []

    def resolve(host: str, *args: Any, **kwargs: Any) -> Any:
        if host == "rebind.example":
            lookups.append(host)
            found = next(answers, ["127.0.0.1"])
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 0)) for a in found]
        return real(host, *args, **kwargs)

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    url = f"https://rebind.example:{receiver.server_port}/"
    made, _ = subscribe(scene.c, url, ["case.opened"], "*", "ira", scene.clock.now())
    scene.happen("case.opened", "secret")
    stage = WebhookStage("/tieout/test", scene.clock, (), pause_s=0)
    while step(stage, scene.c, scene.clock):
        pass
    assert receiver.heard == [] and lookups == ["rebind.example"] * 2
    (held,) = subscriptions(scene.c)
    assert (
        held.failures == 1
        and "127.0.0.1" in held.last_status
        and held.subscription_id == made.subscription_id
    )


def test_a_receiver_that_says_when_to_come_back_is_left_alone_until_then(
    scene: Scene, receiver: Receiver
) -> None:
    subscribe(scene.c, receiver.url, ["case.opened"], "*", "ira", scene.clock.now(), LOCAL)
    scene.happen("case.opened", "order:1")
    receiver.answers, receiver.after = [429], "1800"
    scene.tell()
    scene.tell(0.4)
    assert len(receiver.heard) == 1, "it was asked before it said"
    scene.tell(0.2)
    assert heard(receiver) == ["order:1"] * 2
