"""Cases, documents and approvals over the API: pages, entities, decisions, and the same request sent again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx2
import pyotp
import pytest
import uvicorn

from tests.integration.office import Office, key_of, person
from tests.integration.test_identity import GOOD
from tieout.api.server import Application, Services
from tieout.operations.discover import discover
from tieout.security import Confirm, GrantRole
from tieout.security.identity import Identity, Origin, Site, csrf_of
from tieout.settings import IdentitySettings
from tieout_sandbox.ports import free_port

pytestmark = pytest.mark.long


class Front:
    """The web side over an office's database, and people who are signed in to it."""

    def __init__(self, office: Office, project: Any = None, pages: Any = None) -> None:
        self.office, self.port = office, free_port()
        self.base = f"http://localhost:{self.port}"
        registry = discover()
        services = Services(
            name="Test", environment="test", database=office.database, clock=office.clock, release=office.release,
            session=lambda _: None, connector_of=lambda s: registry[s], host="127.0.0.1", port=self.port,
            identity=IdentitySettings(self.base), wall=office.clock, project=project,
        )  # fmt: skip
        config = uvicorn.Config(
            Application(services, pages),
            host="127.0.0.1",
            port=self.port,
            log_level="critical",
            lifespan="off",
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.c = office.database.connect(autocommit=True)
        site = Site("localhost", self.base, "Tieout Test")
        self.identity = Identity(self.c, office.clock.now, site)

    def sign_in(self, name: str, second_factor: bool = True, by: str = "alice") -> httpx2.Client:
        signed = self.identity.accept(self.identity.invite(name, by), f"{GOOD} {name}", Origin(name))
        if second_factor:
            secret, _ = self.identity.offer_totp(signed.session)
            code = pyotp.TOTP(secret).at(self.office.clock.now())
            signed, _ = self.identity.confirm_totp(signed.session, code, Origin(name))
        headers = {
            "cookie": f"tieout={signed.token}", "origin": self.base, "x-tieout-csrf": csrf_of(self.c, signed.token),
        }  # fmt: skip
        return httpx2.Client(base_url=f"{self.base}/api/v1", headers=headers, timeout=120)

    def case(self, amount: str, entity: str = "US", cause: str = "unknown_tax", **more: Any) -> int:
        row = self.c.execute(
            "insert into tieout.cases (fingerprint, cause, interface, entity, period, source_key, amount, currency, blocking,"
            " recovery, detail, owner, opened_at, due_at) values (gen_random_uuid()::text, %s, 'journals', %s, '2026-10', %s,"
            " %s, 'USD', false, 'r', 'd', 'o', now(), now()) returning case_id",
            (cause, entity, more.get("key", "k"), Decimal(amount)),
        ).fetchone()
        assert row is not None
        return int(row["case_id"])

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(5)
        self.c.close()


@pytest.fixture
def site(office: Office) -> Iterator[Front]:
    office.let_in()
    made = Front(office)
    yield made
    made.stop()


def operator(office: Office, name: str, entity: str) -> None:
    office.add(person(name))
    grant = GrantRole(name=name, role="operator", entity=entity, limit=None)
    office.change(Confirm(no=office.change(grant, "alice")), "bob")


def everything(http: httpx2.Client, path: str, limit: int, **params: Any) -> list[dict[str, Any]]:
    found, after = [], ""
    while True:
        reply = http.get(path, params={"limit": limit, "after": after, **params})
        assert reply.status_code == 200, reply.text
        found += reply.json()["items"]
        after = reply.json()["next"]
        if not after:
            return found


def test_every_page_together_is_the_list_whatever_the_amounts(site: Front) -> None:
    for number in range(41):
        site.case(["0.10", "5.00", "5.00", "1200.05"][number % 4], "US" if number % 3 else "DE")
    carl = site.sign_in("cora")
    for limit in (1, 7, 40, 41, 200):
        rows = everything(carl, "/cases", limit)
        keys = [(-Decimal(r["amount"]), r["case_id"]) for r in rows]
        assert len(rows) == 41 and keys == sorted(keys)
    assert len(everything(carl, "/cases", 5, entity="DE")) == 14
    assert rows[0]["amount"] == "1200.05" and isinstance(rows[0]["amount"], str)
    # What comes meanwhile moves nothing out of sight.
    first = carl.get("/cases", params={"limit": 20}).json()
    site.case("9999.00")
    rest = carl.get("/cases", params={"limit": 200, "after": first["next"]}).json()["items"]
    assert len({r["case_id"] for r in first["items"] + rest}) == 41
    for after in (
        "x",
        "W10",
        "WyJOYU4iLCAiMSJd",
        "WyIxIiwgIjEiLCAiMSJd",
        "WyIxIiwgIjk5OTk5OTk5OTk5OTk5OTk5OTk5Il0",
    ):
        reply = carl.get("/cases", params={"after": after})
        assert reply.status_code == 422 and reply.json()["type"] == "urn:tieout:problem:page", after


def test_another_entitys_cases_are_not_there(site: Front) -> None:
    operator(site.office, "otto", "US")
    mine, theirs = site.case("10.00"), site.case("20.00", "DE")
    otto = site.sign_in("otto", second_factor=False)
    assert [r["case_id"] for r in everything(otto, "/cases", 50)] == [mine]
    assert everything(otto, "/cases", 50, entity="DE") == []
    assert [c["entity"] for c in otto.get("/cases/causes").json()] == ["US"]
    for method, path in (("GET", ""), ("POST", "/solve"), ("POST", "/exclude"), ("POST", "/replay")):
        reply = otto.request(method, f"/cases/{theirs}{path}", json={"reason": "because"})
        assert reply.status_code == 404, path
    assert otto.post(f"/cases/{mine}/solve", json={"reason": "agreed"}).status_code == 200
    # What a role does not cover is told as that; and what is for every entity is not his.
    assert otto.post("/approvals/decide", json={"requests": [1], "verdict": "approve"}).status_code == 403
    assert otto.post("/cases/replay", json={"cause": "unknown_tax"}).status_code == 403


def test_a_case_is_solved_once_by_a_person_who_says_why(site: Front) -> None:
    number, cora = site.case("10.00"), site.sign_in("cora")
    assert cora.post(f"/cases/{number}/solve", json={"reason": ""}).status_code == 422
    done = cora.post(f"/cases/{number}/solve", json={"reason": "agreed with the shop"})
    assert done.status_code == 200 and done.json()["solved_by"] == "cora" and done.json()["accepted"] is True
    assert cora.post(f"/cases/{number}/solve", json={"reason": "again"}).status_code == 409
    assert cora.get(f"/cases/{number + 99}").status_code == 404
    assert cora.get("/cases/99999999999999999999").status_code == 404
    assert site.office.evidence("case.solved") == 1


def test_the_same_request_sent_again_is_done_once_and_answered_alike(site: Front) -> None:
    number, cora = site.case("10.00"), site.sign_in("cora")
    headers = {"idempotency-key": "one"}

    def send(_: int) -> httpx2.Response:
        return cora.post(f"/cases/{number}/solve", json={"reason": "agreed"}, headers=headers)

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(send, range(8)))
    assert {r.status_code for r in replies} <= {200, 409}
    assert all("being answered" in r.json()["detail"] for r in replies if r.status_code == 409)
    again = send(0)
    assert again.status_code == 200 and again.headers["idempotent-replayed"] == "true"
    assert again.json() == next(r.json() for r in replies if r.status_code == 200)
    assert site.office.evidence("case.solved") == 1
    other = cora.post(f"/cases/{number}/solve", json={"reason": "other"}, headers=headers)
    assert other.status_code == 422 and other.json()["type"] == "urn:tieout:problem:idempotency"
    # Another person's key of the same name is another key.
    olga = site.sign_in("carl")
    reply = olga.post(f"/cases/{number}/solve", json={"reason": "agreed"}, headers=headers)
    assert reply.status_code == 409 and "not open any more" in reply.json()["detail"]


