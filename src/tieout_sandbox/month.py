"""A distributor's month, seeded: what happens outside, day by day, and the truth of it.

Nothing here knows the product. Amounts are integer minor units of two-digit currencies.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tieout_sandbox.baskets import basket, kind_of
from tieout_sandbox.company import Administrator
from tieout_sandbox.simulators.bankfile import BankLine
from tieout_sandbox.simulators.shopify import Shopify
from tieout_sandbox.simulators.shopify_units import left_to_send
from tieout_sandbox.truths import OrderTruth, Planted, cents, next_business_day, percent_of
from tieout_sandbox.world import IBAN_EUR, IBAN_USD, ZONE, World

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
LOCK_ON = date(2026, 11, 4)
LAST_BANKING_DAY = date(2026, 10, 30)
END = date(2026, 11, 8)
LAST_PAYOUT = date(2026, 11, 3)
_NAMES = (
    "Ada Byron",
    "Bruno Keller",
    "Chidi Okafor",
    "Dana Novák",
    "Emil Müller",
    "Fatima Haddad",
    "Grace Park",
    "Hugo Lindqvist",
    "Ines Costa",
    "Jonas Weber",
)
_ONLY_US = ("refund_early", "cancelled_paid")
# This shop bills when it ships: until then what was paid is a deposit.
BILLS_ON_FULFILMENT = "shop_us"
# Where the shops' customers are. Two states, and two countries, have a tax of one title and rate.
_ADDRESSES = {"shop_us": (("US", "NY"), ("US", "CA"), ("US", "TX")), "shop_eu": (("FR", ""), ("AT", ""))}


@dataclass
class _Event:
    at: datetime
    order: int
    act: Callable[[datetime], object]


@dataclass
class Month:
    """The schedule and the truth. `orders` counts shop orders; transfers come on top, and the faults that `plant` adds."""

    world: World
    orders: int
    plant: Callable[[Month], None] | None = None
    truth: list[OrderTruth] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    cash: list[tuple[str, date, int]] = field(default_factory=list)
    deposits: list[tuple[str, date, int]] = field(default_factory=list)
    deposits_due: int = 0
    left_open: dict[str, Decimal] = field(default_factory=dict)
    charged: int = 0
    # What an accountant knows of suggested matches: a bank line's key to the order that it pays.
    answers: dict[str, str] = field(default_factory=dict)
    admin: Administrator | None = None
    company_id: int = 0
    _events: list[_Event] = field(default_factory=list)
    _day_deposits: dict[tuple[str, date], list[BankLine]] = field(default_factory=dict)
    _placed: int = 0
    _special_payouts: set[tuple[str, date]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = random.Random(self.world.seed)
        self._schedule_orders()
        self._schedule_accounts()
        self._schedule_payouts()
        self._schedule_bank_fees()
        if self.plant:
            self.plant(self)
        self._events.sort(key=lambda e: (e.at, e.order))

    # the schedule

    def at(self, day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
        """An instant of a day in the entity's zone, in UTC."""
        local = datetime.combine(day, time(hour, minute, second), ZONE)
        return local.astimezone(UTC)

    def add(self, at: datetime, act: Callable[[datetime], object]) -> None:
        """Let `act` happen at an instant."""
        self._events.append(_Event(at, len(self._events), act))

    def days(self) -> list[date]:
        """Every day that is played: October, and of November the days until it is locked and what is late has come."""
        return [FIRST + timedelta(days=n) for n in range((END - FIRST).days + 1)]

    def play_day(self, day: date) -> None:
        """Let a day happen, up to a second before the entity's midnight."""
        end = self.at(day + timedelta(days=1), 0)
        while self._events and self._events[0].at < end:
            event = self._events.pop(0)
            event.act(event.at)
            self._events.sort(key=lambda e: (e.at, e.order))
        self.world.clock.move_to(end - timedelta(seconds=1))
        self._issue_statements(day)

    # orders of the shops

    def _schedule_orders(self) -> None:
        draw = self._random
        span = (LAST - FIRST).days + 1
        for number in range(self.orders):
            day = FIRST + timedelta(days=draw.randrange(span))
            at = self.at(day, draw.randrange(24), draw.randrange(60), draw.randrange(60))
            if number == 0:
                at = self.at(LAST, 23, 52)
            if number == 1:
                at = self.at(LAST + timedelta(days=1), 0, 8)
            shop = "shop_eu" if draw.random() < 0.3 else "shop_us"
            kind = kind_of(number, draw.random())
            if kind in _ONLY_US:
                shop = "shop_us"
            seed = draw.randrange(1 << 30)
            self.add(at, lambda t, s=shop, k=kind, r=seed: self.place(t, s, k, random.Random(r)))  # type: ignore[misc]

    def customer(self, draw: random.Random, shop: str) -> dict[str, str]:
        """One of the shop's customers, about four orders each; the same number is always the same person."""
        number = draw.randrange(max(5, self.orders // 4))
        name = _NAMES[number % len(_NAMES)]
        return {
            "id": f"{9000 + number}",
            "name": f"{name} {number}",
            "email": f"customer{number}@{shop.replace('_', '-')}.example",
        }

    def number(self, shop: str) -> str:
        """The next order's number, one sequence over both shops."""
        self._placed += 1
        return f"{'US' if shop == 'shop_us' else 'EU'}-{10_000 + self._placed}"

    def place(
        self, at: datetime, shop: str, kind: str, draw: random.Random, ship_days: int | None = None
    ) -> dict[str, Any]:
        """An order of a kind, its payment, and what follows from it; it is delivered after
        `ship_days`, or some days drawn by lot."""
        store = self.world.shops[shop]
        lines, total, tax = basket(draw, shop)
        shipping = draw.choice((0, 0, 595, 1295))
        value = 0
        if kind == "gift_sold":
            value = draw.choice((2500, 5000, 10_000))
            lines.append(
                {"name": "Gift card", "quantity": 1, "price": cents(value), "taxes": [], "gift_card": True}
            )
            total += value
        total += shipping
        gift = min(2000, total // 2) if kind == "gift_used" else 0
        status = {"unpaid": "PENDING", "cancelled": "VOIDED"}.get(kind, "PAID")
        tenders = [("gift_card", cents(gift))] if gift else []
        if status == "PAID" and kind != "test":
            tenders.append(("stripe", cents(total - gift)))
        number, buyer = self.number(shop), self.customer(draw, shop)
        address = _ADDRESSES[shop][int(buyer["id"]) % len(_ADDRESSES[shop])]
        order = store.place(
            number=number,
            at=at,
            customer=buyer,
            address=address,
            lines=lines,
            shipping=cents(shipping),
            shipping_tax=[],
            total=cents(total),
            included=shop == "shop_eu",
            status=status,
            test=kind == "test",
            cancelled=kind == "cancelled",
            tenders=tenders,
        )
        expected = kind if kind in ("test", "unpaid", "cancelled", "cancelled_paid") else "invoiced"
        wait = draw.choice((0, 1, 1, 2, 3)) if ship_days is None else ship_days
        wait = {"refund": 1, "refund_early": 4}.get(kind, wait)
        shipped = at + timedelta(days=wait, hours=1)
        billed = shipped if shop == BILLS_ON_FULFILMENT else at
        day = billed.astimezone(ZONE).date()
        self.truth.append(
            OrderTruth(
                number=number,
                currency=store.currency,
                total=total,
                tax=tax,
                expected=expected,
                on=day,
                paid_by="card",
                jurisdiction="-".join(filter(None, address)),
                on_cards=value - gift,
            )
        )
        if expected in ("invoiced", "cancelled_paid"):
            if shop == BILLS_ON_FULFILMENT:
                self._deposit(number, at, total - gift)
            if expected == "invoiced":
                if self._sent_in_parts(kind, lines, wait):
                    self.add(shipped - timedelta(days=1), lambda t: self._send_a_part(t, store, order))
                self.add(shipped, lambda t: self._ship(t, store, order))
            self._pay(at, order, kind, total - gift, store.currency, buyer["name"], draw)
        return order

    def _deposit(self, number: str, at: datetime, amount: int) -> None:
        """What an order's deposit changes by, in minor units."""
        self.deposits.append((number, at.astimezone(ZONE).date(), amount))

    def _ship(self, at: datetime, shop: Shopify, order: dict[str, Any]) -> None:
        if left_to_send(order):
            shop.fulfil(order, at)
            self._take_deposit(at, order)

    def _take_deposit(self, at: datetime, order: dict[str, Any]) -> None:
        """What an order's deposit still holds is taken in by its invoice."""
        held = sum(amount for number, _, amount in self.deposits if number == order["name"])
        self._deposit(order["name"], at, -held)

    def _sent_in_parts(self, kind: str, lines: list[dict[str, Any]], wait: int) -> bool:
        """Every third order that has several lines, or several of one, and that is not sent at once."""
        return (
            kind == "plain" and wait > 1 and sum(x["quantity"] for x in lines) > 1 and self._placed % 3 == 0
        )

    @staticmethod
    def _send_a_part(at: datetime, shop: Shopify, order: dict[str, Any]) -> None:
        """A day before the rest the first line is sent, or half of it where there is no other."""
        lines = order["lineItems"]["nodes"]
        units = lines[0]["quantity"] if len(lines) > 1 else lines[0]["quantity"] // 2
        shop.fulfil(order, at, {0: units}, whole=False)

    def _cancel(self, at: datetime, order: dict[str, Any], charge: dict[str, Any], data: Any) -> None:
        """A paid order is cancelled before it ships, and its money is given back."""
        shop = self.world.shops[BILLS_ON_FULFILMENT]
        refund = shop.cancel(order, at)
        key = f"refund:{refund['id'].rpartition('/')[2]}"
        row = self.world.stripe.refund(charge, charge["amount"], at, {**data, "refund_id": key})
        self._deposit(order["name"], at, row["amount"])

    def _pay(
        self,
        at: datetime,
        order: dict[str, Any],
        kind: str,
        amount: int,
        currency: str,
        name: str,
        draw: random.Random,
    ) -> None:
        fee = percent_of(amount, 29, 1000) + 30
        data = {"order_id": order["id"].rpartition("/")[2]}
        if kind == "partial_capture":
            self.world.stripe.partial_capture(amount + 1500, amount, currency, fee, at, data)
            return
        row = self.world.stripe.charge(amount, currency, fee, at, data, name)
        charge = row["source"]
        later = at + timedelta(days=draw.randrange(2, 6), minutes=draw.randrange(300))
        if kind == "cancelled_paid":
            self.add(at + timedelta(days=2), lambda t: self._cancel(t, order, charge, data))
        elif kind == "refund_early":
            self.add(at + timedelta(days=2), lambda t: self._give_back_early(t, order, charge, data))
        elif kind == "refund":
            self.add(later, lambda t: self.give_back(t, order, charge, data))
        elif kind == "gift_used":
            self.add(
                at + timedelta(days=4, hours=2), lambda t: self._give_back_onto_card(t, order, charge, data)
            )
        elif kind.startswith("disputed"):
            self.add(later, lambda t: self._dispute(t, charge, kind.removeprefix("disputed_")))

    def _give_back_early(
        self, at: datetime, order: dict[str, Any], charge: dict[str, Any], data: dict[str, str]
    ) -> None:
        """A line is given back before the order ships: less of the deposit is left. Where it was the only one, nothing is left
        to send: the shop bills on that day what it keeps, the shipping; where it keeps nothing, nothing was ever sold."""
        row = self.give_back(at, order, charge, data)
        self._deposit(order["name"], at, row["amount"])
        if not left_to_send(order):
            truth = next(t for t in self.truth if t.number == order["name"])
            truth.on = at.astimezone(ZONE).date()
            if row["amount"] == -truth.total:
                truth.expected = "cancelled_paid"
            self._take_deposit(at, order)

    def give_back(
        self, at: datetime, order: dict[str, Any], charge: dict[str, Any], data: dict[str, str]
    ) -> dict[str, Any]:
        """The first line of an order is refunded."""
        shop = next(s for s in self.world.shops.values() if order["id"] in s.orders)
        row, total = self._first_line(order)
        truth = next(t for t in self.truth if t.number == order["name"])
        truth.tax_back += int(row[3] * 100)
        refund = shop.refund(order, [row], total, at)
        key = refund["id"].rpartition("/")[2]
        return self.world.stripe.refund(charge, int(total * 100), at, {**data, "refund_id": f"refund:{key}"})

    def _give_back_onto_card(
        self, at: datetime, order: dict[str, Any], charge: dict[str, Any], data: dict[str, str]
    ) -> None:
        """The first line of an order is given back: first what a gift card had paid, onto the card, and the rest by card."""
        shop = next(s for s in self.world.shops.values() if order["id"] in s.orders)
        row, total = self._first_line(order)
        truth = next(t for t in self.truth if t.number == order["name"])
        back = min(-truth.on_cards, int(total * 100))
        truth.on_cards, truth.tax_back = truth.on_cards + back, truth.tax_back + int(row[3] * 100)
        rest = int(total * 100) - back
        onto = [("gift_card", cents(back)), *([("stripe", cents(rest))] if rest else [])]
        # A number of its own: those of other refunds stay as they are.
        number = f"{order['id'].rpartition('/')[2]}9"
        shop.refund(order, [row], total, at, onto=onto, number=number)
        if rest:
            self.world.stripe.refund(charge, rest, at, {**data, "refund_id": f"refund:{number}"})

    @staticmethod
    def _first_line(order: dict[str, Any]) -> tuple[tuple[int, int, Decimal, Decimal], Decimal]:
        """An order's first line as a refund's row, and what that gives back."""
        line = order["lineItems"]["nodes"][0]
        price = Decimal(line["discountedTotalSet"]["shopMoney"]["amount"])
        tax = sum((Decimal(t["priceSet"]["shopMoney"]["amount"]) for t in line["taxLines"]), Decimal(0))
        total = price if order["taxesIncluded"] else price + tax
        return (0, line["quantity"], price, tax), total

    def _dispute(self, at: datetime, charge: dict[str, Any], ending: str) -> None:
        dispute = self.world.stripe.open_dispute(charge, 1500, at)
        # Won next month with the fee kept; lost after the lock.
        day = date(2026, 11, 2) if ending == "won" else date(2026, 11, 5)
        closing = max(self.at(day, 10), at + timedelta(days=1))
        self.add(closing, lambda t: self.world.stripe.close_dispute(dispute, ending, t))

    # accounts that pay by transfer

    def _schedule_accounts(self) -> None:
        draw = self._random
        count = max(3, self.orders // 25)
        self.accounts: list[dict[str, Any]] = []
        start = self.at(FIRST, 0, 5)
        for number in range(max(2, count // 3)):
            name = f"{draw.choice(('Harbor', 'Summit', 'Prairie', 'Delta'))} Industrial {number + 1}"
            row = self.world.salesforce.add_account(
                number + 1, name, f"ap@account{number + 1}.example", start
            )
            self.accounts.append(row)
        for number in range(count):
            day = FIRST + timedelta(days=draw.randrange(24))
            account = self.accounts[draw.randrange(len(self.accounts))]
            amount, wait = draw.randrange(50_000, 900_000), draw.randrange(2, 6)
            self.add(
                self.at(day, 11, number % 60),
                lambda t, n=number, a=account, v=amount, w=wait: self._win(t, n, a, v, w),  # type: ignore[misc]
            )

    def win(
        self,
        at: datetime,
        number: int,
        account: dict[str, Any] | None,
        net: int,
        expected: str = "invoiced",
        closed: datetime | None = None,
    ) -> tuple[str, int, dict[str, Any]]:
        """A closed-won order of an account; its number, total and row."""
        tax = percent_of(net, 15, 100)
        order, total = f"SO-{20_000 + number}", net + tax
        row = self.world.salesforce.win(
            number + 1,
            order,
            account["Id"] if account else None,
            closed or at,
            [("Contract goods", 1, cents(net))],
            ("State Tax", Decimal(15), cents(tax)),
            cents(total),
        )
        if closed is not None:
            row["SystemModstamp"] = at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        day = (closed or at).astimezone(ZONE).date()
        self.truth.append(OrderTruth(order, "USD", total, tax, expected, day, "transfer"))
        return order, total, row

    def _win(self, at: datetime, number: int, account: dict[str, Any], net: int, wait: int) -> None:
        order, total, _ = self.win(at, number, account, net)
        line = BankLine(
            next_business_day(at.date() + timedelta(days=wait)),
            total,
            counterparty=account["Name"],
            remittance=f"Payment {order}",
            reference="NONREF",
        )
        self.expect(IBAN_USD, line)
        self.truth[-1].paid_by = "transfer, paid"

    # the bank

    def expect(self, iban: str, line: BankLine) -> None:
        """A line that the bank will book on its day."""
        self._day_deposits.setdefault((iban, line.on), []).append(line)

    def statement_key(self, iban: str, day: date, position: int) -> str:
        """The key of a statement line: what the bank's file says of itself."""
        return f"{iban}:{day:%j}:{day.isoformat()}:{position:05d}"

    def position_of(self, iban: str, line: BankLine) -> int:
        """Which line of its day's statement a bank line is, from 1."""
        return self._day_deposits[iban, line.on].index(line) + 1

    def _schedule_bank_fees(self) -> None:
        for day in (date(2026, 10, 15), date(2026, 10, 30)):
            fee = BankLine(day, -1500, remittance="Account fee", code=("ACMT", "MDOP", "CHRG"))
            self.expect(IBAN_USD, fee)
            # Two genuine equal lines on one day.
            if day.day == 30:
                self.expect(IBAN_USD, fee)

    def _issue_statements(self, day: date) -> None:
        for iban in (IBAN_USD, IBAN_EUR):
            lines = self._day_deposits.get((iban, day), [])
            for line in lines:
                self.world.bank.book(iban, line)
                self.cash.append((iban, day, line.amount))
            # A month's last banking day is told of also where nothing moved.
            if lines or day == LAST_BANKING_DAY:
                path = self.world.statements / f"{iban[-4:]}-{day:%Y%m%d}.xml"
                partial = path.with_name(f".{path.name}")
                partial.write_bytes(self.world.bank.statement(iban, day))
                partial.rename(path)

    # payouts

    def _schedule_payouts(self) -> None:
        for day in self.days():
            if day > LAST_PAYOUT:
                break
            for currency in ("USD", "EUR"):
                self.add(
                    self.at(day, 6),
                    lambda t, c=currency, d=day: self._pay_out(t, c, d),  # type: ignore[misc]
                )

    def _pay_out(self, at: datetime, currency: str, day: date) -> None:
        if (currency, day) in self._special_payouts:
            return
        payout = self.world.stripe.pay_out(currency, at)
        if payout is not None:
            self.arrive(payout, currency, day)

    def arrive(self, payout: dict[str, Any], currency: str, day: date, short: int = 0) -> BankLine:
        """A payout's deposit on the next business day, `short` minor units less."""
        iban = IBAN_USD if currency == "USD" else IBAN_EUR
        line = BankLine(
            next_business_day(day + timedelta(days=1)),
            payout["amount"] - short,
            end_to_end=payout["id"],
            counterparty="STRIPE",
            remittance=f"STRIPE {payout['id']}",
        )
        self.expect(iban, line)
        return line
