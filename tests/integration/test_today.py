"""Today leads with the answer: how far each entity's money is proven, and what came and went since yesterday."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import httpx2
import pytest

from tests.integration.office import Office
from tests.integration.test_sorted_lists import told
from tests.integration.test_views_and_exports import Desk
from tests.integration.test_work_api import Front, operator
from tieout.console.routes import pages
from tieout.store import Database

pytestmark = pytest.mark.long


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    made = Desk(database)
    yield made
    made.front.stop()


def test_today_says_how_far_the_money_is_proven_within_what_somebody_may_see(desk: Desk) -> None:
    desk.fill()
    (mine,) = told(desk, "cy", "/today")["progress"]
    assert (mine["entity"], mine["currency"]) == ("US", "USD") and told(desk, "eve", "/today")[
        "progress"
    ] == []
    assert told(desk, "cy", "/today", entity="US")["progress"] == [mine]
    assert told(desk, "cy", "/today", entity="EU")["progress"] == []
    rows = told(desk, "cy", "/tie-out", entity="US")["rows"]
    read = sum(
        Decimal(r[b][side]) for r in rows for b in ("posted", "waiting", "in_exception", "excluded") for side in ("debit", "credit")
    )  # fmt: skip
    assert read > 0 and Decimal(mine["told"]) == read == sum(
        Decimal(mine[k]) for k in ("proven", "waiting", "in_exception", "unproven")
    )
    shown = desk.pages["cy"].get("/").text
    assert "Proven so far" in shown and "/tie-out?entity=US" in shown
    # Who may see cases and no figures is shown no figures.
    assert "/tie-out?entity=US" not in desk.pages["eve"].get("/").text


def test_today_says_what_came_and_went_since_yesterday(desk: Desk) -> None:
    for amount, entity in (("12.50", "US"), ("7.50", "US"), ("100.00", "EU")):
        desk.front.case(amount, entity=entity, key=f"{entity}{amount}")
    c = desk.front.c
    now = told(desk, "cy", "/today")["at"]
    c.execute("update tieout.cases set opened_at = %s::timestamptz - interval '1 hour'", (now,))
    c.execute(
        "update tieout.cases set opened_at = %s::timestamptz - interval '25 hours' where amount = 7.50",
        (now,),
    )
    c.execute(
        "update tieout.cases set state = 'solved', solved_at = %s::timestamptz - interval '2 hours' where amount = 7.50",
        (now,),
    )

    def changed(who: str) -> set[tuple[str, int, str]]:
        return {(x["kind"], x["count"], x["amount"]) for x in told(desk, who, "/today")["changed"]}

    assert changed("cy") == {("opened", 2, "112.50"), ("solved", 1, "7.50")}
    assert changed("eve") == {("opened", 1, "100.00")}
    assert "Since yesterday: 2 cases opened" in desk.pages["cy"].get("/").text


def test_today_says_what_waits_for_an_approval_whenever_it_is_due(office: Office) -> None:
    """No case is open and nobody's time is near: there is something to do all the same."""
    office.let_in()
    office.policies = tuple(replace(p, service_level_hours=240) for p in office.policies)
    for key, amount in (("J-1", "1500.00"), ("J-2", "2500.50")):
        office.journal(key, amount, by="carl")
    office.plan()
    front = Front(office, None, pages("Test", "test", False, lambda: True))
    try:
        cora = front.sign_in("cora")
        operator(office, "dora", "DE")
        dora = front.sign_in("dora")

        def shown(http: httpx2.Client) -> tuple[list[tuple[str, int, str]], str]:
            found = http.get("/today").json()
            assert found["failed"] == found["near"] == []
            page = httpx2.get(f"{front.base}/", headers=http.headers, timeout=120)
            return [(x["entity"], x["count"], x["amount"]) for x in found["approvals"]], page.text

        waits, page = shown(cora)
        assert waits == [("US", 2, "4000.50")]
        assert "Decide what waits for an approval" in page and "Nothing to do" not in page
        assert "/approvals?entity=US" in page and "4,000.50" in page
        # Of another entity's nobody is told.
        waits, page = shown(dora)
        assert waits == [] and "Nothing to do" in page and "/approvals?entity" not in page
        body = {"requests": office.open_requests(), "verdict": "approve"}
        assert cora.post("/approvals/decide", json=body).status_code == 200
        waits, page = shown(cora)
        assert waits == [] and "Nothing to do" in page
    finally:
        front.stop()
