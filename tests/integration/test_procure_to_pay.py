"""Suppliers, orders, receipts and bills, from files to Odoo: a real database, the simulator over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.buying import IBANS, Buyer
from tieout.connector_api import TransientError
from tieout.documents.taxation import DeterminedLine, TaxDetermination
from tieout.planning import offers_of, replay
from tieout.rules import ApprovalPolicy, Step


def test_a_bill_of_what_was_ordered_and_received_is_booked(buyer: Buyer) -> None:
    buyer.ready()
    buyer.bill()
    assert buyer.cases() == []
    assert buyer.balances() == {
        "211000": Decimal("-230.00"), "600000": Decimal("200.00"), "131000": Decimal("30.00"),
    }  # fmt: skip
    assert buyer.states() == {"B-1": "posted"}


def test_the_same_in_the_other_syntax(buyer: Buyer) -> None:
    buyer.ready()
    buyer.bill(syntax="CII")
    assert buyer.balances()["211000"] == Decimal("-230.00")


def test_a_bill_waits_for_its_receipt_and_goes_on_by_itself(buyer: Buyer) -> None:
    buyer.ready(came="4")
    buyer.bill()
    assert buyer.states() == {"B-1": "normalised"} and buyer.cases() == []
    buyer.tool.receive("PO-1", "1", Decimal(6), date(2026, 10, 12))
    buyer.tell("receipts")
    assert buyer.states() == {"B-1": "posted"}


def test_without_receipt_a_bill_is_a_case_once_patience_is_over(buyer: Buyer) -> None:
    buyer.patience_hours = 0
    buyer.ready(came="4")
    buyer.bill()
    assert buyer.cases() == [("billed_before_receipt", "USV1:B-1")]


def test_an_order_alone_is_enough_where_that_is_declared(buyer: Buyer) -> None:
    buyer.bills["matching"] = "two_way"
    buyer.ready(came="1")
    buyer.bill()
    assert buyer.states() == {"B-1": "posted"}


def test_a_bill_above_its_order_is_a_case(buyer: Buyer) -> None:
    buyer.ready()
    buyer.bill("DEAR", price="20.01")
    buyer.bill("MUCH", quantity="11", on=date(2026, 10, 10))
    assert buyer.cases() == [("bill_above_order", "USV1:DEAR"), ("bill_above_order", "USV1:MUCH")]
    rows = buyer.database.rows("select amount, detail from tieout.cases where source_key = 'USV1:MUCH'")
    assert rows[0]["amount"] == Decimal("253.00") and "11 billed in all, 10 ordered" in rows[0]["detail"]


def test_tolerances_are_percentages_and_an_amount(buyer: Buyer) -> None:
    buyer.bills |= {"price_tolerance": "1", "quantity_tolerance": "10"}
    buyer.ready(came="11")
    buyer.bill("B-1", quantity="6", price="20.20")
    buyer.bill("B-2", quantity="5", price="20.20", on=date(2026, 10, 10))
    assert buyer.states() == {"B-1": "posted", "B-2": "posted"}
    buyer.bill("B-3", quantity="1", price="20.20", on=date(2026, 10, 11))
    assert [c for c, _ in buyer.cases()] == ["bill_above_order"]


def test_two_bills_that_come_together_do_not_take_the_same_goods_twice(buyer: Buyer) -> None:
    buyer.patience_hours = 0
    buyer.ready()
    for number, day in (("B-1", 9), ("B-2", 10)):
        item_day = date(2026, 10, day)
        known = buyer.tool.vendors["V1"]
        from tieout_sandbox.simulators.einvoices import Item, Sent, ubl

        item = Item("chair", Decimal(6), Decimal("20.00"), Decimal(15), "S", "1")
        sent = Sent(number, item_day, known.name, (item,), known.tax_id, order="PO-1", iban=known.iban)
        buyer.give("bills", f"{number}.xml", ubl(sent))
    buyer.work()
    # Equal money for one order that cannot hold both: the second is the first once more.
    assert buyer.states() == {"B-1": "posted", "B-2": "refused"}
    assert buyer.cases() == [("duplicate_bill", "USV1:B-2")]


def test_a_bill_under_another_number_is_found_out(buyer: Buyer) -> None:
    buyer.ready(quantity="30")
    buyer.bill("B-1")
    # The same day and money: whatever it is called, and though the order would hold it.
    buyer.bill("B-1-COPY")
    # The same number written otherwise, on another day.
    buyer.bill("INV B0001", on=date(2026, 10, 20))
    # Another delivery of the same size, on its own day, is no twin.
    buyer.bill("B-7", on=date(2026, 10, 15))
    assert buyer.states() == {"B-1": "posted", "B-1-COPY": "refused", "INV B0001": "refused", "B-7": "posted"}
    assert {c for c, _ in buyer.cases()} == {"duplicate_bill"}


def test_a_bill_that_comes_by_another_way_is_the_same_bill(buyer: Buyer) -> None:
    """An electronic invoice, and the same once more out of a scanner's table, which knows the supplier by
    procurement's own number and no order."""
    buyer.ready(quantity="30")
    buyer.bill("B-1")
    head = "bill,supplier,on,currency,name,quantity,price,net,total,tax_key,tax_rate,tax,account"
    row = "B-1,V1,2026-10-11,USD,chairs,10,20.00,200.00,230.00,S 15,15,30.00,6000"
    other = "77,V1,2026-10-09,USD,chairs,10,20.00,200.00,230.00,S 15,15,30.00,6000"
    buyer.give("procurement", "bills-scanned.csv", f"{head}\n{row}\n{other}\n".encode())
    buyer.work()
    assert buyer.cases() == [("duplicate_bill", "bill:V1:77"), ("duplicate_bill", "bill:V1:B-1")]


