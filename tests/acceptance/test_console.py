"""What people do in the console, in a real browser over a whole month: a cluster of cases, matching by keyboard,
approvals, a close, a replay, a pack. Whether its pages are for everybody is test_every_page.py."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pypdf import PdfReader

from tests.simulation.house import House, misnamed, planted_causes
from tieout.inbox import pull_again
from tieout.money import Period
from tieout.operations.closing import close_state
from tieout.operations.reconciling import reconcile
from tieout_sandbox.demo.closing import ClosingScene
from tieout_sandbox.planted_faults import PlantedFaults

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"
)
POLICY = (
    '[[policy]]\nname = "exclusions"\nwhen = \'action == "exclude"\'\nsteps = [{ role = "controller" }]\n'
)


class Shipped(PlantedFaults):
    """Orders that are on their way to the customer at once."""

    def _order(self, at: datetime, expected: str = "case") -> tuple[dict[str, Any], int]:
        order, total = super()._order(at, expected)
        self.m.world.shops["shop_us"].fulfil(order, at)
        return order, total


@pytest.fixture(scope="module")
def house(busy_house: House) -> House:
    """The first who come to it: while everything stands as it was planted."""
    made = busy_house
    for name, roles in (
        ("cleo", ("controller",)),
        ("carl", ("controller",)),
        ("otto", ("operator", "integrator")),
        ("iris", ("integrator", "controller")),
        ("nora", ("auditor",)),
        ("vera", ("viewer",)),
        ("adam", ("administrator",)),
        ("olga", ("controller",)),
    ):
        for role in roles:
            made.grant(name, role)
    # Is all of it named as what it is?
    made.olga = made.api("olga")
    assert len(planted_causes(made)) >= 12 and misnamed(made, made.olga) == []
    # Whatever is done here is of October: its books are open again.
    ids = [made.scenario._month.company_id]
    made.scenario._admin.call("res.company", "write", ids=ids, vals={"fiscalyear_lock_date": False})
    # Two more orders with a tax that nobody mapped.
    traps = Shipped(made.scenario._month)
    for hours in (2, 3):
        traps.unknown_tax(made.project.clock.now() - timedelta(hours=hours))
    pull_again(made.connection, "shop_us", made.project.clock)
    made.demo.settle(made.project)
    return made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def tokens(house: House) -> dict[str, str]:
    return {name: house.session(name)[0] for name in ("cleo", "carl", "otto", "nora", "vera", "adam", "iris")}


@pytest.fixture
def as_(chromium: Browser, house: House, tokens: dict[str, str]) -> Iterator[Callable[[str], Page]]:
    """A page of somebody's browser. Whatever its console complains of, or asks of another host, fails the test."""
    contexts: list[Any] = []
    troubles: list[str] = []

    def opened(name: str) -> Page:
        context = chromium.new_context(
            base_url=house.base,
            locale="en-GB",
            color_scheme="light",
            viewport={"width": 1280, "height": 900},
        )
        context.add_cookies([{"name": "tieout", "value": tokens[name], "url": house.base}])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda m: troubles.append(m.text) if "Content Security" in m.text else None)
        page.on(
            "request",
            lambda r: troubles.append(r.url) if not r.url.startswith((house.base, "data:")) else None,
        )
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


def until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def open_cases(house: House, cause: str) -> int:
    row = house.connection.execute(
        "select count(*) as n from tieout.cases where state = 'open' and cause = %s", (cause,)
    ).fetchone()
    assert row is not None
    return int(row["n"])


