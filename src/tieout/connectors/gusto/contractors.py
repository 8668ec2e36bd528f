"""A payment to a contractor to its entry. Pure.

Reference: Gusto/gusto-python-client, version 2026-06-15 (contractor payment: wage_total is hours by rate, wage and bonus together).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.connector_api import EntryRow, journal_of
from tieout.documents import Document

# A record of what was paid elsewhere.
HISTORICAL = "Historical Payment"


def cost_of(row: Mapping[str, Any]) -> Decimal:
    """What a payment comes to in USD: wages and what is given back for expenses."""
    return Decimal(str(row["wage_total"])) + Decimal(str(row.get("reimbursement") or 0))


def contractor_payment(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """The entry of a payment: Dr contractor_pay and contractor_reimbursements, Cr contractor_pay.owed. No name is in it."""
    row = json.loads(raw)
    on, key = date.fromisoformat(row["date"]), str(row["uuid"])
    given = Decimal(str(row.get("reimbursement") or 0))
    amounts = {
        "contractor_pay": Decimal(str(row["wage_total"])),
        "contractor_reimbursements": given,
        "contractor_pay.owed": -cost_of(row),
    }
    rows = [
        EntryRow(
            entry=key,
            number=number,
            on=on,
            currency="USD",
            account=account,
            amount=amount,
            reference=f"CONTRACTOR {row.get('invoice_number') or key}",
            text=account.replace("_", " "),
            twin=f"contractor:{key}",
            nature="payroll_run",
        )
        for number, (account, amount) in enumerate(sorted(amounts.items()), 1)
        if amount
    ]
    return [journal_of(rows, f"contractor payments {on}")] if rows else []
