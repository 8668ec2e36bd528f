"""A close as a board: what it says of a turn is what a signature would answer, what keeps it open is what the cases come to, and it is
worked by keyboard and on a phone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.for_everybody import is_for_everybody
from tests.integration.office import person
from tests.integration.test_certification import Certifying
from tests.integration.test_certification import made as made
from tests.integration.test_once import OpenBooks
from tests.integration.test_work_api import Front
from tieout.console import pages

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.long
CLOSE = "/closes/US/2026-10"


@pytest.fixture
def front(made: Certifying) -> Iterator[Front]:
    """October is over and was looked at; nothing is signed."""
    made.rows()
    made.b.add(person("vera"))
    made.b.grant("vera", "viewer", None)
    served = Front(made.b, OpenBooks(made.b), pages("Test", "test", False, lambda: True))
    yield served
    served.stop()


def turns(http: httpx2.Client) -> dict[str, tuple[str, str]]:
    return {t["name"]: (t["turn"], t["why_not"]) for t in http.get(CLOSE).json()["tasks"]}


def sign(http: httpx2.Client, *tasks: str) -> dict[str, tuple[bool, str]]:
    reply = http.post(f"{CLOSE}/sign", json={"tasks": list(tasks)})
    assert reply.status_code == 200, reply.text
    return {s["task"]: (s["done"], s["said"]) for s in reply.json()}


def test_a_turn_is_what_a_signature_would_answer(front: Front) -> None:
    cora, carl, vera = (front.sign_in(n) for n in ("cora", "carl", "vera"))
    mine = {n for n, (turn, _) in turns(cora).items() if turn == "prepare"}
    assert "complete: bank" in mine
    # Whoever has no role that signs has no turn, and is told whose it is.
    assert turns(vera)["complete: bank"] == ("", "a controller of US signs it")
    done = sign(cora)
    assert mine <= {n for n, (was, _) in done.items() if was}
    # Prepared by one it is the other's turn alone, and who prepared it is told the refusal's own words.
    assert {n for n, (turn, _) in turns(carl).items() if turn == "sign"} == mine
    for name, (turn, why) in turns(cora).items():
        if name in mine:
            assert (turn, why) == ("", "cora made it: somebody else approves it")
            assert sign(cora, name)[name] == (False, "you prepared it: somebody else signs it")
    assert all(sign(carl, name)[name][0] for name in mine)
    assert not any(turn for name, (turn, _) in turns(carl).items() if name in mine)


def test_what_is_in_nobodys_way_is_waited_for_by_name(front: Front) -> None:
    tasks = {t["name"]: t for t in front.sign_in("cora").get(CLOSE).json()["tasks"]}
    assert tasks["close"]["waits_for"] == [n for n in tasks if n != "close"]
    for task in tasks.values():
        assert (task["state"] == "blocked") == bool(task["waits_for"]), task


def test_what_keeps_it_open_is_what_its_cases_come_to(front: Front) -> None:
    front.case("12.30", key="one")
    front.case("7.70", key="two")
    front.case("5.00", key="three", cause="unmapped_account")
    front.case("99.00", key="four", entity="DE")
    cora = front.sign_in("cora")
    close = cora.get(CLOSE).json()
    held = {h["cause"]: (h["count"], Decimal(h["amount"]), h["currency"]) for h in close["held_by"]}
    assert held == {
        "unknown_tax": (2, Decimal("20.00"), "USD"),
        "unmapped_account": (1, Decimal("5.00"), "USD"),
    }
    assert [(h["count"], Decimal(h["amount"]), h["currency"]) for h in close["held"]] == [
        (3, Decimal("25.00"), "USD")
    ]
    (listed,) = (c for c in cora.get("/closes").json() if c["entity"] == "US" and c["period"] == "2026-10")
    assert listed["held"] == close["held"]
    assert listed["mine"] == sum(bool(t["turn"]) for t in close["tasks"]) > 0


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium")
def test_the_board_is_worked_by_keyboard_and_is_for_everybody(front: Front) -> None:
    front.case("12.30")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def desk(who: str) -> Any:
            context = browser.new_context(base_url=front.base, locale="en-GB")
            token = front.sign_in(who).headers["cookie"].partition("=")[2]
            context.add_cookies([{"name": "tieout", "value": token, "url": front.base}])
            return context.new_page()

        page = desk("cora")
        page.goto("/close/US/2026-10")
        expect(page.locator(".lead").first).to_contain_text("12.30 USD in 1 case keeps it open")
        expect(page.get_by_role("region", name="What keeps it open")).to_contain_text("12.30 USD")
        before = page.get_by_role("button", name="Prepare complete: bank")
        # The first of the board has the focus by one key, the second by another; a letter signs what has it.
        page.keyboard.press("j")
        row = page.locator("[data-row]:focus")
        expect(row).to_have_count(1)
        name = row.get_by_role("button").get_attribute("aria-label").removeprefix("Prepare ")
        page.keyboard.press("s")
        expect(page.locator(".flash.good")).to_contain_text("1 signed or prepared")
        assert before.count() == (0 if name == "complete: bank" else 1)
        assert page.get_by_role("button", name=f"Prepare {name}").count() == 0
        is_for_everybody(page, "close-board")
        other = desk("carl")
        other.goto("/close/US/2026-10")
        expect(other.get_by_role("region", name="Yours to do")).to_contain_text("cora prepared it")
        other.get_by_role("button", name=f"Sign {name}", exact=True).click()
        expect(other.locator(".flash.good")).to_contain_text("1 signed or prepared")
        expect(other.get_by_role("region", name="Signed", exact=False).last).to_contain_text(
            "prepared by cora"
        )
        # The path is read in its order, each step with what it waits for.
        steps = other.get_by_role("list", name="Critical path").get_by_role("listitem").all_inner_texts()
        assert "waits for" in steps[-1] and steps[-1].startswith("close"), steps
        browser.close()
