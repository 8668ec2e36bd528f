"""Processing in a real database: one bad document stops no other; nothing happens twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.stages import step
from tieout.connector_api import Item, LedgerFacts
from tieout.inbox import accept
from tieout.operations.discover import discover
from tieout.planning import ProcessStage, exclude_case, replay
from tieout.rules import ApprovalPolicy, Entity, Interface, Mapping, MappingRow, Release, Step
from tieout.store import Database

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "bankfiles"
NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)
ACCOUNTS = {"clearing.stripe.USD": "101501", "bank_in_transit": "101701", "fees.stripe": "621000",
            "unapplied.unknown": "212100", "disputes_receivable.stripe": "101710"}  # fmt: skip


class Ledger:
    def facts(self, entity: Entity) -> LedgerFacts:
        return LedgerFacts(None, {})

    def foreign(self, entity: Entity, references: Sequence[str]) -> dict[str, str]:
        return {}


@dataclass
class Clock:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass
class Site:
    """A database with a stage on it, and the release that it works by."""

    database: Database
    accounts: dict[str, str] = field(default_factory=lambda: dict(ACCOUNTS))
    kind: str = "stripe"
    stream: str = "balance_transactions"
    options: dict[str, str] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)

    def release(self) -> Release:
        def table(name: str, rows: dict[str, str]) -> Mapping:
            return Mapping(name, tuple(MappingRow(k, v) for k, v in rows.items()))

        return Release(
            "0" * 64, {"US": Entity("US", "US", "USD", "UTC", "odoo")},
            {self.kind: Interface(self.kind, self.kind, "US", (self.stream,), "o", "p", options=self.options)},
            {"accounts": table("accounts", self.accounts),
             "journals": table("journals", {"clearing.stripe.USD": "STRU", "sales": "INV", "misc": "MISC"})},
        )  # fmt: skip

    def take(self, *bodies: bytes) -> None:
        with self.database.transaction() as connection:
            items = [Item(self.stream, f"k{n}", f"d{hash(b)}-{n}", b) for n, b in enumerate(bodies)]
            accept(connection, self.kind, items, "poll", self.clock.now())

    def work(self) -> None:
        connector = discover()[self.kind]
        stage = ProcessStage(self.release, lambda _: connector, Ledger(), {}, self.clock)
        connection = self.database.connect(autocommit=True)
        while step(stage, connection):
            pass
        connection.close()

    def states(self) -> dict[str, str]:
        return {
            r["source_key"]: r["state"]
            for r in self.database.rows("select source_key, state from tieout.document")
        }


@pytest.fixture
def site(database: Database) -> Site:
    return Site(database)


def row(key: str, amount: int = -500, category: str = "payout", **more: Any) -> bytes:
    source = {"id": f"po_{key}", "object": "payout", "automatic": False, "metadata": more.pop("metadata", {})}
    return json.dumps(
        {"id": key, "amount": amount, "currency": "usd", "created": int(NOW.timestamp()) - 60, "fee": 0,
         "net": amount, "reporting_category": category, "type": "x", "source": source, **more}
    ).encode()  # fmt: skip


@pytest.mark.parametrize(
    "bad",
    [b"{", b"null", b"\x00", row("bad", amount=1.5), row("bad", currency="us"), row("bad", created="x"),
     row("bad\x00key"), row("bad", amount=10**40)],
)  # fmt: skip
def test_one_bad_message_is_a_case_and_its_neighbours_are_planned(site: Site, bad: bytes) -> None:
    site.take(row("a"), bad, row("b"))
    site.work()
    states = site.states()
    assert states["a"] == states["b"] == "planned"
    cases = site.database.rows("select cause from tieout.cases")
    assert len(cases) == 1
    assert site.database.rows("select count(*) as n from tieout.message where state = 'received'") == [
        {"n": 0}
    ]


def test_money_of_a_currency_that_nobody_knows_is_a_case_and_never_taken_for_cents(site: Site) -> None:
    site.accounts["clearing.stripe.QQQ"] = "101502"
    site.take(row("a"), row("q", -1000, currency="qqq"))
    site.work()
    assert site.states() == {"a": "planned"}
    (case,) = site.database.rows("select cause, amount, detail from tieout.cases")
    assert (case["cause"], case["amount"]) == ("unreadable_message", 0)
    assert "'QQQ' is no currency of ISO 4217" in case["detail"]


def test_the_same_content_again_is_no_new_revision(site: Site) -> None:
    site.take(row("a"))
    site.work()
    site.take(row("a", description=None))
    site.work()
    assert site.database.rows("select count(*) as n from tieout.document") == [{"n": 1}]
    assert site.database.rows("select count(*) as n from tieout.delivery") == [{"n": 1}]


def test_what_waits_is_planned_again_and_gives_up_after_its_patience(site: Site) -> None:
    site.take(row("c", 700, "charge", metadata={"order_id": "404"}))
    site.work()
    assert site.states() == {"c": "normalised"}
    site.clock.at = NOW + timedelta(hours=25)
    site.work()
    assert site.states() == {"c": "planned"}
    (case,) = site.database.rows("select cause, amount, blocking, state from tieout.cases")
    assert case == {
        "cause": "payment_without_order",
        "amount": Decimal("7.00"),
        "blocking": True,
        "state": "open",
    }


def test_a_mapping_that_was_missing_frees_the_document_on_replay(site: Site) -> None:
    del site.accounts["bank_in_transit"]
    site.take(row("a"))
    site.work()
    assert site.states() == {"a": "refused"}
    site.accounts["bank_in_transit"] = "101701"
    with site.database.transaction() as connection:
        assert replay(connection, NOW, "t", cause="unmapped_account") == 1
        assert replay(connection, NOW, "t", cause="other") == 0
    site.work()
    assert site.states() == {"a": "planned"}
    assert site.database.rows("select state from tieout.cases") == [{"state": "solved"}]


def test_an_exclusion_needs_a_reason_and_is_in_evidence(site: Site) -> None:
    site.take(row("u", 900, "anticipation"))
    site.work()
    (case,) = site.database.rows("select case_id, cause from tieout.cases")
    with site.database.transaction() as connection:
        with pytest.raises(ValueError):
            exclude_case(connection, case["case_id"], " ", NOW, "ada")
        assert exclude_case(connection, case["case_id"], "a test booking", NOW, "ada")
    assert site.states() == {"u": "excluded"}
    assert site.database.rows("select actor from tieout.evidence where action = 'document.excluded'") == [
        {"actor": "ada"}
    ]


def test_the_measure_is_the_signed_net_and_the_facts_are_kept(site: Site) -> None:
    site.take(row("a", -500), row("d", -1000, "dispute", fee=1500, net=-2500))
    site.work()
    rows = site.database.rows(
        "select source_key, measure_debit, measure_credit, facts_sha256 from tieout.document order by 1"
    )
    assert [(r["measure_debit"], r["measure_credit"]) for r in rows] == [
        (0, Decimal("5.00")),
        (0, Decimal("25.00")),
    ]
    assert all(r["facts_sha256"] for r in rows)


def test_a_recipe_that_breaks_on_a_document_is_a_case(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    import tieout.planning.process as process

    real: Callable[..., Any] = process.plan_document

    def broken(document: Any, *arguments: Any) -> Any:
        if document.key == "b":
            raise AssertionError("planted")
        return real(document, *arguments)

    monkeypatch.setattr(process, "plan_document", broken)
    site.take(row("a"), row("b"), row("c"))
    site.work()
    assert site.states() == {"a": "planned", "b": "refused", "c": "planned"}
    assert site.database.rows("select cause, amount from tieout.cases") == [
        {"cause": "recipe_failed", "amount": Decimal("5.00")}
    ]


def shop_order(total: str, version: int, **more: Any) -> bytes:
    """An order of one line, invented; `version` counts its minutes since it was placed."""
    money = {"shopMoney": {"amount": total, "currencyCode": "USD"}}
    line = {"name": "Valve", "quantity": 1, "isGiftCard": False, "discountedTotalSet": money, "taxLines": []}
    return json.dumps(
        {"id": "gid://shopify/Order/1", "name": "US-1", "createdAt": "2026-10-05T10:00:00Z", "test": False,
         "updatedAt": f"2026-10-05T10:{version:02d}:00Z", "processedAt": "2026-10-05T10:00:00Z", "cancelledAt": None,
         "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "UNFULFILLED", "fulfillments": [],
         "currencyCode": "USD", "taxesIncluded": False, "customer": {"id": "c/1", "displayName": "Ada"},
         "totalPriceSet": money, "lineItems": {"nodes": [line]}, "shippingLines": {"nodes": []}, "refunds": [],
         "transactions": [], **more}
    ).encode()  # fmt: skip


@pytest.fixture
def shop(database: Database) -> Site:
    return Site(
        database, {"receivable": "121000", "revenue.goods": "400000"}, kind="shopify", stream="orders"
    )


def measures(site: Site) -> list[tuple[int, int, Decimal, Decimal]]:
    rows = site.database.rows(
        "select revision, measure_count as n, measure_debit as d, measure_credit as c from tieout.document"
        " where kind = 'customer_invoice' and state <> 'superseded' order by revision"
    )
    return [(r["revision"], r["n"], r["d"], r["c"]) for r in rows]


def test_an_edit_counts_for_its_difference_alone_up_and_down(shop: Site) -> None:
    shop.take(shop_order("100.00", 0))
    shop.work()
    shop.take(shop_order("120.00", 1))
    shop.work()
    shop.take(shop_order("90.00", 2))
    shop.work()
    assert measures(shop) == [
        (1, 1, Decimal(100), Decimal(0)), (2, 0, Decimal(20), Decimal(0)), (3, 0, Decimal(-30), Decimal(0))]  # fmt: skip
    # A version that is older than what is planned changes nothing.
    shop.take(shop_order("500.00", 1, note="late"))
    shop.work()
    assert len(measures(shop)) == 3


def test_an_order_waits_for_its_delivery_counts_once_and_is_dated_on_that_day(shop: Site) -> None:
    shop.options["invoice_on"] = "fulfilment"
    shop.take(shop_order("100.00", 0))
    shop.work()
    assert shop.states() == {"order:1": "normalised"}
    done = {"displayFulfillmentStatus": "FULFILLED", "fulfillments": [
        {"createdAt": "2026-10-06T09:00:00Z", "status": "SUCCESS"},
        {"createdAt": "2026-10-09T09:00:00Z", "status": "CANCELLED"}]}  # fmt: skip
    shop.take(shop_order("100.00", 3, **done))
    shop.work()
    assert measures(shop) == [(2, 1, Decimal(100), Decimal(0))]
    (row,) = shop.database.rows(
        "select accounting_on, state from tieout.document where state <> 'superseded'"
    )
    assert (row["accounting_on"].isoformat(), row["state"]) == ("2026-10-06", "planned")


def test_a_payment_that_waited_is_a_deposit_as_soon_as_its_order_is_known(database: Database) -> None:
    """An order that is not billed yet posts nothing, and its payment need not wait for the next
    round: shop and provider are two interfaces of one release."""
    accounts = {**ACCOUNTS, "receivable": "121000", "revenue.goods": "400000", "customer_deposits": "212200"}
    shop = Site(database, accounts, kind="shopify", stream="orders", options={"invoice_on": "fulfilment"})
    stripe = Site(database, accounts, clock=shop.clock)
    both = {**shop.release().interfaces, **stripe.release().interfaces}
    for site in (shop, stripe):
        plain = site.release()
        site.release = lambda plain=plain: replace(plain, interfaces=both)  # type: ignore[method-assign, misc]
    stripe.take(row("txn_1", 10_000, "charge", metadata={"order_id": "1"}))
    stripe.work()
    assert stripe.states() == {"txn_1": "normalised"}
    shop.take(shop_order("100.00", 0))
    shop.work()
    stripe.work()
    assert stripe.states() == {"order:1": "normalised", "txn_1": "planned"}
    (found,) = database.rows("select parked_account from tieout.document where source_key = 'txn_1'")
    assert found["parked_account"] == "212200"


def test_a_statement_that_does_not_hold_is_a_case_and_posts_nothing(database: Database) -> None:
    site = Site(database, kind="bankfile", stream="statements")
    raw = (GOLDEN / "mt940.commerzbank.invented.sta").read_bytes()
    site.take(raw.replace(b"123,45N", b"123,46N"))
    site.work()
    (case,) = database.rows("select cause, detail, recovery from tieout.cases")
    assert case["cause"] == "statement_does_not_hold" and "-0.01 is left" in case["detail"], case
    assert database.rows("select 1 from tieout.document") == []
    assert "ask the bank" in case["recovery"]


@dataclass
class Careful(Site):
    """A site whose invoices wait for people."""

    def release(self) -> Release:
        policy = ApprovalPolicy("invoices", 'kind == "customer_invoice"', (Step("controller"),))
        return replace(super().release(), policies=(policy,))


def test_what_is_paid_for_an_invoice_that_waits_for_people_is_booked_without_a_false_case(
    database: Database,
) -> None:
    line = {
        "id": "l",
        "date_from": 0,
        "date_to": 0,
        "amount": 700,
        "entity_type": "adhoc",
        "description": "x",
    }
    bill = {"id": "INV-1", "customer_id": "c", "date": int(NOW.timestamp()), "currency_code": "USD", "total": 700,
            "status": "payment_due", "resource_version": 1, "line_items": [line]}  # fmt: skip
    accounts = {
        **ACCOUNTS,
        "revenue.subscription": "400300",
        "receivable": "121000",
        "unapplied.exception": "212110",
    }
    shop = Careful(database, accounts, "chargebee", "invoices")
    provider = Site(database, accounts)
    shop.take(json.dumps(bill).encode())
    shop.work()
    provider.take(row("c", 700, "charge", metadata={"order_id": "invoice:INV-1"}))
    provider.clock.at = NOW + timedelta(hours=25)
    provider.work()
    assert provider.states() == {"invoice:INV-1": "normalised", "c": "planned"}
    assert not database.rows("select cause from tieout.cases")
    (parked,) = database.rows("select parked_account from tieout.document where source_key = 'c'")
    assert parked["parked_account"] == "212110"


FIXTURES = Path(__file__).resolve().parents[2] / "src" / "tieout" / "connectors" / "salesforce" / "fixtures"


@dataclass
class Crm(Site):
    """A CRM, whose customers and orders come by two streams."""

    kind: str = "salesforce"

    def release(self) -> Release:
        plain = super().release()
        both = replace(plain.interfaces["salesforce"], streams=("accounts", "won_orders"))
        return replace(
            plain,
            interfaces={"salesforce": both},
            mappings={**plain.mappings, "taxes": Mapping("taxes", (MappingRow("State Tax 15%", "15%"),))},
        )

    def give(self, stream: str, name: str) -> None:
        self.stream = stream
        self.take((FIXTURES / name).read_bytes())


@pytest.mark.parametrize("first", ["accounts", "won_orders"])
def test_an_order_and_its_customer_come_in_either_order(database: Database, first: str) -> None:
    accounts = {"receivable": "121000", "revenue.goods": "400000", "revenue.services": "400000"}
    crm = Crm(database, accounts, options={"customers": "from_crm"})
    given = {"accounts": "accounts.customer.invented.json", "won_orders": "won_orders.taxed.invented.json"}
    for stream in sorted(given, key=lambda s: s != first):
        crm.give(stream, given[stream])
        crm.work()
    assert set(crm.states().values()) <= {"planned", "posted"}, crm.states()
    assert database.rows("select 1 from tieout.cases") == []


def test_an_order_whose_customer_never_comes_is_a_case_once_patience_is_over(database: Database) -> None:
    crm = Crm(
        database, {"receivable": "121000", "revenue.goods": "400000"}, options={"customers": "from_crm"}
    )
    crm.give("won_orders", "won_orders.taxed.invented.json")
    crm.work()
    assert set(crm.states().values()) == {"normalised"}
    crm.clock.at += timedelta(days=3)
    crm.work()
    assert database.rows("select cause from tieout.cases") == [{"cause": "unknown_customer"}]
