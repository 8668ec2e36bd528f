"""Every page of the console is for everybody: by axe-core in both themes and at three widths, without a sideways scroll, by thumb.

The pages are those of the console's own routes (console_pages.py), over a whole month with its cases.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.acceptance.console_pages import (
    BEFORE_SIGN_IN,
    EXAMPLES,
    NO_PAGE,
    NOT_THERE,
    filled,
    route_of,
    routes,
)
from tests.acceptance.page_faults import EVERY, complaints, too_small, too_wide
from tests.simulation.house import House
from tieout.money import Period
from tieout.operations.closing import close_state

CHROMIUM = shutil.which("chromium")
browser_only = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"
)
LOOKS = [(width, theme) for theme in ("light", "dark") for width in (1440, 390, 1024)]
POLICY = (
    '[[policy]]\nname = "exclusions"\nwhen = \'action == "exclude"\'\nsteps = [{ role = "controller" }]\n'
)
ALL_ROLES = ("controller", "administrator", "auditor", "integrator", "operator")
# WCAG 2.2: 2.5.5 for what is done by thumb, 2.5.8 for the rest.
BY_THUMB, LEAST = 44, 24


def test_every_route_has_a_page_that_is_looked_at() -> None:
    paths = [r.path for r in routes()]
    assert len(paths) > 30 and sorted(paths) == sorted([*EXAMPLES, *NO_PAGE]), "console_pages.py names them"
    data = dict.fromkeys(("case", "request", "document", "longest", "payout", "survey"), 1)
    for route, examples in EXAMPLES.items():
        assert examples, route
        for path in examples:
            assert route_of(path.format(**data, cause="x", account="1/USD")) == route


class Asked:
    """Requests of mona's that wait for somebody else, in the project's house."""

    def __init__(self, house: House) -> None:
        self.house = house
        for name, roles in (("mona", ("controller",)), ("paul", ("controller",)), ("alma", ALL_ROLES)):
            for role in roles:
                house.grant(name, role)
        signed = {name: house.session(name) for name in ("mona", "paul", "alma")}
        self.tokens = {name: token for name, (token, _) in signed.items()}
        self.headers = {name: headers for name, (_, headers) in signed.items()}
        policy = house.project.settings.folder / "rules" / "approvals.toml"
        policy.parent.mkdir(exist_ok=True)
        policy.write_text(POLICY)
        time.sleep(0.3)

    def api(self, name: str) -> httpx2.Client:
        return httpx2.Client(base_url=f"{self.house.base}/api/v1", headers=self.headers[name], timeout=60)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of its own: whoever works in another one closes its month, and its cases are solved."""
    made = House(tmp_path_factory.mktemp("pages") / "demo", "distributor", orders=8)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def asked(house: House) -> Asked:
    made = Asked(house)
    close_state(house.project, "US", Period(2026, 10))
    # Its ledger was surveyed.
    with made.api("alma") as http:
        (ledger,) = http.get("/surveys/ledgers").json()
        taken = http.post("/surveys", json={"system": ledger}, headers={"idempotency-key": "pages"})
        assert taken.status_code == 201, taken.text
    return made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def as_(chromium: Browser, asked: Asked) -> Iterator[Callable[..., Page]]:
    """A page of somebody's browser, of nobody's by the name ""; on a phone, if asked for."""
    contexts: list[Any] = []

    def opened(name: str, phone: bool = False, locale: str = "en-GB") -> Page:
        touch = {"is_mobile": True, "has_touch": True, "device_scale_factor": 3} if phone else {}
        context = chromium.new_context(
            base_url=asked.house.base, locale=locale, viewport={"width": 390, "height": 844}, **touch
        )
        if name:
            context.add_cookies([{"name": "tieout", "value": asked.tokens[name], "url": asked.house.base}])
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


def addresses(asked: Asked) -> list[str]:
    """Every page's address; a request for an approval is there."""
    house = asked.house
    if house.connection.execute("select 1 from tieout.approval_request limit 1").fetchone() is None:
        exclude(asked, "it is for the pages")
    row = house.connection.execute(
        "select account, currency from tieout.account_figure where entity = 'US' and period = '2026-10' order by 1 limit 1"
    ).fetchone()
    assert row is not None, "the house has no account of October"
    return filled(house, f"{row['account']}/{row['currency']}")


