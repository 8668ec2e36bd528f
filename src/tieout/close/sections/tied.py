"""The tie-out of the period: by its sources' month, and by the ledger's with the bridge between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.close.sections.asked import Asked
from tieout.close.sheet import Cell, Column, Formula, Section, Sum, Table, amount_text, instant_text
from tieout.proofs import TieOutRow, kept_ledger_months, tie_out

_BUCKETS = ("source", "posted", "waiting", "in_exception", "excluded")
_OF_SOURCE = (
    Column("interface", "Interface"),
    Column("currency", "Currency"),
    Column("documents", "Documents", "count"),
    Column("source", "Source's total", "amount"),
    Column("posted", "Posted", "amount"),
    Column("waiting", "Waiting", "amount"),
    Column("in_exception", "In exception", "amount"),
    Column("excluded", "Excluded", "amount"),
    Column("residual", "Residual", "amount"),
    Column("ledger_gap", "Ledger differs", "amount"),
    Column("proven", "Proven"),
)
_BRIDGE = (
    Column("interface", "Interface"),
    Column("currency", "Currency"),
    Column("posted", "Posted of the source's month", "amount"),
    Column("elsewhere", "In another month of the ledger", "amount"),
    Column("from_elsewhere", "Of another month of its source", "amount"),
    Column("held", "In the ledger, held by a case", "amount"),
    Column("ledger_month", "The ledger's month", "amount"),
    Column("in_ledger", "The ledger's own lines", "amount"),
    Column("residual", "Residual", "amount"),
    Column("items", "Items", "count"),
)
_ITEMS = (
    Column("interface", "Interface"),
    Column("why", "Why"),
    Column("document", "Document"),
    Column("number", "Number"),
    Column("stated", "Source's day", "day"),
    Column("on", "Ledger's day", "day"),
    Column("currency", "Currency"),
    Column("amount", "Amount", "amount"),
)
_ACCOUNTS = (
    Column("account", "Account"),
    Column("currency", "Currency"),
    Column("moved", "Moved, as the ledger sums it", "amount"),
    Column("ours", "By documents", "amount"),
    Column("others", "By others", "amount"),
    Column("residual", "Residual", "amount"),
)


def read_source_month(asked: Asked) -> list[TieOutRow]:
    """The entity's rows of the tie-out that are of the period."""
    found = tie_out(asked.connection, asked.release)
    return [r for r in found if r.entity == asked.entity and r.period == str(asked.period)]


def source_month_section(rows: Sequence[TieOutRow]) -> Section:
    """Source total = posted + waiting + in exception + excluded + residual, net, by interface and currency."""
    table = Table(
        "source_month", _OF_SOURCE, tuple(_of_source(r) for r in rows),
        sums=tuple(Sum(of, ("currency",)) for of in (*_BUCKETS, "residual", "ledger_gap")),
        formulas=(Formula("residual", ("source",), ("posted", "waiting", "in_exception", "excluded")),),
        empty="Nothing of the period came.",
    )  # fmt: skip
    return Section("source_month", "Tie-out by the sources' month", (table,), (_tied(rows),))


def _of_source(r: TieOutRow) -> tuple[Cell, ...]:
    return (
        r.interface,
        r.currency,
        None if r.source is None else str(r.source.count),
        amount_text(None if r.source is None else r.source.net),
        *(amount_text(getattr(r, n).net) for n in _BUCKETS[1:]),
        amount_text(None if r.residual is None else r.residual.net),
        amount_text(r.ledger_gap),
        "yes" if r.proven else "no",
    )


def _tied(rows: Sequence[TieOutRow]) -> str:
    wrong = sum(not r.proven for r in rows)
    if not wrong:
        return "Net, count, debit and credit of every source are accounted for: the residual is 0.00."
    return f"{wrong} of {len(rows)} rows are not proven in net, count, debit and credit."


