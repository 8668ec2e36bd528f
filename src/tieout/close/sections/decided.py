"""What people decided of the period: its cases, what was left out, and the locks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tieout.cases.model import CaseState
from tieout.close.sections.asked import Asked
from tieout.close.sheet import Cell, Column, Section, Sum, Table, amount_text, instant_text
from tieout.store import Queries

_SQL = Queries("tieout.close.sections")
_OPEN = (
    Column("cause", "Cause"),
    Column("interface", "Interface"),
    Column("key", "Of"),
    Column("period", "Period"),
    Column("currency", "Currency"),
    Column("amount", "At risk", "amount"),
    Column("owner", "Owner"),
    Column("opened_at", "Opened", "instant"),
    Column("detail", "What it says"),
)
_DECIDED = (
    Column("cause", "Cause"),
    Column("interface", "Interface"),
    Column("key", "Of"),
    Column("currency", "Currency"),
    Column("amount", "At risk", "amount"),
    Column("opened_at", "Opened", "instant"),
    Column("decided_at", "Decided", "instant"),
    Column("by", "By"),
    Column("resolution", "How"),
)
_LOCKS = (
    Column("at", "When", "instant"),
    Column("by", "By"),
    Column("books", "Books"),
    Column("until", "Locked until", "day"),
)


def read_cases(asked: Asked) -> list[dict[str, Any]]:
    """Cases of the period, and those of before that are open; instants as texts."""
    return [
        {**r, "opened_at": instant_text(r["opened_at"], asked.zone),
         "solved_at": instant_text(r["solved_at"], asked.zone)}
        for r in asked.connection.execute(_SQL["cases"], asked.given).fetchall()
    ]  # fmt: skip


def cases_section(rows: Sequence[dict[str, Any]]) -> Section:
    """What is open of the period or before it, and what was decided of the period, by cause with the money at risk."""
    still = tuple(_open(r) for r in rows if r["state"] == CaseState.OPEN)
    decided = tuple(_decided(r) for r in rows if r["state"] != CaseState.OPEN)
    tables = (
        Table("open_cases", _OPEN, still, (Sum("amount", ("cause", "currency")),), title="Open",
              empty="No case is open."),
        Table("decided_cases", _DECIDED, decided, (Sum("amount", ("cause", "currency")),), title="Decided",
              empty="No case was decided."),
    )  # fmt: skip
    return Section("cases", "Cases", tables)


def _open(r: dict[str, Any]) -> tuple[Cell, ...]:
    names = ("owner", "opened_at", "detail")
    return (
        r["cause"], r["interface"], r["source_key"], r["period"], r["currency"], amount_text(r["amount"]),
        *(r[n] for n in names),
    )  # fmt: skip


def _decided(r: dict[str, Any]) -> tuple[Cell, ...]:
    names = ("opened_at", "solved_at", "solved_by", "resolution")
    return (
        r["cause"],
        r["interface"],
        r["source_key"],
        r["currency"],
        amount_text(r["amount"]),
        *(r[n] for n in names),
    )


def read_locks(asked: Asked) -> list[tuple[Cell, ...]]:
    """Every lock that was set from here for the period."""
    rows = asked.connection.execute(_SQL["locks"], {"subject": f"{asked.entity}:{asked.period}"}).fetchall()
    told = [(r["at"], r["actor"], json.loads(r["detail"])) for r in rows]
    return [(instant_text(at, asked.zone), by, lock["kind"], lock["until"]) for at, by, lock in told]


def locks_section(rows: Sequence[tuple[Cell, ...]]) -> Section:
    """Who locked which books from here; what the ledger's own people locked stands in the task's evidence."""
    table = Table("locks", _LOCKS, tuple(rows), empty="No lock was set from here: see the task's evidence.")
    return Section("locks", "Locks", (table,))