def test_numbers_of_two_series_with_other_money_are_two_bills(buyer: Buyer) -> None:
    buyer.ready()
    buyer.bill("A-1", quantity="2")
    buyer.bill("B-1", quantity="3", on=date(2026, 10, 12))
    assert buyer.states() == {"A-1": "posted", "B-1": "posted"}


def test_an_order_that_somebody_changed_past_us_is_none(buyer: Buyer) -> None:
    buyer.patience_hours = 0
    buyer.ready()
    with buyer.database.transaction() as connection:
        connection.execute(
            """update tieout.document set content = replace(content, '"quantity":"10"', '"quantity":"99"')"""
            " where kind = 'purchase_order'"
        )
    buyer.bill("B-1", quantity="50")
    assert buyer.cases() == [("unknown_order", "USV1:B-1")]


def test_what_was_turned_down_is_nobodys_twin(buyer: Buyer) -> None:
    buyer.ready()
    buyer.bill("B-1", price="25.00")
    assert [c for c, _ in buyer.cases()] == ["bill_above_order"]
    buyer.bill("B-2", price="20.00")
    assert buyer.states()["B-2"] == "posted"


def test_a_bill_of_nobody_that_we_know(buyer: Buyer) -> None:
    buyer.patience_hours = 0
    buyer.ready()
    buyer.bill("X-1", vendor="V9", iban="")
    assert buyer.cases() == [("unknown_supplier", "USV9:X-1")]


def test_a_bill_waits_while_its_supplier_waits_for_an_approval(buyer: Buyer) -> None:
    buyer.patience_hours = 0
    buyer.vendor()
    buyer.order()
    buyer.tool.receive("PO-1", "1", Decimal(10), date(2026, 10, 8))
    buyer.tell()
    buyer.bill()
    assert buyer.states() == {"B-1": "normalised"} and buyer.cases() == []
    assert buyer.approve() == ""
    assert buyer.states() == {"B-1": "posted"}


