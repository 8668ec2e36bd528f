"""Where things stand in PayPal: `https://www.paypal.com/activity/payment/ID`, of its sandbox `https://www.sandbox.paypal.com/…`.

PayPal publishes no form of them that was found: so public integrations link to them."""

from __future__ import annotations

from tieout.connector_api import Named, SystemConfig, address, host_of

_PAGES = {
    "api-m.paypal.com": "https://www.paypal.com",
    "api-m.sandbox.paypal.com": "https://www.sandbox.paypal.com",
}
_LENGTH = 17


def page(config: SystemConfig, named: Named) -> str:
    """The page of the transaction that a movement is; its id has 17 letters and digits."""
    base = _PAGES.get(host_of(config.text("url")), "")
    number = named.key.split(":")[1] if named.key.count(":") == 3 else ""
    if (
        named.kind != "provider_movement"
        or len(number) != _LENGTH
        or not number.isascii()
        or not number.isalnum()
    ):
        return ""
    return address(base, "activity", "payment", number)
