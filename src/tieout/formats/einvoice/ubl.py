"""UBL 2.1 Invoice and CreditNote, as EN 16931 and Peppol BIS Billing 3 use them.

Source: EN 16931-3-2 (syntax binding), Peppol BIS Billing 3.0.
"""

from __future__ import annotations

from decimal import Decimal

from tieout.formats.einvoice.code_lists import code_lists, credits
from tieout.formats.einvoice.model import Charge, EInvoice, InvoiceLine, PaymentMeans, TaxPart, Trader
from tieout.formats.einvoice.values import amount, day, mark, maybe, needed, number, total
from tieout.formats.model import FormatError
from tieout.formats.xmltree import Element, child, children, each, name_of, text

ROOTS = ("Invoice", "CreditNote")
_ZERO = Decimal(0)


def read_ubl(root: Element) -> EInvoice:
    """The invoice. Raises FormatError."""
    word = name_of(root)
    totals = child(root, "LegalMonetaryTotal")
    if totals is None:
        raise FormatError("BG-22 is missing: LegalMonetaryTotal was expected")
    if len(children(root, "LegalMonetaryTotal")) > 1:
        raise FormatError("BG-22: LegalMonetaryTotal stands more than once")
    currency = needed(root, "DocumentCurrencyCode", "BR-05, BT-5 currency")
    due = next((d for d in (text(root, "DueDate"), *_due_days(root)) if d), "")
    taxes = _own_currency(root, currency)
    kind = text(root, f"{word}TypeCode")
    means = tuple(_means(x) for x in children(root, "PaymentMeans"))
    return EInvoice(
        syntax="UBL",
        root=word,
        customization=text(root, "CustomizationID"),
        number=needed(root, "ID", "BR-02, BT-1 number"),
        kind=kind,
        credit=credits("UBL", word, kind),
        self_billed=kind in code_lists().self_billed,
        issued_on=day(needed(root, "IssueDate", "BR-03, BT-2 issue date"), "BT-2 issue date"),
        due_on=day(due, "BT-9 due date") if due else None,
        currency=currency,
        seller=_trader(root, "AccountingSupplierParty/Party"),
        buyer=_trader(root, "AccountingCustomerParty/Party"),
        representative_tax_id=_vat_of(child(root, "TaxRepresentativeParty")),
        order_number=text(root, "OrderReference/ID"),
        refers_to=text(root, "BillingReference/InvoiceDocumentReference/ID"),
        lines=tuple(_line(x, word) for x in children(root, f"{word}Line")),
        charges=tuple(_charge(x) for x in children(root, "AllowanceCharge")),
        taxes=tuple(_tax(x) for t in taxes for x in children(t, "TaxSubtotal")),
        line_total=amount(totals, "LineExtensionAmount", "BR-12, BT-106 sum of lines"),
        net_total=amount(totals, "TaxExclusiveAmount", "BR-13, BT-109 total without VAT"),
        gross_total=amount(totals, "TaxInclusiveAmount", "BR-14, BT-112 total with VAT"),
        payable=amount(totals, "PayableAmount", "BR-15, BT-115 amount due"),
        allowance_total=total(totals, "AllowanceTotalAmount", "BT-107"),
        charge_total=total(totals, "ChargeTotalAmount", "BT-108"),
        tax_total=sum((amount(t, "TaxAmount", "BT-110 VAT") for t in taxes), _ZERO),
        tax_totals=len(taxes),
        prepaid=total(totals, "PrepaidAmount", "BT-113"),
        rounding=total(totals, "PayableRoundingAmount", "BT-114"),
        means=means,
        payment_reference=next((x.reference for x in means if x.reference), ""),
        note=text(root, "Note"),
        currencies=_others(root, currency),
        beyond=_beyond(root),
    )


def _due_days(root: Element) -> list[str]:
    """A credit note's due date stands with its means of payment."""
    return [(x.text or "").strip() for x in each(root, "PaymentMeans/PaymentDueDate")]


def _means(element: Element) -> PaymentMeans:
    return PaymentMeans(
        code=text(element, "PaymentMeansCode"),
        account=text(element, "PayeeFinancialAccount/ID"),
        bic=text(element, "PayeeFinancialAccount/FinancialInstitutionBranch/ID"),
        reference=text(element, "PaymentID"),
    )


def _own_currency(root: Element, currency: str) -> list[Element]:
    """The VAT totals in the invoice's currency: there may be one in the seller's accounting currency."""
    found = []
    for taxed in children(root, "TaxTotal"):
        money = child(taxed, "TaxAmount")
        if money is not None and (money.get("currencyID") or currency) == currency:
            found.append(taxed)
    return found


def _others(root: Element, currency: str) -> tuple[str, ...]:
    """Currencies of amounts in another one than the invoice's, VAT in the accounting currency apart."""
    apart = {e for t in children(root, "TaxTotal") for e in t.iter()}
    said = (e.get("currencyID") for e in root.iter() if e not in apart and e.get("currencyID"))
    return tuple(dict.fromkeys(x for x in said if x and x != currency))


