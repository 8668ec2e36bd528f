"""Gusto as its API's clients see it: one company, its employees, its processed payrolls, its contractors."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from tieout_sandbox.simkit import NONE, Answer, Faults

_CENT = Decimal("0.01")
VERSION = "2026-06-15"
CLIENT, CONSENT = "app-1", "refresh-of-consent"
_PER, _MOST = 25, 100
# What a list and what a payroll by itself leave out unless it is asked for.
_ASKED = ("totals", "payroll_status_meta", "reversals")
_OF_PERSONS = ("benefits", "deductions", "taxes")


class Gusto:
    """One company. Employees are (uuid, department, gross pay a run)."""

    name = "gusto"

    def __init__(
        self, now: Callable[[], datetime], *, company: str, token: str, faults: Faults | None = None
    ) -> None:
        # Its access tokens, which a refresh gives: one of a person's consent, and whichever came with the last of them.
        self._now, self.company, self._secret = now, company, token
        self._access, self._refresh = {token}, {CONSENT}
        self.faults = faults or Faults(NONE, 0)
        self.employees: dict[str, tuple[str, Decimal]] = {}
        self.payrolls: list[dict[str, Any]] = []
        self.contractor_payments: list[dict[str, Any]] = []

    def hire(self, uuid: str, department: str, gross: Decimal) -> None:
        """An employee with a department and a gross pay a run, in USD."""
        self.employees[uuid] = (department, gross)

    def process(
        self, uuid: str, first: date, last: date, check_date: date, *, reason: str = "", way: int = 1
    ) -> dict[str, Any]:
        """Run the payroll of a pay period; off its cycle for a `reason`. `way` -1 takes one back."""
        paid = [self._paid(employee, way * gross) for employee, (_, gross) in self.employees.items()]
        row = {
            "payroll_uuid": uuid,
            "uuid": uuid,
            "company_uuid": self.company,
            "processed": True,
            "processed_date": check_date.isoformat(),
            "off_cycle": bool(reason),
            "off_cycle_reason": reason or None,
            "external": False,
            "check_date": check_date.isoformat(),
            "pay_period": {"start_date": first.isoformat(), "end_date": last.isoformat()},
            "payroll_status_meta": {"cancellable": False},
            "totals": _totals(paid),
            "employee_compensations": paid,
        }
        self.payrolls.append(row)
        return row

    def pay_contractor(
        self, uuid: str, on: date, wage: Decimal, reimbursement: Decimal = _CENT * 0
    ) -> dict[str, Any]:
        """A payment of a fixed wage to a contractor, and what is given back for expenses."""
        row = {
            "uuid": uuid,
            "contractor_uuid": "contractor-1",
            "date": on.isoformat(),
            "payment_method": "Direct Deposit",
            "status": "Funded",
            "may_cancel": False,
            "bonus": "0.0",
            "hours": "0.0",
            "hourly_rate": "0.0",
            "wage": str(wage),
            "wage_type": "Fixed",
            "wage_total": str(wage),
            "reimbursement": str(reimbursement),
        }
        self.contractor_payments.append(row)
        return row

    def _paid(self, employee: str, gross: Decimal) -> dict[str, Any]:
        income, social = (gross * 18 / 100).quantize(_CENT), (gross * 765 / 10_000).quantize(_CENT)
        plan = (gross * 4 / 100).quantize(_CENT)
        net = str(gross - income - social - plan)
        return {
            "employee_uuid": employee,
            "excluded": False,
            "payment_method": "Direct Deposit",
            "gross_pay": str(gross),
            "net_pay": net,
            "check_amount": net,
            "fixed_compensations": [],
            "reimbursements": [],
            "taxes": [
                {"name": "Federal Income Tax", "employer": False, "amount": str(income)},
                {"name": "Social Security and Medicare", "employer": False, "amount": str(social)},
                {"name": "Social Security and Medicare", "employer": True, "amount": str(social)},
            ],
            "benefits": [
                {
                    "name": "401(k)",
                    "employee_deduction": str(plan),
                    "company_contribution": "0.00",
                    "imputed": False,
                }
            ],
            "deductions": [],
        }

    # the wire

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """Employees, processed payrolls by their pay period, a payroll by itself, contractors' payments by day: pages by
        number, 25 where nothing is said and 100 at most; how many there are stands in `X-Total-Pages`."""
        if (method, path) == ("POST", "/oauth/token"):
            return self._renew({k: v[0] for k, v in parse_qs(body.decode()).items()})
        if headers.get("authorization", "").removeprefix("Bearer ") not in self._access:
            return _error(401, "invalid_token")
        if headers.get("x-gusto-api-version") != VERSION:
            return _error(406, "invalid_api_version")
        given = {k: v[0] for k, v in parse_qs(query).items()}
        base, per = f"/v1/companies/{self.company}/", min(int(given.get("per", _PER)), _MOST)
        page = int(given.get("page", "1"))
        what, _, one = path.removeprefix(base).partition("/")
        if method != "GET" or not path.startswith(base):
            return _error(404, "not_found")
        if what == "payrolls" and one:
            return self._one(one, given, page, per)
        if what == "employees" and not one:
            rows = [{"uuid": k, "department": d} for k, (d, _) in self.employees.items()]
            return _paged(rows, page, per)
        if what == "payrolls":
            return self._list(given, page, per)
        return (
            self._contractors(given, page, per) if what == "contractor_payments" else _error(404, "not_found")
        )

    def _renew(self, form: dict[str, str]) -> Answer:
        """A new pair of tokens for a refresh token, which is none after that; the one of the consent stays, as if the app was
        connected anew."""
        refresh = form.get("refresh_token", "")
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, self._secret):
            return Answer(401, b'{"error": "invalid_client"}')
        if form.get("grant_type") != "refresh_token" or refresh not in self._refresh:
            return Answer(400, b'{"error": "invalid_grant"}')
        number = len(self._access)
        self._refresh = {CONSENT, f"refresh-{number}-{self._secret}"}
        self._access.add(f"access-{number}-{self._secret}")
        told = {
            "access_token": f"access-{number}-{self._secret}",
            "token_type": "bearer",
            "expires_in": 7200,
            "refresh_token": f"refresh-{number}-{self._secret}",
        }
        return Answer(200, json.dumps(told).encode())

    def _list(self, given: dict[str, str], page: int, per: int) -> Answer:
        now = self._now().date()
        low = given.get("start_date", (now - timedelta(days=182)).isoformat())
        high = given.get("end_date", now.isoformat())
        if date.fromisoformat(high) - date.fromisoformat(low) > timedelta(days=366):
            return _error(422, "start_date and end_date can't be more than 1 year apart")
        types = given.get("payroll_types", "regular").split(",")
        rows = [
            r
            for r in self.payrolls
            if low <= r["pay_period"]["end_date"] <= high and r["processed"] and _type(r) in types
        ]
        left_out = {*_ASKED, "employee_compensations"} - {*given.get("include", "").split(",")}
        return _paged([{k: v for k, v in r.items() if k not in left_out} for r in rows], page, per)

    def _one(self, key: str, given: dict[str, str], page: int, per: int) -> Answer:
        found = next((r for r in self.payrolls if r["payroll_uuid"] == key), None)
        if found is None:
            return _error(404, "not_found")
        include = {*given.get("include", "").split(",")}
        left_out = {*_OF_PERSONS} - include
        paid = [{k: v for k, v in p.items() if k not in left_out} for p in found["employee_compensations"]]
        answer = _paged(paid, page, per)
        row = {k: v for k, v in found.items() if k not in {*_ASKED} - include}
        row["employee_compensations"] = json.loads(answer.body)
        return Answer(200, json.dumps(row).encode(), headers=answer.headers)

    def _contractors(self, given: dict[str, str], page: int, per: int) -> Answer:
        if "start_date" not in given or "end_date" not in given:
            return _error(422, "start_date is required")
        rows = [r for r in self.contractor_payments if given["start_date"] <= r["date"] <= given["end_date"]]
        groups = [{"contractor_uuid": "contractor-1", **_both(rows), "payments": rows}] if rows else []
        answer = _paged(groups, page, per)
        wages = sum((Decimal(r["wage_total"]) for r in rows), Decimal(0))
        back = sum((Decimal(r["reimbursement"]) for r in rows), Decimal(0))
        told = {
            "total": {"wages": str(wages), "reimbursements": str(back)},
            "contractor_payments": json.loads(answer.body),
        }
        return Answer(200, json.dumps(told).encode(), headers=answer.headers)

    def refuse(self, fault: str) -> Answer:
        """Gusto's shape of an error: 429 with Retry-After 0, 401, 500."""
        if fault == "too_many":
            answer = _error(429, "rate_limit_exceeded")
            answer.headers["retry-after"] = "0"
            return answer
        return _error(401, "invalid_token") if fault == "expired_token" else _error(500, "internal_error")

    def writes(self, method: str, path: str) -> bool:
        """Never: the product only reads here."""
        return False


