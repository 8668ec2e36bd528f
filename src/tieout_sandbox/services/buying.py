"""What the American company buys in its month, seeded: suppliers, orders, receipts, bills, payments, and
the truth of it. Nothing here knows the product. Amounts are Decimals in USD.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from tieout_sandbox.month import FIRST
from tieout_sandbox.simulators.bankfile import BankLine
from tieout_sandbox.simulators.einvoices import AccessPoint, Item, Sent
from tieout_sandbox.simulators.payments import PaymentBank
from tieout_sandbox.simulators.procurement import Ordered, ProcurementTool, Purchase, Vendor
from tieout_sandbox.truths import Planted, cents
from tieout_sandbox.world import IBAN_USD, ZONE, World

MAKER = "mia@northwind.example"
TAX = Decimal(15)
# On this day the tax engine is down for an hour, and nothing else is billed.
TAX_DAY = date(2026, 10, 13)
# What is due by then is paid by the last run.
LAST_PAID = date(2026, 11, 5)
WITHHELD = Decimal("0.15")
CENTRES = ("100", "200", "300")
_BOUNCES, _BY_HAND, _WITHHOLDS = 2, 3, 1
BY_HAND, BY_HAND_ON = f"V{_BY_HAND:02d}", date(2026, 10, 21)


@dataclass
class BillTruth:
    """A bill that was sent. `booked` says whether it must stand in the books."""

    sent: Sent
    vendor: str
    centre: str
    booked: bool = True
    by_hand: bool = False

    @property
    def total(self) -> Decimal:
        """What the bill adds to what is owed, with tax: negative for a credit."""
        return -self.sent.total if self.sent.credit else self.sent.total


def iban(number: int) -> str:
    """A German account of a made-up number, with the check digits that belong to it."""
    account = f"50010517{number:010d}"
    check = 98 - int(account + "131400") % 97
    return f"DE{check:02d}{account}"


class Buyer(Protocol):
    """The month of the company that buys."""

    world: World
    size: int
    planted: list[Planted]
    booked: list[Any]
    analytic: dict[str, Decimal]
    turned_down: dict[str, str]

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """An instant of a day in the company's zone, in UTC."""
        ...

    def add(self, at: datetime, act: Callable[[datetime], object]) -> None:
        """Let something happen at an instant."""
        ...

    def folder(self, interface: str) -> Path:
        """Where the files of an interface are put; made where it is not there."""
        ...

    def drop(self, interface: str, name: str, content: bytes) -> None:
        """Put a file into a watched folder, whole."""
        ...

    def expect(self, line: BankLine) -> None:
        """Let the bank book a line on its day."""
        ...

    def came_back(self, line: BankLine) -> None:
        """The bank returns a payment: its bills are open again, which is a case."""
        ...


