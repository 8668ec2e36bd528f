"""Deliveries: how what an order promises comes to its end, line by line."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from tieout.documents.base import Document
from tieout.money import Amount


class Ending(StrEnum):
    """How what was promised ended: control of it passed to the customer; it was called off before that; or it was taken
    back after it."""

    DELIVERED = "delivered"
    CALLED_OFF = "called_off"
    RETURNED = "returned"


class DeliveredLine(msgspec.Struct, frozen=True, kw_only=True):
    """What of one line of an order ended: `net` is its share of the line's amount without tax, positive; `nature` is the
    line's own (goods, shipping, tip)."""

    name: str
    quantity: Decimal
    net: Amount
    nature: str = "goods"


class Delivery(Document, frozen=True, kw_only=True, tag="delivery"):
    """Goods of an order that were delivered, called off or returned, on the day of `occurred_at`; without lines it was
    taken back whole. Over an order the shares of what is delivered and called off sum to its lines, to the cent. No
    measure: the invoice has it."""

    order_key: str
    number: str
    ending: Ending
    lines: tuple[DeliveredLine, ...]
