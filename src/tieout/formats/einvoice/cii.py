"""UN/CEFACT Cross Industry Invoice (D16B), as EN 16931, Factur-X and ZUGFeRD use it.

Source: EN 16931-3-3 (syntax binding), Factur-X 1.0.
"""

from __future__ import annotations

from decimal import Decimal

from tieout.formats.einvoice.model import Charge, EInvoice, InvoiceLine, TaxPart, Trader
from tieout.formats.einvoice.values import amount, day, maybe, needed, number
from tieout.formats.model import FormatError
from tieout.formats.xmltree import Element, child, children, each, text

ROOT = "CrossIndustryInvoice"
_ZERO = Decimal(0)
_DAY = "DateTimeString"


def read_cii(root: Element) -> EInvoice:
    """The invoice. Raises FormatError."""
    head, trade = child(root, "ExchangedDocument"), child(root, "SupplyChainTradeTransaction")
    if head is None or trade is None:
        raise FormatError("ExchangedDocument and SupplyChainTradeTransaction were expected")
    agreed, settled = (
        child(trade, "ApplicableHeaderTradeAgreement"),
        child(trade, "ApplicableHeaderTradeSettlement"),
    )
    totals = (
        child(settled, "SpecifiedTradeSettlementHeaderMonetarySummation") if settled is not None else None
    )
    if agreed is None or settled is None or totals is None:
        raise FormatError("an agreement, a settlement and its monetary summation were expected")
    kind = text(head, "TypeCode")
    currency = needed(settled, "InvoiceCurrencyCode", "BT-5 currency")
    due = text(settled, f"SpecifiedTradePaymentTerms/DueDateDateTime/{_DAY}")
    return EInvoice(
        syntax="CII",
        customization=text(root, "ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID"),
        number=needed(head, "ID", "BT-1 number"),
        kind=kind,
        credit=kind == "381",
        issued_on=day(needed(head, f"IssueDateTime/{_DAY}", "BT-2 issue date"), "BT-2 issue date"),
        due_on=day(due, "BT-9 due date") if due else None,
        currency=currency,
        seller=_trader(agreed, "SellerTradeParty"),
        buyer=_trader(agreed, "BuyerTradeParty"),
        order_number=text(agreed, "BuyerOrderReferencedDocument/IssuerAssignedID"),
        refers_to=text(settled, "InvoiceReferencedDocument/IssuerAssignedID"),
        lines=tuple(_line(x) for x in children(trade, "IncludedSupplyChainTradeLineItem")),
        charges=tuple(_charge(x) for x in children(settled, "SpecifiedTradeAllowanceCharge")),
        taxes=tuple(_tax(x) for x in children(settled, "ApplicableTradeTax")),
        line_total=amount(totals, "LineTotalAmount", "BT-106 sum of lines"),
        net_total=amount(totals, "TaxBasisTotalAmount", "BT-109 total without VAT"),
        gross_total=amount(totals, "GrandTotalAmount", "BT-112 total with VAT"),
        payable=amount(totals, "DuePayableAmount", "BT-115 amount due"),
        allowance_total=maybe(totals, "AllowanceTotalAmount", "BT-107") or _ZERO,
        charge_total=maybe(totals, "ChargeTotalAmount", "BT-108") or _ZERO,
        tax_total=_tax_total(totals, currency),
        prepaid=maybe(totals, "TotalPrepaidAmount", "BT-113") or _ZERO,
        rounding=maybe(totals, "RoundingAmount", "BT-114") or _ZERO,
        iban=text(settled, "SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount/IBANID"),
        bic=text(
            settled,
            "SpecifiedTradeSettlementPaymentMeans/PayeeSpecifiedCreditorFinancialInstitution/BICID",
        ),
        payment_reference=text(settled, "PaymentReference"),
        note=text(head, "IncludedNote/Content"),
    )


