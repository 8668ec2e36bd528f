"""The declared forms of a procurement tool: suppliers, orders, receipts, bills; one row a thing or a line.

Raises TableError with every row, column and rule that does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

import msgspec

from tieout.connector_api import RowError, check_entity, checked_rows
from tieout.formats.payments import is_iban
from tieout.formats.tables import Column, Form, Problem, Row, TableError
from tieout.money import Amount, MoneyError

DIMENSIONS = ("cost_centre", "project")
_ENTITY = Column("entity", required=False)
_MADE = Column("prepared_by", required=False)
SUPPLIERS = Form(
    "suppliers",
    (
        Column("supplier"),
        Column("name"),
        Column("currency", "currency"),
        Column("tax_id", required=False),
        Column("country", required=False),
        Column("town", required=False),
        Column("email", required=False),
        Column("iban", required=False),
        Column("bic", required=False),
        Column("terms_days", "integer", required=False),
        Column("withholding", required=False),
        Column("active", "choice", required=False, choices=("yes", "no")),
        Column("changed_on", "date", required=False),
        _MADE,
        _ENTITY,
    ),
)
ORDERS = Form(
    "orders",
    (
        Column("order"),
        Column("supplier"),
        Column("on", "date"),
        Column("currency", "currency"),
        Column("line"),
        Column("name"),
        Column("quantity", "amount"),
        Column("price", "amount"),
        Column("account"),
        Column("sku", required=False),
        Column("by_receipt", "choice", required=False, choices=("yes", "no")),
        Column("status", "choice", required=False, choices=("draft", "open", "closed", "cancelled")),
        Column("from_on", "date", required=False),
        Column("to_on", "date", required=False),
        *(Column(d, required=False) for d in DIMENSIONS),
        _MADE,
        _ENTITY,
    ),
)
RECEIPTS = Form(
    "receipts",
    (
        Column("receipt"),
        Column("order"),
        Column("line"),
        Column("quantity", "amount"),
        Column("on", "date"),
        _MADE,
        _ENTITY,
    ),
)
BILLS = Form(
    "bills",
    (
        Column("bill"),
        Column("supplier"),
        Column("on", "date"),
        Column("currency", "currency"),
        Column("name"),
        Column("quantity", "amount"),
        Column("price", "amount"),
        Column("net", "amount"),
        Column("total", "amount"),
        Column("kind", "choice", required=False, choices=("bill", "credit")),
        Column("due_on", "date", required=False),
        Column("order", required=False),
        Column("order_line", required=False),
        Column("sku", required=False),
        Column("account", required=False),
        Column("tax_key", required=False),
        Column("tax_rate", "amount", required=False),
        Column("tax", "amount", required=False),
        Column("iban", required=False),
        Column("refers_to", required=False),
        *(Column(d, required=False) for d in DIMENSIONS),
        _MADE,
        _ENTITY,
    ),
)
FORMS = {"suppliers": SUPPLIERS, "orders": ORDERS, "receipts": RECEIPTS, "bills": BILLS}
# What a file's rows are summed by, for figures to be held against: nothing of a supplier is an amount.
AMOUNT_OF = {"orders": "quantity", "receipts": "quantity", "bills": "net"}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One row as it was told: its number in the file and its values by column."""

    row: int
    texts: dict[str, str]
    amounts: dict[str, Decimal]
    days: dict[str, date]
    terms_days: int | None = None

    def text(self, name: str, default: str = "") -> str:
        """The text in a column, `default` where the cell is empty or the column missing."""
        return self.texts.get(name) or default

    @property
    def dimensions(self) -> dict[str, str]:
        """The source's own keys of the dimensions that the row fills, by dimension."""
        return {d: self.texts[d] for d in DIMENSIONS if self.texts.get(d)}


def form_of(name: str, options: Mapping[str, Any]) -> str:
    """Which form a file has: as the interface says, or as a word of its name does. "" where neither
    says, or where its name says several."""
    said = str(options.get("form", ""))
    words = set(re.split(r"[^a-z]+", name.lower()))
    named = [f for f in FORMS if words & {f, f.removesuffix("s")}]
    return said or (named[0] if len(named) == 1 else "")


def told_rows(content: Any, form: str, options: Mapping[str, Any]) -> list[list[Told]]:
    """The rows of each thing that a file tells, checked. Raises TableError."""
    check = _CHECKS[form]
    rows = list(checked_rows(content, FORMS[form], options, lambda row: _told(row, check, options)))
    things = [list(rows) for _, rows in groupby(rows, key=lambda x: key_of(form, x))]
    problems = list(_problems(form, things))
    if problems:
        raise TableError(problems)
    return things


def key_of(form: str, told: Told) -> str:
    """The source key of a row's thing."""
    match form:
        case "suppliers":
            return f"supplier:{told.text('supplier')}"
        case "orders":
            return f"order:{told.text('order')}"
        case "receipts":
            return f"receipt:{told.text('receipt')}:{told.text('line')}"
        case _:
            return f"bill:{told.text('supplier')}:{told.text('bill')}"


