"""Suppliers that send electronic invoices, and the access point that delivers them with a report."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Item:
    """A line billed: `price` is a unit's, without tax; `rate` a percentage."""

    name: str
    quantity: Decimal
    price: Decimal
    rate: Decimal = Decimal(0)
    category: str = "S"
    order_line: str = ""

    @property
    def net(self) -> Decimal:
        return (self.quantity * self.price).quantize(_CENT)


@dataclass(frozen=True)
class Sent:
    """An invoice, or with `credit` a credit note. Amounts are positive."""

    number: str
    on: date
    seller: str
    items: tuple[Item, ...]
    seller_tax_id: str = ""
    seller_country: str = "US"
    currency: str = "USD"
    iban: str = ""
    order: str = ""
    due: date | None = None
    credit: bool = False
    refers_to: str = ""
    buyer: str = "Northwind Services Inc."
    buyer_tax_id: str = ""
    buyer_country: str = "US"

    @property
    def net(self) -> Decimal:
        return sum((x.net for x in self.items), Decimal(0))

    def taxes(self) -> dict[tuple[str, Decimal], tuple[Decimal, Decimal]]:
        """Taxable amount and tax by category and rate."""
        found: dict[tuple[str, Decimal], Decimal] = {}
        for x in self.items:
            found[x.category, x.rate] = found.get((x.category, x.rate), Decimal(0)) + x.net
        return {k: (v, (v * k[1] / 100).quantize(_CENT)) for k, v in found.items()}

    @property
    def tax(self) -> Decimal:
        return sum((t for _, t in self.taxes().values()), Decimal(0))

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


