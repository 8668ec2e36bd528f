"""Electronic invoices: both syntaxes say the same, a PDF carries one, and money that does not hold is refused."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter

from tests.examples import examples
from tieout.connector_api import ContentRefusedError
from tieout.connectors.einvoices.normalise import bill_of, bills
from tieout.documents import VendorBill
from tieout.formats import FormatError
from tieout.formats.einvoice import (
    EInvoice,
    factur_x,
    is_booking_aid,
    is_peppol,
    problems_of,
    read_einvoice,
    read_unchecked,
    sniff,
)
from tieout.formats.einvoice.code_lists import code_lists
from tieout.formats.einvoice.values import day, number
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


@pytest.mark.parametrize("write", [ubl, cii])
@pytest.mark.parametrize(
    "items",
    [
        [("-2", "10.00")],
        [("2", "-10.00")],
        [("1", "10.00"), ("-3", "10.00")],
    ],
)
def test_a_credit_note_below_zero_is_asked_about(write: Any, items: list[tuple[str, str]]) -> None:
    """By EN 16931 it takes a credit back; suppliers who put a minus before what they credit write the very same (the
    standard's validation, issue 478)."""
    sent = tuple(Item("back", Decimal(n), Decimal(price), Decimal(19)) for n, price in items)
    with pytest.raises((ContentRefusedError, FormatError)) as refused:
        bills(write(Sent("N", ON, "S", sent, "DE1", "DE", "EUR", credit=True)), {})
    if isinstance(refused.value, ContentRefusedError):
        assert refused.value.cause == "signs_unclear" and refused.value.amount is not None
    else:
        # A price below zero is none, whatever it is of.
        assert "BR-27" in str(refused.value)


@pytest.mark.parametrize("kind", ["261", "262", "296", "308", "396", "420", "458", "532"])
def test_every_kind_of_credit_note_below_zero_is_asked_about(kind: str) -> None:
    item = Item("back", Decimal(-2), Decimal("10.00"), Decimal(19))
    whole = cii(Sent("N", ON, "S", (item,), "DE1", "DE", "EUR", credit=True, buyer_tax_id="DE2"))
    with pytest.raises(ContentRefusedError) as refused:
        bills(whole.replace(b">381<", b">" + kind.encode() + b"<"), {"buyer_tax_id": "DE2"})
    assert refused.value.cause == "signs_unclear"


def rounded(amount: str, due: str, currency: str = "EUR", gross: str = "23.80", quantity: str = "2") -> bytes:
    item = Item("chair", Decimal(quantity), Decimal("10.00"), Decimal(19))
    whole = ubl(Sent("N", ON, "S", (item,), "DE1", "DE", currency))
    old = f'<cbc:PayableAmount currencyID="{currency}">{gross}'
    new = (
        f'<cbc:PayableRoundingAmount currencyID="{currency}">{amount}</cbc:PayableRoundingAmount>'
        f'<cbc:PayableAmount currencyID="{currency}">{due}'
    )
    assert old in whole.decode()
    return whole.decode().replace(old, new).encode()


@pytest.mark.parametrize(("amount", "due", "currency"), [
    ("0.20", "24.00", "SEK"), ("-0.80", "23.00", "NOK"), ("1.00", "24.80", "EUR"), ("-2.50", "21.30", "HUF"),
])  # fmt: skip
def test_a_rounding_is_a_line_of_its_own(amount: str, due: str, currency: str) -> None:
    (bill,) = bills(rounded(amount, due, currency), {})
    assert isinstance(bill, VendorBill) and bill.total.value == Decimal(due)
    assert [(x.name, x.account, x.net.value) for x in bill.lines][1:] == [
        ("rounding", "rounding", Decimal(amount))
    ]


@pytest.mark.parametrize(("amount", "due", "currency"), [
    ("-20.00", "3.80", "EUR"), ("1.01", "24.81", "EUR"), ("976.20", "1000.00", "EUR"), ("-2.51", "21.29", "HUF"),
    ("-23.81", "-0.01", "EUR"),
])  # fmt: skip
def test_what_is_more_than_any_coin_is_no_rounding(amount: str, due: str, currency: str) -> None:
    with pytest.raises(ContentRefusedError, match="rounds by") as refused:
        bills(rounded(amount, due, currency), {})
    assert refused.value.cause == "rounding_too_large" and amount in str(refused.value)


def test_a_rounding_of_a_bill_below_zero_turns_its_sign() -> None:
    (bill,) = bills(rounded("-0.20", "-24.00", gross="-23.80", quantity="-2"), {})
    assert isinstance(bill, VendorBill) and bill.refund and bill.total.value == Decimal("24.00")
    assert bill.lines[1].net.value == Decimal("0.20")


@pytest.mark.parametrize("write", [ubl, cii])
@pytest.mark.parametrize(
    "name", ["PayableAmount", "TaxInclusiveAmount", "DuePayableAmount", "GrandTotalAmount", "LegalMonetaryTotal",
             "SpecifiedTradeSettlementHeaderMonetarySummation"],
)  # fmt: skip
def test_a_total_that_stands_twice_is_refused(write: Any, name: str) -> None:
    """Its schema has one; whoever reads the other one pays another amount."""
    content = write(SENT).decode()
    once = re.search(rf"<(\w+:)?{name}[ >].*?</(\w+:)?{name}>", content, re.DOTALL)
    if once is None:
        assert (write is ubl) == (
            name in ("DuePayableAmount", "GrandTotalAmount") or name.startswith("Specified")
        )
        return
    for twice in (once[0] * 2, once[0] + once[0].replace("71.04", "99.99")):
        with pytest.raises(FormatError, match="stands"):
            bills(content.replace(once[0], twice).encode(), {})


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


@pytest.mark.parametrize("rate", ["", "<cbc:Percent>0</cbc:Percent>", "<cbc:Percent>19</cbc:Percent>"])
@pytest.mark.parametrize("amount", ["0", "0.00", "7.00"])
def test_a_category_without_tax_on_nothing_charges_nothing_at_whatever_rate(rate: str, amount: str) -> None:
    """The published rule (BR-E-09) holds the amount alone; the test files of XRechnung 2 and 2.1 have such a part."""
    part = (
        '<cac:TaxSubtotal><cbc:TaxableAmount currencyID="EUR">0</cbc:TaxableAmount>'
        f'<cbc:TaxAmount currencyID="EUR">{amount}</cbc:TaxAmount><cac:TaxCategory><cbc:ID>E</cbc:ID>{rate}'
        "<cbc:TaxExemptionReason>none</cbc:TaxExemptionReason><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
        "</cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>"
    )
    content = replaced(b"</cac:TaxTotal>", part.encode())
    if amount == "7.00":
        with pytest.raises(FormatError, match="BR-E-09"):
            read_einvoice(content)
    else:
        assert read_einvoice(content).gross_total == Decimal("71.04")


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


CREDIT_NOTES = "81 83 261 262 296 308 381 396 420 458 502 503 532".split()
SELF_BILLED = "261 389 471 473 500 501 502 527".split()


@pytest.mark.parametrize("code", CREDIT_NOTES)
def test_in_cii_the_type_says_whether_it_is_a_credit_note(code: str) -> None:
    old = b"<ram:TypeCode>380</ram:TypeCode><ram:IssueDateTime>"
    invoice = read_einvoice(replaced(old, old.replace(b"380", code.encode()), "cii"))
    assert invoice.credit and invoice.self_billed is (code in SELF_BILLED)


@pytest.mark.parametrize(
    "code", ["80", "84", "326", "380", "384", "386", "389", "457", "471", "500", "527", "875"]
)
def test_in_cii_any_other_type_is_an_invoice(code: str) -> None:
    old = b"<ram:TypeCode>380</ram:TypeCode><ram:IssueDateTime>"
    invoice = read_einvoice(replaced(old, old.replace(b"380", code.encode()), "cii"))
    assert not invoice.credit and invoice.self_billed is (code in SELF_BILLED)


@pytest.mark.parametrize("credit", [False, True])
@pytest.mark.parametrize("code", ["", "81", "380", "999", *CREDIT_NOTES])
def test_in_ubl_the_root_decides_and_a_type_of_the_other_list_is_refused(code: str, credit: bool) -> None:
    whole = ubl(Sent("N", ON, "S", SENT.items, "DE1", "DE", "EUR", credit=credit))
    old = b">381</cbc:CreditNoteTypeCode>" if credit else b">380</cbc:InvoiceTypeCode>"
    invoice = read_unchecked(whole.replace(old, old.replace(b"381" if credit else b"380", code.encode())))
    assert invoice.credit is credit
    fits = code == "81" or (code in CREDIT_NOTES if credit else code == "380")
    rules = [x.partition(":")[0] for x in problems_of(invoice)]
    assert rules == ([] if fits else ["BR-CL-01"] if code else ["BR-04"])


@pytest.mark.parametrize("words", ["10.00000000000", "10.", "+10", " 10 ", "010", "10.0"])
def test_a_decimal_is_what_xml_schema_says(words: str) -> None:
    assert number(words, "x") == 10


@pytest.mark.parametrize(
    "words", ["", ".", "+", "1e1", "1,5", "NaN", "INF", "0x10", "1 0", "--1", "٣", "1" * 19]
)
def test_what_is_no_decimal_is_refused(words: str) -> None:
    with pytest.raises(FormatError, match="x: "):
        number(words, "x")


@pytest.mark.parametrize(
    "words", ["2026-10-31", "20261031", " 2026-10-31 ", "2026-10-31Z", "2026-10-31+01:00"]
)
def test_a_day_is_what_xml_schema_or_cii_says(words: str) -> None:
    assert day(words, "x") == date(2026, 10, 31)


@pytest.mark.parametrize(
    "words", ["", "2026-13-01", "31.10.2026", "202610", "2026-10-31T12:00", "2026-1-1", "0000-01-01"]
)
def test_what_is_no_day_is_refused(words: str) -> None:
    with pytest.raises(FormatError, match="x: "):
        day(words, "x")


@pytest.mark.parametrize(
    ("name", "peppol", "profile", "aid"),
    [
        ("urn:cen.eu:en16931:2017", False, "", False),
        ("urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0", True, "", False),
        ("urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0", False, "", False),
        ("urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic", False, "BASIC", False),
        ("urn:cen.eu:en16931:2017:compliant:factur-x.eu:1p0:basic", False, "BASIC", False),
        ("urn:cen.eu:en16931:2017#conformant#urn:zugferd.de:2p0:extended", False, "EXTENDED", False),
        ("urn:factur-x.eu:1p0:basicwl", False, "BASIC WL", True),
        ("urn:factur-x.eu:1p0:basic-wl", False, "BASIC WL", True),
        ("urn:zugferd.de:2p0:minimum", False, "MINIMUM", True),
        ("", False, "", False),
    ],
)
def test_a_specification_is_told_by_its_identifier(name: str, peppol: bool, profile: str, aid: bool) -> None:
    assert (is_peppol(name), factur_x(name), is_booking_aid(name)) == (peppol, profile, aid)


def test_the_lists_of_codes_are_of_one_version_and_day() -> None:
    lists = code_lists()
    assert (lists.version, lists.used_from) == ("v17b", date(2026, 5, 15))
    # The workbook of v17b: 62 types, 49 of invoices and 13 of credit notes.
    assert (len(lists.invoices.codes), sorted(lists.credit_notes.codes, key=int)) == (49, CREDIT_NOTES)
    assert not lists.invoices.codes & lists.credit_notes.codes
    assert lists.self_billed.codes <= lists.invoices.codes | lists.credit_notes.codes
    assert {"C62", "HUR", "XBX"} <= lists.units.codes and "Stk" not in lists.units.codes


def test_the_price_of_a_line_is_what_a_unit_came_to() -> None:
    """Outside Peppol a line may come to another sum than its quantity and price: an order is compared with the sum."""
    core = ubl(SENT).replace(
        b"urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
        b"urn:cen.eu:en16931:2017",
    )
    for price, expected in ((b"19.90", "19.90"), (b"16.72", "19.90"), (b"19.905", "19.905")):
        whole = core.replace(
            b'<cbc:PriceAmount currencyID="EUR">19.90', b'<cbc:PriceAmount currencyID="EUR">' + price
        )
        (bill,) = bills(whole, {})
        assert bill.lines[0].price == Decimal(expected), price  # type: ignore[union-attr]


@pytest.mark.parametrize(("amount", "due", "good"), [
    ("18678.60", "27", True), ("18679.00", "27", True), ("18678.00", "27", False), ("18678.61", "27", True),
    ("18678.63", "27", False),
])  # fmt: skip
def test_vat_is_rounded_to_the_cent_or_to_the_whole_unit(amount: str, due: str, good: bool) -> None:
    import msgspec

    invoice = read_einvoice(ubl(SENT))
    part = msgspec.structs.replace(
        invoice.taxes[0], taxable=Decimal("69180.00"), rate=Decimal(due), amount=Decimal(amount)
    )
    found = problems_of(msgspec.structs.replace(invoice, taxes=(part,)))
    assert any(x.startswith("BR-CO-17") for x in found) is not good


@pytest.mark.parametrize(("head", "found"), [
    (b"%PDF-1.7", True), (b"\n<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'>", True),
    (b"<!-- <x> --><ubl:CreditNote xmlns:ubl='urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2'>", True),
    ("<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'/>".encode("utf-16"), True),
    (b"<Invoice/>", False), (b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'>", False),
    (b"", False), (b":20:X", False), (b"<", False), (b"\xff\xfe", False),
])  # fmt: skip
def test_an_invoice_is_known_by_its_beginning(head: bytes, found: bool) -> None:
    assert sniff(head) is found


@pytest.mark.parametrize(("price", "good"), [("50.00", True), ("50.50", False)])
def test_nothing_is_finer_than_the_coins_of_its_currency(price: str, good: bool) -> None:
    item = Item("seat", Decimal(1), Decimal(price), Decimal(0), "Z")
    invoice = read_unchecked(ubl(Sent("N", ON, "S", (item,), "JP1", "JP", "JPY")))
    assert [x.partition(":")[0] for x in problems_of(invoice)] == ([] if good else ["BT-5"])


@pytest.mark.parametrize("extension", [False, True])
def test_payments_for_third_parties_are_named_where_an_extension_has_them(extension: bool) -> None:
    """UBL's element for them says in detail what was prepaid, where no extension gives it another meaning."""
    name = b"urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
    other = b"urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
    other += b"#conformant#urn:xeinkauf.de:kosit:extension:xrechnung_3.0" if extension else b""
    paid = b'<cac:PrepaidPayment><cbc:PaidAmount currencyID="EUR">29.96</cbc:PaidAmount></cac:PrepaidPayment>'
    whole = ubl(SENT).replace(name, other).replace(b"<cac:TaxTotal>", paid + b"<cac:TaxTotal>")
    rules = [x.partition(":")[0] for x in problems_of(read_unchecked(whole))]
    assert rules == (["BR-DEX-09"] if extension else [])


def test_companies_of_one_vat_group_bill_each_other() -> None:
    shared = Sent("N", ON, "Sister", SENT.items, "DE2", "DE", "EUR", buyer_tax_id="DE2")
    assert len(bills(ubl(shared), {"buyer_tax_id": "DE2"})) == 1
    with pytest.raises(ContentRefusedError) as refused:
        bills(ubl(Sent("N", ON, "Us", SENT.items, "DE2", "DE", "EUR")), {"buyer_tax_id": "DE2"})
    assert refused.value.cause == "own_invoice"


def test_a_bill_below_zero_turns_what_was_prepaid_as_well() -> None:
    item = Item("back", Decimal(-2), Decimal("10.00"), Decimal(19))
    whole = ubl(Sent("N", ON, "S", (item,), "DE1", "DE", "EUR"))
    whole = whole.replace(
        b'<cbc:PayableAmount currencyID="EUR">-23.80',
        b'<cbc:PrepaidAmount currencyID="EUR">-3.80</cbc:PrepaidAmount><cbc:PayableAmount currencyID="EUR">-20.00',
    )
    (bill,) = bills(whole, {})
    assert isinstance(bill, VendorBill) and bill.refund
    assert (bill.total.value, bill.due.value) == (Decimal("23.80"), Decimal("20.00"))


@pytest.mark.parametrize(("code", "extended", "rules"), [
    ("95", False, []), ("ABK", False, ["BR-CL-19"]), ("ABK", True, []),
])  # fmt: skip
def test_the_reason_of_an_allowance_is_of_its_list_but_in_extended(
    code: str, extended: bool, rules: list[str]
) -> None:
    urn = b"urn:cen.eu:en16931:2017" + (b"#conformant#urn:factur-x.eu:1p0:extended" if extended else b"")
    charge = (
        "<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>false</udt:Indicator></ram:ChargeIndicator>"
        f"<ram:ActualAmount>0.00</ram:ActualAmount><ram:ReasonCode>{code}</ram:ReasonCode><ram:CategoryTradeTax>"
        "<ram:TypeCode>VAT</ram:TypeCode><ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>19"
        "</ram:RateApplicablePercent></ram:CategoryTradeTax></ram:SpecifiedTradeAllowanceCharge>"
    ).encode()
    totals = b"<ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
    whole = cii(SENT).replace(b"<ram:ID>urn:cen.eu:en16931:2017<", b"<ram:ID>" + urn + b"<")
    found = problems_of(read_unchecked(whole.replace(totals, charge + totals)))
    assert [x.partition(":")[0] for x in found] == rules
