"""Somebody in a browser who goes through a company's cases by clicks alone: from Today to the case, and back."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

_PATIENCE_S = 90.0
# What is decided at a close is found, decided, and looked at again so often at most.
_ROUNDS, _MOST_CASES = 6, 30


def _is_proven(row: list[str]) -> bool:
    """Whether a row of the tie-out is what a controller wants: source = posted + waiting + in exception + excluded, and neither waits
    nor is in exception."""
    if row[3] == "no figure":
        return False
    source, posted, waiting, held, excluded = (_net(cell) for cell in row[3:8])
    rests = row[5] != "–" or row[6] != "–"
    return row[-1] == "proven" and not rests and source == posted + waiting + held + excluded


def _net(cell: str) -> Decimal:
    """The net amount of a cell, above how many documents it is of and behind its turnover where that nets to nothing; "–" for nothing."""
    amount = cell.split("\n")[0].rpartition("net ")[2]
    return Decimal(0) if amount == "–" else Decimal(amount.replace(",", "").replace("−", "-"))


class Visitor:
    """One browser, in which somebody is one of the sandbox's two people by turns. Whatever is not there to be clicked fails the test."""

    def __init__(self, page: Page, link: str, company: str) -> None:
        self.page, self.company = page, company
        page.set_default_timeout(20_000)
        page.goto(link)
        expect(page.get_by_role("heading", level=1)).to_have_text("Getting started")

    # getting about

    def to(self, place: str) -> None:
        """A page of the navigation."""
        link = self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=place, exact=True)
        path = link.get_attribute("href")
        if urlsplit(self.page.url).path == path:
            # A click would be answered some time after whatever is clicked next.
            self.page.reload()
        else:
            link.click()
            self.page.wait_for_url(re.compile(rf":[0-9]+{path}($|[?])"))
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(place)

    def be(self, person: str) -> None:
        """Go on as the accountant, the approver or the CFO, on the same page."""
        link = self.page.get_by_role("link", name=f"Continue as the {person}")
        if link.count():
            link.click()
        expect(self.page.get_by_role("link", name=f"Continue as the {person}")).to_have_count(0)

    def press(self, name: str, within: Locator | None = None) -> None:
        """A button."""
        (within or self.page).get_by_role("button", name=name, exact=True).first.click()

    def told(self, words: str | re.Pattern[str]) -> None:
        """What the page says that was done."""
        expect(self.page.locator("#told .flash.good")).to_contain_text(words, timeout=60_000)

    # cases

    def line(self, cause: str) -> Locator:
        """The line of a cause on Today."""
        self.to("Today")
        table = self.page.get_by_role("group", name="Open cases by cause")
        named = self.page.get_by_role("link", name=cause, exact=True)
        return table.get_by_role("row").filter(has=named)

    def open(self, cause: str) -> None:
        """The button of a cause's line on Today, and the first of its cases where it has several."""
        line = self.line(cause).first
        expect(line).to_be_visible()
        line.locator("a.button").click()
        self.page.wait_for_url(re.compile("/cases[/?]"))
        if "/cases?" in self.page.url:
            self.page.get_by_role("group", name="Cases", exact=True).get_by_role(
                "link", name=cause, exact=True
            ).first.click()
            self.page.wait_for_url("**/cases/*")

    def gone(self, cause: str) -> None:
        """Today names the cause no more."""
        deadline = time.monotonic() + _PATIENCE_S
        while (left := self.line(cause).count()) and time.monotonic() < deadline:
            time.sleep(0.5)
        assert not left, f"{cause} is on Today still"

    def solved(self) -> None:
        """The case that is open here is solved; it says so once it is looked at again."""
        deadline = time.monotonic() + _PATIENCE_S
        while self.page.locator("h1 .badge").inner_text() != "solved" and time.monotonic() < deadline:
            time.sleep(0.5)
            self.page.reload()
        expect(self.page.locator("h1 .badge")).to_have_text("solved")

    # cures

    def outside(self, label: str) -> None:
        """What the company's people do in their systems."""
        self.page.get_by_role("link", name="Do it as the company's people would").click()
        self.press(label)
        self.page.wait_for_url("**/cases/*")
        expect(self.page.locator("#told .flash.good")).to_be_visible()

    def decide(self, what: str, reason: str) -> None:
        """Accept or exclude for a reason; where another one has to approve that, the approver does."""
        labels = {"Accept as it is": "Reason to accept it", "Exclude the document": "Reason to exclude it"}
        told = self.page.locator("#told .flash.good, [role=alert]")
        for person in ("accountant", "approver"):
            self.be(person)
            self.page.get_by_label(labels[what]).fill(reason)
            self.press(what)
            expect(told).to_contain_text(re.compile("solved|excluded|somebody else"), timeout=60_000)
            # Whoever made what a case is about does not judge it.
            if "somebody else solves it" not in told.inner_text():
                break
        if "/approvals/" in self.page.url:
            self.approve()
        self.be("accountant")

    def approve(self) -> None:
        """The request that is open here, as whoever did not make it, and as the CFO where a policy asks for one, too."""
        told = self.page.locator("#told .flash.good, [role=alert]")
        for person in ("approver", "CFO"):
            self.be(person)
            self.press("Approve")
            expect(told).to_contain_text(
                re.compile("approved|wait for the next step|made it"), timeout=60_000
            )
            if "made it" not in told.inner_text():
                break
        if "next step" in told.inner_text():
            self.be("CFO")
            self.press("Approve")
            self.told("approved")
        self.be("accountant")

    def until(self, found: Callable[[], Any], what: str) -> Any:
        """Look again until it is there."""
        deadline = time.monotonic() + _PATIENCE_S
        while not (seen := found()) and time.monotonic() < deadline:
            time.sleep(0.5)
            self.page.reload()
        assert seen, what
        return seen

    def approve_waiting(self) -> None:
        """Whatever waits for an approval, as the approver and then as the CFO; back to the page that was open."""
        here = self.page.url
        self.be("approver")
        self.to("Approvals")
        choose = self.page.get_by_label("Choose all requests of this page")
        self.until(choose.count, "nothing waits for an approval")
        for person in ("approver", "CFO"):
            self.be(person)
            if not choose.count():
                break
            choose.check()
            self.press("Approve")
            self.told(re.compile("approved|wait for the next step"))
        self.be("accountant")
        self.page.goto(here)

    def again(self, button: str) -> None:
        """A button of the case until that is solved: what it needs comes in a moment."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            self.press(button)
            expect(self.page.locator("#told .flash.good")).to_be_visible(timeout=60_000)
            if self.page.locator("h1 .badge").inner_text() == "solved" or time.monotonic() > deadline:
                break
            time.sleep(1)
            self.page.reload()
            if self.page.locator("h1 .badge").inner_text() == "solved":
                break
        expect(self.page.locator("h1 .badge")).to_have_text("solved")

    def answer(self, words: str) -> None:
        """What those answer who are asked about the case; and back to it."""
        self.page.get_by_role("link", name="Do it as the company's people would").click()
        expect(self.page.locator("main")).to_contain_text(words)
        self.page.get_by_role("link", name="Back to the case").click()

    def match(self, lines: int, difference: str = "") -> None:
        """The open lines of the case's amount, as the ledger has them now."""
        case = self.page.url
        self.page.get_by_role("link", name="Match open lines").click()
        self.press("Read the ledger now")
        self.told("open lines were read")
        boxes = self.page.locator("#join input[name=line]")
        expect(boxes).to_have_count(lines)
        for box in boxes.all():
            box.check()
        if difference:
            self.page.get_by_label("A difference is").select_option(label=difference)
        self.press("Match them")
        self.told("matched")
        self.page.goto(case)
        self.solved()

    # the close

    def to_close(self, entity: str) -> None:
        """The page of October's close."""
        self.to("Close")
        rows = self.page.get_by_role("group", name="Closes").get_by_role("row")
        rows.filter(has_text="October 2026").filter(
            has=self.page.get_by_role("cell", name=entity, exact=True)
        ).get_by_role("link").click()
        self.page.wait_for_url(f"**/close/{entity}/2026-10")

    def read_evidence(self) -> None:
        """Read what the close stands on now."""
        self.press("Read the evidence now")
        self.told("the evidence was read")

    def book_what_ends_the_month(self, entity: str) -> None:
        """Whatever is booked at the period's end, as is known now: shown in money first."""
        self.to_close(entity)
        self.read_evidence()
        for number in range(self.page.locator("#to-book form").count()):
            form = self.page.locator("#to-book form").nth(number)
            self.press("Show what it comes to", form)
            expect(self.page.locator(".tried")).to_contain_text("Nothing was changed")
            self.press("Book it", self.page.locator("#to-book form").nth(number))
            self.told(re.compile("booked|nothing is to be booked"))

    def decide_the_rest(self, entities: Sequence[str]) -> None:
        """What is found as the close is looked at is decided by people, until nothing is left."""
        for _ in range(_ROUNDS):
            for entity in entities:
                self.to_close(entity)
                self.read_evidence()
            if not self.causes():
                return
            for _ in range(_MOST_CASES):
                if not (left := self.causes()):
                    break
                self.open(left[0])
                if self.page.get_by_role("button", name="Pull the interface again").count():
                    self.press("Pull the interface again")
                    self.told("is asked now for everything")
                    self.again("Read the close's evidence now")
                else:
                    self.decide("Accept as it is", "gone through at the close, and explained to the auditor")
        raise AssertionError(f"still on Today: {self.causes()}")

    def causes(self) -> list[str]:
        """What Today names, a line each."""
        self.to("Today")
        if self.page.get_by_text("Nothing is in exception.").count():
            return []
        table = self.page.get_by_role("group", name="Open cases by cause")
        return [x.inner_text() for x in table.locator("tbody th a").all()]

    def waiting(self) -> list[str]:
        """The entities of which Today says that something waits for an approval."""
        self.to("Today")
        table = self.page.get_by_role("group", name="What waits for an approval")
        return table.locator("tbody th").all_inner_texts()

    def decide_what_waits(self) -> None:
        """Whatever Today says that it waits for an approval is approved."""
        for _ in range(_ROUNDS):
            if not self.waiting():
                return
            self.approve_waiting()
        raise AssertionError(f"it waits for an approval still: {self.waiting()}")

    def unsigned(self, entity: str) -> list[str]:
        """The tasks that are not signed of a close that says that it is closed."""
        self.to_close(entity)
        expect(self.page.locator("h1 .badge")).to_contain_text("closed on business day")
        rows = self.page.get_by_role("group", name="Tasks", exact=True).locator("tbody tr")
        stands = {
            r.locator("th").inner_text(): r.locator("td[data-label=State]").inner_text() for r in rows.all()
        }
        assert "close" in stands
        return [task for task, state in stands.items() if state != "signed"]

    def unproven(self, entity: str) -> list[str]:
        """What of October's tie-out is not proven: of its answers, a currency each, and of its rows those of which not everything that came is
        posted or excluded."""
        self.to("Tie-out")
        self.page.get_by_label("Period").select_option("2026-10")
        self.page.get_by_label("Entity").select_option(entity)
        self.press("Show")
        self.page.wait_for_url("**/tie-out?*entity=*")
        newer = self.page.get_by_text("newer ones are being worked out")
        self.until(lambda: not newer.count(), "the tie-out's figures are of before")
        table = self.page.get_by_role("group", name="Tie-out of October 2026")
        rows = [[c.inner_text() for c in r.locator("th, td").all()] for r in table.locator("tbody tr").all()]
        assert rows and all(row[1] == entity for row in rows)
        answers = (
            self.page.get_by_role("list", name="How far it is proven")
            .get_by_role("listitem")
            .all_inner_texts()
        )
        assert answers
        left = [words for words in answers if not words.startswith("Proven: ")]
        return [*left, *(" ".join(row) for row in rows if not _is_proven(row))]

    def certify(self, entity: str) -> None:
        """The accountant says of each account that waits why it is as it is, and the approver signs them all."""
        self.to_close(entity)
        here = self.page.url
        self.page.get_by_role("group", name="Tasks", exact=True).get_by_role(
            "link", name="accounts certified", exact=True
        ).click()
        self.page.wait_for_url("**/accounts")
        waiting = self.page.get_by_role("group", name="Accounts that wait for people").locator("tbody th a")
        for name in waiting.all_inner_texts():
            self.page.get_by_role("link", name=name, exact=True).click()
            self.page.get_by_label("Why it is as it is").fill(
                "its items were looked at one by one, and each has a case that says why"
            )
            self.press("Prepare it for another person's signature")
            self.told("prepared")
            self.page.get_by_role("navigation", name="Where this is").get_by_role(
                "link", name="Accounts"
            ).click()
            self.page.wait_for_url("**/accounts")
        if waiting.count():
            self.be("approver")
            self.page.get_by_label("Choose all that you may sign").check()
            self.press("Sign what was prepared")
            self.told("signed")
            self.be("accountant")
        expect(self.page.locator("h1 .badge")).to_have_text("all certified")
        self.page.goto(here)

    def lock(self) -> None:
        """The company's accountants lock October in Odoo."""
        self.on_the_sandbox("Lock October in Odoo", "October is locked")

    def on_the_sandbox(self, button: str, words: str) -> None:
        """What the company's people do at any time; back to the page that was open."""
        here = self.page.url
        self.page.get_by_role("navigation", name="Sandbox").get_by_role("link", name="Sandbox").click()
        self.press(button)
        expect(self.page.locator(".flash.good")).to_contain_text(words)
        self.page.get_by_role("link", name="Back to Tieout").click()
        self.page.goto(here)

    def sign(self, entity: str) -> None:
        """One after the other everything that is done, and the close itself last."""
        self.to_close(entity)
        for person in ("accountant", "approver", "accountant", "approver"):
            self.be(person)
            if self.page.locator("h1 .badge").inner_text().startswith("closed"):
                break
            self.read_evidence()
            self.press("Sign everything that is done")
            self.told("signed or prepared")
        self.be("accountant")
        expect(self.page.locator("h1")).to_contain_text("closed on business day")
