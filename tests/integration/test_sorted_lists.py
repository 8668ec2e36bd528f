"""Documents and cases are sorted by what a column says, within what somebody may see, and by the list's own index."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.test_process import row
from tests.integration.test_views_and_exports import Desk
from tieout.api.v1 import cases, documents, sorting
from tieout.store import Connection, Database, Queries

pytestmark = pytest.mark.long


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    made = Desk(database)
    yield made
    made.front.stop()


def told(desk: Desk, who: str, path: str, **asked: Any) -> Any:
    found = desk.api[who].get(path, params=asked)
    assert found.status_code == 200, found.text
    return found.json()


def test_documents_are_sorted_by_a_column_page_by_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.books.take(*(row(f"t{n}", amount=-amount) for n, amount in enumerate((300, 100, 500, 200))))
    desk.books.work()
    desk.front.c.execute("update tieout.document set entity = 'EU' where source_key = 't1'")

    def keys(who: str, sort: str) -> list[str]:
        found: list[str] = []
        after: str | None = ""
        while after is not None:
            page = told(desk, who, "/documents", sort=sort, limit=2, after=after)
            found, after = found + [d["source_key"] for d in page["items"]], page["next"]
        return found

    assert keys("cy", "credit") == ["t1", "t3", "t0", "t2"]
    assert keys("cy", "-credit") == ["t2", "t0", "t3", "t1"]
    assert keys("cy", "entity")[0] == "t1" and keys("eve", "-credit") == ["t1"]
    assert [d["Source key"] for d in desk.file("cy", "documents", sort="credit")] == ["t1", "t3", "t0", "t2"]
    for module in (documents, sorting):
        monkeypatch.setattr(module, "MOST_SORTED", 2)
    page = told(desk, "cy", "/documents", sort="credit")
    assert ([d["source_key"] for d in page["items"]], page["among"]) == (["t3", "t2"], 2)
    shown = desk.pages["cy"].get("/documents?sort=credit&state=planned").text
    assert "Sorted among the 2 newest that fit" in shown and 'aria-sort="ascending"' in shown
    assert 'href="/documents?sort=-credit&amp;state=planned"' in shown
    assert '<input type="hidden" name="sort" value="credit">' in shown
    assert desk.api["cy"].get("/documents", params={"sort": "content"}).status_code == 422


def test_cases_are_sorted_by_a_column(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    made = {n: desk.front.case(amount, entity=entity, key=n) for n, amount, entity in (
        ("b", "5.00", "US"), ("a", "7.00", "EU"), ("c", "6.00", "US"))}  # fmt: skip
    desk.front.c.execute("update tieout.cases set due_at = now() + interval '1 day' * (100 - case_id)")

    def keys(who: str, **asked: Any) -> list[str]:
        return [c["source_key"] for c in told(desk, who, "/cases", **asked)["items"]]

    assert keys("cy") == keys("cy", sort="-amount") == ["a", "c", "b"]
    assert keys("cy", sort="source_key") == ["a", "b", "c"]
    assert keys("cy", sort="due") == sorted(made, key=lambda n: -made[n])
    assert keys("eve", sort="due") == ["a"]
    for module in (cases, sorting):
        monkeypatch.setattr(module, "MOST_SORTED", 2)
    assert keys("cy", sort="source_key") == ["a", "c"]
    assert "Sorted among the 2 cases with most at risk" in desk.pages["cy"].get("/cases?sort=due").text


def test_payouts_are_of_an_interface_and_a_month_and_sorted(desk: Desk) -> None:
    desk.fill()
    assert {p["interface"] for p in told(desk, "cy", "/payouts")["items"]} == {"stripe"}
    months = {p["accounting_on"][:7] for p in told(desk, "cy", "/payouts")["items"]}
    (month,) = months
    assert told(desk, "cy", "/payouts", period=month) == told(desk, "cy", "/payouts")
    assert told(desk, "cy", "/payouts", period="2019-02")["items"] == []

    def amounts(who: str, sort: str) -> list[Decimal]:
        found: list[Decimal] = []
        after: str | None = ""
        while after is not None:
            page = told(desk, who, "/payouts", sort=sort, limit=1, after=after)
            found, after = found + [Decimal(p["amount"]) for p in page["items"]], page["next"]
        return found

    assert amounts("cy", "amount") == sorted(amounts("cy", "key")) == amounts("cy", "-amount")[::-1]
    assert len(amounts("cy", "amount")) > len(amounts("eve", "amount")) == 1
    assert 'aria-sort="descending"' in desk.pages["cy"].get(f"/payouts?sort=-amount&period={month}").text
    assert told(desk, "cy", "/payouts", interface="another")["items"] == []
    assert "No payout is so." in desk.pages["cy"].get("/payouts?interface=another").text


def deliveries(desk: Desk, who: str, **asked: Any) -> list[dict[str, Any]]:
    """Every page of the list, two rows each."""
    found: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        page = told(desk, who, "/deliveries", limit=2, after=after, **asked)
        found, after = found + page["items"], page["next"]
    return found


def test_deliveries_are_listed_by_state_within_what_somebody_may_see(desk: Desk) -> None:
    desk.books.take(*(row(f"t{n}", amount=-amount) for n, amount in enumerate((300, 100, 500, 200))))
    desk.books.work()
    c = desk.front.c
    c.execute("update tieout.document set entity = 'EU' where source_key = 't1'")
    every = deliveries(desk, "cy")
    assert [d["source_key"] for d in every] == ["t3", "t2", "t1", "t0"] and {d["state"] for d in every} == {
        "waiting"
    }
    for key, state in (("t0", "refused"), ("t1", "refused"), ("t2", "unknown")):
        c.execute(
            "update tieout.delivery v set state = %s from tieout.document d where d.document_id = v.document_id"
            " and d.source_key = %s", (state, key),
        )  # fmt: skip
    keys = {
        state: [d["source_key"] for d in deliveries(desk, "cy", state=state)]
        for state in ("waiting", "attempting", "unknown", "refused", "confirmed")
    }
    assert keys == {
        "waiting": ["t3"],
        "attempting": [],
        "unknown": ["t2"],
        "refused": ["t1", "t0"],
        "confirmed": [],
    }
    assert [d["source_key"] for d in deliveries(desk, "eve")] == ["t1"]
    assert deliveries(desk, "eve", state="unknown") == deliveries(desk, "cy", interface="another") == []
    assert [d["source_key"] for d in deliveries(desk, "cy", entity="EU", state="refused")] == ["t1"]
    assert deliveries(desk, "cy", period="2019-02") == []
    assert "No request is so." in desk.pages["cy"].get("/approvals?interface=another").text
    assert [d["source_key"] for d in deliveries(desk, "cy", sort="-credit")] == ["t2", "t0", "t3", "t1"]
    assert [d["source_key"] for d in deliveries(desk, "cy", sort="credit", state="refused")] == ["t1", "t0"]
    assert desk.api["cy"].get("/deliveries", params={"state": "done"}).status_code == 422
    shown = desk.pages["cy"].get("/deliveries?state=refused").text
    assert shown.count("<tr data-row>") == 2 and 'class="badge bad">refused' in shown
    assert [d["Source key"] for d in desk.file("cy", "deliveries", state="refused", sort="credit")] == [
        "t1",
        "t0",
    ]


def test_what_was_refused_is_read_by_an_index_of_its_own(desk: Desk) -> None:
    desk.books.take(row("t1"))
    desk.books.work()
    c: Connection = desk.front.c
    kept = [r["column_name"] for r in c.execute(
        "select column_name from information_schema.columns where table_schema = 'tieout' and table_name = 'delivery'"
        " and column_name not in ('delivery_id', 'external_id', 'state', 'confirmed_at')")]  # fmt: skip
    names = ", ".join(kept)
    c.execute(
        f"insert into tieout.delivery (external_id, state, confirmed_at, {names})"
        f" select 'n' || n, case when n % 1000 = 0 then 'refused' else 'confirmed' end, now(), {names}"
        " from tieout.delivery, generate_series(1, 40000) n"
    )
    c.execute("analyze tieout.delivery")
    given = dict.fromkeys(("entities", "interface", "period", "document_id", "delivery_id"))
    found = c.execute(
        b"explain " + Queries("tieout.api.v1")["deliveries_left"], {**given, "state": "refused", "limit": 50}
    )
    plan = "\n".join(r["QUERY PLAN"] for r in found)
    assert "delivery_refused" in plan and "Seq Scan on delivery" not in plan, plan


def test_invoices_are_of_a_customer_and_sorted(desk: Desk) -> None:
    for move, (number, name, due, residual) in enumerate(
        (("INV1", "Müller AG", "2026-10-03", "5.00"), ("INV3", "Acme", "2026-10-01", "90.00"), ("INV2", "Müllers", None, "10.00")), 1
    ):  # fmt: skip
        desk.front.c.execute(
            "insert into tieout.receivable_invoice (entity, move, number, customer, name, booked_on, due_on, currency, residual,"
            " company, status, read_at) values ('US', %s, %s, 'c', %s, '2026-10-02', %s, 'USD', %s, 0, 'open', now())",
            (move, number, name, due, residual),
        )

    def numbers(**asked: Any) -> list[str]:
        found: list[str] = []
        after: str | None = ""
        while after is not None:
            page = told(desk, "cy", "/receivables/invoices", entity="US", limit=1, after=after, **asked)
            found, after = found + [x["number"] for x in page["items"]], page["next"]
        return found

    assert numbers() == numbers(sort="due") == ["INV3", "INV2", "INV1"]
    assert numbers(sort="-residual") == ["INV3", "INV2", "INV1"] and numbers(sort="number") == [
        "INV1",
        "INV2",
        "INV3",
    ]
    assert numbers(party="müLLer") == ["INV2", "INV1"] and numbers(party="%") == []
    assert numbers(party="müller", sort="residual") == ["INV1", "INV2"]
    assert [r["Invoice"] for r in desk.file("cy", "receivables", entity="US", party="acme")] == ["INV3"]


@pytest.mark.parametrize(
    ("query", "index", "more"),
    [
        ("documents", "document_pkey", {}),
        ("documents", "document_entity", {"entities": ["EU"]}),
        ("documents", "document_interface", {"interface": "rare"}),
        ("documents_of_month", "document_month", {"period": "2026-10"}),
    ],
)
def test_what_is_sorted_is_read_by_an_index(desk: Desk, query: str, index: str, more: dict[str, Any]) -> None:
    """As many as are sorted among are read in the list's own order, never the whole table."""
    desk.books.take(row("t1"))
    desk.books.work()
    c: Connection = desk.front.c
    kept = [r["column_name"] for r in c.execute(
        "select column_name from information_schema.columns where table_schema = 'tieout' and table_name = 'document'"
        " and column_name not in ('document_id', 'source_key', 'entity', 'interface')")]  # fmt: skip
    names = ", ".join(kept)
    c.execute(
        f"insert into tieout.document (source_key, entity, interface, {names})"
        f" select 'n' || n, case when n % 50 = 1 then 'EU' else 'US' end, case when n % 50 = 0 then 'rare' else 'many' end, {names}"
        " from tieout.document, generate_series(1, 60000) n"
    )
    c.execute("analyze tieout.document")
    given = dict.fromkeys(("entities", "interface", "period", "state", "kind", "source_key", "document_id"))
    asked = {**given, "limit": sorting.MOST_SORTED + 1, **more}
    found = c.execute(b"explain " + Queries("tieout.api.v1")[query], asked)
    plan = "\n".join(r["QUERY PLAN"] for r in found)
    assert index in plan and "Seq Scan" not in plan, plan


def test_a_solved_case_says_what_was_at_risk(desk: Desk) -> None:
    number = desk.front.case("7.00", entity="US", key="a")
    page = desk.pages["cy"].get(f"/cases/{number}").text
    assert "at risk" in page and "was at risk" not in page
    desk.front.c.execute(
        "update tieout.cases set state = 'solved', solved_at = now(), resolution = 'x' where case_id = %s",
        (number,),
    )
    assert "was at risk" in desk.pages["cy"].get(f"/cases/{number}").text
