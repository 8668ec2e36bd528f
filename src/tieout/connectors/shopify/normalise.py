"""A Shopify order to its invoice, credit notes and gift-card tenders. Pure.

Amounts are `shopMoney` decimal texts. With taxes included a line's net is its price less its
own taxes. `totalPriceSet` is the order before returns, so refunds stay documents of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connectors.shopify.deliveries import deliveries, nothing_left_since
from tieout.connectors.shopify.gift_cards import CardTax, card_tax, tenders
from tieout.connectors.shopify.refunds import credit_notes
from tieout.connectors.shopify.taxes import TaxSums, money, number_of, place, tax_key
from tieout.documents import (
    CustomerInvoice,
    Document,
    Party,
    SaleLine,
)
from tieout.money import Amount

_NEVER_SOLD = "cancelled_before_fulfilment"
_UNPAID = {"PENDING", "AUTHORIZED", "EXPIRED"}


def _sale_line(
    name: str,
    quantity: int,
    price: Amount,
    taxes: list[dict[str, Any]],
    included: bool,
    nature: str,
    sums: TaxSums,
    sku: str = "",
) -> SaleLine:
    net = price
    for tax in taxes:
        amount = tax["amount"] if "amount" in tax else money(tax["priceSet"], price.currency)
        sums.add(tax, amount)
        if included:
            net = net - amount
    keys = tuple(tax_key(t) for t in taxes)
    return SaleLine(name=name, quantity=Decimal(quantity), net=net, nature=nature, tax_keys=keys, sku=sku)


def _card_line(
    item: dict[str, Any], currency: str, included: bool, sums: TaxSums, cards: CardTax | None
) -> SaleLine:
    """A gift card sold: what it may pay is owed, and of a card that is taxed when it is sold the tax is within its price."""
    price, taxes, sku = money(item["discountedTotalSet"], currency), item["taxLines"], item.get("sku") or ""
    if cards is not None and not taxes:
        taxes = [{**cards.as_charged(), "amount": cards.within(price)}]
        included = True
    return _sale_line(item["name"], item["quantity"], price, taxes, included, "gift_card", sums, sku)


def _party(node: dict[str, Any]) -> Party | None:
    customer = node.get("customer")
    if not customer:
        return None
    address = customer.get("defaultEmailAddress") or {}
    return Party(
        key=number_of(customer["id"]),
        name=customer["displayName"],
        email=address.get("emailAddress") or "",
    )


def _exclusion(node: dict[str, Any], on_fulfilment: bool) -> str:
    if node["test"]:
        return "test"
    if node["displayFinancialStatus"] == "VOIDED":
        return "cancelled"
    if node["displayFinancialStatus"] in _UNPAID and not _on_terms(node):
        return "cancelled" if node["cancelledAt"] else "unpaid"
    if on_fulfilment and (_never_sold(node) or (node["cancelledAt"] and _fulfilled_at(node) is None)):
        return _NEVER_SOLD
    return ""


def _never_sold(node: dict[str, Any]) -> bool:
    """Whether all of an order was called off and all its money given back at once. What is given back later of what the shop had
    kept makes it no less a sale: that was billed by then, and gets credit notes."""
    since = nothing_left_since(node)
    if since is None or any(f["status"] == "SUCCESS" for f in node["fulfillments"]):
        return False
    currency = str(node["currencyCode"])
    left = money(node["totalPriceSet"], currency)
    for refund in node["refunds"]:
        if datetime.fromisoformat(refund["createdAt"]) <= since:
            left = left - money(refund["totalRefundedSet"], currency)
    return left == Amount.zero(currency)


def _on_terms(node: dict[str, Any]) -> bool:
    """Whether an order that nobody paid yet was sold on credit (net 30, due on fulfilment): the customer owes it."""
    terms = node.get("paymentTerms")
    return bool(terms) and node["displayFinancialStatus"] == "PENDING" and not node["cancelledAt"]


def _fulfilled_at(node: dict[str, Any]) -> datetime | None:
    """When the last of an order was sent or called off, once nothing of it is left to deliver."""
    if (since := nothing_left_since(node)) is not None:
        return since
    if node["displayFulfillmentStatus"] != "FULFILLED":
        return None
    made = [f["createdAt"] for f in node["fulfillments"] if f["status"] == "SUCCESS"]
    return datetime.fromisoformat(max(made)) if made else datetime.fromisoformat(node["processedAt"])


def _invoice(
    node: dict[str, Any],
    currency: str,
    party: Party | None,
    on_fulfilment: bool,
    where: str,
    cards: CardTax | None,
) -> CustomerInvoice:
    sums = TaxSums(currency, where)
    included = node["taxesIncluded"]
    lines = [
        _sale_line(
            x["name"],
            x["quantity"],
            money(x["discountedTotalSet"], currency),
            x["taxLines"],
            included,
            "goods",
            sums,
            x.get("sku") or "",
        )
        if not x["isGiftCard"]
        else _card_line(x, currency, included, sums, cards)
        for x in node["lineItems"]["nodes"]
    ]
    lines += [
        _sale_line(
            x["title"],
            1,
            money(x["discountedPriceSet"], currency),
            x["taxLines"],
            included,
            "shipping",
            sums,
        )
        for x in node["shippingLines"]["nodes"]
    ]
    exclusion = _exclusion(node, on_fulfilment)
    tip = money(node.get("totalTipReceivedSet"), currency)
    if tip:
        lines.append(SaleLine(name="Tip", quantity=Decimal(1), net=tip, nature="tip"))
    return CustomerInvoice(
        key=f"order:{number_of(node['id'])}",
        version=node["updatedAt"],
        occurred_at=datetime.fromisoformat(node["createdAt"]),
        currency=currency,
        control_group="orders",
        order_key=number_of(node["id"]),
        number=node["name"],
        party=party,
        lines=tuple(lines),
        taxes=sums.lines(),
        total=money(node["totalPriceSet"], currency),
        exclusion=exclusion,
        # Where the payment bills, a delivery changes nothing: it makes no new version. Nor does one of what was never sold.
        fulfilled_at=_fulfilled_at(node) if on_fulfilment and exclusion != _NEVER_SOLD else None,
    )


def order(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """An order's documents. A test order's refunds and tenders are none.

    The option `invoice_on` is `payment` (the default) or `fulfilment`; where `revenue_on` is not `invoice`, its deliveries
    are told by line, by the day that `control_passes` names. `tax_place` is where orders without an address are taxed (see
    `place`); `gift_cards` and `gift_card_tax` say whether cards are taxed when they are sold (see `card_tax`).
    """
    node = msgspec.json.decode(raw)
    currency = str(node["currencyCode"])
    party = _party(node)
    where, cards = place(node, options), card_tax(options)
    invoice = _invoice(node, currency, party, options.get("invoice_on") == "fulfilment", where, cards)
    documents: list[Document] = [invoice]
    if invoice.exclusion == "test":
        return documents
    documents += credit_notes(node, currency, party, where, cards)
    if options.get("revenue_on", "invoice") != "invoice":
        documents += deliveries(node, invoice, options.get("control_passes") == "arrival")
    documents += tenders(node, currency, cards)
    return documents
