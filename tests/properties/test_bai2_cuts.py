"""However a bank cuts its BAI2 records, what they say is the same; and no digit of a total is idle."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tieout.formats import FormatError, Line, parse

CODES = st.sampled_from(["101", "165", "399", "721", "920", "959", "401", "475", "699", "960", "999"])
FUNDS = st.sampled_from(
    ["Z", "", "0", "V,261004,", "V,261004,1300", "S,{0},0,0", "S,1,2,3", "D,2,0,{0},3,-7"]
)
WORDS = st.text("ABC 12-.", max_size=12).map(lambda text: " ".join(text.split()))
DETAILS = st.lists(st.tuples(CODES, st.integers(0, 10**12), FUNDS, WORDS, WORDS, WORDS), max_size=6)


def cut(fields: list[str], at: set[int]) -> list[str]:
    """A record's fields in physical records, each ended by a slash; a cut behind the field of that number."""
    found: list[list[str]] = [[]]
    for number, field in enumerate(fields):
        found[-1].append(field)
        if number in at and number + 1 < len(fields):
            found.append([])
    first, *rest = [",".join(piece) + "/" for piece in found]
    return [first, *(f"88,{piece}" for piece in rest)]


def file(details: list[tuple[str, int, str, str, str, str]], at: set[int]) -> bytes:
    records, total = ["03,12345,USD,,,,/"], 0
    for code, amount, funds, bank, customer, text in details:
        fields = ["16", code, str(amount), *funds.format(amount).split(","), bank, customer, text]
        # The record code and its type code stand together, so that a continuation never begins with the type code alone.
        records += cut([f"16,{code}", *fields[2:]], at)
        total += amount
    records.append(f"49,{total},{len(records) + 1}/")
    group = ["02,CUST,NWBK,1,261001,,USD,2/", *records, f"98,{total},1,{len(records) + 2}/"]
    return "\n".join(["01,A,B,261002,,1,,,2/", *group, f"99,{total},1,{len(group) + 2}/", ""]).encode()


def lines(raw: bytes) -> list[tuple[object, ...]]:
    (statement,) = parse(raw).statements
    assert statement.conservation.holds is True
    return [_told(line) for line in statement.lines]


def _told(line: Line) -> tuple[object, ...]:
    return (line.amount, line.value_on, line.bank_code, line.bank_reference, line.reference, line.remittance)


@settings(max_examples=examples(60), deadline=None)
@given(DETAILS, st.sets(st.integers(0, 12)))
def test_a_cut_changes_nothing(details: list[tuple[str, int, str, str, str, str]], at: set[int]) -> None:
    whole = lines(file(details, set()))
    assert lines(file(details, at)) == whole
    expected = [
        Decimal(amount if code[0] in "1237" or "920" <= code <= "959" else -amount) / 100
        for code, amount, *_ in details
    ]
    assert [line[0] for line in whole] == expected
    assert all(line[1] in (None, date(2026, 10, 1), date(2026, 10, 4)) for line in whole)


@settings(max_examples=examples(60), deadline=None)
@given(DETAILS.filter(bool), st.sets(st.integers(0, 12)), st.data())
def test_a_line_that_is_lost_or_doubled_is_never_unsaid(
    details: list[tuple[str, int, str, str, str, str]], at: set[int], data: st.DataObject
) -> None:
    records = file(details, at).splitlines(keepends=True)
    number = data.draw(st.integers(0, len(records) - 1))
    without = [*records[:number], *records[number + 1 :]]
    twice = [*records[:number], records[number], *records[number:]]
    for changed in (without, twice):
        try:
            (statement,) = parse(b"".join(changed)).statements
        except (FormatError, ValueError):
            continue
        assert statement.conservation.holds is False