def test_a_page_says_no_more_and_lets_do_no_more_than_the_api(house: House, as_: Any) -> None:
    vera = as_("vera")
    vera.goto("/")
    names = vera.get_by_role("navigation", name="Pages").get_by_role("link").all_inner_texts()
    assert "Access" not in names and "Evidence" not in names and "Cases" in names
    for path in ("/access", "/evidence", "/systems"):
        assert vera.goto(path).status == 403
        expect(vera.get_by_role("heading", level=1)).to_have_text("That is not yours to see")
    vera.goto("/cases?cause=unknown_tax")
    assert vera.get_by_role("button", name="Plan all of them again").count() == 0
    # A form that is sent all the same is refused by the API, and the page says why.
    csrf = vera.evaluate("JSON.parse(document.body.getAttribute('hx-headers'))['x-tieout-csrf']")
    reply = vera.request.post(
        f"{house.base}/cases?cause=unknown_tax", form={"act": "replay-all", "csrf": csrf},
        headers={"origin": house.base},
    )  # fmt: skip
    assert reply.status == 403 and "no role" in reply.text()
    # Without what goes along with a change it is nobody's.
    reply = vera.request.post(f"{house.base}/cases", form={"act": "replay"}, headers={"origin": house.base})
    assert reply.status in (403, 422)
    reply = vera.request.post(
        f"{house.base}/cases?cause=x",
        form={"act": "replay-all", "csrf": csrf},
        headers={"origin": "http://evil.example"},
    )
    assert reply.status == 403 and "another site" in reply.text()
    headers = vera.request.get(f"{house.base}/cases").headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"] and headers["cache-control"] == "no-store"


def test_a_cluster_is_found_understood_mended_once_and_cleared(house: House, as_: Any) -> None:
    page = as_("cleo")
    page.goto("/")
    table = page.get_by_role("group", name="Open cases by cause")
    table.get_by_role("link", name="Unknown tax", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Unknown tax")
    expect(page.locator(".lead").first).to_contain_text("3 cases of US")
    (held,) = re.findall(r"[0-9,]+\.[0-9]{2}", page.locator(".lead").first.inner_text())
    # What planning it again would book now: nothing yet, and why.
    page.get_by_role("button", name="Show what planning them again would book").click()
    expect(page.locator(".tried")).to_contain_text("Nothing would leave exception now")
    keys = sorted(set(re.findall(r"'(US-[A-Z]{2}: City Levy)'", page.locator("main").inner_text())))
    assert keys
    # Mended once: a row of the mapping for each state, with its difference shown first.
    page.goto("/mappings/taxes")
    page.get_by_text("Bring a table as CSV").click()
    # The field behind "From a file" is hidden, and makes nobody scroll sideways.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    content = page.locator("#csv").input_value()
    value = content.splitlines()[1].split(",")[1]
    page.locator("#csv").fill(content.rstrip("\n") + f"\n{keys[0]},\n")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_role("alert")).to_contain_text("has no value")
    # What was typed is still there.
    assert keys[0] in page.locator("#csv").input_value()
    rows = "".join(f"\n{key},{value},," for key in keys)
    page.locator("#csv").fill(content.rstrip("\n") + rows + "\n")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.locator(".tried .new")).to_contain_text(keys)
    page.get_by_role("button", name="Put it in force").click()
    assert page.locator("#reason").get_attribute("aria-invalid") == "true"
    page.locator("#reason").fill("agreed with the tax desk")
    page.get_by_role("button", name="Put it in force").click()
    expect(page.locator(".flash.good")).to_contain_text(f"{len(keys)} rows added")
    # Now the preview shows the money, and all of them go.
    page.goto("/cases?cause=unknown_tax&entity=US")
    page.get_by_role("button", name="Show what planning them again would book").click()
    expect(page.locator(".tried")).to_contain_text("3 of 3 would leave exception")
    expect(page.locator(".tried p").first).to_contain_text(held)
    lines = page.locator(".tried table").first.get_by_role("row").all_inner_texts()
    sums = [
        Decimal(x.split("\t")[1].removesuffix(" USD").replace(",", "").replace("−", "-")) for x in lines[1:]
    ]
    assert sum(sums) == 0 and sum(s for s in sums if s > 0) == Decimal(held.replace(",", "")), lines
    assert open_cases(house, "unknown_tax") == 3, "a preview changed something"
    page.get_by_role("button", name="Plan all of them again").click()
    expect(page.locator(".flash.good")).to_contain_text("3 are reprocessed")
    assert until(lambda: open_cases(house, "unknown_tax") == 0)


