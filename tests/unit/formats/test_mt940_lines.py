"""MT940 as banks write it beside the standard: option P, blanks, lines without a type, cut fields. All texts are invented;
their shapes are those of wolph/mt940, sandermarechal/jejik-mt940 and fruitl00p/php-mt940, named at each."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tieout.formats import FormatError, Line, parse
from tieout.formats.model import ParsedFile


def mt940(
    line: str, *, account: str = ":25:NL91ABNA0417164300", closing: str = "1012,50", currency: str = "EUR"
) -> bytes:
    return (
        f":20:T1\n{account}\n:28C:1/1\n:60F:C261001{currency}1000,00\n{line}\n:62F:C261002{currency}{closing}\n-\n"
    ).encode()


def only(raw: bytes) -> Line:
    (statement,) = parse(raw).statements
    (line,) = statement.lines
    assert statement.conservation.holds is True
    return line


PLAIN = ":61:2610021002C12,50NTRFA"


@pytest.mark.parametrize(
    ("account", "number", "bank"),
    [
        # SWIFT MT940 field 25a: option P has the BIC in a line of its own.
        (":25P:NL91ABNA0417164300\nABNANL2AXXX", "NL91ABNA0417164300", "ABNANL2AXXX"),
        (":25P:NL91ABNA0417164300\nABNANL2A", "NL91ABNA0417164300", "ABNANL2A"),
        (":25P:NL91ABNA0417164300", "NL91ABNA0417164300", ""),
        (":25P:ABNANL2A/0417164300EUR", "0417164300", "ABNANL2A"),
        (":25:DE02120300000000202051\nBYLADEM1001", "DE02120300000000202051", "BYLADEM1001"),
    ],
)
def test_an_account_may_have_its_banks_bic_beneath_it(account: str, number: str, bank: str) -> None:
    (statement,) = parse(mt940(PLAIN, account=account)).statements
    assert (statement.head.account, statement.head.bank, statement.conservation.holds) == (number, bank, True)


def test_what_else_stands_beneath_an_account_is_listed_and_a_second_account_refused() -> None:
    file = parse(mt940(PLAIN, account=":25P:123456\nMain account"))
    assert [u.what for u in file.remainder] == ["a further line of the account (:25P:)"]
    with pytest.raises(FormatError, match="a second account :25P:"):
        parse(mt940(PLAIN, account=":25:1\n:25P:2\nABNANL2A"))


def test_a_dialect_is_told_by_its_account_under_either_tag() -> None:
    assert parse(mt940(PLAIN, account=":25P:NL44RABO0123456789\nRABONL2U")).dialect == "rabobank"


@pytest.mark.parametrize(
    ("line", "reference", "bank_reference", "code"),
    [
        # wolph/mt940, mt940_tests/ASNB: blanks for an entry date; with a funds code, mt940_tests/citi.
        (":61:261002    C12,50NTRFINV-1//B1", "INV-1", "B1", "NTRF"),
        (":61:261002    CR12,50NTRFINV-1//B1", "INV-1", "B1", "NTRF"),
        (":61:261002    C12,5NTRFNONREF//", "", "", "NTRF"),
        # sandermarechal/jejik-mt940, bug-core-5401: a blank before the type.
        (":61:2610021002C12,50 NTRFNONREF//2109", "", "2109", "NTRF"),
        (":61:2610021002CR12,50  NTRFINV-1", "INV-1", "", "NTRF"),
        (":61:261002C12,50 NTRFINV-1", "INV-1", "", "NTRF"),
        # wolph/mt940, tags.py: a blank before the amount, or a new line (Sparkassen).
        (":61:2610021002CR 12,50NTRFINV-1", "INV-1", "", "NTRF"),
        (":61:2610021002CR\n12,50NTRFINV-1//B1", "INV-1", "B1", "NTRF"),
        (":61:2610021002C\n12,50 NTRFINV-1", "INV-1", "", "NTRF"),
        # fruitl00p/php-mt940, Zetb: no type at all.
        (":61:2610021002C12,50//19239782213", "", "19239782213", ""),
        (":61:2610021002CR12,50//19239782213", "", "19239782213", ""),
        (":61:261002    C12,50", "", "", ""),
    ],
)  # fmt: skip
def test_blanks_where_the_standard_has_none_change_no_amount(
    line: str, reference: str, bank_reference: str, code: str
) -> None:
    for information in ("", "\n:86:Invoice 1", "\n:86:166?00CREDIT?20SVWZ+Invoice 1?32ACME"):
        found = only(mt940(line + information))
        assert (found.amount, found.value_on, found.booked_on) == (
            Decimal("12.50"), date(2026, 10, 2), date(2026, 10, 2))  # fmt: skip
        assert (found.reference, found.bank_reference, found.bank_code.partition("/")[0]) == (
            reference, bank_reference, code)  # fmt: skip


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (":61:2610021002C12\n,50NTRFA", "cut inside its amount"),
        (":61:2610021002C12,\n50NTRFA", "cut inside its amount"),
        (":61:2610021002C12,5\n0NTRFA", "cut inside its amount"),
        (":61:2610021002C-12,50NTRFA", "no statement line"),  # railslove/cmxl 34
        (":61:2610021002C,NTRFA", "no statement line"),
        (":61:2610021002C,50,0NTRFA", "no statement line"),
        (":61:2610021002C,500NTRFA", "thousands or decimals"),
        (":61:2610021002C-,50NTRFA", "no statement line"),
        (":61:2610021002C1.012,50NTRFA", "no statement line"),
        (":61:2610021002C1,200NTRFA", "thousands or decimals"),
        (":61:2610021002C1.200NTRFA", "thousands or decimals"),
        (":61:261002 10  C12,50NTRFA", "no statement line"),
        (":61:      1002C12,50NTRFA", "no statement line"),
        (":61:2610021002 12,50NTRFA", "no statement line"),
    ],
)  # fmt: skip
def test_an_amount_or_sign_that_is_not_certain_is_refused(line: str, says: str) -> None:
    with pytest.raises(FormatError, match=says):
        parse(mt940(line))


@pytest.mark.parametrize(
    ("line", "opening", "closing"),
    [
        (":61:2610021002C,50NTRFINV-1", "1,00", "1,50"), (":61:2610021002C,5NTRFINV-1", "1,", "1,5"),
        (":61:261002C,50", ",50", "1,"), (":61:261002    CR.50NTRFINV-1//B1", ",00", ".50"),
        (":61:2610021002CR ,50 NTRFINV-1\n:86:166?00CREDIT?20SVWZ+Invoice 1", "1,", "1,50"),
        (":61:2610021002CR\n,50NTRFINV-1", ",01", ",51"),
    ],
)  # fmt: skip
def test_an_amount_below_one_may_have_no_digit_before_its_comma(
    line: str, opening: str, closing: str
) -> None:
    """wolph/mt940 pull request 63 (Fiducia writes EUR,00); the standard demands a digit there."""
    raw = mt940(line, closing=closing).replace(b"EUR1000,00", f"EUR{opening}".encode())
    assert only(raw).amount == Decimal("0.50")


def test_totals_below_one_may_have_no_digit_before_their_comma() -> None:
    raw = b":20:T1\n:25:123456\n:28C:1\n:34F:EUR,00\n:61:2610021002C,50NTRFA\n:90D:0EUR,00\n:90C:1EUR,50\n-\n"
    (statement,) = parse(raw).statements
    assert (statement.conservation.holds, statement.lines[0].amount) == (True, Decimal("0.50"))


def test_a_second_line_of_figures_beneath_a_line_without_a_type_is_its_supplement() -> None:
    assert only(mt940(":61:2610021002C12,50\n4711 cheque")).additional == "4711 cheque"


@pytest.mark.parametrize("tag", ["60F", "62F"])
def test_a_balance_that_is_cut_is_refused_and_text_behind_it_listed(tag: str) -> None:
    whole = mt940(PLAIN)
    cut = whole.replace(
        f":{tag}:C26100{1 if tag == '60F' else 2}EUR10".encode(), f":{tag}:C261001EUR10\n".encode()
    )
    with pytest.raises(FormatError, match="goes on in a second line"):
        parse(cut)
    file: ParsedFile = parse(whole.replace(b"1012,50\n-", b"1012,50\nend of statement\n-"))
    assert [u.what for u in file.remainder] == ["text behind :62F:"]


def test_a_letter_that_is_not_the_currencys_third_is_listed() -> None:
    raw = mt940(":61:2610021002CR12,50NTRFA", currency="USD")
    (unread,) = parse(raw).remainder
    assert "not the currency's third" in unread.what and unread.place.line == 5
    assert parse(mt940(":61:2610021002CD12,50NTRFA", currency="USD")).remainder == ()


@pytest.mark.parametrize(
    ("number", "closing", "page", "last"),
    [("00000/001", "62M", 1, False), ("12/2", "62F", 2, True), ("12", "62F", None, True), (" /1", "62M", 1, False)],
)  # fmt: skip
def test_a_page_and_whether_it_is_the_last_are_known(
    number: str, closing: str, page: int | None, last: bool
) -> None:
    raw = (
        mt940(PLAIN)
        .replace(b":28C:1/1", f":28C:{number}".encode())
        .replace(b":62F:", f":{closing}:".encode())
    )
    (statement,) = parse(raw).statements
    assert (statement.head.page, statement.head.last_page) == (page, last)


PAGES = (
    ":20:S\n:25:123456/789\n:28C:7/1\n:60F:C261005EUR100,00\n:61:2610051005C10,00NTRFNONREF\n-\n",
    ":20:S\n:25:123456/789\n:28C:7/2\n:61:2610051005C5,00NTRFNONREF\n-\n",
    ":20:S\n:25:123456/789\n:28C:7/3\n:61:2610051005D1,00NTRFNONREF\n:62F:C261005EUR114,00\n-\n",
)


@pytest.mark.parametrize("end", ["-\n", ""])
def test_pages_without_balances_between_them_are_one_statement(end: str) -> None:
    """Some banks state the opening balance on the first page and the closing one on the last alone."""
    (statement,) = parse("".join(PAGES).replace("-\n", end).encode()).statements
    assert [str(x.amount) for x in statement.lines] == ["10.00", "5.00", "-1.00"]
    assert statement.conservation.holds and (statement.head.sequence, statement.head.page) == ("7", None)
    assert statement.head.opening is not None and statement.head.opening.amount == 100


def test_such_pages_are_proven_together() -> None:
    (statement,) = parse("".join(PAGES).replace("114,00", "115,00").encode()).statements
    assert statement.conservation.holds is False


@pytest.mark.parametrize(
    "pages",
    [PAGES[:1], PAGES[:2], (PAGES[0], PAGES[2]), (PAGES[1], PAGES[2]), (PAGES[2],),
     (PAGES[0], PAGES[1].replace("789", "790"), PAGES[2]), (PAGES[0], PAGES[1].replace("7/2", "8/2"), PAGES[2]),
     (PAGES[0].replace("7/1", "7"), *PAGES[1:])],
)  # fmt: skip
def test_a_page_of_which_the_next_is_not_there_is_refused(pages: tuple[str, ...]) -> None:
    with pytest.raises(FormatError):
        parse("".join(pages).encode(), format="mt940")


def test_what_follows_such_pages_is_a_statement_of_its_own() -> None:
    after = ":20:T\n:25:123456/789\n:28C:8\n:60F:C261005EUR114,00\n:62F:C261005EUR114,00\n-\n"
    file = parse(("".join(PAGES) + after).encode())
    assert [len(s.lines) for s in file.statements] == [3, 0] and file.statements[1].continues
