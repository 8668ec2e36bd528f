"""Where something stands in another system, the API and the pages link to it; never where nobody knows the address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from tests.integration.office import person
from tests.integration.test_process import Site as Books
from tests.integration.test_process import row
from tests.integration.test_work_api import Front
from tieout.connector_api import SystemConfig
from tieout.connectors.odoo.versions import V19
from tieout.console.routes import pages
from tieout.operations.discover import discover
from tieout.security import Begin, Confirm, GrantRole, change_authority
from tieout.store import Database
from tieout_sandbox.simulators.odoo import Odoo

pytestmark = pytest.mark.long
STRIPE, BOOKS = "https://api.stripe.com", "https://books.example.com"
OUT = re.compile(r'<a class="out" href="([^"]*)"([^>]*)>')


class Desk:
    """The web side over a database with a payout in it, and somebody who looks."""

    def __init__(self, database: Database) -> None:
        self.books = Books(database)
        self.systems = {"stripe": STRIPE, "odoo": BOOKS}
        with database.transaction() as connection:
            now = self.books.clock.now()
            change_authority(connection, Begin(people=(person("alice"), person("bob"))), "first start", now)
            for change in (
                person("cy"),
                GrantRole(name="cy", role="controller", entity="US", limit=None),
            ):
                no = change_authority(connection, change, "alice", now)
                change_authority(connection, Confirm(no=no), "bob", now)
        registry = discover()

        class Settings:
            @property
            def systems(_self) -> dict[str, SystemConfig]:
                return {
                    n: SystemConfig(n, n, "test", {"url": url, "key": "rk_test_1"})
                    for n, url in self.systems.items()
                }

        project = SimpleNamespace(settings=Settings(), connector_of=lambda s: registry[s], away=lambda s: "")
        made = pages("Test", "test", False, lambda: True)
        self.front = Front(self.books, project, made)  # type: ignore[arg-type]
        self.api = self.front.sign_in("cy")
        self.pages = httpx2.Client(base_url=self.front.base, headers=self.api.headers, timeout=120)

    def payout(self) -> int:
        self.books.take(row("txn_1", amount=-123456))
        self.books.work()
        changed = self.front.c.execute(
            "update tieout.delivery set target_model = 'account.move', target_id = 42, state = 'confirmed',"
            " confirmed_at = now() returning document_id"
        ).fetchone()
        assert changed is not None
        return int(changed["document_id"])

    def told(self, path: str, **asked: Any) -> Any:
        found = self.api.get(path, params=asked)
        assert found.status_code == 200, found.text
        return found.json()

    def links(self, path: str) -> list[tuple[str, str]]:
        found = self.pages.get(path)
        assert found.status_code == 200, found.text
        return OUT.findall(found.text)


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    made = Desk(database)
    yield made
    made.front.stop()


def test_what_stands_elsewhere_is_one_click_away(desk: Desk) -> None:
    number = desk.payout()
    stripe = {"title": "Stripe", "url": "https://dashboard.stripe.com/test/payouts/po_txn_1"}
    move = f"{BOOKS}/odoo/account.move/42"
    whole = desk.told(f"/documents/{number}")
    assert whole["elsewhere"] == stripe
    assert {d["elsewhere"]["url"] for d in whole["deliveries"]} == {move}
    (chapter,) = desk.told(f"/documents/{number}/story")["chapters"]
    assert chapter["elsewhere"] == stripe
    (payout,) = desk.told("/payouts")["items"]
    assert payout["elsewhere"] == desk.told(f"/payouts/{number}")["elsewhere"] == stripe
    shown = desk.links(f"/documents/{number}")
    assert {url for url, _ in shown} == {stripe["url"], move}
    assert all('target="_blank" rel="noopener noreferrer"' in more for _, more in shown)
    assert {url for url, _ in desk.links("/payouts")} == {stripe["url"]}
    assert {url for url, _ in desk.links(f"/payouts/{number}")} == {stripe["url"]}


def test_a_case_leads_to_what_it_is_about(desk: Desk) -> None:
    number = desk.payout()
    case = desk.front.case("5.00", key="txn_1")
    desk.front.c.execute("update tieout.cases set document_id = %s where case_id = %s", (number, case))
    assert "https://dashboard.stripe.com/test/payouts/po_txn_1" in {
        u for u, _ in desk.links(f"/cases/{case}")
    }


@pytest.mark.parametrize("url", ["http://127.0.0.1:8101", "javascript:alert(1)", ""])
def test_where_nobody_knows_the_address_there_is_no_link(desk: Desk, url: str) -> None:
    number = desk.payout()
    desk.systems = {"stripe": url, "odoo": "javascript:alert(1)"}
    whole = desk.told(f"/documents/{number}")
    assert whole["elsewhere"] is None and {d["elsewhere"] for d in whole["deliveries"]} == {None}
    assert desk.links(f"/documents/{number}") == desk.links("/payouts") == []
    desk.systems = {}
    assert desk.told(f"/documents/{number}")["elsewhere"] is None


def test_a_key_that_is_no_ones_never_leaves_its_place(desk: Desk) -> None:
    hostile = 'x"><script>/../..'
    desk.books.take(row("txn_2", source={"id": f"po_{hostile}", "object": "payout", "automatic": False}))
    desk.books.work()
    (number,) = (
        r["document_id"] for r in desk.books.database.rows("select document_id from tieout.document")
    )
    (link, _), *_ = desk.links(f"/documents/{number}")
    assert link == "https://dashboard.stripe.com/test/payouts/po_x%22%3E%3Cscript%3E%2F..%2F.."


def test_on_the_sandbox_what_odoo_holds_opens_too() -> None:
    odoo = Odoo(lambda: datetime(2026, 10, 5, tzinfo=UTC), V19)
    world = odoo.service.world
    partner = world.add("res.partner", {"name": "Ann <b>Müller</b>"})["id"]

    def asked(path: str) -> tuple[int, str]:
        found = odoo.answer("GET", path, "", {}, b"")
        return found.status, found.body.decode()

    status, body = asked(f"/odoo/res.partner/{partner}")
    assert status == 200 and "Ann &lt;b&gt;Müller&lt;/b&gt;" in body
    for path in (
        "/odoo/res.partner/99999",
        "/odoo/res.users/2",
        "/odoo/account.move/x",
        "/odoo/nothing.such/1",
    ):
        assert asked(path)[0] == 404, path
