"""Today leads with the answer: how far each entity's money is proven, and what came and went since yesterday."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.integration.test_sorted_lists import told
from tests.integration.test_views_and_exports import Desk
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
