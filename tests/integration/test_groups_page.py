"""Groups of cases, one decision of a whole group, and what governed accounts moved by, in a real browser: both themes, and
as wide as a phone."""

# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.for_everybody import is_for_everybody
from tests.integration.existing import (  # noqa: F401 - fixtures are imported by name
    FIRST_DAY,
    INVOICES,
    LINES,
    PAYMENTS,
    Company,
    company,
    origin,
    world,
    years_of_books,
)
from tests.integration.office import Office
from tests.integration.test_once import OpenBooks
from tests.integration.test_reconciling import NOW
from tests.integration.test_work_api import Front
from tieout.console import pages
from tieout.operations.origins import record_origins

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"),
]
BROAD = origin("by_hand", "entry", journals=("MISC",), since=date(2026, 10, 20))


@pytest.fixture
def shown(company: Company) -> Company:
    """With its books, what is declared of them, and what a close looks at first."""
    company.begins_on, company.origins = FIRST_DAY, (INVOICES, PAYMENTS, replace(LINES, users=()), BROAD)
    years_of_books(company)
    company.gather()
    with company.database.transaction() as connection:
        record_origins(connection, company.release(), NOW)
    return company


@pytest.fixture
def front(shown: Company) -> Iterator[Front]:
    office = Office(shown.world, shown.admin, shown.company, shown.database, shown.session).let_in()
    office.release = shown.release  # type: ignore[method-assign]
    made = Front(office, OpenBooks(office), pages("Test", "test", False, lambda: True))  # type: ignore[arg-type]
    yield made
    made.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(chromium: Browser, front: Front, who: str, theme: str, width: int) -> Page:
    token = front.sign_in(who).headers["cookie"].partition("=")[2]
    context = chromium.new_context(
        base_url=front.base, color_scheme=theme, viewport={"width": width, "height": 900}, locale="en-GB"
    )  # type: ignore[arg-type]
    context.add_cookies([{"name": "tieout", "value": token, "url": front.base}])
    return context.new_page()


def test_a_whole_group_is_decided_on_its_page_and_what_changed_meanwhile_is_left(
    chromium: Browser, front: Front
) -> None:
    page = opened(chromium, front, "cora", "light", 1280)
    page.goto("/cases")
    groups = page.locator("#groups tbody tr")
    expect(groups).to_have_count(3)
    expect(groups.nth(0)).to_contain_text("Entry in MISC by mallory@co.example on 121000")
    expect(groups.nth(0)).to_contain_text("100,000.00 USD")
    page.get_by_role("row", name="Entry in MISC by bob@co.example").get_by_role("link").click()
    expect(page.locator("#group .lead")).to_contain_text("5 cases of US in October 2026, 61.25 USD at risk")
    # While somebody looks at it, one of the five becomes another.
    front.c.execute(
        "update tieout.cases set revision = revision + 1 where case_id = (select min(case_id) from tieout.cases where made_user = 'bob@co.example')"
    )
    page.locator("#group").get_by_label("Reason").fill("fees that Bob books each month")
    page.get_by_role("button", name="Accept as they are").first.click()
    expect(page.locator("#told")).to_contain_text("4 cases are solved; 1 left as they were")
    expect(page.locator("#told")).to_contain_text("it changed since it was listed")
    expect(page.locator("#group .lead")).to_contain_text("1 case of US")
    rows = front.office.database.rows(
        "select solved_by, resolution, accepted from tieout.cases where state = 'solved'"
    )
    assert [tuple(r.values()) for r in rows] == [("cora", "fees that Bob books each month", True)] * 4
    # Those that are ticked, on the list of them all.
    page.goto("/cases?cause=entry_without_source&entity=US")
    page.locator("[data-choose]").first.check()
    page.locator("#bulk").get_by_label("Owner").select_option("cora")
    page.locator("#bulk").get_by_role("button", name="Assign to the owner").click()
    expect(page.locator("#told")).to_contain_text("1 cases are given")
    assert front.office.evidence("case.decided") == 6


def test_what_governed_accounts_moved_by_and_what_is_declared_is_shown(
    chromium: Browser, front: Front
) -> None:
    page = opened(chromium, front, "cora", "light", 1280)
    page.goto("/tie-out")
    row = page.get_by_role("row", name="121000 USD")
    expect(row).to_contain_text("invoices, payments")
    expect(row.get_by_role("link")).to_contain_text("100,000.00")
    told = page.locator("#origins")
    expect(told.locator("article", has_text="by_hand of US")).to_contain_text("whatever its amount")
    expect(told.locator("article", has_text="by_hand of US")).to_contain_text("cora: they do it there")
    expect(told.locator(".badge.bad")).to_have_count(2)


def test_the_pages_are_for_everybody(chromium: Browser, front: Front) -> None:
    page = opened(chromium, front, "cora", "light", 1280)
    page.goto("/cases")
    is_for_everybody(page, "cases")
    page.locator("#groups").get_by_role("link").first.click()
    page.locator("#group").wait_for()
    is_for_everybody(page, "group")
    page.goto("/tie-out")
    is_for_everybody(page, "tie-out")
