"""Which tasks a close has, when each is due, and when it will be done: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tieout.close.cutting_off import cut_off_sources
from tieout.close.model import Task
from tieout.close.revaluing import revaluation_interface
from tieout.money import Period
from tieout.payables import accrual_interface
from tieout.rules import Release

# Name, check, business day, minutes; after what it comes.
_CASES, _BANK, _CLEARING, _PAIRS, _LEDGER, _LOCK = (
    "cases decided", "bank reconciled", "clearing explained", "intercompany nets", "ledger is ours", "books locked",
)  # fmt: skip
FINAL, _REVALUED, _CUT_OFF = "close", "foreign items revalued", "sales cut off"
_ACCRUED, _ITEMISED, _TAXES = "purchases accrued", "accounts itemised", "taxes tie out"
_LATE = "late events decided"


def tasks_of(release: Release, entity: str, period: Period) -> list[Task]:
    """The machine's own tasks of an entity, those of its people, and the close itself, each after what
    it needs."""
    rules, zone = release.closing.of(entity), release.entities[entity].zone
    last = rules.business_day
    tasks: list[Task] = []

    def add(
        name: str, check: str, day: int, after: tuple[str, ...] = (), owner: str = "controller", **more: Any
    ) -> None:
        due = datetime.combine(rules.calendar.following(period.last, day), rules.at, zone)
        tasks.append(
            Task(name=name, entity=entity, owner=owner, due_at=due, check=check, after=after, **more)
        )

    for interface in release.interfaces.values():
        if interface.entity == entity and interface.close_critical:
            name = f"complete: {interface.name}"
            add(name, "complete", min(2, last), owner=interface.owner, subject=interface.name)
    complete = tuple(t.name for t in tasks)
    roles = {r.key for r in release.mappings["accounts"].rows} if "accounts" in release.mappings else set()
    taxes = release.mappings["taxes"].rows if "taxes" in release.mappings else ()
    for name, check, needed in (
        (_BANK, "bank", any(r.startswith("bank.") for r in roles)),
        (_CLEARING, "clearing", any(r.startswith("clearing.") for r in roles)),
        (_PAIRS, "intercompany", len(release.entities) > 1),
        (_CUT_OFF, "cut_off", bool(cut_off_sources(release, entity))),
        (_ACCRUED, "accrued", accrual_interface(release, entity) is not None),
        (_TAXES, "taxes", bool(taxes)),
        (_REVALUED, "revalued", revaluation_interface(release, entity) is not None),
    ):
        if needed:
            add(name, check, min(3, last), complete)
    add(_LATE, "late", min(3, last), complete)
    proofs = tuple(t.name for t in tasks)
    add(_LEDGER, "ledger", min(3, last), complete)
    add(_ITEMISED, "itemised", min(3, last), complete)
    add(_CASES, "cases", min(4, last), (*proofs, _ITEMISED))
    for manual in release.closing.tasks:
        if manual.entity == entity:
            add(manual.name, "", manual.business_day, manual.after, manual.owner, minutes=manual.minutes)
    add(_LOCK, "lock", last, (_CASES, _LEDGER, _ITEMISED))
    add(FINAL, "close", last, tuple(t.name for t in tasks))
    return tasks


def forecast(
    tasks: Sequence[Task], done: Mapping[str, datetime], now: datetime
) -> tuple[dict[str, datetime], tuple[str, ...]]:
    """When each task will be done, and the chain that decides the last one's end. What is done was done
    when it was; anything else begins once all before it are done. A task that names an unknown one, or
    itself in the end, is not held back by it."""
    by_name = {t.name: t for t in tasks}
    ends: dict[str, datetime] = dict(done)
    chain: dict[str, str] = {}
    visiting: set[str] = set()

    def end(name: str) -> datetime:
        if name in ends:
            return ends[name]
        visiting.add(name)
        start, last = now, ""
        for before in by_name[name].after:
            if before in by_name and before not in visiting and end(before) > start:
                start, last = end(before), before
        visiting.discard(name)
        chain[name] = last
        ends[name] = start + timedelta(minutes=by_name[name].minutes)
        return ends[name]

    for task in tasks:
        end(task.name)
    path: list[str] = []
    name = max((t.name for t in tasks if t.name not in done), key=lambda n: ends[n], default="")
    while name:
        path.append(name)
        name = chain.get(name, "")
    return ends, tuple(reversed(path))
