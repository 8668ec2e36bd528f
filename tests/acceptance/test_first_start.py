"""From an empty folder to a first proven payout, in a browser: `tieout up`, the link that it prints, and the steps."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.acceptance.commands import run_tieout
from tests.acceptance.first_payout import CHROMIUM, MOST_CLICKS, started, to_first_payout

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"),
]


def test_an_empty_folder_leads_to_a_first_proven_payout(tmp_path: Path) -> None:
    folder = tmp_path / "books"
    with started(folder, "--seconds-a-day", "0.05") as (_, link), sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(locale="en-GB").new_page()
        assert to_first_payout(page, link) <= MOST_CLICKS
        # A second person is one click away, on the same page, and back.
        page.get_by_role("link", name="Continue as the approver").click()
        assert "/payouts/" in page.url
        assert page.locator("header summary").inner_text() == "robin"
        page.get_by_role("link", name="Continue as the accountant").click()
        assert page.locator("header summary").inner_text() == "alex"
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
