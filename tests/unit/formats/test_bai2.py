"""BAI2 by its published rules. Every file here is invented; what a rule or a report was published in, its test names.

SPEC is the Cash Management Balance Reporting Specifications, version 2, Technical Reference Manual (BAI, 10/2005), by
its printed pages; it stands in https://github.com/moov-io/bai2 (docs/specifications).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tieout.formats import FormatError, Line, ParsedFile, Statement, parse, proven_by

DAY, LATER = date(2026, 10, 1), date(2026, 10, 4)
HEADER = "01,NWBK,CUST,261002,0600,1,,,2/"
SUMMARY = "03,12345,USD,010,100000,,,015,101250,,/"


def account(*records: str, total: int | str = "", first: str = SUMMARY) -> list[str]:
    """An account's records with its trailer; the total is of the balances and the amounts that a test names."""
    return [first, *records, f"49,{total},{len(records) + 2}/"]


def group(*accounts: list[str], status: str = "1", modifier: str = "2", total: int | str = "") -> list[str]:
    held = [record for one in accounts for record in one]
    return [
        f"02,CUST,NWBK,{status},261001,0000,USD,{modifier}/",
        *held,
        f"98,{total},{len(accounts)},{len(held) + 2}/",
    ]


def content(*groups: list[str], header: str = HEADER, total: int | str = "", end: str = "\n") -> bytes:
    held = [record for one in groups for record in one]
    return end.join([header, *held, f"99,{total},{len(groups)},{len(held) + 2}/", ""]).encode()


def one(
    *records: str, status: str = "1", first: str = SUMMARY, header: str = HEADER, total: int | str = ""
) -> ParsedFile:
    """A file of one account."""
    held = account(*records, total=total, first=first)
    return parse(content(group(held, status=status, total=total), header=header, total=total))


def line(*records: str, header: str = HEADER) -> Line:
    (statement,) = one(*records, header=header).statements
    (found,) = statement.lines
    return found


def said(file: ParsedFile) -> str:
    return "; ".join(unread.what for unread in file.remainder)


def booked(file: ParsedFile) -> list[Decimal]:
    return [x.amount for s in file.statements for x in s.lines if x.status == "booked"]


# Group status: SPEC p. 32 to 34.


@pytest.mark.parametrize(
    "records", [(), ("16,165,1250,Z,B1,C1,X/",), ("16,165,1250,Z,,,A/", "16,475,1250,Z,,,B/")]
)
def test_nothing_of_a_test_is_booked_and_that_is_said(records: tuple[str, ...]) -> None:
    file = one(*records, status="4")
    (statement,) = file.statements
    assert statement.head.status == "test" and booked(file) == [] and len(statement.lines) == len(records)
    assert statement.conservation.holds is None and "test" in said(file)
    assert not statement.head.partial and "details" not in said(file)


def test_a_tests_totals_are_held_against_its_records_all_the_same() -> None:
    (statement,) = one("16,165,1250,Z,B1,C1,X/", status="4", total=202500).statements
    assert statement.conservation.holds is None
    wrong = account("16,165,1250,Z,B1,C1,X/", total=202501)
    (statement,) = parse(content(group(wrong, status="4"))).statements
    assert statement.conservation.holds is False and "202501" in statement.conservation.problems[0]


@pytest.mark.parametrize(("status", "word"), [("2", "deletion"), ("3", "correction")])
@pytest.mark.parametrize("records", [(), ("16,165,1250,Z,B1,C1,X/",)])
def test_a_deletion_and_a_correction_name_what_they_take_back(
    status: str, word: str, records: tuple[str, ...]
) -> None:
    file = one(*records, status=status)
    (statement,) = file.statements
    assert (statement.head.status, statement.head.account, statement.head.to_on) == (word, "12345", DAY)
    assert word in said(file)


def test_the_lines_of_a_deletion_are_none() -> None:
    assert booked(one("16,165,1250,Z,B1,C1,X/", status="2")) == []
    assert booked(one("16,165,1250,Z,B1,C1,X/", status="3")) == [Decimal("12.50")]


def test_a_deletion_may_name_its_account_alone() -> None:
    (statement,) = one(first="03,12345,,,,,/", status="2").statements
    assert (statement.head.status, statement.conservation.holds) == ("deletion", None)


