"""Bank files: signs, proofs, refusals, encodings, references. All texts are invented."""

from __future__ import annotations

import re
import time
import tracemalloc
from decimal import Decimal
from pathlib import Path

import pytest

from tests.golden.bankfiles import FOLDER, files
from tieout.formats import FormatError, parse
from tieout.formats.encodings import decode
from tieout.formats.references import find_references, kind_of

CAMT = (FOLDER / "camt.053.version-02.invented.xml").read_bytes()
HEAD = b":20:R\n:25:DE1\n:28C:1\n:60F:C261005EUR100,00\n"
TAIL = b":62F:C261005EUR%s\n-\n"


def mt940(*lines: bytes, closing: bytes = b"100,00") -> bytes:
    return HEAD + b"".join(line + b"\n" for line in lines) + TAIL % closing


@pytest.mark.parametrize(
    ("mark", "amount", "reversal", "status"),
    [(b"C", "5.00", False, "booked"), (b"D", "-5.00", False, "booked"), (b"RC", "-5.00", True, "booked"),
     (b"RD", "5.00", True, "booked"), (b"CR", "5.00", False, "booked"), (b"DR", "-5.00", False, "booked"),
     (b"EC", "5.00", False, "pending"), (b"ED", "-5.00", False, "pending")],
)  # fmt: skip
def test_marks_of_mt940_are_the_moneys_own_way(mark: bytes, amount: str, reversal: bool, status: str) -> None:
    (statement,) = parse(mt940(b":61:2610051005%s5,00NTRFNONREF" % mark)).statements
    (line,) = statement.lines
    assert (line.amount, line.reversal, line.status) == (Decimal(amount), reversal, status)


def test_a_statement_that_lost_a_line_does_not_hold_and_says_what_is_left() -> None:
    proof = parse(mt940(b":61:261005C5,00NTRFX", closing=b"107,50")).statements[0].conservation
    assert (proof.holds, proof.residual, proof.sum_lines) == (False, Decimal("2.50"), Decimal("5.00"))
    assert "2.50 is left" in proof.problems[0]


def test_two_equal_lines_are_two_lines() -> None:
    (statement,) = parse(mt940(*[b":61:261005C5,00NTRFX"] * 2, closing=b"110,00")).statements
    assert len(statement.lines) == 2 and statement.conservation.holds is True


def test_what_proves_nothing_is_unknown_and_never_true() -> None:
    raw = b":20:R\n:25:DE1EUR\n:28C:1\n:13D:2610051200+0100\n:61:261005C5,00NTRFX\n-\n"
    (statement,) = parse(raw, format="mt942").statements
    assert statement.conservation.holds is None and statement.head.intraday


def test_stated_counts_and_sums_are_part_of_the_proof() -> None:
    for wrong in (b":90C:2EUR5,00\n", b":90C:1EUR5,01\n", b":90D:1EUR0,00\n"):
        raw = b":20:R\n:25:DE1EUR\n:28C:1\n:13D:2610051200+0100\n:61:261005C5,00NTRFX\n" + wrong
        assert parse(raw, format="mt942").statements[0].conservation.holds is False, wrong


def test_a_statement_that_does_not_begin_where_the_one_before_it_ended_says_so() -> None:
    first, second = mt940(), mt940().replace(b"100,00", b"100,01")
    assert [s.continues for s in parse(first + first).statements] == [None, True]
    assert [s.continues for s in parse(first + second).statements] == [None, False]


@pytest.mark.parametrize(
    "name",
    [
        "mt940.sparkasse.",
        "mt940.rabobank.",
        "mt942.generic.",
        "bai2.two-accounts.",
        "csv.csv-ing-nl.",
        "csv.csv-detected.",
    ],
)
def test_lines_may_end_with_a_carriage_return_alone(name: str) -> None:
    """As files from old Macs and some converters do (IsraelIyonsi/Mt940.NET, cr-only.sta)."""
    path = next(p for p in files() if p.name.startswith(name))
    usual = path.read_bytes().replace(b"\r\n", b"\n")
    alone = parse(usual.replace(b"\n", b"\r"))
    assert alone.statements == parse(usual).statements and alone.statements[0].lines
    assert alone.remainder == parse(usual).remainder