def test_a_policy_may_ask_for_people_by_the_seller_and_by_what_changed(buyer: Buyer) -> None:
    buyer.ready()
    buyer.policies = (
        ApprovalPolicy(
            "their bills", 'kind == "vendor_bill" && counterparty == "Vendor V1 Ltd"', (Step("controller"),)
        ),
        ApprovalPolicy("new ones", 'change == "new"', (Step("cfo"),)),
    )
    buyer.bill()
    assert buyer.states() == {"B-1": "normalised"} and len(buyer.open_requests()) == 1
    assert buyer.approve() == "" and buyer.states() == {"B-1": "posted"}
    buyer.vendor("V2", iban="")
    buyer.tell("suppliers")
    assert buyer.decide("cora") != "" and buyer.decide("frank") == ""


def test_whoever_made_a_supplier_cannot_approve_where_it_is_paid(buyer: Buyer) -> None:
    buyer.vendor(by="cora")
    buyer.tell("suppliers")
    assert "made" in buyer.approve("cora") or buyer.states("supplier") == {"V1": "normalised"}
    assert buyer.states("supplier") == {"V1": "normalised"}
    assert buyer.approve("carl") == ""
    assert buyer.states("supplier") == {"V1": "posted"}


def test_a_supplier_without_an_account_needs_nobody(buyer: Buyer) -> None:
    buyer.vendor(iban="")
    buyer.tell("suppliers")
    assert buyer.open_requests() == [] and buyer.states("supplier") == {"V1": "posted"}


def test_changed_bank_details_wait_for_a_second_person_and_the_old_ones_hold(buyer: Buyer) -> None:
    buyer.ready()
    buyer.tool.change("V1", IBANS[3], "mallory", date(2026, 10, 15))
    buyer.tell("suppliers")
    (number,) = buyer.open_requests()
    rows = buyer.database.rows("select policies from tieout.approval_request where request_id = %s", number)
    assert rows[0]["policies"] == ["bank details"]
    # A bill to the account that nobody approved is held; one to the account that holds goes on.
    buyer.bill("FORGED", quantity="2", iban=IBANS[3])
    buyer.bill("GOOD", quantity="3", iban=IBANS[0], on=date(2026, 10, 10))
    assert buyer.cases() == [("bank_details_differ", "USV1:FORGED")]
    assert buyer.states() == {"FORGED": "refused", "GOOD": "posted"}
    assert buyer.decide("cora", verdict="reject", reason="the supplier knows nothing of it") == ""
    buyer.work()
    assert buyer.cases() == [("approval_rejected", "supplier:V1"), ("bank_details_differ", "USV1:FORGED")]


def test_a_supplier_that_is_somebody_else_already(buyer: Buyer) -> None:
    buyer.vendor("V1", name="Acme Ltd", tax_id="US1", iban=IBANS[0])
    buyer.vendor("V2", name="Other Inc", tax_id="US-1", iban="")
    buyer.vendor("V3", name="Third", tax_id="", iban=IBANS[0])
    buyer.vendor("V4", name="ACME, Inc.", tax_id="US4", iban="")
    buyer.vendor("V5", name="Fifth", tax_id="US5", iban="")
    buyer.tell("suppliers")
    assert buyer.cases() == [("duplicate_supplier", f"supplier:V{n}") for n in (2, 3, 4)]
    assert buyer.states("supplier")["V5"] == "posted"


def test_a_vendor_credit_is_booked_the_other_way_round(buyer: Buyer) -> None:
    buyer.ready()
    buyer.bill()
    buyer.bill("CN-1", quantity="4", credit=True, refers_to="B-1", on=date(2026, 10, 12))
    assert buyer.open_lines() == [Decimal("-230.00"), Decimal("92.00")]
    # What was credited can be billed again.
    buyer.bill("B-2", quantity="4", on=date(2026, 10, 13))
    assert buyer.states() == {"B-1": "posted", "CN-1": "posted", "B-2": "posted"}


