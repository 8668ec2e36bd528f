"""The page of a close's accounts, in a real browser: both themes, as wide as a desk's screen and as a phone; who prepares, who
reviews, who may not, in the API's own words."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.for_everybody import is_for_everybody
from tests.integration.buying import Buyer
from tests.integration.office import person
from tests.integration.test_certification import PAYABLE, Certifying
from tests.integration.test_certification import made as made
from tests.integration.test_once import OpenBooks
from tests.integration.test_work_api import Front
from tieout.console import pages

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"),
]
LIST = "/close/US/2026-10/accounts"
ONE = f"{LIST}/{PAYABLE}/USD"
WHY = "rent of October, see the lease: booked by hand because the landlord's bill came late"


@pytest.fixture
def front(made: Certifying) -> Iterator[Front]:
    """October is over; somebody booked 70.00 on what is owed to suppliers by hand."""
    made.by_hand()
    made.rows()
    buyer: Buyer = made.b
    buyer.add(person("vera"))
    buyer.grant("vera", "viewer", None)
    buyer.grant("bea", "controller", None)
    served = Front(buyer, OpenBooks(buyer), pages("Test", "test", False, lambda: True))
    yield served
    served.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Desk:
    """Somebody's browser, in which every page is looked at in both themes and both widths."""

    def __init__(
        self, chromium: Browser, front: Front, who: str, theme: str = "light", width: int = 1280
    ) -> None:
        token = front.sign_in(who).headers["cookie"].partition("=")[2]
        context = chromium.new_context(
            base_url=front.base, color_scheme=theme, viewport={"width": width, "height": 900}, locale="en-GB"
        )  # type: ignore[arg-type]
        context.add_cookies([{"name": "tieout", "value": token, "url": front.base}])
        self.page: Page = context.new_page()
        self.page.emulate_media(reduced_motion="reduce")


def test_an_account_is_prepared_rejected_prepared_anew_and_signed_by_another(
    chromium: Browser, front: Front
) -> None:
    bea, cora = Desk(chromium, front, "bea"), Desk(chromium, front, "cora")
    page = bea.page
    # From the close's task to the account that is open.
    page.goto("/close/US/2026-10")
    page.get_by_role("group", name="Tasks", exact=True).get_by_role("link", name="accounts certified").click()
    expect(page.locator("h1")).to_contain_text("1 of")
    expect(page.locator(".lead")).to_contain_text("Open: 1, of which 1 for you")
    waiting = page.get_by_role("group", name="Accounts that wait for people").locator("tbody tr")
    expect(waiting).to_have_count(1)
    for said in (
        PAYABLE,
        "payable",
        "medium",
        "−300.00",
        "−230.00",
        "the documents posted",
        "−70.00",
        "10.00",
        "your turn",
    ):
        expect(waiting).to_contain_text(said)
    is_for_everybody(bea.page, "accounts-open")
    page.get_by_role("link", name=f"{PAYABLE} USD").click()
    expect(page.locator(".lead")).to_contain_text("70.00 USD apart")
    is_for_everybody(bea.page, "account-to-prepare")
    # Words are needed, and what shows them is kept beside them.
    page.get_by_label("Why it is as it is").fill(" ")
    page.get_by_label("What shows it").fill("lease of 2024, page 3")
    page.get_by_role("button", name="Prepare it").click()
    expect(page.get_by_role("alert")).to_have_text(
        f"{PAYABLE} USD: not done: an explanation is needed: why it is as it is"
    )
    expect(page.get_by_label("What shows it")).to_have_value("lease of 2024, page 3")
    page.get_by_label("Why it is as it is").fill(WHY)
    page.get_by_role("button", name="Prepare it").click()
    expect(page.locator(".flash.good")).to_have_text(f"{PAYABLE} USD: prepared: somebody else signs it")
    # One person with both roles is one: it is said before they try, and there is no button.
    expect(page.locator(".flash.busy")).to_contain_text("who prepared it does not sign it")
    assert page.get_by_role("button", name="Sign it").count() == 0
    # The reviewer reads it and does not take it.
    page = cora.page
    page.goto(LIST)
    expect(page.get_by_role("group", name="Accounts that wait for people")).to_contain_text(WHY)
    is_for_everybody(cora.page, "accounts-to-review")
    page.goto(ONE)
    expect(page.locator("main")).to_contain_text("shown by: lease of 2024, page 3")
    is_for_everybody(cora.page, "account-to-review")
    page.get_by_role("button", name="Reject it").click()
    expect(page.get_by_label("Reason")).to_be_focused()
    page.get_by_label("Reason").fill("the lease says 65.00")
    page.get_by_role("button", name="Reject it").click()
    expect(page.locator(".flash.good")).to_have_text(f"{PAYABLE} USD: rejected: a preparer prepares it anew")
    expect(page.locator(".flash.bad")).to_contain_text("rejected by cora: the lease says 65.00")
    expect(page.locator(".flash.busy")).to_contain_text("Not yours to do: a preparer prepares it first")
    is_for_everybody(cora.page, "account-rejected")
    # Prepared anew, and signed.
    page = bea.page
    page.goto(ONE)
    page.get_by_label("Why it is as it is").fill("rent of October by the lease, and 5.00 of its interest")
    page.get_by_role("button", name="Prepare it").click()
    page.locator(".flash.good").wait_for()
    page = cora.page
    page.goto(LIST)
    page.get_by_label(f"Choose {PAYABLE} USD").check()
    page.get_by_role("button", name="Sign what was prepared").click()
    expect(page.locator(".flash.good")).to_have_text(f"{PAYABLE} USD: signed, prepared by bea")
    expect(page.locator("h1")).to_contain_text("all certified")
    is_for_everybody(cora.page, "accounts-certified")
    page.goto(ONE)
    expect(page.locator("#said-of-it li")).to_have_count(2)
    expect(page.locator("#said-of-it")).to_contain_text("rejected by cora: the lease says 65.00")
    is_for_everybody(cora.page, "account-certified")
    actions = [r["action"] for r in front.office.database.rows("select action from tieout.evidence where subject = %s order by evidence_id", f"US:2026-10:{PAYABLE}:USD")]  # fmt: skip
    assert actions[-4:] == ["account.prepared", "account.rejected", "account.prepared", "account.certified"]


