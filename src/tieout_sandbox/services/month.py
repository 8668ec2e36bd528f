"""A services company's month, seeded: what its tools export, day by day, and the truth of it.

Nothing here knows the product. Bank and billing amounts are integer minor units, others Decimals.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook

from tieout_sandbox.company import Administrator
from tieout_sandbox.month import END, FIRST, LAST
from tieout_sandbox.services.buying import Buying
from tieout_sandbox.simulators.bankfile import BankLine
from tieout_sandbox.simulators.expenses import Expense, ExpenseTool, Report
from tieout_sandbox.simulators.ledgers import ExportedEntry, ExportedLine, LedgerExports
from tieout_sandbox.simulators.payroll import Employee, PayrollBureau
from tieout_sandbox.truths import Planted, cents, next_business_day
from tieout_sandbox.world import IBAN_USD, ZONE, World

PAY_DAY = date(2026, 10, 28)
MAKER, CONTROLLER = "mia@northwind.example", "carla@northwind.example"
CENTRES = ("100", "200", "300")


@dataclass
class BookedTruth:
    """An entry that must stand in a company's books: entity, reference, day, and the sum of each
    account in the entry's currency."""

    entity: str
    reference: str
    on: date
    lines: dict[str, Decimal]


@dataclass
class ServicesMonth:
    """The schedule and the truth. `size` counts subscriptions; people are a fifth of it."""

    world: World
    size: int
    plant: Callable[[ServicesMonth], None] | None = None
    booked: list[BookedTruth] = field(default_factory=list)
    absent: set[str] = field(default_factory=set)
    planted: list[Planted] = field(default_factory=list)
    cash: list[tuple[date, int]] = field(default_factory=list)
    recognised: dict[str, int] = field(default_factory=dict)
    billed: dict[str, tuple[int, bool]] = field(default_factory=dict)
    own_affairs: set[str] = field(default_factory=set)
    held_until: dict[str, date] = field(default_factory=dict)
    analytic: dict[str, Decimal] = field(default_factory=dict)
    admin: Administrator | None = None
    turned_down: dict[str, str] = field(default_factory=dict)
    _events: list[tuple[datetime, int, Callable[[datetime], object]]] = field(default_factory=list)
    _lines: dict[date, list[BankLine]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.world.seed)
        self.bureau, self.expenses = PayrollBureau(), ExpenseTool()
        self.ledgers = {"US": LedgerExports(), "DE": LedgerExports()}
        staff = max(4, self.size // 5)
        self.staff = [
            Employee(f"E{n:04d}", CENTRES[n % 3], cents(self._random.randrange(350_000, 900_000)))
            for n in range(staff)
        ]
        self._schedule_subscriptions()
        self._schedule_journals()
        self._schedule_payroll()
        self._schedule_expenses()
        self.buying = Buying(self)
        self.buying.schedule()
        if self.plant:
            self.plant(self)
        self._events.sort(key=lambda e: e[:2])

    # the schedule

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """An instant of a day in the companies' zone, in UTC."""
        return datetime.combine(day, time(hour, minute), ZONE).astimezone(UTC)

    def add(self, at: datetime, act: Callable[[datetime], object]) -> None:
        """Let `act` happen at an instant; what comes at the same one happens in the order of its adding."""
        self._events.append((at, len(self._events), act))

    def days(self) -> list[date]:
        """Every day that is played: October, and of November the days until it is locked and what is late has come."""
        return [FIRST + timedelta(days=n) for n in range((END - FIRST).days + 1)]

    def play_day(self, day: date) -> None:
        """Let a day happen, up to a second before midnight; the bank works through payment files on weekdays
        alone, and issues its statement."""
        end = self.at(day + timedelta(days=1), 0)
        while self._events and self._events[0][0] < end:
            at, _, act = self._events.pop(0)
            self.world.clock.move_to(at)
            act(at)
            self._events.sort(key=lambda e: e[:2])
        self.world.clock.move_to(end - timedelta(seconds=1))
        if day.weekday() < 5:
            self.buying.bank_day(day)
        self._issue_statement(day)

    def folder(self, interface: str) -> Path:
        """Where the files of an interface are put."""
        path = self.world.folder / interface
        path.mkdir(exist_ok=True)
        return path

    def drop(self, interface: str, name: str, content: bytes) -> None:
        """Put a file into a watched folder, whole."""
        partial = self.folder(interface) / f".{name}"
        partial.write_bytes(content)
        partial.rename(self.folder(interface) / name)

    # subscriptions, billed ahead

    def _schedule_subscriptions(self) -> None:
        draw = self._random
        for number in range(self.size):
            day = FIRST + timedelta(days=draw.randrange((LAST - FIRST).days + 1))
            months, monthly = draw.choice((1, 3, 12)), draw.randrange(2_000, 90_000)
            usage = draw.randrange(100, 20_000) if number % 4 == 0 else 0
            pays = draw.random() < 0.7
            self.add(
                self.at(day, 9, number % 60),
                lambda t, n=number, m=months, v=monthly, u=usage, p=pays: self.bill(t, n, m, v * m, u, p),  # type: ignore[misc]
            )

    def bill(
        self, at: datetime, number: int, months: int, amount: int, usage: int, pays: bool, short: int = 0
    ) -> tuple[str, int]:
        """An invoice for `months` ahead and for usage behind; its number and its net of the months.
        `short` is what its own schedule is short of it."""
        site, first = self.world.chargebee, at.astimezone(ZONE).date()
        invoice, after = f"INV-{30_000 + number}", _later(first, months)
        plan = by_days(amount, first, after)
        stated = dict(plan)
        if short:
            stated[max(stated)] -= short
        lines = [site.line(f"Plan of {months} months", amount, first, after, schedule=stated)]
        if usage:
            lines.append(site.line("Usage", usage, first - timedelta(days=30), first, metered=True))
        site.bill(invoice, at, (f"cus_{number}", f"Client {number} Ltd"), lines)
        self.billed[invoice] = (amount + usage, pays)
        if not short:
            self.recognise(plan, 1)
        if pays:
            day = next_business_day(first + timedelta(days=3))
            if day <= END:
                self.expect(
                    BankLine(day, amount + usage, counterparty=f"Client {number} Ltd", remittance=invoice)
                )
            else:
                self.billed[invoice] = (amount + usage, False)
        if number % 11 == 7 and months > 1 and not pays:
            self._give_back(at, invoice, amount, first, after)
        return invoice, amount

    def recognise(self, plan: dict[str, int], sign: int) -> None:
        """Add to what must be earned by month, in minor units; `sign` is -1 for what is given back."""
        for month, value in plan.items():
            self.recognised[month] = self.recognised.get(month, 0) + sign * value

    def _give_back(self, at: datetime, invoice: str, amount: int, first: date, after: date) -> None:
        """The subscription ends at once: what was not used is credited, over its own days."""
        site, end = self.world.chargebee, first + timedelta(days=10)
        unused = amount * (after - end).days // (after - first).days
        plan = by_days(unused, end, after)
        total, _ = self.billed[invoice]

        def credit(later: datetime) -> None:
            row = site.rows["invoices"][invoice]
            line = site.line("Unused", unused, end, after, schedule=plan)
            site.credit(f"CN-{invoice[4:]}", later, row, [line])
            self.billed[invoice] = (total - unused, False)
            self.recognise(plan, -1)

        self.add(at + timedelta(days=2), credit)

    # journals

    def _schedule_journals(self) -> None:
        draw = self._random
        for number in range(max(6, self.size // 20)):
            day = FIRST + timedelta(days=draw.randrange(28))
            amount = cents(draw.randrange(5_000, 4_000_000))
            centre = draw.choice(CENTRES)
            reverses = date(2026, 11, 1) if number % 3 == 0 else None
            self.add(
                self.at(day, 15),
                lambda t, n=number, a=amount, c=centre, r=reverses: self.journal(  # type: ignore[misc]
                    t, f"J-{100 + n}", [("6530", a, c), ("2125", -a, "")], reverses_on=r
                ),
            )
        for day, fee in ((date(2026, 10, 30), Decimal("12500.00")),):
            self.add(self.at(day, 12), lambda t, v=fee: self.affiliates(t, "MF-2026-10", v, both=True))  # type: ignore[misc]

    def journal(
        self,
        at: datetime,
        number: str,
        lines: list[tuple[str, Decimal, str]],
        *,
        entity: str = "US",
        by: str = MAKER,
        reverses_on: date | None = None,
        booked: bool = True,
        pair: str = "",
        partner: str = "",
        times: int = 1,
    ) -> None:
        """A journal of (account, amount, cost centre) in USD, sent as a file."""
        on = at.astimezone(ZONE).date()
        made = tuple(
            ExportedLine(a, v, cost_centre=c, pair=pair if a.startswith("IC") else "", partner_entity=partner)
            for a, v, c in lines
        )
        entry = ExportedEntry(number, on, "USD", made, by, reverses_on, number)
        self.drop(f"journals_{entity.lower()}", f"{number}.{times}.csv", self.ledgers[entity].export([entry]))
        if not booked:
            self.absent.add(number)
            return
        sums: dict[str, Decimal] = {}
        for account, value, centre in lines:
            code = ACCOUNTS[entity][account]
            sums[code] = sums.get(code, Decimal(0)) + value
            if centre:
                self.analytic[centre] = self.analytic.get(centre, Decimal(0)) + (0 if reverses_on else value)
        self.booked.append(BookedTruth(entity, number, on, sums))
        if reverses_on:
            turned = {k: -v for k, v in sums.items()}
            self.booked.append(BookedTruth(entity, f"Reversal of: {number}", reverses_on, turned))

    def affiliates(self, at: datetime, pair: str, fee: Decimal, both: bool) -> None:
        """The American company charges the German one a fee: each books its side."""
        self.journal(at, f"US-{pair}", [("IC-DE", fee, ""), ("4003", -fee, "")], pair=pair, partner="DE")
        if both:
            self.journal(
                at,
                f"DE-{pair}",
                [("6530", fee, ""), ("IC-US", -fee, "")],
                entity="DE",
                pair=pair,
                partner="US",
            )

    # payroll and expenses

    def _schedule_payroll(self) -> None:
        self.add(self.at(PAY_DAY, 8), self._pay)

    def _pay(self, at: datetime) -> None:
        run = self.bureau.pay("R-2026-10", "2026-10", PAY_DAY, "USD", self.staff)
        self.drop(
            "payroll", "payroll-2026-10.csv", self.bureau.export(run, prepared_by="pat@northwind.example")
        )
        social = run.total("social") + run.total("employer_social")
        self.booked.append(
            BookedTruth(
                "US",
                run.run,
                PAY_DAY,
                {
                    "630000": run.total("gross"),
                    "630100": run.total("employer_social"),
                    "230100": -run.total("tax"),
                    "230200": -social,
                    "230000": -run.total("net_pay"),
                },
            )
        )
        for e in self.staff:
            social = (e.gross * Decimal("0.09")).quantize(Decimal("0.01"))
            self.analytic[e.cost_centre] = self.analytic.get(e.cost_centre, Decimal(0)) + e.gross + social
        # The bank debits the batch as one, or, with an odd seed, in two files.
        net = int(run.total("net_pay").scaleb(2))
        day = next_business_day(PAY_DAY + timedelta(days=1))
        first = net // 3 if self.world.seed % 2 else 0
        for part in filter(None, (first, net - first)):
            line = BankLine(
                day,
                -part,
                counterparty="PAYROLL BATCH",
                remittance="R-2026-10",
                code=("PMNT", "ICDT", "SALA"),
            )
            self.expect(line)
            self.awaited(line)

    def _schedule_expenses(self) -> None:
        draw = self._random
        for number in range(max(3, len(self.staff) // 2)):
            day = FIRST + timedelta(days=draw.randrange(25))
            employee = self.staff[number % len(self.staff)]
            travel, days = cents(draw.randrange(3_000, 90_000)), draw.randrange(1, 4)
            card = cents(draw.randrange(1_000, 20_000))
            self.add(
                self.at(day, 17),
                lambda t, n=number, e=employee, v=travel, d=days, c=card: self.claim(t, n, e, v, d, c),  # type: ignore[misc]
            )

    def claim(
        self,
        at: datetime,
        number: int,
        employee: Employee,
        travel: Decimal,
        days: int,
        card: Decimal,
        on: date | None = None,
        booked: bool = True,
    ) -> Report:
        """A report of travel with tax, days away, and something that the company card paid."""
        tax = (travel * 15 / 115).quantize(Decimal("0.01"))
        allowance = Decimal("28.00") * days
        made = (
            Expense("travel", travel, tax, "employee", employee.cost_centre),
            Expense("per_diem", allowance, cost_centre=employee.cost_centre, days=days),
            Expense("travel", card, paid_by="card", cost_centre=employee.cost_centre),
        )
        day = on or at.astimezone(ZONE).date()
        report = Report(f"XR-{1000 + number}", day, employee.number, f"Person {employee.number}", "USD", made)
        self.drop("expenses", f"{report.report}.csv", self.expenses.export([report]))
        if not booked:
            self.absent.add(report.report)
            return report
        lines = {
            "651000": travel - tax + card,
            "652000": allowance,
            "131000": tax,
            "211000": -(travel + allowance),
            "212150": -card,
        }
        self.booked.append(BookedTruth("US", report.report, day, lines))
        centre = employee.cost_centre
        self.analytic[centre] = self.analytic.get(centre, Decimal(0)) + travel - tax + card + allowance
        line = BankLine(
            next_business_day(at.astimezone(ZONE).date() + timedelta(days=4)),
            -int((travel + allowance).scaleb(2)),
            counterparty=f"Person {employee.number}",
            remittance=report.report,
            code=("PMNT", "ICDT", "ESCT"),
        )
        if line.on <= END:
            self.expect(line)
            self.awaited(line)
        return report

    # the bank

    def expect(self, line: BankLine) -> None:
        """Let the bank book a line on its day."""
        self._lines.setdefault(line.on, []).append(line)

    def awaited(self, line: BankLine) -> None:
        """A line that names no order: it waits, as a case without money, until it is matched."""
        if self.plant:
            self.planted.append(Planted("unmatched_bank_line", self._key_of(line), Decimal(0)))

    def accrue(self, until: date) -> None:
        """What must stand in the books for what came and is not billed: taken back the day after."""
        lines = self.buying.uninvoiced(until)
        total = sum(lines.values(), Decimal(0))
        if not total:
            return
        reference = f"ACCRUAL-{until:%Y%m%d}-USD"
        booked = {"653000": total, "211100": -total}
        self.booked.append(BookedTruth("US", reference, until, booked))
        turned = {k: -v for k, v in booked.items()}
        self.booked.append(BookedTruth("US", f"Reversal of: {reference}", until + timedelta(days=1), turned))

    def came_back(self, line: BankLine) -> None:
        """A payment that the bank returns: its bills are open again, which a case says."""
        self.planted.append(Planted("payment_returned", self._key_of(line), cents(line.amount)))

    def _key_of(self, line: BankLine) -> str:
        number = self._lines[line.on].index(line) + 1
        return f"{IBAN_USD}:{line.on:%j}:{line.on.isoformat()}:{number:05d}"

    def _issue_statement(self, day: date) -> None:
        lines = self._lines.get(day, [])
        for line in lines:
            self.world.bank.book(IBAN_USD, line)
            self.cash.append((day, line.amount))
        if lines:
            self.drop("bank", f"{IBAN_USD[-4:]}-{day:%Y%m%d}.xml", self.world.bank.statement(IBAN_USD, day))


ACCOUNTS = {
    "US": {
        "6530": "653000",
        "2125": "212500",
        "IC-DE": "122500",
        "4003": "400320",
        "accrued_purchases": "211100",
        "6100": "630000",
        "6110": "630100",
        "2110": "230100",
        "2120": "230200",
        "2100": "230000",
    },
    "DE": {"6530": "653000", "IC-US": "212510", "2125": "212500"},
}


def _later(day: date, months: int) -> date:
    """The same day some months later; the first of the next one where a month has no such day."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    try:
        return date(year, month, day.day)
    except ValueError:
        return date(year + month // 12, month % 12 + 1, 1)


def by_days(amount: int, first: date, after: date) -> dict[str, int]:
    """Minor units by month, as the billing tool shares them out: by days, the last month the rest."""
    days, found, left, day = (after - first).days, dict[str, int](), amount, first
    while day < after:
        following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        share = amount * (min(following, after) - day).days // days if following < after else left
        found[f"{day:%Y-%m}"] = share
        left -= share
        day = following
    return found


def workbook_with_formulas() -> bytes:
    """A spreadsheet whose amounts are formulas."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["entry", "on", "currency", "account", "amount"])
    sheet.append(["J-900", date(2026, 10, 20), "USD", "6530", "=100*3"])
    sheet.append(["J-900", date(2026, 10, 20), "USD", "2125", -300])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