def test_a_bill_without_an_order_is_a_case_or_booked_as_declared(buyer: Buyer) -> None:
    buyer.ready()
    buyer.bill("R-1", order="", quantity="1", price="900.00")
    assert buyer.cases() == [("bill_without_order", "USV1:R-1")]
    buyer.bills["without_order"] = "book"
    buyer.bill("R-2", order="", quantity="1", price="901.00", on=date(2026, 10, 11))
    assert ("unmapped_account", "USV1:R-2") in buyer.cases()
    buyer.vendor("L", name="Lessor", iban="")
    buyer.tell("suppliers")
    buyer.bill("RENT", vendor="L", order="", quantity="1", price="800.00", on=date(2026, 10, 12))
    assert buyer.balances()["612000"] == Decimal("800.00")


def test_the_table_of_rates_says_which_tax_is_due(buyer: Buyer) -> None:
    buyer.bills |= {"tax_engine": "rate_table", "buyer_country": "US", "buyer_region": "NY"}
    buyer.rates = {"US>US-NY": "standard 15", "DE>US": "exempt"}
    buyer.ready()
    buyer.bill("LOW", rate=10, quantity="2", category="S")
    assert buyer.cases() == [("tax_differs", "USV1:LOW")]
    buyer.bill("RIGHT", quantity="3", on=date(2026, 10, 10))
    assert buyer.states()["RIGHT"] == "posted"


def test_an_invoice_in_pieces_is_refused_with_the_standards_rules(buyer: Buyer) -> None:
    from tieout.connector_api import FileRefusedError
    from tieout_sandbox.simulators.einvoices import Item, Sent, ubl

    sent = Sent("B-1", date(2026, 10, 9), "V", (Item("x", Decimal(2), Decimal(3)),), "US1")
    whole = ubl(sent)
    for old, new, rule in (
        (b">6.00</cbc:PayableAmount>", b">7.00</cbc:PayableAmount>", "BR-CO-16"),
        (b">6.00</cbc:LineExtensionAmount><cac:Item>", b">5.00</cbc:LineExtensionAmount><cac:Item>", "R120"),
        (b"<cbc:IssueDate>2026-10-09", b"<cbc:IssueDate>2026-13-09", "BT-2"),
        (b"<cbc:ID>B-1</cbc:ID>", b"", "BT-1"),
        (b"<cbc:DocumentCurrencyCode>USD", b"<cbc:DocumentCurrencyCode>UXD", "BR-CL-04"),
        (b'<?xml version="1.0" encoding="UTF-8"?>', b'<!DOCTYPE x [<!ENTITY a "b">]>', "document type"),
    ):
        assert old in whole, old
        with pytest.raises(FileRefusedError, match=rule):
            buyer.give("bills", "b.xml", whole.replace(old, new))
    buyer.work()
    assert buyer.states() == {}


def test_a_bill_that_is_made_out_to_another_is_refused(buyer: Buyer) -> None:
    buyer.bills["buyer_tax_id"] = "US-US"
    buyer.ready()
    buyer.bill("B-1", buyer_tax_id="DE-OTHER")
    assert [c for c, _ in buyer.cases()] == ["wrong_addressee"] and buyer.states() == {}
    (row,) = buyer.database.rows("select case_id from tieout.cases")
    connection = buyer.database.connect(autocommit=True)
    # Where the mistake is ours: our number is put right, and it is planned again.
    assert {"set_up", "replay"} <= {offer.action for offer in offers_of(connection, row["case_id"])}
    buyer.bills["buyer_tax_id"] = "DE-OTHER"
    replay(connection, buyer.clock.now(), "cora", case_id=row["case_id"])
    connection.close()
    buyer.work()
    assert buyer.states() == {"B-1": "posted"} and buyer.cases() == []