def test_what_is_not_understood_is_listed_with_its_place() -> None:
    file = parse(mt940(b":99:what is this") + b"trailing\n")
    assert [(u.what, u.count, u.place.line) for u in file.remainder] == [
        ("field :99:", 1, 5), ("text outside a message", 1, 8)]  # fmt: skip
    unknown = CAMT.replace(b"<AddtlNtryInf>Taken", b"<Strange/><Strange/><AddtlNtryInf>Taken")
    (unread,) = parse(unknown).remainder
    assert (unread.what, unread.count) == ("Ntry/Strange", 2)
    assert unknown[unread.place.offset :].startswith(b"<Ntry><Amt")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b":25:DE1", b":25:DE1\n:25:DE2", "a second account"),
        (b":60F:C261005EUR100,00", b":60F:C261005EUR100,00\n:60F:C261005EUR90,00", "a second opening balance"),
        (b":60F:C261005EUR", b":60F:C261305EUR", "'261305' is no day"),
        (b":60F:C261005EUR", b":60F:X261005EUR", "is no balance"),
        (b"100,00\n:62F", b"100,00\n:61:261005C5,00,1NTRF\n:62F", "finer than|no statement line|no amount"),
        (b"100,00\n:62F", b"100,00\n:61:261005C" + b"9" * 30 + b",00NTRF\n:62F", "no statement line"),
        (b"100,00\n:62F", b"100,00\n:61:261005CNaNNTRF\n:62F", "no statement line"),
        (b"100,00\n:62F", b"100,00\n:61:261005C5,005NTRF\n:62F", "finer than 0.01"),
        (b":62F:C261005EUR", b":62F:C261005USD", "is in USD, its account in EUR"),
        (b"100,00\n:62F", b"100,00\n:61:261005C5,00NTRF\x00\n:62F", "NUL"),
        (b":62F:C261005EUR100,00\n", b"", "without its opening|closing"),
    ],
)  # fmt: skip
def test_an_mt940_that_is_wrong_is_refused_with_what_and_where(old: bytes, new: bytes, says: str) -> None:
    raw = mt940()
    assert raw.count(old) == 1
    with pytest.raises(FormatError, match=says):
        parse(raw.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"<Amt Ccy=\"EUR\">10.00</Amt>", b"<Amt Ccy=\"EUR\">10.00</Amt><Amt Ccy=\"EUR\">11.00</Amt>", "stands twice"),
        (b"<Amt Ccy=\"EUR\">10.00</Amt>", b"<Amt Ccy=\"EUR\">-10.00</Amt>", "negative"),
        (b"<Amt Ccy=\"EUR\">10.00</Amt>", b"<Amt Ccy=\"USD\">10.00</Amt>", "its account in EUR"),
        (b"<Amt Ccy=\"EUR\">10.00</Amt>", b"<Amt Ccy=\"EUR\">1e1</Amt>", "no plain decimal"),
        (b"<Amt Ccy=\"EUR\">10.00</Amt>", b"<Amt Ccy=\"EUR\">NaN</Amt>", "no plain decimal"),
        (b"<Amt Ccy=\"EUR\">10.00</Amt>", b"<Amt Ccy=\"EUR\">" + b"1" * 30 + b"</Amt>", "no plain decimal"),
        (b"<Amt Ccy=\"EUR\">10.00</Amt>", b"", "no Amt"),
        (b"<RvslInd>true</RvslInd>", b"<RvslInd>maybe</RvslInd>", "not true or false"),
        (b"</Stmt>", b"", "inside a statement|out of place|not well-formed"),
        (b" </BkToCstmrStmt>", b"", "not well-formed"),
        (b"<Document xmlns", b"<!DOCTYPE x [<!ENTITY e \"boom\">]><Document xmlns", "declaration"),
        (b"camt.053.001.02", b"camt.053.001.01", "camt.053.001.01 is not known"),
        (b"encoding=\"UTF-8\"", b"encoding=\"EBCDIC-37\"", "encoding"),
        ("Müller".encode(), "Müller".encode("latin-1"), "not well-formed"),
        (b"<Ntry><NtryRef>1</NtryRef>", b'<x:Ntry xmlns:x="urn:x"/><Ntry><NtryRef>1</NtryRef>', "another namespace"),
        (b" </BkToCstmrStmt>", b'<x:Stmt xmlns:x="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"/> </BkToCstmrStmt>', "another namespace"),
    ],
)  # fmt: skip
def test_a_camt_that_is_wrong_is_refused_with_what_and_where(old: bytes, new: bytes, says: str) -> None:
    assert old in CAMT
    with pytest.raises(FormatError, match=says):
        parse(CAMT.replace(old, new, 1))


