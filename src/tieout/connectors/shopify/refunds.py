"""A Shopify refund to its credit note, as it was asked for until the order's current total was asked for too. Pure.

Refunded lines, refunded shipping and adjustments are each given back with their own taxes. A credit note whose parts are not
what was given back does not add up, and says so; nothing of it is taken for something else. Messages of before are read by
this for good; those of today by `credits`.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.connector_api import version_of
from tieout.connectors.shopify.gift_cards import CardTax
from tieout.connectors.shopify.taxes import LeftOfTaxes, TaxSums, money, number_of, tax_key
from tieout.documents import CreditNote, Party, SaleLine
from tieout.money import Amount


def credit_notes(
    node: dict[str, Any], currency: str, party: Party | None, where: str, cards: CardTax | None = None
) -> list[CreditNote]:
    """The credit notes of an order, in the order of its refunds; `cards` is the tax within a gift card's price."""
    left = LeftOfTaxes(currency)
    made: dict[str, CreditNote] = {}
    # Taxes are given back from what earlier refunds left of them.
    for refund in sorted(node["refunds"], key=lambda r: (r["createdAt"], r["id"])):
        made[refund["id"]] = _credit_note(node, refund, party, Refunded(node, currency, where, left, cards))
    return [made[refund["id"]] for refund in node["refunds"]]


class Refunded:
    """The lines and taxes of one refund, as they are found."""

    def __init__(
        self, node: dict[str, Any], currency: str, where: str, left: LeftOfTaxes, cards: CardTax | None
    ) -> None:
        self.currency, self.sums, self.lines = currency, TaxSums(currency, where), list[SaleLine]()
        self.explained = Amount.zero(currency)
        self._included, self._left, self._cards = node["taxesIncluded"], left, cards

    def take(self, refund: dict[str, Any], tips: frozenset[str] = frozenset()) -> None:
        """The lines and the shipping that a refund gives back; `tips` are the ids of lines that are tips."""
        currency = self.currency
        for row in refund["refundLineItems"]["nodes"]:
            item = row["lineItem"]
            key, price = str(item.get("id") or item["name"]), money(row["subtotalSet"], currency)
            tax = money(row["totalTaxSet"], currency)
            sale = {
                "name": item["name"],
                "quantity": Decimal(row["quantity"]),
                "nature": "gift_card" if item["isGiftCard"] else "tip" if key in tips else "goods",
                "sku": item.get("sku") or "",
            }
            if tax or not item["isGiftCard"] or not self.add_card(key, price, **sale):
                self.add((key, item["taxLines"]), price, tax, **sale)
        for row in (refund.get("refundShippingLines") or {}).get("nodes", ()):
            line = row["shippingLine"]
            self.add(
                (str(line.get("id") or line["title"]), line["taxLines"]),
                money(row["subtotalAmountSet"], currency),
                money(row["taxAmountSet"], currency),
                name=line["title"],
                quantity=Decimal(1),
                nature="shipping",
            )

    def add_plain(self, name: str, net: Amount, nature: str, tax_keys: tuple[str, ...] = ()) -> None:
        """Something that is no line of the order; negative where it is kept. Its taxes are added by themselves."""
        self.explained = self.explained + net
        self.lines.append(SaleLine(name=name, quantity=Decimal(1), net=net, nature=nature, tax_keys=tax_keys))

    def add_card(self, line: str, price: Amount, **sale: Any) -> bool:
        """What is given back of a gift card that was taxed when it was sold; False for another, which `add` takes."""
        if self._cards is None:
            return False
        tax, charged = self._cards.more_within(line, price), self._cards.as_charged()
        self.sums.add(charged, tax)
        self.explained = self.explained + price
        self.lines.append(SaleLine(net=price - tax, tax_keys=(tax_key(charged),), **sale))
        return True

    def add(
        self,
        line: tuple[str, list[dict[str, Any]]],
        price: Amount,
        tax: Amount,
        **sale: Any,
    ) -> None:
        """What is given back of a line, by its id and its taxes: `price` as the shop states prices, with or without tax."""
        shares = self._left.take(*line, tax) if tax else ()
        keys: list[str] = []
        for charged, share in zip(line[1], shares, strict=False):
            if share:
                self.sums.add(charged, share)
                keys.append(tax_key(charged))
        net = price - tax if self._included else price
        self.explained = self.explained + net + tax
        self.lines.append(SaleLine(net=net, tax_keys=tuple(keys), **sale))


def _credit_note(
    node: dict[str, Any], refund: dict[str, Any], party: Party | None, found: Refunded
) -> CreditNote:
    currency = found.currency
    total = money(refund["totalRefundedSet"], currency)
    found.take(refund)
    adjustments = refund.get("orderAdjustments")
    if adjustments is None:
        _untaxed(found, total - found.explained)
    else:
        _adjust(node, found, total, adjustments["nodes"])
    number = number_of(refund["id"])
    return CreditNote(
        key=f"refund:{number}",
        version=version_of(refund, "updatedAt"),
        occurred_at=datetime.fromisoformat(refund["createdAt"]),
        currency=currency,
        control_group="returns",
        order_key=number_of(node["id"]),
        number=f"{node['name']}-R{number[-4:]}",
        party=party,
        lines=tuple(found.lines),
        taxes=found.sums.lines(),
        total=total,
    )


def _untaxed(found: Refunded, rest: Amount) -> None:
    """Money given back for no line, in a refund of before adjustments were asked for."""
    if rest:
        found.lines.append(
            SaleLine(name="Refund adjustment", quantity=Decimal(1), net=rest, nature="refund_adjustment")
        )


def _adjust(node: dict[str, Any], found: Refunded, total: Amount, rows: list[dict[str, Any]]) -> None:
    """What was given back beside or less than the lines: a restocking fee kept, a sum without a line.

    Shopify says its amount and its tax, and not whose tax it is: an order with one tax has that one. Its sign is the
    one with which the refund comes to what was given back; where neither does, the credit note does not add up.
    """
    currency = found.currency
    amounts = [(money(r["amountSet"], currency), money(r["taxAmountSet"], currency), r) for r in rows]
    gross = sum((a + t for a, t, _ in amounts), Amount.zero(currency))
    if node["taxesIncluded"]:
        gross = sum((a for a, _, _ in amounts), Amount.zero(currency))
    rest = total - found.explained
    # The REST resource states what is given back as negative, and what is kept as positive.
    way = -1 if rest == -gross else 1
    taxes = _taxes_of(node)
    for amount, tax, row in amounts:
        net = amount - tax if node["taxesIncluded"] else amount
        key: tuple[str, ...] = ()
        if tax and len(taxes) == 1:
            (line,) = taxes.values()
            found.sums.add(line, Amount(way * tax.value, currency))
            key = tuple(taxes)
        reason = str(row.get("reason") or "").replace("_", " ").lower()
        found.lines.append(
            SaleLine(
                name=f"Refund adjustment{': ' if reason else ''}{reason}",
                quantity=Decimal(1),
                net=Amount(way * net.value, currency),
                nature="refund_adjustment",
                tax_keys=key,
            )
        )


def _taxes_of(node: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The taxes of an order's lines and shipping, by their keys."""
    lines = (*node["lineItems"]["nodes"], *node["shippingLines"]["nodes"])
    return {tax_key(tax): tax for line in lines for tax in line["taxLines"]}
