"""Signing in over HTTP, as a browser and as a program does: cookies, other sites' pages, keys, roles."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx2
import pyotp
import pytest
import uvicorn
from fastapi.routing import APIRoute

from tests.integration.authenticator import Authenticator
from tests.integration.test_identity import GOOD, House
from tieout.api.server import Application, Services
from tieout.api.v1.application import ROUTERS
from tieout.api.v1.idempotency import is_covered
from tieout.console import pages
from tieout.operations.discover import discover
from tieout.rules import Entity, Release
from tieout.security import AddPerson, GrantRole, key_hash, load_authority, new_key
from tieout.security.identity import Origin, csrf_of
from tieout.security.roles import OPERATIONS, ROLES, may
from tieout.settings import IdentitySettings
from tieout.store import Database
from tieout_sandbox.ports import free_port

pytestmark = pytest.mark.long


class Web(House):
    """A house with its web side."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.port = free_port()
        self.base = f"http://localhost:{self.port}"
        entities = {code: Entity(code, code, "USD", "UTC", "odoo") for code in ("US", "DE")}
        release = Release("0" * 64, entities, {}, {})
        registry = discover()
        services = Services(
            name="Test", environment="test", database=database, clock=self, release=lambda: release,
            session=lambda _: None, connector_of=lambda s: registry[s], host="127.0.0.1", port=self.port,
            identity=IdentitySettings(self.base), wall=self,
        )  # fmt: skip
        config = uvicorn.Config(
            Application(services, pages("Meridian Supply", "test", False, self.people_exist)), host="127.0.0.1",
            port=self.port, log_level="critical", lifespan="off",
        )  # fmt: skip
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def people_exist(self) -> bool:
        with self.database.transaction() as connection:
            return bool(load_authority(connection).people)

    def now(self) -> datetime:
        return self.at

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(5)
        self.c.close()


class Browser:
    """Keeps cookies and what must go along with changes."""

    def __init__(self, web: Web) -> None:
        self.web, self.csrf = web, ""
        self.http = httpx2.Client(base_url=f"{web.base}/api/v1", timeout=120)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        sent = {"origin": self.web.base, **({"x-tieout-csrf": self.csrf} if self.csrf else {}), **headers}
        reply = self.http.request(method, path, json=body, headers={k: v for k, v in sent.items() if v})
        found = reply.json() if reply.content and "json" in reply.headers["content-type"] else None
        if isinstance(found, dict) and found.get("csrf"):
            self.csrf = found["csrf"]
        return reply

    def sign_in(self, name: str, password: str = GOOD) -> Browser:
        reply = self.send("POST", "/sign-in", {"name": name, "password": password})
        assert reply.status_code == 200, reply.text
        if reply.json()["next"] == "second_factor":
            self.web.later(seconds=30)
            reply = self.send("POST", "/sign-in/code", {"code": self.web.code(name)})
            assert reply.status_code == 200 and reply.json()["next"] == "done", reply.text
        return self


@pytest.fixture
def web(database: Database) -> Iterator[Web]:
    made = Web(database)
    yield made
    made.stop()


@pytest.fixture
def let_in(web: Web) -> Web:
    web.start()
    web.second()
    web.later(days=1)
    return web


