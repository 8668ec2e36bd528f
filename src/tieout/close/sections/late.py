"""Late events: what of locked periods is booked in this one, and what was decided of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tieout.close.deciding_late import late_events
from tieout.close.late import late_figures, passed
from tieout.close.sections.asked import Asked
from tieout.close.sheet import Cell, Column, Section, Sum, Table, amount_text, instant_text

_LATE = (
    Column("document", "Document"),
    Column("interface", "Interface"),
    Column("of", "Period of the event"),
    Column("event_on", "Its day", "day"),
    Column("booked_on", "Booked on", "day"),
    Column("lock", "Lock"),
    Column("currency", "Currency"),
    Column("amount", "Amount", "amount"),
    Column("decision", "Decision"),
    Column("by", "By"),
    Column("at", "When", "instant"),
    Column("reason", "Reason"),
)


@dataclass(frozen=True)
class LateSheet:
    """The late events that are booked in a period as plain values, what is passed of them in all and how much may be."""

    events: Sequence[dict[str, Any]]
    together: Decimal
    most: Decimal
    currency: str


def read_late(asked: Asked) -> LateSheet:
    """What is kept of them, with what was decided."""
    rules = asked.release.closing.of(asked.entity)
    events = late_events(asked.connection, [asked.entity], str(asked.period))
    rows = [late_figures(e) | {"at": instant_text(e.at, asked.zone)} for e in events]
    own = asked.release.entities[asked.entity].currency
    return LateSheet(rows, passed(events, rules.late_limit), rules.late_materiality, own)


def late_section(sheet: LateSheet) -> Section:
    """Every late event with its period and the one that it is booked in, its amount and its decision."""
    table = Table(
        "late_events", _LATE, tuple(_row(e) for e in sheet.events), (Sum("amount", ("of", "decision", "currency")),),
        empty="Nothing of a locked period is booked in it.",
    )  # fmt: skip
    said = f"{sheet.together:.2f} {sheet.currency} is passed in all, of {sheet.most:.2f} at most."
    return Section("late", "Late events", (table,), (said,) if sheet.events else ())


def _row(e: dict[str, Any]) -> tuple[Cell, ...]:
    return (
        e["name"], e["interface"], e["of"], e["event_on"], e["booked_on"], e["lock"], e["currency"],
        amount_text(Decimal(e["amount"])), e["decision"] or ("held as a case" if e.get("held") else ""), e["by"], e["at"], e["reason"],
    )  # fmt: skip
