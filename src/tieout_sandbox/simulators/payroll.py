"""A payroll bureau: it runs a month's payroll and exports it, with its own totals."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_TAX, _SOCIAL = Decimal("0.20"), Decimal("0.09")
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Employee:
    number: str
    cost_centre: str
    gross: Decimal


@dataclass
class Run:
    """A run as the bureau holds it: component to amount by employee, all positive."""

    run: str
    period: str
    pay_date: date
    currency: str
    rows: list[tuple[str, str, str, Decimal]]

    def total(self, component: str) -> Decimal:
        return sum((v for _, _, c, v in self.rows if c == component), Decimal(0))


class PayrollBureau:
    """Runs by number, as the bureau knows them."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}

    def pay(self, run: str, period: str, pay_date: date, currency: str, staff: list[Employee]) -> Run:
        rows: list[tuple[str, str, str, Decimal]] = []
        for e in staff:
            tax, social = (e.gross * _TAX).quantize(_CENT), (e.gross * _SOCIAL).quantize(_CENT)
            for component, amount in (
                ("gross", e.gross),
                ("tax", tax),
                ("social", social),
                ("employer_social", social),
                ("net_pay", e.gross - tax - social),
            ):
                rows.append((e.number, e.cost_centre, component, amount))
        self.runs[run] = Run(run, period, pay_date, currency, rows)
        return self.runs[run]

    def export(self, run: Run, number: str = "", prepared_by: str = "") -> bytes:
        """The run as a file; `number` is another one under which it is sent once more."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(
            ("run", "period", "pay_date", "employee", "component", "amount", "currency", "cost_centre",
             "prepared_by")
        )  # fmt: skip
        head = (run.period, run.pay_date.isoformat())
        for employee, centre, component, amount in run.rows:
            writer.writerow(
                (number or run.run, *head, employee, component, amount, run.currency, centre, prepared_by)
            )
        for component in dict.fromkeys(c for _, _, c, _ in run.rows):
            writer.writerow(("TOTAL", *head, "", component, run.total(component), run.currency, "", ""))
        return out.getvalue().encode()
