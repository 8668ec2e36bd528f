"""Where things stand in Salesforce: `/lightning/r/{object}/{id}/view` below the org's own address
(https://developer.salesforce.com/docs/atlas.en-us.lightning.meta/lightning/components_navigation_page_definitions.htm, Record Page)."""

from __future__ import annotations

from tieout.connector_api import Named, SystemConfig, address, host_of

_DOMAIN = ".my.salesforce.com"
_OBJECTS = {"account": "Account", "opportunity": "Opportunity"}


def page(config: SystemConfig, named: Named) -> str:
    """The record's page. A record's id has 15 or 18 letters and digits."""
    what, _, number = named.key.partition(":")
    known = _OBJECTS.get(what, "")
    real = len(number) in (15, 18) and number.isascii() and number.isalnum()
    if not known or not real or not host_of(config.text("url")).endswith(_DOMAIN):
        return ""
    return address(config.text("url"), "lightning", "r", known, number, "view")