def _type(row: dict[str, Any]) -> str:
    return "external" if row["external"] else "off_cycle" if row["off_cycle"] else "regular"


def _totals(paid: list[dict[str, Any]]) -> dict[str, str]:
    def of(name: str) -> Decimal:
        return sum((Decimal(p[name]) for p in paid), Decimal(0))

    def taxes(employer: bool) -> Decimal:
        found = (Decimal(t["amount"]) for p in paid for t in p["taxes"] if t["employer"] is employer)
        return sum(found, Decimal(0))

    plan = sum((Decimal(b["employee_deduction"]) for p in paid for b in p["benefits"]), Decimal(0))
    gross, net, own, company = of("gross_pay"), of("net_pay"), taxes(False), taxes(True)
    said = {
        "company_debit": net + own + company, "net_pay_debit": net, "tax_debit": own + company, "gross_pay": gross,
        "net_pay": net, "employer_taxes": company, "employee_taxes": own, "employee_benefits_deductions": plan,
    }  # fmt: skip
    nothing = dict.fromkeys(
        ("reimbursement_debit", "child_support_debit", "reimbursements", "employee_bonuses", "employee_commissions",
         "employee_cash_tips", "employee_paycheck_tips", "additional_earnings", "owners_draw", "check_amount", "benefits",
         "imputed_pay", "deferred_payroll_taxes", "other_deductions"),
        "0.00",
    )  # fmt: skip
    return {**nothing, **{k: str(v) for k, v in said.items()}}


def _both(rows: list[dict[str, Any]]) -> dict[str, str]:
    """A contractor's totals."""
    wages = sum((Decimal(r["wage_total"]) for r in rows), Decimal(0))
    back = sum((Decimal(r["reimbursement"]) for r in rows), Decimal(0))
    return {"wage_total": str(wages), "reimbursement_total": str(back)}


def _paged(rows: list[Any], page: int, per: int) -> Answer:
    shown = rows[(page - 1) * per : page * per]
    headers = {
        "x-page": str(page),
        "x-per-page": str(per),
        "x-total-count": str(len(rows)),
        "x-total-pages": str(max(1, -(-len(rows) // per))),
    }
    return Answer(200, json.dumps(shown).encode(), headers=headers)


def _error(status: int, category: str) -> Answer:
    body = {"errors": [{"error_key": "base", "category": category, "message": category}]}
    return Answer(status, json.dumps(body).encode())