def _told(row: Row, check: Callable[[Row], None], options: Mapping[str, Any]) -> Told:
    check_entity(row, options)
    check(row)
    values = {n: v for n, v in row.values.items() if v is not None}
    return Told(
        row=row.number,
        texts={n: v for n, v in values.items() if isinstance(v, str)},
        amounts={n: v for n, v in values.items() if isinstance(v, Decimal)},
        days={n: v for n, v in values.items() if isinstance(v, date)},
        terms_days=row.values.get("terms_days"),
    )


def _supplier(row: Row) -> None:
    iban = row.text("iban").replace(" ", "").upper()
    if iban and not is_iban(iban):
        raise RowError("iban", "ISO 13616", "its check digits or its shape are wrong")
    country = row.text("country")
    if country and not (len(country) == 2 and country.isalpha() and country.isupper()):
        raise RowError("country", "ISO 3166", f"{country[:10]!r}: two capital letters were expected")
    days = row.values.get("terms_days")
    if days is not None and not 0 <= days <= 365:
        raise RowError("terms_days", "terms", f"{days}: 0 to 365 days were expected")


def _order(row: Row) -> None:
    _positive(row, "quantity", "price")
    begin, end = row.values.get("from_on"), row.values.get("to_on")
    if (begin is None) != (end is None):
        missing = "from_on" if begin is None else "to_on"
        raise RowError(missing, "service days", "a service has its first and its last day, or neither")
    if (
        begin is not None
        and end is not None
        and not begin <= end <= begin.replace(year=begin.year + 20, day=1)
    ):
        raise RowError("to_on", "service days", f"{end}: a day from {begin} on was expected, within 20 years")


def _receipt(row: Row) -> None:
    if not row.values["quantity"]:
        raise RowError("quantity", "quantity", "nothing came: a quantity that is not 0 was expected")


def _bill(row: Row) -> None:
    _positive(row, "quantity", "total")
    net, tax = row.values["net"], row.values.get("tax") or Decimal(0)
    wanted = row.values["quantity"] * row.values["price"]
    if abs(net - wanted) > Decimal("0.02"):
        raise RowError("net", "quantity x price", f"{net}: its quantity and price come to {wanted:f}")
    if tax and not row.text("tax_key"):
        raise RowError("tax_key", "tax", "a tax needs its key")
    iban = row.text("iban").replace(" ", "").upper()
    if iban and not is_iban(iban):
        raise RowError("iban", "ISO 13616", "its check digits or its shape are wrong")
    for name in ("net", "total", "tax"):
        try:
            Amount.exact(row.values.get(name) or Decimal(0), row.text("currency"))
        except MoneyError as error:
            raise RowError(name, "minor unit", str(error)) from None


def _positive(row: Row, *names: str) -> None:
    for name in names:
        if row.values[name] <= 0:
            raise RowError(name, "positive", f"{row.values[name]} is not above zero")


_CHECKS: dict[str, Callable[[Row], None]] = {
    "suppliers": _supplier, "orders": _order, "receipts": _receipt, "bills": _bill,
}  # fmt: skip
_HEADS = {
    "orders": ("supplier", "on", "currency", "status"),
    "bills": ("on", "currency", "total", "kind", "due_on", "iban", "refers_to"),
}


def _problems(form: str, things: list[list[Told]]) -> Iterator[Problem]:
    """What no single row shows: things that stand apart, heads that differ, sums that do not hold."""
    seen: dict[str, int] = {}
    for rows in things:
        key, first = key_of(form, rows[0]), rows[0]
        if key in seen:
            what = f"{key} stood in row {seen[key]} already: rows of one thing stand together, each once"
            yield Problem(first.row, "", "once", what)
        seen[key] = first.row
        if form in ("suppliers", "receipts") and len(rows) > 1:
            yield Problem(rows[1].row, "", "once", f"{key} stands twice")
        for row in rows[1:]:
            for name in _HEADS.get(form, ()):
                if _value(row, name) != _value(first, name):
                    what = f"{_value(row, name)} is not {_value(first, name)} of row {first.row}"
                    yield Problem(row.row, name, "one head", what)
        if form == "orders":
            lines = [r.text("line") for r in rows]
            for row in rows:
                if lines.count(row.text("line")) > 1:
                    yield Problem(row.row, "line", "once", f"line {row.text('line')!r} stands twice")
        if form == "bills":
            found = sum((r.amounts["net"] + r.amounts.get("tax", Decimal(0)) for r in rows), Decimal(0))
            if found != first.amounts["total"]:
                what = f"{first.amounts['total']}: its rows come to {found}"
                yield Problem(first.row, "total", "total", what)


def _value(told: Told, name: str) -> object:
    return told.texts.get(name) or told.days.get(name) or told.amounts.get(name)
