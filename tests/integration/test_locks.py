"""The ledger's locks told apart: a lock of sales, of purchases, of taxes, of everything, and what each of them stops."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.integration.buying import Buyer
from tests.integration.office import Office
from tests.integration.taxed_selling import Selling, line
from tieout.planning import replay
from tieout_sandbox.simulators.einvoices import Item, Sent

UNTIL = "2026-10-15"


def lock(office: Office, **days: str | bool) -> None:
    office.admin.call(
        "res.company", "write", ids=[office.company.id], vals={f"{k}_lock_date": d for k, d in days.items()}
    )


def days_of(office: Office) -> dict[str, str]:
    """What is posted, by its reference, and on which day."""
    return {
        str(m["ref"]): str(m["date"])
        for m in office.world.odoo.service.world.table("account.move").values()
        if m["company_id"] == office.company.id and m["ref"] and m["state"] == "posted"
    }


def said(office: Office) -> tuple[str, str]:
    (row,) = office.database.rows("select recovery, detail from tieout.cases where state = 'open'")
    return row["recovery"], row["detail"]


def bill_of(buyer: Buyer, number: str) -> bytes:
    """A bill as it comes, with nothing worked on yet."""
    item = Item("chair", Decimal(10), Decimal(20), Decimal(15), "S", "1")
    vendor = buyer.tool.vendors["V1"]
    sent = Sent(number, date(2026, 10, 12), vendor.name, (item,), vendor.tax_id, order="PO-1", iban=vendor.iban,
                due=date(2026, 10, 17))  # fmt: skip
    return bytes(buyer.point.deliver(sent, "UBL"))


def test_a_lock_of_sales_does_not_stop_a_bill(buyer: Buyer) -> None:
    lock(buyer, sale="2026-10-31")
    buyer.ready()
    buyer.bill("B-1", on=date(2026, 10, 12))
    assert buyer.cases() == []
    assert days_of(buyer)["B-1"] == "2026-10-12"


def test_a_lock_of_purchases_stops_a_bill_and_says_so_by_name_and_day(buyer: Buyer) -> None:
    lock(buyer, purchase=UNTIL)
    buyer.ready()
    buyer.bill("B-1", on=date(2026, 10, 12))
    assert [cause for cause, _ in buyer.cases()] == ["late_event"] and "B-1" not in days_of(buyer)
    recovery, detail = said(buyer)
    assert f"purchase lock stands at {UNTIL}" in recovery and "2026-10-12" in detail


def test_a_late_bill_is_booked_on_the_first_day_that_is_open_for_bills(buyer: Buyer) -> None:
    buyer.late_events = "first_open"
    lock(buyer, purchase=UNTIL, sale="2026-10-18", fiscalyear="2026-09-30")
    buyer.ready()
    buyer.bill("B-1", on=date(2026, 10, 12))
    assert buyer.cases() == [] and days_of(buyer)["B-1"] == "2026-10-16"


def test_a_lock_of_taxes_stops_what_is_taxed_alone(buyer: Buyer) -> None:
    lock(buyer, tax=UNTIL)
    buyer.ready()
    buyer.bill("B-1", on=date(2026, 10, 12))
    assert [cause for cause, _ in buyer.cases()] == ["late_event"]
    assert f"tax lock stands at {UNTIL}" in said(buyer)[0]


@pytest.mark.parametrize("which", ["sale", "purchase", "tax"])
def test_an_entry_without_tax_is_no_business_of_other_locks(which: str, office: Office) -> None:
    office.let_in()
    lock(office, **{which: "2026-10-31"})
    office.journal("J", "10.00")
    office.work()
    assert office.cases() == [] and days_of(office)["J"] == "2026-10-15"


@pytest.mark.parametrize("which", ["fiscalyear", "hard"])
def test_a_lock_of_everything_stops_an_entry_and_is_named(which: str, office: Office) -> None:
    office.let_in()
    lock(office, **{which: UNTIL})
    office.journal("J", "10.00")
    office.work()
    name = {"fiscalyear": "fiscal year", "hard": "hard"}[which]
    assert office.cases() == [("late_event", "J")] and f"{name} lock stands at {UNTIL}" in said(office)[0]


def test_whom_an_exception_lets_in_books_on_its_own_day(office: Office) -> None:
    office.let_in()
    lock(office, fiscalyear=UNTIL)
    users = office.world.odoo.service.world.table("res.users")
    for user in users:
        office.admin.call(
            "account.lock_exception", "create",
            vals_list=[{"company_id": office.company.id, "user_id": user, "fiscalyear_lock_date": False,
                        "reason": "late accruals", "end_datetime": "2027-01-01 00:00:00"}],
        )  # fmt: skip
    office.journal("J", "10.00")
    office.work()
    assert office.cases() == [] and days_of(office)["J"] == "2026-10-15"


@pytest.mark.parametrize(("how", "day"), [("reopened", "2026-10-12"), ("first_open", "2026-10-16")])
def test_what_is_locked_between_its_plan_and_its_sending_is_not_sent_to_be_booked_on_another_day(
    how: str, day: str, buyer: Buyer
) -> None:
    buyer.ready()
    buyer.deliver()
    buyer.give("bills", "b.xml", bill_of(buyer, "B-1"))
    buyer.plan()
    lock(buyer, purchase=UNTIL)
    buyer.deliver()
    assert "B-1" not in days_of(buyer)
    assert [cause for cause, _ in buyer.cases()] == ["locked_meanwhile"]
    assert f"the purchase lock stands at {UNTIL}" in said(buyer)[1]
    if how == "reopened":
        lock(buyer, purchase=False)
    else:
        buyer.late_events = how
    with buyer.database.transaction() as connection:
        replay(connection, buyer.clock.now(), "cora", cause="locked_meanwhile")
    buyer.work()
    assert buyer.cases() == [] and days_of(buyer)["B-1"] == day


@pytest.mark.parametrize(("which", "day"), [("purchase", "2026-10-15"), ("sale", "2026-10-19")])
def test_a_sale_is_stopped_by_a_lock_of_sales_alone_and_its_money_by_neither(
    which: str, day: str, office: Office
) -> None:
    selling = Selling(office)
    selling.order("1001", [line("100.00", ("State Tax", "0.15", "15.00"))], "115.00")
    lock(office, **{which: "2026-10-18"})
    selling.work()
    assert selling.cases() == []
    booked = days_of(office)
    assert booked.pop("1001") == day and set(booked.values()) == {"2026-10-15"}
