"""What a month's end must defer and accrue of sales, worked out from the shops' own orders and Odoo's own invoices.

It knows nothing of the product. An order's revenue is what was sent of its lines by then, at their price without tax, and
of its shipping the part that the goods sent are of all goods, by price. What invoices of the order hold more of that is
deferred, what they hold less of is accrued, in the company's currency at the rate of the invoice's day (the day of the
last parcel where there is none).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tieout_sandbox.books import Books
from tieout_sandbox.world import World

_GOODS, _SHIPPING, _LIABILITY, _ASSET = "400000", "400100", "212400", "101740"
# What an invoice holds beside revenue: what the customer owes, tax, gift cards. Anything else is a line that was sold,
# also where somebody moved it to another account.
_NO_REVENUE = ("121000", "251000", "212300")


def cut_off_findings(world: World, book: Books, company: int, until: date) -> list[str]:
    """Where the ledger's deferred and accrued revenue of a day is another, or is still there the day after."""
    codes = {i: str(a["code"]) for i, a in book.table("account.account").items()}
    moves = {
        i: m
        for i, m in book.table("account.move").items()
        if m["state"] == "posted" and m["company_id"] == company
    }
    invoiced: dict[str, dict[str, Decimal]] = {}
    dated: dict[str, date] = {}
    stands = {(when, code): Decimal(0) for when in ("by then", "after") for code in (_LIABILITY, _ASSET)}
    for line in book.table("account.move.line").values():
        move, code = moves.get(line["move_id"]), codes[line["account_id"]]
        if move is None:
            continue
        on = date.fromisoformat(str(line["date"]))
        if code in (_LIABILITY, _ASSET):
            stands["by then", code] += line["balance"] if on <= until else Decimal(0)
            stands["after", code] += line["balance"] if on <= until + timedelta(days=1) else Decimal(0)
        elif code not in _NO_REVENUE and on <= until and move["move_type"] in ("out_invoice", "out_refund"):
            reference = str(move["ref"])
            held = invoiced.setdefault(reference, dict.fromkeys((_GOODS, _SHIPPING), Decimal(0)))
            held[_SHIPPING if code == _SHIPPING else _GOODS] -= line["amount_currency"]
            dated[reference] = min(on, dated.get(reference, on))
    of: list[str] = []
    wanted = {_LIABILITY: Decimal(0), _ASSET: Decimal(0)}
    euro = next(i for i, c in book.table("res.currency").items() if c["name"] == "EUR")
    ever = {str(m["ref"]) for m in moves.values() if m["move_type"] == "out_invoice"}
    for shop, order in _orders(world):
        number = order["name"]
        if number not in ever:
            # It never was a sale (test, unpaid, cancelled), or people hold it.
            continue
        sent, last = _sent(order, until, shop.zone, number in invoiced)
        open_now = {c: invoiced.get(number, {}).get(c, Decimal(0)) - v for c, v in sent.items()}
        rate, day = Decimal(1), dated.get(number) or last
        if shop.currency == "EUR" and day is not None:
            rate = Decimal(str(book.rate(euro, company, day.isoformat())))
        net = sum(
            ((v / rate).quantize(Decimal("0.01"), "ROUND_HALF_UP") for v in open_now.values()), Decimal(0)
        )
        wanted[_LIABILITY if net > 0 else _ASSET] -= net
        if net:
            of.append(f"{number} {net}")
    return [
        f"{name} {stands[when, code]} {when}, not {amount} (of {', '.join(of[:9]) or 'nothing'})"
        for code, name in ((_LIABILITY, "deferred revenue"), (_ASSET, "contract assets"))
        for when, amount in (("by then", wanted[code]), ("after", Decimal(0)))
        if stands[when, code] != amount
    ]


def _orders(world: World) -> Iterator[tuple[Any, dict[str, Any]]]:
    for shop in world.shops.values():
        for order in shop.orders.values():
            yield shop, order


def _sent(
    order: dict[str, Any], until: date, zone: Any, invoiced: bool
) -> tuple[dict[str, Decimal], date | None]:
    """What of an order was sent by a day, by revenue account, and when the last of it was; of one that is invoiced with what
    was called off, for which a credit note is given."""
    units: Counter[str] = Counter()
    last = None
    for parcel in order["fulfillments"]:
        on = datetime.fromisoformat(parcel["createdAt"]).astimezone(zone).date()
        if on <= until:
            last = max(on, last or on)
            for row in parcel["fulfillmentLineItems"]["nodes"]:
                units[row["lineItem"]["id"]] += row["quantity"]
    kept = _not_called_off(order, until, zone)
    goods, part, whole = Decimal(0), Fraction(0), Fraction(0)
    for line in order["lineItems"]["nodes"]:
        if line["isGiftCard"]:
            continue
        net = _net(line, "discountedTotalSet", order)
        share = Fraction(net) * units[line["id"]] / line["quantity"]
        off = line["quantity"] - kept[line["id"]]
        goods += _cents(share + (Fraction(net) * off / line["quantity"] if invoiced else 0))
        part += share
        whole += Fraction(net) * kept[line["id"]] / line["quantity"]
    shipping = sum(
        (_net(x, "discountedPriceSet", order) for x in order["shippingLines"]["nodes"]), Decimal(0)
    )
    # Of an order of which all goods were called off nothing is left to send: the shipping that it keeps is earned.
    allotted = _cents(Fraction(shipping) * part / whole) if whole else shipping
    return {_GOODS: goods, _SHIPPING: allotted}, last


def _not_called_off(order: dict[str, Any], until: date, zone: Any) -> Counter[str]:
    kept = Counter({x["id"]: x["quantity"] for x in order["lineItems"]["nodes"]})
    for refund in order["refunds"]:
        if datetime.fromisoformat(refund["createdAt"]).astimezone(zone).date() <= until:
            for row in refund["refundLineItems"]["nodes"]:
                if row["restockType"] == "CANCEL":
                    kept[row["lineItem"]["id"]] -= row["quantity"]
    return kept


def _net(line: dict[str, Any], field: str, order: dict[str, Any]) -> Decimal:
    price = Decimal(line[field]["shopMoney"]["amount"])
    taxes = sum((Decimal(t["priceSet"]["shopMoney"]["amount"]) for t in line["taxLines"]), Decimal(0))
    return price - taxes if order["taxesIncluded"] else price


def _cents(value: Fraction) -> Decimal:
    """Half away from zero, as a shop rounds; values here are never negative."""
    return Decimal(int(value * 100 + Fraction(1, 2))).scaleb(-2)
