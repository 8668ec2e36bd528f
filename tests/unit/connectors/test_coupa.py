"""Coupa's rows as others met them: NetSuite's bundle for Coupa, Coupa's own examples."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tieout.connectors.coupa.bills import bill, is_credit
from tieout.connectors.coupa.normalise import order

PUBLISHED = Path(__file__).resolve().parents[2] / "published" / "coupa"


def _line(number: int, total: str, **more: Any) -> dict[str, Any]:
    return {
        "line-num": number,
        "description": f"line {number}",
        "quantity": "1",
        "price": total,
        "total": total,
        "account": {"code": "6000"},
        **more,
    }


def _invoice(*totals: str, gross: str, **more: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "invoice-number": "A-7",
        "invoice-date": "2026-10-05T00:00:00-07:00",
        "created-at": "2026-10-05T00:00:00-07:00",
        "updated-at": "2026-10-06T00:00:00-07:00",
        "status": "approved",
        "currency": {"code": "USD"},
        "supplier": {"id": 3, "number": "V3", "name": "Acme"},
        "gross-total": gross,
        "invoice-lines": [_line(n, total) for n, total in enumerate(totals, 1)],
        **more,
    }


def _made(row: dict[str, Any]) -> Any:
    (made,) = bill(json.dumps(row).encode(), {})
    return made


def test_coupa_netsuite_an_invoice_below_zero_is_a_credit_though_no_type_says_so() -> None:
    made = _made(_invoice("-40.00", "-2.50", gross="-42.50"))
    assert made.refund
    assert made.total.value == Decimal("42.50")
    assert [x.net.value for x in made.lines] == [Decimal("40.00"), Decimal("2.50")]


@pytest.mark.parametrize("kind", [None, "Invoice"])
def test_coupa_netsuite_lines_of_either_sign_in_one_invoice_are_one_bill_of_their_sum(kind: Any) -> None:
    more = {"document-type": kind} if kind else {}
    made = _made(_invoice("100.00", "-30.00", gross="70.00", **more))
    assert not made.refund and made.total.value == Decimal("70.00")
    assert [(x.net.value, x.quantity * x.price) for x in made.lines] == [
        (Decimal("100.00"), Decimal("100.00")),
        (Decimal("-30.00"), Decimal("-30.00")),
    ]


def test_a_credit_note_whose_amounts_are_above_zero_is_one_all_the_same() -> None:
    made = _made(_invoice("40.00", gross="40.00", **{"document-type": "Credit Note"}))
    assert made.refund and made.total.value == Decimal("40.00")


def test_an_invoice_of_nothing_is_no_credit() -> None:
    assert not is_credit(_invoice("10.00", "-10.00", gross="0.00"))


def _split(total: str, *shares: str) -> Any:
    parts = [{"amount": x, "account": {"code": f"60{n}"}} for n, x in enumerate(shares)]
    row = _invoice(gross=total)
    return _made(
        {**row, "invoice-lines": [_line(1, total, **{"quantity": "2", "account-allocations": parts})]}
    )


@pytest.mark.parametrize(
    ("total", "shares"),
    [
        ("0.00", ("0.00", "0.00")),
        ("0.00", ("5.00", "-5.00")),
        ("10.00", ("15.00", "-5.00")),
        ("10.00", ("2.50", "7.50")),
    ],
)
def test_a_line_that_several_accounts_share_has_their_amounts_and_its_pieces(
    total: str, shares: tuple[str, ...]
) -> None:
    """One that is there for nothing too: each part of nothing is nothing."""
    made = _split(total, *shares)
    assert [(x.net.value, x.account) for x in made.lines] == [
        (Decimal(x), f"60{n}") for n, x in enumerate(shares)
    ]
    assert sum(x.quantity for x in made.lines) == 2
    if made.total.value:
        assert all(x.quantity * x.price * x.net.value >= 0 for x in made.lines)


def test_an_order_whose_head_says_no_currency_has_that_of_its_lines() -> None:
    row = json.loads((PUBLISHED / "orders.legal-services.json").read_text())
    row = row[0] if isinstance(row, list) else row
    (made,) = order(json.dumps(row).encode(), {})
    assert (made.currency, made.number) == ("USD", str(row["id"]))
    for line in row["order-lines"]:
        line.pop("currency")
    with pytest.raises(ValueError, match="its head says no currency, and its lines none"):
        order(json.dumps(row).encode(), {})
    row["order-lines"] = [{**row["order-lines"][0], "currency": {"code": code}} for code in ("USD", "EUR")]
    with pytest.raises(ValueError, match="its lines EUR, USD"):
        order(json.dumps(row).encode(), {})
    assert order(json.dumps({**row, "currency": {"code": "EUR"}}).encode(), {})[0].currency == "EUR"
