"""A bill held against what was ordered and received: two-way and three-way matching.

Quantities are compared with what other bills of the order took already; prices are a unit's, without
tax; tolerances are the interface's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

import msgspec

from tieout.causes import Action, Cause
from tieout.documents import (
    GoodsReceipt,
    OrderLine,
    PurchaseOrder,
    PurchaseOrderState,
    VendorBill,
    decode_document,
)
from tieout.documents.purchasing import BillLine, order_numbers, plain
from tieout.documents.states import DocumentState
from tieout.processes.facts import RelatedFact
from tieout.rules import Interface

_ZERO = Decimal(0)
# What stands on a bill as a whole (an allowance, a charge, rounding) is for no line of an order.
NO_LINE = "-"

UNKNOWN_ORDER = Cause(
    name="unknown_order",
    means="A bill names an order that procurement never sent.",
    says="take the order in from procurement, or ask the supplier for its right number",
    actions=(Action.MEND_AT_SOURCE, Action.ASK, Action.REPLAY),
)
BILL_LINE_NOT_ORDERED = Cause(
    name="bill_line_not_ordered",
    means="A line of a bill is no line of its order.",
    says="add it to the order, or ask the supplier for a credit note",
    actions=(Action.MEND_AT_SOURCE, Action.ASK, Action.REPLAY),
)


def _of_wrong_order(name: str, means: str) -> Cause:
    return Cause(
        name=name,
        means=means,
        says="correct the order in procurement, where it is sent again, or ask the supplier for another bill",
        actions=(Action.MEND_AT_SOURCE, Action.ASK, Action.REPLAY),
    )


ORDER_OF_ANOTHER_SUPPLIER = _of_wrong_order(
    "order_of_another_supplier", "A bill names an order that was placed with another supplier."
)
ORDER_IN_ANOTHER_CURRENCY = _of_wrong_order(
    "order_in_another_currency", "A bill is in another currency than its order."
)
ORDER_NOT_APPROVED = _of_wrong_order("order_not_approved", "A bill names an order that nobody approved yet.")
ORDER_CLOSED = _of_wrong_order("order_closed", "A bill names an order that is closed or cancelled.")
BILL_BEFORE_ORDER = _of_wrong_order("bill_before_order", "A bill is older than the order that it names.")
BILLED_BEFORE_RECEIPT = Cause(
    name="billed_before_receipt",
    means="More is billed than was received.",
    says="record the receipt in procurement; the bill goes on by itself",
    actions=(Action.MEND_AT_SOURCE, Action.REPLAY),
)
BILL_ABOVE_ORDER = Cause(
    name="bill_above_order",
    means="A bill is dearer than its order, or for more.",
    says="ask the supplier for a credit note or another bill, or change the order; then `tieout replay --cause {cause}`",
    actions=(Action.ASK, Action.MEND_AT_SOURCE, Action.REPLAY),
)
OF_ORDERS = (
    UNKNOWN_ORDER,
    BILL_LINE_NOT_ORDERED,
    ORDER_OF_ANOTHER_SUPPLIER,
    ORDER_IN_ANOTHER_CURRENCY,
    ORDER_NOT_APPROVED,
    ORDER_CLOSED,
    BILL_BEFORE_ORDER,
    BILLED_BEFORE_RECEIPT,
    BILL_ABOVE_ORDER,
)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Why a bill does not fit its order. One that `may_wait` may come right by itself: what was
    ordered is received later."""

    cause: Cause
    detail: str
    may_wait: bool = False


class Tolerances(msgspec.Struct, frozen=True, kw_only=True):
    """Percentages, an absolute amount of a line, and days."""

    price: Decimal
    quantity: Decimal
    amount: Decimal
    days: int

    @classmethod
    def of(cls, interface: Interface) -> Tolerances:
        return cls(
            price=Decimal(interface.option("price_tolerance", "0")),
            quantity=Decimal(interface.option("quantity_tolerance", "0")),
            amount=Decimal(interface.option("amount_tolerance", "0")),
            days=int(interface.option("date_tolerance", "0")),
        )


class Ordered(msgspec.Struct, frozen=True, kw_only=True):
    """The order's line of each line of a bill, in their order; None where nobody ordered it."""

    lines: tuple[OrderLine | None, ...]
    orders: tuple[PurchaseOrder, ...]
    finding: Finding | None = None