@pytest.mark.parametrize("which", ["OPBD", "CLBD"])
@pytest.mark.parametrize("mark", ["", "<CdtDbtInd/>", "<CdtDbtInd> </CdtDbtInd>"])
def test_a_balance_without_its_mark_has_no_known_sign(which: str, mark: str) -> None:
    """As in Subite-eu/camt-to-coda's files of a central bank: the schema demands it. It proves nothing, and says so."""
    raw = (FOLDER / "camt.053.version-08.invented.xml").read_text()
    said = re.sub(
        rf"(<Cd>{which}</Cd></CdOrPrtry></Tp><Amt[^>]*>[^<]*</Amt>)<CdtDbtInd>\w+</CdtDbtInd>",
        rf"\1{mark}",
        raw,
    )
    assert said != raw
    statements = parse(said.encode()).statements
    assert [s.conservation.holds for s in statements if which in s.head.unproven] and not any(
        s.conservation.holds for s in statements if s.head.unproven
    )


def hostile() -> list[tuple[str, bytes]]:
    """Files that mean harm: each some MB at most."""
    lol = (
        b'<!DOCTYPE l [<!ENTITY a "'
        + b"x" * 1000
        + b'">'
        + b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">' * 50
        + b"]>"
    )
    external = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    entry = CAMT[CAMT.index(b"<Ntry>") : CAMT.index(b"</Ntry>") + 7]
    return [
        ("an entity bomb", CAMT.replace(b"<Document", lol + b"<Document")),
        ("an external entity", CAMT.replace(b"<Document", external + b"<Document")),
        ("deep nesting", CAMT.replace(entry, b"<Ntry>" + b"<a>" * 500_000 + b"</Ntry>", 1)),
        ("a comment that does not end", CAMT.replace(b"<Ntry>", b"<!-- <Ntry>", 1) + b"<!--" * 500_000),
        ("openings alone", CAMT[: CAMT.index(b"<Ntry>")] + b"<Ntry>" * 300_000),
        ("a gigantic field", CAMT.replace(b"Taken back", b"x" * 20_000_000)),
        ("a gigantic attribute", CAMT.replace(b'Ccy="EUR"', b'Ccy="' + b"E" * 12_000_000 + b'"', 1)),
        ("NUL", CAMT + b"\x00"),
        ("a zip", b"PK\x03\x04" + bytes(1_000_000)),
        ("a gigantic :86:", mt940(b":61:261005C0,00NTRFX", b":86:" + b"y" * 5_000_000)),
        ("endless lines", mt940(b":61:261005C0,00NTRFX", b":86:z", *[b"z"] * 500_000)),
        ("a number without end", mt940(b":61:261005C" + b"1" * 3_000_000)),
    ]  # fmt: skip


@pytest.mark.parametrize(("what", "content"), hostile(), ids=lambda v: v if isinstance(v, str) else "")
def test_a_hostile_file_is_refused_soon_and_in_little_memory(what: str, content: bytes) -> None:
    tracemalloc.start()
    started = time.monotonic()
    with pytest.raises(FormatError):
        parse(content)
    seconds, (_, peak) = time.monotonic() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A bound against running away, far from any usual time; tracing makes it slower still.
    assert seconds < 20 + len(content) / 1e6, (what, seconds)
    assert peak < 256 << 20, (what, peak)


@pytest.mark.parametrize(
    ("content", "text", "encoding"),
    [
        (b"plain", "plain", "ascii"),
        ("Müller".encode(), "Müller", "utf-8"),
        ("\ufeffMüller".encode(), "Müller", "utf-8"),
        ("Jörg Müller, Größe".encode("cp1252"), "Jörg Müller, Größe", "cp1252"),
        ("Csoportos átutalás jóváírása".encode("cp852"), "Csoportos átutalás jóváírása", "cp850"),
        ("Müßig “quoted” – 5 €".encode("cp1252"), "Müßig “quoted” – 5 €", "cp1252"),
        (b":60F:C261005PLN1,00 " + "Łódź, żółty".encode("cp1250"), ":60F:C261005PLN1,00 Łódź, żółty", "cp1250"),
        (b"NL91ABNA0417164300 " + "Señor Muñoz".encode("cp1252"), "NL91ABNA0417164300 Señor Muñoz", "cp1252"),
    ],
)  # fmt: skip
def test_an_encoding_is_known_by_evidence(content: bytes, text: str, encoding: str) -> None:
    found = decode(content)
    assert (found.text, found.encoding, found.unknown) == (text, encoding, ())


