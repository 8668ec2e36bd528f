"""Salesforce rows to customers and invoices. Pure.

Amounts are in the opportunity's currency, or in the only one of its org (`OrgCurrency`, which the client adds); `Amount` is the
order with its taxes. Large numbers may come with an exponent: 15,000,000 as 1.5E7 (help.salesforce.com, 000385889).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from tieout.connector_api import version_of
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
            version=version_of(row, "SystemModstamp"),
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
    """A closed-won opportunity to the invoice of its order; it is paid by bank transfer. One that is won no longer, or deleted, is an
    order of which nothing is owed."""
    row = msgspec.json.decode(raw)
    currency = str(row.get("CurrencyIsoCode") or row["OrgCurrency"])
    gone = _gone(row)
    # What is not won may have no amount yet.
    total = _amount(row["Amount"] or 0 if gone else row["Amount"], currency, "Amount")
    products = (row.get("OpportunityLineItems") or {}).get("records") or []
    taxes = () if gone else _taxes(row, products, currency)
    owner = row.get("Account") or {}
    party = None
    if row.get("AccountId"):
        party = Party(key=row["AccountId"], name=owner.get("Name") or "", email=owner.get("Email__c") or "")
    closed = datetime.fromisoformat(row["CloseDate"])
    return [
        CustomerInvoice(
            key=f"opportunity:{row['Id']}",
            version=version_of(row, "SystemModstamp"),
            occurred_at=closed.replace(hour=17, tzinfo=UTC),
            currency=currency,
            control_group="won_orders",
            order_key=row["Id"],
            number=row["Order_Number__c"],
            party=party,
            lines=_lines(row, products, currency, total, taxes),
            taxes=taxes,
            total=total,
            exclusion=gone,
        )
    ]


def _gone(row: Mapping[str, Any]) -> str:
    """Why an order counts no longer; "" for one that does. Rows of before do not say it: only what was won was asked for."""
    if row.get("IsDeleted"):
        return "deleted"
    return "not_won" if row.get("IsWon") is False else ""


def _taxes(
    row: Mapping[str, Any], products: Sequence[Mapping[str, Any]], currency: str
) -> tuple[TaxLine, ...]:
    """The taxes of an order: those of its products, each tax once, where they have them; else the one that the order names. Raises
    ValueError for a tax without a title, and where the order says that its taxes come to something else than those of its products."""
    found: dict[str, TaxLine] = {}
    for place, line in enumerate(products, start=1):
        tax = _tax(line, currency, f"product {place}: ")
        if tax is not None:
            before = found.get(tax.key)
            found[tax.key] = tax if before is None else replace(tax, amount=tax.amount + before.amount)
    if not found:
        own = _tax(row, currency, "")
        return (own,) if own is not None else ()
    if row.get("Tax_Amount__c") is not None:
        stated = _amount(row["Tax_Amount__c"], currency, "Tax_Amount__c")
        parts = sum((tax.amount for tax in found.values()), Amount.zero(currency))
        if stated != parts:
            raise ValueError(f"Tax_Amount__c is {stated}, and the taxes of its products come to {parts}")
    return tuple(found.values())


def _tax(of: Mapping[str, Any], currency: str, where: str) -> TaxLine | None:
    """The tax that an order or a product names; None where it names none."""
    title = of.get("Tax_Title__c")
    if not title:
        if of.get("Tax_Amount__c") and _number(of["Tax_Amount__c"], f"{where}Tax_Amount__c"):
            raise ValueError(
                f"{where}Tax_Amount__c is {of['Tax_Amount__c']}, and Tax_Title__c does not say of which tax"
            )
        return None
    rate = _number(of["Tax_Rate__c"], f"{where}Tax_Rate__c")
    amount = _amount(of["Tax_Amount__c"], currency, f"{where}Tax_Amount__c")
    return TaxLine(key=f"{title} {rate.normalize():f}%", title=title, rate=rate / 100, amount=amount)


def _lines(
    row: Mapping[str, Any],
    products: Sequence[Mapping[str, Any]],
    currency: str,
    total: Amount,
    taxes: tuple[TaxLine, ...],
) -> tuple[SaleLine, ...]:
    """The products of an order; an opportunity without products, whose sub-query is null, is one line of its amount."""
    keys = tuple(tax.key for tax in taxes)
    if not products:
        net = total.value - sum((tax.amount.value for tax in taxes), Decimal(0))
        name = f"Order {row['Order_Number__c']}"
        return (SaleLine(name=name, quantity=Decimal(1), net=Amount.exact(net, currency), tax_keys=keys),)
    own = [_tax(line, currency, "") for line in products]
    each = any(tax is not None for tax in own)
    return tuple(
        SaleLine(
            name=line["Name"],
            quantity=_number(line["Quantity"], "Quantity"),
            net=_amount(line["TotalPrice"], currency, "TotalPrice"),
            # Where products name taxes, one that names none bears none.
            tax_keys=((tax.key,) if tax else ()) if each else keys,
        )
        for line, tax in zip(products, own, strict=True)
    )
