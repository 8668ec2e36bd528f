"""No number that is shown of a document or its postings has an exponent, and none has another value."""

from __future__ import annotations

import copy
import json
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tieout.documents import EntryPosting, LedgerLine
from tieout.documents.shown import shown_content

NUMBERS = st.builds(
    lambda sign, digits, power: Decimal((sign, digits, power)),
    st.integers(0, 1),
    st.lists(st.integers(0, 9), min_size=1, max_size=9).map(tuple),
    st.integers(-12, 9),
)


def content_of(share: Decimal, amount: Decimal, name: str = "1E+2") -> dict[str, Any]:
    line = LedgerLine(account="6", amount=amount, company=amount, name=name, analytic=(("Berlin", share),))
    body = EntryPosting(
        journal="misc", on=date(2026, 10, 31), reference="1E+2", currency="EUR", lines=(line,)
    )
    shown = [{"effect": "entry", **msgspec.to_builtins(body)}]
    return dict(json.loads(json.dumps({"document": {"kind": "of long ago", "n": "1E+2"}, "postings": shown})))


def test_a_share_of_all_is_100() -> None:
    kept = content_of(Decimal("1E+2"), Decimal("0E-7"))
    assert kept["postings"][0]["lines"][0]["analytic"] == [["Berlin", "1E+2"]]
    line = shown_content(kept)["postings"][0]["lines"][0]
    assert line["analytic"] == [["Berlin", "100"]]
    assert line["amount"] == "0.0000000"


def test_a_text_that_looks_like_a_number_and_what_nobody_reads_today_stay() -> None:
    kept = content_of(Decimal("1E+2"), Decimal(1))
    found = shown_content(kept)
    assert found["postings"][0]["reference"] == found["postings"][0]["lines"][0]["name"] == "1E+2"
    assert found["document"] == kept["document"]
    other = {"postings": [{"op": "no such", "amount": "1E+2"}]}
    assert shown_content(other) == other
    assert shown_content({"reason": "1E+2"}) == {"reason": "1E+2"}


@given(NUMBERS, NUMBERS)
def test_no_exponent_is_shown_and_no_value_changes(share: Decimal, amount: Decimal) -> None:
    kept = content_of(share, amount, "a line")
    before = copy.deepcopy(kept)
    found = shown_content(kept)
    assert kept == before, "what approvals are bound to is not touched"
    line = found["postings"][0]["lines"][0]
    for text, number in (
        (line["analytic"][0][1], share),
        (line["amount"], amount),
        (line["company"], amount),
    ):
        assert "E" not in text
        assert Decimal(text) == number
    assert {**line, "analytic": 0, "amount": 0, "company": 0} == {
        **kept["postings"][0]["lines"][0], "analytic": 0, "amount": 0, "company": 0,
    }  # fmt: skip