def _beyond(root: Element) -> tuple[tuple[str, str], ...]:
    """What an extension adds to the amount due: XRechnung's payments for third parties (BG-DEX-09)."""
    # Elsewhere UBL's PrepaidPayment says in detail what BT-113 sums, and adds nothing.
    if ":extension:" not in text(root, "CustomizationID"):
        return ()
    paid = [number((x.text or ""), "BT-DEX-002") for x in each(root, "PrepaidPayment/PaidAmount")]
    if not paid:
        return ()
    return (
        (
            "BR-DEX-09",
            f"profile EXTENSION (XRechnung): {sum(paid):f} is collected for third parties, which is not read",
        ),
    )


def _vat_of(party: Element | None) -> str:
    schemes = [] if party is None else children(party, "PartyTaxScheme")
    vat = [text(s, "CompanyID") for s in schemes if text(s, "TaxScheme/ID").upper() in ("VAT", "")]
    return next((x for x in vat if x), "")


def _trader(root: Element, path: str) -> Trader:
    party = child(root, path)
    if party is None:
        raise FormatError(f"{path} is missing: a seller and a buyer were expected")
    others = [
        text(s, "CompanyID")
        for s in children(party, "PartyTaxScheme")
        if text(s, "TaxScheme/ID").upper() not in ("VAT", "")
    ]
    return Trader(
        name=text(party, "PartyLegalEntity/RegistrationName") or text(party, "PartyName/Name"),
        tax_id=_vat_of(party),
        tax_number=next((x for x in others if x), ""),
        country=text(party, "PostalAddress/Country/IdentificationCode"),
        registration=text(party, "PartyLegalEntity/CompanyID"),
        endpoint=text(party, "EndpointID"),
    )


def _charge(element: Element) -> Charge:
    return Charge(
        charge=mark(element, "ChargeIndicator", "allowance or charge"),
        amount=amount(element, "Amount", "allowance or charge"),
        base=maybe(element, "BaseAmount", "base of an allowance or charge"),
        reason=text(element, "AllowanceChargeReason"),
        reason_code=text(element, "AllowanceChargeReasonCode"),
        category=_category(element, "TaxCategory"),
        rate=maybe(element, "TaxCategory/Percent", "VAT rate"),
    )


def _category(element: Element, name: str) -> str:
    """The category of VAT: one of another tax is none."""
    found = child(element, name)
    vat = found is not None and text(found, "TaxScheme/ID").upper() == "VAT"
    return text(found, "ID") if vat else ""


def _tax(element: Element) -> TaxPart:
    category = child(element, "TaxCategory")
    if category is None or not _category(element, "TaxCategory"):
        raise FormatError("BR-47, BT-118 is missing: TaxSubtotal/TaxCategory of TaxScheme VAT was expected")
    code = text(category, "TaxExemptionReasonCode")
    return TaxPart(
        category=text(category, "ID"),
        rate=maybe(category, "Percent", "BT-119 VAT rate"),
        taxable=amount(element, "TaxableAmount", "BR-45, BT-116 taxable amount"),
        amount=amount(element, "TaxAmount", "BR-46, BT-117 VAT"),
        reason=text(category, "TaxExemptionReason") or code,
        reason_code=code,
    )


def _line(element: Element, word: str) -> InvoiceLine:
    quantity = child(element, "CreditedQuantity" if word == "CreditNote" else "InvoicedQuantity")
    name = needed(element, "ID", "BR-21, BT-126 line id")
    term = f"line {name}"
    item = child(element, "Item")
    price = child(element, "Price")
    if item is None or price is None or quantity is None:
        raise FormatError(f"{term}: a quantity (BR-22), an Item (BR-25) and a Price (BR-26) were expected")
    order = text(element, "OrderLineReference/OrderReference/ID")
    base = maybe(price, "BaseQuantity", f"{term}, BT-149")
    return InvoiceLine(
        line=name,
        name=needed(item, "Name", f"BR-25, {term}, BT-153 name"),
        quantity=number(quantity.text or "", f"BR-22, {term}, BT-129 quantity"),
        unit=quantity.get("unitCode") or "",
        price=amount(price, "PriceAmount", f"BR-26, {term}, BT-146 price"),
        net=amount(element, "LineExtensionAmount", f"BR-24, {term}, BT-131 net"),
        base_quantity=Decimal(1) if base is None else base,
        category=_category(item, "ClassifiedTaxCategory"),
        rate=maybe(item, "ClassifiedTaxCategory/Percent", f"{term}, VAT rate"),
        order_line=text(element, "OrderLineReference/LineID"),
        order_number=order,
        seller_item=text(item, "SellersItemIdentification/ID"),
        buyer_item=text(item, "BuyersItemIdentification/ID"),
        accounting=text(element, "AccountingCost"),
        charges=tuple(_charge(x) for x in each(element, "AllowanceCharge")),
    )
