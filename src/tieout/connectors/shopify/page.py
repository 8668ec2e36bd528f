"""Where things stand in Shopify's admin: `https://admin.shopify.com/store/HANDLE/orders/NUMBER`, where HANDLE is the shop's name before
`.myshopify.com` (`legacyUrlToShopAdminUrl` of github:Shopify/shopify-app-js, package @shopify/shopify-api)."""

from __future__ import annotations

from tieout.connector_api import Named, SystemConfig, address, host_of

_ADMIN, _SHOP = "https://admin.shopify.com", ".myshopify.com"


def page(config: SystemConfig, named: Named) -> str:
    """The page of the order that something is of, or of a customer. No page of a payout is published."""
    host = host_of(config.text("url"))
    handle = host.removesuffix(_SHOP)
    if not host.endswith(_SHOP) or "." in handle:
        return ""
    place, number = ("customers", named.key) if named.kind == "customer" else ("orders", named.order_key)
    return address(_ADMIN, "store", handle, place, number) if number.isascii() and number.isdigit() else ""
