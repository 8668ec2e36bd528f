"""PayPal's settlement report as it is published: marks before balances, views of them, counts, both spellings, sections.

All files are invented. The shape of paypal.version-9 is that of the published specification and of rows that
wikimedia/wikimedia-fundraising-SmashPig publishes with its tests (stl_brl_refund, stl_payout_currency_convert).
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.golden.bankfiles import FOLDER
from tieout.formats import FormatError, ParsedFile, parse

CASES = Path(__file__).resolve().parents[4] / "shared" / "data" / "cases"
GOOD = (FOLDER / "paypal.version-9.invented.csv").read_bytes()


def proofs(file: ParsedFile) -> dict[str, bool | None]:
    return {f"{s.head.account} {s.head.currency}": s.conservation.holds for s in file.statements}


def test_a_published_report_is_read_and_proves_itself_by_currency() -> None:
    file = parse(GOOD)
    assert proofs(file) == {"MERCHANT1 EUR": True, "MERCHANT1 USD": True}
    (euro, dollar) = file.statements
    assert [str(x.amount) for x in euro.lines] == ["38.28", "-38.28"]
    assert [str(x.amount) for x in dollar.lines] == ["111.36", "-22.70", "41.20", "-160.00"]
    head = dollar.head
    assert head.opening is not None and head.closing is not None
    assert (head.opening.amount, head.closing.amount) == (Decimal("50.00"), Decimal("19.86"))
    assert [(b.code, str(b.amount)) for b in head.balances] == [
        ("SF 1", "50.00"), ("SF 1", "19.86"), ("SF 3", "0.00"), ("SF 3", "0.00")]  # fmt: skip
    assert {u.what for u in file.remainder} == {
        f"the column {name!r} is not read"
        for name in (
            "Consumer ID",
            "Bank Reference ID",
        )
    }


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b'"SF","USD",15620', b'"SF","USD",15621', "gross credits of 156.21"), (b'"SF","USD",15620,18300', b'"SF","USD",15620,1830', "gross debits"),
        (b'18300,30,364,"CR",5000', b'18300,31,364,"CR",5000', "fee credits of 0.31"), (b'30,364,"CR",5000', b'30,365,"CR",5000', "fee debits"),
        (b'"CR",5000,"CR",1986,"CR",5000,"CR",1986', b'"DR",5000,"CR",1986,"DR",5000,"CR",1986', "is left"),
        (b'"CR",5000,"CR",1986,"CR",5000,"CR",1986', b'"CR",5000,"CR",1987,"CR",5000,"CR",1987', "is left"),
        (b'"CR",0,"CR",0,4\n', b'"CR",0,"CR",0,5\n', "5 rows of USD"), (b'"RF","USD",15620', b'"RF","USD",15721', "the report states gross credits of 15721"),
        (b'"CR",11500,"USD"', b'"DR",11500,"USD"', "gross credits"), (b'"CR",11500,"USD"', b'"CR",11501,"USD"', "gross credits"),
    ],
)  # fmt: skip
def test_every_total_of_the_file_is_a_proof(old: bytes, new: bytes, says: str) -> None:
    assert GOOD.count(old)
    by_currency = {s.head.currency: s.conservation for s in parse(GOOD.replace(old, new)).statements}
    assert by_currency["USD"].holds is False and by_currency["EUR"].holds is True
    assert re.search(says, "; ".join(by_currency["USD"].problems))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b'"RC",6', b'"RC",7', "the report states"), (b'"SC",6', b'"SC",7', "the section states"), (b'"FF",6\n', b"", "cut short"),
        (b'"CR",11500,"USD"', b'"XX",11500,"USD"', "no CR or DR"), (b'"DR",364,"USD"', b'"",364,"USD"', "no CR or DR"),
        (b'"DR",364,"USD"', b'"DR",364,"EUR"', "a fee in EUR"), (b",11500,", b",115.00,", "minor units"), (b",11500,", b",-11500,", "minor units"),
        (b'"SF","USD",15620,18300,30,364,"CR",5000,"CR",1986', b'"SF","USD",15620,18300,30,364,"CR",5000,"CR"', "minor units"),
        (b'30,364,"CR",5000,"CR"', b'30,364,"XR",5000,"CR"', "minor units"), (b'"SF","EUR"', b'"SF","USD"', "second totals"),
        (b'"Transaction  Debit or Credit",', b"", "are missing|columns"), (b'"Custom Field"', b'"Fee Amount"', "stands twice"),
        (b'"SB","TX6"', b'"XB","TX6"', "no kind of row"), (b'"MERCHANT1",""', b'"",""', "without its account"),
    ],
)  # fmt: skip
def test_what_is_not_as_it_is_published_is_refused(old: bytes, new: bytes, says: str) -> None:
    assert GOOD.count(old)
    with pytest.raises(FormatError, match=says):
        parse(GOOD.replace(old, new))


def test_columns_go_by_their_names_with_blanks_and_without() -> None:
    expected = [x.amount for s in parse(GOOD).statements for x in s.lines]
    one = GOOD.replace(b"Transaction  Debit", b"Transaction Debit")
    header = next(line for line in GOOD.split(b"\n") if line.startswith(b'"CH"'))
    joined = GOOD.replace(header, header.replace(b" ", b""))
    tabs = GOOD.replace(b",", b"\t")
    for raw in (
        one,
        joined,
        tabs,
        GOOD.removeprefix(b"\xef\xbb\xbf"),
        GOOD.decode("utf-8-sig").encode("utf-16"),
    ):
        file = parse(raw)
        assert file.format == "paypal" and [x.amount for s in file.statements for x in s.lines] == expected
        assert set(proofs(file).values()) == {True}


def test_an_older_report_with_fewer_views_and_without_counts_is_read() -> None:
    for new in (b"", b'"CR",0,"CR",0', b'"CR",5000,"CR",1986'):
        tail = b"," + new if new else b""
        raw = re.sub(rb'("CR",5000,"CR",1986),"CR",5000,"CR",1986,"CR",0,"CR",0,[46]', rb"\1" + tail, GOOD)
        assert raw != GOOD and proofs(parse(raw))["MERCHANT1 USD"] is True
    bare = re.sub(rb'"CR",5000,"CR",1986,"CR",5000,"CR",1986,"CR",0,"CR",0,[46]', b"5000,1986", GOOD)
    assert proofs(parse(bare))["MERCHANT1 USD"] is True


def test_the_view_that_the_rows_carry_over_is_the_balance() -> None:
    """What is held back is not available: the first view moves by less than the transactions."""
    raw = GOOD.replace(b'"CR",5000,"CR",1986,"CR",5000,"CR",1986', b'"CR",4000,"CR",1986,"CR",5000,"CR",1986')
    dollar = next(s for s in parse(raw).statements if s.head.currency == "USD")
    assert dollar.conservation.holds is True and dollar.head.opening is not None
    assert dollar.head.opening.amount == Decimal("50.00") and dollar.head.opening.code == "SF 2"


def test_an_overdrawn_balance_is_below_zero() -> None:
    raw = GOOD.replace(b'"CR",5000,"CR",1986,"CR",5000,"CR",1986', b'"CR",1000,"DR",2014,"CR",1000,"DR",2014')
    dollar = next(s for s in parse(raw).statements if s.head.currency == "USD")
    assert dollar.conservation.holds is True and dollar.conservation.closing == Decimal("-20.14")


def test_a_partners_report_has_a_section_an_account() -> None:
    lines = GOOD.decode("utf-8-sig").splitlines()
    section = lines[2 : lines.index('"SC",6') + 1]
    other = [line.replace('"MERCHANT1",""', '"MERCHANT2","PARTNER"') for line in section]
    footers = [line.replace("4000,3828,0,172", "8000,7656,0,344").replace("15620,18300,30,364", "31240,36600,60,728")
               for line in lines if line.startswith('"RF"')]  # fmt: skip
    footers = [re.sub(r",6$", ",12", line) for line in footers]
    raw = "\n".join([*lines[:2], *section, *other, *footers, '"RC",12', '"FF",12', ""]).encode()
    file = parse(raw)
    assert proofs(file) == {f"MERCHANT{n} {c}": True for n in (1, 2) for c in ("EUR", "USD")}
    assert "a partner's account (SH)" in {u.what for u in file.remainder}
    wrong = parse(raw.replace(b'"RF","USD",31240', b'"RF","USD",31241'))
    assert [s.conservation.holds for s in wrong.statements] == [True, True, True, False]


def test_a_report_in_several_files_is_held_against_what_is_here() -> None:
    raw = (
        GOOD.replace(b'"FH",01', b'"FH",02')
        .replace(b'"RC",6', b'"RC",9')
        .replace(b'"RF","USD",15620', b'"RF","USD",99999')
    )
    file = parse(raw)
    assert set(proofs(file).values()) == {True}
    assert {"totals of a report in several files (RF)", "a count that is not the transactions' (RC)"} <= {
        u.what for u in file.remainder
    }


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "11136"), ("TWD", "11136.00"), ("HUF", "11136.00")])
def test_a_currency_that_paypal_keeps_whole_is_read_where_it_is_written_so(
    currency: str, amount: str
) -> None:
    file = parse(GOOD.replace(b'"USD"', b'"%s"' % currency.encode()))
    assert str(file.statements[-1].lines[0].amount) == amount
    assert set(proofs(file).values()) == {True}
    # All full hundreds: hundredths, or not.
    whole = re.sub(
        rb",(\d{2,5})(?=[,\n])",
        lambda m: b",%d" % (int(m[1]) * 100),
        GOOD.replace(b'"USD"', b'"%s"' % currency.encode()),
    )
    with pytest.raises(FormatError, match="full hundreds"):
        parse(whole.replace(b"00900", b"009"))


@pytest.mark.skipif(not CASES.is_dir(), reason="../shared/data is not here")
def test_the_report_with_two_blanks_is_read() -> None:
    (statement,) = parse(CASES / "paypal-two-blanks.csv").statements
    assert [str(x.amount) for x in statement.lines] == ["96.80", "-30.00"]
    assert statement.conservation.holds is True
