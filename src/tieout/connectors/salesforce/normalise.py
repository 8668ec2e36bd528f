"""Salesforce rows to customers and invoices. Pure.

Amounts are in the opportunity's currency, or in the only one of its org (`OrgCurrency`, which the client adds); `Amount` is the
order with its tax. Large numbers may come with an exponent: 15,000,000 as 1.5E7 (help.salesforce.com, 000385889).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from tieout.documents import Customer, CustomerInvoice, Document, Party, SaleLine, TaxLine
from tieout.money import Amount


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("+0000", "+00:00")).astimezone(UTC)


def _number(value: Any, what: str) -> Decimal:
    """A number however it is written. Raises ValueError where there is none."""
    if value is None:
        raise ValueError(f"{what} is empty")
    number = Decimal(str(value))
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise ValueError(f"{what} is no amount: {str(value)[:40]}")
    return Decimal(f"{number:f}")


def _amount(value: Any, currency: str, what: str) -> Amount:
    return Amount.parse(f"{_number(value, what):f}", currency)


def _country(row: Mapping[str, Any]) -> str:
    """The country's code; without picklists it is a text of somebody's, of which only a code is taken."""
    given = str(row.get("BillingCountryCode") or row.get("BillingCountry") or "").strip()
    return given if re.fullmatch(r"[A-Z]{2}", given) else ""


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
                country=_country(row),
            ),
        )
    ]


def won_order(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A closed-won opportunity to the invoice of its order; it is paid by bank transfer."""
    row = msgspec.json.decode(raw)
    currency = str(row.get("CurrencyIsoCode") or row["OrgCurrency"])
    total = _amount(row["Amount"], currency, "Amount")
    taxes: tuple[TaxLine, ...] = ()
    keys: tuple[str, ...] = ()
    if row.get("Tax_Title__c"):
        rate = _number(row["Tax_Rate__c"], "Tax_Rate__c")
        key = f"{row['Tax_Title__c']} {rate.normalize():f}%"
        amount = _amount(row["Tax_Amount__c"], currency, "Tax_Amount__c")
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
            lines=_lines(row, currency, total, taxes, keys),
            taxes=taxes,
            total=total,
        )
    ]


def _lines(
    row: Mapping[str, Any], currency: str, total: Amount, taxes: tuple[TaxLine, ...], keys: tuple[str, ...]
) -> tuple[SaleLine, ...]:
    """The products of an order; an opportunity without products, whose sub-query is null, is one line of its amount."""
    products = (row.get("OpportunityLineItems") or {}).get("records") or []
    if not products:
        net = total.value - sum((tax.amount.value for tax in taxes), Decimal(0))
        name = f"Order {row['Order_Number__c']}"
        return (SaleLine(name=name, quantity=Decimal(1), net=Amount.exact(net, currency), tax_keys=keys),)
    return tuple(
        SaleLine(
            name=line["Name"],
            quantity=_number(line["Quantity"], "Quantity"),
            net=_amount(line["TotalPrice"], currency, "TotalPrice"),
            tax_keys=keys,
        )
        for line in products
    )
