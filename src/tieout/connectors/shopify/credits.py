"""Refunds to credit notes: what an order's customer owes less, whatever money moved for it. Pure.

A refund of Shopify's is a record of what was taken back: lines, shipping, duties, and the difference to what was given back in
money. Its money is in its transactions. So a credit note is what its parts come to, and not what was paid out:

- a return without money, of an order on account or of an edit that took lines away, lowers what is due (`adjusts`);
- of an exchange the goods that came back are credited whole, and the new ones are lines of the order: `totalRefundedSet` is net of
  them, and 0 where they cost more (BCApps 8554, 10467);
- what is pending is counted once it succeeded (`totalRefundedSet` counts successful transactions alone, BCApps 9112);
- a refund of money alone, for which earlier ones lowered what is due, is no further credit note.

What all of them come to is held against the order's own totals (`totalPriceSet` less `currentTotalPriceSet`): where that differs,
the newest credit note does not add up, and says so. Sources: shopify.dev, GraphQL Admin 2026-07: Refund, OrderAdjustment,
Order.refundDiscrepancySet (positive: in the merchant's favour), Return, OrderTransactionStatus; REST, order_adjustments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tieout.connector_api import version_of
from tieout.connectors.shopify.gift_cards import CardTax
from tieout.connectors.shopify.parts import tip_lines
from tieout.connectors.shopify.refunds import Refunded
from tieout.connectors.shopify.taxes import LeftOfTaxes, money, number_of, tax_key
from tieout.connectors.shopify.transactions import given, paid, waits
from tieout.documents import CreditNote, Party
from tieout.money import Amount
from tieout.money.sharing import shared_out


@dataclass
class _Credit:
    """One refund as it was read: what came back (`goods`), what it is worth after fees and differences (`value`), what it gave in
    money, and whether that is still on its way."""

    refund: dict[str, Any]
    found: Refunded
    goods: Amount
    value: Amount
    money: Amount
    held: bool
    total: Amount


class Credits:
    """The credit notes of an order, and whether they are what its totals say."""

    def __init__(self, node: dict[str, Any], currency: str, where: str, cards: CardTax | None) -> None:
        self._node, self._currency = node, currency
        left, tips, fees = LeftOfTaxes(currency), tip_lines(node), set[str]()
        # Taxes are given back from what earlier refunds left of them.
        refunds = sorted(node["refunds"], key=lambda r: (r["createdAt"], r["id"]))
        self._read = [
            self._credit(r, Refunded(node, currency, where, left, cards), tips, fees) for r in refunds
        ]

    def given_back(self) -> Amount:
        """What came back of all that is credited."""
        return sum((c.goods for c in self._read if not c.held), Amount.zero(self._currency))

    def hold_against(self, fallen: Amount) -> bool:
        """Whether the credit notes are that by which the order's total has fallen; where not, the newest says by how much they
        are not. Differences and fees are no part of it, or are: either is the shop's total."""
        if fallen in self._ways():
            return True
        standing = [c for c in self._read if not c.held]
        if not standing:
            return False
        standing[-1].total = standing[-1].total + _unsigned(fallen - self._sum("goods", held=False))
        return False

    def notes(self, party: Party | None) -> list[CreditNote]:
        """In the order of the shop's list."""
        by_id = {c.refund["id"]: c for c in self._read}
        return [
            self._note(c, party)
            for c in (by_id[r["id"]] for r in self._node["refunds"])
            if not c.held and (c.found.lines or c.total)
        ]

    def _sum(self, what: str, held: bool) -> Amount:
        parts = (getattr(c, what) for c in self._read if held or not c.held)
        return sum(parts, Amount.zero(self._currency))

    def _ways(self) -> set[Amount]:
        return {self._sum(what, held) for what in ("goods", "value") for held in (False, True)}

    def _credit(
        self, refund: dict[str, Any], found: Refunded, tips: frozenset[str], fees: set[str]
    ) -> _Credit:
        currency = self._currency
        found.take(refund, tips)
        for row in refund.get("duties") or ():
            if amount := money(row["amountSet"], currency):
                found.add_plain("Duties", amount, "duties")
        goods, back = found.explained, given(refund, currency)
        _adjust(self._node, refund, found, back)
        _charge(refund, found, back, fees)
        value = found.explained
        if value.value < 0:
            raise ValueError(
                f"order {self._node['name']}: refund {number_of(refund['id'])} charges {-value} more than it gives back"
            )
        rounded = sum(
            (money(t.get("amountRoundingSet"), currency) for t in refund["transactions"]["nodes"] if paid(t)),
            Amount.zero(currency),
        )
        if rounded:
            found.add_plain("Rounding", rounded, "rounding")
        return _Credit(refund, found, goods, value, back, waits(refund), value + rounded)

    def hold_against_money(self, sold: Amount) -> None:
        """What was given back beyond what came back: of what the customer had paid too much by then it is no credit note; of
        anything else nobody knows what for, and the credit note does not add up. `sold` is what the order came to."""
        zero = Amount.zero(self._currency)
        due = sold
        had = sum(
            (
                money(t["amountSet"], self._currency)
                for t in self._node["transactions"]
                if paid(t) and t["kind"] in ("SALE", "CAPTURE")
            ),
            zero,
        )
        for credit in self._read:
            if credit.held:
                continue
            due, had = due - credit.value, had - credit.money
            beyond = credit.money - credit.value
            if beyond.value > 0 and had.value < due.value:
                credit.total = credit.total + beyond
        self._left_open(due - had)

    def _left_open(self, ours: Amount) -> None:
        """What is credited and was not given back is open, and the shop says how much of that is (`totalOutstandingSet`, negative
        in the customer's favour). Where it says otherwise, the newest credit note without its money does not add up."""
        said = self._node.get("totalOutstandingSet")
        alone = [c for c in self._read if not c.held and c.value.value > c.money.value]
        if not said or not alone or self._node.get("presentmentCurrencyCode") not in (None, self._currency):
            return
        on_its_way = self._on_its_way()
        if money(said, self._currency) not in (ours, ours + on_its_way):
            alone[-1].total = alone[-1].total - (alone[-1].value - alone[-1].money)

    def _on_its_way(self) -> Amount:
        rows = (
            t
            for c in self._read
            if c.held
            for t in c.refund["transactions"]["nodes"]
            if t["status"] == "PENDING"
        )
        return sum((money(t["amountSet"], self._currency) for t in rows), Amount.zero(self._currency))

    def _note(self, credit: _Credit, party: Party | None) -> CreditNote:
        refund, node = credit.refund, self._node
        number = number_of(refund["id"])
        return CreditNote(
            key=f"refund:{number}",
            version=version_of(refund, "updatedAt"),
            occurred_at=datetime.fromisoformat(refund["createdAt"]),
            currency=self._currency,
            control_group="returns",
            order_key=number_of(node["id"]),
            number=f"{node['name']}-R{number[-4:]}",
            party=party,
            lines=tuple(credit.found.lines),
            taxes=credit.found.sums.lines(),
            total=credit.total,
            # No money moves for it: it lowers what the order is due.
            adjusts=not credit.money and bool(credit.total),
        )


