"""Whose cases are: people who may work them, over the API, by page and by command; nobody else, and nobody who is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest

from tests.integration.office import Office
from tests.integration.test_work_api import Front, operator
from tieout.console import pages
from tieout.security import EndPerson

pytestmark = pytest.mark.long


@pytest.fixture
def site(office: Office) -> Iterator[Front]:
    office.let_in()
    operator(office, "otto", "US")
    operator(office, "dora", "DE")
    made = Front(office, pages=pages("Test", "test", False, lambda: True))
    yield made
    made.stop()


def numbers(reply: httpx2.Response) -> list[int]:
    assert reply.status_code == 200, reply.text
    return [c["case_id"] for c in reply.json()["items"]]


def assign(http: httpx2.Client, owner: str, *cases: int) -> httpx2.Response:
    return http.post("/cases/assign", json={"cases": list(cases), "owner": owner})


def test_a_case_is_given_to_a_person_who_may_work_it_alone_and_a_refusal_says_who_can(site: Front) -> None:
    ours, theirs = site.case("10.00"), site.case("20.00", "DE")
    cora = site.sign_in("cora")
    for name in ("dora", "frank", "alice", "mia", "zoe", "treasury"):
        refused = assign(cora, name, ours)
        assert refused.status_code == 422 and refused.json()["detail"].endswith("of US: carl, cora, otto")
    # Of two entities it is somebody who may work both, or nothing is given.
    assert assign(cora, "otto", ours, theirs).status_code == 422
    assert {c["owner"] for c in cora.get("/cases").json()["items"]} == {"o"}
    assert assign(cora, "OTTO", ours).json()["done"] == 1
    assert assign(cora, "carl", theirs).json()["done"] == 1
    assert site.office.evidence("case.assigned") == 2


def test_of_many_those_that_cannot_be_theirs_are_left(site: Front) -> None:
    ours, theirs = site.case("10.00"), site.case("20.00", "DE")
    cora = site.sign_in("cora")
    seen = [{"case_id": n, "revision": 1} for n in (ours, theirs)]
    told = cora.post("/cases/decide", json={"action": "assign", "cases": seen, "owner": "otto"}).json()
    said = {o["case_id"]: (o["outcome"], o["why"]) for o in told["outcomes"]}
    assert said[ours] == ("done", "")
    assert said[theirs][0] == "left" and said[theirs][1].endswith("of DE: carl, cora, dora")


def test_lists_by_whose_they_are_and_of_somebody_who_left_they_are_nobodys(site: Front) -> None:
    mine, of_otto, of_a_team = site.case("10.00"), site.case("20.00"), site.case("30.00")
    cora = site.sign_in("cora")
    assign(cora, "cora", mine)
    assign(cora, "otto", of_otto)
    assert numbers(cora.get("/cases", params={"whose": "mine"})) == [mine]
    assert numbers(cora.get("/cases", params={"whose": "nobody"})) == [of_a_team]
    assert {c["case_id"]: c["owner_is"] for c in cora.get("/cases").json()["items"]} == {
        mine: "person", of_otto: "person", of_a_team: "team",
    }  # fmt: skip
    assert [f["count"] for f in cora.get("/today", params={"whose": "mine"}).json()["failed"]] == [1]
    assert [f["count"] for f in cora.get("/today").json()["failed"]] == [3]
    site.office.change(EndPerson(name="otto"), "alice")
    assert numbers(cora.get("/cases", params={"whose": "nobody"})) == [of_a_team, of_otto]
    left = cora.get(f"/cases/{of_otto}").json()
    assert (left["owner"], left["owner_is"]) == ("otto", "nobody")
    assert assign(cora, "otto", mine).status_code == 422


def test_whoever_asks_is_told_of_people_for_the_entities_that_they_see_alone(site: Front) -> None:
    otto = site.sign_in("otto", second_factor=False)
    found = {p["name"]: (p["entities"], p["works"]) for p in otto.get("/cases/people").json()}
    assert found == {
        "carl": (["US"], ["US"]), "cora": (["US"], ["US"]), "frank": (["US"], []), "olga": (["US"], []),
        "otto": (["US"], ["US"]),
    }  # fmt: skip
    assert otto.get("/cases/people", params={"entity": "DE"}).json() == []
    cora = site.sign_in("cora")
    by_name = {p["name"]: p["works"] for p in cora.get("/cases/people", params={"entity": "DE"}).json()}
    assert by_name == {"carl": ["DE"], "cora": ["DE"], "dora": ["DE"], "frank": [], "olga": []}


def test_pages_offer_these_people_and_say_who_has_a_case(site: Front) -> None:
    number = site.case("10.00")
    cora = site.sign_in("cora")

    def page(path: str) -> str:
        reply = cora.get(f"{site.base}{path}")
        assert reply.status_code == 200, reply.text
        return reply.text

    shown = page(f"/cases/{number}")
    assert re.findall(r'<option value="([a-z]+)"', shown) == ["cora", "carl", "otto"]
    assert 'o <span class="quiet">(a team: nobody’s yet)</span>' in shown
    assign(cora, "cora", number)
    assert f'href="/cases/{number}"' in page("/cases?whose=mine") and "Your cases alone" in page(
        "/?whose=mine"
    )
    csrf = cora.headers["x-tieout-csrf"]
    form = {"csrf": csrf, "act": "assign", "owner": "otto"}
    assert cora.post(f"{site.base}/cases/{number}", data=form).status_code == 303
    site.office.change(EndPerson(name="otto"), "alice")
    assert "without owner" in page(f"/cases/{number}") and "(was otto’s)" in page("/cases?whose=nobody")