def test_a_letter_that_cannot_be_known_stays_unknown_and_is_listed() -> None:
    # Muñoz in cp1252 and Muńoz in cp1250 are the same bytes.
    found = decode("Muñoz".encode("cp1252"))
    assert (found.text, [p.offset for p in found.unknown]) == ("Mu\ufffdoz", [2])
    assert decode("Muñoz".encode("cp1252"), "cp1252").text == "Muñoz"
    file = parse(mt940(b":61:261005C0,00NTRFX", ":86:Muñoz".encode("cp1252")))
    assert file.statements[0].lines[0].remittance == "Mu\ufffdoz"
    assert "letter is not known" in file.remainder[0].what


def test_structured_references_are_known_by_their_check_digits() -> None:
    assert kind_of("RF18 5390 0754 7034") == "RF" and kind_of("RF19539007547034") == ""
    assert kind_of("+++090/9337/55493+++") == "OGM" and kind_of("090933755494") == ""
    assert (
        kind_of("21 00000 00003 13947 14300 09017") == "QR" and kind_of("210000000003139471430009018") == ""
    )
    text = "paid +++090/9337/55493+++ and RF18 5390 0754 7034 for you, 210000000003139471430009017"
    assert find_references(text) == (
        ("OGM", "090933755493"), ("RF", "RF18539007547034"), ("QR", "210000000003139471430009017"))  # fmt: skip


def test_a_format_or_encoding_can_be_forced_and_a_wrong_one_is_said() -> None:
    assert parse(mt940(), format="mt940", dialect="ing", encoding="latin-1").dialect == "ing"
    with pytest.raises(FormatError, match=r"no Document in a namespace"):
        parse(mt940(), format="camt.053")
    with pytest.raises(FormatError, match=r"this is camt.053, not camt.052"):
        parse(CAMT, format="camt.052")
    with pytest.raises(FormatError, match="no encoding is named"):
        parse(mt940(), encoding="nonsense")
    with pytest.raises(FormatError, match="the format is not known"):
        parse(b"hello")
    with pytest.raises(FormatError, match="empty"):
        parse(b" \n")


@pytest.mark.long
def test_a_large_file_needs_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    from tieout.formats import OpenFile

    entry = CAMT[CAMT.index(b"<Ntry><NtryRef>") : CAMT.index(b"</Ntry>") + 7]
    head, tail = CAMT[: CAMT.index(b"<Ntry><NtryRef>")], CAMT[CAMT.index(b"</Ntry>") + 7 :]
    path = tmp_path / "large.xml"
    with path.open("wb") as file:
        file.write(head)
        for _ in range(8):
            file.write(entry * 1000)
        file.write(tail)
    tracemalloc.start()
    with path.open("rb") as stream:
        count = sum(1 for _ in OpenFile(stream).events())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # What is held is of one entry and the reader's own: 3 MB, whatever the size.
    assert count == 8_004 and path.stat().st_size > 6 << 20 and peak < 5 << 20, (count, peak)


def table(
    *rows: str,
    before: str = "Opening balance: 100.00\n",
    after: str = "Closing balance,,,,{}\n",
    closing: str = "100.00",
) -> bytes:
    head = "Currency: GBP\n" + before + "\nDate,Description,Money Out,Money In,Balance\n"
    return (head + "".join(r + "\n" for r in rows) + after.format(closing)).encode()


