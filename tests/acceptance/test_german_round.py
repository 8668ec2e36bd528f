"""A German controller's round in a real browser: Today, a case that is cured, the tie-out in German forms, an amount that is typed, a file, a
signature. On every page that is visited no English word of the catalogue is left, axe-core finds nothing serious in either theme, and
nothing sticks out of a phone; files and evidence are the same as everybody's."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta

import httpx2
import pytest
from deploy.words import read
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.acceptance.page_faults import complaints, too_wide
from tests.acceptance.test_console import CHROMIUM, Shipped, open_cases, until
from tests.simulation.house import House
from tieout.inbox import pull_again
from tieout.money import Period
from tieout.operations.closing import close_state

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"),
]
GERMAN_AMOUNT = re.compile(r"[−+]?[0-9]{1,3}(?:\.[0-9]{3})*,[0-9]{2,}")
# Every text that is seen or heard, but what is a machine's: code, data as they came, and what is said in its own language.
TEXTS = """() => {
    const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const held = texts.currentNode.parentElement;
        if (!held.closest("script, style, code, kbd, pre, textarea, [lang=en]")) found.push(texts.currentNode.textContent.trim());
    }
    for (const e of document.querySelectorAll("[aria-label], [title], [placeholder]"))
        for (const name of ["aria-label", "title", "placeholder"]) found.push(e.getAttribute(name) || "");
    return found.filter(Boolean);
}"""


def english_words(names: set[str]) -> tuple[set[str], list[re.Pattern[str]]]:
    """The catalogue's English texts that have another German one: those without values, and the others as patterns, where
    enough of their own words is left. `names` of interfaces, systems and owners are
    no words."""
    fixed, patterns = set(), []
    for message in read("de"):
        english = (message.id,) if isinstance(message.id, str) else tuple(message.id)
        german = (message.string,) if isinstance(message.string, str) else tuple(message.string)
        for text in english:
            if not text or text in names or text.lower() in {g.lower() for g in german}:
                continue
            parts = re.split(r"%\(\w+\)s|{\w+(?:!r)?}", text.replace("%%", "%"))
            if len(parts) == 1:
                fixed |= {text, text[:1].upper() + text[1:]}
            elif len(re.findall(r"[A-Za-z]{3,}", " ".join(parts))) >= 2:
                patterns.append(re.compile(".+?".join(re.escape(p) for p in parts), re.DOTALL))
    return fixed, patterns


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of its own, since others close their month: with two orders more whose tax has no row."""
    made = House(tmp_path_factory.mktemp("german") / "demo", "distributor")
    for name in ("gerda", "gustav"):
        made.grant(name, "controller")
    ids = [made.scenario._month.company_id]
    made.scenario._admin.call("res.company", "write", ids=ids, vals={"fiscalyear_lock_date": False})
    taxes = made.project.settings.folder / "mappings" / "taxes.csv"
    rows = [row for row in taxes.read_text().splitlines() if "City Levy" not in row]
    taxes.write_text("\n".join(rows) + "\n")
    time.sleep(0.3)
    traps = Shipped(made.scenario._month)
    for hours in (4, 5):
        traps.unknown_tax(made.project.clock.now() - timedelta(hours=hours))
    pull_again(made.connection, "shop_us", made.project.clock)
    made.demo.settle(made.project)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Round:
    """A German's browser, and what was wrong on the pages that it saw."""

    def __init__(self, house: House, chromium: Browser) -> None:
        self.house = house
        self.token, self.headers = house.session("gerda")
        context = chromium.new_context(
            base_url=house.base, locale="de-DE", color_scheme="light", viewport={"width": 1280, "height": 900}
        )
        context.add_cookies([{"name": "tieout", "value": self.token, "url": house.base}])
        self.page: Page = context.new_page()
        # Of the sandbox's people, and a line's own reference in the ledger.
        flows = house.project.release().interfaces
        # Roles of accounts are keys of the project's own tables.
        table = (house.project.settings.folder / "mappings" / "accounts.csv").read_text()
        names = {
            *flows,
            *house.project.settings.systems,
            *(f.owner for f in flows.values()),
            *(line.partition(",")[0] for line in table.splitlines()),
            "accountant",
            "dispute",
        }
        self.fixed, self.patterns = english_words(names)
        self.wrong: dict[str, list[str]] = {}
        self.page.on("pageerror", lambda error: self.wrong.setdefault("script", []).append(str(error)))

    def visit(self, path: str) -> None:
        """Go there, and look at it as everybody should see it."""
        reply = self.page.goto(path)
        assert reply is not None and reply.status == 200, path
        self.look(path)

    def look(self, name: str) -> None:
        """What is shown now: its language, its words, its width, and what axe-core says."""
        assert self.page.locator("html").get_attribute("lang") == "de", name
        texts = [" ".join(t.split()) for t in self.page.evaluate(TEXTS)]
        english = [t for t in texts if t in self.fixed or any(p.fullmatch(t) for p in self.patterns)]
        self.wrong.setdefault(name, []).extend(
            [f"English: {t}" for t in sorted(set(english))]
            + complaints(self.page, "light")
            + complaints(self.page, "dark")
            + too_wide(self.page, 390)
        )

    def troubles(self) -> dict[str, list[str]]:
        """By page."""
        return {path: found for path, found in self.wrong.items() if found}


