"""What a bank takes of a payment: characters, schemes, references, addresses. All names are invented.

The kinds are those of ../shared/data/cases (pay-*.txt, of published bug reports); each has relatives of our own.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import etree

from tests.conformance.test_payment_files import DEBITS, MANDATE, OTHER, OWN, order, payment, valid
from tieout.formats.payments import Account, Address, Order, PaymentError, write_debits, write_transfers
from tieout.formats.references import is_qr

CASES = Path(__file__).parents[3] / "shared" / "data" / "cases"
QR_IBAN = "CH4431999123000889012"
QRR = "210000000003139471430009017"
SWISS = Address(town="Biel", country="CH")


def to(iban: str, name: str = "Payee Ltd", **more: Any) -> Account:
    return Account(
        name=name, iban=iban, address=more.pop("address", Address(town="Town", country=iban[:2])), **more
    )


def with_check(country: str, rest: str) -> str:
    """An IBAN of a made-up account, with the check digits that belong to it."""
    digits = "".join(str(int(c, 36)) for c in f"{rest}{country}00")
    return f"{country}{98 - int(digits) % 97:02d}{rest}"


def on(day: date, *payments: Any, **more: Any) -> Order:
    made = order(*payments, **more)
    return msgspec.structs.replace(made, batches=(msgspec.structs.replace(made.batches[0], on=day),))


def texts(content: bytes, name: str) -> list[str]:
    return [e.text or "" for e in etree.fromstring(content).iter(f"{{*}}{name}")]


def refused(made: Order, *says: str, **more: Any) -> None:
    with pytest.raises(PaymentError) as error:
        write_transfers(made, **more)
    for word in says:
        assert word in str(error.value)


# Characters. Published: OpenOlitor 67, org.project60.sepa 520.


@pytest.mark.parametrize(
    "text",
    ["株式会社アクメ", "ACME 😀 Ltd", "Счёт 1", "Αθήνα AE", "Łódź 7", "Café Noir", "A\u00a0B", "A\u200bB", 'The "Inn"', "ＡＢＣ", "Mu\u0308ller",
     "Acme‑Works", "O’Neill", "5 €"],
)  # fmt: skip
def test_a_text_outside_the_bank_s_characters_is_refused_with_payment_and_field(text: str) -> None:
    refused(order(payment(party=msgspec.structs.replace(OTHER, name=text))), "payment E2E-1", "name")
    refused(order(payment(remittance=text)), "payment E2E-1", "remittance")
    refused(msgspec.structs.replace(order(), initiator=text), "the message", "initiator")
    address = Address(town=text, country="NL")
    refused(order(payment(party=msgspec.structs.replace(OTHER, address=address))), "payment E2E-1", "town")


def test_umlauts_go_from_a_german_account_and_from_no_other() -> None:
    german = payment(party=msgspec.structs.replace(OTHER, name="Müller & Söhne * 5 % $"))
    valid(write_transfers(order(german)))
    for iban in ("NL91ABNA0417164300", "FR1420041010050500013M02606", "BE68539007547034"):
        own = msgspec.structs.replace(OWN, iban=iban, name="Meridian", address=None)
        made = msgspec.structs.replace(
            order(german), batches=(msgspec.structs.replace(order(german).batches[0], account=own),)
        )
        refused(made, "payment E2E-1", "name", "ü")


# SEPA. Published: BCApps 9209.

OUTSIDE = [
    "AE070331234567890123456", "TR330006100519786457841326", "SA0380000000608010167519", "IL620108000000099999999",
    with_check("UA", "3223130000026007233566001"), with_check("XK", "1212012345678906"),
]  # fmt: skip


@pytest.mark.parametrize("iban", OUTSIDE)
@pytest.mark.parametrize("version", ["03", "09"])
def test_euros_to_where_sepa_does_not_reach_are_no_sepa_transfer(iban: str, version: str) -> None:
    content = write_transfers(order(payment(party=to(iban))), version)
    valid(content)
    assert texts(content, "SvcLvl") and "SEPA" not in texts(content, "Cd")
    assert texts(content, "ChrgBr") == ["SHAR"] and texts(content, "InstdAmt") == ["12.50"]


JOINED = {"AL": ("47212110090000000235698741", date(2025, 10, 5)), "ME": ("505000012345678951", date(2025, 10, 5)),
          "MK": ("250120000058984", date(2025, 10, 5)), "MD": ("AG000225100013104168", date(2025, 10, 5)),
          "RS": ("260005601001611379", date(2026, 5, 5))}  # fmt: skip


def iban_of(country: str) -> str:
    rest = JOINED[country][0]
    return with_check(country, rest[2:] if country == "AL" else rest[2:] if country in ("ME", "RS") else rest)


@pytest.mark.parametrize("country", sorted(JOINED))
def test_a_country_is_in_sepa_from_its_day_on(country: str) -> None:
    day = JOINED[country][1]
    before = date.fromordinal(day.toordinal() - 1)
    given = payment(party=to(iban_of(country)))
    assert texts(write_transfers(on(day, given)), "ChrgBr") == ["SLEV"]
    assert texts(write_transfers(on(before, given)), "ChrgBr") == ["SHAR"]


def test_a_direct_debit_is_of_euros_and_where_its_scheme_reaches() -> None:
    good = payment(mandate=MANDATE)
    valid(write_debits(order(good, **DEBITS)))
    for wrong, says in (
        (payment(mandate=MANDATE, currency="USD"), "EUR"),
        (payment(mandate=MANDATE, party=to(OUTSIDE[0])), "AE"),
        (payment(mandate=MANDATE, party=to(iban_of("RS"))), "RS"),
        (payment(mandate=MANDATE, party=to("GB82WEST12345698765432", address=None)), "address"),
    ):
        with pytest.raises(PaymentError, match=says):
            write_debits(order(wrong, **DEBITS))


# References. Published: swiss-qr-bill 19.


def chf(iban: str = QR_IBAN, **more: Any) -> Any:
    given = {"remittance": "", "currency": "CHF", "party": to(iban, address=SWISS)}
    return payment(**{**given, **more})


@pytest.mark.parametrize(
    "more",
    [{"remittance": "INV 1"}, {"remittance": QRR}, {"reference": "RF18539007547034"}, {},
     {"reference": "+++010/8068/17183+++"}, {"reference": QRR, "currency": "USD"}],
)  # fmt: skip
@pytest.mark.parametrize(
    "iban", [QR_IBAN, with_check("CH", "30000001250094239"), with_check("LI", "31000123000889012")]
)
def test_a_qr_iban_takes_a_qr_reference_and_no_other(iban: str, more: dict[str, Any]) -> None:
    refused(order(chf(iban, **more)), "payment E2E-1", "QR")


@pytest.mark.parametrize(
    "iban", [QR_IBAN, with_check("CH", "30000001250094239"), with_check("LI", "31000123000889012")]
)
@pytest.mark.parametrize("version", ["03", "09"])
@pytest.mark.parametrize("written", [QRR, "21 00000 00003 13947 14300 09017"])
def test_a_qr_reference_is_written_with_its_kind(iban: str, version: str, written: str) -> None:
    content = write_transfers(order(chf(iban, reference=written)), version)
    valid(content)
    assert texts(content, "Ref") == [QRR] and texts(content, "Prtry") == ["QRR"]
    euros = write_transfers(order(chf(iban, reference=written, currency="EUR")), version)
    assert "SEPA" not in texts(euros, "Cd")


@pytest.mark.parametrize("changed", range(27))
def test_a_qr_reference_of_which_a_digit_is_wrong_is_refused(changed: int) -> None:
    digit = str((int(QRR[changed]) + 1) % 10)
    wrong = QRR[:changed] + digit + QRR[changed + 1 :]
    assert not is_qr(wrong)
    refused(order(chf(reference=wrong)), "payment E2E-1", "reference")


def test_a_qr_reference_goes_to_a_qr_iban_and_an_ordinary_account_takes_what_it_took() -> None:
    plain = with_check("CH", "00762011623852957")
    refused(order(chf(plain, reference=QRR)), "payment E2E-1", "QR-IBAN")
    # 32000 and 29999 are institutions as any other.
    for rest in ("32000011623852957", "29999011623852957"):
        content = write_transfers(order(chf(with_check("CH", rest), remittance="INV 1")))
        assert texts(content, "Ustrd") == ["INV 1"]


@pytest.mark.parametrize("written", ["+++010/8068/17183+++", "***010/8068/17183***", "010806817183"])
@pytest.mark.parametrize("version", ["03", "09"])
def test_a_belgian_structured_communication_is_written_as_one(written: str, version: str) -> None:
    content = write_transfers(
        order(payment(remittance="", reference=written, party=to("BE68539007547034"))), version
    )
    valid(content)
    assert texts(content, "Ref") == ["010806817183"] and texts(content, "Issr") == ["BBA"]
    assert "SCOR" in texts(content, "Cd") and texts(content, "ChrgBr") == ["SLEV"]


@pytest.mark.parametrize("wrong", ["+++010/8068/17184+++", "010806817100", "+++000/0000/00000+++"])
def test_a_belgian_one_of_wrong_check_digits_or_to_elsewhere_is_refused(wrong: str) -> None:
    refused(
        order(payment(remittance="", reference=wrong, party=to("BE68539007547034"))),
        "payment E2E-1",
        "reference",
    )
    good = payment(remittance="", reference="+++010/8068/17183+++")
    refused(order(good), "payment E2E-1", "Belgian")


# Addresses.


def paid_from(account: Account, *payments: Any) -> Order:
    made = order(*payments)
    return msgspec.structs.replace(made, batches=(msgspec.structs.replace(made.batches[0], account=account),))


@pytest.mark.parametrize(
    "iban", ["GB82WEST12345698765432", with_check("CH", "00762011623852957"), iban_of("AL")]
)
def test_a_sepa_transfer_that_leaves_the_eea_says_the_payer_s_address(iban: str) -> None:
    without = msgspec.structs.replace(OWN, address=None)
    given = payment(party=to(iban, address=None))
    refused(paid_from(without, given), "batch B-1", "address", "EEA")
    valid(write_transfers(paid_from(OWN, given)))
    # Within the EEA, and within one country, nobody asks.
    valid(write_transfers(paid_from(without, payment(party=msgspec.structs.replace(OTHER, address=None)))))
    swiss = Account(name="Muster AG", iban=with_check("CH", "00762011623852957"))
    valid(
        write_transfers(
            paid_from(swiss, payment(party=to(with_check("CH", "00700115201849173"), address=None)))
        )
    )


@pytest.mark.parametrize("iban", OUTSIDE)
def test_a_transfer_across_a_border_beyond_sepa_says_the_payee_s_address(iban: str) -> None:
    refused(order(payment(party=to(iban, address=None))), "payment E2E-1", "address")


def test_a_hybrid_address_goes_where_the_bank_takes_it() -> None:
    from tieout.formats.payments import BankProfile

    hybrid = Address(town="Dubai", country="AE", lines=("Unit 12, Marina Walk", "Tower B"))
    given = order(payment(party=to(OUTSIDE[0], address=hybrid)))
    refused(given, "payment E2E-1", "hybrid")
    takes = BankProfile(addresses="hybrid")
    for version in ("03", "09"):
        content = write_transfers(given, version, takes)
        valid(content)
        assert texts(content, "AdrLine") == ["Unit 12, Marina Walk", "Tower B"]
        assert texts(content, "TwnNm")[-1] == "Dubai" and texts(content, "Ctry")[-1] == "AE"
    for lines in (("a", "b", "c"), ("x" * 71,), ("",), ("12 Marina Walk, Dubai",), ("日本",)):
        wrong = msgspec.structs.replace(hybrid, lines=lines)
        refused(order(payment(party=to(OUTSIDE[0], address=wrong))), "payment E2E-1", profile=takes)


# The published cases.


def index() -> dict[str, str]:
    if not CASES.is_dir():
        pytest.skip("the shared cases are not here")
    rows = (line.split("\t") for line in (CASES / "INDEX.tsv").read_text().splitlines())
    return {row[0]: row[2] for row in rows if row[0].startswith("pay-")}


def test_every_published_case_ends_as_its_index_says() -> None:
    known = index()
    assert set(known) == {"pay-charset.txt", "pay-sepa-outside-sepa.txt", "pay-qr-iban-without-qrr.txt"}
    assert "PaymentError" in known["pay-charset.txt"]
    for name in ("株式会社アクメ", "ACME 😀 Ltd"):
        refused(order(payment(party=msgspec.structs.replace(OTHER, name=name))), "name")
    refused(order(payment(remittance="Счёт 1")), "remittance")
    assert "no SvcLvl SEPA" in known["pay-sepa-outside-sepa.txt"]
    for iban in OUTSIDE[:2]:
        assert "SEPA" not in texts(write_transfers(order(payment(party=to(iban)))), "Cd")
    assert "needs QRR: refused, and QRR writable" in known["pay-qr-iban-without-qrr.txt"]
    refused(order(chf(remittance="INV 1")), "QR")
    assert Decimal(texts(write_transfers(order(chf(reference=QRR))), "InstdAmt")[0]) == Decimal("12.50")
