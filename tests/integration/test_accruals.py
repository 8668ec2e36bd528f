"""What came and is not billed at a month's end: goods by line, services, bills that wait, what Odoo accrues itself. A real
database, Odoo's simulator over HTTP; purchases are invented. Nothing that is expected here is worked out by the product."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.buying import Buyer
from tieout.close import state_of
from tieout.close.model import Finding
from tieout.money import Period
from tieout.rules import ApprovalPolicy, CloseRules, EntityClose, Step
from tieout_sandbox.services.manual_entries import reverse_by_hand
from tieout_sandbox.simulators.procurement import Ordered, Purchase

pytestmark = pytest.mark.long

LAST, FIRST = date(2026, 10, 31), date(2026, 11, 1)
ACCRUED, EXPENSE, SERVICE, RENT = "211100", "600000", "611000", "612000"
ASK = (ApprovalPolicy("bills", 'kind == "vendor_bill"', (Step("controller"),)),)


@pytest.fixture
def late(buyer: Buyer) -> Buyer:
    """The close begins: it is the third of November."""
    buyer.clock.at = datetime(2026, 11, 3, 12, tzinfo=UTC)
    return buyer


def task(buyer: Buyer) -> Finding:
    connection = buyer.database.connect(autocommit=True)
    try:
        state = state_of(
            connection, buyer.release(), lambda s: buyer.session if s == "odoo" else None, "US",
            Period(2026, 10), buyer.clock.now(),
        )  # fmt: skip
    finally:
        connection.close()
    return next(s.finding for s in state.tasks if s.task.name == "purchases accrued")


def lines_of(buyer: Buyer, reference: str = "ACCRUAL-20261031-USD") -> dict[tuple[str, str], Decimal]:
    """What an entry holds in Odoo by account and partner."""
    book = buyer.world.odoo.service.world
    moves, codes = book.table("account.move"), book.table("account.account")
    names = book.table("res.partner")
    found: dict[tuple[str, str], Decimal] = {}
    for x in book.table("account.move.line").values():
        if x["company_id"] == buyer.company.id and str(moves[x["move_id"]]["ref"]) == reference:
            who = str(names[x["partner_id"]]["name"]) if x["partner_id"] else ""
            key = str(codes[x["account_id"]]["code"]), who
            found[key] = found.get(key, Decimal(0)) + x["balance"]
    return found


def service(buyer: Buyer, *lines: Ordered, number: str = "PO-S", currency: str = "USD") -> None:
    buyer.tool.orders[number] = Purchase(number, "V1", date(2026, 9, 1), lines, currency)
    buyer.tell("suppliers", "orders")


# Bills that wait


def test_a_bill_that_waits_for_an_approval_is_accrued_net_and_by_its_supplier(late: Buyer) -> None:
    late.bills["without_order"] = "book"
    late.policies = ASK
    late.vendor("L", name="Lessor", iban="")
    late.tell("suppliers")
    late.bill("RENT", vendor="L", order="", quantity="1", price="800.00", on=date(2026, 10, 30))
    assert late.states() == {"RENT": "normalised"} and len(late.open_requests()) == 1
    assert not task(late).done and "800.00 USD is not booked" in task(late).why
    (found,) = late.accrue().accruals
    assert (found.reason.value, found.bill, found.supplier) == ("its bill waits", "RENT", "L")
    # Its tax, 120.00, is not claimed: nothing is on the account of input tax.
    assert lines_of(late) == {(RENT, "Lessor"): Decimal("800.00"), (ACCRUED, "Lessor"): Decimal("-800.00")}
    assert late.stands(LAST, RENT, ACCRUED, "131000") == {
        RENT: Decimal("800.00"), ACCRUED: Decimal("-800.00"), "131000": Decimal(0)}  # fmt: skip
    assert late.stands(FIRST, RENT, ACCRUED) == {RENT: Decimal(0), ACCRUED: Decimal(0)}
    assert task(late).done
    # Approved, it is booked on its own day; made again, the accrual is gone, and the cost stands once.
    assert late.approve() == "" and late.states() == {"RENT": "posted"}
    assert not task(late).done
    late.accrue()
    assert late.stands(LAST, RENT, ACCRUED) == {RENT: Decimal("800.00"), ACCRUED: Decimal(0)}
    assert late.stands(FIRST, RENT, ACCRUED) == {RENT: Decimal("800.00"), ACCRUED: Decimal(0)}
    assert task(late).done


def test_a_bill_of_received_goods_that_waits_is_accrued_once_and_at_its_own_price(late: Buyer) -> None:
    """Ten came for 20.00 each. A bill of six at 19.50 waits; nobody billed the other four."""
    late.ready()
    late.policies = ASK
    late.bill("B-1", quantity="6", price="19.50", on=date(2026, 10, 28))
    found = late.accrue().accruals
    assert [(x.reason.value, x.quantity, x.amount.value, x.bill) for x in found] == [
        ("its bill waits", Decimal(6), Decimal("117.00"), "B-1"),
        ("received, not billed", Decimal(4), Decimal("80.00"), ""),
    ]
    assert lines_of(late)[ACCRUED, "Vendor V1 Ltd"] == Decimal("-197.00")


def test_a_bill_of_next_month_for_goods_of_this_one(late: Buyer) -> None:
    late.ready()
    late.bill("B-1", on=date(2026, 11, 2))
    assert late.states() == {"B-1": "posted"}
    (found,) = late.accrue().accruals
    assert (found.amount.value, found.receipts) == (Decimal("200.00"), ("GR-00001",))
    assert late.stands(LAST, EXPENSE)[EXPENSE] == Decimal("200.00")
    # The reversal meets the bill: November bears nothing.
    assert late.stands(date(2026, 11, 30), EXPENSE, ACCRUED) == {
        EXPENSE: Decimal("200.00"),
        ACCRUED: Decimal(0),
    }


def test_a_credit_note_that_waits_turns_round_what_its_own_lines_say(
    late: Buyer,
) -> None:
    late.bills["without_order"] = "book"
    late.policies = ASK
    late.vendor("L", name="Lessor", iban="")
    late.tell("suppliers")
    late.bill("RENT", vendor="L", order="", quantity="1", price="800.00", on=date(2026, 10, 30))
    late.bill("BACK", vendor="L", order="", quantity="1", price="90.00", on=date(2026, 10, 31), credit=True)
    found = late.accrue()
    assert [(x.reason.value, x.amount.value) for x in found.accruals] == [
        ("its bill waits", Decimal("800.00")), ("its credit note waits", Decimal("-90.00"))]  # fmt: skip
    assert late.cases() == []
    assert late.stands(LAST, RENT, ACCRUED) == {RENT: Decimal("710.00"), ACCRUED: Decimal("-710.00")}
    assert late.stands(FIRST, RENT, ACCRUED) == {RENT: Decimal(0), ACCRUED: Decimal(0)}


def test_what_went_back_after_its_bill_is_owed_to_us_until_the_credit_note_is_booked(late: Buyer) -> None:
    late.ready()
    late.bill("B-1")
    late.tool.receive("PO-1", "1", Decimal(-3), date(2026, 10, 29))
    late.tell("receipts")
    (found,) = late.accrue().accruals
    assert (found.reason.value, found.quantity, found.amount.value) == (
        "went back, not credited", Decimal(-3), Decimal("-60.00"))  # fmt: skip
    assert late.stands(LAST, EXPENSE, ACCRUED) == {EXPENSE: Decimal("140.00"), ACCRUED: Decimal("60.00")}
    # Its credit note comes and waits: the same once, and named.
    late.policies = ASK
    late.bill("C-1", quantity="3", on=date(2026, 10, 31), credit=True)
    (found,) = late.accrue().accruals
    assert (found.reason.value, found.bill, found.amount.value) == (
        "its credit note waits", "C-1", Decimal("-60.00"))  # fmt: skip
    late.approve()
    assert late.accrue().accruals == ()
    assert late.stands(LAST, EXPENSE, ACCRUED) == {EXPENSE: Decimal("140.00"), ACCRUED: Decimal(0)}


# Goods


def test_part_deliveries_and_part_bills_by_line(late: Buyer) -> None:
    late.vendor()
    lines = (Ordered("1", "chair", Decimal(10), Decimal("20.00"), "6000"),
             Ordered("2", "desk", Decimal(4), Decimal("99.99"), "6100"))  # fmt: skip
    late.tool.orders["PO-1"] = Purchase("PO-1", "V1", date(2026, 10, 5), lines)
    for line, quantity, day in (("1", 4, 8), ("1", 3, 20), ("2", 1, 20), ("2", 2, 30)):
        late.tool.receive("PO-1", line, Decimal(quantity), date(2026, 10, day))
    late.tool.receive("PO-1", "2", Decimal(1), FIRST)
    late.tell()
    late.approve()
    late.bill("B-1", quantity="4")
    found = {(x.order, x.line): (x.quantity, x.amount.value, x.receipts) for x in late.accrue().accruals}
    assert found == {
        ("PO-1", "1"): (Decimal(3), Decimal("60.00"), ("GR-00002",)),
        ("PO-1", "2"): (Decimal(3), Decimal("299.97"), ("GR-00003", "GR-00004")),
    }
    assert lines_of(late)[ACCRUED, "Vendor V1 Ltd"] == Decimal("-359.97")


def test_an_order_that_was_written_after_its_goods_came(late: Buyer) -> None:
    late.vendor()
    late.order(on=date(2026, 11, 2))
    late.tool.receive("PO-1", "1", Decimal(2), date(2026, 10, 30))
    late.tell()
    assert [x.amount.value for x in late.accrue().accruals] == [Decimal("40.00")]


def test_a_bill_that_was_told_again_in_other_words_is_counted_once(late: Buyer) -> None:
    late.ready()
    sent = late.bill("B-1", quantity="4")
    again = late.point.deliver(sent, "UBL").replace(b"<cbc:Name>chair<", b"<cbc:Name>chair, oak<")
    late.give("bills", "B-1-again.xml", again)
    late.work()
    rows = late.database.rows("select state from tieout.document where kind = 'vendor_bill'")
    assert [r["state"] for r in rows] == ["posted", "posted"]
    assert [x.amount.value for x in late.accrue().accruals] == [Decimal("120.00")]


def test_another_currency_is_accrued_at_the_rate_of_the_periods_last_day(late: Buyer) -> None:
    late.vendor(currency="EUR")
    late.order(currency="EUR", quantity="10", price="100.00")
    late.tool.receive("PO-1", "1", Decimal(5), date(2026, 10, 8))
    late.tell()
    late.approve()
    late.accrue()
    assert late.cases() == []
    rates = late.session.facts().rates["EUR"]
    closing = [rate for day, rate in rates if day <= LAST][-1]
    wanted = (Decimal("500.00") / closing).quantize(Decimal("0.01"))
    assert lines_of(late, "ACCRUAL-20261031-EUR")[ACCRUED, "Vendor V1 Ltd"] == -wanted
    # Taken back at the rate that it was made at.
    assert late.stands(FIRST, ACCRUED, EXPENSE) == {ACCRUED: Decimal(0), EXPENSE: Decimal(0)}


def test_made_twice_it_stands_once_and_a_late_receipt_changes_it_by_the_difference(late: Buyer) -> None:
    late.ready(came="4")
    late.accrue()
    before = late.booked()
    late.accrue()
    assert late.booked() == before and len(before) == 4
    late.tool.receive("PO-1", "1", Decimal(2), date(2026, 10, 31))
    late.tell("receipts")
    assert not task(late).done and "120.00 USD is not booked" in task(late).why
    late.accrue()
    assert late.stands(LAST, ACCRUED, EXPENSE) == {ACCRUED: Decimal("-120.00"), EXPENSE: Decimal("120.00")}
    assert late.stands(FIRST, ACCRUED, EXPENSE) == {ACCRUED: Decimal(0), EXPENSE: Decimal(0)}
    assert task(late).done and "120.00 USD is posted" in task(late).why


def test_a_period_that_is_not_over_is_not_done(buyer: Buyer) -> None:
    assert not task(buyer).done and "is not over" in task(buyer).why


# Services


def test_a_service_is_rendered_by_its_days(late: Buyer) -> None:
    """Twelve months for 1,200.00 from 1 September: 61 of 365 days by 31 October, 200.55; 100.00 of it is billed."""
    late.vendor()
    days = (date(2026, 9, 1), date(2027, 8, 31))
    service(late, Ordered("1", "chair", Decimal(12), Decimal("100.00"), "6100", by_receipt=False, days=days))
    late.approve()
    late.bill("B-1", order="PO-S", quantity="1", price="100.00")
    assert late.states() == {"B-1": "posted"}
    (found,) = late.accrue().accruals
    assert (found.reason.value, found.amount.value) == ("rendered, not billed", Decimal("100.55"))
    assert late.stands(LAST, SERVICE)[SERVICE] == Decimal("200.55")


def test_a_service_is_rendered_by_the_part_that_somebody_confirms(late: Buyer) -> None:
    """Of a project of 12,000.00, 40 percent: confirmed as a receipt of 0.4, which goes before the order's own days."""
    late.vendor()
    days = (date(2026, 10, 1), date(2026, 10, 31))
    line = Ordered("1", "chair", Decimal(1), Decimal("12000.00"), "6100", by_receipt=False, days=days)
    service(late, line)
    late.approve()
    late.tool.receive("PO-S", "1", Decimal("0.4"), date(2026, 10, 31))
    late.tell("receipts")
    (found,) = late.accrue().accruals
    assert (found.reason.value, found.amount.value) == ("rendered, not billed", Decimal("4800.00"))
    # A bill of it that waits is for the same money, and not beside it.
    late.policies = ASK
    late.bill("B-1", order="PO-S", quantity="0.3", price="12000.00", on=date(2026, 10, 31))
    assert [(x.bill, x.amount.value) for x in late.accrue().accruals] == [
        ("B-1", Decimal("3600.00")), ("", Decimal("1200.00"))]  # fmt: skip
    assert late.stands(LAST, ACCRUED)[ACCRUED] == Decimal("-4800.00")


