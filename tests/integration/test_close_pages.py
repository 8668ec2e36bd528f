"""Every page of a close with something in each of its parts, in a real browser: both themes, on a desk and on a phone, and as it is printed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from playwright.sync_api import Browser, expect

from tests.integration.buying import Buyer
from tests.integration.test_accounts_page import PICTURES, pytestmark  # noqa: F401 - the mark is this file's as well
from tests.integration.test_accounts_page import Desk as Screen
from tests.integration.test_accounts_page import chromium as chromium
from tests.integration.test_itemised import SUSPENSE, TRANSIT, UNAPPLIED, Desk
from tests.integration.test_once import OpenBooks
from tests.integration.test_work_api import Front
from tieout.cases import list_open
from tieout.console import pages
from tieout.operations.discover import discover
from tieout.planning import exclude

# Across, less its margins, at 96 dots an inch.
A4 = {"width": 1032, "height": 703}


class Books(OpenBooks):
    """With what the runbooks ask as well."""

    settings = SimpleNamespace(watch=())

    def connector_of(self, system: str) -> Any:
        return discover()[system]


def a_month(buyer: Buyer) -> Desk:
    """October with a bill that is booked and one that a person left out, items on three accounts, some past their age, entries by
    hand, and signatures of which one was taken back."""
    buyer.late_events = "first_open"
    buyer.ready()
    buyer.bill(quantity="5")
    buyer.bill("B-2", quantity="1", vendor="Nobody at all", order="")
    desk = Desk(buyer)
    desk.over()
    for row in list_open(desk.connection):
        exclude(
            desk.connection,
            buyer.release(),
            row["case_id"],
            "the shop's own test: nothing is owed for it",
            buyer.clock.now(),
            "carl",
        )
    desk.book(
        SUSPENSE,
        "-1458.04",
        "2026-10-21",
        "by hand: a transfer that nobody knows, with a reference that is as long as banks make them 4711-0815",
    )
    desk.book(TRANSIT, "70", "2026-10-30", "payout po_1NXWPnCo6bFb1KQto6C8OWvE")
    for n in range(4):
        desk.book(UNAPPLIED, f"-{100 + n}", f"2026-10-0{n + 1}", f"cash of order US-10{n}")
    desk.state()
    for who in ("cora", "carl"):
        desk.sign(who, "bank reconciled", "purchases accrued", "waivers decided")
    buyer.bill("LATE", quantity="1", on=date(2026, 10, 30))
    buyer.admin.call(
        "res.company", "write", ids=[buyer.company.id], vals={"fiscalyear_lock_date": "2026-10-31"}
    )
    buyer.bill("LATER", quantity="1", on=date(2026, 10, 30))
    buyer.clock.at = datetime(2026, 11, 4, 15, tzinfo=UTC)
    desk.state()
    return desk


def test_every_page_of_a_close_is_for_everybody(chromium: Browser, buyer: Buyer) -> None:
    desk = a_month(buyer)
    front = Front(desk.b, Books(desk.b), pages("Test", "test", False, lambda: True))
    try:
        screen = Screen(chromium, front, "cora")
        page = screen.page
        page.goto("/close")
        screen.is_for_everybody("close-list")
        page.goto("/close/US/2026-10")
        screen.is_for_everybody("close-tasks")
        # Each task leads to what it is about.
        for task, where in (
            ("accounts certified", "/accounts"),
            ("accounts itemised", "#standing"),
            ("waivers decided", "/printed#waived"),
        ):
            link = page.get_by_role("link", name=task).first
            assert str(link.get_attribute("href")).endswith(where), task
        page.get_by_role("link", name="Printed close").click()
        # As it comes from the server: with its own style, which a page of the console has not.
        expect(page.locator("section#waived")).to_contain_text("the shop's own test")
        assert page.evaluate("document.styleSheets.length") == 1
        assert page.locator("h2", has_text="Excluded documents").count() == 0
        screen.is_for_everybody("close-printed")
        page.set_viewport_size(A4)  # type: ignore[arg-type]
        page.emulate_media(media="print", color_scheme="dark")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"printed it is {wide} pixels wider than A4"
        if PICTURES:
            page.screenshot(path=str(Path(PICTURES) / "close-printed-a4.png"), full_page=True)
    finally:
        front.stop()
