"""The fresh database: company, chart of accounts, journals, taxes, currencies, users.

Read off the recorded server (Odoo 19.0 Community, generic_coa, USD).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tieout_sandbox.simulators.odoo.taxes import Taxes
from tieout_sandbox.simulators.odoo.world import World

CHART: list[tuple[str, str, str, bool]] = [
    ("101000", "Current Assets", "asset_current", False),
    ("110100", "Stock Valuation", "asset_current", False),
    ("110400", "Cost of Production", "asset_current", True),
    ("110500", "Work in Progress", "asset_current", True),
    ("121000", "Account Receivable", "asset_receivable", True),
    ("121100", "Products to receive", "asset_current", True),
    ("122000", "Owner's Current Account", "asset_receivable", True),
    ("128000", "Prepaid Expenses", "asset_current", False),
    ("131000", "Tax Paid", "asset_current", False),
    ("132000", "Tax Receivable", "asset_receivable", True),
    ("141000", "Prepayments", "asset_prepayments", False),
    ("151000", "Fixed Asset", "asset_fixed", False),
    ("191000", "Non-current assets", "asset_non_current", False),
    ("201000", "Current Liabilities", "liability_current", False),
    ("211000", "Account Payable", "liability_payable", True),
    ("211100", "Bills to receive", "liability_current", True),
    ("212000", "Deferred Revenue", "liability_current", False),
    ("230000", "Salary Payable", "liability_current", True),
    ("230100", "Employee Payroll Taxes", "liability_current", True),
    ("230200", "Employer Payroll Taxes", "liability_current", True),
    ("251000", "Tax Received", "liability_current", False),
    ("252000", "Tax Payable", "liability_payable", True),
    ("291000", "Non-current Liabilities", "liability_non_current", False),
    ("301000", "Capital", "equity", False),
    ("302000", "Dividends", "equity", False),
    ("400000", "Product Sales", "income", False),
    ("441000", "Foreign Exchange Gain", "income", False),
    ("442000", "Cash Difference Gain", "income", False),
    ("443000", "Cash Discount Loss", "expense", False),
    ("450000", "Other Income", "income_other", False),
    ("500000", "Cost of Goods Sold", "expense_direct_cost", False),
    ("600000", "Expenses", "expense", False),
    ("610000", "Stock Variation", "expense", False),
    ("611000", "Purchase of Equipments", "expense", False),
    ("612000", "Rent", "expense", False),
    ("620000", "Bank Fees", "expense", False),
    ("630000", "Salary Expenses", "expense", False),
    ("641000", "Foreign Exchange Loss", "expense", False),
    ("642000", "Cash Difference Loss", "expense", False),
    ("643000", "Cash Discount Gain", "income", False),
    ("961000", "RD Expenses", "expense", False),
    ("962000", "Sales Expenses", "expense", False),
    ("101300", "Account Receivable (PoS)", "asset_receivable", True),
    ("201100", "Credit Card", "liability_credit_card", False),
    ("101401", "Bank", "asset_cash", False),
    ("101402", "Bank Suspense Account", "asset_current", False),
    ("101701", "Liquidity Transfer", "asset_current", True),
    ("101403", "Outstanding Receipts", "asset_current", True),
    ("101404", "Outstanding Payments", "asset_current", True),
    ("999999", "Undistributed Profits/Losses", "equity_unaffected", False),
]
_JOURNALS = [
    ("INV", "Sales", "sale", "400000"),
    ("BILL", "Purchases", "purchase", "600000"),
    ("MISC", "Miscellaneous Operations", "general", ""),
    ("EXCH", "Exchange Difference", "general", ""),
    ("CABA", "Cash Basis Taxes", "general", ""),
    ("BNK1", "Bank", "bank", "101401"),
]
_GROUPS = (
    "base.group_user",
    "account.group_account_basic",
    "account.group_account_manager",
    "base.group_partner_manager",
    "product.group_product_manager",
    "base.group_erp_manager",
    "base.group_system",
    "base.group_allow_export",
    "analytic.group_analytic_accounting",
    "account.group_account_user",
    "account.group_validate_bank_account",
    "account.group_account_invoice",
)
_MODULES = ("account", "base_import", "contacts", "purchase", "sale_management", "l10n_us")


def fill(world: World, *, admin_password: str) -> None:
    """Make the fresh database in an empty world."""
    world.caller.uid = 1
    add = world.add
    usa = world.store.insert("res.country", {"name": "United States", "code": "US"}, 233)
    for key, name, code in ((57, "Germany", "DE"), (76, "Spain", "ES"), (75, "France", "FR")):
        world.store.insert("res.country", {"name": name, "code": code}, key)
    _currencies(world)
    company = add("res.company", {"name": "My Company", "currency_id": 1, "country_id": False})
    load_chart(world, company)
    world.store.update("res.company", company, {"country_id": usa["id"]})
    for name in _GROUPS:
        group = add("res.groups", {"name": name})
        module, short = name.split(".")
        add(
            "ir.model.data",
            {"module": module, "name": short, "model": "res.groups", "res_id": group["id"], "noupdate": True},
        )
    everything = [
        g["id"]
        for g in world.table("res.groups").values()
        if g["name"] != "analytic.group_analytic_accounting"
    ]
    for login, name, password, groups in (
        ("__system__", "System", "", []),
        ("admin", "Administrator", admin_password, everything),
    ):
        add(
            "res.users",
            {
                "name": name,
                "login": login,
                "password": password,
                "active": True,
                "lang": "en_US",
                "tz": False,
                "group_ids": groups,
                "company_id": 1,
                "company_ids": [1],
            },
        )
    world.store.start_ids("res.users", 5)
    for name in ("My Company", "System", "Administrator", "Public", "Template"):
        add(
            "res.partner",
            {
                "name": name,
                "email": False,
                "ref": False,
                "is_company": False,
                "customer_rank": 0,
                "active": name not in ("Public", "Template"),
            },
        )
    for module in _MODULES:
        add("ir.module.module", {"name": module, "state": "installed"})
    # Assumed: the plan that comes along with analytic accounting.
    add("account.analytic.plan", {"name": "Project"})
    add("ir.config_parameter", {"key": "database.uuid", "value": "simulated"})


def _currencies(world: World) -> None:
    for key, name, digits, active in (
        (1, "USD", 2, True),
        (126, "EUR", 2, False),
        (144, "GBP", 2, False),
        (25, "JPY", 0, False),
        (5, "CHF", 2, False),
    ):
        world.store.insert(
            "res.currency",
            {
                "name": name,
                "symbol": name,
                "rounding": Decimal(1).scaleb(-digits),
                "decimal_places": digits,
                "active": active,
            },
            key,
        )


def load_chart(world: World, company: dict[str, Any]) -> None:
    """The chart generic_coa for a company; it sets country and currency, as the real one does."""
    codes = _load_accounts(world, company["id"])
    journals = _load_journals(world, company["id"], codes)
    _load_taxes(world, company["id"], codes)
    payment_methods(world, journals["BNK1"])
    world.store.update(
        "res.company",
        company,
        {
            "chart_template": "generic_coa",
            "currency_id": 1,
            "country_id": 233,
            "tax_calculation_rounding_method": world.played.tax_rounding,
            "account_price_include": "tax_excluded",
            "restrictive_audit_trail": False,
            "fiscalyear_last_day": 31,
            "fiscalyear_last_month": "12",
            "tax_exigibility": False,
            "tax_cash_basis_journal_id": journals["CABA"]["id"],
            "currency_exchange_journal_id": journals["EXCH"]["id"],
            "income_currency_exchange_account_id": codes["441000"],
            "expense_currency_exchange_account_id": codes["641000"],
            "transfer_account_id": codes["101701"],
        },
    )


def payment_methods(world: World, journal: dict[str, Any]) -> None:
    """The methods that a bank journal comes with: none of them names an account."""
    for direction in ("inbound", "outbound"):
        world.add(
            "account.payment.method.line",
            {
                "name": "Manual Payment",
                "code": "manual",
                "payment_type": direction,
                "journal_id": journal["id"],
                "payment_account_id": False,
                "sequence": 10,
            },
        )


def _load_accounts(world: World, key: int) -> dict[str, int]:
    """The chart's accounts; code to id."""
    add, codes = world.add, {}
    cash = world.played.cash_account
    for code, name, kind, reconcile in [*CHART, *([(cash, "Cash", "asset_cash", False)] if cash else [])]:
        record = add(
            "account.account",
            {
                "code": code,
                "name": name,
                "account_type": kind,
                "reconcile": reconcile,
                "active": True,
                "company_ids": [key],
            },
        )
        codes[code] = record["id"]
    return codes


