"""A processed payroll to its entry: totals by department, and nobody's pay. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.connector_api import EntryRow, journal_of
from tieout.documents import Document

CURRENCY = "USD"
# The components that Gusto's totals are made of, and the side on which the ledger has them.
COST, OWED = ("gross_pay", "employer_taxes"), ("employee_taxes", "employer_taxes", "deductions", "net_pay")


def payroll(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """The entry of a payroll: Dr gross pay and employer taxes by department, Cr taxes, deductions and
    net pay as a whole. The accounts' keys are the components' names, with `.owed` for what is owed."""
    body = json.loads(raw)
    row, departments = body["payroll"], body["departments"]
    if not row["processed"]:
        raise ValueError("a payroll that is not processed yet")
    sums: dict[tuple[str, str], Decimal] = {}
    for employee in row["employee_compensations"]:
        department = departments.get(str(employee["employee_uuid"]), "")
        taxes = {
            side: sum(
                (Decimal(str(t["amount"])) for t in employee["taxes"] if bool(t["employer"]) is side),
                Decimal(0),
            )
            for side in (True, False)
        }
        taken = sum((Decimal(str(d["amount"])) for d in employee.get("deductions", [])), Decimal(0))
        parts = {
            "gross_pay": Decimal(str(employee["gross_pay"])),
            "employer_taxes": taxes[True],
            "employee_taxes": taxes[False],
            "deductions": taken,
            "net_pay": Decimal(str(employee["net_pay"])),
        }
        for name in COST:
            sums[name, department] = sums.get((name, department), Decimal(0)) + parts[name]
        for name in OWED:
            sums[f"{name}.owed", ""] = sums.get((f"{name}.owed", ""), Decimal(0)) - parts[name]
    pay_date, period = date.fromisoformat(row["check_date"]), row["pay_period"]
    net = -sums.get(("net_pay.owed", ""), Decimal(0))
    rows = [
        EntryRow(
            entry=str(row["payroll_uuid"]),
            number=number,
            on=pay_date,
            currency=CURRENCY,
            account=account,
            amount=amount,
            reference=f"PAYROLL {pay_date}",
            text=account.replace("_", " "),
            dimensions={"cost_centre": department} if department else {},
            twin=f"payroll:{row['company_uuid']}:{period['start_date']}:{period['end_date']}:{pay_date}:{net}",
            nature="payroll_run",
        )
        for number, ((account, department), amount) in enumerate(sorted(sums.items()), 1)
        if amount
    ]
    return [journal_of(rows, f"payroll {period['start_date']} to {period['end_date']}")] if rows else []