def test_the_access_points_report_proves_that_all_bills_came(buyer: Buyer) -> None:
    from tieout.money import Period
    from tieout.proofs import take_control_totals, tie_out

    buyer.bills["exports"] = "cumulative"
    buyer.ready()
    buyer.bill("B-1", quantity="2")
    buyer.bill("CN", quantity="1", credit=True, on=date(2026, 10, 10))
    buyer.bill("B-2", quantity="30", on=date(2026, 10, 11))
    buyer.give("bills", "report.csv", buyer.point.report(date(2026, 10, 12)))
    buyer.work()

    def residual() -> object:
        connection = buyer.database.connect(autocommit=True)
        take_control_totals(connection, buyer.release(), lambda _: None, Period(2026, 10), buyer.clock.now())
        (row,) = [r for r in tie_out(connection, buyer.release()) if r.interface == "bills"]
        connection.close()
        assert row.in_exception.credit == Decimal("690.00") and row.posted.debit == Decimal("23.00")
        return row.proven

    assert residual() is True
    buyer.point.deliver(buyer.point.sent[0].__class__(**{**buyer.point.sent[0].__dict__, "number": "LOST"}))
    buyer.give("bills", "report2.csv", buyer.point.report(date(2026, 10, 13)))
    buyer.work()
    assert residual() is False


def test_goods_that_came_and_are_not_billed_are_accrued_and_taken_back(buyer: Buyer) -> None:
    buyer.ready()
    buyer.bill("B-1", quantity="4")
    buyer.accrue()
    assert buyer.balances().get("211100", Decimal(0)) == 0
    october = [
        x for x in buyer.booked() if x[0] == "ACCRUAL-20261031-USD"
    ]  # fmt: skip
    assert october == [
        ("ACCRUAL-20261031-USD", "211100", Decimal("-120.00")),
        ("ACCRUAL-20261031-USD", "600000", Decimal("120.00")),
    ]
    # A late bill: made again, the accrual becomes what it should be.
    buyer.bill("B-2", quantity="6", on=date(2026, 10, 19))
    buyer.accrue()
    assert sum(v for r, a, v in buyer.booked() if a == "211100" and not r.startswith("Reversal")) == 0


class _Engine:
    """A tax engine of a test's own: an answer, or none."""

    def __init__(self, treatment: str = "standard", rate: str = "15", share: str = "1") -> None:
        self.treatment, self.rate, self.share, self.down = treatment, Decimal(rate), Decimal(share), False

    def determine(self, questions: Any) -> Any:
        if self.down:
            raise TransientError("the engine is down", 0.1)
        return [
            TaxDetermination(
                engine="test",
                question=q,
                lines=tuple(
                    DeterminedLine(
                        line=x.line, treatment=self.treatment, rate=self.rate,
                        amount=(x.net * self.share * self.rate / 100).quantize(Decimal("0.01")),
                    )
                    for x in q.lines
                ),
            )
            for q in questions
        ]  # fmt: skip


@pytest.mark.parametrize("fallback", ["wait", "rate_table", "case"])
def test_an_outage_of_the_tax_engine_follows_the_declared_fallback(buyer: Buyer, fallback: str) -> None:
    buyer.engine = _Engine()
    buyer.engine.down = True
    buyer.rates = {"US>US": "standard 15"}
    buyer.bills |= {"tax_engine": "test", "tax_fallback": fallback, "buyer_country": "US"}
    buyer.ready()
    buyer.bill()
    if fallback == "wait":
        assert buyer.states() == {"B-1": "normalised"} and buyer.cases() == []
        buyer.engine.down = False
        buyer.clock.at += timedelta(hours=2)
        buyer.work()
        assert buyer.states() == {"B-1": "posted"} and buyer.cases() == []
        return
    assert buyer.cases() == [("tax_engine_down", "USV1:B-1")]
    assert buyer.states() == {"B-1": "posted" if fallback == "rate_table" else "refused"}
    rows = buyer.database.rows("select amount, blocking from tieout.cases")
    money = Decimal("30.00") if fallback == "rate_table" else Decimal("230.00")
    assert (rows[0]["amount"], rows[0]["blocking"]) == (money, fallback == "case")
    # What was asked and answered is kept with the facts.
    facts = buyer.database.rows("select facts from tieout.document where kind = 'vendor_bill'")[0]["facts"]
    assert "the engine is down" in facts


