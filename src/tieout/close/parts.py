"""The parts of the printed close, in order: what each reads, and how its rows become a section."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tieout.close.sections import certified, decided, governed, items, late, tasks, taxed, tied, waived
from tieout.close.sections.asked import Asked
from tieout.close.sheet import Section


class Part(NamedTuple):
    """`read` reads a part's rows from the database alone; `section` makes its section of them, purely."""

    key: str
    read: Callable[[Asked], Any]
    section: Callable[[Any], Section]


PARTS: tuple[Part, ...] = (
    Part("tasks", tasks.read_tasks, tasks.tasks_section),
    Part("revoked", tasks.read_revoked, tasks.revoked_section),
    Part("source_month", tied.read_source_month, tied.source_month_section),
    Part("ledger_month", tied.read_ledger_month, tied.ledger_month_section),
    Part("governed", governed.read_governed, governed.governed_section),
    Part("certified", certified.read_certified, certified.certified_section),
    Part("standing", items.read_items, items.items_section),
    Part("taxes", taxed.read_taxes, taxed.taxes_section),
    Part("late", late.read_late, late.late_section),
    Part("cases", decided.read_cases, decided.cases_section),
    Part("waived", waived.read_waived, waived.waived_section),
    Part("arrivals", tasks.read_arrivals, tasks.arrivals_section),
    Part("locks", decided.read_locks, decided.locks_section),
)


def sections_of(asked: Asked) -> list[Section]:
    """Every section of a close as the database has it now. Asks no system."""
    return [p.section(p.read(asked)) for p in PARTS]
