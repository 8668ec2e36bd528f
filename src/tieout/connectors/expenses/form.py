"""The declared form of expense reports: one row an expense.

Dr the expense (net), Dr input tax; Cr what is owed to the employee, or the company card's clearing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tieout.connector_api import Control, EntryRow, RowError, check_entity, check_period, checked_rows
from tieout.formats.tables import Column, Form, Row

REPORTS = Form(
    "expense reports",
    (
        Column("report"),
        Column("on", "date"),
        Column("employee"),
        Column("employee_name", required=False),
        Column("category"),
        Column("amount", "amount"),
        Column("tax", "amount", required=False),
        Column("tax_key", required=False),
        Column("currency", "currency"),
        Column("paid_by", "choice", choices=("employee", "card")),
        Column("description", required=False),
        Column("receipt", required=False),
        Column("cost_centre", required=False),
        Column("project", required=False),
        Column("days", "integer", required=False),
        Column("flags", required=False),
        Column("entity", required=False),
        Column("period", required=False),
        Column("reports", "integer", required=False),
    ),
)
TOTAL = "TOTAL"
PER_DIEM = "per_diem"


def report_rows(content: Any, options: Mapping[str, Any]) -> Iterator[EntryRow | Control]:
    """The lines of every report, and the file's own figures. Raises TableError."""
    for rows in checked_rows(content, REPORTS, options, lambda row: _value(row, options)):
        yield from rows


def _value(row: Row, options: Mapping[str, Any]) -> list[EntryRow | Control]:
    if row.text("report") == TOTAL:
        return [_control(row)]
    amount, tax = row.values["amount"], row.values["tax"] or Decimal(0)
    check_entity(row, options)
    check_period(row, row.values["on"])
    if amount <= 0 or tax < 0:
        raise RowError("amount", "positive", f"{amount} is not above zero: what is given back is a journal")
    if tax >= amount:
        raise RowError("tax", "tax", f"{tax} is not less than the amount {amount}, which includes it")
    if tax and not row.text("tax_key"):
        raise RowError("tax_key", "tax", "a tax needs its key")
    _check_policy(row, amount, options)
    lines = [_line(row, row.text("category"), amount - tax, True)]
    if tax:
        lines.append(_line(row, f"tax.{row.text('tax_key')}", tax, False))
    # What a person is owed stands on them; what a card paid stands on the card.
    lines.append(_line(row, f"paid_by.{row.text('paid_by')}", -amount, False))
    return list(lines)


def _check_policy(row: Row, amount: Decimal, options: Mapping[str, Any]) -> None:
    """What the interface's own rules say of an expense. Raises RowError."""
    if row.text("category") == PER_DIEM:
        rate, days = Decimal(str(options.get("per_diem", "0"))), row.values["days"]
        if not days or rate * days != amount:
            what = f"{amount} is not {days or 0} days of {rate}"
            raise RowError("amount", "per diem", what)
        return
    limit = str(options.get("receipt_above", ""))
    if limit and amount > Decimal(limit) and not row.text("receipt"):
        raise RowError("receipt", "receipt", f"an expense above {limit} needs one")


def _line(row: Row, account: str, amount: Decimal, own: bool) -> EntryRow:
    employee = row.text("employee") if account == "paid_by.employee" else ""
    flags = f" [{row.text('flags')}]" if own and row.text("flags") else ""
    receipt = f" ({row.text('receipt')})" if own and row.text("receipt") else ""
    return EntryRow(
        entry=row.text("report"),
        number=row.number,
        on=row.values["on"],
        currency=row.text("currency"),
        account=account,
        amount=amount,
        reference=row.text("report"),
        text=f"{row.text('description') or row.text('category')}{receipt}{flags}",
        dimensions={d: row.text(d) for d in ("cost_centre", "project") if own and row.text(d)},
        party=f"employee:{employee}" if employee else "",
        party_name=row.text("employee_name") or employee,
        prepared_by=row.text("employee"),
        nature="expense_report",
    )


def _control(row: Row) -> Control:
    if row.values["reports"] is None:
        raise RowError("reports", "control figures", "a TOTAL row says amount and reports")
    amount = row.values["amount"]
    return Control(
        on=row.values["on"],
        currency=row.text("currency"),
        count=row.values["reports"],
        debit=amount,
        credit=amount,
    )
