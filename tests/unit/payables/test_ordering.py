"""A run's payments as the order that a bank gets, by the profile that its interface declares. All names are invented."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tieout.connector_api import OpenItem
from tieout.documents import Party, Supplier, VendorPayment
from tieout.documents.purchasing import SupplierAccount
from tieout.formats.payments import BankProfile
from tieout.money import Amount
from tieout.payables import SupplierRevision, propose
from tieout.payables.filing import file_of
from tieout.payables.ordering import bank_profile, files_of, order_of, why_no_bank_takes
from tieout.rules import Interface

AT = datetime(2026, 10, 20, 12, tzinfo=UTC)
DAY = date(2026, 10, 26)
ACCOUNT = "DE89370400440532013000"
QR_IBAN = "CH4431999123000889012"
QRR = "210000000003139471430009017"
OTHER_QRR = "000000000000000000000000011"
OGM = "+++010/8068/17183+++"


def interface(**options: str) -> Interface:
    given = {"initiator": "Meridian GmbH", "account": ACCOUNT, "currency": "EUR", "cooling_days": "0"}
    return Interface("payments", "p", "DE", ("payments",), "", "", options={**given, **options})


def payment(number: int, iban: str, **more: Any) -> VendorPayment:
    given: dict[str, Any] = {
        "key": f"R-{number}", "occurred_at": AT, "currency": "EUR", "run": "R", "end_to_end_id": f"R-{number}",
        "supplier": "V", "supplier_revision": 1, "party": Party(key="V", name="Payee Ltd", country=iban[:2]),
        "town": "Town", "account": SupplierAccount(iban=iban), "settles": (),
        "total": Amount(Decimal("10.00"), "EUR"), "pays": Amount(Decimal("10.00"), "EUR"),
        "withheld": Amount(Decimal("0.00"), "EUR"), "booked_on": DAY, "remittance": "INV-1",
    }  # fmt: skip
    return VendorPayment(**{**given, **more})


AE, NL, BE = "AE070331234567890123456", "NL91ABNA0417164300", "BE68539007547034"


def test_what_sepa_carries_and_what_it_does_not_are_files_of_their_own() -> None:
    run = [payment(1, NL), payment(2, AE), payment(3, BE), payment(4, QR_IBAN, remittance=QRR)]
    parts = files_of(run, ACCOUNT, DAY)
    assert [[p.end_to_end_id for p in part] for part in parts] == [["R-1", "R-3"], ["R-2", "R-4"]]
    assert files_of(run[:1], ACCOUNT, DAY) == [run[:1]] and files_of(run[1:2], ACCOUNT, DAY) == [run[1:2]]
    files = [file_of("R", n, part, interface(), AT) for n, part in enumerate(parts, 1)]
    assert [f.key for f in files] == ["R", "R/2"] and [f.name for f in files] == ["R.xml", "R-2.xml"]
    assert ["<Cd>SEPA</Cd>" in f.content for f in files] == [True, False]
    # Every payment is in one file, with its amount, and the totals are theirs.
    assert {k for f in files for k in f.payments} == {p.end_to_end_id for p in run}
    assert sum((f.total.value for f in files), Decimal(0)) == Decimal("40.00")


def test_a_profile_is_what_the_interface_s_options_say() -> None:
    assert bank_profile(interface()) == BankProfile() and bank_profile(interface(), "03").version == "03"
    said = bank_profile(
        interface(version="03", characters="swiss", other_characters="convert", addresses="hybrid", batch_booking="yes"),
        "09",
    )  # fmt: skip
    assert said == BankProfile(
        version="03", characters="swiss", others="convert", addresses="hybrid", batch_booking=True
    )


def test_the_payer_s_address_is_said_where_a_payment_leaves_the_eea() -> None:
    london = payment(1, "GB82WEST12345698765432")
    assert "address" in why_no_bank_takes([london], interface(), AT, "DE", "09")
    told = interface(town="Bonn", street="Am Hof", postal_code="53111")
    assert why_no_bank_takes([london], told, AT, "DE", "09") == ""
    account = order_of("R", [london], told, AT, "DE").batches[0].account
    assert account.address is not None and (account.address.town, account.address.country) == ("Bonn", "DE")
    line = {"address_line_1": "Hinterhaus"}
    assert "hybrid" in why_no_bank_takes([london], interface(town="Bonn", **line), AT, "DE", "09")
    hybrid = interface(town="Bonn", addresses="hybrid", **line)
    assert why_no_bank_takes([london], hybrid, AT, "DE", "09") == ""


@pytest.mark.parametrize(
    ("iban", "number", "written"),
    [(QR_IBAN, QRR, "<Prtry>QRR</Prtry>"), (BE, OGM, "<Issr>BBA</Issr>"), (BE, OGM.replace("+", "*"), "<Issr>BBA</Issr>"),
     (BE, "010806817183", "<Ustrd>010806817183</Ustrd>"), (NL, OGM, "<Ustrd>"),
     (NL, "RF18539007547034", "<Ustrd>")],
)  # fmt: skip
def test_a_bill_s_number_is_a_structured_reference_where_its_payee_s_account_asks_for_one(
    iban: str, number: str, written: str
) -> None:
    content = file_of("R", 1, [payment(1, iban, remittance=number)], interface(), AT).content
    assert written in content
    # As a text it stands as it was given, as a reference without its marks.
    assert (number if "Ustrd" in written else number.strip("+*").replace("/", "")) in content


def item(line: int, amount: str, *numbers: str) -> OpenItem:
    return OpenItem(
        line=line, move=line, account="1600", kind="payable", is_payment=False, on=date(2026, 10, line), due=None,
        currency="EUR", residual=Decimal(amount), company=Decimal(amount), partner=1, partner_name="V", numbers=numbers,
        label="", effect="e",
    )  # fmt: skip


def proposed(items: list[OpenItem], iban: str) -> Any:
    party = Party(key="V", name="Muster AG", country=iban[:2])
    account = SupplierAccount(iban=iban)
    supplier = Supplier(key="V", occurred_at=AT, currency="EUR", party=party, account=account, town="Biel")
    known = SupplierRevision(revision=1, state="posted", supplier=supplier, since=AT)
    pays = interface()
    return propose(
        "R", items, {"e": "V"}, {"V": [known]}, pays, ZoneInfo("UTC"), pay_on=DAY, until=DAY, by="mia", now=AT,
        refuses=lambda p: why_no_bank_takes([p], pays, AT, "DE", "09"),
    )  # fmt: skip


def test_each_bill_to_a_qr_iban_is_paid_on_its_own_by_its_own_reference() -> None:
    found = proposed([item(1, "-10.00", "B-1", QRR), item(2, "-20.00", OTHER_QRR)], QR_IBAN)
    assert [(p.end_to_end_id, p.pays.value, p.remittance) for p in found.payments] == [
        ("R-001", Decimal("10.00"), QRR), ("R-002", Decimal("20.00"), OTHER_QRR)]  # fmt: skip
    assert found.held == ()


def test_a_bill_to_a_qr_iban_without_its_reference_is_held_back_and_its_neighbour_is_not() -> None:
    found = proposed([item(1, "-10.00", "B-1"), item(2, "-20.00", QRR)], QR_IBAN)
    assert [p.pays.value for p in found.payments] == [Decimal("20.00")]
    assert [(h.number, h.amount) for h in found.held] == [("B-1", Decimal("-10.00"))]
    assert "QR-IBAN" in found.held[0].why


def test_a_credit_of_a_supplier_with_a_qr_iban_is_never_left_out_of_what_is_paid() -> None:
    found = proposed([item(1, "-10.00", QRR), item(2, "4.00", "CN-1")], QR_IBAN)
    assert found.payments == () and sorted(h.amount for h in found.held) == [
        Decimal("-10.00"),
        Decimal("4.00"),
    ]
    # To any other account both go as one.
    assert [p.pays.value for p in proposed([item(1, "-10.00", "B"), item(2, "4.00", "C")], NL).payments] == [
        Decimal("6.00")
    ]
