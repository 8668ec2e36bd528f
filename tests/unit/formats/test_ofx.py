"""OFX by its published rules and by what public reports name. Every file here is invented; the report that a shape was
found in is named by its test.

SPEC is the Open Financial Exchange Specification, 1.6 and 2.2: 3.2.8 days, 3.2.9 amounts, 11.4.3 and 11.4.4 transactions.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tieout.formats import FormatError, Line, ParsedFile, parse

HEADER = """OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

"""
DAY = date(2026, 10, 2)


def transaction(
    amount: str = "-8.95", fitid: str = "1", more: str = "", kind: str = "OTHER", posted: str = "20261002"
) -> str:
    return (
        f"<STMTTRN><TRNTYPE>{kind}<DTPOSTED>{posted}<TRNAMT>{amount}<FITID>{fitid}<NAME>ACME{more}</STMTTRN>"
    )


def statement(
    *transactions: str,
    account: str = "12345",
    currency: str = "USD",
    ledger: str = "1012.50",
    rest: str = "",
    card: bool = False,
) -> str:
    kind, source = ("CCSTMT", "CCACCTFROM") if card else ("STMT", "BANKACCTFROM")
    bank = "" if card else "<BANKID>011000015"
    listed = (
        f"<BANKTRANLIST><DTSTART>20261001<DTEND>20261031{''.join(transactions)}</BANKTRANLIST>"
        if transactions
        else ""
    )
    return (
        f"<{kind}TRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><{kind}RS><CURDEF>{currency}<{source}>{bank}"
        f"<ACCTID>{account}</{source}>{listed}<LEDGERBAL><BALAMT>{ledger}<DTASOF>20261031</LEDGERBAL>{rest}</{kind}RS></{kind}TRNRS>"
    )


def content(*statements: str, header: str = HEADER) -> bytes:
    return f"{header}<OFX><BANKMSGSRSV1>{''.join(statements)}</BANKMSGSRSV1></OFX>".encode()


def read(*transactions: str, **how: Any) -> ParsedFile:
    return parse(content(statement(*transactions, **how)))


def lines(file: ParsedFile) -> list[Line]:
    return [x for s in file.statements for x in s.lines]


def booked(file: ParsedFile) -> list[Decimal]:
    return [x.amount for x in lines(file) if x.status == "booked"]


def said(file: ParsedFile) -> str:
    return "; ".join(unread.what for unread in file.remainder)


# Amounts: SPEC 3.2.9; actualbudget/actual 2418, 2800, 3638; jseutter/ofxparse 66, 83; buckets/application 583.


@pytest.mark.parametrize(("text", "amount"), [
    ("-8.95000", "-8.95"), ("8.95000", "8.95"), ("-8.9500", "-8.95"), ("-8.9500000000", "-8.95"), ("123.4500", "123.45"),
    (".5", "0.50"), ("-.5", "-0.50"), ("+,5", "0.50"), ("-.50000", "-0.50"), ("12.", "12.00"), ("-12,", "-12.00"),
    ("12", "12.00"), ("+12.50", "12.50"), ("-12,50", "-12.50"), ("1400,82", "1400.82"), ("-200,00", "-200.00"),
    ("            -12.80", "-12.80"), ("0012.5", "12.50"), ("-0.00", "0.00"), ("0.500", "0.50"), ("1234.500", "1234.50"),
])  # fmt: skip
def test_an_amount_is_read_as_it_may_be_written(text: str, amount: str) -> None:
    (found,) = booked(read(transaction(text)))
    assert str(found) == amount


@pytest.mark.parametrize("text", [
    "1,650.00", "1.650,00", "1 650.00", "1'650.00", "$120", "12.50-", "(12.50)", "--5", "- 5", "1e3", "12.345", "8.95001", "8.950001",
    ".", "-", "+", "NaN", "１２", "−8.95", "9" * 33, "12.50 USD",
])  # fmt: skip
def test_an_amount_that_is_none_is_refused(text: str) -> None:
    """Grouped digits, marks of currencies, signs behind (shuckster/OBIS 6); more decimals than the currency has."""
    with pytest.raises(FormatError):
        read(transaction(text))


@pytest.mark.parametrize(
    ("text", "currency"),
    [("1,650", "USD"), ("1.650", "EUR"), ("-12.000", "EUR"), ("1,000", "JPY"), ("999.000", "JPY")],
)
def test_three_digits_behind_a_mark_may_be_thousands_and_are_refused(text: str, currency: str) -> None:
    for ledger in ("1012", "2.000", ""):
        with pytest.raises(FormatError, match="thousands"):
            read(transaction(text, currency), currency=currency, ledger=ledger)


@pytest.mark.parametrize(("text", "ledger", "amount"), [
    ("-8.950", "1012.50", "-8.95"), ("-8,950", "1012,5", "-8.95"), ("-8.950", "0.500", "-8.95"), ("-8.950", "1012.500", "-8.95"),
])  # fmt: skip
def test_unless_the_file_shows_that_its_mark_is_a_decimal_one(text: str, ledger: str, amount: str) -> None:
    assert booked(read(transaction(text), ledger=ledger)) == [Decimal(amount)]
    with pytest.raises(FormatError, match="thousands"):
        read(transaction(text.translate(str.maketrans(".,", ",."))), ledger=ledger)


@pytest.mark.parametrize(("text", "currency", "amount"), [
    ("25.500", "KWD", "25.500"), ("-10.2500", "BHD", "-10.250"), ("1650", "JPY", "1650"), ("1650.0", "JPY", "1650"), ("1650.00000", "JPY", "1650"),
])  # fmt: skip
def test_decimals_are_the_currencys(text: str, currency: str, amount: str) -> None:
    assert [str(x) for x in booked(read(transaction(text), currency=currency, ledger="1"))] == [amount]


# Signs: SPEC 3.2.9.2: signed as the customer sees it, whatever the type. monetr/monetr 2687; actualbudget/actual 4069.


def test_a_sign_stands_whatever_the_type_says_and_a_contradiction_is_said() -> None:
    file = read(
        transaction("-8.95", "1", kind="CREDIT"),
        transaction("-5.00", "2", kind="DEBIT"),
        transaction("+3.00", "3", kind="DEBIT"),
    )
    assert booked(file) == [Decimal("-8.95"), Decimal("-5.00"), Decimal("3.00")]
    assert "CREDIT with a negative amount" in said(file) and "DEBIT with a positive amount" in said(file)


@pytest.mark.parametrize("transactions", [
    (transaction("5.00", "1", kind="DEBIT"),),
    (transaction("5.00", "1", kind="DEBIT"), transaction("7.00", "2", kind="CREDIT")),
    (transaction("5.00", "1", kind="Debit"), transaction("-7.00", "2", kind="CREDIT"), transaction("9.00", "3", kind="DEBIT")),
])  # fmt: skip
def test_debits_that_are_all_positive_have_no_known_sign(transactions: tuple[str, ...]) -> None:
    for card in (False, True):
        with pytest.raises(FormatError, match="DEBIT"):
            read(*transactions, card=card)


@pytest.mark.parametrize("kind", ["CHECK", "CASH", "DIRECTDEBIT", "FEE", "SRVCHG"])
def test_money_out_by_its_type_has_no_known_sign_where_no_amount_is_negative(kind: str) -> None:
    with pytest.raises(FormatError, match="no amount of the statement is negative"):
        read(transaction("20.00", "1", kind=kind), transaction("50.00", "2", kind="POS"))
    # Given back beside others, or with a sign of its own.
    back = read(transaction("20.00", "1", kind=kind), transaction("-50.00", "2", kind="POS"))
    assert booked(back) == [Decimal("20.00"), Decimal("-50.00")]
    assert booked(read(transaction("+20.00", kind=kind))) == [Decimal("20.00")]


def test_a_debit_with_a_plus_says_its_sign_itself() -> None:
    file = read(transaction("+5.00", kind="DEBIT"))
    assert booked(file) == [Decimal("5.00")] and "DEBIT with a positive amount" in said(file)


@pytest.mark.parametrize("ledger", ["-1151.21", "-0", "1012.50", "+5"])
def test_a_balance_has_its_own_sign(ledger: str) -> None:
    (found,) = read(transaction(), ledger=ledger, card=True).statements
    assert found.head.closing is not None and found.head.closing.amount == Decimal(ledger)


# Identity: SPEC 3.2.1; buckets/application 336; securo-finance/securo 911; jbms/beancount-import 216.


@pytest.mark.parametrize("fitid", ["", "0", "1"])
def test_every_transaction_is_a_line_whatever_its_id(fitid: str) -> None:
    file = read(transaction("-8.95", fitid), transaction("-1.05", fitid), transaction("-8.95", fitid))
    assert booked(file) == [Decimal("-8.95"), Decimal("-1.05"), Decimal("-8.95")]
    assert {x.bank_reference for x in lines(file)} == {fitid}
    assert ("FITID" in said(file)) == bool(fitid)


def test_ids_are_an_accounts_own() -> None:
    file = parse(
        content(statement(transaction("-8.95")), statement(transaction("4.00"), account="2", card=True))
    )
    assert [(s.head.account, s.lines[0].amount) for s in file.statements] == [
        ("12345", Decimal("-8.95")),
        ("2", Decimal("4.00")),
    ]
    assert not file.remainder


# Corrections: SPEC 11.4.4.1 (CORRECTFITID, CORRECTACTION).


@pytest.mark.parametrize(
    ("action", "word"),
    [
        ("<CORRECTACTION>REPLACE", "replace"),
        ("<CORRECTACTION>DELETE", "delete"),
        ("", ""),
        ("<CORRECTACTION>Replace", "replace"),
    ],
)
@pytest.mark.parametrize("amount", ["-9.95", "-8.95", "8.95"])
def test_a_correction_names_what_it_takes_back_and_is_not_booked_as_new(
    action: str, word: str, amount: str
) -> None:
    file = read(transaction("-8.95", "A"), transaction(amount, "B", f"<CORRECTFITID>A{action}"))
    assert booked(file) == [Decimal("-8.95")]
    first, found = lines(file)
    assert (first.corrects, first.correction) == ("", "")
    assert (found.corrects, found.correction, found.status) == ("A", word, "information")
    assert "correction" in said(file)


def test_one_that_replaces_itself_is_the_transaction_that_it_is() -> None:
    """Files of cards name each transaction as what it replaces; a deletion of itself is none."""
    own = transaction("-30.86", "201704171", "<CORRECTFITID>201704171<CORRECTACTION>REPLACE")
    file = read(own)
    assert booked(file) == [Decimal("-30.86")] and "correction of itself" in said(file)
    gone = transaction("-30.86", "201704171", "<CORRECTFITID>201704171<CORRECTACTION>DELETE")
    assert booked(read(gone)) == [] and lines(read(gone))[0].corrects == "201704171"


def test_a_correction_that_is_not_posted_with_an_id_is_held_too() -> None:
    file = read(transaction("-30.86", "", "<CORRECTFITID>7<CORRECTACTION>REPLACE"))
    assert booked(file) == [] and lines(file)[0].corrects == "7"


# Days: SPEC 3.2.8: the day as the bank writes it. actualbudget/actual 1053; stoicflame/ofx4j 30; libofx/libofx 14.


@pytest.mark.parametrize("posted", [
    "20261002", "202610020000", "20261002000000", "20261002235959", "20261002000000[0:GMT]", "20261002000000.000[-5:EST]",
    "20261002235959.999[+10:AEST]", "20261002120000[-3:BRT]", "20261002000000[-3:GMT]", "20261002000000[+5.5:IST]", "20261002000000[-12]",
])  # fmt: skip
def test_a_zone_never_moves_a_day(posted: str) -> None:
    (found,) = lines(read(transaction(posted=posted)))
    assert found.booked_on == DAY


@pytest.mark.parametrize(
    "posted",
    ["", "2026-10-02", "02/10/2026", "02102026", "10022026", "20261302", "20260230", "00000000", "Oct 2"],
)
def test_a_day_that_is_none_is_refused(posted: str) -> None:
    with pytest.raises(FormatError):
        read(transaction(posted=posted))


# Lists: SPEC 11.4.2, 11.4.3 and (2.2) pending transactions; Fabiopf02/ofx-data-extractor 20 and 31; OCA/bank-statement-import 973.

PENDING = (
    "<STMTTRNP><TRNTYPE>HOLD<DTTRAN>20261003<DTEXPIRE>20261010<TRNAMT>{}<REFNUM>R1<NAME>HOTEL</STMTTRNP>"
)


@pytest.mark.parametrize("amounts", [["-50.00"], ["-50.00", "-7.00"], ["-50.00", "-50.00", "3.00"]])
@pytest.mark.parametrize("card", [False, True])
def test_pending_transactions_are_no_booked_lines(amounts: list[str], card: bool) -> None:
    rest = f"<BANKTRANLISTP><DTASOF>20261003{''.join(PENDING.format(a) for a in amounts)}</BANKTRANLISTP>"
    file = read(transaction(), rest=rest, card=card)
    assert booked(file) == [Decimal("-8.95")]
    held = [x for x in lines(file) if x.status == "pending"]
    assert [x.amount for x in held] == [Decimal(a) for a in amounts]
    assert {(x.booked_on, x.reference, x.counterparty) for x in held} == {(None, "R1", "HOTEL")}


BALANCES = "<BALLIST><BAL><NAME>A<DESC>x<BALTYPE>DOLLAR<VALUE>1</BAL><BAL><NAME>B<DESC>y<BALTYPE>PERCENT<VALUE>2</BAL></BALLIST>"


@pytest.mark.parametrize(
    "rest", [BALANCES, "<REWARDINFO><NAME>R<REWARDBAL>5</REWARDINFO><CASHADVBALAMT>7", "<MKTGINFO>Buy now"]
)
def test_what_a_statement_says_beside_is_in_the_remainder(rest: str) -> None:
    file = read(transaction(), rest=rest)
    assert booked(file) == [Decimal("-8.95")] and "STMTRS/" in said(file)


@pytest.mark.parametrize("card", [False, True])
def test_a_statement_without_a_list_has_no_lines(card: bool) -> None:
    (found,) = read(card=card).statements
    assert found.lines == () and found.head.closing is not None and found.head.from_on is None


@pytest.mark.parametrize("ledger", ["", " "])
def test_a_balance_that_is_empty_is_none(ledger: str) -> None:
    (found,) = read(transaction(), ledger=ledger).statements
    assert found.head.closing is None


# Bradesco's exports (annacruz/ofx, spec/fixtures/bradesco.ofx, dtsof_balance_issue.ofx) have zeros for days that nobody stated.
@pytest.mark.parametrize("zeros", ["00000000", "00000000000000", "00000000000000[-3:BRT]"])
@pytest.mark.parametrize(
    ("name", "told"),
    [("<DTASOF>20261031", "closing"), ("<DTSTART>20261001", "from_on"), ("<DTEND>20261031", "to_on")],
)
def test_a_day_of_zeros_beside_the_lines_is_none_and_is_listed(name: str, told: str, zeros: str) -> None:
    tag = name.partition(">")[0] + ">"
    raw = content(statement(transaction(), currency="BRL")).replace(name.encode(), f"{tag}{zeros}".encode())
    (found,) = parse(raw).statements
    head = found.head
    assert (head.closing and head.closing.on if told == "closing" else getattr(head, told)) is None
    assert [x.amount for x in found.lines] == [Decimal("-8.95")] and head.closing is not None
    assert f"a day of zeros ({tag[1:-1]})" in said(parse(raw)) and "0000" not in head.statement_id


def test_a_transaction_of_a_day_of_zeros_is_refused() -> None:
    with pytest.raises(FormatError, match="'00000000' is no day"):
        read(transaction(posted="00000000"))


def test_one_account_that_the_bank_gives_an_error_for_is_said() -> None:
    failed = (
        "<STMTTRNRS><TRNUID>2<STATUS><CODE>2003<SEVERITY>ERROR<MESSAGE>Account not found</STATUS></STMTTRNRS>"
    )
    file = parse(content(statement(transaction()), failed))
    assert booked(file) == [Decimal("-8.95")] and "2003" in said(file)


# Syntax: SPEC 2.3; buckets/application 336; bradenmacdonald/ofx-js 2; csingley/ofxtools 130; libofx/libofx 72; asgrim/ofxparser 53.


@pytest.mark.parametrize(
    "old", ["</STMTTRN>", "</STMTRS>", "<STMTRS>", "</BANKTRANLIST></STMTRS></STMTTRNRS>"]
)
def test_a_transaction_is_never_lost_in_what_is_not_closed(old: str) -> None:
    raw = content(statement(transaction())).replace(
        b"<LEDGERBAL><BALAMT>1012.50<DTASOF>20261031</LEDGERBAL>", b""
    )
    with pytest.raises(FormatError):
        parse(raw.replace(old.encode(), b""))


@pytest.mark.parametrize(
    "mangled", [b"<STMTTRN", b"<STMTTR>", b"< STMTTRN>", b"<STMTTRN.X>", b"STMTTRN>", b""]
)
def test_an_amount_outside_of_a_transaction_is_refused(mangled: bytes) -> None:
    raw = content(statement(transaction("1", "1"), transaction("2", "2")))
    with pytest.raises(FormatError):
        parse(raw.replace(b"<STMTTRN>", mangled, 1))
    with pytest.raises(FormatError):
        parse(raw.replace(b"<STMTTRN>", mangled, 1).replace(b"</STMTTRN>", b"", 1))


def test_a_transaction_in_another_and_a_wrong_end_are_refused() -> None:
    raw = content(statement(transaction("1", "1"), transaction("2", "2")))
    with pytest.raises(FormatError, match="<STMTTRN> inside <STMTTRN>"):
        parse(raw.replace(b"</STMTTRN>", b"", 1))
    with pytest.raises(FormatError):
        parse(content(statement(transaction(), card=True)).replace(b"</CCSTMTRS>", b"</STMTRS>"))


@pytest.mark.parametrize(
    "memo", ["<MEMO></MEMO>", "<MEMO/>", "<MEMO />", "<MEMO>\n", "<MEMO>text</MEMO>", "<MEMO>text"]
)
@pytest.mark.parametrize("other", ["<MEMO></MEMO>", "<MEMO>closed</MEMO>", ""])
def test_a_leaf_is_a_leaf_whether_it_is_closed_or_empty(memo: str, other: str) -> None:
    body = f"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>20261002{memo}<TRNAMT>-8.95<FITID>1<NAME>ACME</STMTTRN>"
    file = read(body, transaction("2", "2", other))
    first = lines(file)[0]
    assert (first.amount, first.bank_reference, first.counterparty) == (
        Decimal("-8.95"),
        "1",
        "ACME",
    ) and not file.remainder
    assert first.remittance == ("text" if "text" in memo else "")


@pytest.mark.parametrize(("text", "name"), [
    ("AT&amp;T", "AT&T"), ("AT&T", "AT&T"), ("A &lt; B", "A < B"), ("A < B", "A < B"), ("5 <6", "5 <6"), ("Caf&#233;", "Café"), ("Caf&eacute;", "Café"),
    ("R&REG B&copyright", "R&REG B&copyright"), ("X&nbsp;Y", "X Y"), ("&lt;STMTTRN&gt;", "<STMTTRN>"), ("A &amp;amp; B", "A &amp; B"),
])  # fmt: skip
def test_entities_and_marks_in_a_text(text: str, name: str) -> None:
    raw = content(statement(transaction())).replace(b"<NAME>ACME", f"<NAME>{text}".encode())
    assert [x.counterparty for x in lines(parse(raw))] == [name]


@pytest.mark.parametrize("comment", ["<!-- <STMTTRN><TRNAMT>5</STMTTRN> -->", "<!---->", "<!-- a > b -->"])
def test_a_comment_is_no_transaction(comment: str) -> None:
    raw = content(statement(transaction(), transaction("2", "2"))).replace(
        b"<STMTTRN>", f"{comment}<STMTTRN>".encode()
    )
    assert booked(parse(raw)) == [Decimal("-8.95"), Decimal("2.00")]
    with pytest.raises(FormatError, match="comment"):
        parse(raw.replace(b"-->", b"--"))


def test_a_text_in_cdata_may_look_like_a_comment() -> None:
    memo = "<MEMO><![CDATA[a <!-- b]]></MEMO>"
    file = read(transaction("1", "1", memo), transaction("2", "2", "<MEMO><![CDATA[c --> d]]></MEMO>"))
    assert [(x.amount, x.remittance) for x in lines(file)] == [
        (Decimal("1.00"), "a <!-- b"),
        (Decimal("2.00"), "c --> d"),
    ]


def test_two_answers_in_one_file_are_both_read() -> None:
    raw = content(statement(transaction("1"))) + b"\n" + content(statement(transaction("2"), account="2"))
    assert booked(parse(raw)) == [Decimal("1.00"), Decimal("2.00")]


# Encodings: libofx/libofx 20; jseutter/ofxparse 153, 171; csingley/ofxtools 25; OCA/bank-statement-import 968.


@pytest.mark.parametrize("charset", ["1252", "8859-1", "ISO-8859-1", "NONE", "1152", "", "WINDOWS-1252"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_letters_are_read_whatever_the_header_says(charset: str, encoding: str) -> None:
    header = HEADER.replace("CHARSET:1252", f"CHARSET:{charset}")
    raw = f"{header}<OFX>{statement(transaction(), currency='EUR')}</OFX>".replace(
        "ACME", "Hélène Forêt DE89370400440532013000"
    )
    (found,) = lines(parse(raw.encode(encoding)))
    assert found.counterparty == "Hélène Forêt DE89370400440532013000" and found.amount == Decimal("-8.95")


def test_a_declared_latin_that_has_windows_letters_is_windows() -> None:
    header = HEADER.replace("CHARSET:1252", "CHARSET:8859-1")
    raw = f"{header}<OFX>{statement(transaction())}</OFX>".replace("ACME", "Œuvre – 5 €").encode("cp1252")
    assert [x.counterparty for x in lines(parse(raw))] == ["Œuvre – 5 €"]


def test_a_byte_that_is_no_letter_is_said_and_loses_no_money() -> None:
    raw = content(statement(transaction())).replace(b"ACME", b"AC\x81ME \xe9")
    file = parse(raw)
    assert booked(file) == [Decimal("-8.95")] and "letter is not known" in said(file)
