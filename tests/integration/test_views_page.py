"""A list is kept under a name, opened and taken away, by keyboard, in a browser; its pages read well in both themes and on a phone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.integration.test_views_and_exports import Desk
from tieout.store import Database

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"),
]


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    made = Desk(database)
    made.fill()
    yield made
    made.front.stop()


@pytest.fixture
def chromium() -> Iterator[Browser]:
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(chromium: Browser, desk: Desk, who: str) -> Page:
    token = desk.api[who].headers["cookie"].partition("=")[2]
    context = chromium.new_context(
        base_url=desk.front.base, viewport={"width": 1280, "height": 900}, locale="en-GB"
    )
    context.add_cookies([{"name": "tieout", "value": token, "url": desk.front.base}])
    return context.new_page()


def reads_well(page: Page) -> None:
    """Nothing serious for axe-core in either theme, and no sideways scroll on a phone."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [v for v in found if v["impact"] in ("serious", "critical")] == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_list_is_kept_by_keyboard_and_a_colleague_opens_it(chromium: Browser, desk: Desk) -> None:
    page = opened(chromium, desk, "cy")
    page.goto("/documents?entity=US")
    page.keyboard.press("g")
    page.keyboard.press("v")
    expect(page.get_by_role("heading", name="Views of Documents")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_be_focused()
    page.keyboard.type("Those of the US")
    page.keyboard.press("Tab")
    page.keyboard.type("everybody who")
    reads_well(page)
    page.get_by_role("textbox", name="Name", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#told")).to_contain_text("“Those of the US” is kept")
    views = page.get_by_role("navigation", name="Views of this list")
    expect(views.get_by_role("link", name="Those of the US")).to_have_attribute("aria-current", "true")
    reads_well(page)
    other = opened(chromium, desk, "eve")
    other.goto("/documents")
    other.get_by_role("link", name="Those of the US").click()
    expect(other).to_have_url(f"{desk.front.base}/documents?entity=US")
    expect(other.get_by_text("No document is so.")).to_be_visible()
    viewer = opened(chromium, desk, "vic")
    viewer.goto("/documents")
    expect(viewer.get_by_role("link", name="Those of the US")).to_have_count(0)
    page.goto("/views?page=/documents")
    reads_well(page)
    page.get_by_role("heading", name="Kept views").click()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Those of the US").focus()
    page.keyboard.press("d")
    expect(page.locator("#told")).to_contain_text("is not kept any more")
    expect(page.get_by_text("No view of it is kept yet.")).to_be_visible()
