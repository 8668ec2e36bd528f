"""A discount's lines: what is no plain percentage, or may not be read, has none; else they are read in a few calls."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

import pytest

from tieout.connector_api import ConnectorError, RefusedError, SetupError
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.directory import Directory
from tieout.connectors.odoo.discounts import Books, Granted, Share, Tax, parts_of, read_books, read_lines

BASE, REFUND_BASE = Share(1, True, Decimal(1), "", (1,)), Share(3, True, Decimal(1), "", (3,))
DUE, REFUND_DUE = Share(2, False, Decimal(1), "251000", (2,)), Share(4, False, Decimal(1), "", (4,))
VAT = Tax(1, "15%", Decimal(15), False, True, (BASE, DUE), (REFUND_BASE, REFUND_DUE))
GRANTED = Granted(Decimal(2), Decimal("11.50"), Decimal("11.50"), Decimal(1), "USD", "USD")


def row(kind: str, amount: int, taxes: tuple[int, ...] = (), share: int = 0) -> dict[str, Any]:
    return {
        "display_type": kind, "account_id": [9, "x"], "price_unit": -amount, "quantity": 1, "discount": 0,
        "amount_currency": amount, "balance": amount, "tax_ids": list(taxes), "tax_line_id": [1, "x"] if share else False,
        "tax_repartition_line_id": [share, "x"] if share else False, "move_id": [5, "x"],
    }  # fmt: skip


ROWS = [row("product", -500, (1,)), row("tax", -75, share=2), row("payment_term", 575), row("line_note", 0)]


def parts(
    rows: list[dict[str, Any]], tax: Tax = VAT, granted: Granted = GRANTED
) -> list[tuple[str, Decimal]]:
    found = parts_of(rows, granted, Books({1: tax}, by_line=False), lambda key: f"code {key}")
    return [(p.account, p.amount) for p in found]


def test_a_distribution_without_an_account_takes_the_tax_lines_own() -> None:
    assert parts(ROWS) == [("", Decimal("10.00")), ("code 9", Decimal("1.50"))]


@pytest.mark.parametrize(
    "rows",
    [
        [row("product", -500, (1,)), row("tax", -80, share=2)],  # a tax that somebody changed by hand
        [row("product", -500, (1,))],  # a tax that is worked out and stands nowhere
        [*ROWS, row("tax", -5, share=7)],  # one that stands there and is nobody's
        [*ROWS, row("tax", -75, share=2)],  # two lines of one distribution
        [*ROWS, row("rounding", -1)],  # rounded to cash
        [row("product", -500, (1, 2)), row("tax", -75, share=2)],  # a tax that nobody could read
        [row("product", -500, (1,)), {**row("tax", -75, share=2), "tax_ids": [1]}],  # a tax on a tax
        [row("product", -500), row("payment_term", 500)],  # none at all
    ],
)
def test_what_is_not_plain_has_no_parts(rows: list[dict[str, Any]]) -> None:
    assert parts(rows) == []


def test_a_grant_that_the_percentage_does_not_make_has_no_parts() -> None:
    """Whoever changed the amount on the due line knows what of it is tax; nobody here does."""
    assert parts(ROWS, granted=replace(GRANTED, amount=Decimal("12.50"), company=Decimal("12.50"))) == []
    assert parts(ROWS, tax=replace(VAT, plain=False)) == []


class Odoo:
    """Answers as it is told, and counts."""

    def __init__(self, **answers: Any) -> None:
        self.answers, self.calls = answers, 0

    def call(self, model: str, method: str, **more: Any) -> Any:
        self.calls += 1
        found = self.answers[model.replace(".", "_")]
        if isinstance(found, ConnectorError):
            raise found
        return found


TAX = {
    "id": 1, "name": "15%", "amount": 15.0, "amount_type": "percent", "price_include": False, "include_base_amount": False,
    "tax_exigibility": "on_invoice", "invoice_repartition_line_ids": [1, 2], "refund_repartition_line_ids": [3, 4],
}  # fmt: skip
SHARES = [
    {"id": n, "repartition_type": kind, "factor_percent": factor, "account_id": account, "tag_ids": [n]}
    for n, kind, factor, account in ((1, "base", 100, False), (2, "tax", 100, [8, "x"]), (3, "base", 100, False), (4, "tax", 100, False))
]  # fmt: skip


class Names:
    rounds_by_line = True

    @staticmethod
    def code_of(key: int) -> str:
        return "251000"


def read(odoo: Odoo) -> Books:
    return read_books(cast(OdooClient, odoo), ROWS, cast(Directory, Names()))


def test_taxes_are_read_with_their_distributions_in_two_calls() -> None:
    odoo = Odoo(account_tax=[TAX], account_tax_repartition_line=SHARES)
    assert read(odoo) == Books({1: VAT}, by_line=True) and odoo.calls == 2


@pytest.mark.parametrize(
    "odd",
    [
        {"amount_type": "group"}, {"include_base_amount": True}, {"tax_exigibility": "on_payment"},
        {"refund_repartition_line_ids": [3]},
    ],
)  # fmt: skip
def test_a_tax_of_another_kind_is_not_plain(odd: dict[str, Any]) -> None:
    assert not read(Odoo(account_tax=[{**TAX, **odd}], account_tax_repartition_line=SHARES)).taxes[1].plain


def test_a_tax_on_several_accounts_by_shares_is_not_plain() -> None:
    halves = [{**s, "factor_percent": 50} if s["repartition_type"] == "tax" else s for s in SHARES]
    assert not read(Odoo(account_tax=[TAX], account_tax_repartition_line=halves)).taxes[1].plain


@pytest.mark.parametrize("error", [SetupError("may not read taxes"), RefusedError("no such field")])
def test_who_may_not_read_taxes_has_no_parts(error: ConnectorError) -> None:
    assert read(Odoo(account_tax=error)).taxes == {}
    assert read(Odoo(account_tax=[TAX], account_tax_repartition_line=error)).taxes == {}
    assert read_lines(cast(OdooClient, Odoo(account_move_line=error)), [5]) == {}
