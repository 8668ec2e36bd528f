"""`/api/docs`: every operation of the description, made here, with nothing from another host and no script of its own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.integration.office import Office
from tests.integration.test_views_page import reads_well
from tests.integration.test_work_api import Front
from tieout.console.routes import pages


@pytest.fixture
def front(office: Office) -> Iterator[Front]:
    office.let_in()
    made = Front(office, None, pages("Test", "test", False, lambda: True))
    yield made
    made.stop()


def test_every_operation_stands_there_with_what_it_needs(front: Front) -> None:
    headers = front.sign_in("alice").headers
    reply = httpx2.get(f"{front.base}/api/docs", headers=headers, timeout=120)
    assert reply.status_code == 200, reply.text
    text, told = reply.text, httpx2.get(f"{front.base}/api/v1/openapi.json").json()
    for path, methods in told["paths"].items():
        for method, said in methods.items():
            assert f"<code>{method.upper()} {path}</code>" in text
            assert f'id="op-{said["operationId"]}"' in text
    needed = re.search(r'id="op-sign".*?</div></details>', text, re.DOTALL)
    assert needed is not None and "<code>close:sign</code>" in needed[0]
    # Every shape that is named is shown, and nothing comes from elsewhere.
    assert set(re.findall(r'href="/api/docs#(shape-\w+)"', text)) <= set(
        re.findall(r'id="(shape-\w+)"', text)
    )
    assert re.findall(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["'](?:https?:)?//""", text) == []
    assert reply.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")


def test_operations_are_found_by_words_and_shown_to_whoever_is_signed_in(front: Front) -> None:
    headers = front.sign_in("alice").headers
    found = httpx2.get(
        f"{front.base}/api/docs", params={"words": "late-events decide"}, headers=headers, timeout=120
    ).text
    assert re.findall(r'id="op-(\w+)"', found) == ["decide_late_event"]
    nothing = httpx2.get(
        f"{front.base}/api/docs", params={"words": "<b>nothing"}, headers=headers, timeout=120
    ).text
    assert "No operation is so." in nothing and "<b>nothing" not in nothing
    assert httpx2.get(f"{front.base}/api/docs").headers["location"] == "/sign-in?next=/api/docs"


@pytest.mark.long
@pytest.mark.skipif(
    shutil.which("chromium") is None, reason="no chromium on this machine: apt-get install chromium"
)
def test_the_page_reads_well_and_a_shape_opens_where_it_is_linked(front: Front) -> None:
    token = front.sign_in("alice").headers["cookie"].partition("=")[2]
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(
            base_url=front.base, viewport={"width": 1440, "height": 900}, locale="en-GB"
        )
        context.add_cookies([{"name": "tieout", "value": token, "url": front.base}])
        page = context.new_page()
        errors: list[str] = []
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto("/api/docs?words=decide_late_event")
        reads_well(page)
        page.get_by_role("link", name="DecideLate").first.click()
        shape = page.locator("details", has=page.locator("#shape-DecideLate"))
        expect(shape).to_have_attribute("open", "")
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert errors == []
        browser.close()
