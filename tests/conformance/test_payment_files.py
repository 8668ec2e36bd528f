"""pain.001 and pain.008 are valid against their published schemas; answers find their payments.

The schemas are those that the package sepaxml brings along, here alone. All names are invented.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tieout.formats import FormatError, parse
from tieout.formats.payments import (
    Account,
    Address,
    BankProfile,
    Batch,
    Mandate,
    Order,
    Payment,
    PaymentError,
    answered,
    is_iban,
    read_status,
    write_debits,
    write_transfers,
)
from tieout.formats.payments.charsets import BASIC, SETS

sepaxml = pytest.importorskip("sepaxml")
SCHEMAS = Path(sepaxml.__file__).parent / "schemas"
OWN = Account(name="Meridian Supply GmbH", iban="DE89370400440532013000", bic="COBADEFFXXX",
              address=Address(town="Köln", country="DE", street="Domstraße", building="1a", postal_code="50667"))  # fmt: skip
OTHER = Account(name="Müller & Söhne", iban="NL91ABNA0417164300",
                address=Address(town="Amsterdam", country="NL"))  # fmt: skip


BEFORE = ["be36d22bfc874d71", "89ccfa0487d02a11", "972416e801930876", "758586053de6c5dc", "4d6694b56cdf6e88",
          "35cbade5545a419c"]  # fmt: skip


def payment(number: int = 1, amount: str = "12.50", **more: Any) -> Payment:
    given = {"end_to_end_id": f"E2E-{number}", "amount": Decimal(amount), "currency": "EUR", "party": OTHER,
             "remittance": f"INV-{number}"}  # fmt: skip
    return Payment(**{**given, **more})


def order(*payments: Payment, **more: Any) -> Order:
    batch = Batch(
        batch_id="B-1", account=OWN, on=date(2026, 10, 7), payments=payments or (payment(),), **more
    )
    return Order(
        message_id="M-1",
        created_at=datetime(2026, 10, 5, 12, tzinfo=UTC),
        initiator="Meridian",
        batches=(batch,),
    )


MANDATE = Mandate(mandate_id="MND-1", signed_on=date(2025, 1, 31))
DEBITS = {"creditor_id": "DE98ZZZ09999999999"}


def valid(content: bytes) -> None:
    root = etree.fromstring(content)
    name = etree.QName(root).namespace.rpartition(":")[2]
    schema = etree.XMLSchema(etree.parse(str(SCHEMAS / f"{name}.xsd")))
    schema.assertValid(root)


@pytest.mark.parametrize("amount", ["1E+2", "100", "100.0000", "1.00E+2"])
def test_an_amount_is_written_in_its_currencys_decimals_however_it_was_worked_out(amount: str) -> None:
    content = write_transfers(order(payment(1, amount), payment(2, "5E-1")))
    valid(content)
    assert said(content, "InstdAmt") == ["100.00", "0.50"] and said(content, "CtrlSum") == ["100.50"] * 2


@pytest.mark.parametrize("version", ["03", "09"])
def test_transfers_are_valid_and_say_what_was_meant(version: str) -> None:
    rf = payment(
        2,
        "7.45",
        remittance="",
        reference="RF18539007547034",
        party=msgspec.structs.replace(OTHER, bic="ABNANL2A"),
    )
    content = write_transfers(order(payment(), rf), version)
    valid(content)
    assert content == write_transfers(order(payment(), rf), version)
    for text in ("<NbOfTxs>2</NbOfTxs>", "<CtrlSum>19.95</CtrlSum>", "Müller &amp; Söhne", "<StrtNm>Domstraße</StrtNm>",
                 "<Ref>RF18539007547034</Ref>", "<TwnNm>Amsterdam</TwnNm>"):  # fmt: skip
        assert text in content.decode(), text
    assert ("<ReqdExctnDt>2026-10-07</ReqdExctnDt>" in content.decode()) == (version == "03")


@pytest.mark.parametrize("version", ["02", "08"])
def test_direct_debits_are_valid_and_carry_their_mandates(version: str) -> None:
    content = write_debits(order(payment(mandate=MANDATE), payment(2, mandate=MANDATE), **DEBITS), version)
    valid(content)
    for text in ("<MndtId>MND-1</MndtId>", "<DtOfSgntr>2025-01-31</DtOfSgntr>", "<SeqTp>RCUR</SeqTp>", "<Cd>CORE</Cd>",
                 "DE98ZZZ09999999999"):  # fmt: skip
        assert text in content.decode(), text


# Any text at all, and often one of what people really write: letters of Europe, marks, blanks.
ANY = st.one_of(
    st.text(max_size=150),
    st.text(st.characters(min_codepoint=32, max_codepoint=0x45F), min_size=1, max_size=80),
    st.text(st.sampled_from("aZ9 äß&éłЖΩ€!\"'\u00a0\u0308\n😀"), min_size=1, max_size=40),
    st.text(st.sampled_from(sorted(BASIC)), min_size=1, max_size=80),
)


def said(content: bytes, name: str) -> list[str]:
    return [e.text or "" for e in etree.fromstring(content).iter(f"{{*}}{name}")]


@given(
    amounts=st.lists(st.integers(1, 99_999_999_999), min_size=1, max_size=5),
    name=ANY, remittance=ANY, town=ANY, street=ANY, initiator=ANY, line=ANY,
    characters=st.sampled_from(sorted(SETS)), others=st.sampled_from(["refuse", "convert"]),
    version=st.sampled_from(["03", "09"]),
)  # fmt: skip
def test_whatever_text_is_given_it_is_written_in_the_bank_s_characters_or_refused_by_payment_and_field(
    amounts: list[int], name: str, remittance: str, town: str, street: str, initiator: str, line: str, characters: str,
    others: str, version: str,
) -> None:  # fmt: skip
    address = Address(town=town, country="NL", street=street, lines=(line,))
    party = msgspec.structs.replace(OTHER, name=name, address=address)
    payments = [payment(n, str(Decimal(a).scaleb(-2)), party=party, remittance=remittance)
                for n, a in enumerate(amounts)]  # fmt: skip
    own = msgspec.structs.replace(OWN, name="Meridian", address=Address(town="Bonn", country="DE"))
    made = msgspec.structs.replace(order(*payments), initiator=initiator)
    made = msgspec.structs.replace(made, batches=(msgspec.structs.replace(made.batches[0], account=own),))
    profile = BankProfile(characters=characters, others=others, addresses="hybrid")
    try:
        content = write_transfers(made, version, profile)
    except PaymentError as error:
        assert re.match(
            r"(the message: initiator|batch B-1, payment E2E-0: (name|town|street|lines|remittance))",
            str(error),
        )
        return
    valid(content)
    # No amount was altered, added or left out, whatever became of texts.
    assert said(content, "InstdAmt") == [str(Decimal(a).scaleb(-2)) for a in amounts]
    assert said(content, "CtrlSum") == [str(Decimal(sum(amounts)).scaleb(-2))] * 2
    assert said(content, "EndToEndId") == [p.end_to_end_id for p in payments]
    texts = [t for n in ("Nm", "Ustrd", "TwnNm", "StrtNm", "AdrLine") for t in said(content, n)]
    assert all(set(t) <= SETS[characters] for t in texts)
    if others == "refuse":
        assert {name, initiator} <= set(said(content, "Nm")) and set(said(content, "AdrLine")) == {line}
        assert set(said(content, "Ustrd")) == ({remittance} if remittance else set())


@pytest.mark.parametrize(
    ("given", "written"),
    [("Müller & Söhne", "Muller + Sohne"), ("Łódź Żabka", "Lodz Zabka"), ("Αθήνα", "Athina"), ("Жълт Щит", "ZHalt SHTit"),
     ("Mu\u0308ller", "Muller"), ("A\u00a0B", "A B"), ("a_b; c", "a-b, c"), ("5 €", "5 E"), ("Fußgänger", "Fusganger")],
)  # fmt: skip
def test_a_profile_that_converts_takes_the_epc_s_table(given: str, written: str) -> None:
    convert = BankProfile(characters="basic", others="convert")
    named = payment(party=msgspec.structs.replace(OTHER, name=given), remittance=given)
    content = write_transfers(order(named), profile=convert)
    valid(content)
    assert written in said(content, "Nm") and said(content, "Ustrd") == [written]


def test_what_the_bank_takes_stays_though_its_profile_converts_the_rest() -> None:
    for characters, written in (("german", "Müller & Söhne L e"), ("swiss", "Müller & Söhne Ł é")):
        made = order(payment(party=msgspec.structs.replace(OTHER, name="Müller & Söhne Ł é")))
        content = write_transfers(made, profile=BankProfile(characters=characters, others="convert"))
        assert written in said(content, "Nm")


@pytest.mark.parametrize(
    "name", ["株式会社アクメ", "ACME 😀 Ltd", "Счёт", 'The "Inn"', "O’Neill", "Ŋandi", "½ Ltd", "a\nb"]
)
def test_what_the_table_has_no_word_for_is_refused_though_the_profile_converts(name: str) -> None:
    made = order(payment(party=msgspec.structs.replace(OTHER, name=name)))
    with pytest.raises(PaymentError, match="payment E2E-1: name"):
        write_transfers(made, profile=BankProfile(others="convert"))


def test_a_text_that_grows_too_long_by_its_conversion_is_refused_and_not_cut() -> None:
    made = order(payment(remittance="Щ" * 50))
    with pytest.raises(PaymentError, match="remittance: 1 to 140"):
        write_transfers(made, profile=BankProfile(others="convert"))


def test_a_profile_names_what_it_does_not_know() -> None:
    for wrong in (
        {"characters": "klingon"},
        {"others": "drop"},
        {"addresses": "unstructured"},
        {"version": "11"},
    ):
        with pytest.raises(PaymentError, match=re.escape(next(iter(wrong.values())))):
            write_transfers(order(), profile=BankProfile(**wrong))


def test_files_in_which_nothing_was_wrong_have_the_bytes_that_they_had() -> None:
    """The hashes are those of the files as they were written before banks' profiles came."""
    rf = payment(2, "7.45", remittance="", reference="RF18539007547034")
    dollars = payment(3, "9.00", currency="USD")
    debits = order(payment(mandate=MANDATE), payment(2, mandate=MANDATE), **DEBITS)
    made = [
        *(
            write_transfers(o, v)
            for o in (order(payment(), rf), order(payment(), dollars))
            for v in ("03", "09")
        ),
        *(write_debits(debits, v) for v in ("02", "08")),
    ]
    assert [hashlib.sha256(m).hexdigest()[:16] for m in made] == BEFORE


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (order(payment(amount="0.00")), "above 0"), (order(payment(amount="1.005")), "finer than"),
        (order(payment(amount="-5.00")), "above 0"), (order(payment(currency="EUX")), "no currency"),
        (order(payment(party=msgspec.structs.replace(OTHER, iban="NL92ABNA0417164300"))), "check digits"),
        (order(payment(party=msgspec.structs.replace(OTHER, name="x" * 71))), "1 to 70"),
        (order(payment(party=msgspec.structs.replace(OTHER, bic="NOPE"))), "8 or 11"),
        (order(payment(remittance="x" * 141)), "1 to 140"), (order(payment(remittance="a\nb")), "printable"),
        (order(payment(), payment()), "stands twice"), (order(payment(reference="RF18539007547034")), "not both"),
        (order(payment(remittance="", reference="RF19539007547034")), "no RF reference"),
        (order(payment(end_to_end_id="/E2E")), "1 to 35"), (order(payment(mandate=MANDATE)), "a transfer has none"),
        (msgspec.structs.replace(order(), created_at=datetime(2026, 10, 5)), "no time zone"),
        (msgspec.structs.replace(order(), batches=()), "without payments"),
        (order(payment(party=msgspec.structs.replace(OTHER, address=Address(town="A", country="Holland")))), "two capital"),
    ],
)  # fmt: skip
def test_an_order_that_no_bank_would_take_is_refused_with_its_field(wrong: Order, says: str) -> None:
    with pytest.raises(PaymentError, match=says):
        write_transfers(wrong)


