"""The tax of deposits where it is due as they are received: month by month, and back. Amounts are invented."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.office import Office
from tests.integration.taxed_selling import Selling, line

VAT = ("VAT", "0.2")
BANK, DEPOSITS, OFFSET, TAX, GOODS = "101501", "212200", "101720", "251000", "400000"
OCTOBER_25, OCTOBER_31 = datetime(2026, 10, 25, 12, tzinfo=UTC), date(2026, 10, 31)
NOVEMBER_2 = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def selling(office: Office) -> Selling:
    made = Selling(office, country="DE", options={"invoice_on": "fulfilment"})
    made.accounts["customer_deposits_tax"] = OFFSET
    made.clock.at = datetime(2026, 11, 3, 12, tzinfo=UTC)
    return made


def D(text: str) -> Decimal:
    return Decimal(text)


def ordered(selling: Selling, number: str = "DE-1", **more: Any) -> dict[str, Any]:
    rows = [line("100.00", (*VAT, "20.00"))]
    return selling.order(number, rows, "120.00", address=("FR", ""), at=OCTOBER_25, **more)


def residuals(selling: Selling) -> dict[tuple[str, str], tuple[Decimal, Decimal, Decimal]]:
    return {
        (month, r.key.code.name): (r.source, r.in_ledger, r.unsettled)
        for month in ("2026-10", "2026-11")
        for r in selling.tax_rows(month).values()
    }


def test_the_tax_of_a_deposit_is_due_in_its_month_and_the_invoice_adds_none(selling: Selling) -> None:
    order = ordered(selling)
    selling.work()
    assert selling.accounts_of() == {
        BANK: D("120.00"),
        DEPOSITS: D("-120.00"),
        OFFSET: D("20.00"),
        TAX: D("-20.00"),
    }
    selling.shop.fulfil(order, NOVEMBER_2)
    selling.work()
    assert selling.accounts_of(until=OCTOBER_31)[TAX] == D("-20.00")
    assert selling.accounts_of() == {BANK: D("120.00"), GOODS: D("-100.00"), TAX: D("-20.00")}
    assert selling.tax_of(until=OCTOBER_31) == selling.tax_of() == {"FR VAT 20%": D("20.00")}
    assert selling.open_receivables() == {} and selling.cases() == []
    # November charges the order's own 20.00, and takes the deposit's back.
    assert residuals(selling) == {
        ("2026-10", "FR VAT 20%"): (D("20.00"), D("20.00"), 0),
        ("2026-11", "FR VAT 20%"): (D("0.00"), D("0.00"), 0),
    }


def test_an_invoice_that_came_first_ends_in_the_same_books(selling: Selling) -> None:
    order = ordered(selling, paid="no")
    selling.shop.fulfil(order, NOVEMBER_2)
    selling.work()
    order_id = order["id"].rpartition("/")[2]
    selling.stripe.charge(12000, "USD", 0, OCTOBER_25, {"order_id": order_id}, "Ada")
    selling.work()
    assert selling.tax_of(until=OCTOBER_31) == selling.tax_of() == {"FR VAT 20%": D("20.00")}
    assert selling.accounts_of() == {BANK: D("120.00"), GOODS: D("-100.00"), TAX: D("-20.00")}
    assert selling.open_receivables() == {}


def test_what_is_given_back_before_the_invoice_gives_back_its_part_of_the_tax(selling: Selling) -> None:
    order = selling.order(
        "DE-1", [line("66.66", (*VAT, "13.33"), quantity=2), line("33.34", ("TVA", "0.055", "1.83"))], "115.16",
        address=("FR", ""), at=OCTOBER_25,
    )  # fmt: skip
    selling.taxes["FR: 5.5%"] = "AT VAT 20%"
    selling.work()
    assert selling.tax_of() == {"FR VAT 20%": D("13.33"), "AT VAT 20%": D("1.83")}
    selling.refund(order, [(0, 1, D("33.33"), D("6.67"))], D("40.00"), at=datetime(2026, 10, 28, tzinfo=UTC))
    selling.work()
    held = selling.tax_of()
    # 40.00 of 115.16 is 5.27 of 15.16: 4.63 and 0.64.
    assert held == {"FR VAT 20%": D("8.70"), "AT VAT 20%": D("1.19")}
    assert selling.accounts_of()[OFFSET] == sum(held.values())
    selling.shop.fulfil(order, NOVEMBER_2)
    selling.work()
    assert OFFSET not in selling.accounts_of() and DEPOSITS not in selling.accounts_of()
    # What stays is the order's own tax, less what the refund gave back of it.
    assert selling.tax_of() == {"FR VAT 20%": D("6.66"), "AT VAT 20%": D("1.83")}
    assert selling.open_receivables() == {} and selling.cases() == []
    assert not any(residual for _, _, residual in residuals(selling).values())


def test_an_order_that_is_cancelled_before_it_is_billed_leaves_no_tax(selling: Selling) -> None:
    order = ordered(selling)
    selling.work()
    refund = selling.shop.cancel(order, datetime(2026, 10, 28, tzinfo=UTC))
    charge = next(iter(selling.stripe.books.charges.values()))
    keys = {
        "order_id": order["id"].rpartition("/")[2],
        "refund_id": f"refund:{refund['id'].rpartition('/')[2]}",
    }
    selling.stripe.refund(charge, 12000, datetime(2026, 10, 28, tzinfo=UTC), keys)
    selling.work()
    assert selling.accounts_of() == {} and selling.tax_of() == {} and selling.cases() == []


@pytest.mark.parametrize("money_first", [False, True])
def test_what_is_called_off_and_given_back_ends_in_the_same_books_whichever_is_told_first(
    selling: Selling, money_first: bool
) -> None:
    """A shipping charge is kept: the order is billed as the last of it is called off, and its money goes back at that moment."""
    order = selling.order(
        "DE-1",
        [line("100.00", (*VAT, "20.00"))],
        "126.00",
        address=("FR", ""),
        at=OCTOBER_25,
        shipping=D("6.00"),
    )
    selling.work()
    selling.refund(order, [(0, 1, D("100.00"), D("20.00"))], D("120.00"), at=NOVEMBER_2)
    selling.clock.at, told = NOVEMBER_2, selling.shop.orders
    if money_first:
        selling.shop.orders = {}
        selling.work()
        selling.shop.orders = told
    selling.work()
    movement = next(t for t in selling.stripe.books.transactions if t["type"] == "refund")
    assert selling.accounts_of(str(movement["id"])) == {BANK: D("-120.00"), "121000": D("120.00")}
    assert (
        selling.open_receivables() == {} and selling.cases() == [] and DEPOSITS not in selling.accounts_of()
    )


@pytest.mark.parametrize(
    ("country", "option", "due"),
    [
        ("DE", "by_country", True),
        ("DE", "on_supply", False),
        ("US", "by_country", False),
        ("US", "on_receipt", True),
        ("", "by_country", False),
    ],
)
def test_whether_it_is_due_is_declared_by_the_country_or_the_interface(
    selling: Selling, country: str, option: str, due: bool
) -> None:
    selling.country, selling.options = country, {**selling.options, "deposit_tax": option}
    ordered(selling)
    selling.work()
    assert selling.tax_of() == ({"FR VAT 20%": D("20.00")} if due else {})


def test_cash_is_booked_and_a_case_says_what_to_map_where_the_tax_has_no_account(selling: Selling) -> None:
    del selling.accounts["customer_deposits_tax"]
    ordered(selling)
    selling.work()
    assert selling.accounts_of() == {BANK: D("120.00"), DEPOSITS: D("-120.00")}
    assert selling.cases() == [("deposit_tax_by_hand", D("120.00"))]
    (row,) = selling.office.database.rows("select recovery from tieout.cases")
    assert "add 'customer_deposits_tax' to mappings/accounts.csv" in row["recovery"]