def test_breaks_are_matched_by_keyboard_alone(house: House, as_: Any) -> None:
    page = as_("otto")
    page.goto("/matching")
    before = house.connection.execute("select count(*) as n from tieout.suggestion").fetchone()
    # Undo the latest match: its list has the focus, u opens its reason, Enter sends it.
    page.locator("[data-row][aria-label^='Match ']").first.focus()
    page.keyboard.press("j")
    page.keyboard.press("u")
    page.keyboard.type("paid for somebody else")
    page.keyboard.press("Enter")
    expect(page.locator(".flash.good")).to_contain_text("taken apart")
    house.demo.settle(house.project)
    reconcile(house.project, "US", house.project.clock.now().date())
    house.demo.settle(house.project)
    after = house.connection.execute("select count(*) as n from tieout.suggestion").fetchone()
    assert before is not None and after is not None and after["n"] > before["n"]
    # What a person took apart is suggested, and accepted by one key.
    page.goto("/matching")
    page.keyboard.press("j")
    expect(page.locator("ol.suggestions [data-row]").first).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator(".flash.good")).to_contain_text("accepted")
    house.demo.settle(house.project)
    # Cash that pays nothing: chosen with x, booked with b.
    page.goto("/matching")
    page.locator("#join [data-row]", has_text="432.10").locator("input").focus()
    page.keyboard.press("x")
    expect(page.locator("#chosen-sum")).to_contain_text("cash 432.10")
    page.keyboard.press("b")
    expect(page.locator(".flash.good")).to_contain_text("booked")
    house.demo.settle(house.project)
    row = house.connection.execute(
        "select state, content from tieout.document where kind = 'reconciliation' order by document_id desc limit 1"
    ).fetchone()
    assert row is not None and row["state"] == "posted" and '"decided_by":"otto"' in row["content"]
    # A letter typed into a field presses nothing.
    page.goto("/matching")
    page.locator("input[name=words]").focus()
    page.keyboard.type("amb")
    assert page.locator("input[name=words]").input_value() == "amb"


def test_the_first_person_cannot_approve_and_the_second_can(house: House, as_: Any) -> None:
    policy = house.project.settings.folder / "rules" / "approvals.toml"
    policy.parent.mkdir(exist_ok=True)
    policy.write_text(POLICY)
    time.sleep(0.3)
    cleo, carl = as_("cleo"), as_("carl")
    number = house.connection.execute(
        "select case_id from tieout.cases where state = 'open' and cause = 'imported_by_another_connector'"
    ).fetchone()
    assert number is not None
    cleo.goto(f"/cases/{number['case_id']}")
    cleo.get_by_label("Reason to exclude it").fill("Odoo has it from the old connector")
    cleo.get_by_role("button", name="Exclude the document").click()
    expect(cleo.locator(".flash.good")).to_contain_text("somebody else must approve that")
    assert "/approvals/" in cleo.url
    cleo.get_by_role("button", name="Approve").click()
    expect(cleo.get_by_role("alert")).to_contain_text("cleo")
    assert open_cases(house, "imported_by_another_connector") == 1
    carl.goto("/approvals")
    carl.get_by_role("row").filter(has_text="Odoo has it from the old connector").get_by_role("link").click()
    # The list has a button of that name, too: the request's own page is waited for.
    carl.wait_for_url("**/approvals/*")
    carl.get_by_role("button", name="Approve").click()
    expect(carl.locator(".flash.good")).to_contain_text("1 approved")
    assert until(lambda: open_cases(house, "imported_by_another_connector") == 0)
    policy.unlink()
    time.sleep(0.3)


