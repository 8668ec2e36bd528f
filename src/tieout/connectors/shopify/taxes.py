"""Whose a Shopify tax is, and how much of it a sale has. Pure.

A tax line has a title, a rate, an amount and whether the sales channel owes it (shopify.dev, GraphQL Admin 2026-07:
TaxLine.title, rate, priceSet, channelLiable). Which jurisdiction's it is the order's address says: Shopify charges by where
goods go, and names counties and cities of a state in the titles alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tieout.documents import TaxLine
from tieout.money import Amount
from tieout.money.sharing import shared_out

PLACE_OPTION = "tax_place"


def number_of(gid: str) -> str:
    """The bare number of `gid://shopify/Order/5000`, by which other systems know it."""
    return gid.rpartition("/")[2]


def money(value: dict[str, Any] | None, currency: str) -> Amount:
    """The shop's own money of a MoneyBag. Raises ValueError for another currency."""
    if not value:
        return Amount.zero(currency)
    shop = value["shopMoney"]
    if shop["currencyCode"] != currency:
        raise ValueError(f"{shop['currencyCode']} in an order of {currency}")
    return Amount.parse(str(shop["amount"]), currency)


def tax_key(line: dict[str, Any]) -> str:
    """A tax in the shop's words: "State Tax 15%"; what a channel owes is another than what the shop does."""
    percent = (Decimal(str(line["rate"])) * 100).normalize()
    return f"{line['title']} {percent:f}%{' (channel)' if line.get('channelLiable') else ''}"


def place(node: dict[str, Any], options: Mapping[str, Any]) -> str:
    """Where an order is taxed: `US-CA`, `FR`. It is the address of delivery, or of payment where nothing is delivered
    (Order.displayAddress); of one without an address what the interface says (a shop with a counter); else ""."""
    address = node.get("displayAddress") or {}
    country = str(address.get("countryCodeV2") or "").upper()
    if not country:
        return str(options.get(PLACE_OPTION, ""))
    province = str(address.get("provinceCode") or "").upper()
    # Some provinces are written with their country already.
    province = province.removeprefix(f"{country}-")
    return f"{country}-{province}" if province else country


class TaxSums:
    """What was charged for each tax of a document, in its place."""

    def __init__(self, currency: str, where: str = "") -> None:
        self._currency, self._where = currency, where
        self._sums: dict[str, tuple[dict[str, Any], Amount]] = {}

    def add(self, line: dict[str, Any], amount: Amount) -> None:
        """Add an amount of a tax."""
        key = tax_key(line)
        before = self._sums[key][1] if key in self._sums else Amount.zero(self._currency)
        self._sums[key] = (line, before + amount)

    def amounts(self) -> list[tuple[dict[str, Any], Amount]]:
        """Each tax with what was charged for it, in the order of their keys."""
        return [self._sums[key] for key in sorted(self._sums)]

    def lines(self) -> tuple[TaxLine, ...]:
        """The taxes by their keys, in the order of these."""
        return tuple(
            TaxLine(
                key=key,
                title=line["title"],
                rate=Decimal(str(line["rate"])),
                amount=amount,
                jurisdiction=line.get("place") or self._where or msgspec.UNSET,
                by_channel=True if line.get("channelLiable") else msgspec.UNSET,
            )
            for key, (line, amount) in sorted(self._sums.items())
        )


class LeftOfTaxes:
    """What is left to give back of each tax of an order's lines, refund by refund."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._left: dict[str, tuple[Amount, ...]] = {}

    def take(self, line: str, taxes: Sequence[dict[str, Any]], tax: Amount) -> tuple[Amount, ...]:
        """Shares of a refunded line's one amount of tax, in the order of its taxes; none where nobody can say them, since
        it has no tax, or more is given back than was charged.

        Shopify gives one amount for all the taxes of a refunded line (RefundLineItem.totalTaxSet). It is shared out by
        what is left of each: so no tax is given back twice, and once all of the line is given back each tax is back to
        the cent.
        """
        if len(taxes) < 2:
            return (tax,) if taxes else ()
        if not all("priceSet" in t for t in taxes):
            # Orders that were taken in before amounts were asked for: taxes of one base are as their rates.
            return shared_out(tax, [Decimal(str(t["rate"])) for t in taxes])
        charged = tuple(money(t["priceSet"], self._currency) for t in taxes)
        left = self._left.get(line, charged)
        if tax.value > sum((x.value for x in left), Decimal(0)):
            return ()
        shares = shared_out(tax, [x.value for x in left])
        self._left[line] = tuple(a - b for a, b in zip(left, shares, strict=True))
        return shares
