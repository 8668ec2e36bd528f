"""What the two companies keep beside Odoo's standard chart."""

from __future__ import annotations

from decimal import Decimal

from tieout_sandbox.company import Chart

US = Chart(
    accounts=[
        ("101511", "Bank USD", "asset_cash", False),
        ("122500", "Due from affiliates", "asset_current", True),
        ("212130", "Unapplied: bank lines", "liability_current", True),
        ("212150", "Company card", "liability_current", True),
        ("212500", "Accruals", "liability_current", True),
        ("212600", "Journal split", "liability_current", False),
        ("400300", "Subscriptions", "income", False),
        ("400310", "Usage", "income", False),
        ("400320", "Management fees", "income", False),
        ("630100", "Employer contributions", "expense", False),
        ("651000", "Travel", "expense", False),
        ("652000", "Per diem", "expense", False),
        ("653000", "Consulting", "expense", False),
    ],
    journals=[("BNKU", "Bank USD", "USD", "101511")],
    analytic=("Delivery", "Sales", "Overhead"),
)
DE = Chart(
    accounts=[
        ("212500", "Accruals", "liability_current", True),
        ("212510", "Due to affiliates", "liability_current", True),
        ("212600", "Journal split", "liability_current", False),
        ("653000", "Management fees", "expense", False),
    ],
    journals=[],
    currency="EUR",
    other="USD",
    rate=Decimal("1.1000"),
)