def test_from_the_first_link_to_a_second_administrator(web: Web) -> None:
    ada = Browser(web)
    link = web.identity.first_link()
    reply = ada.send("POST", "/welcome", {"token": link, "name": "Ada", "password": GOOD})
    assert reply.status_code == 200 and reply.json()["next"] == "enrol"
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/" in cookie
    # Nothing else before there is a second factor.
    reply = ada.send("GET", "/access/people")
    assert reply.status_code == 403 and reply.json()["type"] == "urn:tieout:problem:second-factor"
    secret = ada.send("POST", "/me/totp").json()
    assert secret["uri"].startswith("otpauth://totp/")
    old = ada.http.cookies.get("tieout")
    done = ada.send("PUT", "/me/totp", {"code": pyotp.TOTP(secret["secret"]).at(web.at)})
    assert done.status_code == 200 and len(done.json()["recovery_codes"]) == 10
    # The token of before is none any more: whoever planted it has nothing.
    assert ada.http.cookies.get("tieout") != old
    assert httpx2.get(f"{web.base}/api/v1/session", cookies={"tieout": str(old)}).status_code == 401
    assert ada.send("POST", "/access/people", {"name": "ben"}).json() == {
        "no": 2,
        "waits": False,
        "alike": [],
    }
    reply = ada.send("POST", "/access/grants", {"name": "ben", "role": "administrator", "entity": "*"})
    assert reply.json() == {"no": 3, "waits": False, "alike": []}
    link = ada.send("POST", "/access/people/ben/invitation").json()["link"]
    assert link.startswith(f"{web.base}/welcome#")
    ben = Browser(web)
    reply = ben.send("POST", "/welcome", {"token": link.partition("#")[2], "password": f"{GOOD} of ben"})
    assert reply.json()["person"] == "ben" and reply.json()["next"] == "enrol"
    secret = ben.send("POST", "/me/totp").json()["secret"]
    assert ben.send("PUT", "/me/totp", {"code": pyotp.TOTP(secret).at(web.at)}).status_code == 200
    # From now on it takes two.
    no = ada.send("POST", "/access/people", {"name": "vic"}).json()
    assert no["waits"] is True
    assert ada.send("POST", f"/access/changes/{no['no']}/confirm").status_code == 409
    assert [c["change"]["name"] for c in ben.send("GET", "/access/changes").json()] == ["vic"]
    assert ben.send("POST", f"/access/changes/{no['no']}/confirm").status_code == 201


def test_a_page_of_another_site_changes_nothing(let_in: Web) -> None:
    ada = Browser(let_in).sign_in("ada")
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"x-tieout-csrf": ""},
                    {"x-tieout-csrf": "0" * 64}, {"origin": "null"}):  # fmt: skip
        reply = ada.send("POST", "/access/people", {"name": "eve"}, **headers)
        assert reply.status_code == 403 and reply.headers["content-type"] == "application/problem+json"
    # Nor does it sign anybody in as somebody else.
    for path in ("/sign-in", "/welcome", "/sign-in/passkey/question", "/sign-in/code"):
        reply = ada.send("POST", path, {"name": "x", "password": "x"}, origin="https://evil.example")
        assert reply.status_code == 403 and reply.json()["type"] == "urn:tieout:problem:other-site"
    assert "eve" not in {c["change"].get("name") for c in ada.send("GET", "/access/changes").json()}
    assert ada.send("POST", "/access/people", {"name": "eve"}).status_code == 201


def test_a_name_that_lately_leads_here_is_not_ours(web: Web) -> None:
    """DNS rebinding: before anybody is let in, figures are shown to this very machine, not to its browser's pages."""
    for path in ("/", "/status", "/metrics", "/api/v1/session", "/sign-in"):
        assert httpx2.get(f"{web.base}{path}", headers={"host": "evil.example"}).status_code == 421
        assert httpx2.get(f"{web.base}{path}", headers={"host": f"127.0.0.1:{web.port}"}).status_code != 421
    assert httpx2.get(f"{web.base}/healthz", headers={"host": "10.0.0.7"}).status_code == 200


def test_a_collector_with_a_key_reads_metrics_under_any_name(web: Web) -> None:
    """A container or a pod is reached by a name of its own. Without people no key says anything, and the name has to be ours."""
    elsewhere = {"host": "tieout:8080", "authorization": "Bearer tieout_sk_guessed"}
    assert httpx2.get(f"{web.base}/metrics", headers=elsewhere).status_code == 421
    web.start()
    web.second()
    web.later(days=1)
    assert httpx2.get(f"{web.base}/metrics", headers=elsewhere).status_code == 401
    web.add("prometheus", "viewer", human=False, entity="*")
    body = {
        "account": "prometheus",
        "label": "metrics",
        "scopes": ["documents:read"],
        "entities": ["*"],
        "days": 30,
    }
    key = Browser(web).sign_in("ada").send("POST", "/access/service-keys", body).json()["key"]
    told = httpx2.get(f"{web.base}/metrics", headers={**elsewhere, "authorization": f"Bearer {key}"})
    assert told.status_code == 200 and "tieout_evidence_entries_total" in told.text
    for path in ("/", "/status", "/api/v1/today"):
        assert httpx2.get(f"{web.base}{path}", headers=elsewhere).status_code == 421


