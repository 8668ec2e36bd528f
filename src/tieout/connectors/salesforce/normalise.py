"""Salesforce rows to customers and invoices. Pure.

Amounts are decimal texts in the opportunity's currency; `Amount` is the order with its tax.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from tieout.documents import Customer, CustomerInvoice, Document, Party, SaleLine, TaxLine
from tieout.money import Amount


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("+0000", "+00:00")).astimezone(UTC)


def account(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A row of Account to its customer; it carries no money, so the currency is the interface's."""
    row = msgspec.json.decode(raw)
    return [
        Customer(
            key=f"account:{row['Id']}",
            version=row["SystemModstamp"],
            occurred_at=_at(row["SystemModstamp"]),
            currency=str(options.get("currency", "USD")),
            party=Party(
                key=row["Id"],
                name=row["Name"],
                email=row.get("Email__c") or "",
                country=row.get("BillingCountryCode") or "",
            ),
        )
    ]


def won_order(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A closed-won opportunity to the invoice of its order; it is paid by bank transfer."""
    row = msgspec.json.decode(raw)
    currency = str(row["CurrencyIsoCode"])
    total = Amount.parse(str(row["Amount"]), currency)
    taxes: tuple[TaxLine, ...] = ()
    keys: tuple[str, ...] = ()
    if row.get("Tax_Title__c"):
        rate = Decimal(str(row["Tax_Rate__c"]))
        key = f"{row['Tax_Title__c']} {rate.normalize():f}%"
        amount = Amount.parse(str(row["Tax_Amount__c"]), currency)
        taxes = (TaxLine(key=key, title=row["Tax_Title__c"], rate=rate / 100, amount=amount),)
        keys = (key,)
    owner = row.get("Account") or {}
    party = None
    if row.get("AccountId"):
        party = Party(key=row["AccountId"], name=owner.get("Name") or "", email=owner.get("Email__c") or "")
    closed = datetime.fromisoformat(row["CloseDate"])
    return [
        CustomerInvoice(
            key=f"opportunity:{row['Id']}",
            version=row["SystemModstamp"],
            occurred_at=closed.replace(hour=17, tzinfo=UTC),
            currency=currency,
            control_group="won_orders",
            order_key=row["Id"],
            number=row["Order_Number__c"],
            party=party,
            lines=tuple(
                SaleLine(
                    name=line["Name"],
                    quantity=Decimal(str(line["Quantity"])),
                    net=Amount.parse(str(line["TotalPrice"]), currency),
                    tax_keys=keys,
                )
                for line in row["OpportunityLineItems"]["records"]
            ),
            taxes=taxes,
            total=total,
        )
    ]