def hold_against_orders(
    bill: VendorBill, supplier: str, related: Iterable[RelatedFact], interface: Interface
) -> Ordered:
    """The lines that a bill is for, and the first thing that does not fit."""
    related = tuple(related)
    orders = _orders(related)
    named = order_numbers(bill)
    missing = [n for n in named if plain(n) not in orders]
    if missing:
        return _none(
            bill,
            Finding(
                cause=UNKNOWN_ORDER,
                detail=f"order {missing[0]} is not known",
                may_wait=True,
            ),
        )
    found = tuple(orders[plain(n)] for n in named)
    for order in found:
        wrong = _wrong_order(bill, order, supplier, Tolerances.of(interface))
        if wrong is not None:
            return _none(bill, wrong)
    lines = tuple(_line_of(x, bill, orders) for x in bill.lines)
    for mine, line in zip(bill.lines, lines, strict=True):
        if line is None and not _beside_order(mine, bill, Tolerances.of(interface)):
            return Ordered(
                lines=lines,
                orders=found,
                finding=Finding(
                    cause=BILL_LINE_NOT_ORDERED, detail=f"{mine.name!r} is no line of {', '.join(named)}"
                ),
            )
    return Ordered(
        lines=lines, orders=found, finding=None if bill.refund else _fits(bill, lines, related, interface)
    )


def _beside_order(mine: BillLine, bill: VendorBill, allowed: Tolerances) -> bool:
    """Whether a line needs no order: an allowance, or rounding and charges that together are within the tolerance."""
    if mine.order_line != NO_LINE:
        return False
    asked = sum((x.net.value for x in bill.lines if x.order_line == NO_LINE and x.net.value > 0), Decimal(0))
    return mine.net.value <= 0 or asked <= allowed.amount


def _none(bill: VendorBill, finding: Finding) -> Ordered:
    return Ordered(lines=(None,) * len(bill.lines), orders=(), finding=finding)


def _orders(related: Iterable[RelatedFact]) -> dict[str, PurchaseOrder]:
    """The latest revision of each order that stands."""
    found: dict[str, PurchaseOrder] = {}
    for fact in related:
        if fact.kind == "purchase_order" and fact.stands:
            order = decode_document(fact.content.encode())
            assert isinstance(order, PurchaseOrder)
            found[plain(order.number)] = order
    return found


def _wrong_order(
    bill: VendorBill, order: PurchaseOrder, supplier: str, allowed: Tolerances
) -> Finding | None:
    if order.supplier != supplier:
        cause, detail = ORDER_OF_ANOTHER_SUPPLIER, f"order {order.number} is of {order.supplier}"
    elif order.currency != bill.currency:
        cause, detail = ORDER_IN_ANOTHER_CURRENCY, f"order {order.number} is in {order.currency}"
    elif order.state == PurchaseOrderState.DRAFT:
        cause, detail = ORDER_NOT_APPROVED, f"order {order.number} is not approved in procurement"
    elif order.state != PurchaseOrderState.OPEN and not bill.refund:
        cause, detail = ORDER_CLOSED, f"order {order.number} is {order.state}"
    elif bill.booked_on < order.booked_on - timedelta(days=allowed.days):
        cause, detail = BILL_BEFORE_ORDER, f"order {order.number} was made on {order.booked_on}"
    else:
        return None
    return Finding(cause=cause, detail=detail, may_wait=cause is ORDER_NOT_APPROVED)


