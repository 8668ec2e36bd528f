"""However an OFX file is written, as SGML or XML, in lines or in one, it says the same money."""

from __future__ import annotations

import html
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tieout.formats import parse

CENTS = st.integers(-(10**9), 10**9)
NAMES = st.text("ABC &<>'é0-", min_size=1, max_size=10).map(lambda text: " ".join(text.split()) or "A")
TRANSACTIONS = st.lists(st.tuples(CENTS, st.text("AB01", max_size=4), NAMES), max_size=6)
# How an amount may be written: its decimal mark, zeros behind it, a plus, no zero before it, and where cents are none.
STYLES = st.tuples(
    st.sampled_from(".,"), st.sampled_from([0, 2, 3, 5]), st.booleans(), st.booleans(), st.booleans()
)


def written(cents: int, style: tuple[str, int, bool, bool, bool]) -> str:
    mark, zeros, plus, short, bare = style
    whole, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else "+" if plus else ""
    if bare and not rest:
        return f"{sign}{whole}{mark if short else ''}"
    return f"{sign}{'' if short and not whole else whole}{mark}{rest:02}{'0' * zeros}"


def element(name: str, value: str, closed: bool, end: str) -> str:
    return f"<{name}>{html.escape(value, quote=False)}{f'</{name}>' if closed else ''}{end}"


def content(
    transactions: list[tuple[int, str, str]], style: tuple[str, int, bool, bool, bool], closed: bool, end: str
) -> bytes:
    told = ""
    for cents, fitid, name in transactions:
        fields = {
            "TRNTYPE": "OTHER",
            "DTPOSTED": "20261002",
            "TRNAMT": written(cents, style),
            "FITID": fitid,
            "NAME": name,
        }
        told += (
            f"<STMTTRN>{end}{''.join(element(k, v, closed, end) for k, v in fields.items())}</STMTTRN>{end}"
        )
    account = element("ACCTID", "12345", closed, end)
    return (
        f"OFXHEADER:100\nENCODING:UTF-8\n\n<OFX>{end}<STMTRS>{end}{element('CURDEF', 'USD', closed, end)}<BANKACCTFROM>{end}"
        f"{account}</BANKACCTFROM>{end}<BANKTRANLIST>{end}{told}</BANKTRANLIST>{end}</STMTRS>{end}</OFX>"
    ).encode()


@settings(max_examples=examples(100), deadline=None)
@given(TRANSACTIONS, STYLES, st.booleans(), st.sampled_from(["", "\n", "\r\n", "\n  "]))
def test_every_way_of_writing_says_the_same(
    transactions: list[tuple[int, str, str]], style: tuple[str, int, bool, bool, bool], closed: bool, end: str
) -> None:
    (statement,) = parse(content(transactions, style, closed, end)).statements
    found = [(line.amount, line.bank_reference, line.counterparty) for line in statement.lines]
    assert found == [(Decimal(cents) / 100, fitid, name) for cents, fitid, name in transactions]
