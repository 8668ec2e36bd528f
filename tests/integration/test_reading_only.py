"""Books that nothing is posted to: what their sources say is read, counted and waits; nothing goes out, not even what was planned before; and
once they are posted to, all of it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.integration.selling import Seller, at
from tests.stages import forget_failures, step
from tieout.delivery import DeliveryStage, Objection, books_guard, each_of
from tieout.planning import NOTHING_IS_POSTED
from tieout.rules import Release


class Reader(Seller):
    """A seller whose books may be such that nothing is posted to them."""

    posts = False

    def release(self) -> Release:
        made = super().release()
        entities = {code: replace(entity, posts=self.posts) for code, entity in made.entities.items()}
        return replace(made, entities=entities)

    def work(self) -> None:
        self.plan()
        self.deliver()

    def deliver(self) -> None:
        connection = self.database.connect(autocommit=True)
        guard = each_of(books_guard(self.release))
        delivery = DeliveryStage(lambda _: self.session, self.clock, lambda: ["odoo"], guard)
        for _ in range(8):
            forget_failures(connection)
            step(delivery, connection)
        connection.close()

    def states(self) -> dict[str, int]:
        rows = self.database.rows("select state, count(*) as n from tieout.document group by state")
        return {r["state"]: r["n"] for r in rows}

    def count(self, table: str) -> int:
        return int(self.database.rows(f"select count(*) as n from tieout.{table}")[0]["n"])


@pytest.fixture
def reader(seller: Seller) -> Reader:
    return Reader(
        seller.world, seller.admin, seller.company, seller.database, seller.session, roles=seller.roles
    )


def test_what_is_read_waits_and_nothing_goes_out(reader: Reader) -> None:
    before = len(reader.admin.rows("account.move", [], ["name"], reader.company.id))
    partners = len(reader.admin.rows("res.partner", [], ["name"], reader.company.id))
    reader.tell(reader.sell("1001", at(5)), reader.sell("1002", at(6)))
    assert reader.states() == {"normalised": 2}
    rows = reader.database.rows(
        "select reason, retry_at > now() - interval '9 years' as later from tieout.document"
    )
    assert {r["reason"] for r in rows} == {NOTHING_IS_POSTED}
    assert reader.count("delivery") == 0 and reader.count("cases") == 0
    assert len(reader.admin.rows("account.move", [], ["name"], reader.company.id)) == before
    assert len(reader.admin.rows("res.partner", [], ["name"], reader.company.id)) == partners


def test_what_cannot_be_booked_is_no_case_while_nothing_is(reader: Reader) -> None:
    reader.roles.pop("receivable")
    reader.tell(reader.sell("1001", at(5)))
    assert reader.states() == {"normalised": 1} and reader.count("cases") == 0


def test_what_was_planned_before_is_not_sent_any_more(reader: Reader) -> None:
    reader.posts = True
    order = reader.sell("1001", at(5))
    deliver, reader.deliver = reader.deliver, lambda: None  # type: ignore[method-assign]
    reader.tell(order)
    assert reader.states() == {"planned": 1} and reader.count("delivery") > 0
    # Now the books are posted to no more.
    reader.posts = False
    deliver()
    assert {r["state"] for r in reader.database.rows("select state from tieout.delivery")} == {"waiting"}
    assert reader.moves("1001") == [] and reader.count("attempt") == 0
    reader.posts = True
    deliver()
    assert reader.states() == {"posted": 1}


def test_each_guard_is_asked_of_what_is_left() -> None:
    asked: list[list[str]] = []

    def first(_: Any, rows: Any) -> dict[str, Objection]:
        asked.append([r["external_id"] for r in rows])
        return {"a": Objection(why="one")}

    def second(_: Any, rows: Any) -> dict[str, Objection]:
        asked.append([r["external_id"] for r in rows])
        return {"b": Objection(why="two")}

    found = each_of(first, second)(None, [{"external_id": "a"}, {"external_id": "b"}])  # type: ignore[arg-type]
    assert {k: v.why for k, v in found.items()} == {"a": "one", "b": "two"} and asked == [["a", "b"], ["b"]]