def test_an_answer_is_told_again_to_nobody_who_is_not_let_in_any_more(site: Front) -> None:
    number, cora = site.case("10.00"), site.sign_in("cora")
    headers = {"idempotency-key": "one"}
    assert cora.post(f"/cases/{number}/solve", json={"reason": "agreed"}, headers=headers).status_code == 200
    site.identity.end_sessions_of("cora", "bob")
    assert cora.post(f"/cases/{number}/solve", json={"reason": "agreed"}, headers=headers).status_code == 401


def test_what_an_earlier_version_began_and_never_answered_is_not_done_again(site: Front) -> None:
    number, cora = site.case("10.00"), site.sign_in("cora")
    headers = {"idempotency-key": "one"}
    body = {"reason": "agreed"}
    assert cora.post(f"/cases/{number}/solve", json=body, headers=headers).status_code == 200
    site.c.execute("update tieout.idempotency set status = null, body = null")
    reply = cora.post(f"/cases/{number}/solve", json=body, headers=headers)
    assert reply.status_code == 409 and "look whether it was done" in reply.json()["detail"]
    assert site.office.evidence("case.solved") == 1


def test_what_breaks_in_the_middle_is_undone_and_may_be_tried_again(site: Front) -> None:
    first, second, cora = site.case("10.00"), site.case("20.00"), site.sign_in("cora")
    site.c.execute(
        "create function tieout.breaks() returns trigger language plpgsql as $$ begin"
        f" if new.case_id = {second} then raise exception 'broken'; end if; return new; end $$"
    )
    site.c.execute(
        "create trigger breaks before update on tieout.cases for each row execute function tieout.breaks()"
    )
    headers = {"idempotency-key": "one"}
    body = {"cases": [first, second], "reason": "agreed"}
    reply = cora.post("/cases/solve", json=body, headers=headers)
    assert reply.status_code == 500
    rows = site.office.database.rows("select count(*) as n from tieout.cases where state = 'solved'")
    assert rows == [{"n": 0}] and site.office.evidence("case.solved") == 0
    site.c.execute("drop trigger breaks on tieout.cases")
    reply = cora.post("/cases/solve", json=body, headers=headers)
    assert reply.status_code == 200 and reply.json()["done"] == 2
    assert site.office.evidence("case.solved") == 2