def test_an_engines_answer_is_kept_with_what_it_was_asked(buyer: Buyer) -> None:
    buyer.engine = _Engine()
    buyer.bills |= {"tax_engine": "test", "buyer_country": "US"}
    buyer.ready()
    buyer.bill()
    facts = buyer.database.rows("select facts from tieout.document where kind = 'vendor_bill'")[0]["facts"]
    assert '"engine":"test"' in facts and '"buyer_country":"US"' in facts


def _both_sides(buyer: Buyer) -> None:
    """A tax that Odoo owes and deducts at once."""
    context = {"allowed_company_ids": [buyer.company.id]}

    def find(model: str, domain: list[Any], field: str) -> Any:
        rows = buyer.admin.call(model, "search_read", domain=domain, fields=[field], limit=1, context=context)
        return rows[0]

    accounts = {
        code: find("account.account", [["code", "=", code]], "code")["id"] for code in ("131000", "252000")
    }
    group = find("account.tax", [["type_tax_use", "=", "purchase"]], "tax_group_id")["tax_group_id"][0]
    lines = [
        [0, 0, {"repartition_type": "base"}],
        [0, 0, {"repartition_type": "tax", "factor_percent": 100, "account_id": accounts["131000"]}],
        [0, 0, {"repartition_type": "tax", "factor_percent": -100, "account_id": accounts["252000"]}],
    ]
    values = {"name": "Reverse 15%", "amount": 15, "type_tax_use": "purchase", "tax_group_id": group,
              "price_include_override": "tax_excluded", "invoice_repartition_line_ids": lines,
              "refund_repartition_line_ids": lines}  # fmt: skip
    buyer.admin.call("account.tax", "create", vals_list=[values], context=context)


def test_reverse_charge_is_due_and_deducted_at_once(buyer: Buyer) -> None:
    """The seller charges nothing; Odoo's own tax books both sides, which come to nothing."""
    _both_sides(buyer)
    buyer.engine = _Engine("reverse_charge")
    buyer.bills |= {"tax_engine": "test", "buyer_country": "US"}
    buyer.ready()
    buyer.bill("AE", category="AE", rate=0)
    assert buyer.cases() == []
    assert buyer.balances() == {
        "211000": Decimal("-200.00"), "600000": Decimal("200.00"), "131000": Decimal("30.00"),
        "252000": Decimal("-30.00"),
    }  # fmt: skip


def test_of_a_tax_that_is_due_whoever_pays_it_the_buyer_owes_what_the_seller_did_not_charge(
    buyer: Buyer,
) -> None:
    """AvaTax says consumer use tax of each purchase within the United States: until now each taxed bill was a case, and its tax owed
    once more by the buyer where it charged none."""
    _both_sides(buyer)
    buyer.engine = _Engine("sales_or_use")
    buyer.bills |= {"tax_engine": "test", "buyer_country": "US"}
    buyer.ready()
    buyer.bill("CHARGED", quantity="4")
    assert buyer.cases() == [] and buyer.balances()["211000"] == Decimal("-92.00")
    assert "252000" not in buyer.balances()
    buyer.bill("NOT", quantity="4", category="AE", rate=0, on=date(2026, 10, 12))
    assert buyer.cases() == [] and buyer.balances()["252000"] == Decimal("-12.00")
    buyer.bill("PARTLY", quantity="2", rate=10, on=date(2026, 10, 13))
    assert buyer.cases() == [("tax_differs", "USV1:PARTLY")]
    said = buyer.database.rows("select detail from tieout.cases")[0]["detail"]
    assert "charges 4.00, test says 0, or 6.00 with what the buyer owes otherwise (sales_or_use 15%)" in said


def test_what_the_ledger_would_work_out_otherwise_than_is_due_is_not_booked(buyer: Buyer) -> None:
    """A tax on a part of a line: by its rate on the whole of it the ledger would owe more."""
    _both_sides(buyer)
    buyer.engine = _Engine("use_tax", share="0.5")
    buyer.bills |= {"tax_engine": "test", "buyer_country": "US"}
    buyer.ready()
    buyer.bill("HALF", category="AE", rate=0)
    assert buyer.cases() == [("tax_differs", "USV1:HALF")]
    said = buyer.database.rows("select detail from tieout.cases")[0]["detail"]
    assert "the buyer owes 15.00, test says; the ledger would book 30.00, 15% of 200.00" in said