@pytest.mark.long
def test_a_range_is_replayed_with_its_money_first(house: House, as_: Any) -> None:
    page = as_("otto")
    accounts = house.project.settings.folder / "mappings" / "accounts.csv"
    assert open_cases(house, "unmapped_account") == 1
    page.goto("/interfaces/shop_us")
    page.locator("input[name=since]").fill("2026-10-01")
    page.locator("input[name=until]").fill("2026-09-01")
    page.get_by_role("button", name="Show the difference in money").click()
    expect(page.get_by_role("alert")).to_contain_text("the first day comes first")
    assert page.locator("input[name=until]").input_value() == "2026-09-01"
    value = next(x for x in accounts.read_text().splitlines() if x.startswith("revenue.")).split(",")[1]
    accounts.write_text(accounts.read_text().rstrip("\n") + f"\nrevenue.tips,{value}\n")
    time.sleep(0.3)
    page.locator("input[name=until]").fill("2026-10-31")
    page.get_by_role("button", name="Show the difference in money").click()
    expect(page.locator(".tried")).to_contain_text("would leave exception, 920.24")
    assert open_cases(house, "unmapped_account") == 1
    page.get_by_role("button", name="Reprocess it").click()
    expect(page.locator(".flash.good")).to_contain_text("reprocessed")
    assert until(lambda: open_cases(house, "unmapped_account") == 0)
    # Paused, it is asked nothing; resumed it goes on.
    page.get_by_label("Reason to pause it").fill("the shop moves")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".flash.busy")).to_contain_text("Paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".flash.good")).to_contain_text("it goes on")


@pytest.mark.long
def test_a_system_is_connected_once_every_step_works(house: House, as_: Any) -> None:
    """A service account that lacks a right, a wrong key, an address inside: each says what to do."""
    toml = house.project.settings.folder / "tieout.toml"
    admin = house.scenario._admin
    admin._service_account("clerk", "a long password", house.scenario._month.company_id)
    (clerk,) = admin.call("res.users", "search_read", domain=[["login", "=", "clerk"]], fields=["group_ids"])
    products = admin.call(
        "ir.model.data", "search_read", fields=["res_id"], domain=[["name", "=", "group_product_manager"]]
    )[0]["res_id"]
    kept = [g for g in clerk["group_ids"] if g != products]
    admin.call("res.users", "write", ids=[clerk["id"]], vals={"group_ids": [[6, 0, kept]]})
    key = admin._make_key("clerk", "a long password")
    page = as_("iris")
    page.goto("/systems")
    page.locator("select[name=kind]").select_option("odoo")
    page.get_by_role("button", name="Choose").click()
    expect(page.locator("#set-key")).to_be_visible()

    def enter(secret: str) -> None:
        page.locator("#system-name").fill("books2")
        page.locator("#set-url").fill(admin.url)
        page.locator("#set-database").fill(admin.database)
        page.locator("#set-company").fill(str(house.scenario._month.company_id))
        page.locator("#set-key").fill(secret)
        page.get_by_role("button", name="Test and connect").click()

    enter(key)
    expect(page.get_by_role("alert")).to_contain_text("it is not connected")
    expect(page.locator(".steps .bad")).to_contain_text("which is not public")
    # What was typed is there still, its secret is not.
    expect(page.locator("#set-url")).to_have_value(admin.url)
    expect(page.locator("#set-key")).to_have_value("")
    toml.write_text(toml.read_text() + '\n[telling]\nprivate = ["127.0.0.0/8", "::1/128"]\n')
    time.sleep(0.3)
    enter("0" * 40)
    expect(page.locator(".steps .bad")).to_contain_text("Odoo refuses the key")
    enter(key)
    expect(page.locator(".steps .bad")).to_have_count(1)
    expect(page.locator(".steps .bad")).to_contain_text("product.group_product_manager")
    expect(page.locator(".steps .good")).not_to_have_count(0)
    admin.call("res.users", "write", ids=[clerk["id"]], vals={"group_ids": [[6, 0, clerk["group_ids"]]]})
    enter(key)
    expect(page.locator(".flash.good")).to_contain_text("books2 is connected")
    found = house.project.settings.folder / "systems" / "books2.toml"
    secret = house.project.settings.folder / "systems" / "secrets" / "books2.key"
    assert key not in found.read_text() and secret.read_text() == key and secret.stat().st_mode & 0o77 == 0
    panel = page.locator("#books2")
    panel.get_by_role("button", name="Test it step by step").click()
    expect(page.locator("#books2 .steps li.good")).not_to_have_count(0)
    expect(page.locator("#books2 .steps li.bad")).to_have_count(0)
    page.locator("#books2").get_by_role("button", name="Disconnect").click()
    expect(page.locator(".flash.good")).to_contain_text("not connected any more")
    assert not found.exists() and not secret.exists()
    # What the project's file declares is taken out there; whoever has one factor alone connects nothing.
    iris, otto = house.api("olga2", ("integrator", "controller")), house.api("ivo", ("integrator",))
    assert iris.delete("/systems/odoo").status_code == 409
    draft = {"connector": "bankfile", "settings": {}}
    assert otto.put("/systems/files", json=draft).status_code == 403
    assert iris.put("/systems/files", json=draft).json()["by_browser"] is True
    assert iris.put("/systems/odoo", json=draft).status_code == 422
    assert iris.put("/systems/Odd name", json=draft).status_code == 422
    reads = {
        "connector": "odoo",
        "settings": {"url": "https://example.com", "database": "file:/etc/passwd", "key": "k"},
    }
    assert "env: and file:" in iris.post("/systems/x/try", json=reads).json()[0]["said"]
    folder = {"connector": "payments", "settings": {"folder": "/etc"}}
    assert "is not connected by the browser" in iris.put("/systems/x", json=folder).json()["detail"]
    assert iris.delete("/systems/files").status_code == 204


@pytest.mark.long
def test_an_auditor_exports_a_pack_and_verifies_it(house: House, as_: Any, tmp_path: Path) -> None:
    page = as_("nora")
    page.goto("/evidence?action=case.")
    assert page.locator("tbody tr").count() > 3
    key = page.locator(".head code").inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export a pack").click()
    pack = tmp_path / "pack.zip"
    download.value.save_as(pack)
    with zipfile.ZipFile(pack) as opened:
        opened.extract("verify.py", tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", str(tmp_path / "verify.py"), str(pack), "--key", key],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    # Somebody else's key proves it wrong.
    wrong = ("0" if key[0] != "0" else "1") + key[1:]
    command = [sys.executable, "-I", str(tmp_path / "verify.py"), str(pack), "--key", wrong]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


@pytest.mark.long
def test_an_auditor_takes_papers_along(house: House, as_: Any, tmp_path: Path) -> None:
    """Tie-out, payout proof and close as PDF from their pages, each with the figures that it shows."""
    page = as_("nora")
    found = house.connection.execute(
        "select document_id from tieout.document where kind = 'provider_movement' and state = 'posted'"
        " and content::jsonb ->> 'category' = 'payout' order by document_id limit 1"
    ).fetchone()
    assert found is not None
    payout = found["document_id"]
    for n, path in enumerate(("/tie-out?period=2026-10", f"/payouts/{payout}", "/close/US/2026-10")):
        page.goto(path)
        with page.expect_download() as download:
            page.get_by_role("link", name="PDF for an auditor").click()
        file = tmp_path / f"{n}.pdf"
        download.value.save_as(file)
        reader = PdfReader(file)
        (figures,) = reader.attachments["figures.json"]
        text = "".join(p.extract_text() for p in reader.pages).replace("\n", "")
        assert hashlib.sha256(figures).hexdigest() in text and "Madebynora" in text.replace(" ", "")
    (proof,) = PdfReader(tmp_path / "1.pdf").attachments["figures.json"]
    told = json.loads(proof)["figures"]
    assert told["document_id"] == payout and sum(Decimal(m["net"]) for m in told["movements"]) == Decimal(
        told["amount"]
    )


@pytest.mark.long
def test_a_payout_names_the_bank_lines_by_which_it_arrived(house: House, as_: Any) -> None:
    """Of every payout what arrived is what was sent less what is in transit, and each line is a click from the books."""
    shown, listed = 0, house.olga.get("/payouts?limit=200").json()
    for total in listed["totals"]:
        mine = [Decimal(p["amount"]) for p in listed["items"] if p["currency"] == total["currency"]]
        assert (total["count"], Decimal(total["amount"])) == (len(mine), sum(mine)), total
    assert {t["currency"] for t in listed["totals"]} == {p["currency"] for p in listed["items"]}
    for each in house.olga.get("/payouts?limit=200").json()["items"]:
        whole = house.olga.get(f"/payouts/{each['document_id']}").json()
        arrived = sum((Decimal(a["amount"]) for a in whole["arrivals"]), Decimal(0))
        assert arrived == Decimal(each["amount"]) - Decimal(each["in_transit"]), whole
        assert whole["arrivals"] or not each["proven"], whole
        # Its lines come to its net, which is what the bank has once it is proven.
        assert sum(Decimal(x["amount"]) for x in whole["made_of"]) == Decimal(whole["net"]), whole
        assert Decimal(whole["arrived"]) == arrived
        if each["proven"] and each["automatic"] and whole["movements"]:
            assert Decimal(whole["net"]) == Decimal(whole["arrived"]) == Decimal(each["amount"])
        came_back = any(a["effect"] == "payout_reversal" for a in whole["arrivals"])
        if each["proven"] and not came_back and not shown:
            page = as_("nora")
            page.goto(f"/payouts/{each['document_id']}")
            expect(page.locator(".lead").first).to_contain_text("Proven:")
            gross = page.locator(".proof details", has_text="Gross")
            gross.locator("summary").click()
            for part in next(x for x in whole["made_of"] if x["kind"] == "gross")["parts"]:
                expect(gross.get_by_role("link", name=part["movement_key"], exact=True)).to_be_visible()
            for line in whole["arrivals"]:
                row = page.get_by_role("group", name="What became of it").get_by_role(
                    "row", name=line["source_key"]
                )
                expect(row).to_contain_text("arrived at the bank")
                assert (
                    row.get_by_role("link", name=line["source_key"], exact=True).get_attribute("href")
                    == f"/documents/{line['document_id']}"
                )
                assert line["matched"] and line["in_books"]["url"] in [
                    a.get_attribute("href") for a in row.get_by_role("link").all()
                ]
            shown = len(whole["arrivals"])
    assert shown


@pytest.mark.long
def test_what_happens_shows_without_asking(house: House, as_: Any) -> None:
    page = as_("cleo")
    page.goto("/cases")
    expect(page.locator("#live")).to_have_text("live")
    clusters = page.locator(".cluster").count()
    case = house.connection.execute(
        "select case_id from tieout.cases where state = 'open' and cause = 'refund_failed'"
    ).fetchone()
    assert case is not None
    http = house.olga
    assert http.post(f"/cases/{case['case_id']}/solve", json={"reason": "agreed"}).status_code == 200
    # It is above what one person decides alone: another one lets it be solved.
    house.scenario.approve_all(house.connection, house.project)
    expect(page.locator(".cluster")).to_have_count(clusters - 1, timeout=60_000)


def test_a_period_is_closed_by_two_people(house: House, as_: Any) -> None:
    scene = ClosingScene(house.demo, house.project, house.scenario, Period(2026, 10))
    for _ in range(4):
        scene._step()
        close_state(house.project, "US", Period(2026, 10))
        if not scene._decide_all():
            break
    scene._certify("US")
    cleo, carl = as_("cleo"), as_("carl")
    cleo.goto("/close/US/2026-10")
    cleo.get_by_role("button", name="Lock the books up to the period's end").click()
    # The key that Tieout has may post and may not lock: Odoo's own word is shown.
    expect(cleo.get_by_role("alert")).to_contain_text("a system outside did not do it")
    house.scenario.lock(date(2026, 10, 31))
    cleo.get_by_role("button", name="Sign everything that is done").click()
    expect(cleo.locator(".flash.good")).to_contain_text("signed or prepared")
    assert cleo.get_by_text("prepared", exact=True).count() > 3
    # The first person's second signature is none.
    cleo.get_by_role("button", name="Sign everything that is done").click()
    expect(cleo.locator(".flash.good")).to_contain_text("somebody else signs it")
    carl.goto("/close/US/2026-10")
    carl.get_by_role("button", name="Sign everything that is done").click()
    # Each waits until the other's signatures were taken.
    expect(carl.locator(".flash.good")).to_contain_text("signed or prepared", timeout=90_000)
    cleo.goto("/close/US/2026-10")
    cleo.get_by_role("button", name="Sign everything that is done").click()
    expect(cleo.locator("h1")).to_contain_text("closed on business day", timeout=90_000)
    carl.goto("/")
    expect(carl.locator(".close-row").filter(has_text="US October 2026")).to_contain_text("closed")
