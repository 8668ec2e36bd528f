"""Rows of companies, counted: what a qualification does in one must leave every other as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieout.connector_api import ConnectorError
from tieout.connectors.odoo.client import OdooClient
from tieout_sandbox.qualify.report import AGREED, DIFFERED, Found

# What belongs to a company, by itself or by its journal, and what of it is added up beside the count.
_OF_COMPANIES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("account.move", "company_id", ()),
    ("account.move.line", "company_id", ("debit:sum", "credit:sum")),
    ("account.bank.statement.line", "journal_id", ()),
    ("account.payment", "journal_id", ()),
    ("account.journal", "company_id", ()),
    ("account.tax", "company_id", ()),
)
# What all companies share: a qualification adds to these, and they are told.
_SHARED = ("res.partner", "product.product", "res.users")

Counts = dict[str, dict[int, tuple[str, ...]]]


def counted(client: OdooClient, companies: Mapping[int, str]) -> Counts:
    """By model and company: how many rows, and their sums. Raises ConnectorError."""
    context: dict[str, Any] = {"allowed_company_ids": list(companies), "active_test": False}
    found: Counts = {model: {} for model, _, _ in _OF_COMPANIES}
    for company in companies:
        own = [["company_id", "=", company]]
        journals = client.call("account.journal", "search", domain=own, context=context)
        for model, by, sums in _OF_COMPANIES:
            domain = own if by == "company_id" else [[by, "in", journals]]
            count = client.call(model, "search_count", domain=domain, context=context)
            added = client.grouped(model, domain, [], [*sums, "__count"], context) if sums else []
            found[model][company] = (str(count), *(str(row[name] or 0) for row in added for name in sums))
    return found


def shared(client: OdooClient) -> dict[str, int]:
    """How many records all companies share, by model."""
    context: dict[str, Any] = {"allowed_company_ids": [], "active_test": False}
    found = {}
    for model in _SHARED:
        try:
            found[model] = int(client.call(model, "search_count", domain=[], context=context))
        except ConnectorError:
            continue
    return found


def compared(before: Counts, after: Counts, names: Mapping[int, str]) -> list[Found]:
    """A finding a company: whether every count and sum is as it was."""
    found = []
    for company, name in names.items():
        others = [
            f"{model} {' '.join(rows[company])} before and {' '.join(after[model][company])} after"
            for model, rows in before.items()
            if rows[company] != after[model][company]
        ]
        counts = ", ".join(f"{model} {rows[company][0]}" for model, rows in before.items())
        said = (
            f"{'; '.join(others)}: somebody else worked there meanwhile, or something is wrong"
            if others
            else counts
        )
        found.append(Found(f"company {company} {name}", DIFFERED if others else AGREED, said))
    return found
