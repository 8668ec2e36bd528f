"""Quantities and prices as Odoo keeps them: whatever is sent comes to the line's net, to the last digit of its currency."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.connectors.odoo.rows import unit_price

_CENT = Decimal("0.01")


def kept(value: Decimal) -> Decimal:
    """As Odoo 18 keeps it (tests/conformance/fixtures/odoo_as_it_is.json: quantities)."""
    return value.quantize(_CENT, ROUND_HALF_UP)


@pytest.mark.parametrize(
    ("quantity", "net", "sent"),
    [
        ("3", "10.00", ("1", "10.00")),
        ("4", "10.00", ("4", "2.50")),
        ("0.25", "20.00", ("0.25", "80.00")),
        # Finer than Odoo keeps it: 0.13 times 80.00 was 10.40, 0.01 times 1000.00 was 10.00.
        ("0.125", "10.00", ("1", "10.00")),
        ("0.005", "5.00", ("1", "5.00")),
        ("0", "7.00", ("1", "7.00")),
        # Thousandths of a dinar.
        ("1", "1.234", ("12.34", "0.1")),
        ("2", "-1.2345", ("-123.45", "0.01")),
    ],
)
def test_what_is_sent_is_what_odoo_keeps(quantity: str, net: str, sent: tuple[str, str]) -> None:
    assert unit_price(Decimal(quantity), Decimal(net)) == (Decimal(sent[0]), Decimal(sent[1]))


@given(st.decimals("-10", "100000", places=4, allow_nan=False), st.decimals("-1000000", "1000000", places=3))
def test_no_net_changes_on_its_way(quantity: Decimal, net: Decimal) -> None:
    sent, price = unit_price(quantity, net)
    assert kept(sent) * kept(price) == net
