"""A processed payroll to its entry: totals by department, and nobody's pay. Pure.

Reference: Gusto/gusto-python-client, version 2026-06-15 (get a single payroll). As published, a person's gross pay less employee taxes,
deductions, benefits' employee deductions and cash tips is the net pay, and a check is net pay and reimbursements. What a payroll has
that is not known here is refused, so that a person looks at it: nothing of it is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.connector_api import EntryRow, journal_of
from tieout.documents import Document

CURRENCY = "USD"
_ZERO = Decimal(0)
# The payroll's own totals that its compensations must come to.
_HELD = (
    "gross_pay",
    "net_pay",
    "employee_taxes",
    "employer_taxes",
    "benefits",
    "reimbursements",
    "employee_cash_tips",
)
# Parts of what is held, and how the money goes: nothing beside it.
_WITHIN = (
    "company_debit", "net_pay_debit", "tax_debit", "reimbursement_debit", "child_support_debit", "employee_bonuses",
    "employee_commissions", "employee_paycheck_tips", "additional_earnings", "check_amount", "imputed_pay",
    "employee_benefits_deductions", "other_deductions",
)  # fmt: skip
_SCOPES = "Grant the app employee_benefits:read and employee_benefits:read:phi, without which Gusto leaves benefits out"


@dataclass
class _Sums:
    """What a payroll costs by component and department, and what is owed for it by component."""

    cost: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    owed: dict[str, Decimal] = field(default_factory=dict)
    cash_tips: Decimal = _ZERO

    def add(self, name: str, department: str, amount: Decimal) -> None:
        self.cost[name, department] = self.cost.get((name, department), _ZERO) + amount

    def owe(self, name: str, amount: Decimal) -> None:
        self.owed[name] = self.owed.get(name, _ZERO) + amount

    def total(self, name: str) -> Decimal:
        if name == "employee_cash_tips":
            return self.cash_tips
        if name in ("net_pay", "employee_taxes"):
            return self.owed.get(name, _ZERO)
        return sum((v for (n, _), v in self.cost.items() if n == name), _ZERO)


def payroll(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """The entry of a payroll: Dr gross pay, employer taxes, the company's benefits and reimbursements by department; Cr taxes,
    deductions, benefits, child support, cash tips, reimbursements and net pay as a whole. The accounts' keys are the components'
    names, with `.owed` for what is owed (cash tips, which were paid already: `cash_tips.paid`).

    Raises ValueError for one that is not processed, does not add up, or has what is not known here.
    """
    body = json.loads(raw)
    row, lines = body["payroll"], _lines(body)
    on, period = date.fromisoformat(row["check_date"]), row["pay_period"]
    net = -sum((v for (account, _), v in lines.items() if account == "net_pay.owed"), _ZERO)
    rows = [
        EntryRow(
            entry=str(row.get("payroll_uuid") or row["uuid"]),
            number=number,
            on=on,
            currency=CURRENCY,
            account=account,
            amount=amount,
            reference=f"PAYROLL {on}",
            text=account.replace("_", " "),
            dimensions={"cost_centre": department} if department else {},
            twin=f"payroll:{row['company_uuid']}:{period['start_date']}:{period['end_date']}:{on}:{net}",
            nature="payroll_run",
        )
        for number, ((account, department), amount) in enumerate(sorted(lines.items()), 1)
        if amount
    ]
    return [journal_of(rows, f"payroll {period['start_date']} to {period['end_date']}")] if rows else []


def debits_and_credits(body: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """The sums of the debits and of the credits that a payroll makes. Raises ValueError as `payroll` does."""
    lines = _lines(body).values()
    return sum((v for v in lines if v > 0), _ZERO), -sum((v for v in lines if v < 0), _ZERO)


def _lines(body: Mapping[str, Any]) -> dict[tuple[str, str], Decimal]:
    """Amounts by account and department: a debit is positive."""
    row, departments = body["payroll"], body["departments"]
    if not row["processed"]:
        raise ValueError(
            "a payroll that is not processed yet, or not any more: if it was booked, reverse it in the ledger"
        )
    sums, wrong = _Sums(), 0
    for person in row["employee_compensations"]:
        if not person.get("excluded"):
            wrong += not _add(sums, person, departments.get(str(person["employee_uuid"]), ""))
    if wrong:
        raise ValueError(
            f"the pay of {wrong} persons does not add up: gross pay less taxes, deductions, benefits and cash tips is not the net "
            f"pay, or a check is not net pay and reimbursements. {_SCOPES}"
        )
    _company_taxes(sums, row.get("company_taxes") or ())
    totals = {k: Decimal(str(v)) for k, v in row["totals"].items() if v is not None}
    _hold(sums, totals)
    _split_child_support(sums, totals.get("child_support_debit", _ZERO))
    owed = {(name if name == "cash_tips.paid" else f"{name}.owed", ""): -v for name, v in sums.owed.items()}
    return {**sums.cost, **owed}


def _add(sums: _Sums, person: Mapping[str, Any], department: str) -> bool:
    """Add what a person is paid; whether it adds up."""
    gross, net = _money(person, "gross_pay"), _money(person, "net_pay")
    fixed = person.get("fixed_compensations") or ()
    tips = _sum(x["amount"] for x in fixed if x["name"] == "Cash Tips")
    given = person.get("reimbursements")
    if given is None:
        # Versions before 2025-11-15 had them among the fixed compensations.
        given = [x for x in fixed if x["name"] == "Reimbursement"]
    back = _sum(x["amount"] for x in given)
    taxes = person.get("taxes") or ()
    own, company = (_sum(t["amount"] for t in taxes if bool(t["employer"]) is side) for side in (False, True))
    benefits = person.get("benefits") or ()
    kept = _sum(b.get("employee_deduction") or 0 for b in benefits)
    paid = _sum(b.get("company_contribution") or 0 for b in benefits)
    taken = _sum(d["amount"] for d in person.get("deductions") or ())
    costs = {"gross_pay": gross, "employer_taxes": company, "benefits": paid, "reimbursements": back}
    for name, value in costs.items():
        sums.add(name, department, value)
    for name, value in (
        ("employee_taxes", own), ("employer_taxes", company), ("benefits", kept + paid), ("deductions", taken),
        ("reimbursements", back), ("net_pay", net), ("cash_tips.paid", tips),
    ):  # fmt: skip
        sums.owe(name, value)
    sums.cash_tips += tips
    check = person.get("check_amount")
    whole = check is None or Decimal(str(check)) == net + back
    return whole and gross - own - kept - taken - tips == net


def _company_taxes(sums: _Sums, taxes: Iterable[Mapping[str, Any]]) -> None:
    """Taxes of the payroll as a whole, beside those of persons; a rebate is negative."""
    for tax in taxes:
        if not tax["employer"]:
            raise ValueError(
                f"{tax['name']}: a tax of all employees together, which is nobody's in particular"
            )
        sums.add("employer_taxes", "", Decimal(str(tax["amount"])))
        sums.owe("employer_taxes", Decimal(str(tax["amount"])))


def _hold(sums: _Sums, totals: Mapping[str, Decimal]) -> None:
    """Hold what persons are paid against the payroll's own totals, which have nothing that is not known here."""
    strange = sorted(k for k, v in totals.items() if v and k not in (*_HELD, *_WITHIN))
    if strange:
        raise ValueError(f"{', '.join(strange)}: a payroll has what is not booked here; book it by hand")
    for name in _HELD:
        if name in totals and totals[name] != sums.total(name):
            raise ValueError(
                f"the payroll's own total of {name} is {totals[name]} USD, its compensations come to {sums.total(name)}. {_SCOPES}"
            )


def _split_child_support(sums: _Sums, paid: Decimal) -> None:
    """Child support goes to its agency with the payroll; other deductions the company pays out itself."""
    if not paid:
        return
    left = sums.owed.get("deductions", _ZERO) - paid
    if (left < 0) is not (paid < 0) and left:
        raise ValueError(f"child support of {paid} USD is debited, which deductions do not come to")
    sums.owed["deductions"], sums.owed["child_support"] = left, paid


def _money(person: Mapping[str, Any], name: str) -> Decimal:
    return Decimal(str(person.get(name) or 0))


def _sum(amounts: Iterable[Any]) -> Decimal:
    return sum((Decimal(str(a)) for a in amounts), _ZERO)
