"""Coupa's suppliers, orders, receipts and invoices to Odoo: HTTP to its simulator, a real database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.conformance.test_connectors import CONNECTORS, config
from tests.integration.buying import IBANS, Buyer
from tests.stages import step
from tieout.inbox import PollStage
from tieout.money import Period
from tieout.proofs import take_control_totals, tie_out
from tieout.rules import Interface, Release
from tieout_sandbox.ports import free_ports
from tieout_sandbox.simkit import serve
from tieout_sandbox.simulators.coupa import Coupa

AT = datetime(2026, 10, 8, 9, tzinfo=UTC)


@dataclass
class CoupaBuyer(Buyer):
    """A company whose procurement is Coupa alone."""

    coupa: Any = None
    source: Any = None
    more: dict[str, Any] = field(default_factory=dict)

    def interface_of(self, name: str) -> Interface:
        if name != "procurement":
            return super().interface_of(name)
        options = {"accounts_table": "purchase_accounts", "cost_centre_segment": "", **self.more}
        streams = ("suppliers", "orders", "receipts", "bills", "accruals")
        return Interface(
            "procurement",
            "coupa",
            "US",
            streams,
            "payables",
            "procure to pay",
            options=options,
            patience_hours=24,
        )

    def release(self) -> Release:
        made = super().release()
        # What the interfaces of the other systems would poll is not there.
        return Release(made.sha256, made.entities, {"procurement": made.interfaces["procurement"]}, made.mappings,
                       made.policies, closing=made.closing)  # fmt: skip

    def pull(self) -> None:
        connection = self.database.connect(autocommit=True)
        stage = PollStage(self.release, lambda _: CONNECTORS["coupa"], lambda _: self.source, self.clock)
        step(stage, connection)
        connection.execute("update tieout.poll_cursor set due_at = '-infinity'")
        while step(stage, connection):
            pass
        connection.close()
        self.work()

    def agree(self) -> dict[str, Any]:
        """An approved supplier, and an order of ten chairs that came."""
        vendor = self.coupa.add_supplier("V1", "Acme Ltd", IBANS[0], AT, tax_id="US-V1")
        order: dict[str, Any] = self.coupa.issue("PO-1", vendor, AT, [("chair", "10", "20.00", "6000")])
        self.coupa.receive(order, 1, "10", AT)
        self.pull()
        assert self.approve("cora") == ""
        return order


@pytest.fixture
def buyer(buyer: Buyer) -> Iterator[CoupaBuyer]:
    coupa = Coupa(lambda: AT, client_id="c", client_secret="s")
    port = free_ports(["coupa"])["coupa"]
    serve({port: coupa})
    kind = CONNECTORS["coupa"]
    source = kind.open(config(kind, url=f"http://127.0.0.1:{port}", client_id="c", client_secret="s"))
    made = CoupaBuyer(
        buyer.world, buyer.admin, buyer.company, buyer.database, buyer.session, folder=buyer.folder, coupa=coupa,
        source=source,
    )  # fmt: skip
    yield made
    source.close()


def test_an_invoice_of_what_was_ordered_and_came_is_booked_and_proven(buyer: CoupaBuyer) -> None:
    order = buyer.agree()
    buyer.coupa.bill("A-1", order, date(2026, 10, 9), AT, {1: "10"})
    buyer.pull()
    assert buyer.cases() == []
    assert buyer.balances() == {
        "211000": Decimal("-230.00"), "600000": Decimal("200.00"), "131000": Decimal("30.00"),
    }  # fmt: skip
    connection = buyer.database.connect(autocommit=True)
    take_control_totals(
        connection, buyer.release(), lambda _: buyer.source, Period(2026, 10), buyer.clock.now()
    )
    (row,) = tie_out(connection, buyer.release())
    connection.close()
    assert row.proven and row.source.credit == Decimal("230.00") == row.posted.credit


def test_an_invoice_above_its_order_and_one_before_its_goods_are_held(buyer: CoupaBuyer) -> None:
    order = buyer.agree()
    buyer.coupa.bill("A-1", order, date(2026, 10, 9), AT, {1: "11"})
    vendor = {"id": 1, "number": "V1", "name": "Acme Ltd"}
    early = buyer.coupa.issue("PO-2", vendor, AT, [("desk", "2", "300.00", "6000")])
    buyer.coupa.bill("A-2", early, date(2026, 10, 9), AT, {1: "2"})
    buyer.pull()
    assert [c for c, _ in buyer.cases()] == ["bill_above_order"] and buyer.balances() == {}
    buyer.coupa.receive(early, 1, "2", AT + timedelta(hours=1))
    buyer.pull()
    assert buyer.balances()["211000"] == Decimal("-690.00")


def test_what_went_back_is_not_billed_and_its_credit_note_is_booked(buyer: CoupaBuyer) -> None:
    order = buyer.agree()
    buyer.coupa.bill("A-1", order, date(2026, 10, 9), AT, {1: "10"})
    buyer.pull()
    buyer.coupa.receive(order, 1, "3", AT + timedelta(days=2), back=True)
    buyer.coupa.bill("A-1-C", order, date(2026, 10, 11), AT + timedelta(days=2), {1: "3"}, credit=True)
    buyer.pull()
    assert buyer.cases() == [] and buyer.balances()["211000"] == Decimal("-161.00")


def test_a_receipt_that_was_voided_came_not_at_all(buyer: CoupaBuyer) -> None:
    order = buyer.agree()
    (receipt,) = buyer.coupa.rows["receiving_transactions"].values()
    buyer.coupa.change(receipt, AT + timedelta(hours=1), status="voided")
    buyer.coupa.bill("A-1", order, date(2026, 10, 9), AT, {1: "10"})
    buyer.pull()
    assert buyer.balances() == {} and set(buyer.states().values()) == {"normalised"}


def test_an_invoice_that_is_voided_once_it_is_booked_is_a_case(buyer: CoupaBuyer) -> None:
    order = buyer.agree()
    bill = buyer.coupa.bill("A-1", order, date(2026, 10, 9), AT, {1: "10"})
    buyer.pull()
    buyer.coupa.change(bill, AT + timedelta(days=1), status="voided")
    buyer.pull()
    assert [c for c, _ in buyer.cases()] == ["voided_after_posting"]
    assert buyer.balances()["211000"] == Decimal("-230.00")


def test_an_invoice_that_was_voided_at_once_is_never_booked(buyer: CoupaBuyer) -> None:
    order = buyer.agree()
    buyer.coupa.bill("A-1", order, date(2026, 10, 9), AT, {1: "10"}, status="voided")
    buyer.pull()
    assert buyer.balances() == {} and buyer.cases() == [] and set(buyer.states().values()) == {"excluded"}


def test_another_account_of_a_supplier_waits_for_a_second_person(buyer: CoupaBuyer) -> None:
    buyer.agree()
    (row,) = buyer.coupa.rows["suppliers"].values()
    changed = [{"id": 2, "active": True, "iban": IBANS[1], "swift-code": ""}]
    buyer.coupa.change(row, AT + timedelta(days=1), by="mallory", remit_to_addresses=changed)
    buyer.pull()
    assert len(buyer.open_requests()) == 1
    row["remit-to-addresses"] = [{"id": 3, "active": True, "iban": "DE00111122223333", "swift-code": ""}]
    buyer.coupa.change(row, AT + timedelta(days=2))
    buyer.pull()
    assert [c for c, _ in buyer.cases()] == ["unreadable_message"]


def test_a_token_that_is_a_day_old_is_asked_for_anew(buyer: CoupaBuyer) -> None:
    buyer.agree()
    buyer.coupa.forget_tokens()
    assert "Coupa at" in buyer.source.check()


def test_rows_that_change_between_two_pages_hide_no_other(buyer: CoupaBuyer) -> None:
    """By number of rows, the first of the second page would move up into the first, unseen."""
    made = [
        buyer.coupa.add_supplier(f"V{n}", f"V {n}", "", AT + timedelta(seconds=n // 3)) for n in range(140)
    ]
    page, seen = buyer.source.poll("suppliers", {}, AT), set()
    number = 0
    while True:
        seen |= {i.source_key for i in page.items}
        if not page.more:
            break
        number += 1
        buyer.coupa.change(made[number], AT + timedelta(hours=number))
        page = buyer.source.poll("suppliers", page.cursor, AT)
    assert len(seen) == 140 and number >= 2


def test_what_came_and_is_not_billed_is_accrued_and_proven_beside_the_invoices(buyer: CoupaBuyer) -> None:
    order = buyer.agree()
    buyer.coupa.bill("A-1", order, date(2026, 10, 9), AT, {1: "4"})
    buyer.pull()
    (accrual,) = buyer.accrue().entries
    connection = buyer.database.connect(autocommit=True)
    assert accrual.total.value == Decimal("120.00") and buyer.cases() == []
    take_control_totals(
        connection, buyer.release(), lambda _: buyer.source, Period(2026, 10), buyer.clock.now()
    )
    rows = {r.period: r for r in tie_out(connection, buyer.release())}
    connection.close()
    assert rows["2026-10"].proven and rows["2026-10"].posted.credit == Decimal("92.00") + Decimal("120.00")