@pytest.mark.parametrize("status", ["0", "5", "X", "11"])
def test_a_group_status_that_is_none_is_refused(status: str) -> None:
    with pytest.raises(FormatError, match="group status"):
        one("16,165,1250,Z,B1,C1,X/", status=status)


def test_a_group_without_a_status_is_an_update_and_that_is_said() -> None:
    file = one("16,165,1250,Z,B1,C1,X/", status="")
    assert (file.statements[0].head.status, booked(file)) == ("update", [Decimal("12.50")])
    assert "without its status" in said(file)


def test_groups_of_a_file_have_their_own_status() -> None:
    file = parse(content(
        group(account("16,165,1250,Z,B1,C1,X/")),
        group(account("16,165,9900,Z,B2,C2,X/", first="03,777,USD,,,,/"), status="4"),
        group(account(first="03,888,,,,,/"), status="2"),
    ))  # fmt: skip
    assert [s.head.status for s in file.statements] == ["update", "test", "deletion"]
    assert booked(file) == [Decimal("12.50")]


# Control totals: signed (SPEC p. 21 to 23, 25, 28, 31).


@pytest.mark.parametrize(
    ("opening", "closing", "total"),
    [
        ("-100000", "-98750", "-197500"),
        ("-100000", "-98750", "-000000197500"),
        ("+000100000", "101250", "+202500"),
    ],
)
def test_control_totals_carry_a_sign(opening: str, closing: str, total: str) -> None:
    file = one("16,165,1250,Z,B1,C1,X/", first=f"03,12345,USD,010,{opening},,,015,{closing},,/", total=total)
    (statement,) = file.statements
    assert statement.conservation.holds is True and booked(file) == [Decimal("12.50")]
    assert statement.head.opening and statement.head.opening.amount == Decimal(opening) / 100


def test_totals_of_groups_are_summed_with_their_signs() -> None:
    below = account("16,475,500,Z,,,X/", first="03,1,USD,010,-1000,,,015,-1500,,/", total=-2000)
    above = account("16,165,1250,Z,,,X/", total=203750 - 1250)
    file = parse(content(group(below, total=-2000), group(above, total=202500), total=200500))
    assert [s.conservation.holds for s in file.statements] == [True, True]
    with pytest.raises(FormatError, match="control total of 204500"):
        parse(content(group(below, total=-2000), group(above, total=202500), total=204500))


@pytest.mark.parametrize("total", ["-197501", "197500", "--197500", "197500-"])
def test_a_control_total_that_is_another_is_none(total: str) -> None:
    held = account("16,165,1250,Z,,,X/", first="03,12345,USD,010,-100000,,,015,-98750,,/", total="-197500")
    with pytest.raises(FormatError, match=r"control total|whole number"):
        parse(content(group(held, total=total), total="-197500"))
    with pytest.raises(FormatError, match=r"control total|whole number"):
        parse(content(group(held, total="-197500"), total=total))


# Records without money, and codes: SPEC p. 5, 6, 17, 44 to 68.


@pytest.mark.parametrize("message", [
    "16,890,,,,,detail reports will be delayed/",
    "16,890,,,,,detail reports will be delayed",
    "16,890,,Z,B9,C9,detail reports will be delayed/",
    "16,890,0,,,,detail reports will be delayed, until 11:00 AM./",
])  # fmt: skip
def test_a_message_without_money_is_said_and_the_rest_is_read(message: str) -> None:
    file = one("16,165,1250,Z,B1,C1,ACH IN/", message, total=202500)
    (statement,) = file.statements
    assert (
        booked(file) == [Decimal("12.50")]
        and len(statement.lines) == 1
        and statement.conservation.holds is True
    )
    assert "890" in said(file) and "detail reports will be delayed" in said(file)


def test_a_message_may_be_continued() -> None:
    held = account("16,890,,,,,detail reports", "88,will be delayed")
    assert "detail reports will be delayed" in said(parse(content(group(held))))
    held = account("16,890/", "88,,,,,reports are late")
    assert "reports are late" in said(parse(content(group(held))))