def test_direct_debits_need_a_creditor_a_mandate_and_one_sequence() -> None:
    first = msgspec.structs.replace(MANDATE, sequence="FRST")
    for wrong, says in (
        (order(payment(mandate=MANDATE)), "creditor identifier"),
        (order(payment(), **DEBITS), "has a mandate"),
        (order(payment(mandate=MANDATE), payment(2, mandate=first), **DEBITS), "one sequence a batch"),
    ):
        with pytest.raises(PaymentError, match=says):
            write_debits(wrong)
    with pytest.raises(PaymentError, match="these are: 03, 09"):
        write_transfers(order(), "11")
    assert is_iban("GB82WEST12345698765432") and not is_iban("GB82WEST12345698765433")


def status(body: str, message: str = "M-1") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10">'
        "<CstmrPmtStsRpt><GrpHdr><MsgId>S</MsgId></GrpHdr><OrgnlGrpInfAndSts>"
        f"<OrgnlMsgId>{message}</OrgnlMsgId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>{body}</CstmrPmtStsRpt></Document>"
    ).encode()


REJECTED = (
    "<OrgnlPmtInfAndSts><OrgnlPmtInfId>B-1</OrgnlPmtInfId><PmtInfSts>ACCP</PmtInfSts><TxInfAndSts>"
    "<OrgnlEndToEndId>E2E-2</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn>"
    '<AddtlInf>Account closed</AddtlInf></StsRsnInf><OrgnlTxRef><Amt><InstdAmt Ccy="EUR">{}</InstdAmt></Amt>'
    "</OrgnlTxRef></TxInfAndSts></OrgnlPmtInfAndSts>"
)


