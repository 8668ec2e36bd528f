"""UBL 2.1 Invoice and CreditNote, as EN 16931 and Peppol BIS Billing 3 use them.

Source: EN 16931-3-2 (syntax binding), Peppol BIS Billing 3.0.
"""

from __future__ import annotations

from decimal import Decimal

from tieout.formats.einvoice.model import Charge, EInvoice, InvoiceLine, TaxPart, Trader
from tieout.formats.einvoice.values import amount, day, maybe, needed
from tieout.formats.model import FormatError
from tieout.formats.xmltree import Element, child, children, each, name_of, text

ROOTS = ("Invoice", "CreditNote")
_ZERO = Decimal(0)


def read_ubl(root: Element) -> EInvoice:
    """The invoice. Raises FormatError."""
    credit = name_of(root) == "CreditNote"
    word = "CreditNote" if credit else "Invoice"
    totals = child(root, "LegalMonetaryTotal")
    if totals is None:
        raise FormatError("BG-22 is missing: LegalMonetaryTotal was expected")
    currency = needed(root, "DocumentCurrencyCode", "BT-5 currency")
    due = text(root, "DueDate") or text(root, "PaymentMeans/PaymentDueDate")
    taxes = _own_currency(root, currency)
    return EInvoice(
        syntax="UBL",
        customization=text(root, "CustomizationID"),
        number=needed(root, "ID", "BT-1 number"),
        kind=text(root, f"{word}TypeCode"),
        credit=credit or text(root, f"{word}TypeCode") == "381",
        issued_on=day(needed(root, "IssueDate", "BT-2 issue date"), "BT-2 issue date"),
        due_on=day(due, "BT-9 due date") if due else None,
        currency=currency,
        seller=_trader(root, "AccountingSupplierParty/Party"),
        buyer=_trader(root, "AccountingCustomerParty/Party"),
        order_number=text(root, "OrderReference/ID"),
        refers_to=text(root, "BillingReference/InvoiceDocumentReference/ID"),
        lines=tuple(_line(x, credit) for x in children(root, f"{word}Line")),
        charges=tuple(_charge(x) for x in children(root, "AllowanceCharge")),
        taxes=tuple(_tax(x) for t in taxes for x in children(t, "TaxSubtotal")),
        line_total=amount(totals, "LineExtensionAmount", "BT-106 sum of lines"),
        net_total=amount(totals, "TaxExclusiveAmount", "BT-109 total without VAT"),
        gross_total=amount(totals, "TaxInclusiveAmount", "BT-112 total with VAT"),
        payable=amount(totals, "PayableAmount", "BT-115 amount due"),
        allowance_total=maybe(totals, "AllowanceTotalAmount", "BT-107") or _ZERO,
        charge_total=maybe(totals, "ChargeTotalAmount", "BT-108") or _ZERO,
        tax_total=sum((amount(t, "TaxAmount", "BT-110 VAT") for t in taxes), _ZERO),
        prepaid=maybe(totals, "PrepaidAmount", "BT-113") or _ZERO,
        rounding=maybe(totals, "PayableRoundingAmount", "BT-114") or _ZERO,
        iban=text(root, "PaymentMeans/PayeeFinancialAccount/ID"),
        bic=text(root, "PaymentMeans/PayeeFinancialAccount/FinancialInstitutionBranch/ID"),
        payment_reference=text(root, "PaymentMeans/PaymentID"),
        note=text(root, "Note"),
    )


def _own_currency(root: Element, currency: str) -> list[Element]:
    """The VAT totals in the invoice's currency: there may be one in the seller's accounting currency."""
    found = []
    for total in children(root, "TaxTotal"):
        money = child(total, "TaxAmount")
        if money is not None and (money.get("currencyID") or currency) == currency:
            found.append(total)
    return found


def _trader(root: Element, path: str) -> Trader:
    party = child(root, path)
    if party is None:
        raise FormatError(f"{path} is missing: a seller and a buyer were expected")
    vat = [
        text(s, "CompanyID")
        for s in children(party, "PartyTaxScheme")
        if text(s, "TaxScheme/ID") in ("VAT", "")
    ]
    return Trader(
        name=text(party, "PartyLegalEntity/RegistrationName") or text(party, "PartyName/Name"),
        tax_id=vat[0] if vat else "",
        country=text(party, "PostalAddress/Country/IdentificationCode"),
        registration=text(party, "PartyLegalEntity/CompanyID"),
        endpoint=text(party, "EndpointID"),
    )


def _charge(element: Element) -> Charge:
    return Charge(
        charge=text(element, "ChargeIndicator") == "true",
        amount=amount(element, "Amount", "allowance or charge"),
        reason=text(element, "AllowanceChargeReason"),
        category=text(element, "TaxCategory/ID"),
        rate=maybe(element, "TaxCategory/Percent", "VAT rate"),
    )


def _tax(element: Element) -> TaxPart:
    category = child(element, "TaxCategory")
    if category is None:
        raise FormatError("BT-118 is missing: TaxSubtotal/TaxCategory was expected")
    return TaxPart(
        category=needed(category, "ID", "BT-118 VAT category"),
        rate=maybe(category, "Percent", "BT-119 VAT rate"),
        taxable=amount(element, "TaxableAmount", "BT-116 taxable amount"),
        amount=amount(element, "TaxAmount", "BT-117 VAT"),
        reason=text(category, "TaxExemptionReason") or text(category, "TaxExemptionReasonCode"),
    )


def _line(element: Element, credit: bool) -> InvoiceLine:
    quantity = child(element, "CreditedQuantity" if credit else "InvoicedQuantity")
    name = needed(element, "ID", "BT-126 line id")
    term = f"line {name}"
    item = child(element, "Item")
    price = child(element, "Price")
    if item is None or price is None or quantity is None:
        raise FormatError(f"{term}: a quantity, an Item and a Price were expected")
    order = text(element, "OrderLineReference/OrderReference/ID")
    return InvoiceLine(
        line=name,
        name=needed(item, "Name", f"{term}, BT-153 name"),
        quantity=amount(element, name_of(quantity), f"{term}, BT-129 quantity"),
        unit=quantity.get("unitCode") or "",
        price=amount(price, "PriceAmount", f"{term}, BT-146 price"),
        net=amount(element, "LineExtensionAmount", f"{term}, BT-131 net"),
        base_quantity=maybe(price, "BaseQuantity", f"{term}, BT-149") or Decimal(1),
        category=text(item, "ClassifiedTaxCategory/ID"),
        rate=maybe(item, "ClassifiedTaxCategory/Percent", f"{term}, VAT rate"),
        order_line=text(element, "OrderLineReference/LineID"),
        order_number=order,
        seller_item=text(item, "SellersItemIdentification/ID"),
        buyer_item=text(item, "BuyersItemIdentification/ID"),
        accounting=text(element, "AccountingCost"),
        charges=tuple(_charge(x) for x in each(element, "AllowanceCharge")),
    )
