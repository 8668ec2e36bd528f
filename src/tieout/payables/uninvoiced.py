"""What came and is not booked as a bill at a day's end, line by line: pure.

Of an order's line that receipts, or days of service, are known of: what came of it less what is billed. A bill that waits
(for people, a tax engine, its supplier) is not billed yet: what it is for is accrued at its own net price, without the tax,
which nobody may deduct before it is booked; the rest at the order's price. Of a line that nothing is known of, and of no
order at all, a bill that waits is accrued by its own lines. What went back after it was billed is accrued the other way
round, until its credit note is booked.

What counts is control and rendering, not the paper (IAS 37.11; Conceptual Framework 4.26, 4.42). Quantities are counted as
Odoo counts what is left to bill: received less billed, a credit note the other way round (`_get_qty_to_invoice_at_date` of
its purchase orders).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from tieout.documents import GoodsReceipt, OrderLine, PurchaseOrder, VendorBill
from tieout.documents.purchasing import plain
from tieout.money import Amount
from tieout.processes.three_way_match import Placed, lines_billed, placed

_ZERO = Decimal(0)


class Reason(StrEnum):
    """Why something is accrued: it came (goods) or was rendered (services) without a bill; its bill is here and waits; it
    went back without a credit note; its credit note is here and waits."""

    RECEIVED = "received, not billed"
    RENDERED = "rendered, not billed"
    BILL_WAITS = "its bill waits"
    WENT_BACK = "went back, not credited"
    CREDIT_WAITS = "its credit note waits"


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A bill or credit note that came and is not booked: `why`, in words, and of which `supplier` it is by procurement's
    key ("" where nobody knows yet)."""

    bill: VendorBill
    why: str = ""
    supplier: str = ""


