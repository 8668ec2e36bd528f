"""How figures are written on pages, and drawings of them."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.api.v1.cells import as_csv
from tieout.console.charts import Bar, Box, bars, columns, flow
from tieout.console.language import Speech, speaking
from tieout.console.views.approvals import differences, lines_of
from tieout.console.words import amount, due, recovers, ticks
from tieout.formats.cells import meant_cell, plain_cell
from tieout.operations.discover import discover


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        ("1234567.5", "USD", "1,234,567.50 USD"),
        ("-0.01", "EUR", "−0.01 EUR"),
        ("1500", "JPY", "1,500 JPY"),
        ("707.2500", "USD", "707.25 USD"),
        ("0.1234", "USD", "0.1234 USD"),
        ("1.234", "KWD", "1.234 KWD"),
        ("1E+3", "USD", "1,000.00 USD"),
        ("0.00", "USD", "0.00 USD"),
    ],
)
def test_an_amount_has_its_currencys_decimals_and_a_true_minus(value: str, currency: str, shown: str) -> None:
    assert amount(value, currency).striptags() == shown
    assert ("neg" in str(amount(value, currency))) == value.startswith("-")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**15), max_value=10**15))
def test_no_amount_is_rounded(value: Decimal) -> None:
    shown = str(amount(f"{value:f}", "USD").striptags()).removesuffix(" USD")
    assert Decimal(shown.replace(",", "").replace("−", "-")) == value


def test_what_people_wrote_is_no_markup() -> None:
    assert "<script>" not in str(ticks("`<script>` & <b>"))


def test_what_recovers_a_case_is_said_in_german_with_its_own_key() -> None:
    discover()
    said = "add 'SKU <1>' to mappings/accounts.csv, then `tieout replay --cause unmapped_account`"
    in_english = str(recovers(said, "unmapped_account"))
    assert in_english == str(ticks(said))
    with speaking(Speech("de")):
        assert str(recovers(said, "unmapped_account")) == (
            "&#39;SKU &lt;1&gt;&#39; in mappings/accounts.csv ergänzen, dann "
            "<code>tieout replay --cause unmapped_account</code>"
        )
        # Another cause's sentence, or an older version's, stays as it came.
        assert str(recovers(said, "missing_rate")) == in_english
    assert recovers("", "unmapped_account") == ""
    drawn = bars("t", [Bar('<img src="x">', ((1, "series"),), '"><script>', href='"><script>')])
    assert "<script>" not in str(drawn) and "<img" not in str(drawn)
    drawn = flow("t", [Box("a", 0, "<b>", "<i>", "good", "/x?a=1&b=2")], [])
    assert "<b>" not in str(drawn) and "<i>" not in str(drawn)
    assert "<script>" not in str(columns("<script>", [("<script>", 3, "<script>")]))


def test_a_missed_time_says_so() -> None:
    assert "late" in str(due("2026-10-01T10:00:00+00:00", "2026-10-01T12:00:00+00:00"))
    assert str(due("2026-10-01T13:00:00+00:00", "2026-10-01T12:00:00+00:00").striptags()) == "in 1 h"


@given(st.text(max_size=20))
def test_a_cell_comes_back_as_it_was(text: str) -> None:
    assert meant_cell(plain_cell(text)) == text


@pytest.mark.parametrize("cell", ["=1+1", "+SUM(A1)", "-2+3", "@SUM(1)", "\tx", "\r=1", "=cmd|'/c calc'!A1"])
def test_no_cell_is_taken_for_a_formula(cell: str) -> None:
    (_, row) = list(csv.reader(io.StringIO(bytes(as_csv([{"a": cell}], "x").body).decode(), newline="")))
    assert row[0].startswith("'") and row[0][1:] == cell


def test_an_amount_in_a_table_stays_one() -> None:
    assert [plain_cell(x) for x in ("-12.50", "+3", "0", "1234.5678")] == ["-12.50", "+3", "0", "1234.5678"]


def test_differences_name_each_place() -> None:
    before = {"total": {"value": "61.00"}, "lines": [{"a": 1}, {"a": 2}], "gone": 1}
    now = {"total": {"value": "64.00"}, "lines": [{"a": 1}, {"a": 3}], "new": 2}
    assert differences(before, now) == [
        ("gone", "1", "–"), ("lines[2].a", "2", "3"), ("new", "–", "2"), ("total.value", "61.00", "64.00"),
    ]  # fmt: skip


def test_lines_are_found_wherever_postings_hold_them() -> None:
    postings = [
        {
            "op": "entry",
            "lines": [{"account": "6", "amount": "5.00"}, {"account": "2", "amount": {"value": "-5.00"}}],
        }
    ]
    assert [(x["account"], x["amount"]) for x in lines_of({"postings": postings})] == [
        ("6", "5.00"),
        ("2", "-5.00"),
    ]
