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

from tieout.documents import (
    CreditNote,
    CustomerInvoice,
    Document,
    GiftCardTender,
    Party,
    SaleLine,
    TaxLine,
)
from tieout.money import Amount

_UNPAID = {"PENDING", "AUTHORIZED", "EXPIRED"}


def _money(value: dict[str, Any] | None, currency: str) -> Amount:
    if not value:
        return Amount.zero(currency)
    shop = value["shopMoney"]
    if shop["currencyCode"] != currency:
        raise ValueError(f"{shop['currencyCode']} in an order of {currency}")
    return Amount.parse(str(shop["amount"]), currency)


def _number(gid: str) -> str:
    # gid://shopify/Order/5000: other systems know the bare number.
    return gid.rpartition("/")[2]


def tax_key(line: dict[str, Any]) -> str:
    """A tax in the shop's words: "State Tax 15%"."""
    percent = (Decimal(str(line["rate"])) * 100).normalize()
    return f"{line['title']} {percent:f}%"


class _Taxes:
    """Sums of what was charged for each tax."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._sums: dict[str, tuple[str, Decimal, Amount]] = {}

    def add(self, line: dict[str, Any], amount: Amount) -> None:
        key = tax_key(line)
        before = self._sums.get(key, ("", Decimal(0), Amount.zero(self._currency)))
        self._sums[key] = (line["title"], Decimal(str(line["rate"])), before[2] + amount)

    def lines(self) -> tuple[TaxLine, ...]:
        return tuple(
            TaxLine(key=key, title=title, rate=rate, amount=amount)
            for key, (title, rate, amount) in sorted(self._sums.items())
        )


def _sale_line(
    name: str,
    quantity: int,
    price: Amount,
    taxes: list[dict[str, Any]],
    included: bool,
    nature: str,
    sums: _Taxes,
    sku: str = "",
) -> SaleLine:
    net = price
    for tax in taxes:
        amount = _money(tax["priceSet"], price.currency)
        sums.add(tax, amount)
        if included:
            net = net - amount
    keys = tuple(tax_key(t) for t in taxes)
    return SaleLine(name=name, quantity=Decimal(quantity), net=net, nature=nature, tax_keys=keys, sku=sku)


def _party(node: dict[str, Any]) -> Party | None:
    customer = node.get("customer")
    if not customer:
        return None
    address = customer.get("defaultEmailAddress") or {}
    return Party(
        key=_number(customer["id"]),
        name=customer["displayName"],
        email=address.get("emailAddress") or "",
    )


def _exclusion(node: dict[str, Any], on_fulfilment: bool) -> str:
    if node["test"]:
        return "test"
    if node["displayFinancialStatus"] == "VOIDED":
        return "cancelled"
    if node["displayFinancialStatus"] in _UNPAID:
        return "cancelled" if node["cancelledAt"] else "unpaid"
    if on_fulfilment and node["cancelledAt"] and _fulfilled_at(node) is None:
        return "cancelled_before_fulfilment"
    return ""


def _fulfilled_at(node: dict[str, Any]) -> datetime | None:
    """When the last of an order's fulfilments was made, once nothing of it is left to deliver."""
    if node["displayFulfillmentStatus"] != "FULFILLED":
        return None
    made = [f["createdAt"] for f in node["fulfillments"] if f["status"] == "SUCCESS"]
    return datetime.fromisoformat(max(made)) if made else datetime.fromisoformat(node["processedAt"])