class Accrual(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order (or of a bill that waits): `quantity` came and is not booked as billed, worth `amount` without
    tax; below zero what went back or is credited. `receipts` are those that it came by, `bill` is what waits for it.

    `account` and `dimensions` are the source's own keys; `supplier` is procurement's, with what it is called in `name_of`.
    `ledgers` says why it is left to the ledger, which accrues it itself; "" for what is ours."""

    order: str
    supplier: str
    name_of: str = ""
    line: str
    name: str
    account: str
    dimensions: dict[str, str]
    quantity: Decimal
    amount: Amount
    reason: Reason = Reason.RECEIVED
    receipts: tuple[str, ...] = ()
    bill: str = ""
    why: str = ""
    ledgers: str = ""


class _Piece(msgspec.Struct, frozen=True, kw_only=True):
    """What a line of a bill that waits asks for (or credits), and for how much."""

    waiting: Waiting
    quantity: Decimal
    net: Amount


class _Came(msgspec.Struct):
    """What came of an order's line by receipts, and what of that went back: a positive quantity."""

    receipts: list[GoodsReceipt] = []
    quantity: Decimal = _ZERO
    back: Decimal = _ZERO

    def take(self, receipt: GoodsReceipt) -> None:
        self.receipts.append(receipt)
        self.quantity += receipt.quantity
        self.back += max(-receipt.quantity, _ZERO)

    def numbers(self, left: Decimal) -> tuple[str, ...]:
        """The receipts that `left` came by: bills are for what came first."""
        found: list[str] = []
        for receipt in reversed(self.receipts):
            if left <= 0:
                break
            if receipt.quantity > 0:
                found.append(receipt.number)
                left -= receipt.quantity
        return tuple(reversed(found))


def uninvoiced(
    on: date,
    orders: Iterable[PurchaseOrder],
    receipts: Iterable[GoodsReceipt],
    booked: Iterable[VendorBill],
    waiting: Iterable[Waiting] = (),
) -> list[Accrual]:
    """What is to be accrued at the end of a day, of documents up to it: in the order of the orders, then what bills that
    wait are for beside them. Of documents that were told several times each is given once, as it stands."""
    known = {plain(x.number): x for x in orders}
    came: dict[str, _Came] = defaultdict(_Came)
    for receipt in sorted(receipts, key=lambda r: (r.booked_on, r.number)):
        came[f"{plain(receipt.order_number)} {receipt.line}"].take(receipt)
    billed = lines_billed(booked, known)
    bills: dict[str, list[_Piece]] = defaultdict(list)
    credits: dict[str, list[_Piece]] = defaultdict(list)
    beside: list[Accrual] = []
    for each in waiting:
        for x in placed(each.bill, known):
            if x.ordered is not None and _measured(x.ordered, came.get(x.slot)):
                piece = _Piece(waiting=each, quantity=x.line.quantity, net=x.line.net)
                (credits if each.bill.refund else bills)[x.slot].append(piece)
            elif x.line.net:
                beside.append(_of_bill(each, x, known))
    found: list[Accrual] = []
    for number, order in known.items():
        for line in order.lines:
            slot = f"{number} {line.line}"
            of_line = _Line(order, line, came.get(slot), on)
            found += of_line.left_of(billed.get(slot, _ZERO), bills[slot], credits[slot])
    return found + beside


def _measured(line: OrderLine, came: _Came | None) -> bool:
    """Whether anything says what came of a line: it is billed by receipts, has some, or days over which it is rendered."""
    return line.received or came is not None or _days_of(line) is not None


def _days_of(line: OrderLine) -> tuple[date, date] | None:
    if isinstance(line.from_on, msgspec.UnsetType) or isinstance(line.to_on, msgspec.UnsetType):
        return None
    return line.from_on, line.to_on


class _Line:
    """One line of an order at the end of a day."""

    def __init__(self, order: PurchaseOrder, line: OrderLine, came: _Came | None, on: date) -> None:
        self.order, self.line, self.came, self.on = order, line, came or _Came(), on
        self.rendered = came is None and _days_of(line) is not None

    def left_of(
        self, billed: Decimal, bills: Iterable[_Piece], credits: Iterable[_Piece]
    ) -> Iterator[Accrual]:
        """What is left of it to accrue, above zero or below."""
        left = (self._by_days() if self.rendered else self.came.quantity) - billed
        if left > 0:
            own = Reason.RECEIVED if self.line.received and not self.rendered else Reason.RENDERED
            yield from self._share(left, bills, Reason.BILL_WAITS, own)
        elif left < 0:
            # What was billed ahead of its receipt is no accrual; what came back of it is owed to us.
            yield from self._share(
                min(-left, self.came.back), credits, Reason.CREDIT_WAITS, Reason.WENT_BACK, -1
            )

    def _by_days(self) -> Decimal:
        days = _days_of(self.line)
        assert days is not None
        begin, end = days
        past = (min(self.on, end) - begin).days + 1
        return self.line.quantity * max(past, 0) / ((end - begin).days + 1)

    def _share(
        self, left: Decimal, pieces: Iterable[_Piece], waits: Reason, own: Reason, sign: int = 1
    ) -> Iterator[Accrual]:
        """First what papers that wait say that it costs, then the rest at the order's price."""
        for piece in pieces:
            part = min(left, piece.quantity)
            if part <= 0:
                continue
            net = piece.net.value * part / piece.quantity
            bill, why = piece.waiting.bill.number, piece.waiting.why
            yield from self._accrual(sign * part, sign * net, waits, self.came.numbers(left), bill, why)
            left -= part
        if left > 0:
            yield from self._accrual(sign * left, sign * left * self.line.price, own, self.came.numbers(left))

    def _accrual(
        self,
        quantity: Decimal,
        worth: Decimal,
        reason: Reason,
        receipts: tuple[str, ...],
        bill: str = "",
        why: str = "",
    ) -> Iterator[Accrual]:
        amount = Amount.rounded(worth, self.order.currency)
        if amount:
            yield Accrual(
                order=self.order.number,
                supplier=self.order.supplier,
                line=self.line.line,
                name=self.line.name,
                account=self.line.account,
                dimensions=self.line.dimensions,
                quantity=quantity,
                amount=amount,
                reason=reason,
                receipts=() if quantity < 0 else receipts,
                bill=bill,
                why=why,
            )


def _of_bill(waiting: Waiting, x: Placed, orders: Mapping[str, PurchaseOrder]) -> Accrual:
    """A line of a bill that waits by itself: an allowance takes off, a charge adds, a credit note turns them round."""
    bill, mine, ordered = waiting.bill, x.line, x.ordered
    sign = -1 if bill.refund else 1
    order = orders.get(x.slot.partition(" ")[0])
    return Accrual(
        order=order.number if order is not None else mine.order_number or bill.order_number,
        supplier=waiting.supplier,
        name_of=bill.seller.name,
        line=mine.order_line,
        name=mine.name,
        account=ordered.account if ordered else mine.account or f"seller {bill.seller.name}",
        dimensions=(ordered.dimensions if ordered else {}) or mine.dimensions,
        quantity=sign * mine.quantity,
        amount=mine.net if sign > 0 else -mine.net,
        reason=Reason.CREDIT_WAITS if bill.refund else Reason.BILL_WAITS,
        bill=bill.number,
        why=waiting.why,
    )
