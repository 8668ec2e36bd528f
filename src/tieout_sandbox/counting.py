"""What each company of a server has, counted and summed: who works in one must leave every other as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieout_sandbox.company import Administrator

# A model, the field by which its records are of a company, and what of them is added up beside the count.
_COUNTED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("account.account", "company_ids", ()),
    ("account.bank.statement.line", "journal_id.company_id", ("amount",)),
    ("account.journal", "company_id", ()),
    ("account.move", "company_id", ()),
    ("account.move.line", "company_id", ("debit", "credit", "amount_residual")),
    ("account.partial.reconcile", "debit_move_id.company_id", ("amount",)),
    ("account.payment", "journal_id.company_id", ("amount",)),
    ("account.tax", "company_id", ()),
    ("res.currency.rate", "company_id", ()),
)
# By company: by model how many, and their sums, in words.
Counts = Mapping[int, Mapping[str, str]]


def counted(admin: Administrator, companies: Mapping[int, str]) -> Counts:
    """What each of these companies has now. Raises as `Administrator.call`."""
    return {
        company: {model: _of(admin, company, model, by, sums) for model, by, sums in _COUNTED}
        for company in companies
    }


def _of(admin: Administrator, company: int, model: str, by: str, sums: tuple[str, ...]) -> str:
    domain = [[by, "in", [company]]]
    context: dict[str, Any] = {"allowed_company_ids": [company], "active_test": False}
    count = admin.call(model, "search_count", domain=domain, context=context)
    found = admin.summed(model, domain, sums, company)
    return ", ".join([str(count), *(f"{name} {amount}" for name, amount in found.items())])


def moved(before: Counts, after: Counts) -> dict[int, list[str]]:
    """By company what has more, fewer or other amounts than before; [] where everything is as it was."""
    return {
        company: [
            f"{model}: {told} before, {after.get(company, {}).get(model, 'nothing')} now"
            for model, told in had.items()
            if after.get(company, {}).get(model) != told
        ]
        for company, had in before.items()
    }