def test_a_message_with_money_is_refused() -> None:
    with pytest.raises(FormatError, match="890"):
        one("16,890,1250,,,,money/")


def test_many_messages_are_counted_and_not_all_kept() -> None:
    held = account(*(f"16,890,,,,,message {n}/" for n in range(500)))
    file = parse(content(group(held)))
    messages = [unread for unread in file.remainder if "890" in unread.what]
    assert sum(unread.count for unread in messages) == 500 and len(messages) < 50
    assert "without their details" in said(file)


@pytest.mark.parametrize("record", ["16,165,,Z,B1,C1,X/", "16,475,,S,100,-100,0,,,FLOAT/", "16,165/"])
def test_a_detail_that_states_no_amount_is_said_and_books_nothing(record: str) -> None:
    """SPEC p. 17: the default of an amount says that none is reported; p. 31: it may adjust float."""
    file = one("16,165,1250,Z,B1,C1,ACH IN/", record, total=202500)
    assert booked(file) == [Decimal("12.50")] and "without an amount" in said(file)


@pytest.mark.parametrize(("code", "amount"), [
    ("101", "12.50"), ("399", "12.50"), ("401", "-12.50"), ("699", "-12.50"), ("920", "12.50"), ("921", "12.50"),
    ("959", "12.50"), ("960", "-12.50"), ("999", "-12.50"), ("721", "12.50"), ("728", "12.50"),
])  # fmt: skip
def test_the_code_says_which_way_money_went(code: str, amount: str) -> None:
    assert line(f"16,{code},1250,Z,B1,C1,X/").amount == Decimal(amount)


@pytest.mark.parametrize(
    "code", ["000", "010", "015", "100", "400", "700", "701", "729", "760", "800", "889", "900", "919"]
)
def test_a_code_that_is_no_transactions_is_refused(code: str) -> None:
    with pytest.raises(FormatError, match=f"type code {code}"):
        one(f"16,{code},1250,Z,B1,C1,X/")


@pytest.mark.parametrize("amount", ["-1250", "12.50", "12,50", "1e3", "１２"])
def test_an_amount_with_a_sign_or_a_mark_is_refused(amount: str) -> None:
    with pytest.raises(FormatError, match=r"whole number|funds type"):
        one(f"16,165,{amount},Z,B1,C1,X/")


def test_an_amount_may_have_a_plus_and_zeros() -> None:
    assert line("16,165,+00000000001250,Z,B1,C1,X/").amount == Decimal("12.50")


# Funds types: SPEC p. 18, 29 to 31.


@pytest.mark.parametrize(("funds", "day"), [
    ("V,261004,", LATER), ("V,261004,1300", LATER), ("V,261004,2400", LATER), ("V,261004,9999", LATER),
    ("V,20261004,", LATER), ("V,,", DAY), ("V,260930,", DAY), ("V,261001,", DAY), ("Z", DAY), ("", DAY), ("0", DAY),
    ("S,1250,0,0", DAY), ("S,1250,,", DAY), ("D,1,0,1250", DAY), ("D,0", DAY),
])  # fmt: skip
def test_a_value_date_is_the_days_that_is_stated(funds: str, day: date) -> None:
    """One before the as-of-date counts as the as-of-date (SPEC p. 18); times never move a day."""
    found = line(f"16,165,1250,{funds},B1,C1,VALUE DATED/")
    assert (found.value_on, found.booked_on) == (day, DAY)
    assert (found.bank_reference, found.reference, found.remittance) == ("B1", "C1", "VALUE DATED")


@pytest.mark.parametrize("funds", [
    "S,1000,250,0", "S,,200000,300000", "S,+100,-100,", "D,3,0,1000,1,200,3,50", "D,1,5,-1250", "1", "2",
])  # fmt: skip
def test_money_that_is_available_later_is_said_and_has_no_day_made_up(funds: str) -> None:
    file = one(f"16,165,1250,{funds},B1,C1,DEPOSIT/")
    (found,) = file.statements[0].lines
    assert (found.amount, found.value_on) == (Decimal("12.50"), None)
    assert (found.bank_reference, found.reference, found.remittance) == ("B1", "C1", "DEPOSIT")
    assert "availability" in said(file)


