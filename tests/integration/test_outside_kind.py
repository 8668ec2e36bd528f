"""A kind of document that the product does not know: with its recipe, facts, approval and measure in a folder of its
own (tests/outside_kind) and one line that declares it, it goes all the way into the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.integration.office import Office
from tests.stages import drain
from tieout.connector_api import Item
from tieout.documents import (
    CustomerInvoice,
    Document,
    canonical_bytes,
    declare_kind,
    decode_document,
)
from tieout.inbox import accept
from tieout.operations.discover import discover
from tieout.planning import ProcessStage, accept_case
from tieout.processes.recipe import Recipe
from tieout.processes.registry import declare
from tieout.rules import Interface, Release

FOLDER = Path(__file__).resolve().parents[1] / "outside_kind"


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The outsider's module, found as an installed package is."""
    monkeypatch.syspath_prepend(str(FOLDER))
    discover()
    import deposit_slip  # type: ignore[import-not-found]

    return deposit_slip


@dataclass
class Shop(Office):
    """Books of a shop with tills."""

    outside: Any = None
    accounts: dict[str, str] = field(default_factory=dict)
    roles: dict[str, str] = field(
        default_factory=lambda: {"cash_in_transit": "101701", "till.front": "101403"}
    )
    policies: tuple[Any, ...] = ()
    taken: int = 0

    @property
    def interface(self) -> Interface:
        return Interface("tills", "till", "US", ("slips",), "shop", "order to cash")

    def release(self) -> Release:
        return replace(super().release(), interfaces={"tills": self.interface})

    def give(self, key: str, number: str, amount: str, **more: Any) -> None:
        body = {
            "kind": "deposit_slip", "key": key, "occurred_at": "2026-10-19T18:00:00Z", "currency": "USD",
            "number": number, "till": "front", "booked_on": "2026-10-19",
            "amount": {"value": amount, "currency": "USD"}, **more,
        }  # fmt: skip
        self.taken += 1
        with self.database.transaction() as connection:
            item = Item("slips", key, f"{key}:{self.taken}", json.dumps(body).encode())
            accept(connection, "tills", [item], "poll", self.clock.now())

    def plan(self) -> None:
        connection = self.database.connect(autocommit=True)
        drain(ProcessStage(self.release, lambda _: self.outside.CONNECTOR, self, {}, self.clock), connection)
        connection.close()

    def slips(self) -> dict[str, str]:
        rows = self.database.rows(
            "select source_key, state from tieout.document where kind = 'deposit_slip' order by revision"
        )
        return {r["source_key"]: r["state"] for r in rows}


@pytest.fixture
def shop(office: Office, outside: Any) -> Iterator[Shop]:
    made = Shop(office.world, office.admin, office.company, office.database, office.session, outside=outside)
    made.let_in()
    yield made


def carried(amount: str, *slips: str) -> list[tuple[str, str, Decimal]]:
    value = Decimal(amount)
    return sorted((f"slip {s}", a, v) for s in slips for a, v in (("101701", value), ("101403", -value)))


def test_a_kind_of_an_outsider_is_approved_booked_and_counted(shop: Shop) -> None:
    shop.give("s1", "S-1", "250.00", counted_by="carl")
    shop.work()
    assert shop.slips() == {"s1": "normalised"} and shop.booked() == []
    (asked,) = shop.database.rows("select summary from tieout.approval_request")
    assert asked["summary"] == "deposit slip S-1 from front"
    assert shop.decide("carl") != ""  # Who counted it does not release it.
    assert shop.decide("cora") == ""
    shop.work()
    assert shop.slips() == {"s1": "posted"} and shop.booked() == carried("250.00", "S-1")
    (row,) = shop.database.rows(
        "select measure_count as n, measure_debit as d, measure_credit as c from tieout.document"
    )
    assert (row["n"], row["d"], row["c"]) == (1, 0, Decimal("250.00"))


def test_its_facts_are_read_and_its_cause_may_be_accepted(shop: Shop) -> None:
    shop.give("s1", "S-1", "250.00")
    shop.plan()
    shop.give("s2", "S-1", "250.00")
    shop.plan()
    assert shop.cases() == [("duplicate_slip", "s2")]
    (case,) = shop.database.rows("select case_id, amount from tieout.cases")
    assert case["amount"] == Decimal("250.00")
    with shop.database.transaction() as connection:
        assert accept_case(connection, case["case_id"], "two papers of one number", shop.clock.now(), "olga")
    shop.plan()
    assert shop.decide("cora") == ""
    shop.work()
    assert shop.booked() == sorted(carried("250.00", "S-1", "S-1"))


def test_what_was_booked_is_told_again_in_other_words_and_not_with_other_money(shop: Shop) -> None:
    shop.give("s1", "S-1", "250.00")
    shop.plan()
    shop.decide("cora")
    shop.work()
    shop.give("s1", "S-1", "250.00", version="2", note="found behind the counter")
    shop.work()
    assert shop.slips() == {"s1": "posted"} and shop.booked() == carried("250.00", "S-1")
    shop.give("s1", "S-1", "260.00", version="3")
    shop.work()
    assert shop.cases() == [("booked_money_changed", "s1")] and shop.booked() == carried("250.00", "S-1")


def test_a_kind_is_read_once_it_is_declared_and_its_name_is_its_own(outside: Any) -> None:
    slip = decode_document(
        b'{"kind":"deposit_slip","key":"s","occurred_at":"2026-10-19T18:00:00Z","currency":"USD","number":"1",'
        b'"till":"front","amount":{"value":"1.00","currency":"USD"},"booked_on":"2026-10-19"}'
    )
    assert isinstance(slip, outside.DepositSlip) and slip.booked_on == date(2026, 10, 19)
    assert decode_document(canonical_bytes(slip)) == slip
    discover()  # Every start declares it; once is enough.

    class Other(Document, frozen=True, kw_only=True, tag="deposit_slip"):
        """Another kind of the same name."""

    class Bill(Document, frozen=True, kw_only=True, tag="customer_invoice"):
        """One that is called as one of our own is."""

    class Unknown(Document, frozen=True, kw_only=True, tag="nobody_knows_it"):
        """One that nobody declared."""

    for kind in (Other, Bill):
        with pytest.raises(ValueError, match="two kinds of documents are called"):
            declare_kind(kind)
    with pytest.raises(ValueError, match="two recipes"):
        declare((Recipe(kind=CustomerInvoice),))
    unknown = Unknown(key="x", occurred_at=slip.occurred_at, currency="USD")
    with pytest.raises(msgspec.ValidationError):
        decode_document(canonical_bytes(unknown))