def test_no_page_shows_it_in_a_frame_and_nobody_keeps_a_copy(let_in: Web) -> None:
    for path in ("/session", "/openapi.json", "/nothing"):
        reply = Browser(let_in).send("GET", path)
        assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
        assert reply.headers["cache-control"] == "no-store"


def test_signing_out_is_at_once_and_everywhere_if_one_wants(let_in: Web) -> None:
    one, two = Browser(let_in).sign_in("ada"), Browser(let_in).sign_in("ada")
    assert len(one.send("GET", "/me/sessions").json()) == 2
    assert one.send("DELETE", "/me/sessions").status_code == 204
    assert two.send("GET", "/session").status_code == 401 and one.send("GET", "/session").status_code == 200
    token = one.http.cookies.get("tieout")
    assert one.send("DELETE", "/session").status_code == 204
    assert httpx2.get(f"{let_in.base}/api/v1/session", cookies={"tieout": str(token)}).status_code == 401


def test_a_passkey_over_http(let_in: Web) -> None:
    ada = Browser(let_in).sign_in("ada")
    device = Authenticator(let_in.base)
    let_in.identity._site = type(let_in.identity._site)("localhost", let_in.base, "Tieout Test")
    import json

    asked = ada.send("POST", "/me/passkeys/question").json()
    made = device.make(json.dumps(asked["options"]))
    reply = ada.send(
        "POST", "/me/passkeys", {"question": asked["question"], "answer": made, "label": "laptop"}
    )
    assert reply.status_code == 200
    other = Browser(let_in)
    asked = other.send("POST", "/sign-in/passkey/question").json()
    answer = device.use(json.dumps(asked["options"]))
    reply = other.send("POST", "/sign-in/passkey", {"question": asked["question"], "answer": answer})
    assert reply.status_code == 200 and reply.json()["next"] == "done"
    ways = {w["kind"]: w for w in other.send("GET", "/me/ways").json()}
    assert set(ways) == {"password", "totp", "passkey", "recovery"} and ways["recovery"]["left"] == 10
    assert other.send("DELETE", f"/me/ways/{ways['passkey']['id']}").status_code == 204


def test_tries_are_told_to_wait(let_in: Web) -> None:
    eve = Browser(let_in)
    codes = [eve.send("POST", "/sign-in", {"name": "ada", "password": "wrong"}) for _ in range(5)]
    assert [r.status_code for r in codes] == [401, 401, 401, 429, 429]
    assert codes[3].headers["retry-after"] and codes[0].json()["detail"] == "name or password is wrong"


def test_keys_that_are_guessed_are_slowed_then_stopped_and_right_ones_go_on(let_in: Web) -> None:
    key = new_key()
    let_in.two(AddPerson(name="vic", human=True, names=(), key_sha256=key_hash(key)))
    let_in.two(GrantRole(name="vic", role="viewer", entity="US", limit=None))
    right = {"authorization": f"Bearer {key}"}

    def ask(headers: dict[str, str]) -> int:
        return httpx2.get(f"{let_in.base}/api/v1/session", headers=headers).status_code

    guesses = [{"authorization": f"Bearer tieout_sk_{n:040d}"} for n in range(30)]
    quick = [ask(g) for g in guesses]
    # The first few are told at once that they are wrong; then not even that.
    assert quick[0] == 401 and quick[-1] == 429 and quick == sorted(quick) and 15 <= quick.count(401) <= 25
    assert ask(right) == 200
    while let_in.c.execute(STOPPED).fetchone()["n"] == 0:  # type: ignore[index]
        let_in.later(minutes=1)
        ask({"authorization": "Bearer somebodys-key"})
    let_in.later(minutes=10)
    assert ask(guesses[0]) == 429 and ask(right) == 200
    let_in.later(minutes=6)
    assert ask(guesses[0]) in (401, 429)


STOPPED = (
    "select count(*) as n from tieout.evidence where action = 'identity.stopped' and subject like '%%keys'"
)


