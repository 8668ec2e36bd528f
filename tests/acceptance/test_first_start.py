"""From an empty folder to a first proven payout, in a browser: `tieout up`, the link that it prints, and the steps."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.acceptance.commands import run_tieout

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"),
]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """`tieout up` in an empty folder; the folder, and the link that it printed."""
    folder, log = tmp_path / "books", tmp_path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "tieout", "up", "--dir", str(folder), "--seconds-a-day", "0.05"],
            stderr=file, stdout=file, env={**os.environ, "COLUMNS": "400"},
        )  # fmt: skip
    deadline = time.monotonic() + 60
    found = None
    while found is None and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.1)
        found = re.search(r"http://localhost:\d+/welcome#\S+", log.read_text())
    assert found is not None, log.read_text()
    yield folder, found[0]
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0, log.read_text()


def test_an_empty_folder_leads_to_a_first_proven_payout(started: tuple[Path, str]) -> None:
    folder, link = started
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(locale="en-GB").new_page()
        page.goto(link)
        page.get_by_label("Password").fill("five words that nobody guesses")
        page.get_by_label("Once more").fill("five words that nobody guesses")
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="A second factor")).to_be_visible()
        secret = page.locator("#secret").inner_text().replace(" ", "")
        page.get_by_label("The code that the app shows").fill(pyotp.TOTP(secret).now())
        page.get_by_role("button", name="Set it up").click()
        page.get_by_role("button", name="I have kept them").click()
        page.get_by_role("link", name="Getting started").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Getting started")
        step = page.locator(".steps-list li").filter(has_text="A first payout is proven")
        # The page goes on by itself as it happens.
        expect(step.locator(".badge")).to_have_text("done", timeout=90_000)
        expect(step).to_contain_text("residual 0.00")
        step.get_by_role("link", name="Its proof").click()
        expect(page.locator("h1 .badge")).to_have_text("proven")
        browser.close()
    # It is a project like any other.
    checked = run_tieout("check", "--dir", str(folder))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    # Started once more beside itself it says what to do.
    again = run_tieout("up", "--dir", str(folder))
    assert again.returncode == 2 and "end that first" in again.stderr


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    done = run_tieout("up", "--dir", str(tmp_path))
    assert done.returncode == 2 and "tieout init" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]
