"""Payroll runs and expense reports as files: what the ledger receives, and what is refused by its place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.conformance.test_connectors import CONNECTORS, config
from tieout.connector_api import FileRefusedError, Item
from tieout.documents import BatchControl, JournalEntry
from tieout_sandbox.simulators.expenses import Expense, ExpenseTool, Report
from tieout_sandbox.simulators.payroll import Employee, PayrollBureau

COMPONENTS = {"gross": "debit 6100", "tax": "credit 2110", "social": "credit 2120",
              "employer_social": "debit 6110 credit 2120", "net_pay": "credit 2100"}  # fmt: skip
STAFF = [Employee("E1", "100", Decimal("4000.00")), Employee("E2", "100", Decimal("3333.33")),
         Employee("E3", "200", Decimal("5000.00"))]  # fmt: skip


def read(connector: str, content: bytes, **options: Any) -> list[Item]:
    session = CONNECTORS[connector].open(config(CONNECTORS[connector]))
    return list(session.read("f.csv", content, options))


def documents(connector: str, items: Sequence[Item], **options: Any) -> list[Any]:
    stream = CONNECTORS[connector].stream
    return [d for i in items for d in stream(i.stream).normalise(i.body, options)]


def run(**more: Any) -> bytes:
    bureau = PayrollBureau()
    return bureau.export(bureau.pay("R1", "2026-10", date(2026, 10, 28), "USD", STAFF), **more)


def test_the_ledger_receives_totals_and_nobodys_pay() -> None:
    items = read("payroll", run(), components=COMPONENTS)
    control, entry = documents("payroll", items)
    assert isinstance(control, BatchControl) and isinstance(entry, JournalEntry)
    lines: dict[tuple[str, str], Decimal] = {}
    for x in entry.lines:
        key = (x.account, x.dimensions.get("cost_centre", ""))
        lines[key] = lines.get(key, Decimal(0)) + x.amount.value
    assert lines == {
        ("6100", "100"): Decimal("7333.33"), ("6100", "200"): Decimal("5000.00"),
        ("6110", "100"): Decimal("660.00"), ("6110", "200"): Decimal("450.00"),
        ("2110", ""): Decimal("-2466.67"), ("2120", ""): Decimal("-2220.00"), ("2100", ""): Decimal("-8756.66"),
    }  # fmt: skip
    assert not entry.imbalance and entry.total == control.debit == control.credit
    # What a person earns is in the vault's messages, and in no document.
    text = json.dumps([str(d) for d in (control, entry)])
    assert "3333.33" not in text and "E2" not in text
    details = [i for i in items if i.stream == "details"]
    assert any(b"3333.33" in i.body for i in details)


def test_a_line_a_person_where_the_interface_says_so() -> None:
    (entry,) = [d for d in documents("payroll", read("payroll", run(), components=COMPONENTS, detail="person"))
                if isinstance(d, JournalEntry)]  # fmt: skip
    assert {x.text for x in entry.lines} >= {"gross E1", "gross E2", "gross E3"} and not entry.imbalance


def test_the_same_run_under_another_number_is_its_twin() -> None:
    one, two = (
        next(d for d in documents("payroll", read("payroll", run(number=n), components=COMPONENTS))
             if isinstance(d, JournalEntry))
        for n in ("R1", "R1-final")
    )  # fmt: skip
    assert one.key != two.key and one.twin == two.twin != ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("gross", "bonus", "row 2, column 'component'"),
        ("2026-10,2026-10-28,E1,gross", "October,2026-10-28,E1,gross", "is no month"),
        ("R1,2026-10,2026-10-28,E1,gross", "R1,2026-09,2026-10-28,E1,gross", "run's first row"),
        (",E1,gross", ",,gross", "column 'employee'"),
        ("4000.00", "4000.01", "the file says"),
        ("TOTAL,2026-10,2026-10-28,,tax", "TOTAL,2026-10,2026-10-28,,social", "tax: the file says 0"),
    ],
)  # fmt: skip
def test_a_run_that_is_wrong_is_refused_whole(old: str, new: str, said: str) -> None:
    content = run().decode().replace(old, new, 1).encode()
    with pytest.raises(FileRefusedError, match=said):
        read("payroll", content, components=COMPONENTS)


@pytest.mark.parametrize(
    ("components", "said"), [({}, "declares no components"), ({"gross": "6100"}, "expected debit ACCOUNT")]
)
def test_components_that_are_not_declared_refuse_every_file(components: dict[str, str], said: str) -> None:
    with pytest.raises(FileRefusedError, match=said):
        read("payroll", run(), components=components)


def reports(*expenses: Expense, **more: Any) -> bytes:
    report = Report("X1", date(2026, 10, 5), "E1", "Ada Byron", "USD", expenses)
    return ExpenseTool().export([report])


def test_an_expense_is_net_and_tax_and_what_is_owed_to_whom() -> None:
    content = reports(Expense("travel", Decimal("115.00"), Decimal("15.00"), cost_centre="100"),
                      Expense("travel", Decimal("20.00"), paid_by="card", cost_centre="100"),
                      Expense("per_diem", Decimal("56.00"), days=2))  # fmt: skip
    control, entry = documents("expenses", read("expenses", content, per_diem="28.00"))
    assert isinstance(entry, JournalEntry) and entry.total == control.debit
    assert [(x.account, x.amount.value, x.party) for x in entry.lines] == [
        ("travel", Decimal("100.00"), ""), ("tax.VAT", Decimal("15.00"), ""),
        ("paid_by.employee", Decimal("-115.00"), "employee:E1"),
        ("travel", Decimal("20.00"), ""), ("paid_by.card", Decimal("-20.00"), ""),
        ("per_diem", Decimal("56.00"), ""), ("paid_by.employee", Decimal("-56.00"), "employee:E1"),
    ]  # fmt: skip
    assert [p.name for p in entry.parties] == ["Ada Byron"] and entry.prepared_by == "E1"


@pytest.mark.parametrize(
    ("expense", "said"),
    [
        (Expense("per_diem", Decimal("50.00"), days=2), "is not 2 days of 28.00"),
        (Expense("travel", Decimal("10.00"), Decimal("10.00")), "is not less than"),
        (Expense("travel", Decimal("-10.00")), "is not above zero"),
        (Expense("travel", Decimal("10.00"), paid_by="cash"), "none of employee, card"),
    ],
)
def test_an_expense_that_is_wrong_names_its_row(expense: Expense, said: str) -> None:
    with pytest.raises(FileRefusedError, match=f"row 2.*{said}"):
        read("expenses", reports(expense), per_diem="28.00")


def test_an_expense_above_the_limit_needs_its_receipt() -> None:
    content = reports(Expense("travel", Decimal("30.00"))).replace(b"X1-1.pdf", b"")
    with pytest.raises(FileRefusedError, match="column 'receipt'"):
        read("expenses", content, receipt_above="25.00")
    assert read("expenses", content, receipt_above="30.00")