def test_a_german_controller_does_their_round(house: House, chromium: Browser) -> None:
    mine = Round(house, chromium)
    page = mine.page
    # What a browser asks for is German; the forms are chosen.
    mine.visit("/me")
    page.get_by_label("Daten und Zahlen").select_option("language")
    page.get_by_role("button", name="Auswahl speichern").click()
    expect(page.locator("#told .flash.good")).to_be_visible()
    # Today, from there to a case.
    mine.visit("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Heute")
    page.get_by_role("link", name="Unbekannte Steuer", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Unbekannte Steuer")
    mine.look("/cases?cause=unknown_tax")
    row = house.connection.execute(
        "select case_id from tieout.cases where state = 'open' and cause = 'unknown_tax' order by case_id desc limit 1"
    ).fetchone()
    assert row is not None
    mine.visit(f"/cases/{row['case_id']}?do=map")
    expect(page.locator("main")).to_contain_text(
        "Die Quelle nennt eine Steuer, die die Zuordnung der Steuern nicht kennt."
    )
    expect(page.locator("main")).to_contain_text("in mappings/taxes.csv ergänzen")
    # It is cured by its row.
    before = open_cases(house, "unknown_tax")
    value = (
        (house.project.settings.folder / "mappings" / "taxes.csv").read_text().splitlines()[1].split(",")[1]
    )
    page.locator("#value").fill(value)
    page.locator("#row-reason").fill("mit der Steuerabteilung abgestimmt")
    page.get_by_role("button", name="In Kraft setzen und neu planen").click()
    expect(page.locator("#told")).to_contain_text("neu verarbeitet")
    assert until(lambda: open_cases(house, "unknown_tax") < before)
    # The tie-out: its words, and every figure in German form.
    mine.visit("/tie-out")
    figures = [f.strip() for f in page.locator("main .money").all_text_contents()]
    assert len(figures) > 20
    assert [f for f in figures if not GERMAN_AMOUNT.match(f)] == []
    # An amount, as a German types it; one that may be two is refused with both.
    open_line = house.connection.execute(
        "select abs(amount) as amount from tieout.open_line where abs(amount) between 1 and 999 limit 1"
    ).fetchone()
    assert open_line is not None
    typed = f"{open_line['amount']:.2f}".replace(".", ",")
    mine.visit("/matching")
    page.locator("input[name=amount]").fill(typed)
    page.get_by_role("button", name="Suchen").click()
    page.wait_for_url("**/matching?*amount=*")
    expect(page.locator("#join [data-row]").first).to_contain_text(typed)
    page.locator("#join [data-row]").first.locator("input").check()
    expect(page.locator("#chosen-sum")).to_contain_text(f"{typed}")
    page.locator("input[name=amount]").fill("1.234")
    page.get_by_role("button", name="Suchen").click()
    expect(page.get_by_role("alert")).to_contain_text("kann 1234 oder 1,234 heißen")
    # A file is everybody's.
    exported = page.request.get(f"{house.base}/export/documents.csv?period=2026-10").text()
    gustav = house.api("gustav")
    english = gustav.get(f"{house.base}/export/documents.csv", params={"period": "2026-10"})
    assert english.text == exported
    assert "Source key" in exported and re.search(r",-?[0-9]+\.[0-9]{2},", exported)
    # A task of the close is prepared, under its German name.
    close_state(house.project, "US", Period(2026, 10))
    mine.visit("/close/US/2026-10")
    sign(gustav, page)
    # What went into evidence by it is as everybody's: names of actions, amounts with a point.
    told = gustav.get("/evidence?actor=gerda&limit=100").json()["items"]
    assert told and all(re.fullmatch(r"[a-z_]+(?:\.[a-z_]+)+", e["action"]) for e in told), told
    assert not any(GERMAN_AMOUNT.search(str(e["detail"])) for e in told)
    for path in ("/cases", "/payouts", "/documents", "/approvals", "/close"):
        mine.visit(path)
    assert mine.troubles() == {}, mine.troubles()


def sign(gustav: httpx2.Client, page: Page) -> None:
    """Sign the first task that is ready, under its German name."""
    button = page.get_by_role("button", name=re.compile("^(Vorbereiten|Abzeichnen) vollständig: ")).first
    name = (button.get_attribute("aria-label") or "").partition(" vollständig: ")[2]
    button.click()
    expect(page.locator("#told .flash.good")).to_be_visible()
    state = {t["name"]: t["state"] for t in gustav.get("/closes/US/2026-10").json()["tasks"]}
    assert state[f"complete: {name}"] in ("prepared", "signed")
