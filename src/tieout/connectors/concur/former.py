"""A message of before financial documents were read: a report and its entries as Expense v3 has them. Pure.

Nothing writes this form any more; what was stored is read into the documents that it became then. Its payment types are words in
the user's language, its tax stands on the expense.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tieout.connector_api import EntryRow, journal_of
from tieout.documents import Document
from tieout.money import Amount

_OWED = ("cash",)


def report(body: Mapping[str, Any], options: Mapping[str, Any]) -> list[Document]:
    """The entry of a report, on the day it was submitted (UTC). Accounts' keys are the expense types' codes,
    `paid_by.employee`, and `paid_by.` with the name of another payment type in small letters."""
    head, currency = body["report"], str(body["report"]["CurrencyCode"])
    rows: list[EntryRow] = []
    on = datetime.fromisoformat(head["SubmitDate"]).replace(tzinfo=UTC)
    owner = str(head["OwnerLoginID"])
    given: dict[str, Any] = {
        "entry": str(head["ID"]),
        "on": on.date(),
        "currency": currency,
        "reference": str(head["ID"]),
        "prepared_by": owner,
        "nature": "expense_report",
    }
    field = head.get(str(options.get("cost_centre_field", "OrgUnit1"))) or ""
    # Concur writes a field of a list as Code, Value and Type.
    centre = str((field.get("Code") or field.get("Value") or "") if isinstance(field, dict) else field)
    for item in body["entries"]:
        amount = Amount.exact(Decimal(str(item["ApprovedAmount"])), currency).value
        if not amount:
            continue
        payment = str(item["PaymentTypeName"]).casefold().replace(" ", "_")
        by = "employee" if payment in _OWED else payment
        personal = bool(item["IsPersonal"])
        spent = "paid_by.employee" if personal else str(item["ExpenseTypeCode"])
        for account, value in ((spent, amount), (f"paid_by.{by}", -amount)):
            owed = account == "paid_by.employee"
            rows.append(
                EntryRow(
                    number=len(rows) + 1,
                    account=account,
                    amount=value,
                    text=str(item.get("VendorDescription") or item["ExpenseTypeName"]),
                    dimensions={"cost_centre": centre} if centre and value > 0 and not owed else {},
                    party=f"employee:{owner}" if owed else "",
                    party_name=str(head["OwnerName"]) if owed else "",
                    **given,
                )
            )
    stated = Decimal(str(head["TotalApprovedAmount"]))
    held = sum((r.amount for r in rows if r.amount > 0), Decimal(0))
    if held != stated:
        raise ValueError(f"report {head['ID']}: entries sum to {held}, the report says {stated}")
    return [journal_of(rows, f"report {head['Name']}")] if rows else []