@dataclass(frozen=True)
class LedgerMonthRows:
    """A month of the ledger as it was read last, with when that was, in its zone ("": never)."""

    read_at: str = ""
    bridge: Sequence[dict[str, Any]] = ()
    accounts: Sequence[dict[str, Any]] = field(default=())


def read_ledger_month(asked: Asked) -> LedgerMonthRows:
    """What is kept of the ledger's month."""
    found = kept_ledger_months(asked.connection, [asked.entity], str(asked.period), 1)
    if not found:
        return LedgerMonthRows()
    read_at: datetime = found[0]["read_at"]
    figures = found[0]["figures"]
    return LedgerMonthRows(instant_text(read_at, asked.zone) or "", figures["bridge"], figures["accounts"])


def ledger_month_section(rows: LedgerMonthRows) -> Section:
    """From what is posted of the sources' month to the ledger's own lines, every document of the bridge; then by account."""
    bridge = Table(
        "bridge", _BRIDGE, tuple(_bridge(r) for r in rows.bridge),
        sums=tuple(Sum(of, ("currency",)) for of in ("posted", "ledger_month", "in_ledger", "residual")),
        formulas=(
            Formula("ledger_month", ("posted", "from_elsewhere", "held"), ("elsewhere",)),
            Formula("residual", ("ledger_month",), ("in_ledger",)),
        ),
        empty="Nothing of the period is in the ledger.",
    )  # fmt: skip
    items = [c for r in rows.bridge for c in (*(_item(r, i) for i in r["items"]), *_more(r))]
    named = Table("bridge_items", _ITEMS, tuple(items), (Sum("amount", ("interface", "why", "currency")),),
                  title="What the bridge is made of",
                  empty="No document counts in one month and not in the other.")  # fmt: skip
    accounts = Table(
        "ledger_accounts", _ACCOUNTS, tuple(_account(r) for r in rows.accounts),
        sums=(Sum("residual", ("currency",)),),
        formulas=(Formula("residual", ("moved",), ("ours", "others")),),
        title="By account", empty="No account moved.",
    )  # fmt: skip
    said = [
        f"As the ledger was read at {rows.read_at[:16].replace('T', ' ')}."
        if rows.read_at
        else "The ledger's month was not read."
    ]
    if left := sum(r["count"] - len(r["items"]) for r in rows.bridge):
        said.append(
            f"{left} more documents of the bridge are in its sums, and named neither here nor in an evidence pack: `tieout tieout --json` "
            "reads them from the ledger."
        )
    return Section("ledger_month", "Tie-out by the ledger's month", (bridge, named, accounts), tuple(said))


def _bridge(r: dict[str, Any]) -> tuple[Cell, ...]:
    names = ("posted", "elsewhere", "from_elsewhere", "held", "ledger_month", "in_ledger", "residual")
    return (r["interface"], r["currency"], *(amount_text(Decimal(r[n])) for n in names), str(r["count"]))


def _item(row: dict[str, Any], i: dict[str, str]) -> tuple[Cell, ...]:
    return (
        row["interface"],
        i["why"],
        i["document"],
        i["number"],
        i["stated"],
        i["on"],
        row["currency"],
        amount_text(Decimal(i["amount"])),
    )


def _more(row: dict[str, Any]) -> list[tuple[Cell, ...]]:
    """Those of a row that are not kept one by one, a sort each: how many, and what they come to."""
    return [
        (row["interface"], m["why"], f"{m['count']} more", "", None, None, row["currency"], amount_text(Decimal(m["amount"])))
        for m in row.get("more", ())
    ]  # fmt: skip


def _account(r: dict[str, Any]) -> tuple[Cell, ...]:
    ours = sum((Decimal(x) for x in r["by_interface"].values()), Decimal(0))
    return (
        r["account"],
        r["currency"],
        amount_text(Decimal(r["moved"])),
        amount_text(ours),
        amount_text(Decimal(r["others"])),
        amount_text(Decimal(r["residual"])),
    )
