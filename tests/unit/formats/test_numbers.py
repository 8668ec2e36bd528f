"""Amounts as CSV exports write them: read or refused, never another amount."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tieout.formats import FormatError, parse
from tieout.formats.csv.numbers import affixed, plain_number


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "value"),
    [
        (".5", ".", ",", "0.5"), (",5", ",", ".", "0.5"), ("-.50", ".", ",", "-0.50"), ("12.", ".", ",", "12"), ("12,-", ",", ".", "-12"),
        ("12.50000", ".", ",", "12.50"), ("12.5000", ".", ",", "12.50"), ("0", ".", ",", "0"), ("-0.00", ".", ",", "0"),
        ("1'234.50", ".", ",", "1234.50"), ("1\u2019234\u2019567.50", ".", ",", "1234567.50"), ("1 234,50", ",", ".", "1234.50"),
        ("1\xa0234,50", ",", ".", "1234.50"), ("1\u202f234\u202f567,5", ",", ".", "1234567.5"), ("\u22121.234,50", ",", ".", "-1234.50"),
        ("1,23,456.00", ".", ",", "123456.00"), ("(1,234.50)", ".", ",", "-1234.50"), ("1.234,50-", ",", ".", "-1234.50"),
        ("+5,00", ",", "", "5.00"), ("- 5,00", ",", "", "-5.00"), ("1234567,89", ",", ".", "1234567.89"),
    ],
)  # fmt: skip
def test_an_amount_is_read_in_every_form_that_says_one_thing(
    text: str, decimal: str, thousands: str, value: str
) -> None:
    assert Decimal(plain_number(text, decimal, thousands)) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    ["12 50", "1'23", "1 2 3", "1.23.456,00", "1.234.56", "1,5,0", "12,50,", "--5,00", "-5,00-", "(-5,00)", "(5,00", "5,00)", "-(5,00)", "+-5",
     "5 00 0", "1e3", "NaN", "", "-", ".", ",", "5,00 x", "0x10", "١٢", "12.5,0", "1'234.567,00 5"],
)  # fmt: skip
def test_what_says_two_things_or_none_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="no amount with ','"):
        plain_number(text, ",", ".")


@settings(max_examples=examples(200), deadline=None)
@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12),
    st.sampled_from(
        [(".", ","), (",", "."), (",", " "), (",", "\xa0"), (",", "\u202f"), (".", "'"), (",", "")]
    ),
    st.sampled_from(["{}-", "({})", "-{}", "\u2212{}", "- {}"]),
)
def test_whatever_is_written_comes_back(value: Decimal, marks: tuple[str, str], negative: str) -> None:
    decimal, thousands = marks
    written = f"{abs(value):,.2f}".translate(str.maketrans({",": thousands, ".": decimal}))
    text = negative.format(written) if value < 0 else written
    assert Decimal(plain_number(text, decimal, thousands if thousands in ".," else "")) == value


@pytest.mark.parametrize(
    ("text", "parts"),
    [("33,50 S", ("33,50", "S")), ("33,50S", ("33,50", "S")), ("CR 1.533,50", ("1.533,50", "CR")), ("-5,00Dr.", ("-5,00", "Dr.")),
     ("33,50", ("33,50", "")), ("S 33,50 H", ("S 33,50 H", "")), ("1e3", ("1e3", ""))],
)  # fmt: skip
def test_a_mark_is_parted_from_its_amount(text: str, parts: tuple[str, str]) -> None:
    assert affixed(text) == parts


TEXT = """name = "x"
delimiter = ";"
decimal = ","
date = "DD.MM.YYYY"
currency_is = "EUR"
account_is = "A"
"""


def test_a_declared_dialect_has_marks_beside_its_amounts_too() -> None:
    dialect = (
        TEXT
        + 'credit_marks = ["H"]\ndebit_marks = ["S"]\n[columns]\nbooked_on = "Tag"\namount = "Umsatz"\nremittance = "Text"\n'
    )
    raw = b"Tag;Text;Umsatz\n02.10.2026;Rent;33,50 S\n03.10.2026;Sale;15,00 H\n"
    assert [str(x.amount) for x in parse(raw, dialect=dialect).statements[0].lines] == ["-33.50", "15.00"]
    with pytest.raises(FormatError, match="no amount"):
        parse(raw.replace(b"15,00 H", b"15,00 X"), dialect=dialect)


def test_a_declared_column_of_debits_with_both_signs_is_refused_where_no_balance_proves_it() -> None:
    dialect = TEXT + '[columns]\nbooked_on = "Tag"\ndebit = "Soll"\ncredit = "Haben"\nremittance = "Text"\n'
    raw = b"Tag;Text;Soll;Haben\n02.10.2026;Rent;33,50;\n03.10.2026;Back;%s15,00;\n"
    assert len(parse(raw % b"", dialect=dialect).statements[0].lines) == 2
    with pytest.raises(FormatError, match=r"line 3: .*'Soll' has amounts of both signs"):
        parse(raw % b"-", dialect=dialect)