def test_it_is_done_by_keyboard_alone(chromium: Browser, front: Front) -> None:
    page = Desk(chromium, front, "bea").page
    page.goto(LIST)
    page.keyboard.press("j")
    expect(page.get_by_role("link", name=f"{PAYABLE} USD")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(f"{PAYABLE} USD")
    page.get_by_label("Why it is as it is").focus()
    page.keyboard.type(WHY)
    page.keyboard.press("Tab")
    page.keyboard.type("the lease")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".flash.good")).to_contain_text("prepared: somebody else signs it")
    page = Desk(chromium, front, "cora").page
    page.goto(LIST)
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_label(f"Choose {PAYABLE} USD")).to_be_checked()
    page.keyboard.press("s")
    expect(page.locator(".flash.good")).to_contain_text("signed, prepared by bea")


def test_whoever_may_not_reads_why_and_a_form_that_is_sent_all_the_same_is_refused(
    chromium: Browser, front: Front
) -> None:
    page = Desk(chromium, front, "vera").page
    page.goto(ONE)
    expect(page.locator(".flash.busy")).to_have_text("Not yours to do: a preparer prepares it first.")
    assert page.get_by_role("button", name="Prepare it").count() == 0
    csrf = page.evaluate("JSON.parse(document.body.getAttribute('hx-headers'))['x-tieout-csrf']")
    for act in ("prepare", "sign", "reject"):
        form = {"act": act, "because": "x", "reason": "because", "csrf": csrf}
        reply = page.request.post(f"{front.base}{ONE}", form=form, headers={"origin": front.base})
        assert reply.status == 403 and "vera has no role for close:certify" in reply.text(), act
    # A controller who prepares hears what the API says.
    page = Desk(chromium, front, "cora").page
    page.goto(ONE)
    csrf = page.evaluate("JSON.parse(document.body.getAttribute('hx-headers'))['x-tieout-csrf']")
    reply = page.request.post(
        f"{front.base}{ONE}",
        form={"act": "prepare", "because": "rent", "csrf": csrf},
        headers={"origin": front.base},
    )
    assert reply.status == 409 and f"{PAYABLE} USD: not done: a preparer prepares it first" in reply.text()
    for path in (
        f"{LIST}/999999/USD",
        f"{LIST}/{PAYABLE}/EUR",
        "/close/XX/2026-10/accounts",
        "/close/US/2026-13/accounts",
    ):
        assert page.goto(path).status in (404, 422), path  # type: ignore[union-attr]


def test_what_is_said_on_a_page_is_of_the_figures_that_it_showed(
    chromium: Browser, front: Front, made: Certifying
) -> None:
    page = Desk(chromium, front, "bea").page
    page.goto(ONE)
    page.get_by_label("Why it is as it is").fill(WHY)
    made.by_hand("2026-10-13")
    page.get_by_role("button", name="Prepare it").click()
    expect(page.get_by_role("alert")).to_have_text(
        f"{PAYABLE} USD: not done: its figures are others than were looked at: look again"
    )
    expect(page.get_by_label("Why it is as it is")).to_have_value(WHY)
    expect(page.locator(".lead")).to_contain_text("140.00 USD apart")
    page.get_by_role("button", name="Prepare it").click()
    expect(page.locator(".flash.good")).to_contain_text("prepared")


def test_before_anybody_looked_the_page_says_so_and_reads(chromium: Browser, made: Certifying) -> None:
    served = Front(made.b, OpenBooks(made.b), pages("Test", "test", False, lambda: True))
    try:
        desk = Desk(chromium, served, "cora")
        desk.page.goto(LIST)
        expect(desk.page.locator(".empty")).to_contain_text("No account of the balance sheet was read")
        is_for_everybody(desk.page, "accounts-none")
        desk.page.get_by_role("button", name="Read the evidence now").click()
        expect(desk.page.locator("h1")).to_contain_text("all certified")
        expect(desk.page.get_by_role("group", name="Accounts that certified themselves")).to_contain_text(
            "itself"
        )
    finally:
        served.stop()