def test_a_service_that_nobody_confirms_is_accrued_once_its_bill_waits(late: Buyer) -> None:
    late.vendor()
    service(late, Ordered("1", "chair", Decimal(1), Decimal("500.00"), "6100", by_receipt=False))
    late.approve()
    assert late.accrue().accruals == ()
    late.policies = ASK
    late.bill("B-1", order="PO-S", quantity="1", price="500.00", on=date(2026, 10, 31))
    (found,) = late.accrue().accruals
    assert (found.order, found.bill, found.amount.value, found.account) == (
        "PO-S", "B-1", Decimal("500.00"), "6100")  # fmt: skip


# What Odoo accrues itself


def odoos_wizard(buyer: Buyer, order: str, amount: str, on: date = LAST, back: date | None = FIRST) -> None:
    """An entry as Odoo's wizard for accrued orders makes it, with its reversal: a line for each line of the order, labelled
    with its name, against one of all orders on a liability of its user's choice."""
    context = {"allowed_company_ids": [buyer.company.id]}

    def find(model: str, code: str) -> int:
        domain = [
            ["code", "=", code],
            ["company_ids" if model == "account.account" else "company_id", "=", buyer.company.id],
        ]
        (found,) = buyer.admin.call(model, "search", domain=domain, context=context)
        return int(found)

    expense, liability, journal = find("account.account", EXPENSE), find("account.account", "212000"), find("account.journal", "MISC")  # fmt: skip
    for day, sign in ((on, 1), (back, -1)):
        if day is None:
            continue
        value = float(Decimal(amount) * sign)
        label = f"{order} - chair; 0.0 Billed, 10.0 Received at $ 20.00 each"
        lines: list[dict[str, Any]] = [
            {"account_id": expense, "name": label, "debit": max(value, 0), "credit": max(-value, 0)},
            {
                "account_id": liability,
                "name": "Accrued total",
                "debit": max(-value, 0),
                "credit": max(value, 0),
            },
        ]
        ref = "Accrued Expense entry as of 10/31/2026"
        values = {"journal_id": journal, "date": day.isoformat(), "ref": ref if sign > 0 else f"Reversal of: {ref}",
                  "line_ids": [[0, 0, x] for x in lines]}  # fmt: skip
        made = buyer.admin.call("account.move", "create", vals_list=[values], context=context)
        buyer.admin.call("account.move", "action_post", ids=made, context=context)