@pytest.mark.parametrize("funds", [
    "V,261304,", "V,tomorrow,", "V,261004,noon", "S,B1,C1,DEPOSIT", "S,1.5,0,0", "D,2,0,100", "D,x", "D,1001", "3", "ZZ",
])  # fmt: skip
def test_a_funds_type_that_is_none_is_refused(funds: str) -> None:
    with pytest.raises(FormatError):
        one(f"16,165,1250,{funds},B1,C1,DEPOSIT/")


# Continuations (88): SPEC p. 20, 37; https://github.com/ministryofjustice/bai2/issues/50 and /14.

WHOLE = ("B1", "C1", "DEPOSIT")


@pytest.mark.parametrize("records", [
    ("16,165,1250,S,1000,250,0,B1,C1,DEPOSIT/",),
    ("16,165,1250,S,1000,250/", "88,0,B1,C1,DEPOSIT/"),
    ("16,165,1250,S,1000,250/", "88,0,B1,C1,DEPOSIT"),
    ("16,165,1250,S,1000,250,0/", "88,B1,C1,DEPOSIT"),
    ("16,165,1250,S,1000,250,0,B1/", "88,C1,DEPOSIT"),
    ("16,165,1250,S,1000,250,0,B1,C1/", "88,DEPOSIT"),
    ("16,165/", "88,1250/", "88,S/", "88,1000/", "88,250/", "88,0/", "88,B1/", "88,C1/", "88,DEPOSIT/"),
    ("16,165,1250,V/", "88,261004,/", "88,B1,C1,DEPOSIT"),
    ("16,165,1250,D,2,0,1000/", "88,1,250,B1/", "88,C1,DEPOSIT   "),
    ("16,165,1250,Z,B1,C1,/", "88,DEPOSIT"),
    ("16,165,1250,Z,B1,", "88,C1,DEPOSIT"),
])  # fmt: skip
def test_a_detail_is_the_same_however_it_is_cut(records: tuple[str, ...]) -> None:
    found = line(*records)
    assert (found.bank_reference, found.reference, found.remittance) == WHOLE and found.amount == Decimal(
        "12.50"
    )


@pytest.mark.parametrize(("records", "text"), [
    (("16,191,1,Z,B1,C1,PY:22/03/66, ONE/TWO",), "PY:22/03/66, ONE/TWO"),
    (("16,191,1,Z,B1,C1/", "88,PY:A 22/03/66", "88,BI:2,3"), "PY:A 22/03/66 BI:2,3"),
    (("16,191,1,Z,B1,C1,BEGINS HERE", "88,/AND GOES ON", "88,TO ITS END"), "BEGINS HERE /AND GOES ON TO ITS END"),
    (("16,191,1,Z,B1,C1,ACH_SETL   111  /", "88,   222/"), "ACH_SETL   111 222"),
    (("16,191,1,Z,B1,C1,INV 2026/", "88,0412"), "INV 2026 0412"),
    (("16,191,1,Z,B1,C1,OF", "88,22/03/", "88,AND 23/03"), "OF 22/03/ AND 23/03"),
    (("16,191,1,Z,B1,C1/", "88,ONE/", "88,TWO/", "88,1/2/"), "ONE TWO 1/2"),
    (("16,191,1,Z,B1,C1,/",), ""),
    (("16,191,1,Z,B1,C1/",), ""),
])  # fmt: skip
def test_a_slash_inside_a_text_is_text_and_one_that_ends_a_record_is_not(
    records: tuple[str, ...], text: str
) -> None:
    found = line(*records)
    assert (found.bank_reference, found.reference, found.remittance) == ("B1", "C1", text)


def test_a_text_that_fills_its_record_goes_on_without_a_blank() -> None:
    header = "01,NWBK,CUST,261002,0600,1,36,,2/"
    assert len("16,165,1250,Z,B1,C1,PAYMENT FOR INV-") == 36
    assert line("16,165,1250,Z,B1,C1,PAYMENT FOR INV-", "88,2026-0412", header=header).remittance.endswith(
        "INV-2026-0412"
    )
    assert line("16,165,1250,Z,B1,C1,PAYMENT FOR INV-", "88,2026-0412").remittance.endswith("INV- 2026-0412")


