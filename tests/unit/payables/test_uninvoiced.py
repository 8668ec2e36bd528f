"""What came and is not billed, held against an oracle that counts every unit one by one: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tieout.connector_api import AccruedThere, LedgerAccrual
from tieout.documents import BillLine, GoodsReceipt, OrderLine, Party, PurchaseOrder, VendorBill
from tieout.money import Amount
from tieout.payables.accruing import entries_of, leave_to_ledger
from tieout.payables.uninvoiced import Accrual, Reason, Waiting, uninvoiced

AT, ON = datetime(2026, 10, 5, 12, tzinfo=UTC), date(2026, 10, 31)
PRICE = Decimal("19.99")


def usd(value: Decimal | str) -> Amount:
    return Amount.exact(Decimal(value), "USD")


def order(line: OrderLine | None = None, number: str = "P-1") -> PurchaseOrder:
    mine = line or OrderLine(line="1", name="chair", quantity=Decimal(90), price=PRICE, account="6")
    return PurchaseOrder(key=f"order:{number}", occurred_at=AT, currency="USD", number=number, supplier="V",
                         booked_on=ON, lines=(mine,), total=Amount.rounded(mine.quantity * mine.price, "USD"))  # fmt: skip


def receipt(number: int, quantity: Decimal | int | str) -> GoodsReceipt:
    return GoodsReceipt(key=f"receipt:{number}", occurred_at=AT, currency="USD", number=str(number),
                        order_number="p1", line="1", quantity=Decimal(quantity), booked_on=ON)  # fmt: skip


def bill(number: str, quantity: int | str, price: Decimal = PRICE, refund: bool = False, of: str = "P-1",
         beside: Sequence[tuple[str, str]] = ()) -> VendorBill:  # fmt: skip
    net = Amount.rounded(Decimal(quantity) * price, "USD")
    lines = [
        BillLine(name="chair", quantity=Decimal(quantity), price=price, net=net, order_line="1" if of else "")
    ]
    lines += [
        BillLine(name=n, quantity=Decimal(1), price=Decimal(v), net=usd(v), order_line="-", account=n)
        for n, v in beside
    ]
    total = sum((x.net for x in lines), usd("0.00"))
    return VendorBill(key=number, occurred_at=AT, currency="USD", number=number, seller=Party(key="V", name="V Ltd"),
                      booked_on=ON, order_number=of, lines=tuple(lines), taxes=(), total=total, refund=refund)  # fmt: skip


def waits(*bills: VendorBill) -> list[Waiting]:
    return [Waiting(bill=b, why="approval", supplier="V") for b in bills]


def oracle(
    received: Sequence[int], booked: Sequence[int], waiting: Sequence[tuple[int, int]], credits: Sequence[tuple[int, int]]
) -> Decimal:  # fmt: skip
    """Unit by unit, in cents: each unit that is here and not billed costs what the first paper that waits says, else the
    order's price; each that went back after it was billed comes back at what a credit note says, else at the order's."""
    here, gone, cents = 0, 0, round(PRICE * 100)
    for quantity in received:
        here += quantity
        gone += max(-quantity, 0)
    for quantity in booked:
        here -= quantity
    owed = [price for quantity, price in waiting for _ in range(quantity)]
    back = [price for quantity, price in credits for _ in range(quantity)]
    value = 0
    while here > 0:
        value += owed.pop(0) if owed else cents
        here -= 1
    while here < 0 and gone > 0:
        value -= back.pop(0) if back else cents
        here, gone = here + 1, gone - 1
    return Decimal(value) / 100


UNITS, CENTS = st.integers(1, 9), st.integers(1500, 2500)


@settings(max_examples=examples(120), deadline=None)
@given(
    received=st.lists(st.one_of(UNITS, st.integers(-5, -1)), max_size=5),
    booked=st.lists(st.one_of(UNITS, st.integers(-3, -1)), max_size=3),
    waiting=st.lists(st.tuples(UNITS, CENTS), max_size=3),
    credits=st.lists(st.tuples(UNITS, CENTS), max_size=2),
)
def test_goods_are_accrued_as_units_counted_one_by_one(
    received: list[int], booked: list[int], waiting: list[tuple[int, int]], credits: list[tuple[int, int]]
) -> None:
    bills = [bill(f"B{n}", abs(q), refund=q < 0) for n, q in enumerate(booked)]
    papers = waits(
        *(bill(f"W{n}", q, Decimal(p) / 100) for n, (q, p) in enumerate(waiting)),
        *(bill(f"C{n}", q, Decimal(p) / 100, refund=True) for n, (q, p) in enumerate(credits)),
    )
    found = uninvoiced(ON, [order()], [receipt(n, q) for n, q in enumerate(received)], bills, papers)
    assert sum((x.amount.value for x in found), Decimal(0)) == oracle(received, booked, waiting, credits)
    # The list sums to the entry, whose two sides are even.
    for entry in entries_of(found, ON, {"V": Party(key="V", name="V Ltd")}):
        spent = sum(x.amount.value for x in entry.lines if x.account != "accrued_purchases")
        owed = sum(x.amount.value for x in entry.lines if x.account == "accrued_purchases")
        assert (spent, owed) == (sum(x.amount.value for x in found), -spent)
        measure = entry.measure()
        assert measure.debit == measure.credit == entry.total.value


def test_a_bill_that_waits_is_accrued_less_its_allowance_and_with_its_charges() -> None:
    rent = bill("R", 1, Decimal("800.00"), of="", beside=(("discount", "-50.00"), ("freight", "12.00")))
    found = uninvoiced(ON, [], [], [], waits(rent))
    assert [x.amount.value for x in found] == [Decimal("800.00"), Decimal("-50.00"), Decimal("12.00")]
    assert {x.reason for x in found} == {Reason.BILL_WAITS} and found[0].account == "seller V Ltd"
    # Of goods that a receipt stands for, what is beside them alone is the bill's own.
    goods = bill("G", 2, beside=(("freight", "12.00"),))
    found = uninvoiced(ON, [order()], [receipt(1, 2)], [], waits(goods))
    assert [(x.name, x.amount.value) for x in found] == [
        ("chair", Decimal("39.98")),
        ("freight", Decimal("12.00")),
    ]


@pytest.mark.parametrize(
    ("begin", "end", "days"),
    [(date(2026, 9, 1), date(2027, 8, 31), 61), (date(2026, 10, 31), date(2026, 11, 9), 1),
     (date(2026, 10, 1), date(2026, 10, 31), 31), (date(2026, 11, 1), date(2026, 11, 30), 0),
     (date(2026, 1, 1), date(2026, 3, 31), 90)],
)  # fmt: skip
def test_a_service_is_rendered_by_its_days(begin: date, end: date, days: int) -> None:
    line = OrderLine(line="1", name="chair", quantity=Decimal(3), price=Decimal("100.00"), account="6", received=False,
                     from_on=begin, to_on=end)  # fmt: skip
    # Counted on the calendar, a day at a time.
    all_days = [begin + timedelta(n) for n in range((end - begin).days + 1)]
    assert len([d for d in all_days if d <= ON]) == days
    found = uninvoiced(ON, [order(line)], [], [])
    wanted = (Decimal(300) * days / len(all_days)).quantize(Decimal("0.01"))
    assert sum((x.amount.value for x in found), Decimal(0)) == wanted
    assert all(x.reason is Reason.RENDERED for x in found)
    # What was billed ahead is no accrual, and no asset of ours either.
    assert uninvoiced(ON, [order(line)], [], [bill("B", 3, Decimal("100.00"))]) == []


def test_orders_in_two_currencies_are_two_entries_and_a_long_one_is_summed() -> None:
    one = Accrual(order="P", supplier="V", line="1", name="n", account="6", dimensions={"cost_centre": "1"},
                  quantity=Decimal(1), amount=usd("1.00"))  # fmt: skip
    euros = msgspec.structs.replace(one, amount=Amount.exact(Decimal("5.00"), "EUR"))
    many = [msgspec.structs.replace(one, order=f"P-{n}") for n in range(501)]
    eur, us = entries_of([euros, *many], ON)
    assert (eur.currency, eur.total.value) == ("EUR", Decimal("5.00"))
    assert (us.total.value, len(us.lines)) == (Decimal("501.00"), 2)
    assert us.lines[0].dimensions == {"cost_centre": "1"}


def test_what_the_ledger_accrues_is_left_to_it_by_order_and_by_account() -> None:
    def made(number: str, account: str) -> Accrual:
        return Accrual(order=number, supplier="V", line="1", name="n", account=account, dimensions={},
                       quantity=Decimal(1), amount=usd("10.00"))  # fmt: skip

    there = AccruedThere([LedgerAccrual("P-1", Decimal("7.00"), ("MISC/1",))], {"110": "the stock's"})
    found = leave_to_ledger([made("P-1", "6"), made("P-2", "6"), made("P-3", "1")], there,
                            lambda x: {"6": "600", "1": "110"}[x.account])  # fmt: skip
    assert [x.ledgers for x in found] == [
        "MISC/1 accrues 7.00 of the order in the ledger", "", "account 110: the stock's"]  # fmt: skip
