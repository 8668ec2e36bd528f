"""Shares of deliveries: to the cent, whatever the order of what happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tieout.connector_api.endings import Event, endings
from tieout.documents import Ending, SaleLine
from tieout.money import from_minor

AT = datetime(2026, 10, 30, 12, tzinfo=UTC)
DELIVERED, CALLED_OFF, RETURNED = Ending.DELIVERED, Ending.CALLED_OFF, Ending.RETURNED


def line(units: int, minor: int, nature: str = "goods", currency: str = "USD") -> SaleLine:
    return SaleLine(name=nature, quantity=Decimal(units), net=from_minor(minor, currency), nature=nature)


def event(n: int, ending: Ending = DELIVERED, **units: int) -> Event:
    return Event(f"e{n}", AT + timedelta(days=n), ending, {int(k[1:]): Decimal(v) for k, v in units.items()})


def nets(lines: list[SaleLine], *events: Event) -> list[list[tuple[str, str]]]:
    return [[(x.nature, f"{x.net.value}") for x in shares] for _, shares in endings(lines, events)]


def test_thirds_of_a_line_sum_to_the_line_and_shipping_follows_the_goods() -> None:
    lines = [line(3, 1000), line(1, 500, "shipping")]
    assert nets(lines, event(1, _0=1), event(2, _0=1), event(3, _0=1)) == [
        [("goods", "3.33"), ("shipping", "1.67")],
        [("goods", "3.34"), ("shipping", "1.66")],
        [("goods", "3.33"), ("shipping", "1.67")],
    ]


def test_what_is_called_off_leaves_its_shipping_to_the_rest() -> None:
    lines = [line(1, 1000), line(1, 1000), line(1, 600, "shipping")]
    assert nets(lines, event(1, CALLED_OFF, _0=1), event(2, _1=1)) == [
        [("goods", "10.00")], [("goods", "10.00"), ("shipping", "6.00")]]  # fmt: skip
    # Of three one is called off: the next one that is delivered is half of what is left, and not a third.
    three = [*(line(1, 1000) for _ in range(3)), line(1, 600, "shipping")]
    assert nets(three, event(1, CALLED_OFF, _0=1), event(2, _1=1), event(3, _2=1))[1:] == [
        [("goods", "10.00"), ("shipping", "3.00")], [("goods", "10.00"), ("shipping", "3.00")]]  # fmt: skip
    # What was delivered before the other was called off has earned the whole of it then.
    assert nets(lines, event(1, _1=1), event(2, CALLED_OFF, _0=1)) == [
        [("goods", "10.00"), ("shipping", "3.00")], [("goods", "10.00"), ("shipping", "3.00")]]  # fmt: skip


def test_gift_cards_and_roundings_earn_nothing_and_more_than_was_sold_earns_no_more() -> None:
    lines = [line(2, 1000), line(1, 5000, "gift_card"), line(1, 3, "rounding")]
    assert nets(lines, event(1, _0=5, _1=1), event(2, _0=1)) == [[("goods", "10.00")], []]
    # Nothing but a gift card: its shipping is earned as it is sent.
    assert nets([line(1, 5000, "gift_card"), line(1, 500, "shipping")], event(1, _0=1)) == [
        [("shipping", "5.00")]
    ]


def test_a_return_says_what_came_back_and_ends_nothing() -> None:
    lines = [line(3, 1000)]
    assert nets(lines, event(1, _0=2), event(2, RETURNED, _0=1), event(3, _0=1)) == [
        [("goods", "6.67")], [("goods", "3.33")], [("goods", "3.33")]]  # fmt: skip


def test_free_goods_earn_their_shipping_by_units() -> None:
    assert nets([line(4, 0), line(1, 500, "shipping")], event(1, _0=1), event(2, _0=3)) == [
        [("goods", "0.00"), ("shipping", "1.25")], [("goods", "0.00"), ("shipping", "3.75")]]  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 10**9)), min_size=1, max_size=5),
    st.integers(0, 10**6),
    st.sampled_from(["USD", "JPY", "KWD"]),
    st.randoms(use_true_random=False),
)
def test_all_that_ends_sums_to_all_that_was_sold(
    sold: list[tuple[int, int]], shipping: int, currency: str, draw: object
) -> None:
    lines = [line(q, m, currency=currency) for q, m in sold] + [line(1, shipping, "shipping", currency)]
    units = [n for n, (quantity, _) in enumerate(sold) for _ in range(quantity)]
    draw.shuffle(units)  # type: ignore[attr-defined]
    events = [
        Event(f"{at}", AT + timedelta(hours=at), draw.choice([DELIVERED, CALLED_OFF]), {n: Decimal(1)})  # type: ignore[attr-defined]
        for at, n in enumerate(units)
    ]
    shares = [x for _, found in endings(lines, events) for x in found]
    for nature in ("goods", "shipping"):
        wanted = sum((x.net.value for x in lines if x.nature == nature), Decimal(0))
        assert sum((x.net.value for x in shares if x.nature == nature), Decimal(0)) == wanted
    assert all(x.net.value >= 0 for x in shares)