def exclude(asked: Asked, reason: str) -> int:
    """Mona asks to exclude a case's document; the number of her request."""
    house = asked.house
    case = house.connection.execute(
        "select case_id from tieout.cases c where state = 'open' and document_id is not null and interface <> 'reconciliation'"
        " and not exists (select 1 from tieout.approval_request r where r.state = 'open' and r.case_id = c.case_id)"
        " order by case_id"
    ).fetchall()
    with asked.api("mona") as http:
        for row in case:
            reply = http.post(f"/cases/{row['case_id']}/exclude", json={"reason": reason})
            if reply.status_code == 200 and reply.json()["request"] is not None:
                return int(reply.json()["request"])
    raise AssertionError(f"none of {len(case)} cases could be excluded")


@pytest.mark.long
@browser_only
def test_axe_finds_nothing_on_any_page(asked: Asked, as_: Any) -> None:
    """Each page in one of six looks, by turns; in all of them by `make campaign-axe`."""
    alma, nobody, found = as_("alma"), as_(""), {}
    for number, path in enumerate([*addresses(asked), NOT_THERE]):
        page = nobody if path in BEFORE_SIGN_IN else alma
        for width, theme in LOOKS if EVERY else [LOOKS[number % len(LOOKS)]]:
            page.set_viewport_size({"width": width, "height": 900})
            reply = page.goto(path)
            assert reply is not None and reply.status == (404 if path == NOT_THERE else 200), path
            if seen := complaints(page, theme):
                found[f"{path} {width} {theme}"] = seen
    assert found == {}


@pytest.mark.long
@browser_only
def test_no_page_scrolls_sideways(asked: Asked, as_: Any) -> None:
    """On a phone and on a tablet, with all its parts open; in German, and with words that never end."""
    found = {}
    for locale in ("en-GB", "de-DE"):
        alma, nobody = as_("alma", locale=locale), as_("", locale=locale)
        for path in [*addresses(asked), NOT_THERE]:
            page = nobody if path in BEFORE_SIGN_IN else alma
            page.goto(path)
            for width in (390, 1024):
                if seen := too_wide(page, width):
                    found[f"{path} {width} {locale}"] = seen
            if locale == "de-DE" and (seen := too_wide(page, 390, long_words=True)):
                found[f"{path} with long words"] = seen
    assert found == {}


@pytest.mark.long
@browser_only
def test_nothing_that_is_pressed_is_small_on_a_phone(asked: Asked, as_: Any) -> None:
    """44 pixels on the pages of cases and approvals and in what every page has around it, 24 on all others."""
    page, found = as_("alma", phone=True), {}
    for path in addresses(asked):
        if path not in BEFORE_SIGN_IN and not path.endswith("/printed"):
            page.goto(path)
            thumb = path == "/" or path.startswith(("/cases", "/approvals"))
            page.locator("header .menu").last.evaluate("e => e.open = true")
            if seen := too_small(page, BY_THUMB if thumb else LEAST):
                found[path] = seen
    assert found == {}


@browser_only
def test_a_second_person_approves_and_rejects_on_a_phone(asked: Asked, as_: Any) -> None:
    first, second = exclude(asked, "it is in the books already"), exclude(asked, "it was ordered by mistake")
    page: Page = as_("paul", phone=True)

    def fits() -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url

    # From Today to the request.
    page.goto("/")
    fits()
    waiting = page.get_by_role("group", name="What waits for an approval")
    waiting.scroll_into_view_if_needed()
    waiting.get_by_role("link", name="US").tap()
    page.wait_for_url("**/approvals?entity=US")
    fits()
    assert too_small(page, BY_THUMB) == []
    page.locator(f"a[href='/approvals/{first}']").tap()
    page.wait_for_url(f"**/approvals/{first}")
    # What would be booked, and who asked, are read without a sideways scroll.
    expect(page.get_by_role("heading", name="What it would book")).to_be_visible()
    expect(page.locator("main")).to_contain_text("mona")
    fits()
    assert too_small(page, BY_THUMB) == []
    page.get_by_label("Reason").tap()
    page.get_by_label("Reason").fill("seen in the ledger, by phone")
    page.get_by_role("button", name="Approve").tap()
    expect(page.locator("#told .flash.good")).to_contain_text("1 approved")
    # A rejection needs its reason, and says so.
    page.goto(f"/approvals/{second}")
    page.get_by_role("button", name="Reject").tap()
    expect(page.get_by_label("Reason")).to_be_focused()
    page.get_by_label("Reason").fill("the order stands")
    page.get_by_role("button", name="Reject").tap()
    expect(page.locator("#told .flash.good")).to_contain_text("rejected")
    decided = asked.house.connection.execute(
        "select request_id, person, verdict, reason from tieout.approval_decision where request_id = any(%s) order by 1",
        ([first, second],),
    ).fetchall()
    assert [tuple(row.values()) for row in decided] == [
        (first, "paul", "approve", "seen in the ledger, by phone"),
        (second, "paul", "reject", "the order stands"),
    ]
    # Evidence says who.
    alma: Page = as_("alma", phone=True)
    alma.goto("/evidence?action=approval.")
    expect(alma.locator("main")).to_contain_text("paul")