def _load_journals(world: World, key: int, codes: dict[str, int]) -> dict[str, Any]:
    """The chart's journals; code to record."""
    add, journals = world.add, {}
    cash = world.played.cash_account
    for code, name, kind, account in [*_JOURNALS, *([("CSH1", "Cash", "cash", cash)] if cash else [])]:
        journals[code] = add(
            "account.journal",
            {
                "code": code,
                "name": name,
                "type": kind,
                "currency_id": False,
                "default_account_id": codes.get(account, False),
                "suspense_account_id": codes["101402"] if kind == "bank" else False,
                "company_id": key,
                "active": True,
                "restrict_mode_hash_table": False,
            },
        )
    return journals


def _load_taxes(world: World, key: int, codes: dict[str, int]) -> None:
    add = world.add
    groups = [add("account.tax.group", {"name": n, "company_id": key}) for n in ("Tax 15%", "Tax 0%")]
    for name, rate, use, group in (
        ("15%", 15, "sale", 0),
        ("15%", 15, "purchase", 0),
        ("0% Exports", 0, "sale", 1),
        ("0% Imports", 0, "purchase", 1),
    ):
        Taxes(world).add(
            {
                "name": name,
                "amount": Decimal(rate),
                "amount_type": "percent",
                "type_tax_use": use,
                "price_include_override": False,
                "include_base_amount": False,
                "tax_exigibility": "on_invoice",
                "active": True,
                "tax_group_id": groups[group]["id"],
                "company_id": key,
                "sim_account_id": codes["251000" if use == "sale" else "131000"],
            },
        )
