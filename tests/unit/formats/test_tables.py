"""Tables of companies' own: every cell becomes what it says, or the table is refused by its place."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from tieout.formats.tables import Column, Form, Layout, TableError, read_table

FORM = Form(
    "t",
    (
        Column("key"),
        Column("on", "date", required=False),
        Column("amount", "amount", required=False),
        Column("count", "integer", required=False),
        Column("side", "choice", required=False, choices=("in", "out")),
    ),
)


def book(rows: list[list[Any]], **more: Any) -> bytes:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if "merge" in more:
        sheet.merge_cells(more["merge"])
    if more.get("second"):
        made.create_sheet("Other")
    if more.get("hidden"):
        made.create_sheet("Hidden").sheet_state = "hidden"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def values(content: bytes, **layout: Any) -> list[dict[str, Any]]:
    return [
        {k: v for k, v in r.values.items() if v is not None}
        for r in read_table(content, FORM, Layout(**layout))
    ]


HEAD = ["key", "on", "amount"]


def test_a_workbook_and_a_text_say_the_same() -> None:
    wanted = [{"key": "a", "on": date(2026, 10, 1), "amount": Decimal("-12.34")}]
    assert values(book([HEAD, ["a", date(2026, 10, 1), -12.34]], hidden=True)) == wanted
    assert values(book([HEAD, ["a", datetime(2026, 10, 1), -12.34]])) == wanted
    assert values(b"key,on,amount\na,2026-10-01,-12.34\n") == wanted
    assert (
        values("\ufeffkey;on;amount\r\na;01.10.2026;-12,34\r\n".encode(), decimal=",", date_format="%d.%m.%Y")
        == wanted
    )
    assert (
        values("key\ton\tamount\na\t2026-10-01\t-12.34\n".encode("utf-16"), encoding="utf-16", delimiter="\t")
        == wanted
    )
    assert (
        values(
            b"Nr,Datum,Betrag\na,2026-10-01,-12.34\n",
            headers={"key": "Nr", "on": "Datum", "amount": "Betrag"},
        )
        == wanted
    )


@given(st.decimals(min_value=-(10**11), max_value=10**11, places=2, allow_nan=False))
def test_an_amount_of_a_workbook_is_the_amount_that_it_shows(amount: Decimal) -> None:
    """Workbooks keep binary numbers: to fifteen digits they are the decimal that was typed."""
    made = book([HEAD, ["a", None, float(amount)]])
    assert values(made)[0].get("amount", Decimal(0)) == amount


def test_noise_behind_the_fifteenth_digit_is_none() -> None:
    assert values(book([HEAD, ["a", None, 0.1 + 0.2]]))[0]["amount"] == Decimal("0.3")
    assert values(book([HEAD, ["a", None, 1e3]]))[0]["amount"] == Decimal(1000)


@pytest.mark.parametrize(
    ("content", "row", "column", "rule"),
    [
        (b"", 0, "", "not empty"),
        (b"key,on,amount\n", 0, "", "not empty"),
        (b"on,amount\n2026-10-01,1\n", 1, "key", "columns"),
        (b"key,key\na,b\n", 1, "key", "columns"),
        (b"key,amount\n,1\n", 2, "key", "required"),
        (b"key,amount\na,1e5\n", 2, "amount", "amount"),
        (b"key,amount\na,\"1,000.00\"\n", 2, "amount", "amount"),
        (b"key,amount\na,NaN\n", 2, "amount", "amount"),
        (b"key,amount\na,1.23456\n", 2, "amount", "amount"),
        (b"key,on\na,2026-02-30\n", 2, "on", "date"),
        (b"key,on\na,01/02/2026\n", 2, "on", "date"),
        (b"key,count\na,1.0\n", 2, "count", "integer"),
        (b"key,side\na,up\n", 2, "side", "choice"),
        (b"key,amount\n=cmd|' /C calc'!A0,1\n", 2, "key", "no formulas"),
        (b"key,amount\n@SUM(A1),1\n", 2, "key", "no formulas"),
        (b"key,amount\na,1,2,3\n", 2, "", "columns"),
        (b"key\n\xff\xfe\n", 0, "", "encoding"),
        (b"key\n\"a\n", 2, "", "csv"),
        (b"\xd0\xcf\x11\xe0rest", 0, "", "workbook"),
        (b"PK\x03\x04rest", 0, "", "workbook"),
        (book([HEAD, ["a", None, "=1+1"]]), 2, "amount", "no formulas"),
        (book([HEAD, ["a", None, 1], ["b", None, 1]], merge="A2:A3"), 2, "", "merged cells"),
        (book([HEAD, ["a", 46000, 1]]), 2, "on", "date"),
        (book([HEAD, ["a", datetime(2026, 10, 1, 9, 30), 1]]), 2, "on", "date"),
        (book([HEAD, ["a", None, "#REF!"]]), 2, "amount", "no errors"),
        (book([HEAD, ["a", None, True]]), 2, "amount", "amount"),
        (book([HEAD, ["a"]], second=True), 0, "", "workbook"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_row_column_and_rule(
    content: bytes, row: int, column: str, rule: str
) -> None:
    with pytest.raises(TableError) as refused:
        values(content)
    found = refused.value.problems[0]
    assert (found.row, found.column, found.rule) == (row, column, rule), refused.value


def test_every_problem_of_a_table_is_named_at_once() -> None:
    rows = "\n".join(f"{'' if n % 2 else 'a'},{n}x" for n in range(50))
    with pytest.raises(TableError) as refused:
        values(f"key,amount\n{rows}\n".encode())
    assert len(refused.value.problems) == 75 and "and 55 more" in str(refused.value)


def test_a_workbook_that_names_an_outside_entity_reads_nothing_of_it(tmp_path: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret words")
    made = book([HEAD, ["a", None, 1]])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            raw = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                head = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'.encode()
                raw = head + raw.replace(b"<v>", b"<v>&e;")
            new.writestr(name, raw)
    try:
        found = str(values(out.getvalue()))
    except TableError as error:
        found = str(error)
    assert "secret words" not in found