def two_orders(buyer: Buyer) -> None:
    buyer.vendor()
    for number, price in (("PO-1", "20.00"), ("PO-10", "30.00")):
        buyer.order(number, price=price)
        buyer.tool.receive(number, "1", Decimal(10), date(2026, 10, 8))
    buyer.tell()
    buyer.approve()


def test_an_order_that_odoos_wizard_accrues_is_left_to_it_and_said(late: Buyer) -> None:
    two_orders(late)
    odoos_wizard(late, "PO-1", "200.00")
    found = late.accrue()
    assert [x.order for x in found.own] == ["PO-10"] and [x.order for x in found.left] == ["PO-1"]
    assert "accrues 200.00 of the order in the ledger" in found.left[0].ledgers
    # In all the month bears each order once.
    assert late.stands(LAST, EXPENSE)[EXPENSE] == Decimal("500.00")
    assert late.stands(FIRST, EXPENSE)[EXPENSE] == Decimal("0.00")
    assert task(late).done and "1 line of 200.00 USD left to the ledger" in task(late).why


def test_what_odoo_accrues_after_us_takes_ours_away(late: Buyer) -> None:
    two_orders(late)
    late.accrue()
    assert late.stands(LAST, EXPENSE)[EXPENSE] == Decimal("500.00")
    odoos_wizard(late, "PO-10", "300.00")
    assert not task(late).done
    late.accrue()
    assert late.stands(LAST, EXPENSE)[EXPENSE] == Decimal("500.00") and task(late).done


