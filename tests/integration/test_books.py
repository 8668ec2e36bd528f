"""Books that are read apart, over Odoo's API, say what its tables hold, of the companies asked for and of no others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from tests.simulation.apart import NOW, odoo_apart
from tieout.connectors.odoo.versions import V18, V19
from tieout_sandbox.books import ServedBooks
from tieout_sandbox.company import Administrator, version_at
from tieout_sandbox.counting import counted, moved
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import Serving, serve
from tieout_sandbox.simulators.odoo import Odoo

DAY = date(2026, 10, 1)
MODELS = (
    "account.account", "account.analytic.account", "account.move", "account.move.line", "account.payment", "account.tax",
    "res.currency.rate",
)  # fmt: skip


@pytest.fixture
def both() -> Iterator[tuple[Odoo, Administrator]]:
    with odoo_apart() as apart:
        admin = Administrator(apart.url, "books", apart.key)
        yield apart.odoo, admin
        admin.close()


def invoice(admin: Administrator, company: int, amount: float, currency: str) -> int:
    context = {"allowed_company_ids": [company]}
    partner = admin.call("res.partner", "create", vals_list=[{"name": "Somebody", "ref": "S1"}])[0]
    money = admin.call("res.currency", "search", domain=[["name", "=", currency]])[0]
    line = {"name": "Work", "quantity": 3, "price_unit": amount}
    values = {
        "move_type": "out_invoice", "partner_id": partner, "currency_id": money, "invoice_date": "2026-10-08", "ref": "B-1",
        "invoice_line_ids": [[0, 0, line]],
    }  # fmt: skip
    made = admin.call("account.move", "create", context=context, vals_list=[values])
    admin.call("account.move", "action_post", ids=made, context=context)
    return int(made[0])


def test_what_is_read_apart_is_what_the_tables_hold(both: tuple[Odoo, Administrator]) -> None:
    odoo, admin = both
    one, two = admin.set_up("One 2", DAY), admin.set_up("Two 2", DAY)
    invoice(admin, one.id, 33.37, "EUR")
    invoice(admin, two.id, 20.00, "USD")
    tables = odoo.service.world
    books = ServedBooks(admin, [one.id])
    for model in MODELS:
        theirs = {i: r for i, r in tables.table(model).items() if one.id in _companies(r)}
        found = books.table(model)
        assert set(found) == set(theirs), model
        for key, record in found.items():
            assert {n: _same(v) for n, v in record.items()} == {n: _same(theirs[key][n]) for n in record}, (
                model
            )
    assert sum(x["balance"] for x in books.table("account.move.line").values()) == 0
    assert all(isinstance(x["balance"], Decimal) for x in books.table("account.move.line").values())
    euro = next(i for i, c in books.table("res.currency").items() if c["name"] == "EUR")
    dollar = next(i for i, c in books.table("res.currency").items() if c["name"] == "USD")
    for on in ("2020-01-01", "2026-10-08", "2026-12-31"):
        assert books.rate(euro, one.id, on) == tables.rate(euro, one.id, on)
        assert books.rate(dollar, one.id, on) == 1


def _companies(record: dict[str, Any]) -> list[int]:
    return record.get("company_ids") or [record.get("company_id") or 0]


def _same(value: Any) -> Any:
    return value or None if not isinstance(value, Decimal) else value


def test_what_was_read_is_read_again_when_asked(both: tuple[Odoo, Administrator]) -> None:
    _, admin = both
    company = admin.set_up("One 2", DAY)
    books = ServedBooks(admin, [company.id])
    assert not books.table("account.move")
    invoice(admin, company.id, 20.00, "USD")
    assert not books.table("account.move")
    books.look_again()
    assert len(books.table("account.move")) == 1


def test_more_than_one_page_is_read(
    both: tuple[Odoo, Administrator], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, admin = both
    company = admin.set_up("One 2", DAY)
    whole = ServedBooks(admin, [company.id]).table("account.account")
    monkeypatch.setattr("tieout_sandbox.company._PAGE", 7)
    assert ServedBooks(admin, [company.id]).table("account.account") == whole and len(whole) > 7


def test_a_number_is_one_that_no_company_has(both: tuple[Odoo, Administrator]) -> None:
    _, admin = both
    assert admin.number_of("One", "Two") == 2
    admin.set_up("Two 2", DAY)
    assert admin.number_of("One", "Two") == 3 and admin.number_of("One") == 2


def test_another_companys_rows_are_counted_each_by_itself(both: tuple[Odoo, Administrator]) -> None:
    _, admin = both
    one, two = admin.set_up("One 2", DAY), admin.set_up("Two 2", DAY)
    companies = admin.companies()
    assert companies[one.id] == "One 2" and companies[two.id] == "Two 2"
    before = counted(admin, companies)
    made = invoice(admin, two.id, 20.00, "USD")
    now = counted(admin, companies)
    found = moved(before, now)
    assert [w.partition(":")[0] for w in found.pop(two.id)] == ["account.move", "account.move.line"]
    assert not any(found.values()) and one.id in found
    assert now[two.id]["account.move.line"] == "2, debit 60, credit 60, amount_residual 60"
    # As many lines of another amount are told as well.
    context = {"allowed_company_ids": [two.id]}
    admin.call("account.move", "button_draft", ids=[made], context=context)
    lines = admin.call(
        "account.move.line",
        "search",
        domain=[["move_id", "=", made], ["display_type", "=", "product"]],
        context=context,
    )
    admin.call("account.move.line", "write", ids=lines, vals={"price_unit": 30.0}, context=context)
    assert moved(now, counted(admin, companies))[two.id] == [
        "account.move.line: 2, debit 60, credit 60, amount_residual 60 before, 2, debit 90, credit 90, amount_residual 90 now"
    ]


def test_a_server_says_what_it_is(both: tuple[Odoo, Administrator]) -> None:
    assert version_at(both[1].url).series == "19.0"


def test_odoo_18_is_told_once_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """It hashes the key each time, for seconds where it is busy."""
    with odoo_apart(V18) as apart:
        admin = Administrator(apart.url, "books", apart.key, V18)
        asked: list[str] = []
        post = admin._post

        def noted(path: str, body: dict[str, Any]) -> httpx2.Response:
            asked.append(body["params"]["method"])
            return post(path, body)

        monkeypatch.setattr(admin, "_post", noted)
        for _ in range(3):
            assert admin.rows("res.company", [], ["name"])
        assert asked == ["authenticate", "execute_kw", "execute_kw", "execute_kw"]
        admin.close()


def test_who_finds_nobody_at_the_door_knocks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was asked yet, so that whatever it is may be asked again, until patience ends."""
    port = free_port()
    admin = Administrator(f"http://127.0.0.1:{port}", "books", "no key")
    monkeypatch.setattr(admin, "_patience_s", 0.0)
    with pytest.raises(httpx2.ConnectError):
        admin.call("res.company", "search", domain=[])
    monkeypatch.setattr(admin, "_patience_s", 60.0)
    serving: list[Serving] = []
    odoo = Odoo(lambda: NOW, V19, database="books", admin_password="admin")
    timer = threading.Timer(0.7, lambda: serving.append(serve({port: odoo})))
    timer.start()
    try:
        with pytest.raises(RuntimeError, match="401"):
            admin.call("res.company", "search", domain=[])
    finally:
        timer.join()
        serving[0].stop()
        admin.close()