@pytest.mark.parametrize("records", [
    ["03,12345,USD,010,100000,,,015/", "88,101250,,,100,1250,1,/"],
    ["03,12345,USD,010,100000,,,015,101250/", "88,,,100,1250,1,/"],
    ["03,12345,USD,010,100000,,/", "88,015,101250,,/", "88,100,1250,1,/"],
    ["03,12345,USD,010,100000,,,/", "88,015,101250,,,/", "88,100,1250,1,/"],
    ["03,12345/", "88,USD/", "88,010,+100000,,,015,101250,,,100,1250/", "88,1,V,261004,/"],
    ["03,12345,USD,010,100000,,,015,", "88,101250,,,100,1250,1,D,1,0,1250/"],
])  # fmt: skip
def test_an_accounts_summary_is_the_same_however_it_is_cut(records: list[str]) -> None:
    """https://github.com/ministryofjustice/bai2/issues/50: a type code at a record's end, its amount in the next."""
    held = account(*records[1:], "16,165,1250,Z,,,X/", first=records[0], total=203750)
    (statement,) = parse(content(group(held))).statements
    assert statement.head.opening and statement.head.closing and statement.conservation.holds is True
    assert (statement.head.opening.amount, statement.head.closing.amount) == (
        Decimal("1000.00"),
        Decimal("1012.50"),
    )
    assert (statement.head.stated.credit_sum, statement.head.stated.credit_count) == (Decimal("12.50"), 1)


def test_headers_and_trailers_may_be_continued() -> None:
    raw = content(group(account("16,165,1250,Z,,,X/", total=202500), total=202500), total=202500)
    cut = raw.replace(b"02,CUST,NWBK,1,261001,0000,USD,2/", b"02,CUST,NWBK,1,261001/\n88,0000,USD,2/")
    cut = cut.replace(b"98,202500,1,5/", b"98,202500/\n88,1,7/").replace(b"99,202500,1,7/", b"99,202500,1,9/")
    assert [s.conservation.holds for s in parse(cut).statements] == [True]


# Details are optional: SPEC p. 8, 16 and 43.


@pytest.mark.parametrize("first", [
    "03,12345,USD,010,100000,,,015,101250,,,100,1250,1,,400,0,0,/",
    "03,12345,USD,010,100000,,,015,101250,,/",
    "03,12345,USD,010,100000,,,015,98000,,,100,0,0,,400,2000,3,/",
    "03,12345,USD,015,101250,,,100,1250,1,/",
    "03,0975312468,,010,500000,,,190,70000000,4,0,110,70000000,15,D,3,0,20000000,1,30000000,3,20000000/",
])  # fmt: skip
def test_a_summary_alone_proves_nothing_and_says_what_it_gives_no_line_for(first: str) -> None:
    file = one(first=first)
    (statement,) = file.statements
    assert (
        statement.conservation.holds is None
        and statement.conservation.problems == ()
        and statement.head.partial
    )
    assert "without their details" in said(file) and proven_by(file)


@pytest.mark.parametrize(
    "first", ["03,12345,USD,010,100000,,,015,100000,,,100,0,0,,400,0,0,/", "03,12345,USD,010,5,,,015,5,,/"]
)
def test_a_day_on_which_nothing_moved_holds(first: str) -> None:
    file = one(first=first)
    (statement,) = file.statements
    assert statement.conservation.holds is True and not statement.head.partial and not file.remainder


def test_a_total_may_be_more_than_the_details_that_are_given() -> None:
    """SPEC p. 43: many ask for the details of large wires and a total of all."""
    file = one("16,195,500000,Z,,,WIRE/", first="03,1,USD,010,0,,,015,700000,,,100,700000,9,,400,0,0,/")
    (statement,) = file.statements
    assert (
        statement.conservation.holds is None
        and statement.head.partial
        and booked(file) == [Decimal("5000.00")]
    )
    assert "credits of 2000.00" in said(file)