def test_a_refusal_leaves_its_evidence_with_a_key_and_without(site: Front) -> None:
    number, dora = site.case("10.00"), site.sign_in("frank", second_factor=True)
    for headers in ({}, {"idempotency-key": "one"}, {"idempotency-key": "one"}):
        reply = dora.post(f"/cases/{number}/solve", json={"reason": "agreed"}, headers=headers)
        assert reply.status_code == 403, reply.text
    # Told twice: the third was answered from what was kept.
    assert site.office.evidence("access.refused") == 2


def test_requests_are_of_an_interface_and_sorted(site: Front) -> None:
    for number, amount in (("J-1", "1500.00"), ("J-2", "9000.00"), ("J-3", "700.00"), ("J-4", "3000.00")):
        site.office.journal(number, amount, by="carl")
    site.office.plan()
    carl = site.sign_in("carl")

    def amounts(**asked: Any) -> list[str]:
        return [a["amount"] for a in everything(carl, "/approvals", 1, **asked)]

    every = amounts()
    assert len(every) > 2 and amounts(sort="-amount") == sorted(every, key=Decimal, reverse=True)
    assert amounts(sort="amount") == amounts(sort="-amount")[::-1]
    (interface,) = {a["interface"] for a in everything(carl, "/approvals", 10)}
    assert amounts(interface=interface) == every and amounts(interface="another") == []
    assert amounts(entity="another") == [] and len(amounts(sort="due")) == len(every)
    assert carl.get("/approvals", params={"sort": "makers"}).status_code == 422


def test_a_second_person_approves_and_the_first_cannot(site: Front) -> None:
    office = site.office
    office.journal("J-1", "1500.00", by="carl")
    office.plan()
    carl, cora = site.sign_in("carl"), site.sign_in("cora")
    (asked,) = everything(carl, "/approvals", 10)
    assert (
        asked["summary"].startswith("journal")
        and asked["amount"] == "1500.00"
        and asked["makers"] == ["carl"]
    )
    whole = carl.get(f"/approvals/{asked['request_id']}").json()
    assert whole["content"]["postings"] and whole["content_sha256"] == asked["content_sha256"]
    operator(office, "dora", "DE")
    dora = site.sign_in("dora", second_factor=False)
    assert (
        dora.get(f"/approvals/{asked['request_id']}").status_code == 404
        and everything(dora, "/approvals", 10) == []
    )
    body = {"requests": [asked["request_id"]], "verdict": "approve", "seen": asked["content_sha256"][:12]}
    reply = carl.post("/approvals/decide", json=body)
    assert reply.status_code == 409 and "carl" in reply.json()["detail"]
    assert office.evidence("approval.refused") == 1
    reply = cora.post("/approvals/decide", json={**body, "seen": "0" * 12})
    assert reply.status_code == 409 and "look again" in reply.json()["detail"]
    reply = cora.post("/approvals/decide", json=body)
    assert reply.status_code == 200 and reply.json()[0]["state"] == "approved"
    office.work()
    assert office.states() == {"J-1": "posted"}
    assert everything(cora, "/approvals", 10) == []
    assert [a["state"] for a in everything(cora, "/approvals", 10, state="all")] == ["approved"]


def test_nobody_decides_with_one_factor_or_with_a_key(site: Front) -> None:
    office = site.office
    office.journal("J-1", "1500.00")
    office.plan()
    (number,) = office.open_requests()
    body = {"requests": [number], "verdict": "approve"}
    half = site.sign_in("cora", second_factor=False)
    assert half.post("/approvals/decide", json=body).status_code == 403
    reply = httpx2.post(
        f"{site.base}/api/v1/approvals/decide",
        json=body,
        headers={"authorization": f"Bearer {key_of('cora')}"},
    )
    assert reply.status_code == 403
    assert office.open_requests() == [number]


