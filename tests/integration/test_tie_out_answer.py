"""The tie-out leads with its answer: what is proven and what is not, a currency each, with the cases that hold it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.integration.test_certification import Certifying
from tests.integration.test_certification import made as made
from tests.integration.test_once import OpenBooks
from tests.integration.test_work_api import Front
from tieout.console import pages

pytestmark = pytest.mark.long


@pytest.fixture
def front(made: Certifying) -> Iterator[Front]:
    made.rows()
    served = Front(made.b, OpenBooks(made.b), pages("Test", "test", False, lambda: True))
    yield served
    served.stop()


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_the_answer_is_the_rows_added_up_and_names_its_cases(front: Front) -> None:
    cora = front.sign_in("cora")
    before = cora.get("/tie-out?exact=true").json()
    (usd,) = before["answers"]
    told = sum(
        max(sum(Decimal(r[b][s]) for b in ("posted", "waiting", "in_exception", "excluded") for s in ("debit", "credit")),
            sum(Decimal((r["source"] or {"debit": 0, "credit": 0})[s]) for s in ("debit", "credit")))
        for r in before["rows"]
    )  # fmt: skip
    assert Decimal(usd["told"]) == told and Decimal(usd["not_proven"]) == told - Decimal(usd["proven"])
    # One of what is posted is held by a case, and by another one.
    (held,) = front.c.execute(
        "select document_id, period from tieout.document where interface = 'bills' and state = 'posted' order by document_id limit 1"
    ).fetchall()
    for key in ("one", "two"):
        number = front.case("230.00", key=key)
        front.c.execute(
            "update tieout.cases set document_id = %s, blocking = true where case_id = %s",
            (held["document_id"], number),
        )
    after = cora.get("/tie-out?exact=true").json()
    (usd,) = after["answers"]
    assert usd["cases"] == 2 and not usd["whole"] and Decimal(usd["failed"]) > 0
    assert sum(t["cases"] for t in after["totals"]) == 2
    filtered = cora.get(f"/tie-out?exact=true&period={held['period']}&interface=bills").json()
    assert filtered["answers"][0]["cases"] == 2
    others = cora.get(f"/tie-out?exact=true&period={held['period']}").json()
    assert others["answers"][0]["cases"] == 2
    assert cora.get("/tie-out?exact=true&period=2026-01").json()["answers"] == []
    page = cora.get(f"{front.base}/tie-out?interface=bills")
    assert page.status_code == 200
    assert "Not proven:" in words(page.text) and "USD in 2 cases" in words(page.text)
    assert "/cases?interface=bills" in page.text