@dataclass
class AccessPoint:
    """What was delivered, in order."""

    sent: list[Sent] = field(default_factory=list)

    def deliver(self, invoice: Sent, syntax: str = "UBL") -> bytes:
        self.sent.append(invoice)
        return ubl(invoice) if syntax == "UBL" else cii(invoice)

    def report(self, on: date) -> bytes:
        """The month of `on` so far."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(("on", "currency", "count", "billed", "credited"))
        mine = [x for x in self.sent if (x.on.year, x.on.month) == (on.year, on.month)]
        for currency in sorted({x.currency for x in mine}):
            of = [x for x in mine if x.currency == currency]
            billed = sum((x.total for x in of if not x.credit), Decimal(0))
            credited = sum((x.total for x in of if x.credit), Decimal(0))
            writer.writerow((on.isoformat(), currency, len(of), billed, credited))
        return out.getvalue().encode()


def _money(name: str, value: Decimal, currency: str) -> str:
    return f'<cbc:{name} currencyID="{currency}">{value.quantize(_CENT)}</cbc:{name}>'


def _ubl_category(tag: str, code: str, rate: Decimal, why: bool) -> str:
    reason = "<cbc:TaxExemptionReason>not taxed</cbc:TaxExemptionReason>" if why and code not in "SZ" else ""
    return (
        f"<cac:{tag}><cbc:ID>{code}</cbc:ID><cbc:Percent>{rate}</cbc:Percent>{reason}"
        f"<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:{tag}>"
    )


def _ubl_party(role: str, name: str, tax_id: str, country: str) -> str:
    vat = (
        f"<cac:PartyTaxScheme><cbc:CompanyID>{escape(tax_id)}</cbc:CompanyID>"
        "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>"
        if tax_id
        else ""
    )
    return (
        f"<cac:{role}><cac:Party><cac:PartyName><cbc:Name>{escape(name)}</cbc:Name></cac:PartyName>"
        f"<cac:PostalAddress><cac:Country><cbc:IdentificationCode>{country}</cbc:IdentificationCode>"
        f"</cac:Country></cac:PostalAddress>{vat}<cac:PartyLegalEntity><cbc:RegistrationName>{escape(name)}"
        f"</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:{role}>"
    )


def ubl(x: Sent) -> bytes:
    """As Peppol BIS Billing 3 has it."""
    word, cur = ("CreditNote" if x.credit else "Invoice"), x.currency

    lines = "".join(
        f"<cac:{word}Line><cbc:ID>{n}</cbc:ID>"
        f'<cbc:{"CreditedQuantity" if x.credit else "InvoicedQuantity"} unitCode="C62">{i.quantity}'
        f"</cbc:{'CreditedQuantity' if x.credit else 'InvoicedQuantity'}>"
        + _money("LineExtensionAmount", i.net, cur)
        + (
            f"<cac:OrderLineReference><cbc:LineID>{i.order_line}</cbc:LineID></cac:OrderLineReference>"
            if i.order_line
            else ""
        )
        + f"<cac:Item><cbc:Name>{escape(i.name)}</cbc:Name>"
        + _ubl_category("ClassifiedTaxCategory", i.category, i.rate, False)
        + f'</cac:Item><cac:Price><cbc:PriceAmount currencyID="{cur}">{i.price}</cbc:PriceAmount></cac:Price>'
        f"</cac:{word}Line>"
        for n, i in enumerate(x.items, 1)
    )
    taxes = "".join(
        "<cac:TaxSubtotal>"
        + _money("TaxableAmount", base, cur)
        + _money("TaxAmount", tax, cur)
        + _ubl_category("TaxCategory", code, rate, True)
        + "</cac:TaxSubtotal>"
        for (code, rate), (base, tax) in x.taxes().items()
    )
    due = f"<cbc:DueDate>{x.due}</cbc:DueDate>" if x.due and not x.credit else ""
    order = f"<cac:OrderReference><cbc:ID>{escape(x.order)}</cbc:ID></cac:OrderReference>" if x.order else ""
    before = (
        f"<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>{escape(x.refers_to)}</cbc:ID>"
        "</cac:InvoiceDocumentReference></cac:BillingReference>"
        if x.refers_to
        else ""
    )
    paid = (
        "<cac:PaymentMeans><cbc:PaymentMeansCode>58</cbc:PaymentMeansCode>"
        f"<cac:PayeeFinancialAccount><cbc:ID>{x.iban}</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>"
        if x.iban
        else ""
    )
    space = "urn:oasis:names:specification:ubl:schema:xsd:"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{word} xmlns="{space}{word}-2" '
        f'xmlns:cac="{space}CommonAggregateComponents-2" xmlns:cbc="{space}CommonBasicComponents-2">'
        "<cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
        "</cbc:CustomizationID><cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>"
        f"<cbc:ID>{escape(x.number)}</cbc:ID><cbc:IssueDate>{x.on}</cbc:IssueDate>{due}"
        f"<cbc:{word}TypeCode>{'381' if x.credit else '380'}</cbc:{word}TypeCode>"
        f"<cbc:DocumentCurrencyCode>{cur}</cbc:DocumentCurrencyCode>{order}{before}"
        + _ubl_party("AccountingSupplierParty", x.seller, x.seller_tax_id, x.seller_country)
        + _ubl_party("AccountingCustomerParty", x.buyer, x.buyer_tax_id, x.buyer_country)
        + paid
        + f"<cac:TaxTotal>{_money('TaxAmount', x.tax, cur)}{taxes}</cac:TaxTotal><cac:LegalMonetaryTotal>"
        + _money("LineExtensionAmount", x.net, cur)
        + _money("TaxExclusiveAmount", x.net, cur)
        + _money("TaxInclusiveAmount", x.total, cur)
        + _money("PayableAmount", x.total, cur)
        + f"</cac:LegalMonetaryTotal>{lines}</{word}>\n"
    ).encode()


def _cii_tax(code: str, rate: Decimal, extra: str = "", why: bool = False) -> str:
    reason = "<ram:ExemptionReason>not taxed</ram:ExemptionReason>" if why and code not in "SZ" else ""
    return (
        f"<ram:ApplicableTradeTax>{extra.split('|')[0]}<ram:TypeCode>VAT</ram:TypeCode>{reason}"
        f"{extra.partition('|')[2]}<ram:CategoryCode>{code}</ram:CategoryCode>"
        f"<ram:RateApplicablePercent>{rate}</ram:RateApplicablePercent></ram:ApplicableTradeTax>"
    )


def _cii_party(role: str, name: str, tax_id: str, country: str) -> str:
    vat = (
        f'<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">{escape(tax_id)}</ram:ID>'
        "</ram:SpecifiedTaxRegistration>"
        if tax_id
        else ""
    )
    return (
        f"<ram:{role}><ram:Name>{escape(name)}</ram:Name><ram:PostalTradeAddress><ram:CountryID>{country}"
        f"</ram:CountryID></ram:PostalTradeAddress>{vat}</ram:{role}>"
    )


def _cii_line(n: int, i: Item) -> str:
    return (
        "<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument>"
        f"<ram:LineID>{n}</ram:LineID></ram:AssociatedDocumentLineDocument><ram:SpecifiedTradeProduct>"
        f"<ram:Name>{escape(i.name)}</ram:Name></ram:SpecifiedTradeProduct><ram:SpecifiedLineTradeAgreement>"
        + (
            f"<ram:BuyerOrderReferencedDocument><ram:LineID>{i.order_line}</ram:LineID>"
            "</ram:BuyerOrderReferencedDocument>"
            if i.order_line
            else ""
        )
        + f"<ram:NetPriceProductTradePrice><ram:ChargeAmount>{i.price}</ram:ChargeAmount>"
        "</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement><ram:SpecifiedLineTradeDelivery>"
        f'<ram:BilledQuantity unitCode="C62">{i.quantity}</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery>'
        "<ram:SpecifiedLineTradeSettlement>"
        + _cii_tax(i.category, i.rate)
        + "<ram:SpecifiedTradeSettlementLineMonetarySummation>"
        f"<ram:LineTotalAmount>{i.net}</ram:LineTotalAmount></ram:SpecifiedTradeSettlementLineMonetarySummation>"
        "</ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>"
    )


def cii(x: Sent) -> bytes:
    """As Factur-X has it, in its profile EN 16931."""

    lines = "".join(_cii_line(n, item) for n, item in enumerate(x.items, 1))
    taxes = "".join(
        _cii_tax(
            code,
            rate,
            f"<ram:CalculatedAmount>{t}</ram:CalculatedAmount>|<ram:BasisAmount>{base}</ram:BasisAmount>",
            True,
        )
        for (code, rate), (base, t) in x.taxes().items()
    )
    order = (
        f"<ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>{escape(x.order)}</ram:IssuerAssignedID>"
        "</ram:BuyerOrderReferencedDocument>"
        if x.order
        else ""
    )
    paid = (
        "<ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>58</ram:TypeCode>"
        f"<ram:PayeePartyCreditorFinancialAccount><ram:IBANID>{x.iban}</ram:IBANID>"
        "</ram:PayeePartyCreditorFinancialAccount></ram:SpecifiedTradeSettlementPaymentMeans>"
        if x.iban
        else ""
    )
    due = (
        '<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime><udt:DateTimeString format="102">'
        f"{x.due:%Y%m%d}</udt:DateTimeString></ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms>"
        if x.due
        else ""
    )
    space = "urn:un:unece:uncefact:data:standard:"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rsm:CrossIndustryInvoice xmlns:rsm="{space}CrossIndustryInvoice:100"'
        f' xmlns:ram="{space}ReusableAggregateBusinessInformationEntity:100"'
        f' xmlns:udt="{space}UnqualifiedDataType:100"><rsm:ExchangedDocumentContext>'
        "<ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn:cen.eu:en16931:2017</ram:ID>"
        "</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext><rsm:ExchangedDocument>"
        f"<ram:ID>{escape(x.number)}</ram:ID><ram:TypeCode>{'381' if x.credit else '380'}</ram:TypeCode>"
        f'<ram:IssueDateTime><udt:DateTimeString format="102">{x.on:%Y%m%d}</udt:DateTimeString></ram:IssueDateTime>'
        f"</rsm:ExchangedDocument><rsm:SupplyChainTradeTransaction>{lines}<ram:ApplicableHeaderTradeAgreement>"
        + _cii_party("SellerTradeParty", x.seller, x.seller_tax_id, x.seller_country)
        + _cii_party("BuyerTradeParty", x.buyer, x.buyer_tax_id, x.buyer_country)
        + f"{order}</ram:ApplicableHeaderTradeAgreement><ram:ApplicableHeaderTradeSettlement>"
        f"<ram:InvoiceCurrencyCode>{x.currency}</ram:InvoiceCurrencyCode>{paid}{taxes}{due}"
        "<ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
        f"<ram:LineTotalAmount>{x.net}</ram:LineTotalAmount><ram:TaxBasisTotalAmount>{x.net}</ram:TaxBasisTotalAmount>"
        f'<ram:TaxTotalAmount currencyID="{x.currency}">{x.tax}</ram:TaxTotalAmount>'
        f"<ram:GrandTotalAmount>{x.total}</ram:GrandTotalAmount><ram:DuePayableAmount>{x.total}</ram:DuePayableAmount>"
        "</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>"
        "</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>\n"
    ).encode()