def test_answers_find_their_payments_and_the_nearest_one_counts() -> None:
    answers = read_status(status(REJECTED.format("8.00")))
    found, stray = answered(order(payment(), payment(2, "8.00")), answers)
    assert [(a.payment.end_to_end_id, a.status, a.reason, a.problem) for a in found] == [
        ("E2E-1", "ACCP", "", ""), ("E2E-2", "RJCT", "AC04", "")]  # fmt: skip
    assert answers[-1].additional == "Account closed" and not stray


def test_an_answer_of_another_amount_message_or_payment_is_said() -> None:
    sent = order(payment(), payment(2, "8.00"))
    found, _ = answered(sent, read_status(status(REJECTED.format("9.00"))))
    assert found[1].problem == "sent 8.00 EUR, answered 9.00 EUR"
    _, stray = answered(order(), read_status(status(REJECTED.format("8.00"))))
    assert stray == ["an answer to E2E-2 in B-1, which was never sent"]
    _, stray = answered(sent, read_status(status("", "M-2")))
    assert stray == ["an answer to message M-2, not M-1"]
    for bad in (
        b"<x/>",
        status("")[:-20],
        status("").replace(b"<Document", b'<!DOCTYPE d [<!ENTITY e "x">]><Document'),
    ):
        with pytest.raises(FormatError):
            read_status(bad)


