"""A company's receivables, bank lines and payouts, with truth labels and declared noise.

`left` are bank lines, `right` what they pay: invoices and credit notes, and the charges, refunds
and fees of a provider's payouts. A truth group names the lines and the invoices that belong
together; an item in no group has no partner. All of it is invented, and drawn from one seed.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

from benchmarks.matching import references
from benchmarks.matching.names import as_written, company_name, iban, person_name
from benchmarks.matching.weak import Weak

FIRST = date(2026, 7, 1)
DAYS = 92
_PRICES = (2900, 4900, 9900, 1900)
_FEES = (500, 750, 1000, 1250, 1500, 2500)
_RATES = {"USD": 1.0840, "GBP": 0.8450, "CHF": 0.9610}


@dataclass(frozen=True)
class Noise:
    """Shares of what is noisy; of invoices where nothing else is said."""

    unpaid: float = 0.04
    merged: float = 0.06
    split: float = 0.025
    partial: float = 0.008
    fee: float = 0.02
    discount: float = 0.03
    withholding: float = 0.003
    rounding: float = 0.005
    foreign: float = 0.04  # of customers: billed in their own currency, paid in EUR
    subscribers: float = 0.12  # of customers: a few prices, thousands of equal amounts
    missing_reference: float = 0.06
    mistyped_reference: float = 0.025
    cut_reference: float = 0.02
    wrong_payer: float = 0.02
    twice: float = 0.003
    netted: float = 0.007
    early: float = 0.005  # the payment is dated before its invoice
    unrelated: float = 0.03  # bank lines that pay no invoice, as a share of invoices
    payouts: float = 0.004  # payouts, as a share of invoices; each of 20 to 120 charges
    weak: float = 0.0  # payments of the weak kinds (weak.py) beside them, as a share of invoices


@dataclass
class Customer:
    number: int
    name: str
    iban: str
    currency: str
    habit: int
    price: int | None
    lumps: bool


@dataclass
class Books:
    """Rows of both sides, the truth, and each day's rates (units of a currency for 1 EUR)."""

    left: dict[str, list] = field(default_factory=lambda: {n: [] for n in COLUMNS})
    right: dict[str, list] = field(default_factory=lambda: {n: [] for n in COLUMNS})
    truth: list[dict] = field(default_factory=list)
    rates: dict[tuple[date, str], Decimal] = field(default_factory=dict)


COLUMNS = ("id", "date", "amount", "currency", "reference", "counterparty", "description", "account")


