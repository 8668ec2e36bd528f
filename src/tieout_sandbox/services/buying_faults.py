"""Faults that are planted into what the company buys, each with the truth of it written down apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from tieout_sandbox.services.buying import CENTRES, TAX, TAX_DAY, Buying, iban
from tieout_sandbox.simulators.einvoices import Item, Sent
from tieout_sandbox.truths import Planted
from tieout_sandbox.world import ZONE

FORGED = "V05"


class BuyingFaults:
    """Schedules one of each."""

    def __init__(self, buying: Buying) -> None:
        self.b, self.m = buying, buying.m

    def schedule(self) -> None:
        """Each fault on its day, on an order of its own, so that none hides another."""
        m = self.m
        self._ordered(951, "V04", date(2026, 10, 7), [(10, Decimal("64.00"))])
        m.add(m.at(date(2026, 10, 9), 11), self.above_order)
        self._ordered(952, "V00", date(2026, 10, 14), [(4, Decimal("155.25"))])
        m.add(m.at(date(2026, 10, 16), 11), self.twice)
        self._ordered(953, FORGED, date(2026, 10, 8), [(5, Decimal("480.00"))])
        m.add(m.at(date(2026, 10, 12), 11), self.forged)
        m.add(m.at(date(2026, 10, 14), 8), self.corrected)
        self._ordered(954, "V04", date(2026, 10, 11), [(2, Decimal("330.40"))])
        start = m.at(TAX_DAY, 23)
        m.world.avatax.down.append((start, start + timedelta(hours=1)))
        m.add(m.at(TAX_DAY, 23, 30), self.tax_engine_down)

    def _plant(self, cause: str, sent: Sent, amount: Decimal) -> None:
        who = sent.seller_tax_id.replace("-", "")
        self.m.planted.append(Planted(cause, f"{who}:{sent.number}", amount))

    def _ordered(self, number: int, vendor: str, day: date, lines: list[tuple[int, Decimal]]) -> None:
        """An order that is received the day after; its bill is the trap."""
        b, m = self.b, self.m
        m.add(m.at(day, 9), lambda t: b.order(number, vendor, day, lines, CENTRES[number % 3]))
        m.add(m.at(day + timedelta(days=1), 9), lambda t: b.receive(number, day + timedelta(days=1)))

    def above_order(self, at: datetime) -> None:
        """Twelve are billed, ten were ordered and came."""
        sent = self.b.bill(951, at)
        item = sent.items[0]
        more = Item(item.name, item.quantity + 2, item.price, TAX, order_line=item.order_line)
        sent = replace(sent, items=(more,))
        self.b.send(sent, CENTRES[951 % 3], booked=False)
        self._plant("bill_above_order", sent, sent.total)

    def twice(self, at: datetime) -> None:
        """A bill comes, and once more under another number."""
        first = self.b.bill(952, at)
        self.b.send(first, CENTRES[952 % 3])
        again = replace(first, number="2026-10-0952")

        def later(t: datetime) -> None:
            self.b.send(again, CENTRES[952 % 3], booked=False)

        self.m.add(at + timedelta(days=1), later)
        self._plant("duplicate_bill", again, again.total)

    def forged(self, at: datetime) -> None:
        """A mail that looks like the supplier's asks for another account: somebody puts that into the
        tool, and a bill names it."""
        other = iban(66_666)
        self.b.tool.change(FORGED, other, "mallory@northwind.example", at.astimezone(ZONE).date())
        self.b.tell("suppliers")
        self.m.turned_down[f"supplier:{FORGED}"] = "the supplier knows nothing of it"
        sent = self.b.bill(953, at, iban=other)
        self.b.send(sent, CENTRES[953 % 3], booked=False)
        self.m.planted.append(Planted("approval_rejected", f"supplier:{FORGED}", Decimal(0)))
        self._plant("bank_details_differ", sent, sent.total)

    def corrected(self, at: datetime) -> None:
        """The tool has the right account again."""
        self.m.turned_down.clear()
        self.b.tool.change(
            FORGED, iban(7_000 + int(FORGED[1:])), "mia@northwind.example", at.astimezone(ZONE).date()
        )
        self.b.tell("suppliers")

    def tax_engine_down(self, at: datetime) -> None:
        """A bill comes while the tax engine is down: its tax is taken from the table of rates."""
        sent = self.b.bill(954, at)
        self.b.send(sent, CENTRES[954 % 3])
        self._plant("tax_engine_down", sent, sent.tax)