def test_booked_lines_of_a_notification_confirm_payments() -> None:
    raw = (
        b'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>'
        b"<Ntfctn><Id>N</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct><Ntry>"
        b'<Amt Ccy="EUR">20.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><NtryDtls>'
        b'<TxDtls><Refs><EndToEndId>E2E-1</EndToEndId></Refs><Amt Ccy="EUR">12.50</Amt></TxDtls>'
        b'<TxDtls><Refs><EndToEndId>E2E-2</EndToEndId></Refs><Amt Ccy="EUR">7.50</Amt></TxDtls>'
        b"</NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    )
    lines = parse(raw).statements[0].lines
    found, _ = answered(order(payment(), payment(2, "8.00"), payment(3)), (), lines)
    assert [(a.booked, a.problem) for a in found] == [
        (Decimal("12.50"), ""), (Decimal("7.50"), "sent 8.00, booked 7.50"), (None, "")]  # fmt: skip
    rejected = read_status(status(REJECTED.format("7.50")))
    found, _ = answered(order(payment(), payment(2, "7.50")), rejected, lines)
    assert found[1].problem == "answered RJCT and booked all the same"


CHECK = (
    "<OrgnlPmtInfAndSts><OrgnlPmtInfId>B-1</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>E2E-2</OrgnlEndToEndId>"
    "<TxSts>{}</TxSts><StsRsnInf><AddtlInf>Müller GmbH</AddtlInf></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>"
)


@pytest.mark.parametrize("status_of", ["RVMC", "RVNM", "RVNA"])
def test_a_check_of_a_payee_and_an_outcome_never_hide_one_another(status_of: str) -> None:
    sent = order(payment(), payment(2, "8.00"))
    checked = read_status(status(CHECK.format(status_of)))
    rejected = read_status(status(REJECTED.format("8.00")))
    for answers in ((*checked, *rejected), (*rejected, *checked)):
        found, stray = answered(sent, answers)
        assert (found[1].payee, found[1].payee_name, found[1].status) == (status_of, "Müller GmbH", "RJCT")
        assert (found[0].payee, found[0].status, stray) == ("", "ACCP", [])
    # What the bank says of the whole file is of every payment that it names no other check of.
    whole = read_status(status(CHECK.format(status_of)).replace(b"<GrpSts>PART", b"<GrpSts>RCVC"))
    assert [a.payee for a in answered(sent, whole)[0]] == ["RCVC", status_of]


@pytest.mark.parametrize("said", ["RJCT", "RVNM", "ACSC"])
def test_an_answer_to_a_payment_that_it_does_not_name_is_not_taken_for_one_to_the_whole_file(
    said: str,
) -> None:
    one = f"<TxInfAndSts><OrgnlInstrId>I-1</OrgnlInstrId><TxSts>{said}</TxSts></TxInfAndSts>"
    body = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>B-1</OrgnlPmtInfId>{one}</OrgnlPmtInfAndSts>"
    with pytest.raises(FormatError, match="OrgnlEndToEndId"):
        read_status(status(body))
