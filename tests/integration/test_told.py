"""Comments that name people, watching, and what somebody is told: by the roles that they have when they look."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from tests.integration.office import Office
from tests.integration.test_work_api import Front, operator
from tieout.console import pages
from tieout.security import RevokeRole

pytestmark = pytest.mark.long


@pytest.fixture
def site(office: Office) -> Iterator[Front]:
    office.let_in()
    operator(office, "otto", "US")
    operator(office, "dora", "DE")
    made = Front(office, pages=pages("Test", "test", False, lambda: True))
    yield made
    made.stop()


def told(http: httpx2.Client) -> list[tuple[int, str, str]]:
    return [(n["case_id"], n["kind"], n["by"]) for n in http.get("/me/told").json()]


def note(http: httpx2.Client, case: int, text: str) -> httpx2.Response:
    return http.post(f"/cases/{case}/notes", json={"text": text})


def test_who_is_named_or_watches_is_told_once_and_never_of_what_they_did_themselves(site: Front) -> None:
    case = site.case("10.00")
    cora, otto = site.sign_in("cora"), site.sign_in("otto", second_factor=False)
    carl = site.sign_in("carl")
    assert carl.put(f"/cases/{case}/watch", json={"watching": True}).json() == {
        "watching": True, "watchers": ["carl"], "reminded": [],
    }  # fmt: skip
    assert note(cora, case, "the bank says no; @otto call them, @otto @cora").status_code == 201
    assert told(otto) == [(case, "mentioned", "cora")] and told(carl) == [(case, "noted", "cora")]
    assert told(cora) == []
    assert otto.get(f"/cases/{case}/watch").json()["watchers"] == ["carl", "cora", "otto"]
    assert otto.put(f"/cases/{case}/watch", json={"watching": False}).json()["watching"] is False
    assert note(carl, case, "done").status_code == 201
    assert told(cora) == [(case, "noted", "carl")] and len(told(otto)) == 1
    assert cora.post(f"/cases/{case}/solve", json={"reason": "agreed"}).status_code == 200
    assert told(carl)[0] == (case, "solved", "cora") and len(told(cora)) == 1
    assert site.office.evidence("case.watched") == 2
    for table in ("case_watch", "notice"):
        with pytest.raises(Exception, match="append-only"):
            site.c.execute(f"delete from tieout.{table}")


def test_who_is_given_a_case_is_told_and_so_is_who_watched_it(site: Front) -> None:
    case = site.case("10.00")
    cora, otto = site.sign_in("cora"), site.sign_in("otto", second_factor=False)
    for owner in ("otto", "otto", "cora"):
        assert cora.post("/cases/assign", json={"cases": [case], "owner": owner}).json()["done"] == 1
    assert told(otto) == [(case, "given", "cora"), (case, "assigned", "cora")] and told(cora) == []


def test_nobody_is_named_told_or_watching_whose_role_shows_no_such_case(site: Front) -> None:
    ours, theirs = site.case("10.00"), site.case("20.00", "DE")
    cora, dora = site.sign_in("cora"), site.sign_in("dora", second_factor=False)
    for name in ("dora", "alice", "stranger"):
        refused = note(cora, ours, f"@{name} look")
        assert refused.status_code == 422 and f"@{name} is nobody who may see cases of US" in refused.text
    assert cora.get(f"/cases/{ours}").json()["notes"] == []
    assert dora.put(f"/cases/{ours}/watch", json={"watching": True}).status_code == 404
    assert dora.get(f"/cases/{ours}/watch").status_code == 404
    assert note(cora, theirs, "@dora look").status_code == 201
    assert told(dora) == [(theirs, "mentioned", "cora")] and dora.get("/session").json()["told"] == 1
    # A role that ends takes what was told with it.
    site.office.change(RevokeRole(name="dora", role="operator", entity="DE"), "alice")
    assert told(dora) == [] and dora.get("/session").json()["told"] == 0
    assert cora.get(f"/cases/{theirs}/watch").json()["watchers"] == ["cora"]


def test_what_is_new_is_what_came_since_somebody_looked(site: Front) -> None:
    case = site.case("10.00")
    cora, otto = site.sign_in("cora"), site.sign_in("otto", second_factor=False)
    for n in range(3):
        note(cora, case, f"@otto {n}")
    found = otto.get("/me/told").json()
    assert [n["new"] for n in found] == [True] * 3
    assert otto.put("/me/told", json={"upto": found[1]["notice_id"]}).json() == {"new": 1}
    # It never goes back, and never beyond what there is.
    assert otto.put("/me/told", json={"upto": 0}).json() == {"new": 1}
    assert otto.put("/me/told", json={"upto": 2**61}).json() == {"new": 0}
    note(cora, case, "@otto again")
    assert otto.get("/session").json()["told"] == 1


def test_pages_show_it_and_a_comment_names_without_a_script(site: Front) -> None:
    case = site.case("10.00")
    cora, otto = site.sign_in("cora"), site.sign_in("otto", second_factor=False)

    def act(http: httpx2.Client, path: str, **form: str) -> httpx2.Response:
        return http.post(f"{site.base}{path}", data={"csrf": http.headers["x-tieout-csrf"], **form})

    assert act(cora, f"/cases/{case}", act="note", text="@otto <b>look</b>").status_code == 303
    refused = act(cora, f"/cases/{case}", act="note", text="@dora typed this")
    assert refused.status_code == 422 and "@dora typed this</textarea>" in refused.text
    shown = otto.get(f"{site.base}/me").text
    assert "cora named you in a comment" in shown and "1 new" in shown
    notice = otto.get("/me/told").json()[0]["notice_id"]
    assert act(otto, "/me", act="seen", upto=str(notice)).status_code == 303
    assert "1 new" not in otto.get(f"{site.base}/me").text
    assert "carl cora frank olga" in otto.get(f"{site.base}/cases/{case}").text
    assert act(otto, f"/cases/{case}", act="unwatch").status_code == 303
    assert otto.get(f"/cases/{case}/watch").json()["watchers"] == ["cora"]