def test_what_odoo_accrues_otherwise_than_what_came_keeps_the_task_open(late: Buyer) -> None:
    two_orders(late)
    odoos_wizard(late, "PO-1", "150.00")
    found = late.accrue()
    assert [(x.order, x.amount, ours) for x, ours in found.differing()] == [
        ("PO-1", Decimal("150.00"), Decimal("200.00"))]  # fmt: skip
    assert not task(late).done and "the ledger accrues 150.00 of PO-1, 200.00 came" in task(late).why


@pytest.mark.parametrize("there", ["150.00", "250.00"])
def test_a_difference_to_what_odoo_accrues_may_stay_up_to_the_limit_of_cases_either_way(
    late: Buyer, there: str
) -> None:
    two_orders(late)
    odoos_wizard(late, "PO-1", there)
    late.accrue()
    for limit, done in (("49.99", False), ("50.00", True)):
        late.closing = CloseRules({"US": EntityClose(case_limit=Decimal(limit))})
        found = task(late)
        assert found.done is done and (f"the ledger accrues {there} of PO-1" in found.why) is not done


def test_what_odoo_took_back_within_the_period_is_ours_again(late: Buyer) -> None:
    """September's accrual of the wizard, taken back on the first of October."""
    two_orders(late)
    odoos_wizard(late, "PO-1", "200.00", date(2026, 9, 30), date(2026, 10, 1))
    assert {x.order for x in late.accrue().own} == {"PO-1", "PO-10"}


