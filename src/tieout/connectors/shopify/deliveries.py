"""An order's deliveries: what each fulfilment and each refund says of its lines. Pure.

A fulfilment is one delivery, on the day that it left (`createdAt`) or, where control passes on arrival, on the day that
it came (`deliveredAt`; none until then). A refunded line was called off where Shopify says CANCEL, or where it was never
sent; else it was returned. Source: shopify.dev, Admin GraphQL: Fulfillment, FulfillmentLineItem,
RefundLineItemRestockType ("CANCEL: unfulfilled line items", "RETURN: line items that were fulfilled").
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.connector_api.endings import Event, endings
from tieout.connectors.shopify.parts import tip_lines
from tieout.documents import CustomerInvoice, Delivery, Ending

_SENT = "SUCCESS"


def deliveries(node: dict[str, Any], invoice: CustomerInvoice, on_arrival: bool) -> list[Delivery]:
    """How the lines of an order end. `invoice` is the order's own, whose first lines are the order's lines."""
    places = {line["id"]: n for n, line in enumerate(node["lineItems"]["nodes"]) if "id" in line}
    quantities = {n: Decimal(line["quantity"]) for n, line in enumerate(node["lineItems"]["nodes"])}
    sent = _sent(node, places, quantities, on_arrival)
    events = [*sent, *_given_back(node, places, sent)]
    found = [_delivery(invoice, event, lines) for event, lines in endings(invoice.lines, events)]
    # A fulfilment that was cancelled may have been told as made before: it is told as nothing.
    gone = [f for f in node["fulfillments"] if f["status"] != _SENT and "id" in f]
    return found + [
        _delivery(invoice, Event(_key("delivery", f), _at(f["createdAt"]), Ending.DELIVERED, {}), ())
        for f in gone
    ]


def nothing_left_since(node: dict[str, Any]) -> datetime | None:
    """When the last unit of an order's lines was sent or called off; None while something is left to deliver, or where it is
    not said which lines were sent.

    An order that a refund called off whole says UNFULFILLED for ever (RESTOCKED is deprecated and replaced by it; source:
    shopify.dev, Admin GraphQL: OrderDisplayFulfillmentStatus): its status alone never says that nothing more comes.
    """
    tips = tip_lines(node)
    lines = [line for line in node["lineItems"]["nodes"] if line.get("id") not in tips]
    places = {line["id"]: n for n, line in enumerate(lines) if "id" in line}
    sent = _sent({**node, "displayFulfillmentStatus": ""}, places, {}, on_arrival=False)
    told = (*sent, *_given_back(node, places, sent))
    events = [e for e in told if e.ending is not Ending.RETURNED and any(e.units.values())]
    left = [
        Decimal(line["quantity"]) - sum((e.units.get(n, Decimal(0)) for e in events), Decimal(0))
        for n, line in enumerate(lines)
    ]
    return None if not events or any(units > 0 for units in left) else max(e.at for e in events)


def _delivery(invoice: CustomerInvoice, event: Event, lines: tuple[Any, ...]) -> Delivery:
    return Delivery(
        key=event.key,
        version=invoice.version,
        occurred_at=event.at,
        currency=invoice.currency,
        order_key=invoice.order_key,
        number=invoice.number,
        ending=event.ending,
        lines=lines,
    )


def _key(what: str, row: dict[str, Any]) -> str:
    return f"{what}:{row['id'].rpartition('/')[2]}"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _sent(
    node: dict[str, Any], places: Mapping[str, int], quantities: Mapping[int, Decimal], on_arrival: bool
) -> list[Event]:
    found = []
    made = sorted(
        (f for f in node["fulfillments"] if f["status"] == _SENT), key=lambda f: str(f["createdAt"])
    )
    for number, row in enumerate(made):
        units: dict[int, Decimal] = {}
        for item in row.get("fulfillmentLineItems", {}).get("nodes", ()):
            if (place := places.get(item["lineItem"]["id"])) is not None:
                units[place] = units.get(place, Decimal(0)) + Decimal(item["quantity"])
        whole = number == len(made) - 1 and node["displayFulfillmentStatus"] == "FULFILLED"
        if whole and "fulfillmentLineItems" not in row:
            # One of which nobody says its lines took whatever was left.
            units = dict(quantities)
        at = row.get("deliveredAt") if on_arrival else row["createdAt"]
        if at:
            key = _key("delivery", row) if "id" in row else f"delivery:{_key('order', node)}-{number}"
            found.append(Event(key, _at(at), Ending.DELIVERED, units))
    return found


def _given_back(node: dict[str, Any], places: Mapping[str, int], sent: list[Event]) -> list[Event]:
    found = []
    for refund in node["refunds"]:
        at = _at(refund["createdAt"])
        units: dict[Ending, dict[int, Decimal]] = {}
        for row in refund["refundLineItems"]["nodes"]:
            place = places.get(row["lineItem"].get("id", ""))
            if place is None:
                continue
            before = sum((e.units.get(place, Decimal(0)) for e in sent if e.at <= at), Decimal(0))
            kind = row.get("restockType") or ""
            off = kind == "CANCEL" or (kind != "RETURN" and not before)
            mine = units.setdefault(Ending.CALLED_OFF if off else Ending.RETURNED, {})
            mine[place] = mine.get(place, Decimal(0)) + Decimal(row["quantity"])
        for ending, counts in units.items():
            found.append(Event(_key(ending.value, refund), at, ending, counts))
    return found
