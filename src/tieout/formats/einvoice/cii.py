"""UN/CEFACT Cross Industry Invoice (D16B), as EN 16931, Factur-X and ZUGFeRD use it.

Source: EN 16931-3-3 (syntax binding), Factur-X 1.0 (its profiles; what EXTENDED adds).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tieout.formats.einvoice.code_lists import code_lists, credits
from tieout.formats.einvoice.model import Charge, EInvoice, InvoiceLine, PaymentMeans, TaxPart, Trader
from tieout.formats.einvoice.profiles import factur_x
from tieout.formats.einvoice.values import amount, day, mark, maybe, needed, number, total
from tieout.formats.model import FormatError
from tieout.formats.xmltree import Element, child, children, each, text

ROOT = "CrossIndustryInvoice"
_ZERO = Decimal(0)
_DAY = "DateTimeString"
_EXTENDED = "profile EXTENDED"


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
    if (
        len(each(trade, "ApplicableHeaderTradeSettlement/SpecifiedTradeSettlementHeaderMonetarySummation"))
        > 1
    ):
        raise FormatError("BG-22: the monetary summation stands more than once")
    kind = text(head, "TypeCode")
    currency = needed(settled, "InvoiceCurrencyCode", "BR-05, BT-5 currency")
    due = _due_day(settled)
    customization = text(root, "ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID")
    taxed = _tax_totals(totals, currency)
    return EInvoice(
        syntax="CII",
        root=ROOT,
        customization=customization,
        number=needed(head, "ID", "BR-02, BT-1 number"),
        kind=kind,
        credit=credits("CII", ROOT, kind),
        self_billed=kind in code_lists().self_billed,
        issued_on=day(needed(head, f"IssueDateTime/{_DAY}", "BR-03, BT-2 issue date"), "BT-2 issue date"),
        due_on=day(due, "BT-9 due date") if due else None,
        currency=currency,
        seller=_trader(agreed, "SellerTradeParty"),
        buyer=_trader(agreed, "BuyerTradeParty"),
        representative_tax_id=_registered(child(agreed, "SellerTaxRepresentativeTradeParty"), "VA"),
        order_number=text(agreed, "BuyerOrderReferencedDocument/IssuerAssignedID"),
        refers_to=text(settled, "InvoiceReferencedDocument/IssuerAssignedID"),
        lines=tuple(_line(x) for x in children(trade, "IncludedSupplyChainTradeLineItem")),
        charges=(
            *(_charge(x) for x in children(settled, "SpecifiedTradeAllowanceCharge")),
            *(_logistics(x) for x in children(settled, "SpecifiedLogisticsServiceCharge")),
        ),
        taxes=tuple(_tax(x) for x in children(settled, "ApplicableTradeTax")),
        line_total=maybe(totals, "LineTotalAmount", "BT-106 sum of lines"),
        net_total=amount(totals, "TaxBasisTotalAmount", "BR-13, BT-109 total without VAT"),
        gross_total=amount(totals, "GrandTotalAmount", "BR-14, BT-112 total with VAT"),
        payable=amount(totals, "DuePayableAmount", "BR-15, BT-115 amount due"),
        allowance_total=total(totals, "AllowanceTotalAmount", "BT-107"),
        charge_total=total(totals, "ChargeTotalAmount", "BT-108"),
        tax_total=sum(taxed, _ZERO),
        tax_totals=len(taxed),
        prepaid=total(totals, "TotalPrepaidAmount", "BT-113"),
        rounding=total(totals, "RoundingAmount", "BT-114"),
        means=tuple(_means(x) for x in children(settled, "SpecifiedTradeSettlementPaymentMeans")),
        payment_reference=text(settled, "PaymentReference"),
        note=text(head, "IncludedNote/Content"),
        currencies=_others(root, totals, currency),
        beyond=tuple(_beyond(trade, settled, customization)),
    )


def _due_day(settled: Element) -> str:
    """The due date: EXTENDED has one for each term, of which those without a discount say when all is due."""
    terms = children(settled, "SpecifiedTradePaymentTerms")
    plain = [t for t in terms if child(t, "ApplicableTradePaymentDiscountTerms") is None]
    days = sorted(d for t in plain or terms if (d := text(t, f"DueDateDateTime/{_DAY}")))
    return days[0] if days else ""


def _means(element: Element) -> PaymentMeans:
    account = "PayeePartyCreditorFinancialAccount"
    return PaymentMeans(
        code=text(element, "TypeCode"),
        account=text(element, f"{account}/IBANID") or text(element, f"{account}/ProprietaryID"),
        bic=text(element, "PayeeSpecifiedCreditorFinancialInstitution/BICID"),
    )


def _tax_totals(totals: Element, currency: str) -> list[Decimal]:
    found = [x for x in children(totals, "TaxTotalAmount") if (x.get("currencyID") or currency) == currency]
    return [number(x.text or "", "BT-110 VAT") for x in found]


def _others(root: Element, totals: Element, currency: str) -> tuple[str, ...]:
    """Currencies of amounts in another one than the invoice's, VAT in the accounting currency apart."""
    apart = set(children(totals, "TaxTotalAmount"))
    said = (e.get("currencyID") for e in root.iter() if e not in apart and e.get("currencyID"))
    return tuple(dict.fromkeys(x for x in said if x and x != currency))