def test_a_document_shows_its_way_to_the_ledger_and_the_tie_out_its_figures(site: Front) -> None:
    office = site.office
    office.policies = ()
    office.journal("J-1", "99.50")
    office.work()
    cora = site.sign_in("cora")
    rows = everything(cora, "/documents", 1, kind="journal_entry")
    assert [(r["source_key"], r["state"], r["entity"]) for r in rows] == [("J-1", "posted", "US")]
    whole = cora.get(f"/documents/{rows[0]['document_id']}").json()
    assert [(x["account"], x["amount"]) for x in whole["lines"]] == [
        ("621000", "99.50"),
        ("212300", "-99.50"),
    ]
    assert whole["deliveries"][0]["state"] == "confirmed" and whole["deliveries"][0]["target_id"]
    assert cora.get("/documents/999999").status_code == 404
    operator(office, "dora", "DE")
    dora = site.sign_in("dora", second_factor=False)
    assert dora.get(f"/documents/{rows[0]['document_id']}").status_code == 404
    assert everything(dora, "/documents", 10) == [] and dora.get("/tie-out").json()["rows"] == []
    (row,) = cora.get("/tie-out", params={"interface": "journals"}).json()["rows"]
    assert row["posted"] == {"count": 1, "debit": "99.50", "credit": "99.50"} and row["entity"] == "US"
    assert cora.get("/tie-out", params={"period": "2026-09"}).json()["rows"] == []


def test_what_is_excluded_or_replayed_goes_the_way_of_the_command(site: Front) -> None:
    office = site.office
    office.policies = ()
    office.dimensions = {}
    office.options = {"require": {"6": "cost_centre"}}
    office.journal("J-1", "10.00")
    office.work()
    cora = site.sign_in("cora")
    (held,) = everything(cora, "/cases", 10)
    assert held["cause"] == "missing_dimension" and held["blocking"] is True
    office.options = {}
    assert cora.post(f"/cases/{held['case_id']}/replay").json() == {"replayed": 1}
    office.work()
    assert office.states() == {"J-1": "posted"} and everything(cora, "/cases", 10) == []
    office.options = {"require": {"6": "cost_centre"}}
    office.journal("J-2", "20.00")
    office.work()
    (held,) = everything(cora, "/cases", 10)
    assert cora.post(f"/cases/{held['case_id']}/exclude", json={"reason": "twice"}).json() == {
        "request": None
    }
    assert office.states()["J-2"] == "excluded"
    assert cora.post(f"/cases/{held['case_id']}/exclude", json={"reason": "twice"}).status_code == 409


def test_interfaces_are_shown_and_asked_to_run_by_whoever_may(site: Front) -> None:
    office = site.office
    cora = site.sign_in("cora")
    (flow,) = cora.get("/interfaces").json()
    assert (flow["interface"], flow["entity"], flow["documents"], flow["polled_at"]) == (
        "journals",
        "US",
        0,
        None,
    )
    assert cora.post("/interfaces/journals/run", json={}).status_code == 409
    site.c.execute(
        "insert into tieout.poll_cursor (interface, stream, due_at) values ('journals', 's', '2030-01-01')"
    )
    reply = cora.post("/interfaces/journals/run", json={})
    assert reply.status_code == 202 and reply.json() == {"interface": "journals", "from_the_beginning": False}
    (row,) = office.database.rows("select due_at from tieout.poll_cursor")
    assert row["due_at"] <= office.clock.now() and office.evidence("interface.run") == 1
    assert cora.post("/interfaces/nothing/run", json={}).status_code == 404
    operator(office, "otto", "US")
    otto = site.sign_in("otto", second_factor=False)
    assert otto.post("/interfaces/journals/run", json={}).status_code == 202
    assert otto.post("/interfaces/journals/run", json={"from_the_beginning": True}).status_code == 403
    operator(office, "dora", "DE")
    dora = site.sign_in("dora", second_factor=False)
    assert dora.get("/interfaces").json() == []
    assert dora.post("/interfaces/journals/run", json={}).status_code == 404


def test_evidence_is_read_by_auditors_and_controllers_page_by_page(site: Front) -> None:
    number, cora = site.case("10.00"), site.sign_in("cora")
    assert cora.post(f"/cases/{number}/solve", json={"reason": "agreed"}).status_code == 200
    rows = everything(cora, "/evidence", 3)
    assert [r["evidence_id"] for r in rows] == sorted((r["evidence_id"] for r in rows), reverse=True)
    assert len(rows) == site.office.database.rows("select count(*) as n from tieout.evidence")[0]["n"]
    (solved,) = everything(cora, "/evidence", 3, action="case.solved", actor="cora")
    assert solved["subject"] == "k" and solved["detail"]["resolution"] == "agreed"
    assert {r["action"] for r in everything(cora, "/evidence", 50, action="authority.")} >= {
        "authority.begin"
    }
    operator(site.office, "otto", "US")
    assert site.sign_in("otto", second_factor=False).get("/evidence").status_code == 403