def _invoice(
    node: dict[str, Any], currency: str, party: Party | None, on_fulfilment: bool
) -> CustomerInvoice:
    sums = _Taxes(currency)
    included = node["taxesIncluded"]
    lines = [
        _sale_line(
            x["name"],
            x["quantity"],
            _money(x["discountedTotalSet"], currency),
            x["taxLines"],
            included,
            "gift_card" if x["isGiftCard"] else "goods",
            sums,
            x.get("sku") or "",
        )
        for x in node["lineItems"]["nodes"]
    ]
    lines += [
        _sale_line(
            x["title"],
            1,
            _money(x["discountedPriceSet"], currency),
            x["taxLines"],
            included,
            "shipping",
            sums,
        )
        for x in node["shippingLines"]["nodes"]
    ]
    tip = _money(node.get("totalTipReceivedSet"), currency)
    if tip:
        lines.append(SaleLine(name="Tip", quantity=Decimal(1), net=tip, nature="tip"))
    return CustomerInvoice(
        key=f"order:{_number(node['id'])}",
        version=node["updatedAt"],
        occurred_at=datetime.fromisoformat(node["createdAt"]),
        currency=currency,
        control_group="orders",
        order_key=_number(node["id"]),
        number=node["name"],
        party=party,
        lines=tuple(lines),
        taxes=sums.lines(),
        total=_money(node["totalPriceSet"], currency),
        exclusion=_exclusion(node, on_fulfilment),
        # Where the payment bills, a delivery changes nothing: it makes no new version.
        fulfilled_at=_fulfilled_at(node) if on_fulfilment else None,
    )


def _credit_note(
    node: dict[str, Any], refund: dict[str, Any], currency: str, party: Party | None
) -> CreditNote:
    sums = _Taxes(currency)
    included = node["taxesIncluded"]
    lines: list[SaleLine] = []
    total = _money(refund["totalRefundedSet"], currency)
    explained = Amount.zero(currency)
    for row in refund["refundLineItems"]["nodes"]:
        item, tax = row["lineItem"], _money(row["totalTaxSet"], currency)
        subtotal = _money(row["subtotalSet"], currency)
        known = item["taxLines"]
        # One amount stands for all the taxes of a refunded line: with several it is the first's.
        if tax and known:
            sums.add(known[0], tax)
        net = subtotal - tax if included else subtotal
        explained = explained + net + tax
        lines.append(
            SaleLine(
                name=item["name"],
                quantity=Decimal(row["quantity"]),
                net=net,
                nature="gift_card" if item["isGiftCard"] else "goods",
                tax_keys=(tax_key(known[0]),) if tax and known else (),
                sku=item.get("sku") or "",
            )
        )
    rest = total - explained
    if rest:
        # Shopify's refund_discrepancy: money given back for no line.
        lines.append(
            SaleLine(name="Refund adjustment", quantity=Decimal(1), net=rest, nature="refund_adjustment")
        )
    number = _number(refund["id"])
    return CreditNote(
        key=f"refund:{number}",
        version=refund["updatedAt"],
        occurred_at=datetime.fromisoformat(refund["createdAt"]),
        currency=currency,
        control_group="returns",
        order_key=_number(node["id"]),
        number=f"{node['name']}-R{number[-4:]}",
        party=party,
        lines=tuple(lines),
        taxes=sums.lines(),
        total=total,
    )


def order(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """An order's documents. A test order's refunds and tenders are none.

    The option `invoice_on` is `payment` (the default) or `fulfilment`.
    """
    node = msgspec.json.decode(raw)
    currency = str(node["currencyCode"])
    party = _party(node)
    invoice = _invoice(node, currency, party, options.get("invoice_on") == "fulfilment")
    documents: list[Document] = [invoice]
    if invoice.exclusion == "test":
        return documents
    documents += [_credit_note(node, refund, currency, party) for refund in node["refunds"]]
    for payment in node["transactions"]:
        if payment["gateway"] != "gift_card" or payment["status"] != "SUCCESS":
            continue
        documents.append(
            GiftCardTender(
                key=f"tender:{_number(payment['id'])}",
                occurred_at=datetime.fromisoformat(payment["processedAt"]),
                currency=currency,
                order_key=invoice.order_key,
                amount=_money(payment["amountSet"], currency),
            )
        )
    return documents
