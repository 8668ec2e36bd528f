"""Electronic invoices: both syntaxes say the same, a PDF carries one, and money that does not hold is refused."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter

from tests.examples import examples
from tieout.connectors.einvoices.normalise import bill_of, bills
from tieout.formats import FormatError
from tieout.formats.einvoice import EInvoice, problems_of, read_einvoice
from tieout_sandbox.simulators.einvoices import Item, Sent, cii, ubl

ON = date(2026, 10, 9)
SENT = Sent("B-1", ON, "Acme & Sons", (Item("chair", Decimal(3), Decimal("19.90"), Decimal(19), order_line="1"),),
            "DE1", "DE", "EUR", "DE89370400440532013000", "PO-1", date(2026, 11, 8), buyer_tax_id="DE2")  # fmt: skip
CENTS = st.integers(1, 10**7).map(lambda n: Decimal(n).scaleb(-2))
ITEMS = st.lists(
    st.builds(Item, st.text("abc", min_size=1, max_size=5), st.integers(1, 999).map(Decimal), CENTS,
              st.sampled_from([Decimal(7), Decimal(19)])),
    min_size=1, max_size=5,
)  # fmt: skip


@settings(max_examples=examples(60), deadline=None)
@given(items=ITEMS, credit=st.booleans())
def test_both_syntaxes_say_the_same_and_the_bill_adds_up(items: list[Item], credit: bool) -> None:
    sent = Sent("N", ON, "S", tuple(items), "DE1", "DE", "EUR", credit=credit)
    one, other = read_einvoice(ubl(sent)), read_einvoice(cii(sent))
    left, right = bill_of(one, "x"), bill_of(other, "x")
    assert left == right and left.refund is credit and left.total.value == sent.total
    parts = [x.net.value for x in left.lines] + [x.amount.value for x in left.taxes]
    assert sum(parts) == left.total.value


def test_an_invoice_below_zero_is_a_credit_with_its_signs_turned() -> None:
    item = Item("back", Decimal(-2), Decimal("10.00"), Decimal(19))
    (bill,) = bills(ubl(Sent("N", ON, "S", (item,), "DE1", "DE", "EUR")), {})
    assert bill.refund and bill.total.value == Decimal("23.80") and bill.lines[0].quantity == 2  # type: ignore[union-attr]


def test_a_pdf_carries_its_invoice() -> None:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    bare = io.BytesIO()
    writer.write(bare)
    with pytest.raises(FormatError, match="0 invoices are embedded"):
        read_einvoice(bare.getvalue())
    writer.add_attachment("factur-x.xml", cii(SENT))
    out = io.BytesIO()
    writer.write(out)
    assert read_einvoice(out.getvalue()) == read_einvoice(cii(SENT))
    with pytest.raises(FormatError, match=r"not a readable PDF|0 invoices"):
        read_einvoice(out.getvalue()[:200])


def replaced(old: bytes, new: bytes, syntax: str = "ubl") -> bytes:
    whole = ubl(SENT) if syntax == "ubl" else cii(SENT)
    assert whole.count(old) >= 1, old
    return whole.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b"<cbc:CustomizationID>", b"<cbc:CustomizationIDs>", "not well-formed"),
        (b">59.70</cbc:TaxExclusiveAmount>", b">59.71</cbc:TaxExclusiveAmount>", "BR-CO-13"),
        (b">71.04</cbc:TaxInclusiveAmount>", b">71.05</cbc:TaxInclusiveAmount>", "BR-CO-15"),
        (b">71.04</cbc:PayableAmount>", b">71.0</cbc:PayableAmount>", "BR-CO-16"),
        (b">71.04</cbc:PayableAmount>", b">71.040001</cbc:PayableAmount>", "BR-DEC"),
        (b">71.04</cbc:PayableAmount>", b">7e1</cbc:PayableAmount>", "no amount"),
        (b'<cbc:LineExtensionAmount currencyID="EUR">59.70', b'<cbc:LineExtensionAmount currencyID="EUR">59.60', "BR-CO-10"),
        (b">11.34</cbc:TaxAmount><cac:TaxSubtotal>", b">11.35</cbc:TaxAmount><cac:TaxSubtotal>", "BR-CO-14"),
        (b'<cbc:TaxableAmount currencyID="EUR">59.70', b'<cbc:TaxableAmount currencyID="EUR">99.70', "BR-CO-17"),
        (b"<cbc:ID>S</cbc:ID><cbc:Percent>19</cbc:Percent><cac:TaxScheme>",
         b"<cbc:ID>Q</cbc:ID><cbc:Percent>19</cbc:Percent><cac:TaxScheme>", "BR-CL-17"),
        (b"<cbc:ID>S</cbc:ID><cbc:Percent>19</cbc:Percent><cac:TaxScheme>",
         b"<cbc:ID>E</cbc:ID><cbc:Percent>19</cbc:Percent><cac:TaxScheme>", "BR-E-09"),
        (b'<cbc:PriceAmount currencyID="EUR">19.90', b'<cbc:PriceAmount currencyID="EUR">19.99', "R120"),
        (b"<cbc:RegistrationName>Acme &amp; Sons</cbc:RegistrationName>", b"", ""),
        (b"2026-11-08", b"8.11.2026", "BT-9"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_refused_by_its_name(old: bytes, new: bytes, rule: str) -> None:
    if not rule:
        # The trading name stands in for the registered one.
        assert read_einvoice(replaced(old, new)).seller.name == "Acme & Sons"
        return
    with pytest.raises(FormatError, match=rule):
        read_einvoice(replaced(old, new))


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b"<ram:DuePayableAmount>71.04", b"<ram:DuePayableAmount>71.03", "BR-CO-16"),
        (b'<udt:DateTimeString format="102">20261009', b'<udt:DateTimeString format="102">20261399', "BT-2"),
        (b"<ram:LineTotalAmount>59.70", b"<ram:LineTotalAmount>59.00", "BR-CO-10"),
        (b"<ram:InvoiceCurrencyCode>EUR", b"<ram:InvoiceCurrencyCode>EURO", "BR-CL-04"),
        (b"<ram:LineID>1</ram:LineID>", b"<ram:LineID></ram:LineID>", "BT-126"),
    ],
)
def test_the_same_of_the_other_syntax(old: bytes, new: bytes, rule: str) -> None:
    with pytest.raises(FormatError, match=rule):
        read_einvoice(replaced(old, new, "cii"))


def test_allowances_charges_and_rounding_are_lines_of_the_bill() -> None:
    whole = replaced(
        b"<cac:TaxTotal>",
        b"<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator>"
        b"<cbc:AllowanceChargeReason>bonus</cbc:AllowanceChargeReason>"
        b'<cbc:Amount currencyID="EUR">9.70</cbc:Amount><cac:TaxCategory><cbc:ID>S</cbc:ID>'
        b"<cbc:Percent>19</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory>"
        b"</cac:AllowanceCharge><cac:TaxTotal>",
    )
    for old, new in (
        (b">59.70</cbc:TaxExclusiveAmount>", b">50.00</cbc:TaxExclusiveAmount>"),
        (b">71.04</cbc:TaxInclusiveAmount>",
         b'>59.50</cbc:TaxInclusiveAmount><cbc:AllowanceTotalAmount currencyID="EUR">9.70</cbc:AllowanceTotalAmount>'
         b'<cbc:PayableRoundingAmount currencyID="EUR">0.02</cbc:PayableRoundingAmount>'),
        (b">71.04</cbc:PayableAmount>", b">59.52</cbc:PayableAmount>"),
        (b">59.70</cbc:TaxableAmount>", b">50.00</cbc:TaxableAmount>"),
    ):  # fmt: skip
        assert old in whole
        whole = whole.replace(old, new)
    whole = whole.replace(b">11.34</cbc:TaxAmount>", b">9.50</cbc:TaxAmount>")
    (bill,) = bills(whole, {})
    assert [(x.name, x.net.value) for x in bill.lines] == [  # type: ignore[union-attr]
        ("chair", Decimal("59.70")), ("bonus", Decimal("-9.70")), ("rounding", Decimal("0.02")),
    ]  # fmt: skip
    assert bill.total.value == Decimal("59.52")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "content", [b"", b"<a/>", b"<Invoice/>", b"%PDF-1.7", b"\xff\xfe", b"<CrossIndustryInvoice/>"]
)
def test_what_is_no_invoice_is_refused(content: bytes) -> None:
    with pytest.raises(FormatError):
        read_einvoice(content)


def test_a_seller_that_charges_tax_has_a_number() -> None:
    invoice = read_einvoice(ubl(SENT))
    assert isinstance(invoice, EInvoice) and problems_of(invoice) == []
    with pytest.raises(FormatError, match="BR-S-02"):
        read_einvoice(replaced(b"<cbc:CompanyID>DE1</cbc:CompanyID>", b""))


def test_what_is_taxed_is_what_the_lines_come_to() -> None:
    import msgspec

    invoice = read_einvoice(ubl(SENT))
    (part,) = invoice.taxes
    wrong = msgspec.structs.replace(part, taxable=Decimal("100.00"), amount=Decimal("19.00"))
    found = problems_of(msgspec.structs.replace(invoice, taxes=(wrong,)))
    assert any(x.startswith("BR-S-08") for x in found)
