"""Where things stand in Coupa: `https://COMPANY.coupahost.com/invoices/ID`. Orders and suppliers are known here by their numbers, of which
no page is named. Coupa publishes no form of them that was found: so public integrations link to them."""

from __future__ import annotations

from tieout.connector_api import Named, SystemConfig, address, host_of

_DOMAINS = (".coupahost.com", ".coupacloud.com")


def page(config: SystemConfig, named: Named) -> str:
    """The page of an invoice or a credit note."""
    what, _, number = named.key.partition(":")
    if named.kind != "vendor_bill" or what != "bill" or not number.isascii() or not number.isdigit():
        return ""
    host = host_of(config.text("url"))
    return address(f"https://{host}", "invoices", number) if host.endswith(_DOMAINS) else ""