def _line_of(mine: BillLine, bill: VendorBill, orders: dict[str, PurchaseOrder]) -> OrderLine | None:
    """By the order's own line, by product number, by name; else the only line that there is."""
    if mine.order_line == NO_LINE:
        return None
    numbers = [mine.order_number] if mine.order_number else order_numbers(bill)
    lines = [x for n in numbers if plain(n) in orders for x in orders[plain(n)].lines]
    for same in (
        lambda x: bool(mine.order_line) and x.line == mine.order_line,
        lambda x: bool(mine.sku) and x.sku == mine.sku,
        lambda x: plain(x.name) == plain(mine.name),
    ):
        fitting = [x for x in lines if same(x)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            return None
    return lines[0] if len(lines) == 1 and not mine.order_line and not mine.sku else None


def billed_before(
    bill: VendorBill, related: Iterable[RelatedFact], orders: dict[str, PurchaseOrder]
) -> dict[str, Decimal]:
    """What other bills took of each order's line, less what was credited; by "number line"."""
    others = []
    for fact in related:
        if fact.kind != "vendor_bill" or fact.key == bill.key:
            continue
        if not (fact.stands or (fact.earlier and fact.state == DocumentState.NORMALISED)):
            continue
        other = decode_document(fact.content.encode())
        assert isinstance(other, VendorBill)
        others.append(other)
    return lines_billed(others, orders)


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a bill and the line of an order that it is for, under its "number line"; "" and None where nobody
    ordered it."""

    line: BillLine
    ordered: OrderLine | None = None
    slot: str = ""


def placed(bill: VendorBill, orders: dict[str, PurchaseOrder]) -> list[Placed]:
    """The lines of a bill, each with what it is for; `orders` are by their plain numbers."""
    found = []
    for x in bill.lines:
        line = _line_of(x, bill, orders)
        found.append(Placed(line=x, ordered=line, slot=_slot(x, bill, line) if line is not None else ""))
    return found


def lines_billed(bills: Iterable[VendorBill], orders: dict[str, PurchaseOrder]) -> dict[str, Decimal]:
    """What bills take of each order's line, less what is credited; by "number line"."""
    taken: dict[str, Decimal] = {}
    for bill in bills:
        for x in placed(bill, orders):
            if x.slot:
                quantity = -x.line.quantity if bill.refund else x.line.quantity
                taken[x.slot] = taken.get(x.slot, _ZERO) + quantity
    return taken


def _slot(mine: BillLine, bill: VendorBill, line: OrderLine) -> str:
    number = mine.order_number or (order_numbers(bill) or ("",))[0]
    return f"{plain(number)} {line.line}"


def received(related: Iterable[RelatedFact]) -> dict[str, Decimal]:
    """What came of each order's line, by "number line": of a receipt that was corrected its latest revision."""
    latest: dict[tuple[str, str], GoodsReceipt] = {}
    for fact in related:
        if fact.kind == "goods_receipt" and fact.stands:
            receipt = decode_document(fact.content.encode())
            assert isinstance(receipt, GoodsReceipt)
            latest[fact.interface, fact.key] = receipt
    came: dict[str, Decimal] = {}
    for receipt in latest.values():
        key = f"{plain(receipt.order_number)} {receipt.line}"
        came[key] = came.get(key, _ZERO) + receipt.quantity
    return came


def _fits(
    bill: VendorBill,
    lines: tuple[OrderLine | None, ...],
    related: tuple[RelatedFact, ...],
    interface: Interface,
) -> Finding | None:
    allowed = Tolerances.of(interface)
    three_way = interface.option("matching", "three_way") == "three_way"
    taken = billed_before(bill, related, _orders(related))
    came, wanted = received(related), dict[str, tuple[OrderLine, Decimal]]()
    for mine, line in zip(bill.lines, lines, strict=True):
        if line is None:
            continue
        too_dear = mine.price - line.price * (1 + allowed.price / 100)
        if too_dear > 0 and too_dear * mine.quantity > allowed.amount:
            detail = f"{mine.name!r}: {mine.price} a unit, ordered for {line.price}"
            return _above(detail)
        key = _slot(mine, bill, line)
        wanted[key] = (line, wanted.get(key, (line, _ZERO))[1] + mine.quantity)
    for key, (line, quantity) in wanted.items():
        more = 1 + allowed.quantity / 100
        billed = taken.get(key, _ZERO) + quantity
        if billed > line.quantity * more:
            return _above(f"{line.name!r}: {billed:f} billed in all, {line.quantity:f} ordered")
        there = came.get(key, _ZERO)
        if three_way and line.received and billed > there * more:
            return Finding(
                cause=BILLED_BEFORE_RECEIPT,
                detail=f"{line.name!r}: {billed:f} billed in all, {there:f} received",
                may_wait=True,
            )
    return None


def _above(detail: str) -> Finding:
    return Finding(cause=BILL_ABOVE_ORDER, detail=detail)
