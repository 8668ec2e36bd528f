"""The declared form of invoices and credit notes: one row a line, the rows of a document together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connector_api import RowError, check_entity, check_period, checked_rows
from tieout.formats.tables import Column, Form, Problem, Row, TableError
from tieout.money import Amount, MoneyError

BILLING = Form(
    "invoices",
    (
        Column("number"),
        Column("kind", "choice", choices=("invoice", "credit_note")),
        Column("on", "date"),
        Column("customer"),
        Column("customer_name", required=False),
        Column("description", required=False),
        Column("net", "amount"),
        Column("tax", "amount", required=False),
        Column("tax_key", required=False),
        Column("tax_rate", "amount", required=False),
        Column("currency", "currency"),
        Column("from_on", "date", required=False),
        Column("to_on", "date", required=False),
        Column("credits", required=False),
        Column("entity", required=False),
        Column("period", required=False),
        Column("documents", "integer", required=False),
    ),
)
TOTAL = "TOTAL"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `net` and `tax` are positive in `currency`; `credits` is the invoice that a credit note
    is for; from one day to another, both included, it is for days to come. Of a row TOTAL `net` is
    the sum of the documents' totals, and `documents` their number."""

    number: str
    row: int
    kind: str
    on: date
    customer: str
    customer_name: str
    description: str
    net: Decimal
    tax: Decimal
    tax_key: str
    tax_rate: Decimal
    currency: str
    from_on: date | None
    to_on: date | None
    credits: str
    documents: int = 0

    def head(self) -> tuple[object, ...]:
        return (self.kind, self.on, self.customer, self.currency, self.credits)


def billing_rows(content: Any, options: Mapping[str, Any]) -> Iterator[Line]:
    """Every row. Raises TableError, at the latest after the last one."""
    return checked_rows(content, BILLING, options, lambda row: _line(row, options))


def _line(row: Row, options: Mapping[str, Any]) -> Line:
    values, number = row.values, row.text("number")
    check_entity(row, options)
    if number == TOTAL:
        if values["documents"] is None:
            raise RowError("documents", "control figures", "a TOTAL row says net and documents")
    else:
        _check(row)
    return Line(
        number=number,
        row=row.number,
        kind=row.text("kind"),
        on=values["on"],
        customer=row.text("customer"),
        customer_name=row.text("customer_name"),
        description=row.text("description"),
        net=values["net"],
        tax=values["tax"] or Decimal(0),
        tax_key=row.text("tax_key"),
        tax_rate=values["tax_rate"] or Decimal(0),
        currency=row.text("currency"),
        from_on=values["from_on"],
        to_on=values["to_on"],
        credits=row.text("credits"),
        documents=values["documents"] or 0,
    )


def _check(row: Row) -> None:
    values, currency = row.values, row.text("currency")
    check_period(row, values["on"])
    for name in ("net", "tax"):
        value = values[name] or Decimal(0)
        if value < 0:
            raise RowError(name, "positive", f"{value} is negative: what is given back is a credit note")
        try:
            Amount.exact(value, currency)
        except MoneyError as error:
            raise RowError(name, "minor unit", str(error)) from None
    if values["tax"] and not row.text("tax_key"):
        raise RowError("tax_key", "tax", "a tax needs its key")
    first, last = values["from_on"], values["to_on"]
    if (first is None) != (last is None) or (first is not None and last < first):
        raise RowError("to_on", "span", "from_on and to_on go together, the first day first")
    if first is not None and (last - first).days > 3700:
        raise RowError("to_on", "span", f"{first} to {last} is more than ten years")
    if (row.text("kind") == "credit_note") != bool(row.text("credits")):
        raise RowError("credits", "credits", "a credit note names its invoice, an invoice none")


def checked_documents(rows: Callable[[], Iterator[Line]]) -> list[Line]:
    """Read a file once: whether its documents stand together and its figures hold; its rows TOTAL.

    Raises TableError.
    """
    problems: list[Problem] = []
    totals: list[Line] = []
    held: dict[tuple[str, str], list[Decimal]] = {}
    seen: set[str] = set()
    current: Line | None = None
    for line in rows():
        if line.number == TOTAL:
            totals.append(line)
            continue
        sums = held.setdefault((line.kind, line.currency), [Decimal(0), Decimal(0)])
        if current is None or line.number != current.number:
            if line.number in seen:
                what = f"rows of {line.number!r} stand apart: sort the file by number"
                problems.append(Problem(line.row, "number", "together", what))
            seen.add(line.number)
            current = line
            sums[0] += 1
        elif line.head() != current.head():
            what = f"kind, day, customer, currency or invoice is not that of row {current.row}"
            problems.append(Problem(line.row, "number", "one head", what))
        sums[1] += line.net + line.tax
    for total in totals:
        mine = held.get((total.kind, total.currency), [Decimal(0), Decimal(0)])
        if mine != [Decimal(total.documents), total.net]:
            what = (
                f"the file says {total.documents} of kind {total.kind}, {total.net} {total.currency}; "
                f"it holds {mine[0]}, {mine[1]}"
            )
            problems.append(Problem(total.row, "net", "control figures", what))
    if problems:
        raise TableError(problems)
    return totals
