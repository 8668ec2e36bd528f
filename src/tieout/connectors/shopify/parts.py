"""What an order is made of: each line, its taxes and what it comes to, held against the order's own total. Pure.

A line's price is what it was listed at less every discount that was allotted to it: `LineItem.discountedTotalSet` leaves
out discounts of the whole order, and by default those by code (shopify.dev, GraphQL Admin 2026-07: LineItem.discountAllocations,
originalTotalSet; all of them of the quantity ordered, refunded and removed units included).

What is published does not say whether a tip is one of the lines, or whether duties, fees and shipping that was removed are in the
total. The order's total decides: of the ways to read it the first that comes to it is taken, and where none does the invoice does
not add up, and says so. Where customers paid in another currency each amount was converted by itself: a difference of no more than
half the smallest unit for each amount is a rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

from tieout.connectors.shopify.gift_cards import CardTax
from tieout.connectors.shopify.taxes import money, tax_key
from tieout.documents import SaleLine
from tieout.money import Amount, quantum


@dataclass(frozen=True)
class Part:
    """One line of a sale with its taxes; its net has none of them."""

    line: SaleLine
    taxes: tuple[tuple[dict[str, Any], Amount], ...] = ()

    @property
    def gross(self) -> Amount:
        """With its taxes."""
        return sum((amount for _, amount in self.taxes), self.line.net)


def part(
    name: str, price: Amount, taxes: Sequence[dict[str, Any]], included: bool, nature: str, **sale: Any
) -> Part:
    """A line by its price as the shop states prices: with its taxes where `included`."""
    charged = tuple(
        (t, t["amount"] if "amount" in t else money(t["priceSet"], price.currency)) for t in taxes
    )
    net = price
    if included:
        for _, amount in charged:
            net = net - amount
    keys = tuple(tax_key(t) for t in taxes)
    sale.setdefault("quantity", Decimal(1))
    return Part(SaleLine(name=name, net=net, nature=nature, tax_keys=keys, **sale), charged)


def price_of(item: dict[str, Any], currency: str) -> Amount:
    """What all units of a line were sold for, after every discount.

    Messages of before asked for `discountedTotalSet`, which knows no discount of the order: they are read as they were.
    """
    if "originalTotalSet" not in item:
        return money(item["discountedTotalSet"], currency)
    price = money(item["originalTotalSet"], currency)
    for allotted in item["discountAllocations"]:
        price = price - money(allotted["allocatedAmountSet"], currency)
    return price


def tip_lines(node: dict[str, Any]) -> frozenset[str]:
    """The ids of the lines that are the order's tips: no article number, nothing to send, no tax, and together what was tipped."""
    currency = str(node["currencyCode"])
    tip = money(node.get("totalTipReceivedSet"), currency)
    if not tip:
        return frozenset()
    likely = [
        x
        for x in node["lineItems"]["nodes"]
        if x.get("requiresShipping") is False
        and not x.get("sku")
        and not x["taxLines"]
        and not x["isGiftCard"]
    ]
    total = sum((price_of(x, currency) for x in likely), Amount.zero(currency))
    return frozenset(x["id"] for x in likely) if total == tip else frozenset()


class Sale:
    """An order's parts, and of what may or may not be in its total what is."""

    def __init__(self, node: dict[str, Any], currency: str, cards: CardTax | None) -> None:
        self._node, self._currency, self._cards = node, currency, cards
        self._included = bool(node["taxesIncluded"])
        self.total = money(node["totalPriceSet"], currency)
        self.parts = self._chosen()

    @property
    def sum(self) -> Amount:
        """What the parts come to."""
        return sum((p.gross for p in self.parts), Amount.zero(self._currency))

    def _chosen(self) -> list[Part]:
        node, currency = self._node, self._currency
        tips = tip_lines(node)
        lines = [self._line(x, "tip" if x.get("id") in tips else "goods") for x in node["lineItems"]["nodes"]]
        kept: list[Part] = []
        removed: list[Part] = []
        for x in node["shippingLines"]["nodes"]:
            price = money(x["discountedPriceSet"], currency)
            made = part(x["title"], price, x["taxLines"], self._included, "shipping")
            (removed if x.get("isRemoved") else kept).append(made)
        tip = money(node.get("totalTipReceivedSet"), currency)
        tipped = (
            [Part(SaleLine(name="Tip", quantity=Decimal(1), net=tip, nature="tip"))]
            if tip and not tips
            else []
        )
        if "currentTotalPriceSet" not in node:
            # Messages of before asked for none of the rest.
            return [*lines, *kept, *tipped]
        optional = [(self._duties(), True), (self._fees(), True), (removed, False), (tipped, True)]
        return self._as_totalled([*lines, *kept], [(parts, usual) for parts, usual in optional if parts])

    def _line(self, item: dict[str, Any], nature: str) -> Part:
        price, taxes, included = price_of(item, self._currency), item["taxLines"], self._included
        if item["isGiftCard"]:
            nature = "gift_card"
            if self._cards is not None and not taxes:
                # Of a card that is taxed when it is sold the tax is within its price.
                taxes = [{**self._cards.as_charged(), "amount": self._cards.within(price)}]
                included = True
        sale = {"quantity": Decimal(item["quantity"]), "sku": item.get("sku") or ""}
        return part(item["name"], price, taxes, included, nature, **sale)

    def _duties(self) -> list[Part]:
        return [
            part(
                f"Duties: {x['name']}",
                money(d["price"], self._currency),
                d["taxLines"],
                self._included,
                "duties",
            )
            for x in self._node["lineItems"]["nodes"]
            for d in x.get("duties") or ()
        ]

    def _fees(self) -> list[Part]:
        rows = self._node.get("additionalFees") or ()
        return [
            part(f["name"], money(f["price"], self._currency), f["taxLines"], self._included, "fee")
            for f in rows
        ]

    def _as_totalled(self, base: list[Part], optional: list[tuple[list[Part], bool]]) -> list[Part]:
        usual = tuple(kept for _, kept in optional)
        ways = sorted(product((True, False), repeat=len(optional)), key=lambda way: _unlike(way, usual))
        read = [
            [*base, *(p for (parts, _), kept in zip(optional, way, strict=True) if kept for p in parts)]
            for way in ways
        ]
        for parts in read:
            if self._off(parts) == 0:
                return parts
        if self._node.get("presentmentCurrencyCode") not in (None, self._currency):
            for parts in read:
                off, most = self._off(parts), quantum(self._currency) / 2 * (_amounts(parts) + 1)
                if abs(off) <= most:
                    return [*parts, _rounding(Amount(off, self._currency))]
        return read[0]

    def _off(self, parts: list[Part]) -> Decimal:
        return self.total.value - sum((p.gross.value for p in parts), Decimal(0))


def cash_rounding(node: dict[str, Any], currency: str) -> list[Part]:
    """What was paid in cash more (or less) than is due, since coins do not go lower: beside the order's total."""
    said = node.get("totalCashRoundingAdjustment") or {}
    amount = money(said.get("paymentSet"), currency)
    return [_rounding(amount)] if amount else []


def _rounding(amount: Amount) -> Part:
    return Part(SaleLine(name="Rounding", quantity=Decimal(1), net=amount, nature="rounding"))


def _amounts(parts: list[Part]) -> int:
    return sum(1 + len(p.taxes) for p in parts)


def _unlike(way: tuple[bool, ...], usual: tuple[bool, ...]) -> int:
    return sum(a is not b for a, b in zip(way, usual, strict=True))
