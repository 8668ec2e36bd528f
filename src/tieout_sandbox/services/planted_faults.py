"""Faults that are planted into the services month, each with the truth of it written down apart."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from tieout_sandbox.month import FIRST
from tieout_sandbox.services.buying_faults import BuyingFaults
from tieout_sandbox.services.month import CONTROLLER, PAY_DAY, ServicesMonth, workbook_with_formulas
from tieout_sandbox.truths import Planted, cents

# The journal that an accountant reverses in Odoo, and when.
TURNED, TURNED_ON = "J-905", date(2026, 10, 19)


def plant_faults(month: ServicesMonth) -> None:
    """Add one of each to a month's schedule, of what it buys too."""
    ServicesFaults(month).schedule()
    BuyingFaults(month.buying).schedule()


class ServicesFaults:
    """Schedules one of each. All of them are in USD, the first entity's currency."""

    def __init__(self, month: ServicesMonth) -> None:
        self.m = month

    def schedule(self) -> None:
        """Each fault on its day."""
        m = self.m

        def on(day: int, hour: int = 10) -> datetime:
            return m.at(FIRST + timedelta(days=day - 1), hour)

        m.add(on(6), self.wrong_cost_centre)
        m.add(on(7), self.unbalanced)
        m.add(on(8), self.maker_approves)
        m.add(on(12), self.edited_after_approval)
        m.add(on(13), self.turned_by_hand)
        m.add(on(14), self.schedule_off_by_a_cent)
        m.add(on(20), self.formulas)
        m.add(on(22), self.one_sided)
        m.add(m.at(PAY_DAY + timedelta(days=2), 9), self.payroll_twice)
        m.add(m.at(date(2026, 11, 5), 11), self.after_cut_off)

    def _plant(self, cause: str, key: str, amount: Decimal) -> None:
        self.m.planted.append(Planted(cause, key, amount))

    def wrong_cost_centre(self, at: datetime) -> None:
        """A cost centre that nobody knows."""
        value = Decimal("640.00")
        self.m.journal(at, "J-901", [("6530", value, "999"), ("2125", -value, "")], booked=False)
        self._plant("unknown_dimension", "J-901", value)

    def unbalanced(self, at: datetime) -> None:
        """A journal whose sides differ by a cent."""
        lines = [("6530", Decimal("1200.01"), "100"), ("2125", Decimal("-1200.00"), "")]
        self.m.journal(at, "J-902", lines, booked=False)
        self._plant("unbalanced_journal", "J-902", Decimal("1200.01"))

    def maker_approves(self, at: datetime) -> None:
        """A controller prepares a journal, and tries to approve it."""
        value = Decimal("3300.00")
        self.m.journal(at, "J-903", [("6530", value, "200"), ("2125", -value, "")], by=CONTROLLER)
        self.m.own_affairs.add("J-903")
        self._plant("approval.refused", "journals_us:J-903", Decimal(0))

    def edited_after_approval(self, at: datetime) -> None:
        """One of two people has approved a large journal; then its maker sends another amount."""
        first, second = Decimal("61000.00"), Decimal("64000.00")
        self.m.held_until["J-904"] = at.date() + timedelta(days=3)
        self.m.journal(at, "J-904", [("6530", first, "100"), ("2125", -first, "")], booked=False)
        self.m.absent.discard("J-904")

        def edit(later: datetime) -> None:
            lines = [("6530", second, "100"), ("2125", -second, "")]
            self.m.journal(later, "J-904", lines, times=2)

        self.m.add(at + timedelta(days=2), edit)
        self._plant("approval.void", "journals_us:J-904", Decimal(0))
        # The second of the two is away: past its service level that is a case, until it is void.
        self._plant("approval_overdue", "journals_us:J-904", Decimal(0))

    def turned_by_hand(self, at: datetime) -> None:
        """A journal that is booked; on TURNED_ON an accountant reverses it in Odoo, and tells nobody."""
        value = Decimal("2750.00")
        self.m.journal(at, TURNED, [("6530", value, "300"), ("2125", -value, "")])
        self.m.analytic["300"] -= value
        self._plant("reversed_in_ledger", TURNED, value)

    def schedule_off_by_a_cent(self, at: datetime) -> None:
        """A billing tool whose own schedule is a cent short of its invoice."""
        invoice, net = self.m.bill(at, 9001, 3, 30_000, 0, False, short=1)
        line = self.m.world.chargebee.rows["invoices"][invoice]["line_items"][0]["id"]
        self._plant("schedule_differs", f"invoice:{invoice}:{line}", cents(net))

    def formulas(self, at: datetime) -> None:
        """A spreadsheet with formulas instead of amounts."""
        self.m.drop("journals_us", "accruals.xlsx", workbook_with_formulas())
        self.m.absent.add("J-900")
        self._plant("unreadable_file", "accruals.xlsx", Decimal(0))

    def one_sided(self, at: datetime) -> None:
        """One entity charges the other, which books nothing."""
        fee = Decimal("4100.00")
        self.m.affiliates(at, "RECHARGE-7", fee, both=False)
        self._plant("intercompany_one_sided", "RECHARGE-7:USD", fee)

    def payroll_twice(self, at: datetime) -> None:
        """The payroll run comes once more, under another number."""
        run = self.m.bureau.runs["R-2026-10"]
        self.m.drop("payroll", "payroll-2026-10-final.csv", self.m.bureau.export(run, "R-2026-10B"))
        self.m.absent.add("R-2026-10B")
        self._plant("duplicate_payroll_run", "R-2026-10B", run.total("gross") + run.total("employer_social"))

    def after_cut_off(self, at: datetime) -> None:
        """An expense of October that comes once October is locked."""
        employee = self.m.staff[0]
        report = self.m.claim(
            at, 900, employee, Decimal("230.00"), 1, Decimal("10.00"), date(2026, 10, 28), booked=False
        )
        self._plant("late_event", report.report, report.total)
