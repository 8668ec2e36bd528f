"""What stands in an Odoo that runs already is read as it is, whole, and nothing of it is changed: over real HTTP, each version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from tests.conformance.test_odoo_versions import ALL, NOW, Books
from tieout.connector_api.inventory import EntryThere, InventoryTeller
from tieout.connectors.odoo.versions import Differences

pytestmark = pytest.mark.long
FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)


@pytest.fixture(params=ALL, ids=lambda v: v.series)
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    played: Differences = request.param
    made = Books(played)
    yield made
    made.serving.stop()


def read(books: Books) -> list[EntryThere]:
    assert isinstance(books.session, InventoryTeller)
    return list(books.session.entries_there(FIRST, LAST))


def bank_line(books: Books, reference: str, amount: str) -> int:
    journal = next(
        r["id"]
        for r in books.odoo.service.world.table("account.journal").values()
        if r["type"] == "bank" and r["company_id"] == books.company.id
    )
    given = {"journal_id": journal, "date": "2026-10-07", "payment_ref": reference, "amount": amount}
    (key,) = books.call("account.bank.statement.line", "create", vals_list=[given])
    return int(key)


def test_an_entry_is_told_with_who_made_it_and_how(books: Books) -> None:
    books.odoo.service.world.install("account_online_synchronization")
    books.session.send([books.invoice()])
    books.entry(("400000", "-40"), ("600000", "40"))
    synchronised = bank_line(books, "ACME 1", "12.5")
    books.write("account.bank.statement.line", [synchronised], online_transaction_identifier="o-1")
    ours, by_hand, line = read(books)
    assert (ours.kind, ours.amount, ours.login) == ("out_invoice", Decimal(100), books.company.login)
    assert ours.external_id.startswith("tieout.") and ours.record == "account.move"
    assert (by_hand.kind, by_hand.amount, by_hand.external_id, by_hand.signs) == (
        "entry",
        Decimal(40),
        "",
        (),
    )
    assert by_hand.login == "admin" and by_hand.record_key == by_hand.key
    assert line.signs == ("bank synchronisation",) and line.record == "account.bank.statement.line"
    assert line.record_key != line.key and line.amount == Decimal("12.5")
    assert {x.made_at for x in (ours, by_hand, line)} == {NOW}


def test_what_an_export_named_comes_from_nowhere(books: Books) -> None:
    move = books.entry(("400000", "-40"), ("600000", "40"))
    world = books.odoo.service.world
    world.add("ir.model.data", {"module": "__export__", "name": f"account_move_{move}", "model": "account.move", "res_id": move, "noupdate": False})  # fmt: skip
    assert read(books)[0].external_id == ""
    named = books.entry(("400000", "-41"), ("600000", "41"))
    world.add("ir.model.data", {"module": "shopify_ept", "name": "order_7", "model": "account.move", "res_id": named, "noupdate": False})  # fmt: skip
    assert read(books)[1].external_id == "shopify_ept.order_7"


def test_of_too_many_the_newest_days_are_looked_at_whole(books: Books) -> None:
    for amount in range(1, 6):
        books.entry(("400000", f"-{amount}"), ("600000", f"{amount}"))
    bank_line(books, "later", "1")
    assert books.session.entries_since(FIRST, 6) == FIRST
    since = books.session.entries_since(FIRST, 5)
    # Five stand on one day: with the later one they are too many, so that day is left out whole.
    assert since == date(2026, 10, 7) and len(list(books.session.entries_there(since, LAST))) == 1


def test_what_is_open_is_told_with_its_sign_and_who_owes_it(books: Books) -> None:
    books.session.send([books.invoice()])
    bank_line(books, "somebody paid", "30")
    lines, count = books.session.open_there(LAST, 100)
    told = {(x.kind, x.open, x.company_open, x.party) for x in lines}
    assert told == {
        ("receivable", Decimal(100), Decimal(100), "Somebody"),
        ("suspense", Decimal(-30), Decimal(-30), ""),
    }
    assert count == 2 and books.session.open_there(LAST, 1)[1] == 2


def test_parties_are_those_that_sold_or_bought(books: Books) -> None:
    before = {p.key for p in books.session.parties_there(100)[0]}
    given = [{"name": "Acme", "vat": "DE123456788", "customer_rank": 1}, {"name": "Nobody yet"}]
    buyer, other = books.call("res.partner", "create", vals_list=given)
    found, count = books.session.parties_there(100)
    new = [p for p in found if p.key not in before]
    assert [(p.key, p.name, p.tax_number) for p in new] == [
        (buyer, "Acme", "DE123456788")
    ] and other not in before
    assert count == len(found)


def test_a_company_is_told_as_it_is_set_up_and_what_nobody_may_see_is_said(books: Books) -> None:
    world = books.odoo.service.world
    world.install("account_peppol")
    world.own_fields["account.move", "x_project"] = "Project"
    books.set_company(sale_lock_date="2026-09-30")
    told = books.session.company_set(NOW)
    said = {
        topic: [n.said for n in told.noticed if n.topic == topic] for topic in {n.topic for n in told.noticed}
    }
    assert told.currency == "USD"
    assert said["version"] == [f"Odoo {books.played.series}"]
    assert "sale: up to 2026-09-30" in said["lock"] and "hard: none" in said["lock"]
    assert any("account_peppol" in s for s in said["e-invoicing"])
    assert said["required field"] == ["account.move: Project (x_project, char)"]
    unseen = [n.said for n in told.noticed if not n.known]
    assert any(s.startswith("automation rules are an administrator's to read") for s in unseen)


def test_looking_changes_nothing(books: Books) -> None:
    books.session.send([books.invoice()])
    world = books.odoo.service.world
    before = {
        model: len(world.table(model))
        for model in ("account.move", "res.partner", "ir.model.data", "account.move.line")
    }
    books.odoo.asked.clear()
    books.session.company_set(NOW)
    read(books)
    books.session.open_there(LAST, 100)
    books.session.parties_there(100)
    assert before == {model: len(world.table(model)) for model in before}
    assert books.odoo.asked and not [
        p for p, _ in books.odoo.asked if p.endswith(("/load", "/create", "/write", "/action_post"))
    ]