class Buying:
    """The buying side of a month, by the day."""

    def __init__(self, month: Buyer) -> None:
        self.m = month
        self._random = random.Random(month.world.seed * 31 + 7)
        self.tool, self.point = ProcurementTool(), AccessPoint()
        self.bills: list[BillTruth] = []
        self.outbox = month.folder("bank_out")
        self.payer = PaymentBank(month.world.bank, IBAN_USD, self.outbox)
        self._told = 0
        count = max(6, month.size // 25)
        for n in range(count):
            number = f"V{n:02d}"
            self.tool.vendors[number] = Vendor(
                number,
                f"Supplier {n:02d} LLC",
                iban(7_000 + n),
                f"91-{1_000_000 + n}",
                withholding="construction" if n == _WITHHOLDS else "",
                by=MAKER,
                on=FIRST,
            )
        self.payer.bounces[iban(7_000 + _BOUNCES)] = 5

    def schedule(self) -> None:
        """The month's purchases, and the few with a story of their own."""
        m, draw = self.m, self._random
        m.world.avatax.rates = {"US-NY": TAX}
        m.add(m.at(FIRST, 8), lambda t: self.tell("suppliers"))
        vendors = list(self.tool.vendors)
        for n in range(max(8, m.size // 5)):
            day = FIRST + timedelta(days=1 + draw.randrange(26))
            lines = [(draw.randrange(1, 20), cents(draw.randrange(500, 40_000))) for _ in range(1 + n % 2)]
            self.buy(n, vendors[n % len(vendors)], day, lines)
        # An early one whose payment comes back, one that somebody will pay by hand, a credit, and one
        # that is received in October and billed in November.
        self.buy(900, vendors[_BOUNCES], date(2026, 10, 2), [(3, Decimal("211.00"))])
        self.buy(901, vendors[_BY_HAND], date(2026, 10, 14), [(2, Decimal("307.50"))])
        self.buy(902, vendors[0], date(2026, 10, 19), [(8, Decimal("45.00"))])
        m.add(m.at(date(2026, 10, 22), 10), lambda t: self.credit(902, 3))
        self.buy(903, vendors[_WITHHOLDS], date(2026, 10, 5), [(1, Decimal("999.99"))])
        self.buy(904, vendors[4], date(2026, 10, 28), [(6, Decimal("120.00"))], billed=date(2026, 11, 3))
        # A year's service that nobody bills yet; and goods of which some go back after their bill, uncredited.
        m.add(m.at(date(2026, 10, 2), 11), lambda t: self.serve(905, vendors[0]))
        self.buy(906, vendors[0], date(2026, 10, 19), [(5, Decimal("64.20"))])
        m.add(m.at(date(2026, 10, 29), 11), lambda t: self.give_back(906, 2, date(2026, 10, 29)))

    # what happens

    def tell(self, *forms: str) -> None:
        """The tool exports all that it knows of these forms."""
        for form in forms:
            self._told += 1
            content: bytes = getattr(self.tool, f"export_{form}")()
            self.m.drop("procurement", f"{form}-{self._told:04d}.csv", content)

    def order(
        self, number: int, vendor: str, day: date, lines: list[tuple[int, Decimal]], centre: str
    ) -> Purchase:
        """An order as the tool has it from now on, exported at once. Lines are (quantity, unit price)."""
        made = Purchase(
            f"PO-{4_000 + number}",
            vendor,
            day,
            tuple(
                Ordered(str(n), f"Item {number}.{n}", Decimal(q), price, "6530", centre)
                for n, (q, price) in enumerate(lines, 1)
            ),
            by=MAKER,
        )
        self.tool.orders[made.number] = made
        self.tell("orders")
        return made

    def buy(
        self,
        number: int,
        vendor: str,
        day: date,
        lines: list[tuple[int, Decimal]],
        billed: date | None = None,
    ) -> None:
        """An order, its receipt a day later and its bill the day after that."""
        m, centre = self.m, CENTRES[number % 3]
        billed = billed or day + timedelta(days=2)
        if billed == TAX_DAY:
            billed += timedelta(days=1)
        m.add(m.at(day, 9), lambda t: self.order(number, vendor, day, lines, centre))
        m.add(m.at(day + timedelta(days=1), 9), lambda t: self.receive(number, day + timedelta(days=1)))
        m.add(m.at(billed, 10, number % 60), lambda t: self.send(self.bill(number, t), centre))

    def serve(self, number: int, vendor: str) -> None:
        """A service is ordered for twelve months from the first, and rendered day by day."""
        days = FIRST, FIRST.replace(year=FIRST.year + 1) - timedelta(days=1)
        line = Ordered(
            "1", f"Service {number}", Decimal(12), Decimal("310.00"), "6530", CENTRES[0], by_receipt=False, days=days
        )  # fmt: skip
        made = Purchase(f"PO-{4_000 + number}", vendor, FIRST, (line,), by=MAKER)
        self.tool.orders[made.number] = made
        self.tell("orders")

    def give_back(self, number: int, quantity: int, on: date) -> None:
        """Some of an order's first line goes back to its supplier."""
        self.tool.receive(f"PO-{4_000 + number}", "1", Decimal(-quantity), on, MAKER)
        self.tell("receipts")

    def receive(self, number: int, on: date) -> None:
        """All of an order comes."""
        purchase = self.tool.orders[f"PO-{4_000 + number}"]
        for line in purchase.lines:
            self.tool.receive(purchase.number, line.line, line.quantity, on, MAKER)
        self.tell("receipts")

    def bill(self, number: int, at: datetime, prefix: str = "RE", **more: str) -> Sent:
        """What the supplier of an order bills for it."""
        purchase = self.tool.orders[f"PO-{4_000 + number}"]
        vendor, on = self.tool.vendors[purchase.vendor], at.astimezone(ZONE).date()
        items = tuple(Item(x.name, x.quantity, x.price, TAX, order_line=x.line) for x in purchase.lines)
        return Sent(
            f"{prefix}-{70_000 + number}",
            on,
            vendor.name,
            items,
            vendor.tax_id,
            iban=more.get("iban", iban(7_000 + int(vendor.number[1:]))),
            order=purchase.number,
            due=on + timedelta(days=4),
            buyer_tax_id="US-NORTHWIND",
        )

    def send(self, sent: Sent, centre: str, booked: bool = True) -> BillTruth:
        """It is delivered, in one syntax or the other, with the access point's report."""
        syntax = "CII" if len(self.bills) % 3 == 2 else "UBL"
        self.m.drop("bills", f"{sent.number}.xml", self.point.deliver(sent, syntax))
        self.report(sent.on)
        vendor = next(v.number for v in self.tool.vendors.values() if v.tax_id == sent.seller_tax_id)
        truth = BillTruth(sent, vendor, centre, booked)
        self.bills.append(truth)
        if booked:
            net = -sent.net if sent.credit else sent.net
            self.m.analytic[centre] = self.m.analytic.get(centre, Decimal(0)) + net
        return truth

    def late_bill(self, on: date) -> None:
        """A bill of a closed month."""
        vendor = self.tool.vendors["V00"]
        item = Item("Late service", Decimal(1), Decimal("640.00"), TAX)
        sent = Sent(
            "RE-79999", on, vendor.name, (item,), vendor.tax_id, iban=vendor.iban, buyer_tax_id="US-NORTHWIND"
        )
        self.send(sent, CENTRES[0], booked=False)

    def report(self, on: date) -> None:
        """The access point says what it has delivered in the month of `on` so far: how many, and what they come to."""
        self._told += 1
        self.m.drop("bills", f"report-{self._told:04d}.csv", self.point.report(on))

    def credit(self, number: int, quantity: int) -> None:
        """Some of what was billed goes back."""
        before = next(b for b in self.bills if b.sent.number == f"RE-{70_000 + number}")
        line = before.sent.items[0]
        item = Item(line.name, Decimal(quantity), line.price, TAX, order_line=line.order_line)
        sent = Sent(
            f"GS-{70_000 + number}",
            date(2026, 10, 22),
            before.sent.seller,
            (item,),
            before.sent.seller_tax_id,
            order=before.sent.order,
            credit=True,
            refers_to=before.sent.number,
            buyer_tax_id="US-NORTHWIND",
        )
        self.send(sent, before.centre)

    def paid_by_hand(self, numbers: list[str]) -> Decimal:
        """Somebody paid these bills through the bank's own page: what was paid."""
        mine = [b for b in self.bills if b.sent.number in numbers]
        for truth in mine:
            truth.by_hand = True
        return sum((b.total for b in mine), Decimal(0))

    def bank_day(self, day: date) -> None:
        """The bank executes what was put into its folder, answers, and books what comes back."""
        for path in self.payer.take():
            lines, answer = self.payer.execute(path, day)
            for line in lines:
                self.m.expect(line)
            self.m.drop("payments", f"answer-{path.name}", answer)
        for line in self.payer.returned(day):
            self.m.expect(line)
            self.m.came_back(line)

    # the truth of it

    def uninvoiced(self, until: date) -> dict[str, Decimal]:
        """What came up to a day and is not billed by then, by order line, at the order's price; below zero what went back of
        what is billed. A service comes day by day."""
        came: dict[tuple[str, str], Decimal] = {}
        back: dict[tuple[str, str], Decimal] = {}
        for _, order, line, quantity, on, _ in self.tool.receipts:
            if on <= until:
                came[order, line] = came.get((order, line), Decimal(0)) + quantity
                back[order, line] = back.get((order, line), Decimal(0)) + max(-quantity, Decimal(0))
        for truth in self.bills:
            if truth.booked and truth.sent.on <= until:
                for item in truth.sent.items:
                    sign = 1 if truth.sent.credit else -1
                    came[truth.sent.order, item.order_line] += sign * item.quantity
        found = {}
        for purchase in self.tool.orders.values():
            for x in purchase.lines:
                key = purchase.number, x.line
                left = max(came.get(key, Decimal(0)), -back.get(key, Decimal(0)))
                if x.days is not None:
                    served = sum(
                        x.days[0] + timedelta(n) <= until for n in range((x.days[1] - x.days[0]).days + 1)
                    )
                    left = x.quantity * served / ((x.days[1] - x.days[0]).days + 1)
                if left:
                    found[f"{purchase.number} {x.line}"] = (left * x.price).quantize(Decimal("0.01"))
        return found

    def open_at_end(self) -> dict[str, Decimal]:
        """What is owed to each supplier at the end: what is due after the last run."""
        found: dict[str, Decimal] = {}
        for truth in self.bills:
            due = truth.sent.due if not truth.sent.credit else truth.sent.on
            if truth.booked and due is not None and due > LAST_PAID:
                found[truth.sent.seller] = found.get(truth.sent.seller, Decimal(0)) + truth.total
        return found

    def paid_by_runs(self) -> dict[str, Decimal]:
        """What the runs must have settled of each supplier, withheld parts included."""
        found: dict[str, Decimal] = {}
        for truth in self.bills:
            due = truth.sent.due if not truth.sent.credit else truth.sent.on
            if truth.booked and not truth.by_hand and due is not None and due <= LAST_PAID:
                found[truth.vendor] = found.get(truth.vendor, Decimal(0)) + truth.total
        return found