def test_a_csv_is_proven_row_by_row_whichever_way_it_runs() -> None:
    rows = ["05/10/2026,A,,50.00,150.00", "06/10/2026,B,30.00,,120.00"]
    for order in (rows, rows[::-1]):
        proof = parse(table(*order, closing="120.00")).statements[0].conservation
        assert (proof.holds, proof.residual) == (True, Decimal("0.00")), order
    broken = parse(table(rows[0], "06/10/2026,B,30.00,,120.01", closing="120.01")).statements[0].conservation
    assert broken.holds is False and "do not follow" in broken.problems[0]
    cut = parse(table(*rows, after="")).statements[0].conservation
    assert cut.holds is False and "cut short" in cut.problems[0]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("05/10/2026,A,,5.0.0,105.00", "no amount with"), ("05/10/2026,A,,\"5,00\",105.00", "no amount with"),
        ("31/02/2026,A,,5.00,105.00", "no day"), ("10/13/2026,A,,5.00,105.00", "no day"),
        ("05/10/2026,A,5.00,5.00,100.00", "not both"), ("05/10/2026,A,,,100.00", "not none"),
        (",A,,5.00,105.00", "no date"), ("05/10/2026,A,,5.00,105.00,extra", "6 cells"),
        ("05/10/2026,\"A,,5.00,105.00", "no CSV|cut short|unexpected end"), ("05/10/2026,A,,NaN,105.00", "no amount"),
        ("05/10/2026,A,,5.001,105.00", "finer than"), ("05/10/2026,A,," + "9" * 30 + ",105.00", "no plain decimal"),
    ],
)  # fmt: skip
def test_a_row_that_is_wrong_refuses_the_file_with_its_line(row: str, says: str) -> None:
    with pytest.raises(FormatError, match=says):
        parse(table(row, closing="105.00"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Date;Amount;Text\n03.04.2026;1.234;x\n", "could be a thousand"),
        ("Date;Amount;Text\n03/04/2026;1,50;x\n", "day and month or month and day"),
        ("Date;Amount;Text\n03.04.2026;1,50;x\n03.04.2026;1.50;x\n", "both decimal"),
        ("Date;Amount;Text\n03.04.2026;1,50;x\n", "the currency is"),
        ("Date;Amount;Text\nthe third;1,50;x\n", "no date that is known"),
    ],
)  # fmt: skip
def test_what_a_csv_does_not_tell_is_asked_for_and_not_guessed(text: str, says: str) -> None:
    with pytest.raises(FormatError, match=says):
        parse(text.encode())


def test_a_net_that_is_not_gross_less_fee_is_refused() -> None:
    good = (FOLDER / "csv.csv-stripe-payouts.invented.csv").read_bytes()
    assert parse(good).statements[0].lines[0].amount == Decimal("111.36")
    with pytest.raises(FormatError, match=r"115.00 less a fee of 3.64 is not 111.37"):
        parse(good.replace(b"111.36", b"111.37"))


def test_paypals_totals_and_counts_are_held_against_its_rows() -> None:
    good = (FOLDER / "paypal.settlement.invented.csv").read_bytes()
    assert parse(good).statements[0].conservation.holds is True
    for old, new in ((b'"CR",11500', b'"CR",11501'), (b'"SF","USD",11500', b'"SF","USD",11400')):
        assert parse(good.replace(old, new, 1)).statements[0].conservation.holds is False
    for old, new, says in (
        (b'"SC",3', b'"SC",4', "states"),
        (b'"FF",3\n', b"", "cut short"),
        (b'"DR",364', b'"XX",364', "CR or DR"),
    ):
        with pytest.raises(FormatError, match=says):
            parse(good.replace(old, new, 1))


def test_bai2_counts_and_control_totals_guard_every_record() -> None:
    good = (FOLDER / "bai2.two-accounts.invented.bai2").read_bytes()
    assert all(s.conservation.holds for s in parse(good).statements)
    changed = parse(good.replace(b"49,458750,7/", b"49,458751,7/")).statements[0].conservation
    assert changed.holds is False and "a control total of 458751" in changed.problems[-1]
    for old, new, says in (
        (b"98,468750,2,12/", b"98,468750,3,12/", "the group states accounts of 3"),
        (b"99,468750,1,14/", b"99,468750,1,15/", "the file states records of 15"),
        (b"99,468750,1,14/\n", b"", "no trailer"), (b"16,195,", b"16,910,", "neither a credit"),
        (b"16,699,1000", b"16,699,-1000", "no whole number"), (b"02,MERIDIAN", b"05,MERIDIAN", "no BAI2 record code"),
    ):  # fmt: skip
        with pytest.raises(FormatError, match=says):
            parse(good.replace(old, new, 1))
