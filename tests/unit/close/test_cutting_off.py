"""Sales cut-off: over any months, with any deliveries, what is recognised is what was delivered, and in the end what was invoiced."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.close.cutting_off import BY_CUT_OFF, BY_DELIVERY, OpenSale, cutoff_entry, open_sales
from tieout.connector_api.endings import Event, endings
from tieout.documents import CustomerInvoice, Delivery, Ending, SaleLine, TaxLine
from tieout.money import Amount, Period, from_minor

AT = datetime(2026, 7, 31, 12, tzinfo=UTC)
MONTHS = [Period(2026, 7), Period(2026, 8), Period(2026, 9), Period(2026, 10)]
ZERO = Decimal(0)


def bill(lines: Sequence[SaleLine], number: str = "1", currency: str = "USD") -> CustomerInvoice:
    net = sum((x.net for x in lines), Amount.zero(currency))
    taxes = tuple(
        TaxLine(key=k, title=k, rate=Decimal(k), amount=Amount.rounded(net.value * Decimal(k), currency))
        for k in ("0.07", "0.19")
    )
    return CustomerInvoice(key=f"order:{number}", occurred_at=AT, currency=currency, order_key=number, number=number,
                           party=None, lines=tuple(lines), taxes=taxes,
                           total=sum((t.amount for t in taxes), net))  # fmt: skip


def told(lines: Sequence[SaleLine], events: Sequence[Event], number: str = "1") -> list[Delivery]:
    return [
        Delivery(key=e.key, occurred_at=e.at, currency=lines[0].net.currency, order_key=number, number=number,
                 ending=e.ending, lines=shares) for e, shares in endings(lines, events)
    ]  # fmt: skip


def plain(value: Decimal, currency: str, on: date) -> Decimal:
    return value


def at_month_end(
    invoice: CustomerInvoice,
    invoiced_on: date,
    deliveries: Sequence[Delivery],
    on: date,
    how: str = BY_CUT_OFF,
) -> list[OpenSale]:
    known = [("shop", d, d.occurred_at.date()) for d in deliveries if d.occurred_at.date() <= on]
    bills = [("shop", invoice, invoiced_on, True)] if invoiced_on <= on else []
    return open_sales(known, bills, plain, lambda interface, currency: how)


def sums(documents: Sequence[Delivery], ending: Ending, on: date) -> Decimal:
    return sum(
        (x.net.value for d in documents if d.ending is ending and d.occurred_at.date() <= on for x in d.lines), ZERO
    )  # fmt: skip


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[SaleLine], list[Event], date]:
    """Lines of several rates, shipping, a gift card; deliveries in parts, some lines called off, on any days of four
    months; and the day of the invoice."""
    count = draw(st.integers(1, 4))
    lines = [
        SaleLine(name=f"g{n}", quantity=Decimal(draw(st.integers(1, 7))),
                 net=from_minor(draw(st.integers(0, 10**7)), "USD"), tax_keys=draw(st.sampled_from([(), ("0.07",), ("0.19",)])))
        for n in range(count)
    ]  # fmt: skip
    if draw(st.booleans()):
        lines.append(
            SaleLine(name="card", quantity=Decimal(1), net=from_minor(5000, "USD"), nature="gift_card")
        )
    lines.append(SaleLine(name="shipping", quantity=Decimal(1), net=from_minor(draw(st.integers(0, 5000)), "USD"),
                          nature="shipping"))  # fmt: skip
    events, days = [], st.integers(0, 122)
    for n, line in enumerate(lines):
        left = int(line.quantity)
        while left and line.nature != "shipping":
            units = draw(st.integers(1, left))
            left -= units
            ending = draw(st.sampled_from([Ending.DELIVERED, Ending.DELIVERED, Ending.CALLED_OFF]))
            at = datetime(2026, 7, 1, 12, tzinfo=UTC) + timedelta(days=draw(days))
            events.append(Event(f"{ending.value}:{n}-{left}", at, ending, {n: Decimal(units)}))
    return lines, events, date(2026, 7, 1) + timedelta(days=draw(days))


@given(orders())
def test_by_any_month_what_is_recognised_is_what_was_delivered_and_in_the_end_what_was_invoiced(
    order: tuple[list[SaleLine], list[Event], date],
) -> None:
    lines, events, invoiced_on = order
    invoice, deliveries = bill(lines), told(lines, events)
    earned = sum((x.net.value for x in lines if x.nature != "gift_card"), ZERO)
    recognised = reversal = ZERO
    for month in MONTHS:
        booked = earned if Period.of(invoiced_on) == month else ZERO
        # What is called off is given back by a credit note on the same day; before the invoice it waits for that.
        since = max(month.first, invoiced_on) if invoiced_on <= month.last else month.last + timedelta(days=1)
        before = (
            ZERO
            if Period.of(invoiced_on) == month
            else sums(deliveries, Ending.CALLED_OFF, since - timedelta(days=1))
        )
        given_back = (
            sums(deliveries, Ending.CALLED_OFF, month.last) - before if invoiced_on <= month.last else ZERO
        )
        entry = cutoff_entry(at_month_end(invoice, invoiced_on, deliveries, month.last), "USD", month.last)
        assert sum((x.amount.value for x in entry.lines), ZERO) == 0
        # A credit is negative: what the entry credits to revenue is recognised.
        cut = -sum((x.amount.value for x in entry.lines if x.account.startswith("=revenue.")), ZERO)
        recognised += booked - given_back + cut + reversal
        reversal = -cut
        assert recognised == sums(deliveries, Ending.DELIVERED, month.last)
    assert recognised == earned - sums(deliveries, Ending.CALLED_OFF, MONTHS[-1].last)
    assert reversal == 0


@given(orders())
def test_where_each_delivery_earns_a_debit_alone_is_moved_to_the_contract_asset(
    order: tuple[list[SaleLine], list[Event], date],
) -> None:
    lines, events, invoiced_on = order
    invoice, deliveries = bill(lines), told(lines, events)
    for month in MONTHS:
        sales = at_month_end(invoice, invoiced_on, deliveries, month.last, BY_DELIVERY)
        entry = cutoff_entry(sales, "USD", month.last)
        lines_of = {x.account: x.amount.value for x in entry.lines}
        ahead = -sum((s.net for s in sales if s.net < 0), ZERO)
        assert lines_of == ({"=contract.asset": ahead, "=contract.liability": -ahead} if ahead else {})


def test_one_order_is_deferred_or_accrued_by_what_all_its_lines_come_to() -> None:
    two = [SaleLine(name="a", quantity=Decimal(2), net=from_minor(2000, "USD")),
           SaleLine(name="shipping", quantity=Decimal(1), net=from_minor(500, "USD"), nature="shipping")]  # fmt: skip
    one = told(two, [Event("d", AT, Ending.DELIVERED, {0: Decimal(1)})])
    (deferred,) = at_month_end(bill(two), date(2026, 7, 30), one, date(2026, 7, 31))
    assert (deferred.amounts, deferred.net) == (
        {"goods": Decimal("10.00"), "shipping": Decimal("2.50")},
        Decimal("12.50"),
    )
    entry = cutoff_entry([deferred], "USD", date(2026, 7, 31))
    assert [(x.account, x.amount.value, x.text) for x in entry.lines] == [
        ("=contract.liability", Decimal("-12.50"), "invoiced, not delivered: 1 order"),
        ("=revenue.goods", Decimal("10.00"), "invoiced, not delivered: 1 order"),
        ("=revenue.shipping", Decimal("2.50"), "invoiced, not delivered: 1 order"),
    ]
    assert (entry.booked_on, entry.reverses_on) == (date(2026, 7, 31), date(2026, 8, 1))
    (accrued,) = at_month_end(bill(two), date(2026, 8, 2), one, date(2026, 7, 31))
    assert accrued.net == Decimal("-12.50")
    entry = cutoff_entry([accrued], "USD", date(2026, 7, 31))
    assert [(x.account, x.amount.value) for x in entry.lines] == [
        ("=contract.asset", Decimal("12.50")), ("=revenue.goods", Decimal("-10.00")), ("=revenue.shipping", Decimal("-2.50")),
    ]  # fmt: skip


def test_goods_that_came_back_before_their_invoice_are_accrued_no_more() -> None:
    lines = [SaleLine(name="a", quantity=Decimal(4), net=from_minor(1000, "USD"))]
    came = told(lines, [Event("d", AT, Ending.DELIVERED, {0: Decimal(3)}),
                        Event("r", AT, Ending.RETURNED, {0: Decimal(1)})])  # fmt: skip
    (sale,) = at_month_end(bill(lines), date(2026, 8, 2), came, date(2026, 7, 31))
    assert sale.net == Decimal("-5.00")
    # With its invoice booked the credit note takes the revenue back itself.
    (sale,) = at_month_end(bill(lines), date(2026, 7, 31), came, date(2026, 7, 31))
    assert sale.net == Decimal("2.50")


def test_an_order_that_is_left_out_or_held_is_neither() -> None:
    lines = [SaleLine(name="a", quantity=Decimal(1), net=from_minor(1000, "USD"))]
    came = told(lines, [Event("d", AT, Ending.DELIVERED, {0: Decimal(1)})])
    given_ = [("shop", d, AT.date()) for d in came]
    assert open_sales(given_, [("shop", bill(lines), AT.date(), False)], plain, lambda *_: BY_CUT_OFF) == []
    assert len(open_sales(given_, [], plain, lambda *_: BY_CUT_OFF)) == 1


def test_another_currency_counts_at_the_rate_of_the_invoice_or_of_the_last_delivery() -> None:
    lines = [SaleLine(name="a", quantity=Decimal(2), net=from_minor(1000, "EUR"))]
    came = told(lines, [Event("d", AT, Ending.DELIVERED, {0: Decimal(1)})])
    asked: list[tuple[str, date]] = []

    def worth(value: Decimal, currency: str, on: date) -> Decimal:
        asked.append((currency, on))
        return value * 2

    known = [("shop", d, date(2026, 7, 31)) for d in came]
    (sale,) = open_sales(
        known, [("shop", bill(lines, currency="EUR"), date(2026, 7, 3), True)], worth, lambda *_: BY_CUT_OFF
    )
    assert (sale.net, sale.source, asked) == (
        Decimal("10.00"),
        Amount(Decimal("5.00"), "EUR"),
        [("EUR", date(2026, 7, 3))],
    )
    open_sales(known, [], worth, lambda *_: BY_CUT_OFF)
    assert asked[1:] == [("EUR", date(2026, 7, 31))]


@pytest.mark.parametrize("months", [1, 2])
def test_another_figure_is_another_batch(months: int) -> None:
    lines = [SaleLine(name="a", quantity=Decimal(1), net=from_minor(100 * months, "USD"))]
    sales = at_month_end(bill(lines), date(2026, 7, 2), [], date(2026, 7, 31))
    entry = cutoff_entry(sales, "USD", date(2026, 7, 31))
    assert entry.total == from_minor(100 * months, "USD")
    assert entry.batch != cutoff_entry([], "USD", date(2026, 7, 31)).batch