def test_a_wrong_body_is_told_where_and_never_repeated(let_in: Web) -> None:
    eve = Browser(let_in)
    reply = eve.send("POST", "/sign-in", {"name": 7, "password": {"secret": "canary-4711"}})
    assert reply.status_code == 422 and "canary-4711" not in reply.text
    assert {tuple(e["at"]) for e in reply.json()["errors"]} == {("body", "name"), ("body", "password")}
    assert eve.send("POST", "/sign-in", {"name": "x" * 3000, "password": "y"}).status_code == 422
    reply = eve.http.post("/sign-in", content=b"x" * 2_000_000, headers={"content-type": "application/json"})
    assert reply.status_code == 413
    reply = eve.http.post("/sign-in", content=iter([b"{}"]), headers={"content-type": "application/json"})
    assert reply.status_code == 413
    reply = eve.http.post("/sign-in", content=b"{", headers={"content-type": "application/json"})
    assert reply.status_code == 422


def test_a_key_of_somebody_who_approves_is_no_way_around_the_second_factor(let_in: Web) -> None:
    keys = {name: new_key() for name in ("carl", "vic")}
    for name, role in (("carl", "approver"), ("vic", "viewer")):
        let_in.two(AddPerson(name=name, human=True, names=(), key_sha256=key_hash(keys[name])))
        let_in.two(GrantRole(name=name, role=role, entity="US", limit=None))

    def ask(key: str, scheme: str = "Bearer") -> httpx2.Response:
        return httpx2.get(f"{let_in.base}/api/v1/session", headers={"authorization": f"{scheme} {key}"})

    assert ask(keys["vic"]).json()["level"] == "key"
    reply = ask(keys["carl"])
    assert reply.status_code == 403 and reply.json()["type"] == "urn:tieout:problem:second-factor"
    assert ask("nobody's").status_code == 401 and ask(keys["vic"], "Basic").status_code == 401
    # A key has no password and no sessions.
    reply = httpx2.get(
        f"{let_in.base}/api/v1/me/sessions", headers={"authorization": f"Bearer {keys['vic']}"}
    )
    assert reply.status_code == 403


def test_service_keys_are_made_shown_once_and_ended(let_in: Web) -> None:
    let_in.add("feeder", "preparer", human=False, entity="US")
    ada = Browser(let_in).sign_in("ada")
    body = {
        "account": "feeder",
        "label": "nightly",
        "scopes": ["files:write"],
        "entities": ["US"],
        "days": 30,
    }
    made = ada.send("POST", "/access/service-keys", body)
    assert made.status_code == 201 and made.json()["key"].startswith("tieout_sk_")
    asked = {"authorization": f"Bearer {made.json()['key']}"}
    assert httpx2.get(f"{let_in.base}/api/v1/session", headers=asked).json()["person"] == "feeder"
    listed = ada.send("GET", "/access/service-keys")
    assert made.json()["key"] not in listed.text and listed.json()[0]["scopes"] == ["files:write"]
    assert ada.send("DELETE", f"/access/service-keys/{made.json()['key_id']}").status_code == 204
    assert httpx2.get(f"{let_in.base}/api/v1/session", headers=asked).status_code == 401


# the matrix: role x operation x own or another entity

# What anybody may ask: to get in, and what is about oneself.
OPEN = {
    "welcome", "sign_in", "sign_in_code", "passkey_question", "sign_in_passkey", "sign_on", "signed_on",
}  # fmt: skip
ONESELF = {
    "session", "sign_out", "my_sessions", "end_my_others", "my_ways", "remove_way", "change_password", "offer_totp",
    "confirm_totp", "renew_recovery", "offer_passkey", "add_passkey", "choose", "told", "seen", "sent_on",
    "choose_notices", "give_notice_address", "confirm_notice_address", "remove_notice_address",
}  # fmt: skip


# What somebody keeps of a page for themselves needs no right of its own; it is done once like any other write.
OWN_VIEWS = {"views", "keep", "forget"}


def routes() -> list[APIRoute]:
    return [r for router in ROUTERS for r in router.routes if isinstance(r, APIRoute)]


def operation_of(route: APIRoute) -> str:
    """The operation that a route says it is, "" where it says none."""
    found = {getattr(d.call, "operation", "") for d in route.dependant.dependencies} - {""}
    assert len(found) <= 1, route.name
    return found.pop() if found else ""


def test_every_operation_of_the_api_says_who_may_do_it() -> None:
    for route in routes():
        assert bool(operation_of(route)) != (route.name in OPEN | ONESELF | OWN_VIEWS), route.name
    assert {r.name for r in routes()} >= OPEN | ONESELF | OWN_VIEWS


