"""A Shopify order to its invoice, credit notes and gift-card tenders. Pure.

Amounts are `shopMoney` decimal texts. With taxes included a line's net is its price less its
own taxes. `totalPriceSet` is the order before returns, so refunds stay documents of their own. Messages that were asked for
before the order's current total was (they have no `currentTotalPriceSet`) are read as they always were.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from tieout.connector_api import version_of
from tieout.connectors.shopify.credits import Credits
from tieout.connectors.shopify.deliveries import deliveries, nothing_left_since
from tieout.connectors.shopify.gift_cards import CardTax, card_tax, tenders
from tieout.connectors.shopify.parts import Sale, cash_rounding
from tieout.connectors.shopify.refunds import credit_notes
from tieout.connectors.shopify.taxes import TaxSums, money, number_of, place
from tieout.connectors.shopify.transactions import paid
from tieout.documents import CreditNote, CustomerInvoice, Document, Party
from tieout.money import Amount

_NEVER_SOLD = "cancelled_before_fulfilment"
_UNPAID = {"PENDING", "AUTHORIZED", "EXPIRED"}
# What messages of before were not asked for.
_CURRENT = "currentTotalPriceSet"


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
    if _nothing_due(node) and not any(paid(t) for t in node["transactions"]):
        return True
    left = money(node["totalPriceSet"], currency)
    for refund in node["refunds"]:
        if datetime.fromisoformat(refund["createdAt"]) <= since:
            left = left - money(refund["totalRefundedSet"], currency)
    return left == Amount.zero(currency)


def _on_terms(node: dict[str, Any]) -> bool:
    """Whether an order that nobody paid yet was sold on credit (net 30, due on fulfilment): the customer owes it. A card that is
    kept for the due day is authorized."""
    if not node.get("paymentTerms") or node["displayFinancialStatus"] not in ("PENDING", "AUTHORIZED"):
        return False
    # One that is cancelled was owed until then: its credit notes take back all of it.
    return not node["cancelledAt"] or (bool(node["refunds"]) and _nothing_due(node))


def _nothing_due(node: dict[str, Any]) -> bool:
    """Whether the order's current total is nothing; False where a message of before does not say it."""
    return bool(node.get(_CURRENT)) and not money(node[_CURRENT], str(node["currencyCode"]))


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
    sale: Sale,
    where: str,
) -> CustomerInvoice:
    sums, rounded = TaxSums(currency, where), cash_rounding(node, currency)
    for line in sale.parts:
        for tax, amount in line.taxes:
            sums.add(tax, amount)
    exclusion = _exclusion(node, on_fulfilment)
    return CustomerInvoice(
        key=f"order:{number_of(node['id'])}",
        version=version_of(node, "updatedAt"),
        occurred_at=datetime.fromisoformat(node["createdAt"]),
        currency=currency,
        control_group="orders",
        order_key=number_of(node["id"]),
        number=node["name"],
        party=party,
        lines=tuple(p.line for p in (*sale.parts, *rounded)),
        taxes=sums.lines(),
        total=sum((p.gross for p in rounded), sale.total),
        exclusion=exclusion,
        # Where the payment bills, a delivery changes nothing: it makes no new version. Nor does one of what was never sold.
        fulfilled_at=_fulfilled_at(node) if on_fulfilment and exclusion != _NEVER_SOLD else None,
    )


def _credited(
    node: dict[str, Any], sale: Sale, invoice: CustomerInvoice, where: str, cards: CardTax | None
) -> tuple[CustomerInvoice, list[CreditNote]]:
    """The credit notes of an order, and its invoice where the order's totals say something of that: an order that was edited may
    have been totalled without what was taken away, and one that fell by what nobody gave back does not add up."""
    currency = invoice.currency
    if _CURRENT not in node:
        return invoice, credit_notes(node, currency, invoice.party, where, cards)
    made = Credits(node, currency, where, cards)
    current, changed = money(node[_CURRENT], currency), sale.total
    if sale.sum != sale.total and sale.sum - made.given_back() == current:
        changed = sale.sum
    made.hold_against_money(changed)
    if not invoice.exclusion and not made.hold_against(changed - current) and not node["refunds"]:
        changed = current
    if changed != sale.total:
        invoice = msgspec.structs.replace(invoice, total=invoice.total + (changed - sale.total))
    return invoice, made.notes(invoice.party)


def order(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """An order's documents. A test order's refunds and tenders are none.

    The option `invoice_on` is `payment` (the default) or `fulfilment`; where `revenue_on` is not `invoice`, its deliveries
    are told by line, by the day that `control_passes` names. `tax_place` is where orders without an address are taxed (see
    `place`); `gift_cards` and `gift_card_tax` say whether cards are taxed when they are sold (see `card_tax`). Raises ValueError
    for an order of which Shopify gives less than there is.
    """
    node = msgspec.json.decode(raw)
    if node.get("cut"):
        raise ValueError(
            f"order {node['name']} has {node['cut']}: nothing of it is booked; book it by hand, then exclude it"
        )
    currency = str(node["currencyCode"])
    party = _party(node)
    where, cards = place(node, options), card_tax(options)
    sale = Sale(node, currency, cards)
    invoice = _invoice(node, currency, party, options.get("invoice_on") == "fulfilment", sale, where)
    if invoice.exclusion == "test":
        return [invoice]
    invoice, credited = _credited(node, sale, invoice, where, cards)
    documents: list[Document] = [invoice, *credited]
    if options.get("revenue_on", "invoice") != "invoice":
        documents += deliveries(node, invoice, options.get("control_passes") == "arrival")
    documents += tenders(node, currency, cards)
    return documents
