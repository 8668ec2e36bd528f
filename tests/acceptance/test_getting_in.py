"""Getting in through the pages, in a real browser: first start, second factor, passkey, invitation, sign-out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.integration.test_identity import GOOD
from tests.integration.test_identity_api import Web
from tieout.store import Database

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def web(database: Database) -> Iterator[Web]:
    made = Web(database)
    yield made
    made.stop()


@pytest.fixture
def page(chromium: Browser, web: Web) -> Iterator[Page]:
    context = chromium.new_context(base_url=web.base, locale="en-GB")
    made = context.new_page()
    troubles: list[str] = []
    made.on("pageerror", lambda error: troubles.append(str(error)))
    made.on("console", lambda m: troubles.append(m.text) if "Content Security Policy" in m.text else None)
    elsewhere: list[str] = []
    made.on(
        "request", lambda r: elsewhere.append(r.url) if not r.url.startswith((web.base, "data:")) else None
    )
    yield made
    context.close()
    assert troubles == [] and elsewhere == []


def begin(page: Page, web: Web, password: str = GOOD) -> None:
    page.goto(f"/welcome#{web.identity.first_link()}")
    page.get_by_label("Your name here").fill("Ada")
    page.get_by_label("Password").fill(password)
    page.get_by_label("Once more").fill(password)
    page.get_by_role("button", name="Continue").click()


def authenticator(page: Page) -> tuple[Any, str]:
    """A passkey's device, as the browser's own tools make it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def test_the_first_administrator_begins_with_a_one_time_code(page: Page, web: Web) -> None:
    begin(page, web)
    expect(page.get_by_role("heading", name="A second factor")).to_be_visible()
    drawn = page.locator("#qr svg path").last.bounding_box()
    assert drawn is not None and drawn["height"] > 100
    secret = page.locator("#secret").inner_text().replace(" ", "")
    page.get_by_label("The code that the app shows").fill("000000")
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("alert")).to_contain_text("this code is not right")
    page.get_by_label("The code that the app shows").fill(pyotp.TOTP(secret).at(web.at))
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert page.locator("#codes li").count() == 10 and "#" not in page.url
    spare = page.locator("#codes li").first.inner_text()
    page.get_by_role("button", name="I have kept them").click()
    page.wait_for_url("**/")
    expect(page.get_by_text("You let people in")).to_be_visible()
    # Once more, from nothing: by password and a code; a wrong one keeps what was typed.
    page.context.clear_cookies()
    page.goto("/")
    page.wait_for_url("**/sign-in")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("wrong words altogether")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("name or password is wrong")
    assert page.get_by_label("Name").input_value() == "ada"
    page.get_by_label("Password").fill(GOOD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    # Reloaded, one goes on where one was.
    page.reload()
    page.get_by_label("The code of your authenticator app").fill(spare)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    expect(page.get_by_text("You let people in")).to_be_visible()


def test_a_browser_that_asks_for_german_gets_in_in_german(chromium: Browser, web: Web) -> None:
    context = chromium.new_context(base_url=web.base, locale="de-DE")
    page = context.new_page()
    page.goto(f"/welcome#{web.identity.first_link()}")
    assert page.locator("html").get_attribute("lang") == "de"
    expect(page.get_by_role("heading", name="Beginnen")).to_be_visible()
    page.get_by_role("button", name="Weiter").click()
    expect(page.get_by_role("alert")).to_have_text("Ihr Name hier: Hier wurde eine Eingabe erwartet")
    page.get_by_label("Ihr Name hier").fill("ada")
    page.get_by_label("Passwort").fill("kurz")
    page.get_by_label("Noch einmal").fill("anders")
    page.get_by_role("button", name="Weiter").click()
    expect(page.get_by_role("alert")).to_contain_text("die beiden Passwörter sind verschieden")
    # What the API refuses in a sentence of its own is said in German as well.
    page.get_by_label("Noch einmal").fill("kurz")
    page.get_by_role("button", name="Weiter").click()
    expect(page.get_by_role("alert")).to_have_text(
        "ein Passwort hat 12 Zeichen oder mehr; gut sind mehrere Wörter"
    )
    page.get_by_label("Passwort").fill(GOOD)
    page.get_by_label("Noch einmal").fill(GOOD)
    page.get_by_role("button", name="Weiter").click()
    expect(page.get_by_role("heading", name="Ein zweiter Faktor")).to_be_visible()
    secret = page.locator("#secret").inner_text().replace(" ", "")
    page.get_by_label("Der Code, den die App zeigt").fill(pyotp.TOTP(secret).at(web.at))
    page.get_by_role("button", name="Einrichten", exact=True).click()
    expect(page.get_by_role("heading", name="Wiederherstellungscodes")).to_be_visible()
    page.get_by_role("button", name="Ich habe sie aufbewahrt").click()
    page.wait_for_url("**/")
    expect(page.get_by_text("Sie lassen Personen ein")).to_be_visible()
    context.clear_cookies()
    page.goto("/sign-in")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Passwort").fill("ganz falsche Worte")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Name oder Passwort ist falsch")
    context.close()


@pytest.mark.long
def test_passwords_that_differ_or_are_weak_are_told_beside_what_was_typed(page: Page, web: Web) -> None:
    page.goto(f"/welcome#{web.identity.first_link()}")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("Your name here: something was expected")
    page.get_by_label("Your name here").fill("ada")
    page.get_by_label("Password").fill(GOOD)
    page.get_by_label("Once more").fill("other")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("the two passwords differ")
    page.get_by_label("Password").fill("short")
    page.get_by_label("Once more").fill("short")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("12 characters or more")
    assert page.get_by_label("Your name here").input_value() == "ada"


def test_a_passkey_is_set_up_and_used(page: Page, web: Web) -> None:
    authenticator(page)
    begin(page, web)
    page.get_by_role("button", name="Set up a passkey instead").click()
    page.wait_for_url("**/")
    page.context.clear_cookies()
    page.goto("/sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/")
    expect(page.get_by_text("You let people in")).to_be_visible()
    assert ("passkey", True) in {(s.via, s.second_factor) for s in web.identity.sessions("ada")}


@pytest.mark.long
def test_a_link_serves_once_and_says_so(page: Page, web: Web) -> None:
    link = web.identity.first_link()
    web.identity.first_link()
    page.goto(f"/welcome#{link}")
    page.get_by_label("Your name here").fill("eve")
    page.get_by_label("Password").fill(GOOD)
    page.get_by_label("Once more").fill(GOOD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("this link was used or is too old")


@pytest.mark.long
def test_somebody_who_was_invited_sees_figures_of_their_entity_alone(page: Page, web: Web) -> None:
    web.start()
    web.second()
    web.add("vic", "viewer", entity="US")
    for entity in ("US", "DE"):
        web.c.execute(
            "insert into tieout.cases (fingerprint, cause, interface, entity, period, source_key, amount, currency, recovery,"
            " detail, owner, opened_at, due_at, blocking) values (%s, %s, '', %s, '2026-10', 'k', 10, 'USD', 'r', '', 'o', now(), now(), false)",
            (entity, f"something_of_{entity.lower()}", entity),
        )
    page.goto(f"/welcome#{web.identity.invite('vic', 'ada')}")
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    page.get_by_label("Password").fill(GOOD)
    page.get_by_label("Once more").fill(GOOD)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/")
    expect(page.get_by_text("Something of us").first).to_be_visible()
    assert page.get_by_text("Something of de").count() == 0
    web.identity.end_sessions_of("vic", "ben")
    page.reload()
    page.wait_for_url("**/sign-in")