def _tax_total(totals: Element, currency: str) -> Decimal:
    found = [x for x in children(totals, "TaxTotalAmount") if (x.get("currencyID") or currency) == currency]
    return sum((number(x.text or "", "BT-110 VAT") for x in found), _ZERO)


def _trader(agreed: Element, name: str) -> Trader:
    party = child(agreed, name)
    if party is None:
        raise FormatError(f"{name} is missing: a seller and a buyer were expected")
    vat = [
        (x.text or "").strip()
        for x in each(party, "SpecifiedTaxRegistration/ID")
        if (x.get("schemeID") or "VA") == "VA"
    ]
    return Trader(
        name=text(party, "Name"),
        tax_id=vat[0] if vat else "",
        country=text(party, "PostalTradeAddress/CountryID"),
        registration=text(party, "SpecifiedLegalOrganization/ID"),
        endpoint=text(party, "URIUniversalCommunication/URIID"),
    )


def _charge(element: Element) -> Charge:
    return Charge(
        charge=text(element, "ChargeIndicator/Indicator") == "true",
        amount=amount(element, "ActualAmount", "allowance or charge"),
        reason=text(element, "Reason"),
        category=text(element, "CategoryTradeTax/CategoryCode"),
        rate=maybe(element, "CategoryTradeTax/RateApplicablePercent", "VAT rate"),
    )


def _tax(element: Element) -> TaxPart:
    return TaxPart(
        category=needed(element, "CategoryCode", "BT-118 VAT category"),
        rate=maybe(element, "RateApplicablePercent", "BT-119 VAT rate"),
        taxable=amount(element, "BasisAmount", "BT-116 taxable amount"),
        amount=amount(element, "CalculatedAmount", "BT-117 VAT"),
        reason=text(element, "ExemptionReason") or text(element, "ExemptionReasonCode"),
    )


def _line(element: Element) -> InvoiceLine:
    name = needed(element, "AssociatedDocumentLineDocument/LineID", "BT-126 line id")
    term = f"line {name}"
    product, agreed = child(element, "SpecifiedTradeProduct"), child(element, "SpecifiedLineTradeAgreement")
    billed, settled = (
        child(element, "SpecifiedLineTradeDelivery/BilledQuantity"),
        child(element, "SpecifiedLineTradeSettlement"),
    )
    if product is None or agreed is None or billed is None or settled is None:
        raise FormatError(
            f"{term}: a product, an agreement, a billed quantity and a settlement were expected"
        )
    price = child(agreed, "NetPriceProductTradePrice")
    if price is None:
        raise FormatError(f"{term}, BT-146: NetPriceProductTradePrice was expected")
    return InvoiceLine(
        line=name,
        name=needed(product, "Name", f"{term}, BT-153 name"),
        quantity=amount(element, "SpecifiedLineTradeDelivery/BilledQuantity", f"{term}, BT-129 quantity"),
        unit=billed.get("unitCode") or "",
        price=amount(price, "ChargeAmount", f"{term}, BT-146 price"),
        net=amount(
            settled,
            "SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount",
            f"{term}, BT-131 net",
        ),
        base_quantity=maybe(price, "BasisQuantity", f"{term}, BT-149") or Decimal(1),
        category=text(settled, "ApplicableTradeTax/CategoryCode"),
        rate=maybe(settled, "ApplicableTradeTax/RateApplicablePercent", f"{term}, VAT rate"),
        order_line=text(agreed, "BuyerOrderReferencedDocument/LineID"),
        order_number=text(agreed, "BuyerOrderReferencedDocument/IssuerAssignedID"),
        seller_item=text(product, "SellerAssignedID"),
        buyer_item=text(product, "BuyerAssignedID"),
        accounting=text(settled, "ReceivableSpecifiedTradeAccountingAccount/ID"),
        charges=tuple(_charge(x) for x in each(settled, "SpecifiedTradeAllowanceCharge")),
    )
