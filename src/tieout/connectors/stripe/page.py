"""Where things stand in Stripe's Dashboard.

Below `/test` in test mode (https://docs.stripe.com/stripe-apps/deep-links; https://docs.stripe.com/cli/open.md; github:stripe/stripe-apps
examples/linking-different-stripe-object). Pages of payments, payouts and disputes are named by their ids
(https://dashboard.stripe.com/payouts/po_…).
"""

from __future__ import annotations

from tieout.connector_api import Named, SystemConfig, address, web_address

_API, _DASHBOARD = "https://api.stripe.com", "https://dashboard.stripe.com"
_PAYMENTS, _PAYOUTS, _DISPUTES = ("ch_", "py_", "pi_"), ("po_",), ("dp_", "du_")


def page(config: SystemConfig, named: Named) -> str:
    """The page of a payment, a payout or a dispute; of anything else there is none. Which mode it is of its key says."""
    if web_address(config.text("url")) != _API:
        return ""
    mode = ("test",) if "_test_" in config.text("key")[:10] else ()
    for name, place, ids in (
        (named.payout_key, "payouts", _PAYOUTS),
        (named.key if named.kind == "dispute" else "", "disputes", _DISPUTES),
        (named.payment_key, "payments", _PAYMENTS),
    ):
        if name.startswith(ids):
            return address(_DASHBOARD, *mode, place, name)
    return ""
