"""The tie-out by ledger month over a real database and Odoo's simulator: what leads from the shop's month to the books', by
document, and what somebody moved in Odoo."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import httpx2
import pytest
from playwright.sync_api import sync_playwright

from tests.integration.selling import Seller, at
from tests.integration.test_groups_page import CHROMIUM, is_for_everybody, opened
from tests.integration.test_work_api import Front, operator
from tieout.console import pages
from tieout.money import Period
from tieout.proofs import AccountMonth, MonthRow, keep_ledger_month, kept_ledger_months, read_ledger_month
from tieout.proofs.ledger_months import Why
from tieout.security import stamper

pytestmark = pytest.mark.long

OCTOBER, NOVEMBER = Period(2026, 10), Period(2026, 11)


def look(seller: Seller, period: Period) -> tuple[MonthRow, dict[str, AccountMonth]]:
    """The shop's row of a month, kept as well; and every account of ours."""
    connection = seller.database.connect(autocommit=True)
    rows, accounts = read_ledger_month(connection, seller.release(), seller.session, "US", period)
    with connection.transaction():
        keep_ledger_month(connection, "US", period, rows, accounts, seller.clock.now())
    connection.close()
    assert all(not a.residual for a in accounts)
    return next(r for r in rows if r.interface == "shop"), {a.account: a for a in accounts}


def told(seller: Seller, period: Period, amount: str, count: int) -> None:
    """What the shop's own report says that it sold in a month."""
    with seller.database.transaction() as connection:
        now, zero = seller.clock.now(), Decimal(0)
        given = ("shop", "US", str(period), "USD", "orders", count, Decimal(amount), zero)
        connection.execute(
            "insert into tieout.control_total (interface, entity, period, currency, control_group, count, debit, credit,"
            " taken_at, stamp, reference) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'r')",
            (*given, now, stamper(connection).control_total(*given, now)),
        )


@pytest.fixture
def sold(seller: Seller) -> Seller:
    """Three orders of October: one sent and billed in it, one in November, one held by a case."""
    seller.basis["invoice_on"] = "fulfilment"
    here, away, held = seller.sell("US-1", at(5)), seller.sell("US-2", at(30)), seller.sell("US-3", at(9))
    held["customer"] = None
    for order, day in ((here, at(6)), (away, at(2, 11)), (held, at(10))):
        seller.shops["USD"].fulfil(order, day)
    seller.tell(here, away, held)
    told(seller, OCTOBER, "366.00", 3)
    return seller


def test_the_bridge_names_what_was_booked_in_the_next_month(sold: Seller) -> None:
    row, accounts = look(sold, OCTOBER)
    assert (row.source, row.in_exception, row.posted) == (Decimal(366), Decimal(122), Decimal(244))
    assert [(i.why, i.number, i.amount, i.stated, i.on) for i in row.items] == [
        (Why.ELSEWHERE, "US-2", Decimal(122), date(2026, 10, 30), date(2026, 11, 2))]  # fmt: skip
    assert (row.ledger_month, row.in_ledger, row.residual, row.unexplained) == (122, 122, 0, 0)
    assert accounts["121000"].by_interface == {"shop": Decimal(122)} and accounts["121000"].others == 0
    row, _ = look(sold, NOVEMBER)
    assert [(i.why, i.number) for i in row.items] == [(Why.FROM_ELSEWHERE, "US-2")]
    assert (row.posted, row.ledger_month, row.in_ledger, row.source) == (0, 122, 122, None)


def test_what_somebody_moved_to_another_month_or_booked_there_is_seen_by_document(sold: Seller) -> None:
    context = {"allowed_company_ids": [sold.company.id]}
    (move,) = sold.admin.call("account.move", "search", domain=[["ref", "=", "US-1"]], context=context)
    sold.admin.call("account.move", "button_draft", ids=[move], context=context)
    sold.admin.call("account.move", "write", ids=[move], context=context,
                    vals={"invoice_date": "2026-11-05", "date": "2026-11-05"})  # fmt: skip
    sold.admin.call("account.move", "action_post", ids=[move], context=context)
    row, _ = look(sold, OCTOBER)
    assert (row.ledger_month, row.in_ledger, row.residual) == (122, 0, 122)
    assert [(i.number, i.amount) for i in row.items if i.why is Why.DIFFERS] == [("US-1", Decimal(-122))]
    row, accounts = look(sold, NOVEMBER)
    assert (row.ledger_month, row.in_ledger, row.residual) == (122, 244, -122)
    assert [(i.number, i.amount) for i in row.items if i.why is Why.DIFFERS] == [("US-1", Decimal(122))]
    assert accounts["121000"].by_interface == {"shop": Decimal(244)}


