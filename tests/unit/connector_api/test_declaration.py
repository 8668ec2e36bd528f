"""What a kind of system says of itself."""

from __future__ import annotations

import pytest

from tieout.operations.discover import discover


@pytest.mark.parametrize(
    ("kind", "product"),
    [
        ("odoo", "Odoo"), ("shopify", "Shopify"), ("paypal", "PayPal"), ("coupa", "Coupa"), ("concur", "SAP Concur"), ("stripe", "Stripe"),
        ("salesforce", "Salesforce"), ("chargebee", "Chargebee"), ("avatax", "Avalara AvaTax"),
    ],
)  # fmt: skip
def test_a_link_is_called_what_people_call_the_system(kind: str, product: str) -> None:
    assert discover()[kind].product == product
