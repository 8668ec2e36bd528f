"""Certification, items, late events and filed taxes as programs and pages ask for them: over real HTTP. What is right is done once;
what is wrong is refused, each refusal with its status and its words, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

import httpx2
import pytest

from tests.integration.buying import Buyer
from tests.integration.office import key_of, person
from tests.integration.test_certification import PAYABLE, Certifying
from tests.integration.test_certification import made as made
from tests.integration.test_itemised import TRANSIT, Desk
from tests.integration.test_late_events import Late
from tests.integration.test_late_events import late as late
from tests.integration.test_once import OpenBooks
from tests.integration.test_taxes import Taxed, later
from tests.integration.test_taxes import taxed as taxed
from tests.integration.test_work_api import Front
from tieout.security import Confirm, GrantRole

pytestmark = pytest.mark.long

Served = Callable[[Any], Front]
CLOSE = "/closes/US/2026-10"
ACCOUNTS = f"{CLOSE}/accounts"
# What nobody means and somebody sends: no account, no event, no month is called so.
HOSTILE = [
    "'; drop table tieout.certification; --",
    "<script>alert(1)</script>",
    "%00",
    "..%2f..",
    "\u202e211000",
    "\U0001f4b8",
    "a" * 5000,
]


@pytest.fixture
def served() -> Iterator[Served]:
    fronts: list[Front] = []

    def over(office: Any) -> Front:
        fronts.append(Front(office, OpenBooks(office)))
        return fronts[-1]

    yield over
    for each in fronts:
        each.stop()


def strangers(office: Any, front: Front) -> dict[str, httpx2.Client]:
    """Who may look and change nothing; who is of another entity; who lets people in and sees no figures."""
    for name, role, entity in (("vera", "viewer", "*"), ("dora", "controller", "DE")):
        office.add(person(name))
        grant = GrantRole(name=name, role=role, entity=entity, limit=None)
        office.change(Confirm(no=office.change(grant, "alice")), "bob")
    return {name: front.sign_in(name) for name in ("vera", "dora", "alice")}


def said(reply: httpx2.Response, status: int) -> str:
    """The words of a refusal, which is of this status."""
    assert reply.status_code == status, (reply.status_code, reply.text[:500])
    told = reply.json()
    return "; ".join([str(told["detail"]), *(f"{e['at'][-1]}: {e['why']}" for e in told.get("errors") or ())])


class TestCertification:
    @pytest.fixture
    def front(self, made: Certifying, served: Served) -> Front:
        made.by_hand()
        made.rows()
        return served(made.b)

    def sign(
        self, http: httpx2.Client, *accounts: str, headers: Any = None, **more: Any
    ) -> dict[str, tuple[str, bool]]:
        named = [{"account": a, "currency": "USD"} for a in accounts]
        reply = http.post(f"{ACCOUNTS}/sign", json={"accounts": named, **more}, headers=headers or {})
        assert reply.status_code == 200, reply.text
        return {s["account"]: (s["said"], s["done"]) for s in reply.json()}

    def one(self, http: httpx2.Client) -> dict[str, Any]:
        found = http.get(f"{ACCOUNTS}/{PAYABLE}/USD")
        assert found.status_code == 200, found.text
        return dict(found.json())

    def test_two_people_certify_and_each_is_told_what_is_theirs(self, front: Front) -> None:
        bea, cora, carl = (front.sign_in(n) for n in ("bea", "cora", "carl"))
        account = self.one(cora)["account"]
        assert (account["state"], account["may"], account["why_not"]) == (
            "open",
            [],
            "a preparer prepares it first",
        )
        assert (account["in_ledger"], account["expected"], account["limit"], account["limit_currency"]) == (
            "-300.00",
            "-230.00",
            "10.00",
            "USD",
        )
        assert account["waits_for"] == "a preparer says why it is as it is"
        key = f"{PAYABLE} USD"
        # What cannot be done says the same words as the list.
        assert self.sign(cora, PAYABLE, explanation="rent") == {
            key: ("not done: a preparer prepares it first", False)
        }
        assert self.sign(bea, PAYABLE) == {
            key: ("not done: an explanation is needed: why it is as it is", False)
        }
        assert self.sign(bea, PAYABLE, explanation="rent", shown_by="lease") == {
            key: ("prepared: somebody else signs it", True)
        }
        account = self.one(bea)["account"]
        assert (account["explanation"], account["may"], account["why_not"]) == (
            "rent; shown by: lease", ["reject"], "a controller signs it, who did not prepare it",
        )  # fmt: skip
        assert self.sign(bea, PAYABLE)[key] == (
            "not done: a controller signs it, who did not prepare it",
            False,
        )
        assert self.one(cora)["account"]["may"] == ["sign", "reject"]
        # Without a name all that it is their turn for, and nothing else.
        assert self.sign(carl) == {key: ("signed, prepared by bea", True)}
        assert self.sign(cora) == {}
        assert self.sign(cora, PAYABLE) == {key: ("is certified already", True)}
        account = self.one(cora)["account"]
        assert (account["state"], account["signed_by"], account["waits_for"], account["may"]) == (
            "certified",
            "carl",
            "",
            [],
        )
        assert (
            len(front.office.database.rows("select 1 from tieout.evidence where action = 'account.refused'"))
            == 2
        )

    def test_what_is_rejected_or_taken_back_says_why_and_is_prepared_anew(self, front: Front) -> None:
        bea, cora = front.sign_in("bea"), front.sign_in("cora")
        body = {"accounts": [{"account": PAYABLE, "currency": "USD"}], "reason": "the lease says 65.00"}

        def reject(http: httpx2.Client) -> str:
            reply = http.post(f"{ACCOUNTS}/reject", json=body)
            assert reply.status_code == 200, reply.text
            return str(reply.json()[0]["said"])

        assert reject(cora) == "not done: nobody prepared it"
        self.sign(bea, PAYABLE, explanation="rent")
        assert reject(cora) == "rejected: a preparer prepares it anew"
        found = self.one(bea)
        assert found["account"]["taken_back"] == "rejected by cora: the lease says 65.00 (what bea said)"
        assert found["account"]["may"] == ["prepare"] and found["history"][0]["explanation"] == "rent"
        self.sign(bea, PAYABLE, explanation="rent, less 5.00")
        assert reject(bea) == "taken back: a preparer prepares it anew"
        self.sign(bea, PAYABLE, explanation="rent by the lease, and interest")
        assert self.sign(cora, PAYABLE)[f"{PAYABLE} USD"][1]
        assert reject(cora) == "not done: it is certified, and what changes its figures takes that back"
        assert (
            front.office.evidence("account.rejected") == 1
            and front.office.evidence("account.taken_back") == 1
        )
        assert [h["revoked_why"] for h in self.one(bea)["history"]] == [
            "", "taken back by bea: the lease says 65.00", "rejected by cora: the lease says 65.00",
        ]  # fmt: skip
        for reason, words in ((" ", "reason"), ("no", "reason"), ("x" * 501, "reason")):
            assert words in said(cora.post(f"{ACCOUNTS}/reject", json={**body, "reason": reason}), 422)
        assert "accounts" in said(cora.post(f"{ACCOUNTS}/reject", json={**body, "accounts": []}), 422)

    def test_another_preparer_rejects_nothing(self, front: Front) -> None:
        front.office.add(person("ben"))
        front.office.grant("ben", "preparer", None)
        self.sign(front.sign_in("bea"), PAYABLE, explanation="rent")
        body = {"accounts": [{"account": PAYABLE, "currency": "USD"}], "reason": "mine is better"}
        reply = front.sign_in("ben").post(f"{ACCOUNTS}/reject", json=body)
        assert reply.json()[0] == {
            "account": f"{PAYABLE} USD", "done": False,
            "said": "not done: a controller rejects it, or who prepared it takes it back",
        }  # fmt: skip
        assert front.office.evidence("account.refused") == 1

    def test_what_was_looked_at_is_what_is_certified(self, front: Front, made: Certifying) -> None:
        bea = front.sign_in("bea")
        digest = self.one(bea)["account"]["digest"]
        made.by_hand("2026-10-13")
        named = [{"account": PAYABLE, "currency": "USD", "seen": digest}]
        reply = bea.post(f"{ACCOUNTS}/sign", json={"accounts": named, "explanation": "rent"})
        assert reply.json()[0]["said"] == "not done: its figures are others than were looked at: look again"
        named[0]["seen"] = self.one(bea)["account"]["digest"]
        reply = bea.post(f"{ACCOUNTS}/sign", json={"accounts": named, "explanation": "rent"})
        assert reply.json()[0]["done"] is True

    def test_two_who_sign_at_once_are_one_signature(self, front: Front) -> None:
        self.sign(front.sign_in("bea"), PAYABLE, explanation="rent")
        people = [front.sign_in(n) for n in ("cora", "carl")]
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda http: self.sign(http, PAYABLE)[f"{PAYABLE} USD"][0], people))
        assert sorted(found) == ["is certified already", "signed, prepared by bea"]
        assert front.office.evidence("account.certified") == 1

    def test_two_who_prepare_at_once_are_one_explanation(self, front: Front) -> None:
        front.office.add(person("ben"))
        front.office.grant("ben", "preparer", None)
        people = [front.sign_in(n) for n in ("bea", "ben")]
        with ThreadPoolExecutor(2) as pool:
            found = list(
                pool.map(
                    lambda http: self.sign(http, PAYABLE, explanation="rent")[f"{PAYABLE} USD"][0], people
                )
            )
        assert sorted(found) == [
            "not done: a controller signs it, who did not prepare it",
            "prepared: somebody else signs it",
        ]
        assert front.office.evidence("account.prepared") == 1

    def test_the_same_request_is_done_once(self, front: Front) -> None:
        bea = front.sign_in("bea")
        again = [
            self.sign(bea, PAYABLE, explanation="rent", headers={"idempotency-key": "once"}) for _ in range(2)
        ]
        assert again[0] == again[1] == {f"{PAYABLE} USD": ("prepared: somebody else signs it", True)}
        assert (
            front.office.evidence("account.prepared") == 1 and front.office.evidence("account.refused") == 0
        )

    def test_whoever_may_not_is_refused_and_that_is_kept(self, front: Front) -> None:
        there = strangers(front.office, front)
        body = {
            "accounts": [{"account": PAYABLE, "currency": "USD"}],
            "explanation": "rent",
            "reason": "because",
        }
        for path in ("sign", "reject"):
            assert (
                said(there["vera"].post(f"{ACCOUNTS}/{path}", json=body), 403)
                == "vera has no role for close:certify"
            )
            assert (
                said(there["alice"].post(f"{ACCOUNTS}/{path}", json=body), 403)
                == "alice has no role for close:certify"
            )
            assert said(there["dora"].post(f"{ACCOUNTS}/{path}", json=body), 404) == "no entity 'US'"
            # A key is a machine's, whoever's it is.
            key = httpx2.Client(
                base_url=there["vera"].base_url, headers={"authorization": f"Bearer {key_of('bea')}"}
            )
            assert (
                said(key.post(f"{ACCOUNTS}/{path}", json=body), 403) == "people certify accounts, signed in"
            )
            none = httpx2.Client(base_url=there["vera"].base_url)
            assert "sign in" in said(none.post(f"{ACCOUNTS}/{path}", json=body), 401)
        assert {a["why_not"] for a in key.get(ACCOUNTS).json() if a["waits_for"]} == {
            "people certify accounts, signed in"
        }
        assert front.office.evidence("access.refused") == 4
        # Who may look sees all of it, and why nothing of it is theirs.
        account = self.one(there["vera"])["account"]
        assert (account["may"], account["why_not"]) == ([], "a preparer prepares it first")
        for path in (ACCOUNTS, f"{ACCOUNTS}/{PAYABLE}/USD"):
            assert said(there["dora"].get(path), 404) == "no entity 'US'"
            assert said(there["alice"].get(path), 403) == "alice has no role for close:read"
        assert (
            self.one(there["vera"])["account"]["state"] == "open" and self.one(there["vera"])["history"] == []
        )

    def test_months_and_accounts_that_are_none(self, front: Front) -> None:
        bea = front.sign_in("bea")
        assert self.sign(bea, "999999", explanation="x") == {
            "999999 USD": ("is no account of this close", False)
        }
        # Costs are no balance.
        assert self.sign(bea, "600000", explanation="x") == {
            "600000 USD": ("is no account of this close", False)
        }
        assert said(bea.get(f"{ACCOUNTS}/999999/USD"), 404) == "999999 USD is no account of this close"
        assert said(bea.get(f"{ACCOUNTS}/{PAYABLE}/EUR"), 404) == f"{PAYABLE} EUR is no account of this close"
        body = {
            "accounts": [{"account": PAYABLE, "currency": "USD"}],
            "explanation": "x",
            "reason": "because",
        }
        for act in ("sign", "reject"):
            assert "to be signed from" in said(bea.post(f"/closes/US/2026-11/accounts/{act}", json=body), 409)
            assert said(bea.post(f"/closes/XX/2026-10/accounts/{act}", json=body), 404) == "no entity 'XX'"
            for period in ("2026-13", "2026", "1969-12", "9999-12", "october", "2026-10-31", "٢٠٢٦-١٠"):
                assert said(bea.post(f"/closes/US/{period}/accounts/{act}", json=body), 422), period
        assert bea.get("/closes/US/2026-09/accounts").json() == []

    def test_what_is_hostile_is_a_text_or_refused(self, front: Front) -> None:
        bea = front.sign_in("bea")
        for text in HOSTILE:
            named = {"accounts": [{"account": text, "currency": "USD"}], "explanation": "x"}
            reply = bea.post(f"{ACCOUNTS}/sign", json=named)
            assert reply.status_code == 422 or reply.json()[0]["said"] == "is no account of this close", text
        for body in (
            {"explanation": "x" * 501}, {"shown_by": "x" * 201}, {"explanation": 5}, {"explanation": None},
            {"accounts": [{"account": PAYABLE, "currency": "DOLLAR"}]}, {"accounts": [{"account": PAYABLE}]},
            {"accounts": [{"account": PAYABLE, "currency": "USD"}] * 501}, {"accounts": "all"}, {"accounts": None}, [],
        ):  # fmt: skip
            assert said(bea.post(f"{ACCOUNTS}/sign", json=body), 422), body
        nul = bea.post(
            f"{ACCOUNTS}/sign",
            json={"accounts": [{"account": PAYABLE, "currency": "USD"}], "explanation": "rent\x00"},
        )
        assert nul.status_code == 422, nul.text
        assert self.one(bea)["history"] == []
        # Twice in one request is once.
        self.sign(bea, PAYABLE, PAYABLE, explanation="<b>rent</b>")
        assert (
            self.one(bea)["account"]["explanation"] == "<b>rent</b>"
            and front.office.evidence("account.prepared") == 1
        )


class TestItems:
    @pytest.fixture
    def desk(self, buyer: Buyer) -> Desk:
        buyer.ready()
        buyer.bill()
        desk = Desk(buyer)
        desk.over()
        desk.book(TRANSIT, "70", "2026-10-30", "payout po_1")
        return desk

    def test_they_are_as_they_were_read_last_and_sum_to_the_balance(self, desk: Desk, served: Served) -> None:
        http = served(desk.b).sign_in("cora")
        before = http.get(f"{CLOSE}/items").json()
        assert (before["read_at"], before["looked_at"], before["accounts"]) == (None, 0, [])
        assert http.post(f"{CLOSE}/look").json()["current"] is True
        found = http.get(f"{CLOSE}/items").json()
        assert found["as_of"] == "2026-10-31" and found["looked_at"] > 1
        (account,) = found["accounts"]
        assert (account["account"], account["currency"], account["balance"], account["rest"]) == (
            TRANSIT,
            "USD",
            "70.00",
            "0.00",
        )
        (item,) = account["items"]
        assert (item["amount"], item["on"], item["days"], item["past"]) == ("70.00", "2026-10-30", 0, False)
        assert "payout po_1" in (item["reference"], item["entry"]) and item["waits_for"] == "the bank's line"
        total = sum(
            (Decimal(i["amount"]) for i in account["items"]), Decimal(account["more"]["amount"])
        ) + Decimal(account["rest"])
        assert total == Decimal(account["balance"])
        # Of a month that nobody looked at nothing is known, which is not nothing.
        assert http.get("/closes/US/2026-09/items").json()["read_at"] is None

    def test_whoever_may_not_and_what_is_none(self, desk: Desk, served: Served) -> None:
        front = served(desk.b)
        there, path = strangers(desk.b, front), f"{CLOSE}/items"
        assert there["vera"].get(path).status_code == 200
        assert said(there["dora"].get(path), 404) == "no entity 'US'"
        assert said(there["alice"].get(path), 403) == "alice has no role for close:read"
        assert said(there["vera"].get("/closes/XX/2026-10/items"), 404) == "no entity 'XX'"
        assert "sign in" in said(httpx2.Client(base_url=there["vera"].base_url).get(path), 401)
        for period in ("2026-13", "2026", "1969-12", "9999-12", "october"):
            assert said(there["vera"].get(f"/closes/US/{period}/items"), 422), period
        for text in HOSTILE:
            assert there["vera"].get(f"/closes/{text}/2026-10/items").status_code in (404, 422), text


class TestLateEvents:
    def decide(
        self, http: httpx2.Client, number: object, decision: object = "adjust", **more: Any
    ) -> httpx2.Response:
        body = {"decision": decision, "reason": "of the auditor's list", **more}
        return http.post(f"/late-events/{number}/decide", json=body)

    def test_they_are_listed_and_decided(self, late: Late, served: Served) -> None:
        event = late.bill("LATE")
        http = served(late.b).sign_in("cora")
        (row,) = http.get("/late-events", params={"entity": "US", "period": "2026-11"}).json()
        assert (row["number"], row["event_on"], row["booked_on"], row["decision"], row["decided_at"]) == (
            event.number, "2026-10-30", "2026-11-01", "", None,
        )  # fmt: skip
        assert Decimal(row["amount"]) == event.amount and row["lock"] == "fiscal year"
        assert http.get("/late-events", params={"period": "2026-10"}).json() == []
        assert http.get("/late-events", params={"entity": "DE"}).json() == []
        for decision in ("reopen", "adjust"):
            reply = self.decide(http, event.number, decision)
            assert reply.status_code == 200 and reply.json() == {"number": event.number, "decision": decision}
        (row,) = http.get("/late-events").json()
        assert (row["decision"], row["decided_by"], row["reason"]) == (
            "adjust",
            "cora",
            "of the auditor's list",
        )
        assert late.look()[0] and late.b.evidence("late.decided") == 2

    def test_what_is_passed_is_immaterial_in_all(self, late: Late, served: Served) -> None:
        event = late.bill("LATE")
        http = served(late.b).sign_in("cora")
        words = said(self.decide(http, event.number, "pass"), 409)
        assert (
            f"with it {event.amount:.2f} would be passed of 2026-11, above 0.00" in words
            and "adjust or reopen it" in words
        )
        late.limits("0.00", f"{event.amount}")
        assert self.decide(http, event.number, "pass").status_code == 200 and late.look()[0]

    def test_reopened_is_open_until_it_stands_in_its_own_month(self, late: Late, served: Served) -> None:
        event = late.bill("LATE")
        http = served(late.b).sign_in("cora")
        assert self.decide(http, event.number, "reopen").status_code == 200
        done, words = late.look()
        assert not done and "fiscal year lock stands at 2026-10-31" in words

    def test_whoever_may_not_and_who_made_it(self, late: Late, served: Served) -> None:
        give = late.b.give
        late.b.give = lambda *given: give(*given, by="cora")  # type: ignore[method-assign]
        event = late.bill("LATE")
        front = served(late.b)
        there = strangers(late.b, front)
        assert "somebody else" in said(self.decide(front.sign_in("cora"), event.number), 409)
        assert said(self.decide(there["vera"], event.number), 403) == "vera has no role for close:sign"
        assert said(self.decide(there["alice"], event.number), 403) == "alice has no role for close:sign"
        assert said(self.decide(there["dora"], event.number), 404) == f"no late event {event.number}"
        assert "second factor" in said(
            self.decide(front.sign_in("carl", second_factor=False), event.number), 403
        )
        assert (
            there["dora"].get("/late-events").json()
            == []
            == there["dora"].get("/late-events", params={"entity": "US"}).json()
        )
        assert said(there["alice"].get("/late-events"), 403) == "alice has no role for close:read"
        assert late.events()[0].decision == "" and late.b.evidence("late.decided") == 0
        assert late.b.evidence("access.refused") == 2

    def test_numbers_months_and_decisions_that_are_none(self, late: Late, served: Served) -> None:
        event = late.bill("LATE")
        http = served(late.b).sign_in("cora")
        assert said(self.decide(http, event.number + 1000), 404) == f"no late event {event.number + 1000}"
        for number in (0, -1, 2**62, 2**70, "one", "1e3", "1;drop"):
            assert said(self.decide(http, number), 422), number
        for decision in ("waive", "", None, 5, ["adjust"], "ADJUST"):
            assert "decision" in said(self.decide(http, event.number, decision), 422)
        for reason in ("", "no", "x" * 501, None):
            assert "reason" in said(self.decide(http, event.number, reason=reason), 422)
        assert "say why" in said(self.decide(http, event.number, reason="      "), 409)
        assert said(self.decide(http, event.number, reason="nul\x00nul"), 422)
        # What is no month has no list: an empty one would read as "nothing came late".
        for period in ("2026-13", "october", "2026-11-01", "'; drop table tieout.late_event; --", "x" * 400):
            assert "period" in said(http.get("/late-events", params={"period": period}), 422), period
        assert late.events()[0].decision == ""

    def test_a_period_that_is_no_month_is_refused_wherever_one_is_asked_for(
        self, late: Late, served: Served
    ) -> None:
        """A list of it would be empty, and read as "there is nothing"; all parse it alike, and say what was expected."""
        http = served(late.b).sign_in("cora")
        paths = http.get("/openapi.json").json()["paths"]
        asking: dict[str, dict[str, str]] = {}
        for path, what in paths.items():
            given = [p for p in what.get("get", {}).get("parameters", []) if p["in"] == "query"]
            if any(p["name"] == "period" for p in given):
                asking[path] = {p["name"]: "x" for p in given if p.get("required")}
        assert {"/cases", "/cases/groups", "/documents", "/tie-out", "/tie-out/governed"} <= set(asking)
        for path, given in asking.items():
            for period in ("2026-13", "0000-01", "9999-12", "october", "", "2026-1", "2026-11-01", "x" * 400):
                told = said(http.get(path, params={**given, "period": period}), 422)
                assert told.endswith("a month such as 2026-10"), (path, period, told)
            if not given:
                assert http.get(path, params={"period": "2026-10"}).status_code == 200, path

    def test_another_decision_of_a_period_that_is_signed_takes_the_signatures_back(
        self, late: Late, served: Served
    ) -> None:
        event = late.bill("LATE")
        late.b.clock.at = datetime(2026, 12, 3, 15, tzinfo=UTC)
        front = served(late.b)
        cora, carl = front.sign_in("cora"), front.sign_in("carl")
        assert self.decide(cora, event.number).status_code == 200
        close, task = "/closes/US/2026-11", "late events decided"

        def state() -> dict[str, Any]:
            return next(t for t in cora.post(f"{close}/look").json()["tasks"] if t["name"] == task)

        for http in (cora, carl):
            state()
            (done,) = http.post(f"{close}/sign", json={"tasks": [task]}).json()
            assert done["done"], done
        assert state()["state"] == "signed"
        assert self.decide(carl, event.number, "reopen").status_code == 200
        assert state()["state"] == "open" and "lock stands at" in state()["why"]
        rows = late.b.database.rows(
            "select revoked_why from tieout.signature where task = %s and revoked_at is not null", task
        )
        assert len(rows) == 1 and "its figures changed" in rows[0]["revoked_why"]


class TestTaxes:
    BODY: ClassVar = {
        "entity": "US",
        "months": "2026-10",
        "report": "US-NY",
        "reference": "NY-2026-10",
        "reason": "the state's receipt",
    }

    @pytest.fixture
    def front(self, taxed: Taxed, served: Served) -> Front:
        later(taxed)
        taxed.look()
        office: Any = taxed.s.office.let_in()
        office.release, office.clock = taxed.s.release, taxed.s.clock
        return served(office)

    def file(self, http: httpx2.Client, **more: Any) -> httpx2.Response:
        return http.post("/taxes/filings", json={**self.BODY, **more})

    def test_a_month_is_listed_filed_and_corrected(self, front: Front, taxed: Taxed) -> None:
        http = front.sign_in("cora")
        (month,) = http.get("/taxes", params={"entity": "US", "period": "2026-10"}).json()
        (row,) = month["taxes"]
        assert (row["jurisdiction"], row["tax"], row["source"], row["in_ledger"], row["residual"]) == (
            "US-NY", "NY 15%", "6.00", "6.00", "0.00",
        )  # fmt: skip
        assert http.get("/taxes", params={"period": "2026-09"}).json() == []
        number = self.file(http, taxes=["NY 15%"]).json()["number"]
        words = said(self.file(http, taxes=["NY 15%"]), 409)
        assert f"is declared as filed (number {number}" in words and "say that this corrects it" in words
        second = self.file(http, taxes=["NY 15%"], corrects=number).json()["number"]
        assert f"no filing number {number} of US stands" in said(
            self.file(http, taxes=["NY 15%"], corrects=number), 409
        )
        assert "a correction is of the same report and months" in said(
            self.file(http, report="VAT", corrects=second), 409
        )
        found = http.get("/taxes/filings", params={"entity": "US"}).json()
        assert [(f["number"], f["stands"], f["corrects"], f["declared_by"]) for f in found] == [
            (second, True, number, "cora"), (number, False, None, "cora"),
        ]  # fmt: skip
        # What enters it afterwards is listed with its tax.
        taxed.entry("40.00", on="2026-10-21")
        taxed.look_at_filed()
        entered = next(f for f in http.get("/taxes/filings").json() if f["stands"])
        assert entered["count"] == 1 and Decimal(entered["entered"][0]["amount"]) == Decimal("40.00")

    def test_the_same_request_is_declared_once(self, front: Front) -> None:
        http = front.sign_in("cora")
        headers = {"idempotency-key": "file"}
        told = [http.post("/taxes/filings", json=self.BODY, headers=headers).json() for _ in range(2)]
        assert told[0] == told[1] and len(http.get("/taxes/filings").json()) == 1

    def test_whoever_may_not(self, front: Front) -> None:
        there = strangers(front.office, front)
        assert said(self.file(there["vera"]), 403) == "vera has no role for close:sign"
        assert said(self.file(there["alice"]), 403) == "alice has no role for close:sign"
        assert said(self.file(there["dora"]), 404) == "no entity 'US'"
        assert "second factor" in said(self.file(front.sign_in("carl", second_factor=False)), 403)
        for path in ("/taxes", "/taxes/filings"):
            assert said(there["alice"].get(path), 403) == "alice has no role for documents:read"
            assert (
                there["dora"].get(path).json()
                == []
                == there["dora"].get(path, params={"entity": "US"}).json()
            )
            assert there["vera"].get(path).status_code == 200
        assert front.office.database.rows("select 1 from tieout.tax_filing") == []

    def test_months_taxes_and_texts_that_are_none(self, front: Front) -> None:
        http = front.sign_in("cora")
        assert said(self.file(http, entity="XX"), 404) == "no entity 'XX'"
        assert "is not over: a period is filed once it is" in said(self.file(http, months="2026-11"), 409)
        assert "is not over" in said(self.file(http, months="2026-Q4"), 409)
        for months in (
            "2026-13",
            "2026-Q5",
            "2026-1",
            "october",
            "0000",
            "0000-01",
            "9999",
            "9999-12",
            "٢٠٢٦",
            "2026-Q",
            "-2026-10",
        ):
            assert self.file(http, months=months).status_code in (409, 422), months
            assert said(self.file(http, months=months), self.file(http, months=months).status_code), months
        assert said(self.file(http, taxes=["VAT 99%"]), 409).startswith("the ledger has no tax 'VAT 99%': ")
        assert said(self.file(http, corrects=77), 409) == "no filing number 77 of US stands"
        assert "reference: from 1 to" in said(self.file(http, reference="   "), 409)
        for more in ({"report": ""}, {"reason": "x" * 301}, {"taxes": "NY 15%"}, {"taxes": ["x"] * 201}, {"corrects": 0},
                     {"corrects": 2**62}, {"months": 2026}, {"entity": None}, {"reference": "nul\x00nul"}):  # fmt: skip
            assert said(self.file(http, **more), 422), more
        for text in HOSTILE:
            assert self.file(http, entity=text).status_code in (404, 422)
            assert self.file(http, taxes=[text]).status_code in (409, 422)
            assert http.get("/taxes", params={"entity": text[:300]}).json() == []
        for period in ("2026-13", "october", "2026-Q4", "x" * 400):
            assert "period" in said(http.get("/taxes", params={"period": period}), 422)
        assert front.office.database.rows("select 1 from tieout.tax_filing") == []
