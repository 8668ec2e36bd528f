"""An expense tool: reports that were approved there, exported as files with their own total."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_HEAD = (
    "report", "on", "employee", "employee_name", "category", "amount", "tax", "tax_key", "currency", "paid_by",
    "description", "receipt", "cost_centre", "days", "reports",
)  # fmt: skip


@dataclass(frozen=True)
class Expense:
    """`amount` includes `tax`; both positive."""

    category: str
    amount: Decimal
    tax: Decimal = Decimal(0)
    paid_by: str = "employee"
    cost_centre: str = ""
    days: int = 0


@dataclass(frozen=True)
class Report:
    report: str
    on: date
    employee: str
    name: str
    currency: str
    expenses: tuple[Expense, ...]

    @property
    def total(self) -> Decimal:
        return sum((e.amount for e in self.expenses), Decimal(0))


class ExpenseTool:
    """Reports by number, as the tool knows them."""

    def __init__(self) -> None:
        self.reports: dict[str, Report] = {}

    def export(self, reports: list[Report]) -> bytes:
        self.reports |= {r.report: r for r in reports}
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(_HEAD)
        for r in reports:
            for number, e in enumerate(r.expenses, 1):
                writer.writerow(
                    (
                        r.report, r.on.isoformat(), r.employee, r.name, e.category, e.amount, e.tax or "",
                        "VAT" if e.tax else "", r.currency, e.paid_by, e.category.capitalize(),
                        f"{r.report}-{number}.pdf", e.cost_centre, e.days or "", "",
                    )
                )  # fmt: skip
        last = max(r.on for r in reports).isoformat()
        for currency in dict.fromkeys(r.currency for r in reports):
            mine = [r for r in reports if r.currency == currency]
            total = sum((r.total for r in mine), Decimal(0))
            writer.writerow(
                ("TOTAL", last, "-", "", "-", total, "", "", currency, "employee", "", "", "", "", len(mine))
            )
        return out.getvalue().encode()
