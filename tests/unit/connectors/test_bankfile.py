"""Bank files as documents: read whole or refused with a reason, and booked once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import UNSET

from tieout.connector_api import ContentRefusedError
from tieout.connectors.bankfile.normalise import statements
from tieout.documents import InterimReport, Statement, StatementLine, canonical_bytes
from tieout_sandbox.simulators.bankfile import Bank, BankLine

DAY = date(2026, 10, 5)
SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "camt" / "camt_parser"


def file(*lines: BankLine, opening: int = 10_000) -> bytes:
    bank = Bank()
    bank.open_account("DE02120300000000202051", "EUR", opening)
    for line in lines:
        bank.book("DE02120300000000202051", line)
    return bank.statement("DE02120300000000202051", DAY)


def lines_of(raw: bytes, options: dict[str, str] | None = None) -> list[StatementLine]:
    given = {"account": "X", **(options or {})}
    return [d for d in statements(raw, given) if isinstance(d, StatementLine)]


def test_signs_balances_and_references_are_read() -> None:
    raw = file(
        BankLine(DAY, 12_345, "po_1", "STRIPE", "STRIPE po_1"), BankLine(DAY, -500, remittance="Fee & co")
    )
    head, *lines = statements(raw, {})
    assert isinstance(head, Statement)
    assert (head.opening.value, head.closing.value, head.line_count) == (
        Decimal("100.00"),
        Decimal("218.45"),
        2,
    )
    assert [(x.amount.value, x.end_to_end_id, x.remittance) for x in lines if isinstance(x, StatementLine)] == [
        (Decimal("123.45"), "po_1", "STRIPE po_1"), (Decimal("-5.00"), "", "Fee & co"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "charged"),
    [
        ("", "", Decimal("12.50")),
        ("<ChrgInclInd>true</ChrgInclInd>", "", Decimal("12.50")),  # silent: the amounts will tell
        ("<ChrgInclInd>true", "<ChrgInclInd>false", UNSET),  # it is booked apart
        ('<Rcrd><Amt Ccy="EUR">', '<Rcrd><Amt Ccy="USD">', UNSET),  # of another currency
        (
            "<CdtDbtInd>DBIT</CdtDbtInd><ChrgInclInd>",
            "<CdtDbtInd>CRDT</CdtDbtInd><ChrgInclInd>",
            UNSET,
        ),  # given back
    ],
)
def test_what_a_bank_says_that_it_kept_is_the_lines_charge(old: str, new: str, charged: object) -> None:
    raw = file(BankLine(DAY, 98_750, remittance="INV-1", charge=1250))
    (line,) = lines_of(raw.replace(old.encode(), new.encode()) if old else raw)
    assert line.charged == charged and line.amount.value == Decimal("987.50")


def test_a_line_without_charges_is_kept_as_it_always_was() -> None:
    (line,) = lines_of(file(BankLine(DAY, 98_750, remittance="INV-1")))
    assert line.charged is UNSET and b"charged" not in canonical_bytes(line)


def test_two_equal_lines_of_a_day_are_two_lines() -> None:
    fee = BankLine(DAY, -1500, remittance="Account fee")
    found = lines_of(file(fee, fee))
    assert len(found) == 2 and len({x.key for x in found}) == 2


def test_a_statement_that_does_not_hold_is_refused_whole() -> None:
    raw = file(BankLine(DAY, 1000)).replace(b'<Amt Ccy="EUR">10.00</Amt>', b'<Amt Ccy="EUR">10.01</Amt>', 1)
    with pytest.raises(ValueError, match="does not hold"):
        statements(raw, {})


@pytest.mark.parametrize(
    "bad",
    [b"<Document", b"", b"<?xml version='1.0'?><a/>",
     b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>'],
)  # fmt: skip
def test_what_is_no_statement_is_refused(bad: bytes) -> None:
    with pytest.raises(ValueError):
        statements(bad, {})


@pytest.mark.parametrize("text", ["NaN", "1e5", "-1.00", "10.001", "1" * 30])
def test_an_amount_that_is_none_is_refused(text: str) -> None:
    raw = file(BankLine(DAY, 1000)).replace(b'"EUR">10.00<', f'"EUR">{text}<'.encode(), 1)
    with pytest.raises(ValueError):
        statements(raw, {})


def test_published_samples_are_read_or_refused_with_a_reason() -> None:
    if not SAMPLES.is_dir():
        pytest.skip("../shared/data is not here")
    read, refused = [], {}
    for path in sorted(SAMPLES.glob("spec_fixtures_053_*.xml")):
        try:
            statements(path.read_bytes(), {})
            read.append(path.name)
        except ValueError as error:
            refused[path.name] = str(error)
    assert read, refused
    assert all(refused.values())


GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "bankfiles"


def golden(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "lines"),
    [("mt940.commerzbank.invented.sta", 3), ("camt.053.version-02.invented.xml", 4), ("bai2.two-accounts.invented.bai2", 4),
     ("ofx.version-1.invented.ofx", 3), ("csv.csv-sparkasse.invented.csv", 2), ("paypal.settlement.invented.csv", 3)],
)  # fmt: skip
def test_every_format_gives_lines_that_are_booked_once(name: str, lines: int) -> None:
    found = lines_of(golden(name))
    assert len(found) == lines and len({x.key for x in found}) == lines
    assert lines_of(golden(name)) == found


@pytest.mark.parametrize(
    "name", ["camt.052.interim.invented.xml", "camt.054.batch.invented.xml", "mt942.generic.invented.sta"]
)
def test_an_intraday_report_posts_nothing_for_the_days_statement_repeats_it(name: str) -> None:
    found = statements(golden(name), {})
    assert found and {type(x) for x in found} == {InterimReport}
    assert {x.measure().count for x in found} == {0}


def test_exports_that_overlap_name_their_lines_alike_and_equal_lines_are_counted() -> None:
    head = b"Currency: GBP\nOpening balance: %s\n\nDate,Description,Money Out,Money In,Balance\n"
    first = b"04/10/2026,A,,1.00,%s\n"
    fees = b"05/10/2026,FEE,5.00,,%s\n05/10/2026,FEE,5.00,,%s\n"
    whole = head % b"100.00" + first % b"101.00" + fees % (b"96.00", b"91.00") + b"Closing balance,,,,91.00\n"
    later = head % b"101.00" + fees % (b"96.00", b"91.00") + b"Closing balance,,,,91.00\n"
    one, two = lines_of(whole), lines_of(later)
    assert len({x.key for x in one}) == 3 and [x.key for x in two] == [x.key for x in one[1:]]
    assert two == one[1:]


def test_what_does_not_hold_or_has_no_balances_is_a_case_of_its_own_cause() -> None:
    broken = golden("mt940.commerzbank.invented.sta").replace(b"123,45N", b"123,46N")
    bare = golden("camt.053.version-02.invented.xml").replace(b"<Cd>CLBD</Cd>", b"<Cd>ZZZZ</Cd>")
    for raw, cause in ((broken, "statement_does_not_hold"), (bare, "statement_without_balances")):
        with pytest.raises(ContentRefusedError) as refused:
            statements(raw, {})
        assert refused.value.cause == cause and refused.value.recovery


def test_the_options_of_an_interface_force_what_is_detected() -> None:
    raw = golden("mt940.generic.invented.sta")
    assert statements(raw, {"format": "mt940", "dialect": "ing"})
    with pytest.raises(ValueError, match="namespace"):
        statements(raw, {"format": "camt.053"})
    declaration = 'name = "x"\ncurrency_is = "GBP"\naccount_is = "A-1"\ndate = "DD/MM/YYYY"\ndelimiter = ","\ndecimal = "."\n'
    declaration += '[columns]\nbooked_on = "Date"\namount = "Amount"\n'
    (line,) = lines_of(b"Date,Amount\n05/10/2026,12.50\n", {"dialect": declaration})
    assert (line.account, line.amount.value) == ("A-1", Decimal("12.50"))


BAI2 = (
    b"01,NWBK,CUST,261002,0600,1,,,2/\n02,CUST,NWBK,%s,261001,0000,USD,2/\n03,12345,USD,010,100000,,,015,101250,,/\n"
    b"%s98,202500,1,5/\n99,202500,1,7/\n"
)
DETAIL = b"16,165,1250,Z,B1,C1,X/\n49,202500,3/\n"


def test_nothing_of_a_bai2_test_is_booked() -> None:
    assert statements(BAI2 % (b"4", DETAIL), {}) == []
    assert len(lines_of(BAI2 % (b"1", DETAIL))) == 1


@pytest.mark.parametrize(("status", "word"), [(b"2", "deletes"), (b"3", "corrects")])
def test_what_a_bank_takes_back_is_a_case_that_names_it_and_is_never_booked_as_new(
    status: bytes, word: str
) -> None:
    with pytest.raises(ContentRefusedError, match=f"{word} .* 261001 of 12345, of 2026-10-01") as refused:
        statements(BAI2 % (status, DETAIL), {})
    assert refused.value.cause == "statement_taken_back" and "undo" in refused.value.recovery


def test_a_bai2_summary_without_details_is_taken_as_it_is() -> None:
    raw = BAI2.replace(b",1,5/", b",1,4/").replace(b",1,7/", b",1,6/").replace(b"202500", b"201250")
    (head,) = statements(raw % (b"1", b"49,201250,2/\n"), {})
    assert isinstance(head, Statement)
    assert (head.line_count, head.opening.value, head.closing.value) == (
        0,
        Decimal("1000.00"),
        Decimal("1012.50"),
    )


def test_an_ofx_line_that_takes_back_another_says_so_and_pending_ones_are_none() -> None:
    good = golden("ofx.version-1.invented.ofx")
    taken = good.replace(b"<FITID>F-2", b"<FITID>F-2<CORRECTFITID>F-1<CORRECTACTION>DELETE")
    assert [x.takes_back for x in lines_of(taken)] == ["", "deletes F-1", ""]
    assert [x.key for x in lines_of(taken)] == [x.key for x in lines_of(good)]
    pending = b"<BANKTRANLISTP><STMTTRNP><TRNTYPE>HOLD<DTTRAN>20261005<TRNAMT>-1</STMTTRNP></BANKTRANLISTP><LEDGERBAL>"
    assert lines_of(good.replace(b"<LEDGERBAL>", pending)) == lines_of(good)
