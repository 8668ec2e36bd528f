"""Companies and charts, for whoever sets a project up: what there is to choose from.

Fields as 18 and 19 have them: res.company (name, currency_id, country_id), account.account (code, name, account_type, reconcile,
currency_id), account.journal (code, name, type, currency_id, default_account_id). Codes are a company's own: they are read in it.
"""

from __future__ import annotations

from typing import Any

from tieout.connector_api.books import Chart, ChartAccount, ChartJournal, LedgerCompany
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.companies import companies_of

# Odoo's own posted entries of any sort; drafts are nobody's books yet.
_POSTED = ["state", "=", "posted"]


def told_companies(client: OdooClient) -> list[LedgerCompany]:
    """See `BooksTeller.companies`."""
    ids = list(companies_of(client))
    every = {"allowed_company_ids": ids}
    rows = client.call(
        "res.company", "read", ids=ids, fields=["name", "currency_id", "country_id"], context=every
    )
    countries = _countries(client, [r["country_id"][0] for r in rows if r["country_id"]])
    return [
        LedgerCompany(
            row["id"],
            str(row["name"]),
            str(row["currency_id"][1]),
            countries.get(row["country_id"][0], "") if row["country_id"] else "",
            _entries(client, row["id"]),
        )
        for row in rows
    ]


def told_chart(client: OdooClient, currency: str) -> Chart:
    """See `BooksTeller.chart`; `currency` is the company's."""
    accounts = client.call(
        "account.account", "search_read", domain=[], order="code",
        fields=["code", "name", "account_type", "reconcile", "currency_id"],
    )  # fmt: skip
    journals = client.call(
        "account.journal", "search_read", domain=[], fields=["code", "name", "type", "currency_id", "default_account_id"]
    )  # fmt: skip
    codes = {row["id"]: str(row["code"]) for row in accounts if row["code"]}
    return Chart(
        [
            ChartAccount(
                str(r["code"]), str(r["name"]), str(r["account_type"]), bool(r["reconcile"]), _named(r["currency_id"])
            )
            for r in sorted(accounts, key=lambda r: str(r["code"]))
            if r["code"]
        ],
        [
            ChartJournal(
                str(r["code"]), str(r["name"]), str(r["type"]), _named(r["currency_id"]) or currency,
                codes.get(r["default_account_id"][0], "") if r["default_account_id"] else "",
            )
            for r in sorted(journals, key=lambda r: str(r["code"]))
        ],
    )  # fmt: skip


def _entries(client: OdooClient, company: int) -> int:
    domain: list[Any] = [["company_id", "=", company], _POSTED]
    context = {"allowed_company_ids": [company]}
    return int(client.call("account.move", "search_count", domain=domain, context=context))


def _countries(client: OdooClient, ids: list[int]) -> dict[int, str]:
    rows = client.call("res.country", "read", ids=sorted(set(ids)), fields=["code"]) if ids else []
    return {row["id"]: str(row["code"] or "") for row in rows}


def _named(relation: Any) -> str:
    return str(relation[1]) if relation else ""
