"""The declared form of a payroll run: one row an employee and component.

What goes to the ledger are totals by component and dimension; what a person earns stays in the
vault of messages, unless the interface says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from tieout.connector_api import Control, EntryRow, RowError, check_entity, checked_rows
from tieout.formats.tables import Column, Form, Problem, Row, TableError

RUN = Form(
    "payroll run",
    (
        Column("run"),
        Column("period"),
        Column("pay_date", "date"),
        Column("employee", required=False),
        Column("component"),
        Column("amount", "amount"),
        Column("currency", "currency"),
        Column("group", required=False),
        Column("cost_centre", required=False),
        Column("project", required=False),
        Column("prepared_by", required=False),
        Column("entity", required=False),
    ),
)
TOTAL = "TOTAL"
_SIDES = re.compile(r"(?:debit (?P<debit>\S+))?\s*(?:credit (?P<credit>\S+))?")
Rows = Callable[[], Iterator["PayrollRow"]]


class Component(NamedTuple):
    """Where a component is booked: a cost has both sides, wages a debit, a deduction a credit."""

    debit: str
    credit: str


class PayrollRow(NamedTuple):
    number: int
    run: str
    period: str
    row: Row
    amount: Decimal
    component: str


def components_of(options: Mapping[str, Any]) -> dict[str, Component]:
    """The components that an interface declares: `debit ACCOUNT`, `credit ACCOUNT`, or both.

    Raises TableError where there are none, or one cannot be read.
    """
    found = {}
    for name, text in dict(options.get("components", {})).items():
        match = _SIDES.fullmatch(text.strip())
        if match is None or not (match["debit"] or match["credit"]):
            what = f"components.{name} = {text!r}: expected debit ACCOUNT, credit ACCOUNT, or both"
            raise TableError([Problem(0, "", "components", what)])
        found[name] = Component(match["debit"] or "", match["credit"] or "")
    if not found:
        what = "the interface declares no components: [options.components] says what each one is"
        raise TableError([Problem(0, "", "components", what)])
    return found


def payroll_rows(content: Any, options: Mapping[str, Any]) -> Iterator[PayrollRow]:
    """Every row of a run. Raises TableError, at the latest after the last row."""
    known = components_of(options)

    def value(row: Row) -> PayrollRow:
        component, period = row.text("component"), row.text("period")
        if component not in known:
            raise RowError("component", "component", f"{component!r} is none of {', '.join(sorted(known))}")
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", period):
            raise RowError("period", "period", f"{period!r} is no month, such as 2026-10")
        check_entity(row, options)
        if row.text("run") != TOTAL and not row.text("employee"):
            raise RowError("employee", "required", "is empty")
        return PayrollRow(row.number, row.text("run"), period, row, row.values["amount"], component)

    return checked_rows(content, RUN, options, value)


def entry_rows(rows: Rows, options: Mapping[str, Any]) -> Iterator[EntryRow | Control]:
    """The run as an entry: totals by component and dimension, or with `detail = "person"` a line for
    each of its rows; and the figures that the file says of itself."""
    known = components_of(options)
    detailed = options.get("detail", "totals") == "person"
    sums: dict[tuple[str, ...], list[Any]] = {}
    stated: dict[str, dict[str, Decimal]] = {}
    held: dict[str, dict[str, Decimal]] = {}
    heads: dict[str, tuple[Any, ...]] = {}
    problems: list[Problem] = []
    net: dict[str, Decimal] = {}
    for r in rows():
        currency = r.row.text("currency")
        if r.run == TOTAL:
            totals = stated.setdefault(currency, {})
            totals[r.component] = totals.get(r.component, Decimal(0)) + r.amount
            continue
        if heads.setdefault(r.run, head := _head(r)) != head:
            what = "period, pay date, group or currency is not that of the run's first row"
            problems.append(Problem(r.number, "run", "one head", what))
        both = held.setdefault(currency, {})
        both[r.component] = both.get(r.component, Decimal(0)) + r.amount
        if not known[r.component].debit:
            net[r.run] = net.get(r.run, Decimal(0)) + r.amount
        if not detailed:
            key = (r.run, r.component, *_dimensions(r, known).values())
            total = sums.setdefault(key, [r, Decimal(0)])
            total[1] += r.amount
    problems += _compare(stated, held)
    if problems:
        raise TableError(problems)
    if detailed:
        for r in rows():
            if r.run != TOTAL:
                yield from _sides(r, r.amount, known, net[r.run], r.row.text("employee"))
    else:
        # Rows of a run stand together, whatever the order of the file.
        for _, (first, amount) in sorted(sums.items(), key=lambda item: item[0]):
            yield from _sides(first, amount, known, net.get(first.run, Decimal(0)), "")
    yield from _controls(stated, heads, known)


def _dimensions(r: PayrollRow, known: dict[str, Component]) -> dict[str, str]:
    """A cost stands on its dimensions; what is owed for it is owed by the company as a whole."""
    if not known[r.component].debit:
        return {}
    return {d: r.row.text(d) for d in ("cost_centre", "project")}


def _head(r: PayrollRow) -> tuple[Any, ...]:
    return (r.period, r.row.values["pay_date"], r.row.text("group"), r.row.text("currency"))


def _compare(stated: dict[str, dict[str, Decimal]], held: dict[str, dict[str, Decimal]]) -> Iterator[Problem]:
    for currency, totals in stated.items():
        mine = held.get(currency, {})
        for component in sorted({*totals, *mine}):
            said, there = totals.get(component, Decimal(0)), mine.get(component, Decimal(0))
            if said != there:
                what = f"{component}: the file says {said} {currency}, its rows are {there}"
                yield Problem(0, "amount", "control figures", what)


def _sides(
    r: PayrollRow, amount: Decimal, known: dict[str, Component], net: Decimal, employee: str
) -> Iterator[EntryRow]:
    """The lines of a component: a debit, a credit, or both."""
    component, row = known[r.component], r.row
    pay_date = row.values["pay_date"]
    twin = f"payroll:{row.text('group')}:{r.period}:{pay_date}:{row.text('currency')}:{net}"
    dimensions = {d: v for d, v in _dimensions(r, known).items() if v}
    for account, value in ((component.debit, amount), (component.credit, -amount)):
        if account and value:
            yield EntryRow(
                entry=r.run,
                number=r.number,
                on=pay_date,
                currency=row.text("currency"),
                account=account,
                amount=value,
                reference=r.run,
                text=f"{r.component} {employee}".strip(),
                dimensions=dimensions if value > 0 else {},
                prepared_by=row.text("prepared_by"),
                twin=twin,
                nature="payroll_run",
            )


def _controls(
    stated: dict[str, dict[str, Decimal]], heads: dict[str, tuple[Any, ...]], known: dict[str, Component]
) -> Iterator[Control]:
    for currency, totals in stated.items():
        days = [head[1] for head in heads.values() if head[3] == currency]
        debit = sum((v for c, v in totals.items() if known[c].debit), Decimal(0))
        credit = sum((v for c, v in totals.items() if known[c].credit), Decimal(0))
        if days:
            yield Control(on=max(days), currency=currency, count=len(days), debit=debit, credit=credit)
