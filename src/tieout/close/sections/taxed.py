"""Taxes of the period: what documents say, what the ledger's tax lines say, each difference; and what was filed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tieout.close.sections.asked import Asked
from tieout.close.sheet import Cell, Column, Formula, Section, Sum, Table, amount_text, day_text, instant_text
from tieout.proofs import kept_filings, kept_taxes, tax_verdict

_TAXES = (
    Column("jurisdiction", "Jurisdiction"),
    Column("tax", "Tax"),
    Column("use", "Of"),
    Column("currency", "Currency"),
    Column("source", "Source", "amount"),
    Column("in_ledger", "In the ledger", "amount"),
    Column("differences", "Differences", "amount"),
    Column("base", "Base in the ledger", "amount"),
    Column("falls_due", "Fell due on payment", "amount"),
    Column("open", "Not settled", "count"),
)
_DIFFERENCES = (
    Column("tax", "Tax"),
    Column("why", "Why"),
    Column("number", "Document or entry"),
    Column("on", "Day", "day"),
    Column("currency", "Currency"),
    Column("amount", "Source less ledger", "amount"),
    Column("base", "Base", "amount"),
    Column("told", "Told by"),
    Column("settled", "Settled"),
)
_FILED = (
    Column("filing", "Filing"),
    Column("report", "Return"),
    Column("first", "From", "day"),
    Column("last", "To", "day"),
    Column("reference", "Reference"),
    Column("by", "Declared by"),
    Column("stands", "Stands"),
    Column("entered", "Entered since", "count"),
)
_ENTERED = (
    Column("filing", "Filing"),
    Column("entry", "Entry"),
    Column("on", "Day", "day"),
    Column("how", "How"),
    Column("tax", "Tax"),
    Column("currency", "Currency"),
    Column("amount", "Tax more than filed", "amount"),
    Column("base", "Base", "amount"),
    Column("by", "Made by"),
)


@dataclass(frozen=True)
class TaxSheet:
    """The month's taxes as they were read last, with when that was in its zone ("": never); filings that reach into it."""

    read_at: str
    rows: Sequence[dict[str, Any]]
    filings: Sequence[dict[str, Any]]
    currency: str


def read_taxes(asked: Asked) -> TaxSheet:
    """What is kept of the month's taxes, and of the filings of these days."""
    months = kept_taxes(asked.connection, [asked.entity], str(asked.period), 1)
    filings = [
        f
        for f in kept_filings(asked.connection, [asked.entity])
        if f["first"] <= asked.period.last and asked.period.first <= f["last"]
    ]
    read_at = instant_text(months[0]["read_at"], asked.zone) or "" if months else ""
    own = asked.release.entities[asked.entity].currency
    return TaxSheet(read_at, months[0]["figures"] if months else (), filings, own)


def taxes_section(sheet: TaxSheet) -> Section:
    """Source = in the ledger + differences, by tax and jurisdiction; each difference; what was filed and what entered it since."""
    rows = tuple(_row(r) for r in sheet.rows)
    named = tuple(c for r in sheet.rows for c in (*(_difference(r, d) for d in r["differences"]), *_more(r)))
    filed = tuple(_filed(f) for f in sheet.filings)
    entered = tuple(_entered(e, sheet.currency) for f in sheet.filings if f["stands"] for e in f["entered"])
    tables = (
        Table("taxes", _TAXES, rows, tuple(Sum(of, ("tax", "use", "currency")) for of in ("source", "in_ledger", "differences")),
              formulas=(Formula("differences", ("source",), ("in_ledger",)),), empty="Nothing is taxed."),
        Table("tax_differences", _DIFFERENCES, named, (Sum("amount", ("tax", "currency")),), title="Differences",
              empty="Source and ledger are the same."),
        Table("tax_filings", _FILED, filed, title="What was filed", empty="Nobody declared the period as filed."),
        Table("tax_entered", _ENTERED, entered, (Sum("amount", ("tax", "currency")),), title="Entered a filed period",
              empty="Nothing entered a filed period."),
    )  # fmt: skip
    said = (
        [f"Read from the ledger at {sheet.read_at[:16].replace('T', ' ')}."]
        if sheet.read_at
        else ["The ledger's taxes were not read."]
    )
    if sheet.rows:
        said.append(f"{tax_verdict(sheet.rows)[1]}.")
    return Section("taxes", "Taxes", tables, tuple(said))


def _row(r: dict[str, Any]) -> tuple[Cell, ...]:
    apart = Decimal(r["source"]) - Decimal(r["in_ledger"])
    return (
        r["jurisdiction"], r["tax"], r["use"], r["currency"], amount_text(Decimal(r["source"])),
        amount_text(Decimal(r["in_ledger"])), amount_text(apart), amount_text(Decimal(r["base"])),
        amount_text(Decimal(r["falls_due"])), str(r["open"]),
    )  # fmt: skip


def _difference(r: dict[str, Any], d: dict[str, Any]) -> tuple[Cell, ...]:
    return (
        r["tax"], d["why"], d["number"], d["on"], r["currency"], amount_text(Decimal(d["tax"])),
        amount_text(Decimal(d["base"])), d["told"], "no" if d["open"] else "yes",
    )  # fmt: skip


def _more(r: dict[str, Any]) -> list[tuple[Cell, ...]]:
    """Those of a row that are not kept one by one, as one: how many, and what they come to."""
    m = r.get("more")
    if not m:
        return []
    left = f"{m['count']} more, {m['open']} of them not settled"
    return [
        (r["tax"], left, "", None, r["currency"], amount_text(Decimal(m["tax"])), amount_text(Decimal(m["base"])), "", "")
    ]  # fmt: skip


def _filed(f: dict[str, Any]) -> tuple[Cell, ...]:
    return (
        str(f["number"]), f["report"], day_text(f["first"]), day_text(f["last"]), f["reference"], f["declared_by"],
        "yes" if f["stands"] else "no", str(f["count"]),
    )  # fmt: skip


def _entered(e: dict[str, Any], currency: str) -> tuple[Cell, ...]:
    return (
        str(e["filing"]), e["entry"], e["on"], e["how"], e["tax"], currency, amount_text(Decimal(e["amount"])),
        amount_text(Decimal(e["base"])), e["by"],
    )  # fmt: skip
