"""Open items of a ledger that cannot be read as money: each is a case of its own, and the others are matched."""

# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

from decimal import Decimal

import pytest

from tests.integration.test_reconciling import Books, books, by_line, whole, world  # noqa: F401
from tieout.reconcile.ledger import DecisionError


def unit(books: Books, name: str, rounding: float) -> int:
    """A currency of the ledger's own, with a rate of 4 for one of the books'."""
    known = books.call("res.currency", "search", domain=[["name", "=", name]])
    if not known:
        known = books.call(
            "res.currency", "create", vals_list=[{"name": name, "symbol": name, "rounding": rounding}]
        )
        books.call(
            "res.currency.rate",
            "create",
            vals_list=[{"name": "2026-01-01", "currency_id": known[0], "rate": 4.0}],
        )
    return int(known[0])  # fmt: skip


def test_an_item_in_a_unit_that_is_no_currency_is_its_own_case_and_the_rest_is_matched(books: Books) -> None:
    _, acme = books.customer("Acme Corp")
    move = books.invoice("INV-4401", "500.00", acme)
    strange = books.invoice("INV-4402", "80.00", acme, currency_id=unit(books, "PTS", 0.01))
    books.cash("c1", "500.00", "Acme Corp INV-4401")
    found = whole(books)
    assert len(found.applied) == 1 and books.due(move) == 0
    assert any("PTS" in why and "INV" in why for why in found.refused)
    # What it is worth in the books, and once.
    assert books.cases() == [("unreadable_item", Decimal("20.00"))]
    whole(books)
    assert len(books.cases()) == 1
    books.pay_by_hand(strange)
    whole(books)
    assert "unreadable_item" not in [c for c, _ in books.cases()]


@pytest.mark.parametrize(
    ("currency", "rounding", "amount"),
    [
        # A ledger may count a currency finer than anybody pays it.
        ("JPY", 0.01, "80.50"),
        ("EUR", 0.001, "80.005"),
        ("IDR", 0.01, "40000000000000.00"),
        ("usd", 0.01, "80.00"),
        ("POINTS", 1.0, "80.00"),
    ],
)
def test_so_is_one_that_is_finer_or_larger_than_its_currency(
    books: Books, currency: str, rounding: float, amount: str
) -> None:
    known = unit(books, currency, rounding)
    before = books.call("res.currency", "read", ids=[known], fields=["rounding"])
    books.call("res.currency", "write", ids=[known], vals={"rounding": rounding})
    _, acme = books.customer("Acme Corp")
    move = books.invoice("INV-4411", "500.00", acme)
    books.invoice("INV-4412", amount, acme, currency_id=known)
    books.cash("c1", "500.00", "Acme Corp INV-4411")
    assert len(whole(books).applied) == 1 and books.due(move) == 0
    assert [c for c, _ in books.cases()] == ["unreadable_item"]
    books.call("res.currency", "write", ids=[known], vals={"rounding": before[0]["rounding"]})


def test_money_in_such_a_unit_is_a_case_and_joined_by_nobody_here(books: Books) -> None:
    _, acme = books.customer("Acme Corp")
    strange = books.invoice("INV-4421", "80.00", acme, currency_id=unit(books, "PTS", 0.01))
    books.cash("c1", "80.00", "Acme Corp INV-4421")
    whole(books)
    cash = by_line(books, "INV-4421")[1]
    item = next(
        i for i in books.session.open_items(["212130"], books.clock.now().date()) if i.currency == "PTS"
    )
    interface = by_line(books, "INV-4421")[0]
    with pytest.raises(DecisionError, match=r"PTS.*in the ledger"):
        books.decide("ann").join(interface, cash, [item])
    assert books.due(strange) == Decimal("80.00")
