"""The documentation's site: whole, with a reference from the code, and nothing from other hosts."""

from __future__ import annotations

import json
import re
import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from deploy.site.make import ROOT, gather, make, settled
from deploy.site.nav import nav
from deploy.site.nav import pages as pages_of
from playwright.sync_api import expect, sync_playwright

from tieout.api.v1.application import ROUTERS
from tieout.operations.discover import discover


def test_every_page_stands_in_one_place_of_the_nav(tmp_path: Path) -> None:
    gather(tmp_path / "docs")
    there = {str(p.relative_to(tmp_path / "docs")) for p in (tmp_path / "docs").rglob("*.md")}
    listed = pages_of(nav(tmp_path / "docs"))
    assert sorted(listed) == sorted(there)
    written = {str(p.relative_to(ROOT / "docs")) for p in (ROOT / "docs").rglob("*.md")}
    assert written <= there and "reference/commands.md" in there
    # Tutorials, how-to, reference, explanation: in this order.
    assert [next(iter(part)) for part in nav(tmp_path / "docs")] == [
        "Start",
        "Tutorials",
        "How to",
        "Reference",
        "Explanation",
    ]  # type: ignore[arg-type]


def test_links_lead_within_the_site_or_are_words() -> None:
    text = "[a](../CONTRIBUTING.md#tests) [b](../src/tieout/cli/README.md) [c](CLOSE.md) [d](https://x.example) ![e](pictures/x.png)"
    assert settled(text, "docs/API.md") == (
        "[a](CONTRIBUTING.md#tests) b [c](CLOSE.md) [d](https://x.example) ![e](pictures/x.png)"
    )
    assert (
        settled("[a](docs/how-to/first-month.md) [b](docs/decisions)", "README.md")
        == "[a](how-to/first-month.md) b"
    )
    assert settled("[a](../../README.md)", "docs/how-to/x.md") == "[a](../index.md)"


@pytest.mark.long
def test_a_link_that_leads_nowhere_ends_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gather_and_break(source: Path) -> None:
        gather(source)
        with (source / "USING.md").open("a") as page:
            page.write("\n[gone](CLOSE.md#no-such-heading)\n")

    monkeypatch.setattr("deploy.site.make.gather", gather_and_break)
    with pytest.raises(BaseException, match="strict mode"):
        make(tmp_path / "site")


@pytest.mark.long
def test_the_site_is_built_whole_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    make(tmp_path / "site")
    pages = {
        str(p.relative_to(tmp_path / "site")): p.read_text() for p in (tmp_path / "site").rglob("*.html")
    }
    gather(tmp_path / "docs")
    for page in pages_of(nav(tmp_path / "docs")):
        assert page.replace(".md", ".html") in pages
    loaded = re.compile(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"'](https?:)?//", re.IGNORECASE)
    assert [name for name, text in pages.items() if loaded.search(text)] == []
    assert all(
        f"({name})" in re.sub("<[^>]+>", "", pages["reference/connectors.html"])
        for name in discover().by_name
    )
    told = pages["reference/api.html"]
    assert all(route.path in told.replace("&quot;", '"') for router in ROUTERS for route in router.routes)  # type: ignore[attr-defined]
    assert "tieout people invite" in pages["reference/commands.html"]
    assert "pictures/today-light.png" in pages["index.html"]
    found = json.loads((tmp_path / "site" / "search" / "search_index.json").read_text())["docs"]
    assert any(
        "restricted key" in d["text"] and d["location"].startswith("how-to/connect-stripe") for d in found
    )


@pytest.mark.long
@pytest.mark.skipif(
    shutil.which("chromium") is None, reason="no chromium on this machine: apt-get install chromium"
)
def test_people_find_what_they_look_for_and_nothing_is_asked_of_others(tmp_path: Path) -> None:
    """By the words that they have, the page is among the first two; without a network."""
    make(tmp_path / "site")
    handler = partial(SilentHandler, directory=str(tmp_path / "site"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as player:
        Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for words, title in SEARCHES.items():
            page.goto(f"{base}/index.html")
            page.keyboard.press("/")
            page.keyboard.type(words)
            found = page.locator(".md-search-result__item h1")
            expect(page.locator(".md-search-result__meta")).to_contain_text("matching")
            assert title in [each.inner_text() for each in found.all()[:2]], words
        assert [url for url in asked if not url.startswith((base, "blob:", "data:"))] == []
        browser.close()
        server.shutdown()


SEARCHES = {
    "restricted key": "Connect Stripe",
    "upgrade": "Upgrade and roll back",
    "odoo is down": "When something is down at the month's end",
    "invite": "Add a person",
    "backup": "Back up and restore",
    "auditor": "An auditor's guide",
    "settlement report paypal": "Connect PayPal",
    "kubernetes": "In production on Kubernetes",
    "lock period": "Closing a period",
}


class SilentHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        return
