"""From nothing to a first payout that is proven, as a newcomer goes: how long it takes, and how many clicks.

`python -m tests.acceptance.first_payout docs/campaigns/first-payout.md` (make campaign-first-payout) measures it for both people who
begin (the one who opens the link counts that as a click), and writes it down.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium")
MOST_S, MOST_CLICKS = 120, 5
_PATIENCE_S = 300


@contextmanager
def started(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`tieout up` in a folder; the process, and the link that it printed."""
    log = folder.with_suffix(".log")
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "tieout", "up", "--dir", str(folder), *options],
            stderr=file, stdout=file, env={**os.environ, "COLUMNS": "400"},
        )  # fmt: skip
    deadline = time.monotonic() + _PATIENCE_S
    found = None
    while found is None and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.1)
        found = re.search(r"http://localhost:\d+/enter\?key=\S+", log.read_text())
    assert found is not None, log.read_text()
    try:
        yield process, found[0]
    finally:
        process.send_signal(signal.SIGTERM)
        ended = process.wait(120)
    assert ended == 0, log.read_text()


@dataclass
class Clicks:
    """Counts what somebody clicks."""

    page: Page
    count: int = 0

    def open(self, link: str) -> None:
        self.page.goto(link)
        self.count += 1

    def link(self, name: str) -> None:
        self.page.get_by_role("link", name=name).click()
        self.count += 1


def to_first_payout(page: Page, link: str) -> int:
    """Open the link, wait for the step, open its proof; the clicks that it took."""
    clicks = Clicks(page)
    clicks.open(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Getting started")
    step = page.locator(".steps-list li").filter(has_text="A first payout is proven")
    # The page goes on by itself as it happens.
    expect(step.locator(".badge")).to_have_text("done", timeout=_PATIENCE_S * 1000)
    expect(step).to_contain_text("residual 0.00")
    clicks.link("Its proof")
    expect(page.locator("h1 .badge")).to_have_text("proven")
    return clicks.count


def measured() -> tuple[float, float, int]:
    """Seconds from the command to the link, and to the proof; clicks."""
    folder = Path(tempfile.mkdtemp()) / "books"
    began = time.monotonic()
    with started(folder) as (_, link), sync_playwright() as player:
        up = time.monotonic() - began
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        clicks = to_first_payout(browser.new_page(), link)
        took = time.monotonic() - began
        browser.close()
    shutil.rmtree(folder.parent)
    return up, took, clicks


def main(target: Path) -> None:
    up, took, clicks = measured()
    target.write_text(
        "# From nothing to a first proven payout\n\n"
        "`make campaign-first-payout`: `tieout up` in an empty folder with nothing but its defaults, then a browser (Chromium) that opens the link "
        "it prints, waits on *Getting started* until a payout is proven, and opens its proof.\n\n"
        "| | |\n|---|---|\n"
        f"| until the link is printed | {up:.0f} s |\n"
        f"| until a payout's proof is read | {took:.0f} s (at most {MOST_S} s) |\n"
        f"| clicks, the link counted | {clicks} (at most {MOST_CLICKS}) |\n\n"
        f"On {os.cpu_count()} processors; load average {os.getloadavg()[0]:.1f} at the end.\n"
    )
    print(target.read_text())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
