"""A link survives signing in, and so does what was typed as a session ended, for whoever typed it alone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from functools import partial

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.integration.office import Office
from tests.integration.provider import OpenIdProvider
from tests.integration.test_identity import GOOD
from tests.integration.test_work_api import Front, operator
from tieout.console import pages
from tieout.settings import IdentitySettings, SignOn
from tieout_sandbox.ports import free_ports
from tieout_sandbox.simkit import serve

SIGN_IN = re.compile(r"/sign-in\?next=")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.long


@pytest.fixture
def site(office: Office) -> Iterator[Front]:
    office.let_in()
    operator(office, "otto", "US")
    operator(office, "ulla", "US")
    made = Front(office, pages=pages("Test", "test", True, lambda: True))
    yield made
    made.stop()


def test_every_page_leads_to_the_sign_in_and_from_there_back(site: Front) -> None:
    with httpx2.Client(base_url=site.base) as nobody:
        to = nobody.get("/cases?cause=a%26b&whose=mine").headers["location"]
        assert to == "/sign-in?next=/cases%3Fcause%3Da%2526b%26whose%3Dmine"
        shown = nobody.get(to).text
        assert 'data-next="/cases?cause=a%26b&amp;whose=mine"' in shown
        assert 'href="/api/v1/sign-in/sso?next=/cases%3Fcause%3Da%2526b%26whose%3Dmine"' in shown
        assert nobody.get("/").headers["location"] == "/sign-in"
        # A form that is sent without a session comes back to its page.
        sent = nobody.post("/cases/7", data={"act": "note", "text": "x"})
        assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=/cases/7")
        # htmx is told to leave the page, and does not put the sign-in into it.
        boosted = nobody.get("/cases/7", headers={"hx-request": "true"})
        assert (boosted.status_code, boosted.headers["hx-redirect"]) == (204, "/sign-in?next=/cases/7")


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/%5Cevil.example", "https://evil.example/", "/%09/evil.example", '/"><script>'],
)
def test_an_address_that_is_not_ours_leads_to_the_first_page(site: Front, target: str) -> None:
    shown = httpx2.get(f"{site.base}/sign-in?next={target}").text
    assert 'data-next="/"' in shown or 'data-next="/&#34;&gt;&lt;script&gt;"' in shown
    assert "evil" not in shown and "<script>" not in shown


def test_a_link_survives_the_companys_own_sign_on(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.let_in()
    port = free_ports(["provider"])["provider"]
    provider = OpenIdProvider(f"http://127.0.0.1:{port}", office.clock.now)
    serve({port: provider})
    sign_on = SignOn(provider.issuer, "tieout", "s", {"finance": (("viewer", "*"),)})
    with_it = partial(IdentitySettings, sign_on=sign_on)
    monkeypatch.setattr("tests.integration.test_work_api.IdentitySettings", with_it)
    site = Front(office, pages=pages("Test", "test", True, lambda: True))
    told = {"sub": "u-1", "preferred_username": "vic", "email": "vic@example.com", "email_verified": True, "groups": ["finance"]}  # fmt: skip

    def back_from(target: str, **person: object) -> str:
        with httpx2.Client(base_url=site.base, timeout=60) as http:
            away = http.get("/api/v1/sign-in/sso", params={"next": target})
            state, code = provider.sign_in(away.headers["location"], **{**told, **person})
            reply = http.get("/api/v1/sign-in/sso/back", params={"state": state, "code": code})
            assert reply.status_code == 303
            return str(reply.headers["location"])

    assert back_from("/cases?cause=a%26b&entity=US") == "/cases?cause=a%26b&entity=US"
    assert back_from("//evil.example/cases") == "/" == back_from("")
    # What did not succeed is said where people sign in, and the link is kept there.
    refused = back_from(
        "/cases/7", sub="u-2", preferred_username="eve", email="eve@example.com", groups=["none"]
    )
    assert refused.startswith("/sign-in?why=") and refused.endswith("&next=/cases/7")
    site.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(f"{GOOD} {name}")
    page.keyboard.press("Enter")


def test_what_was_typed_as_the_session_ended_is_there_again_for_its_writer_alone(
    site: Front, chromium: Browser
) -> None:
    case = site.case("10.00")
    for name in ("otto", "ulla"):
        site.sign_in(name, second_factor=False)
    context = chromium.new_context(base_url=site.base)
    page = context.new_page()
    page.set_default_timeout(60_000)
    back = f"{site.base}/cases/{case}?from=mail"
    page.goto(f"/cases/{case}?from=mail")
    page.wait_for_url(SIGN_IN)
    sign_in(page, "otto")
    page.wait_for_url(back)
    note = page.locator("#note")
    note.fill("the bank has it twice")
    site.identity.end_sessions_of("otto", "alice")
    page.get_by_role("button", name="Comment").click()
    page.wait_for_url(SIGN_IN)
    sign_in(page, "otto")
    page.wait_for_url(back)
    expect(note).to_have_value("the bank has it twice")
    page.get_by_role("button", name="Comment").click()
    expect(page.locator("#notes article")).to_contain_text("the bank has it twice")
    expect(note).to_have_value("")
    # Somebody else on the same browser is shown nothing of what is typed, and neither is it kept for later.
    note.fill("not for ulla")
    site.identity.end_sessions_of("otto", "alice")
    page.reload()
    page.wait_for_url(SIGN_IN)
    sign_in(page, "ulla")
    page.wait_for_url(back)
    expect(page.locator("#watch")).to_be_visible()
    expect(note).to_have_value("")
    assert "not for ulla" not in page.evaluate("JSON.stringify({...sessionStorage})")
    context.close()
