"""What gift cards and store credit pay for an order, what is given back onto them, and what of a card's price is tax. Pure.

Which transactions pay `transactions` says. Store credit is a balance that the shop owes its customer, beside cards: its gateway is
`shopify_store_credit`, and what is paid with it, or given back onto it, moves a liability of its own. Shopify charges no tax on gift cards, so
that of a card which is taxed when it is sold is within its price, at the rate that the interface declares.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connectors.shopify.taxes import money, number_of
from tieout.connectors.shopify.transactions import paid
from tieout.documents import GiftCardTender, TaxLine
from tieout.money import Amount

OPTION, TAX_OPTION = "gift_cards", "gift_card_tax"
TAX_SHAPE = r"[A-Z]{2}(-[A-Z0-9]{1,3})? \d{1,2}(\.\d{1,4})?"
_PAYS = ("SALE", "CAPTURE")
# The gateways of what the shop owes already, and what it is owed as where that is no card.
_OWED = {"gift_card": "", "shopify_store_credit": "store_credit"}
_TITLE = "Gift card, taxed when sold"


class CardTax:
    """The tax that a gift card bears when it is sold, and what of it is within a price."""

    def __init__(self, where: str, percent: Decimal) -> None:
        self._where, self._percent = where, percent
        self._sold: dict[str, Decimal] = {}

    def within(self, price: Amount) -> Amount:
        """The tax within a price, rounded half up."""
        part = price.value * self._percent / (100 + self._percent)
        return Amount.rounded(part, price.currency)

    def more_within(self, line: str, price: Amount) -> Amount:
        """The tax of another part of a line's price that is given back: all parts together have what the whole has."""
        before = Amount(self._sold.get(line, Decimal(0)), price.currency)
        self._sold[line] = before.value + price.value
        return self.within(before + price) - self.within(before)

    def as_charged(self) -> dict[str, Any]:
        """As if the shop had charged it."""
        rate = self._percent / 100
        return {"title": _TITLE, "rate": str(rate.normalize()), "place": self._where}

    def line(self, amount: Amount) -> TaxLine:
        """What is within an amount that a card pays."""
        percent = f"{self._percent.normalize():f}"
        return TaxLine(
            key=f"{_TITLE} {percent}%",
            title=_TITLE,
            rate=self._percent / 100,
            amount=self.within(amount),
            jurisdiction=self._where,
        )


def card_tax(options: Mapping[str, Any]) -> CardTax | None:
    """The tax that cards bear when they are sold; None where they bear none. Raises ValueError where it is not declared."""
    if options.get(OPTION, "multi_purpose") != "single_purpose":
        return None
    where, _, percent = str(options.get(TAX_OPTION, "")).partition(" ")
    if not percent:
        raise ValueError(
            f'gift_cards = "single_purpose" needs {TAX_OPTION} in the interface, such as "DE 19": whose tax, and its percent'
        )
    return CardTax(where, Decimal(percent))


def tenders(node: dict[str, Any], currency: str, tax: CardTax | None) -> list[GiftCardTender]:
    """What cards paid, and what they got back, in the order of the shop's list."""
    refund_of = {
        t["id"]: f"refund:{number_of(r['id'])}"
        for r in node["refunds"]
        for t in (r.get("transactions") or {}).get("nodes", ())
    }
    cards = [t for t in node["transactions"] if t["gateway"] in _OWED and paid(t)]
    left = sum((money(t["amountSet"], currency).value for t in cards if t["kind"] in _PAYS), Decimal(0))
    found = []
    for payment in cards:
        if payment["kind"] not in (*_PAYS, "REFUND"):
            continue
        amount, back = money(payment["amountSet"], currency), payment["kind"] == "REFUND"
        if not amount:
            continue
        restores = back and amount.value <= left
        left -= amount.value if restores else 0
        found.append(
            GiftCardTender(
                key=f"tender:{number_of(payment['id'])}",
                occurred_at=datetime.fromisoformat(payment["processedAt"]),
                currency=currency,
                order_key=number_of(node["id"]),
                amount=amount,
                refund_key=refund_of.get(payment["id"], "") if back else msgspec.UNSET,
                restores=restores if back else msgspec.UNSET,
                tax=tax.line(amount) if tax and not _OWED[payment["gateway"]] else msgspec.UNSET,
                owed_as=_OWED[payment["gateway"]] or msgspec.UNSET,
            )
        )
    return found
