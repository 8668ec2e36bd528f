"""The declared form of a file of journals: one row a line, the rows of an entry together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tieout.connector_api import Control, EntryRow, RowError, check_entity, check_period, checked_rows, signed
from tieout.formats.tables import Column, Form, Row

JOURNALS = Form(
    "journals",
    (
        Column("entry"),
        Column("on", "date"),
        Column("account", required=False),
        Column("amount", "amount", required=False),
        Column("debit", "amount", required=False),
        Column("credit", "amount", required=False),
        Column("currency", "currency"),
        Column("reference", required=False),
        Column("text", required=False),
        Column("cost_centre", required=False),
        Column("project", required=False),
        Column("party", required=False),
        Column("party_name", required=False),
        Column("pair", required=False),
        Column("partner_entity", required=False),
        Column("reverses_on", "date", required=False),
        Column("from_on", "date", required=False),
        Column("to_on", "date", required=False),
        Column("prepared_by", required=False),
        Column("entity", required=False),
        Column("period", required=False),
        Column("entries", "integer", required=False),
    ),
)
BALANCES = Form(
    "trial balance",
    (
        Column("on", "date"),
        Column("account"),
        Column("currency", "currency"),
        Column("balance", "amount"),
        Column("entity", required=False),
        Column("period", required=False),
    ),
)
TOTAL = "TOTAL"


def journal_rows(content: Any, options: Mapping[str, Any]) -> Iterator[EntryRow | Control]:
    """The rows of a file of journals. Raises TableError, at the latest after the last row."""
    return checked_rows(content, JOURNALS, options, lambda row: _value(row, options))


def _value(row: Row, options: Mapping[str, Any]) -> EntryRow | Control:
    if row.text("entry") == TOTAL:
        return _control(row)
    on, back = row.values["on"], row.values["reverses_on"]
    if not row.text("account"):
        raise RowError("account", "required", "is empty")
    check_entity(row, options)
    check_period(row, on)
    if back is not None and back <= on:
        raise RowError("reverses_on", "reversal", f"{back} is not after {on}")
    first, last = row.values["from_on"], row.values["to_on"]
    if (first is None) != (last is None) or (first is not None and last < first):
        raise RowError("to_on", "span", "from_on and to_on go together, the first day first")
    if first is not None and back is not None:
        raise RowError("to_on", "span", "what takes itself back is not paid ahead as well")
    if first is not None and (last - first).days > 3700:
        raise RowError("to_on", "span", f"{first} to {last} is more than ten years")
    return EntryRow(
        entry=row.text("entry"),
        number=row.number,
        on=on,
        currency=row.text("currency"),
        account=row.text("account"),
        amount=signed(row),
        reference=row.text("reference"),
        text=row.text("text"),
        dimensions={d: row.text(d) for d in ("cost_centre", "project") if row.text(d)},
        party=row.text("party"),
        party_name=row.text("party_name"),
        pair=row.text("pair"),
        partner_entity=row.text("partner_entity"),
        reverses_on=back,
        from_on=first,
        to_on=last,
        prepared_by=row.text("prepared_by"),
        nature=str(options.get("nature", "journal")),
    )


def balance_rows(content: Any, options: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The rows of a trial balance: one an account and currency. Raises TableError."""
    seen: set[tuple[str, ...]] = set()

    def value(row: Row) -> dict[str, str]:
        check_entity(row, options)
        check_period(row, row.values["on"])
        key = (f"{row.values['on']}", row.text("account"), row.text("currency"))
        if key in seen:
            raise RowError("account", "once", f"account {key[1]} stands twice for {key[0]}")
        seen.add(key)
        return {"on": key[0], "account": key[1], "currency": key[2], "balance": str(row.values["balance"])}

    return checked_rows(content, BALANCES, options, value)


def _control(row: Row) -> Control:
    for name in ("debit", "credit", "entries"):
        if row.values[name] is None:
            raise RowError(name, "control figures", "a TOTAL row says debit, credit and entries")
    return Control(
        on=row.values["on"],
        currency=row.text("currency"),
        count=row.values["entries"],
        debit=row.values["debit"],
        credit=row.values["credit"],
    )
