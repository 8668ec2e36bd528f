"""`make screenshots`: pictures of the console's pages in both themes, of a month on the sandbox."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

from tests.simulation.house import House

# Of which scenario; what is shown of a page that is about one thing.
PAGES: dict[str, tuple[str, str]] = {
    "today": ("services", "/"),
    "tie-out": ("services", "/tie-out"),
    "cases": ("services", "/cases"),
    "case": ("services", "/cases/{case}"),
    "approval": ("services", "/approvals/{approval}"),
    "document": ("services", "/documents/{document}"),
    "close": ("services", "/close/US/2026-10"),
    "interfaces": ("services", "/interfaces"),
    "matching": ("distributor", "/matching"),
    "payout": ("distributor", "/payouts/{payout}"),
}
ABOUT = {
    "case": "select case_id from tieout.cases where state = 'open' and cause in ('bill_above_order', 'unknown_tax') limit 1",
    "approval": "select request_id from tieout.approval_request where revision > 1 order by amount desc limit 1",
    "document": "select document_id from tieout.document where state = 'posted' and kind = 'customer_invoice' limit 1",
    "payout": "select document_id from tieout.document where kind = 'provider_movement'"
    " and content::jsonb ->> 'category' = 'payout' order by accounting_on desc limit 1",
}
SIZE: ViewportSize = {"width": 1280, "height": 800}
# What A4 across has at 96 dots an inch, less its margins.
A4: ViewportSize = {"width": 1032, "height": 703}
PHONE: ViewportSize = {"width": 390, "height": 844}


def printed(page: Page, path: str, target: Path) -> None:
    """The printed close: on A4, and on a phone. It is black on white in either theme."""
    page.goto(path)
    for name, size in (("paper", A4), ("phone", PHONE)):
        page.set_viewport_size(size)
        page.emulate_media(media="print" if name == "paper" else "screen")
        page.screenshot(path=str(target / f"printed-close-{name}.png"))
    page.set_viewport_size(SIZE)
    page.emulate_media(media="screen")


def take(folder: Path, scenario: str, target: Path) -> None:
    """Pictures of one scenario's pages into `target`."""
    house = House(folder, scenario, orders=20)
    for role in ("controller", "administrator", "auditor", "integrator", "operator"):
        house.grant("cleo", role)
    token, _ = house.session("cleo")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for theme in ("light", "dark"):
            context = browser.new_context(
                base_url=house.base, color_scheme=theme, viewport=SIZE, locale="en-GB"
            )
            context.add_cookies([{"name": "tieout", "value": token, "url": house.base}])
            page = context.new_page()
            for name, (of, path) in PAGES.items():
                if of != scenario:
                    continue
                row = house.connection.execute(ABOUT[name].encode()).fetchone() if name in ABOUT else None
                number = next(iter(row.values())) if row else ""
                page.goto(path.format(**{name: number}))
                if name == "close":
                    page.get_by_role("button", name="Read the evidence now").click()
                    page.locator(".flash.good").wait_for()
                    page.goto(path)
                page.wait_for_timeout(300)
                page.screenshot(path=str(target / f"{name}-{theme}.png"))
                if name == "close" and theme == "light":
                    printed(page, f"{path}/printed", target)
        browser.close()
    house.stop()


def main(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for scenario in ("services", "distributor"):
        with tempfile.TemporaryDirectory() as folder:
            take(Path(folder) / "demo", scenario, target)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures"))