def test_a_reversal_of_ours_by_hand_accrues_nothing(late: Buyer) -> None:
    """Its labels name the orders: it is told of as a change of ours, and is no accrual of anybody."""
    two_orders(late)
    late.accrue()
    # On the day that Odoo has: one of a later day would be a draft until then.
    reverse_by_hand(late.admin, late.company.id, "ACCRUAL-20261031-USD", date(2026, 10, 20))
    assert late.stands(LAST, ACCRUED)[ACCRUED] == 0
    found = late.accrue(dry=True)
    assert {x.order for x in found.own} == {"PO-1", "PO-10"} and found.there == ()


def test_a_note_that_names_an_order_without_owing_anything_is_no_accrual(late: Buyer) -> None:
    """Somebody moves the cost of an order from one expense to another: nothing is accrued by that."""
    two_orders(late)
    context = {"allowed_company_ids": [late.company.id]}
    ids = {
        code: late.admin.call("account.account", "search", domain=[["code", "=", code], ["company_ids", "=", late.company.id]],
                              context=context)[0]
        for code in (EXPENSE, SERVICE)
    }  # fmt: skip
    (journal,) = late.admin.call("account.journal", "search", context=context,
                                 domain=[["code", "=", "MISC"], ["company_id", "=", late.company.id]])  # fmt: skip
    lines = [{"account_id": ids[SERVICE], "name": "PO-1 moved", "debit": 50, "credit": 0},
             {"account_id": ids[EXPENSE], "name": "moved", "debit": 0, "credit": 50}]  # fmt: skip
    values = {
        "journal_id": journal,
        "date": "2026-10-31",
        "ref": "move",
        "line_ids": [[0, 0, x] for x in lines],
    }
    made = late.admin.call("account.move", "create", vals_list=[values], context=context)
    late.admin.call("account.move", "action_post", ids=made, context=context)
    assert {x.order for x in late.accrue().own} == {"PO-1", "PO-10"}


def test_a_line_on_an_account_that_odoos_stock_values_is_left_to_its_closing(late: Buyer) -> None:
    late.ready()
    book = late.world.odoo.service.world.table("account.account")
    (stock,) = [x for x in book.values() if x["code"] == EXPENSE and late.company.id in x["company_ids"]]
    stock["account_stock_variation_id"] = stock["id"]
    try:
        found = late.accrue()
        assert found.own == [] and [x.amount.value for x in found.left] == [Decimal("200.00")]
        assert "Odoo's stock values it" in found.left[0].ledgers
        assert late.stands(LAST, EXPENSE, ACCRUED) == {EXPENSE: Decimal(0), ACCRUED: Decimal(0)}
        assert task(late).done and "200.00 USD left to the ledger" in task(late).why
    finally:
        stock["account_stock_variation_id"] = None


def test_where_all_is_odoos_nothing_is_handed_on_and_the_close_says_what(late: Buyer) -> None:
    made = late.interface_of

    def odoos(name: str) -> Any:
        found = made(name)
        return (
            replace(found, options={**found.options, "accruals": "odoo"}) if name == "procurement" else found
        )

    late.interface_of = odoos  # type: ignore[method-assign]
    late.ready()
    with pytest.raises(ValueError, match='accruals = "odoo"'):
        late.accrue()
    assert [x.amount.value for x in late.accrue(dry=True).left] == [Decimal("200.00")]
    assert task(late).done and "200.00 USD left to the ledger" in task(late).why and late.booked() == []
