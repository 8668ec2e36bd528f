"""Shopify: orders with refunds and gift cards; its own sales figures."""