@browser_only
def test_ones_own_request_is_refused_readably_on_a_phone(asked: Asked, as_: Any) -> None:
    number = exclude(asked, "asked and approved by one")
    page: Page = as_("mona", phone=True)
    page.goto(f"/approvals/{number}")
    expect(page.locator(".flash.busy")).to_have_text("You made this: somebody else decides.")
    page.get_by_role("button", name="Approve").tap()
    said = page.get_by_role("alert")
    expect(said).to_contain_text("mona")
    box = said.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@browser_only
def test_a_case_is_assigned_and_commented_on_a_phone(asked: Asked, as_: Any) -> None:
    page: Page = as_("paul", phone=True)
    page.goto("/cases")
    link = page.get_by_role("group", name="Cases", exact=True).locator("tbody th a").first
    link.scroll_into_view_if_needed()
    link.tap()
    page.wait_for_url("**/cases/*")
    assert too_small(page, BY_THUMB) == []
    page.get_by_label("Assign to").select_option("paul")
    page.get_by_role("button", name="Assign", exact=True).tap()
    expect(page.locator("#told .flash.good")).to_be_visible()
    page.get_by_label("A note").fill("looked at on the train")
    page.get_by_role("button", name="Comment").tap()
    expect(page.locator("#notes")).to_contain_text("looked at on the train")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.long
@browser_only
def test_axe_sees_colours_that_are_too_near_in_one_theme_alone(chromium: Browser) -> None:
    page = chromium.new_page()
    for theme, other in (("light", "dark"), ("dark", "light")):
        style = f"@media (prefers-color-scheme: {theme}) {{ p {{ color: #999; background: #aaa }} }}"
        page.set_content(
            f'<html lang="en"><title>x</title><style>{style}</style><main><h1>x</h1><p>hardly read'
        )
        assert [c.partition(" ")[0] for c in complaints(page, theme)] == ["color-contrast"], theme
        assert complaints(page, other) == []
    page.close()


@pytest.mark.long
@browser_only
def test_axe_sees_one_row_that_is_unlike_the_others(chromium: Browser) -> None:
    page = chromium.new_page()
    rows = [f"<tr><td>row {n}" for n in range(8)]
    for odd, seen in (
        ("<tr><td class=pale>row 9", 1),
        ("<tr><td><b class=pale>row 9</b>", 1),
        ("<tr><td>row 9", 0),
    ):
        style = "<style>.pale { color: #aaa; background: #bbb }</style>"
        page.set_content(
            f'<html lang="en"><title>x</title>{style}<main><h1>x</h1><table>{"".join([*rows, odd])}</table>'
        )
        assert len(complaints(page, "light")) == seen, odd
    page.close()


@browser_only
def test_what_is_too_wide_or_too_small_is_seen(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content(
        "<main><details><p style='width: 600px'>wide</details><button style='width: 30px; height: 60px'>x"
    )
    wide = too_wide(page, 390)
    assert wide and "width: 600px" in wide[1]
    assert [s.partition(" ")[0] for s in too_small(page, 44)] == ["30x60"] and too_small(page, 24) == []
    # A chart's word leads where a larger link leads, or it is too small itself.
    chart = "<svg width=99 height=20><a href=/x><text y=9 font-size=9>x</text></a></svg>"
    for link, seen in (("", 1), ("<a href=/x style='display: block; height: 30px'>x</a>", 0)):
        page.set_content(f"<main>{chart}{link}")
        assert len(too_small(page, 24)) == seen, link
    page.set_content("<main><div style='overflow-x: auto'><p style='width: 600px'>it scrolls by itself</div>")
    assert too_wide(page, 390) == [] and too_wide(page, 390, long_words=True) == []
    page.close()
