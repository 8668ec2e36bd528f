"""Where things stand in Chargebee: `https://SITE.chargebee.com/d/invoices/ID`, `/d/credit_notes/ID`, `/d/customers/ID`.

Chargebee publishes no form of them that was found: so public integrations link to them."""

from __future__ import annotations

from tieout.connector_api import Named, SystemConfig, address, host_of

_DOMAIN = ".chargebee.com"
_PLACES = {"invoice": "invoices", "credit_note": "credit_notes"}


def page(config: SystemConfig, named: Named) -> str:
    """The page of an invoice or a credit note; a line's schedule leads to what it is a line of."""
    what, _, number = named.key.partition(":")
    if named.kind == "revenue_schedule":
        number = number.partition(":")[0]
    place = _PLACES.get(what, "")
    if not place or not host_of(config.text("url")).endswith(_DOMAIN):
        return ""
    return address(f"https://{host_of(config.text('url'))}", "d", place, number)