def test_totals_of_kinds_say_nothing_against_details_that_reach_the_balance() -> None:
    file = one("16,165,1250,Z,,,X/", first="03,1,USD,010,100000,,,015,101250,,,110,1250,1,,470,99,1,/")
    (statement,) = file.statements
    assert statement.conservation.holds is True and not statement.head.partial
    (statement,) = one(
        "16,165,1250,Z,,,X/", first="03,1,USD,010,100000,,,015,100250,,,470,1000,1,/"
    ).statements
    assert statement.conservation.holds is None and statement.head.partial


@pytest.mark.parametrize(("items", "holds"), [("1", True), ("17", True), ("", True), ("0", False)])
def test_one_detail_may_be_many_items_and_not_fewer(items: str, holds: bool) -> None:
    """SPEC p. 67: checks below an amount may be one detail of a cumulative code."""
    first = f"03,1,USD,010,100000,,,015,101250,,,100,1250,{items},/"
    (statement,) = one("16,174,1250,Z,,,MANY/", first=first).statements
    assert statement.conservation.holds is holds


@pytest.mark.parametrize("code", ["100", "400", "110"])
def test_a_total_with_a_sign_proves_nothing_and_is_said(code: str) -> None:
    """SPEC p. 25: totals are positive; what one means that is not, is not said anywhere. Control totals count it as it is."""
    file = one(
        "16,165,1250,Z,,,X/", first=f"03,12345,USD,010,100000,,,015,101250,,,{code},-1250,1,/", total=201250
    )
    (statement,) = file.statements
    assert statement.head.stated.credit_sum is None and statement.head.stated.debit_sum is None
    assert f"{code} with a sign" in said(file) and statement.conservation.holds is True


@pytest.mark.parametrize(("first", "says"), [
    ("03,1,USD,010,0,,,015,700000,,,100,400000,9,,400,0,0,/", "credits of 4000.00"),  # fewer than the details are
    ("03,1,USD,010,0,,,015,700001,,,100,700000,9,,400,0,0,/", "is not"),  # the totals do not lead to the closing balance
    ("03,1,USD,010,0,,,015,700000,,/", "is left"),  # a detail, no total, and another balance
])  # fmt: skip
def test_what_contradicts_itself_does_not_hold(first: str, says: str) -> None:
    (statement,) = one("16,195,500000,Z,,,WIRE/", first=first).statements
    assert statement.conservation.holds is False and says in "; ".join(statement.conservation.problems)


def test_a_summary_that_contradicts_itself_does_not_hold() -> None:
    (statement,) = one(first="03,12345,USD,010,100000,,,015,101250,,,100,1350,1,,400,0,0,/").statements
    assert statement.conservation.holds is False


def test_two_different_balances_of_one_kind_do_not_hold() -> None:
    (statement,) = one(
        "16,165,1250,Z,,,X/", first="03,1,USD,010,100000,,,015,101250,,,015,101350,,/"
    ).statements
    assert statement.conservation.holds is False and "015" in statement.conservation.problems[0]


# Headers: SPEC p. 10, 12 to 15, 26 to 29.


@pytest.mark.parametrize(
    ("modifier", "intraday"), [("1", True), ("2", False), ("3", True), ("4", False), ("", False)]
)
def test_an_interim_report_is_told_from_a_final_one(modifier: str, intraday: bool) -> None:
    (statement,) = parse(content(group(account("16,165,1250,Z,,,X/"), modifier=modifier))).statements
    assert statement.head.intraday is intraday


def test_a_modifier_that_is_none_is_said() -> None:
    assert "as-of-date modifier" in said(parse(content(group(account("16,165,1250,Z,,,X/"), modifier="7"))))


@pytest.mark.parametrize("time", ["0000", "2400", "9999", "", "23:59:59", "1430"])
def test_a_time_never_moves_a_day(time: str) -> None:
    raw = content(group(account("16,165,1250,Z,,,X/"))).replace(b"261001,0000", f"261001,{time}".encode())
    (statement,) = parse(raw.replace(b"261002,0600", f"261002,{time}".encode())).statements
    assert statement.head.to_on == DAY == statement.lines[0].booked_on


@pytest.mark.parametrize(("own", "amount", "currency"), [
    ("", "12.50", "USD"), ("USD", "12.50", "USD"), ("GBP", "12.50", "GBP"), ("JPY", "1250", "JPY"), ("KWD", "1.250", "KWD"),
])  # fmt: skip
def test_an_account_has_its_own_currency_or_its_groups(own: str, amount: str, currency: str) -> None:
    (statement,) = one("16,165,1250,Z,,,X/", first=f"03,12345,{own},,,,/").statements
    assert (str(statement.lines[0].amount), statement.lines[0].currency) == (amount, currency)