def test_others_are_told_apart_by_account_and_the_month_is_kept_with_evidence(sold: Seller) -> None:
    assert sold.cut() == {}
    context = {"allowed_company_ids": [sold.company.id]}
    codes = {
        a["code"]: a["id"]
        for a in sold.admin.call("account.account", "search_read", domain=[["code", "in", ["121000", "400000"]]],
                                 fields=["code"], context=context)
    }  # fmt: skip
    (journal,) = sold.admin.call("account.journal", "search", domain=[["code", "=", "MISC"]], context=context)
    lines = [[0, 0, {"account_id": codes[c], "debit": d, "credit": k}]
             for c, d, k in (("121000", 50000, 0), ("400000", 0, 50000))]  # fmt: skip
    made = sold.admin.call("account.move", "create", context=context, vals_list=[
        {"move_type": "entry", "journal_id": journal, "date": "2026-10-20", "line_ids": lines}])  # fmt: skip
    sold.admin.call("account.move", "action_post", ids=made, context=context)
    row, accounts = look(sold, OCTOBER)
    assert row.residual == 0
    assert (accounts["400000"].others, accounts["400000"].by_interface) == (
        Decimal(-50000),
        {"shop": Decimal(-107)},
    )
    assert accounts["400000"].moved == Decimal(-50107)
    look(sold, OCTOBER)
    assert sold.evidence("ledger.month") == 1
    with sold.database.transaction() as connection:
        (kept,) = kept_ledger_months(connection, ["US"], "2026-10", 10)
        shop = next(r for r in kept["figures"]["bridge"] if r["interface"] == "shop")
        assert (shop["elsewhere"], shop["items"][0]["number"]) == ("122.00", "US-2")
        assert not kept_ledger_months(connection, [], None, 10)


def test_the_api_and_the_page_show_it_to_who_may_see_the_entity(sold: Seller) -> None:
    look(sold, OCTOBER)
    sold.let_in()
    operator(sold, "dora", "DE")
    front = Front(sold, None, pages("Test", "test", False, lambda: True))
    try:
        cora = front.sign_in("cora")
        (month,) = cora.get("/tie-out/ledger-months", params={"period": "2026-10"}).json()
        shop = next(r for r in month["bridge"] if r["interface"] == "shop")
        assert (shop["source"], shop["elsewhere"], shop["in_ledger"], shop["residual"]) == (
            "366.00", "122.00", "122.00", "0.00")  # fmt: skip
        assert shop["items"] == [{"why": "in another month of the ledger", "document": shop["items"][0]["document"],
                                  "number": "US-2", "stated": "2026-10-30", "on": "2026-11-02", "amount": "122.00"}]  # fmt: skip
        assert cora.get("/tie-out/ledger-months", params={"period": "2026-09"}).json() == []
        assert front.sign_in("dora").get("/tie-out/ledger-months").json() == []
        page = httpx2.get(
            f"{front.base}/tie-out", headers={"cookie": cora.headers["cookie"]}, timeout=30
        ).text
        assert "by the ledger of US" in page and "US-2" in page and "in another month of the ledger" in page
        other = httpx2.get(
            f"{front.base}/tie-out?interface=books", headers={"cookie": cora.headers["cookie"]}, timeout=30
        )
        assert "US-2" not in other.text
    finally:
        front.stop()


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium")
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_the_page_is_for_everybody(sold: Seller, theme: str, width: int) -> None:
    look(sold, OCTOBER)
    sold.let_in()
    front = Front(sold, None, pages("Test", "test", False, lambda: True))
    try:
        with sync_playwright() as player:
            browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = opened(browser, front, "cora", theme, width)
            page.goto("/tie-out")
            page.get_by_text("shop USD: 1 between the two months").click()
            page.get_by_text("By account").click()
            is_for_everybody(page, f"ledger-month-{theme}-{width}")
            browser.close()
    finally:
        front.stop()