def _beyond(trade: Element, settled: Element, customization: str) -> Iterator[tuple[str, str]]:
    """What only EXTENDED has: read where the totals say how it counts, else named."""
    freight = children(settled, "SpecifiedLogisticsServiceCharge")
    if freight and factur_x(customization) != "EXTENDED":
        yield (
            _EXTENDED,
            "SpecifiedLogisticsServiceCharge belongs to it, and the invoice does not say that it follows it",
        )
    if any(len(children(x, "AppliedTradeTax")) > 1 for x in freight):
        yield _EXTENDED, "a logistics charge of several VAT rates (BG-X-42) is not read"
    for line in children(trade, "IncludedSupplyChainTradeLineItem"):
        # A group repeats what its parts say, information counts for nothing: neither is a line to be booked.
        status = text(line, "AssociatedDocumentLineDocument/LineStatusReasonCode")
        if status.upper() in ("GROUP", "INFORMATION"):
            name = text(line, "AssociatedDocumentLineDocument/LineID")
            yield _EXTENDED, f"line {name} is a {status} line (BT-X-8), which is not read"


def _registered(party: Element | None, scheme: str) -> str:
    found = [] if party is None else each(party, "SpecifiedTaxRegistration/ID")
    said = ((x.text or "").strip() for x in found if (x.get("schemeID") or "VA") == scheme)
    return next((x for x in said if x), "")


def _trader(agreed: Element, name: str) -> Trader:
    party = child(agreed, name)
    if party is None:
        raise FormatError(f"{name} is missing: a seller and a buyer were expected")
    return Trader(
        name=text(party, "Name"),
        tax_id=_registered(party, "VA"),
        tax_number=_registered(party, "FC"),
        country=text(party, "PostalTradeAddress/CountryID"),
        registration=text(party, "SpecifiedLegalOrganization/ID"),
        endpoint=text(party, "URIUniversalCommunication/URIID"),
    )


def _charge(element: Element) -> Charge:
    return Charge(
        charge=mark(element, "ChargeIndicator/Indicator", "allowance or charge"),
        amount=amount(element, "ActualAmount", "allowance or charge"),
        base=maybe(element, "BasisAmount", "base of an allowance or charge"),
        reason=text(element, "Reason"),
        reason_code=text(element, "ReasonCode"),
        category=_category(element, "CategoryTradeTax"),
        rate=maybe(element, "CategoryTradeTax/RateApplicablePercent", "VAT rate"),
    )


def _logistics(element: Element) -> Charge:
    """Freight and the like of EXTENDED (BG-X-42): a charge on the document, which BT-108 holds."""
    return Charge(
        charge=True,
        amount=amount(element, "AppliedAmount", "BT-X-272 logistics charge"),
        reason=text(element, "Description"),
        category=_category(element, "AppliedTradeTax"),
        rate=maybe(element, "AppliedTradeTax/RateApplicablePercent", "VAT rate"),
    )


def _category(element: Element, name: str) -> str:
    """The category of VAT: one of another tax is none."""
    found = child(element, name)
    vat = found is not None and text(found, "TypeCode").upper() == "VAT"
    return text(found, "CategoryCode") if vat else ""


def _tax(element: Element) -> TaxPart:
    if text(element, "TypeCode").upper() != "VAT":
        raise FormatError(
            f"BR-47, the tax {text(element, 'TypeCode')[:20]!r} is not VAT, which alone was expected"
        )
    code = text(element, "ExemptionReasonCode")
    return TaxPart(
        category=needed(element, "CategoryCode", "BR-47, BT-118 VAT category"),
        rate=maybe(element, "RateApplicablePercent", "BT-119 VAT rate"),
        taxable=amount(element, "BasisAmount", "BR-45, BT-116 taxable amount"),
        amount=amount(element, "CalculatedAmount", "BR-46, BT-117 VAT"),
        reason=text(element, "ExemptionReason") or code,
        reason_code=code,
    )


def _line(element: Element) -> InvoiceLine:
    name = needed(element, "AssociatedDocumentLineDocument/LineID", "BR-21, BT-126 line id")
    term = f"line {name}"
    product, agreed = child(element, "SpecifiedTradeProduct"), child(element, "SpecifiedLineTradeAgreement")
    billed, settled = (
        child(element, "SpecifiedLineTradeDelivery/BilledQuantity"),
        child(element, "SpecifiedLineTradeSettlement"),
    )
    if product is None or agreed is None or billed is None or settled is None:
        raise FormatError(
            f"{term}: a product, an agreement, a billed quantity (BR-22) and a settlement were expected"
        )
    price = child(agreed, "NetPriceProductTradePrice")
    if price is None:
        raise FormatError(f"BR-26, {term}, BT-146: NetPriceProductTradePrice was expected")
    base = maybe(price, "BasisQuantity", f"{term}, BT-149")
    return InvoiceLine(
        line=name,
        name=needed(product, "Name", f"BR-25, {term}, BT-153 name"),
        quantity=number(billed.text or "", f"BR-22, {term}, BT-129 quantity"),
        unit=billed.get("unitCode") or "",
        price=amount(price, "ChargeAmount", f"BR-26, {term}, BT-146 price"),
        net=amount(
            settled,
            "SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount",
            f"BR-24, {term}, BT-131 net",
        ),
        base_quantity=Decimal(1) if base is None else base,
        category=_category(settled, "ApplicableTradeTax"),
        rate=maybe(settled, "ApplicableTradeTax/RateApplicablePercent", f"{term}, VAT rate"),
        order_line=text(agreed, "BuyerOrderReferencedDocument/LineID"),
        order_number=text(agreed, "BuyerOrderReferencedDocument/IssuerAssignedID"),
        seller_item=text(product, "SellerAssignedID"),
        buyer_item=text(product, "BuyerAssignedID"),
        accounting=text(settled, "ReceivableSpecifiedTradeAccountingAccount/ID"),
        charges=tuple(_charge(x) for x in each(settled, "SpecifiedTradeAllowanceCharge")),
    )