class Company:
    """Draws one company. `invoices` is the number of invoices to draw."""

    def __init__(self, invoices: int, seed: int, noise: Noise | None = None) -> None:
        self.seed = seed
        self.draw = random.Random(f"matching {seed}")
        self.noise = noise or Noise()
        self.count = invoices
        self.books = Books()
        self._customers = [self._customer(n) for n in range(max(8, invoices // 25))]
        self._serial = self.draw.randrange(1_000, 40_000)
        self._make_rates()

    def _customer(self, number: int) -> Customer:
        draw, noise = self.draw, self.noise
        price = draw.choice(_PRICES) if draw.random() < noise.subscribers else None
        foreign = price is None and draw.random() < noise.foreign
        return Customer(
            number,
            person_name(draw) if price and draw.random() < 0.3 else company_name(draw),
            iban(draw),
            draw.choice(tuple(_RATES)) if foreign else "EUR",
            draw.randrange(9),
            price,
            draw.random() < 0.2,
        )

    def _make_rates(self) -> None:
        for currency, rate in _RATES.items():
            for n in range(-5, DAYS + 150):
                rate *= 1 + self.draw.gauss(0, 0.003)
                self.books.rates[FIRST + timedelta(n), currency] = Decimal(f"{rate:.4f}")

    # rows

    def day(self, at: int) -> date:
        """A day of the company's time."""
        return FIRST + timedelta(at)

    def number(self) -> str:
        """The next invoice's number; some are left out."""
        self._serial += 1 if self.draw.random() < 0.98 else 2
        return references.number_of(self._serial)

    def row(self, on: str, prefix: str, day: date, cents: int, currency: str, *texts: str) -> str:
        """The id of a new row on the left or on the right."""
        side: dict[str, list] = getattr(self.books, on)
        key = f"{prefix}{len(side['id']) + 1:07d}"
        amount = f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"
        for name, value in zip(COLUMNS, (key, day, amount, currency, *texts), strict=True):
            side[name].append(value)
        return key

    def line(self, day: date, cents: int, reference: str, name: str, text: str, account: str) -> str:
        """The id of a new bank line."""
        return self.row("left", "B", day, cents, "EUR", reference, name, text, account)

    def group(self, left: list[str], right: list[str], kind: str, noise: list[str]) -> None:
        """What belongs together."""
        self.books.truth.append({"left": left, "right": right, "kind": kind, "noise": noise})

    # invoices

    def make(self) -> Books:
        """Every row, in an order that says nothing."""
        draw, noise = self.draw, self.noise
        by_customer: dict[int, list[tuple[str, str, date, int]]] = {}
        for n in range(self.count):
            customer = self._customers[int(len(self._customers) * draw.random() ** 1.6)]
            number = self.number()
            day = FIRST + timedelta(n * DAYS // self.count)
            cents = customer.price or int(draw.lognormvariate(11.2, 1.1)) + 500
            credit = draw.random() < noise.netted
            key = self.row(
                "right", "R", day, -cents // 4 if credit else cents, customer.currency, number,
                customer.name, f"{'Credit note' if credit else 'Invoice'} {number}", "",
            )  # fmt: skip
            item = (key, number, day, -cents // 4 if credit else cents)
            by_customer.setdefault(customer.number, []).append(item)
        for number, items in by_customer.items():
            self._pay_all(self._customers[number], items)
        for _ in range(int(self.count * noise.unrelated)):
            self._unrelated()
        for _ in range(int(self.count * noise.payouts)):
            self._payout()
        if noise.weak:
            Weak(self, self.seed).add(round(self.count * noise.weak))
        for side in (self.books.left, self.books.right):
            order = list(range(len(side["id"])))
            draw.shuffle(order)
            for name in COLUMNS:
                side[name] = [side[name][n] for n in order]
        return self.books

    def _pay_all(self, customer: Customer, items: list[tuple[str, str, date, int]]) -> None:
        draw, noise = self.draw, self.noise
        at = 0
        while at < len(items):
            first = items[at]
            credit_next = at + 1 < len(items) and items[at + 1][3] < 0
            if first[3] < 0:
                # A credit note stays open until a payment takes it.
                at += 1
                continue
            chance = noise.merged / 3 * (3 if customer.lumps else 0.6)
            if credit_next and first[3] + items[at + 1][3] > 0:
                self._pay(customer, items[at : at + 2], "netted")
                at += 2
            elif draw.random() < chance and len(items) - at > 1:
                size = min(draw.randrange(2, 7), len(items) - at)
                chosen = [i for i in items[at : at + size] if i[3] > 0]
                self._pay(customer, chosen, "merged" if len(chosen) > 1 else "single")
                at += size
            elif draw.random() < noise.unpaid:
                at += 1
            elif draw.random() < noise.split:
                self._pay(customer, [first], "split")
                at += 1
            else:
                self._pay(customer, [first], "single")
                at += 1

    def _day(self, items: list[tuple[str, str, date, int]], noises: list[str]) -> date:
        draw = self.draw
        latest = max(i[2] for i in items)
        if draw.random() < self.noise.early:
            noises.append("early")
            return latest - timedelta(draw.randrange(1, 4))
        if draw.random() < 0.1:
            return latest + timedelta(draw.randrange(30, 75))
        return latest + timedelta(draw.randrange(1, 32))

    def _pay(self, customer: Customer, items: list[tuple[str, str, date, int]], kind: str) -> None:
        draw, noise = self.draw, self.noise
        noises: list[str] = []
        day = self._day(items, noises)
        total = sum(i[3] for i in items)
        if customer.currency != "EUR":
            rate = self.books.rates[day, customer.currency] * Decimal(
                f"{1 + draw.uniform(-0.004, 0.004):.6f}"
            )
            total = int((Decimal(total) / rate).to_integral_value())
            noises.append("foreign")
        elif kind == "single":
            total = self._less(total, noises)
            if "discount" in noises:
                # Who takes a discount pays in time for it.
                day = min(day, items[0][2] + timedelta(draw.randrange(4, 15)))
        if "partial" in noises:
            kind = "partial"
        parts = [total]
        if kind == "split":
            share = draw.choice((0.5, 0.3, draw.uniform(0.2, 0.8)))
            parts = [int(total * share), total - int(total * share)]
        name, account = self._payer(customer, noises)
        left = []
        for n, part in enumerate(parts):
            reference, text = self._texts(customer, items, kind, noises)
            when = day + timedelta(n * draw.randrange(0, 20))
            left.append(self.line(when, part, reference, as_written(draw, name), text, account))
        self.group(left, [i[0] for i in items], kind, noises)
        if kind == "single" and draw.random() < noise.twice:
            reference, text = self._texts(customer, items, kind, [])
            again = self.line(day + timedelta(draw.randrange(1, 12)), total, reference, name, text, account)
            # Nothing tells which of two equal payments is the invoice's: either is right.
            self.books.truth[-1]["or"] = [[again]]
            self.books.truth[-1]["noise"].append("twice")

    def _less(self, total: int, noises: list[str]) -> int:
        """What arrives of an amount due, in cents."""
        draw, noise = self.draw, self.noise
        way = draw.random()
        charge = draw.choice(_FEES)
        for name, share in (("partial", noise.partial), ("fee", noise.fee), ("discount", noise.discount),
                            ("withholding", noise.withholding), ("rounding", noise.rounding)):  # fmt: skip
            if way < share:
                noises.append(name)
                if name == "partial":
                    return int(total * draw.choice((0.5, draw.uniform(0.3, 0.9))))
                if name == "fee":
                    # Nobody's bank takes more than an eighth.
                    return total - min(charge, total // 800 * 100)
                if name == "discount":
                    return total - round(total * draw.choice((2, 3)) / 100)
                if name == "withholding":
                    return total - round(total * draw.choice((10, 15)) / 100)
                return total + draw.choice((-5, -2, -1, 1, 2, 5))
            way -= share
        return total

    def _payer(self, customer: Customer, noises: list[str]) -> tuple[str, str]:
        draw = self.draw
        if draw.random() < self.noise.wrong_payer:
            noises.append("wrong payer")
            return (person_name(draw) if draw.random() < 0.5 else company_name(draw)), iban(draw)
        return customer.name, customer.iban

    def _texts(self, customer: Customer, items: list, kind: str, noises: list[str]) -> tuple[str, str]:
        """(reference, description) of a payment."""
        draw, noise = self.draw, self.noise
        numbers = [i[1] for i in items]
        way = draw.random()
        if len(items) > 1 and way < 0.25:
            noises.append("missing reference")
            return "NOTPROVIDED", references.without(draw, customer.number)
        if len(items) > 1 and way < 0.40:
            noises.append("short list")
            tails = [n[-6:].lstrip("0") for n in numbers[1:]]
            return "NOTPROVIDED", f"{numbers[0]}, {', '.join(tails)}"
        if len(items) > 1:
            return "NOTPROVIDED", " ".join(
                references.spelled(draw, n, min(customer.habit, 5)) for n in numbers
            )
        number = numbers[0]
        if way < noise.missing_reference:
            noises.append("missing reference")
            return "NOTPROVIDED", references.without(draw, customer.number)
        way -= noise.missing_reference
        if way < noise.mistyped_reference:
            noises.append("mistyped reference")
            return "NOTPROVIDED", references.spelled(draw, references.mistyped(draw, number), customer.habit)
        way -= noise.mistyped_reference
        if way < noise.cut_reference:
            noises.append("cut reference")
            return "NOTPROVIDED", references.cut(draw, number)
        text = references.spelled(draw, number, customer.habit)
        if draw.random() < 0.15:
            text += f" Kd-Nr {10_000 + customer.number}"
        if draw.random() < 0.15:
            return number, "invoice"
        return "NOTPROVIDED", text

    def _unrelated(self) -> None:
        draw = self.draw
        day = FIRST + timedelta(draw.randrange(DAYS))
        cents, name, text = draw.choice((
            (-draw.randrange(100, 5000), "", "Account fee"),
            (-draw.randrange(100_000, 500_000), "Payroll", f"Salaries {day:%m/%Y}"),
            (draw.randrange(100, 100_000), company_name(draw), "refund deposit"),
            (draw.choice(_PRICES), person_name(draw), "subscription"),
            (draw.randrange(10_000, 900_000), "own account", "transfer"),
            (int(draw.lognormvariate(11.2, 1.1)) + 500, company_name(draw), "payment"),
        ))  # fmt: skip
        key = self.line(day, cents, "NOTPROVIDED", name, text, iban(draw))
        self.group([key], [], "unrelated", [])

    def _payout(self) -> None:
        draw = self.draw
        day = FIRST + timedelta(draw.randrange(DAYS))
        payout = "po_" + "".join(draw.choice("0123456789abcdefghijklmnopqrstuvwxyz") for _ in range(16))
        right, net = [], 0
        for _ in range(draw.randrange(20, 121)):
            cents = draw.choice(_PRICES) if draw.random() < 0.5 else draw.randrange(500, 30_000)
            refund = draw.random() < 0.04
            fee = 0 if refund else round(cents * 14 / 1000) + 25
            charge = "ch_" + "".join(draw.choice("0123456789abcdefghijklmnop") for _ in range(12))
            when = day - timedelta(draw.randrange(2, 5))
            for amount, what in (
                (-cents if refund else cents, "refund" if refund else "charge"),
                (-fee, "fee"),
            ):
                if amount:
                    right.append(self.row("right", "R", when, amount, "EUR", payout, "Provider",
                                           f"{what} {charge}", ""))  # fmt: skip
                    net += amount
        text = f"STRIPE {payout}" if draw.random() < 0.9 else f"Payout {payout.upper()}"
        left = self.line(day + timedelta(draw.randrange(0, 3)), net, "NOTPROVIDED", "STRIPE PAYMENTS EUROPE",
                          text, "IE00STRIPE")  # fmt: skip
        self.group([left], right, "payout", [])


def frames(books: Books) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both sides as frames; amounts are decimal texts."""
    return pl.DataFrame(books.left), pl.DataFrame(books.right)


def write(books: Books, folder: Path) -> tuple[Path, Path]:
    """left.parquet, right.parquet, rates.csv, truth.jsonl."""
    left, right = frames(books)
    left.write_parquet(folder / "left.parquet")
    right.write_parquet(folder / "right.parquet")
    rows = [
        "date,base,quote,rate",
        *(f"{day},EUR,{code},{rate}" for (day, code), rate in books.rates.items()),
    ]
    (folder / "rates.csv").write_text("\n".join(rows) + "\n")
    with (folder / "truth.jsonl").open("w") as file:
        file.writelines(json.dumps(group) + "\n" for group in books.truth)
    return folder / "left.parquet", folder / "right.parquet"


def described(noise: Noise) -> str:
    """The declared shares, as a line of text."""
    return ", ".join(f"{f.name.replace('_', ' ')} {getattr(noise, f.name):.1%}" for f in fields(noise))