def test_a_batch_waits_for_its_cut_off_and_a_sequence_for_what_comes_before(buyer: Buyer) -> None:

    made = buyer.interface_of

    def with_rules(name: str) -> Any:
        changed = {"bills": {"latency": "batch", "cut_off": "16:00"}, "payments": {"after": ("bills",)}}
        return replace(made(name), **changed.get(name, {}))

    buyer.interface_of = with_rules  # type: ignore[method-assign]
    buyer.ready()
    buyer.bill()
    # It is two in the afternoon: the batch is at four.
    assert buyer.states() == {}
    buyer.clock.at += timedelta(hours=3)
    buyer.work()
    assert buyer.states() == {"B-1": "posted"}
    # A run waits while a bill is on its way.
    buyer.bill("B-2", quantity="2", order="", on=date(2026, 10, 10))
    assert buyer.states() == {"B-1": "posted"}
    buyer.propose(date(2026, 10, 27))
    assert buyer.states("vendor_payment") == {} and buyer.open_requests() == []
    buyer.clock.at += timedelta(days=1)
    buyer.work()
    assert buyer.cases() == [("bill_without_order", "USV1:B-2")]
    assert buyer.states("vendor_payment") == {"US20261027-001": "normalised"}


def test_a_bill_that_waits_at_the_cut_off_is_accrued_by_its_own_lines(buyer: Buyer) -> None:
    """The tax engine is down over the cut-off."""
    buyer.engine = _Engine()
    buyer.engine.down = True
    buyer.bills |= {
        "tax_engine": "test",
        "tax_fallback": "wait",
        "buyer_country": "US",
        "without_order": "book",
    }
    buyer.vendor("L", name="Lessor", iban="")
    buyer.tell("suppliers")
    buyer.bill("RENT", vendor="L", order="", quantity="1", price="800.00", on=date(2026, 10, 12))
    assert buyer.states() == {"RENT": "normalised"}
    buyer.accrue()
    booked = {(r, a): v for r, a, v in buyer.booked() if a == "612000"}
    assert booked == {
        ("ACCRUAL-20261031-USD", "612000"): Decimal("800.00"),
        ("Reversal of: ACCRUAL-20261031-USD", "612000"): Decimal("-800.00"),
    }
    # Once it is booked, the accrual made again is gone.
    buyer.engine.down = False
    buyer.clock.at += timedelta(hours=2)
    buyer.work()
    buyer.accrue()
    assert sum(v for r, a, v in buyer.booked() if a == "612000" and not r.startswith("Reversal")) == Decimal(
        "800.00"
    )


def test_what_a_receipt_was_before_it_was_corrected_does_not_count(buyer: Buyer) -> None:
    buyer.ready()
    number, order, line, _, on, by = buyer.tool.receipts[0]
    buyer.tool.receipts[0] = (number, order, line, Decimal(4), on, by)
    buyer.tell("receipts")
    buyer.bill()
    assert buyer.states() == {"B-1": "normalised"}
    buyer.tool.receipts[0] = (number, order, line, Decimal("10.0"), on, by)
    buyer.tell("receipts")
    assert buyer.states() == {"B-1": "posted"}


def test_a_receipt_that_was_corrected_is_accrued_as_it_was_told_last(buyer: Buyer) -> None:
    buyer.ready()
    number, order, line, _, on, by = buyer.tool.receipts[0]
    buyer.tool.receipts[0] = (number, order, line, Decimal(4), on, by)
    buyer.tell("receipts")
    assert [x.total.value for x in buyer.accrue().entries] == [Decimal("80.00")]
    # It came in November after all.
    buyer.tool.receipts[0] = (number, order, line, Decimal(4), date(2026, 11, 2), by)
    buyer.tell("receipts")
    (none,) = buyer.accrue().entries
    assert none.total.value == 0 and none.lines == ()