def _adjust(node: dict[str, Any], refund: dict[str, Any], found: Refunded, back: Amount) -> None:
    """The difference between what came back and what was given back: kept by the shop where it is positive, as REST states it
    and `refundDiscrepancySet` sums it; with the other sign where only that comes to what was given back."""
    currency, included = found.currency, bool(node["taxesIncluded"])
    rows = [
        (money(r["amountSet"], currency), money(r["taxAmountSet"], currency), r)
        for r in refund["orderAdjustments"]["nodes"]
    ]
    gross = sum((a if included else a + t for a, t, _ in rows), Amount.zero(currency))
    rest = back - found.explained
    if not rest and gross and back:
        # What it accounts for is told by the lines themselves: the money is what they come to.
        return
    way = 1 if rest == gross and rest != -gross else -1
    for amount, tax, row in rows:
        net = amount - tax if included else amount
        reason = str(row.get("reason") or "").replace("_", " ").lower()
        keys = _taxed(node, found, Amount(way * tax.value, currency))
        name = f"Refund adjustment{': ' if reason else ''}{reason}"
        found.add_plain(name, Amount(way * net.value, currency), "refund_adjustment", keys)
        found.explained = found.explained + Amount(way * tax.value, currency)


def _taxed(node: dict[str, Any], found: Refunded, tax: Amount) -> tuple[str, ...]:
    """A difference's tax, which Shopify says in one amount: that of the order's one tax, else shared out by the taxes of what
    came back, or of all of the order where nothing did."""
    if not tax:
        return ()
    charged = found.sums.amounts() or _charged(node, found.currency)
    if not charged:
        return ()
    shares = shared_out(_unsigned(tax), [amount.value for _, amount in charged])
    keys = []
    for (line, _), share in zip(charged, shares, strict=True):
        if share:
            found.sums.add(line, share if tax.value > 0 else -share)
            keys.append(tax_key(line))
    return tuple(keys)


def _unsigned(amount: Amount) -> Amount:
    return amount if amount.value >= 0 else -amount


def _charged(node: dict[str, Any], currency: str) -> list[tuple[dict[str, Any], Amount]]:
    found: dict[str, tuple[dict[str, Any], Amount]] = {}
    for line in (*node["lineItems"]["nodes"], *node["shippingLines"]["nodes"]):
        for tax in line["taxLines"]:
            before = found[tax_key(tax)][1] if tax_key(tax) in found else Amount.zero(currency)
            found[tax_key(tax)] = (tax, before + money(tax["priceSet"], currency))
    return [found[key] for key in sorted(found)]


def _charge(refund: dict[str, Any], found: Refunded, back: Amount, told: set[str]) -> None:
    """What the return costs the customer: restocking, the way back. Each fee once, by the first refund that leaves room for it; a
    difference of the same amount is the fee already."""
    given_for = refund.get("return") or {}
    rows = [(f, "Return shipping") for f in given_for.get("returnShippingFees") or ()]
    rows += [
        (line["restockingFee"], "Restocking fee")
        for line in (given_for.get("returnLineItems") or {}).get("nodes", ())
        if line.get("restockingFee")
    ]
    for fee, name in rows:
        amount = money(fee["amountSet"], found.currency)
        kept = found.explained - back
        if not amount or fee["id"] in told or kept.value < amount.value:
            continue
        told.add(fee["id"])
        found.add_plain(name, -amount, "refund_adjustment")