def test_a_currency_that_is_none_and_an_account_without_a_number_are_refused() -> None:
    for first, says in (("03,12345,XXQ,,,,/", "no currency"), ("03,,USD,,,,/", "account")):
        with pytest.raises(FormatError, match=says):
            one("16,165,1250,Z,,,X/", first=first)


@pytest.mark.parametrize("version", ["1", "3", "X"])
def test_another_version_is_refused_by_its_name(version: str) -> None:
    """Version 3 is X9's BTRS, whose codes and fields are others (https://github.com/moov-io/bai2/issues/114)."""
    with pytest.raises(FormatError, match="version"):
        one("16,165,1250,Z,,,X/", header=f"01,NWBK,CUST,261002,0600,1,,,{version}/")


@pytest.mark.parametrize(
    "header",
    ["01,NWBK,CUST,261002,0600,1,,,/", "01,NWBK,CUST,20261002,0600,1,80,080,2/", "01,NWBK,CUST,261002,,,/"],
)
def test_a_header_may_leave_out_what_is_optional(header: str) -> None:
    assert booked(one("16,165,1250,Z,,,X/", header=header)) == [Decimal("12.50")]


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("width", [0, 80, 132])
@pytest.mark.parametrize("tail", [b"", b"\x1a", b"\r\n\r\n"])
def test_line_ends_and_padding_change_nothing(end: str, width: int, tail: bytes) -> None:
    header = f"01,NWBK,CUST,261002,0600,1,{width or ''},,2/"
    raw = content(
        group(account("16,165,1250,Z,B1,C1/", "88,DEPOSIT/", total=202500), total=202500),
        header=header,
        total=202500,
    )
    padded = end.join(record.ljust(width) for record in raw.decode().splitlines()).encode() + tail
    (statement,) = parse(padded).statements
    assert statement.conservation.holds is True and not parse(padded).remainder
    assert (statement.lines[0].reference, statement.lines[0].remittance) == ("C1", "DEPOSIT")


def test_a_mark_of_utf_8_changes_nothing() -> None:
    raw = content(group(account("16,165,1250,Z,,,CAFÉ/", total=202500), total=202500), total=202500)
    (statement,) = parse(b"\xef\xbb\xbf" + raw).statements
    assert statement.lines[0].remittance == "CAFÉ" and statement.conservation.holds is True


@pytest.mark.parametrize(("old", "new", "says"), [
    (b"49,202500,3/", b"49,202500,3/ 03,777,,/", "3/ 03"),  # a record behind a record's end
    (b"98,202500,1,5/", b"98,202500,1,5,9/", "98"),
    (b"99,202500,1,7/", b"99,202500,1,7,junk/", "99"),
    (b"16,165", b"17,165", "no BAI2 record code"),
    (b"16,165", b"88:EREF\n16,165", "no BAI2 record code"),
    (b"98,202500,1,5/", b"98,202500,2,5/", "accounts of 2"),
    (b"98,202500,1,5/", b"98,202500,1,4/", "records of 4"),
    (b"99,202500,1,7/", b"99,202500,2,7/", "groups of 2"),
])  # fmt: skip
def test_what_stands_out_of_place_is_refused(old: bytes, new: bytes, says: str) -> None:
    raw = content(group(account("16,165,1250,Z,,,X/", total=202500), total=202500), total=202500)
    with pytest.raises(FormatError, match=says):
        parse(raw.replace(old, new, 1))


def test_every_line_of_every_account_is_given_once() -> None:
    accounts = [account(f"16,165,{n}00,Z,,,X/", first=f"03,{n},USD,,,,/") for n in range(1, 5)]
    file = parse(content(group(*accounts[:2]), group(*accounts[2:])))
    statements: tuple[Statement, ...] = file.statements
    assert [(s.head.account, s.lines[0].amount) for s in statements] == [
        (str(n), Decimal(n)) for n in range(1, 5)
    ]
