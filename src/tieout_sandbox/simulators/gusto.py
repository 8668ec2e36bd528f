"""Gusto as its API's clients see it: one company, its employees, its processed payrolls."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from tieout_sandbox.simkit import NONE, Answer, Faults

_CENT = Decimal("0.01")


class Gusto:
    """One company. Employees are (uuid, department, gross pay a run)."""

    name = "gusto"

    def __init__(
        self, now: Callable[[], datetime], *, company: str, token: str, faults: Faults | None = None
    ) -> None:
        self._now, self.company, self._token = now, company, token
        self.faults = faults or Faults(NONE, 0)
        self.employees: dict[str, tuple[str, Decimal]] = {}
        self.payrolls: list[dict[str, Any]] = []

    def hire(self, uuid: str, department: str, gross: Decimal) -> None:
        self.employees[uuid] = (department, gross)

    def process(self, uuid: str, first: date, last: date, check_date: date) -> dict[str, Any]:
        """Run the payroll of a pay period."""
        totals = dict.fromkeys(
            ("gross_pay", "net_pay", "employer_taxes", "employee_taxes", "employee_benefits_deductions"),
            Decimal(0),
        )
        paid = []
        for employee, (_, gross) in self.employees.items():
            income, social = (gross * 18 / 100).quantize(_CENT), (gross * 765 / 10_000).quantize(_CENT)
            plan = (gross * 4 / 100).quantize(_CENT)
            net = gross - income - social - plan
            paid.append(
                {
                    "employee_uuid": employee,
                    "gross_pay": str(gross),
                    "net_pay": str(net),
                    "taxes": [
                        {"name": "Federal Income Tax", "employer": False, "amount": str(income)},
                        {"name": "Social Security and Medicare", "employer": False, "amount": str(social)},
                        {"name": "Social Security and Medicare", "employer": True, "amount": str(social)},
                    ],
                    "deductions": [{"name": "401(k)", "amount": str(plan)}],
                }
            )
            for name, value in (("gross_pay", gross), ("net_pay", net), ("employer_taxes", social),
                                ("employee_taxes", income + social), ("employee_benefits_deductions", plan)):  # fmt: skip
                totals[name] += value
        row = {
            "payroll_uuid": uuid,
            "company_uuid": self.company,
            "processed": True,
            "check_date": check_date.isoformat(),
            "pay_period": {"start_date": first.isoformat(), "end_date": last.isoformat()},
            "totals": {k: str(v) for k, v in totals.items()},
            "employee_compensations": paid,
        }
        self.payrolls.append(row)
        return row

    # the wire

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        if headers.get("authorization") != f"Bearer {self._token}":
            return _error(401, "invalid_token")
        base = f"/v1/companies/{self.company}/"
        given = {k: v[0] for k, v in parse_qs(query).items()}
        if method != "GET" or path not in (f"{base}payrolls", f"{base}employees"):
            return _error(404, "not_found")
        rows: list[dict[str, Any]]
        if path.endswith("employees"):
            rows = [{"uuid": k, "department": d} for k, (d, _) in self.employees.items()]
        else:
            low, high = given.get("start_date", "0000"), given.get("end_date", "9999")
            rows = [r for r in self.payrolls if low <= r["pay_period"]["end_date"] <= high]
        per, page = int(given.get("per", "25")), int(given.get("page", "1"))
        shown = rows[(page - 1) * per : page * per]
        pages = {"x-total-pages": str(max(1, -(-len(rows) // per))), "x-total-count": str(len(rows))}
        return Answer(200, json.dumps(shown).encode(), headers=pages)

    def refuse(self, fault: str) -> Answer:
        if fault == "too_many":
            answer = _error(429, "rate_limit_exceeded")
            answer.headers["retry-after"] = "0"
            return answer
        return _error(401, "invalid_token") if fault == "expired_token" else _error(500, "internal_error")

    def writes(self, method: str, path: str) -> bool:
        return False


def _error(status: int, category: str) -> Answer:
    body = {"errors": [{"error_key": "base", "category": category, "message": category}]}
    return Answer(status, json.dumps(body).encode())
