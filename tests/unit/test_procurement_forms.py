"""Every form of a procurement tool refuses what it cannot take, whole, with row, column and rule."""

from __future__ import annotations

import io
from typing import Any

import pytest
from openpyxl import Workbook

from tests.conformance.test_connectors import CONNECTORS, config
from tieout.connector_api import FileRefusedError

GOOD: dict[str, tuple[str, list[str]]] = {
    "suppliers": (
        "supplier,name,currency,tax_id,country,iban,terms_days,active,changed_on,entity",
        ["V1,Acme,EUR,DE1,DE,DE89370400440532013000,14,yes,2026-10-01,1000"],
    ),
    "orders": (
        "order,supplier,on,currency,line,name,quantity,price,account,status,entity",
        ["P1,V1,2026-10-05,EUR,1,chair,10,19.995,6000,open,1000", "P1,V1,2026-10-05,EUR,2,desk,1,100,6000,open,1000"],
    ),
    "receipts": ("receipt,order,line,quantity,on,entity", ["R1,P1,1,4,2026-10-08,1000"]),
    "bills": (
        "bill,supplier,on,currency,name,quantity,price,net,total,tax_key,tax,entity",
        ["B1,V1,2026-10-09,EUR,chair,4,20.00,80.00,95.20,S 19,15.20,1000"],
    ),
}  # fmt: skip
CONNECTOR = CONNECTORS["procurement"]


def read(name: str, content: bytes, **options: Any) -> list[Any]:
    return list(CONNECTOR.open(config(CONNECTOR)).read(name, content, {"entity_code": "1000", **options}))


def table(form: str, *rows: str) -> bytes:
    head, good = GOOD[form]
    return "\n".join([head, *(rows or good)]).encode()


@pytest.mark.parametrize("form", GOOD)
def test_a_good_file_becomes_messages_and_documents(form: str) -> None:
    (item,) = read(f"{form}.csv", table(form))
    assert item.stream == form
    (document,) = CONNECTOR.stream(form).normalise(item.body, {"currency": "EUR"})
    assert document.key == item.source_key and document.currency == "EUR"


@pytest.mark.parametrize(
    ("form", "row", "said"),
    [
        ("suppliers", "V1,Acme,EUR,DE1,DE,DE00370400440532013000,14,yes,2026-10-01,1000", "row 2, column 'iban'.*13616"),
        ("suppliers", "V1,Acme,EUR,DE1,Germany,,14,yes,2026-10-01,1000", "column 'country'.*3166"),
        ("suppliers", "V1,Acme,EUR,DE1,DE,,999,yes,2026-10-01,1000", "column 'terms_days'"),
        ("suppliers", "V1,Acme,EUR,DE1,DE,,x,yes,2026-10-01,1000", "column 'terms_days'.*integer"),
        ("suppliers", "V1,Acme,XXY,DE1,DE,,14,yes,2026-10-01,1000", "column 'currency'.*4217"),
        ("suppliers", "V1,Acme,EUR,DE1,DE,,14,maybe,2026-10-01,1000", "column 'active'.*choice"),
        ("suppliers", "V1,=cmd(),EUR,DE1,DE,,14,yes,2026-10-01,1000", "formula"),
        ("suppliers", "V1,Acme,EUR,DE1,DE,,14,yes,1.10.2026,1000", "column 'changed_on'.*date"),
        ("suppliers", "V1,Acme,EUR,DE1,DE,,14,yes,2026-10-01,2000", "column 'entity'"),
        ("suppliers", ",Acme,EUR,DE1,DE,,14,yes,2026-10-01,1000", "column 'supplier'.*required"),
        ("orders", "P1,V1,2026-10-05,EUR,1,chair,0,20,6000,open,1000", "column 'quantity'.*positive"),
        ("orders", "P1,V1,2026-10-05,EUR,1,chair,1.5.0,20,6000,open,1000", "column 'quantity'.*amount"),
        ("orders", "P1,V1,2026-10-05,EUR,1,chair,1,20,6000,gone,1000", "column 'status'.*choice"),
        ("receipts", "R1,P1,1,0,2026-10-08,1000", "column 'quantity'"),
        ("bills", "B1,V1,2026-10-09,EUR,chair,4,20.00,81.00,96.20,S 19,15.20,1000", "column 'net'.*quantity x price"),
        ("bills", "B1,V1,2026-10-09,EUR,chair,4,20.00,80.00,95.21,S 19,15.20,1000", "column 'total'.*come to 95.20"),
        ("bills", "B1,V1,2026-10-09,EUR,chair,4,20.00,80.00,95.20,,15.20,1000", "column 'tax_key'"),
        ("bills", "B1,V1,2026-10-09,EUR,chair,4,20.001,80.004,95.204,S 19,15.20,1000", "minor unit"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_row_column_and_rule(form: str, row: str, said: str) -> None:
    with pytest.raises(FileRefusedError, match=said):
        read(f"{form}.csv", table(form, row))


@pytest.mark.parametrize("form", GOOD)
def test_a_missing_column_an_empty_file_and_merged_cells_are_refused(form: str) -> None:
    head, rows = GOOD[form]
    first = head.split(",")[0]
    with pytest.raises(FileRefusedError, match=first):
        read(f"{form}.csv", table(form).replace(first.encode(), b"number", 1))
    with pytest.raises(FileRefusedError):
        read(f"{form}.csv", b"")
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(head.split(","))
    sheet.append(rows[0].split(","))
    sheet.merge_cells("A2:B2")
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(FileRefusedError, match="merged"):
        read(f"{form}.xlsx", out.getvalue())


def test_rows_of_one_thing_stand_together_with_one_head() -> None:
    good = GOOD["orders"][1]
    other = good[0].replace("P1", "P2")
    with pytest.raises(FileRefusedError, match="each once"):
        read("orders.csv", table("orders", good[0], other, good[1]))
    with pytest.raises(FileRefusedError, match="one head"):
        read("orders.csv", table("orders", good[0], good[1].replace("V1", "V2")))
    with pytest.raises(FileRefusedError, match="line '1' stands twice"):
        read("orders.csv", table("orders", good[0], good[0]))
    with pytest.raises(FileRefusedError, match="stands twice"):
        read("suppliers.csv", table("suppliers", *GOOD["suppliers"][1] * 2))


def test_a_file_says_its_form_by_a_word_of_its_name_or_an_option() -> None:
    with pytest.raises(FileRefusedError, match="does not say which form"):
        read("export.csv", table("orders"))
    with pytest.raises(FileRefusedError, match="does not say which form"):
        read("orders-and-bills.csv", table("orders"))
    assert read("export.csv", table("orders"), form="orders")
    assert read("2026-10 Order list.csv", table("orders"))


def test_told_again_by_another_file_it_is_a_later_telling() -> None:
    (one,), (same,) = read("orders.csv", table("orders")), read("orders-2.csv", table("orders"))
    assert one.dedupe_key == same.dedupe_key
    (other,) = read("orders.csv", table("orders").replace(b"chair", b"stool"))
    assert other.source_key == one.source_key and other.dedupe_key != one.dedupe_key
