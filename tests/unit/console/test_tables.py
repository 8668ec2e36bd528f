"""Lists as files: opened again, amounts are the numbers that they were, and nothing is a formula."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import Decimal

from openpyxl import load_workbook

from tieout.console.tables import Column, Table, as_csv, value_of
from tieout.console.views.exporting import LISTS
from tieout.console.workbooks import as_xlsx

COLUMNS = (Column("name", "Name"), Column("amount", "Amount", "money"), Column("currency", "Currency"), Column("on", "On", "date"),
           Column("f.count", "Count", "number"))  # fmt: skip
ROWS = [
    {
        "name": '=HYPERLINK("x")',
        "amount": "-1234.50",
        "currency": "EUR",
        "on": "2026-10-03",
        "f": {"count": 3},
    },
    {
        "name": "DE89370400440532013000",
        "amount": "1234567890123456.78",
        "currency": "JPY",
        "on": None,
        "f": None,
    },
    {"name": "+49 30", "amount": "0.125", "currency": "KWD", "on": "soon", "f": {}},
    {"name": "a\x07b", "amount": None, "currency": "", "on": "", "f": {"count": 0}},
    {"name": "c", "amount": "2.0000000000000000"},
    {"name": "d", "amount": "1200.00"},
]
TABLE = Table(COLUMNS, ROWS, (("Company", "=Acme"), ("Rows", "4")))


def test_a_workbook_holds_amounts_as_numbers_and_texts_as_texts() -> None:
    book = load_workbook(io.BytesIO(as_xlsx(TABLE)))
    rows = list(book["List"].iter_rows())
    assert [c.value for c in rows[0]] == ["Name", "Amount", "Currency", "On", "Count"]
    first = rows[1]
    assert first[0].data_type == "s" and first[0].value == '=HYPERLINK("x")'
    assert Decimal(str(first[1].value)) == Decimal("-1234.5") and first[1].number_format == "#,##0.00"
    assert first[3].value == datetime(2026, 10, 3) and first[4].value == 3
    # More digits than a spreadsheet keeps: a text, and exact.
    assert rows[2][1].value == "1234567890123456.78" and rows[2][0].value == "DE…3000"
    assert Decimal(str(rows[3][1].value)) == Decimal("0.125") and rows[3][1].number_format == "#,##0.000"
    assert rows[5][1].value == 2 and rows[5][1].number_format == "#,##0.00" and rows[6][1].value == 1200
    assert rows[3][3].value == "soon" and rows[4][0].value == "ab"
    about = [[c.value for c in r] for r in book["About"].iter_rows()]
    assert about == [["Company", "=Acme"], ["Rows", "4"]]
    assert not any(c.data_type == "f" for sheet in book for r in sheet.iter_rows() for c in r)


def test_a_csv_has_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(as_csv(TABLE).decode())))
    assert rows[1] == ['\'=HYPERLINK("x")', "-1234.50", "EUR", "2026-10-03", "3"]
    assert rows[2][0] == "DE…3000" and rows[3][0] == "'+49 30"


def test_a_value_is_found_by_its_parts() -> None:
    assert value_of({"a": {"b": 1}}, "a.b") == 1
    assert value_of({"a": None}, "a.b") is None
    assert value_of({"a": ["x", "y"]}, "a") == "x; y"


def test_each_amount_stands_beside_a_currency() -> None:
    for name, of in LISTS.items():
        fields = [c.field for c in of.columns]
        assert not any(c.kind == "money" for c in of.columns) or "currency" in fields, name
        assert len({c.heading for c in of.columns}) == len(of.columns)