# An answer that holds a secret is not kept; what is about signing in is never done twice alike; a question changes
# nothing, and is asked anew.
QUESTIONS = {
    "look",
    "test_system",
    "try_companies",
    "try_interface",
    "try_system",
    "try_one",
    "try_several",
    "try_replay",
    "try_mapping",
    "try_row",
    "try_period_end",
    "read_back",
    "read_open",
}
NOT_ONCE = (
    OPEN
    | ONESELF
    | QUESTIONS
    # One that is taken twice is two of them, and neither changed anything there.
    | {"take_one"}
    | {"ask_for_figures", "invite", "make_key", "end_key", "make_subscription", "drop_subscription"}
)


def test_every_write_is_done_once_a_key_or_says_why_not() -> None:
    for route in routes():
        if route.methods - {"GET", "HEAD"}:
            assert is_covered(route.path) != (route.name in NOT_ONCE), (route.name, route.path)


def asking(web: Web, role: str, entity: str) -> dict[str, str]:
    """The header of somebody who holds one role: a service key or a session, as a role allows."""
    name = f"m-{role[:12]}-{entity.lower().replace('*', 'all')}"
    web.add(name, human=True)
    web.two(GrantRole(name=name, role=role, entity=entity, limit=None))
    signed = web.identity.accept(web.identity.invite(name, "ada"), f"{GOOD} {name}", Origin(name))
    if signed.next == "enrol":
        signed = web.enrol(signed)
    return {
        "cookie": f"tieout={signed.token}",
        "origin": web.base,
        "x-tieout-csrf": csrf_of(web.c, signed.token),
    }


def test_each_role_does_what_it_may_and_nothing_else(let_in: Web) -> None:
    """Over HTTP, for every role, every route that names an operation: a role that may is not told 403."""
    tried = 0
    for role in (*ROLES, "cfo"):
        http = httpx2.Client(headers=asking(let_in, role, "*"), timeout=30)
        for route in routes():
            operation = operation_of(route)
            if not operation:
                continue
            path = route.path.format(
                name="volumes" if "series" in route.path else "nobody-here", no="999", key_id="none", case_id=7,
                document_id=7, request_id=7, number=7, move=7, run="R1", entity="US", period="2026-10", table="accounts", system="odoo", code="US", group="none", bulk="none", account="211000", currency="USD",
            )  # fmt: skip
            method = next(iter(route.methods))
            # A stream has no end that could be waited for: its first words are enough.
            with http.stream(method, f"{let_in.base}/api/v1{path}", json={}) as reply:
                text = reply.read().decode(errors="replace") if route.name != "events" else ""
            grant = type("G", (), {"role": role, "entity": "*"})
            allowed = may((grant,), operation, "*")
            assert (reply.status_code != 403) == allowed, (role, method, path, reply.status_code, text)
            tried += 1
        http.close()
    assert tried >= 9 * 14


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_a_role_of_one_entity_is_none_of_another(operation: str) -> None:
    for role in ROLES:
        grant = type("G", (), {"role": role, "entity": "US"})
        assert may((grant,), operation, "US") == (role in OPERATIONS[operation])
        assert not may((grant,), operation, "DE") and not may((grant,), operation, "*")


def test_a_role_of_a_companys_own_reads_and_decides_what_a_policy_asks_and_no_more() -> None:
    grant = type("G", (), {"role": "cfo", "entity": "US"})
    held = {o for o in OPERATIONS if may((grant,), o, "US")}
    assert held == {"documents:read", "cases:read", "approvals:read", "approvals:decide"}


def test_an_administrator_sees_no_business_figures_and_an_auditor_changes_nothing() -> None:
    held = {role: {o for o, roles in OPERATIONS.items() if role in roles} for role in ROLES}
    assert held["administrator"] == {"access:read", "access:write", "systems:read"}
    assert not any(o.partition(":")[2] not in ("read",) for o in held["auditor"])
    assert not held["viewer"] - held["auditor"]


def test_the_description_is_openapi_and_names_every_problem(let_in: Web) -> None:
    told = Browser(let_in).send("GET", "/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    # Two shapes of one name would be told apart by the modules that they lie in, which are nobody's business.
    assert not [name for name in told["components"]["schemas"] if "__" in name]
    for path, methods in told["paths"].items():
        for method, what in methods.items():
            assert {"401", "403", "422", "429"} <= set(what["responses"]), (method, path)
            assert what["operationId"]
