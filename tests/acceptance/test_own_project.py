"""An own project, by one person alone, from `tieout init` to its first figure, in a real browser; and how it goes on from where
somebody stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.acceptance.own_project import CHROMIUM, Outside, Walker, begun, outside, running, whole_way
from tests.acceptance.page_faults import complaints, too_wide

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with outside(tmp_path_factory.mktemp("outside")) as made:
        made.entry()
        yield made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def page_of(chromium: Browser) -> Page:
    return chromium.new_context(locale="en-GB").new_page()


def test_one_person_alone_comes_to_a_first_figure_and_nothing_is_posted(
    chromium: Browser, out: Outside, tmp_path: Path
) -> None:
    before = out.posted()
    assert before == 1
    wrong: dict[str, list[str]] = {}

    def look(page: Page, step: str) -> None:
        # Each page as a phone has it, and for everybody.
        wrong[step] = complaints(page, "light") + complaints(page, "dark") + too_wide(page, 390)

    folder = tmp_path / "own"
    with begun(folder, out.world) as link:
        walker = Walker(page_of(chromium), look=look)
        whole_way(walker, link, out)
        page = walker.page
        assert walker.seen == ["roles", "odoo", "company", "accounts", "source", "interface", "figure"]
        expect(page.locator("#figure")).to_contain_text("Of US nothing is posted")
        row = page.locator("#figure tbody tr").first
        expect(row.locator("[data-label=Residual]")).to_contain_text("0.00")
        expect(row.locator("[data-label=Posted]")).to_contain_text("0.00")
        assert not row.locator("[data-label='Source says']").inner_text().startswith("0.00")
        wrong["end"] = complaints(page, "light") + complaints(page, "dark") + too_wide(page, 390)
        # What the source brought along is picked for as well.
        walker.follow("Pick the others")
        walker.stands("accounts")
        walker.press("Take these accounts")
        expect(page.locator("#told")).to_contain_text("roles have an account")
        # The role that they took is marked as their own word wherever it stands.
        page.goto(f"{link.partition('/welcome')[0]}/access")
        expect(page.locator("main")).to_contain_text("by their own word")
        page.wait_for_timeout(3000)
    assert {step: found for step, found in wrong.items() if found} == {}
    # Nothing but the marker, by which another database is told apart, went out.
    assert out.posted() == before
    said = (folder / "entities" / "US.toml").read_text()
    assert "posts = false" in said and "begins_on = 2026-10-01" in said
    assert 'system = "stripe"' in (folder / "interfaces" / "stripe.toml").read_text()
    assert "clearing.stripe.USD,101501" in (folder / "mappings" / "accounts.csv").read_text()


def test_it_goes_on_where_somebody_stopped_and_comes_up_while_odoo_is_down(
    chromium: Browser, tmp_path: Path
) -> None:
    folder = tmp_path / "own"
    with outside(tmp_path / "outside") as out:
        walker = Walker(page_of(chromium))
        with begun(folder, out.world) as link:
            walker.get_in(link)
            walker.take_roles()
            walker.connect_odoo(out)
            walker.stands("company")
            cookies = walker.page.context.cookies()
    # Its Odoo is gone; it comes up all the same, and says so at the step that needs it.
    with running(folder) as link:
        assert link == ""
        base = walker.page.url.partition("/set-up")[0]
        walker.page.context.add_cookies(cookies)  # type: ignore[arg-type]
        walker.page.goto(f"{base}/")
        walker.stands("company")
        expect(walker.page.locator(".flash.bad")).to_contain_text("cannot be reached")
        # Back to any step, too.
        walker.page.goto(f"{base}/set-up/odoo")
        expect(walker.page.locator("main")).to_contain_text("Odoo 18, 19 and 20")


def test_in_production_the_page_says_who_is_missing_and_invites_them(
    chromium: Browser, out: Outside, tmp_path: Path
) -> None:
    with begun(tmp_path / "own", out.world, "production") as link:
        walker = Walker(page_of(chromium))
        walker.get_in(link)
        walker.stands("roles")
        page = walker.page
        assert page.get_by_role("button", name="Give yourself this role").count() == 0
        expect(page.locator("main")).to_contain_text("nobody gives themselves a role here")
        expect(page.locator("main")).to_contain_text("whatever gives rights takes two administrators")
        walker.fill("#person", "ben")
        page.locator("#role").select_option("administrator")
        walker.press("Let them in")
        expect(page.locator(".flash.good")).to_contain_text("/welcome#")
        # No button that would refuse: what needs roles is shown without one.
        page.goto(f"{link.partition('/welcome')[0]}/set-up/odoo")
        expect(page.locator("main")).to_contain_text("Your roles look at this and change nothing")
        assert page.get_by_role("button", name="Test and connect").count() == 0
