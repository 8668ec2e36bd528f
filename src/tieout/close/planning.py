"""Which tasks a close has, when each is due, and when it will be done: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from tieout.close.model import Task
from tieout.close.revaluing import revaluation_interface
from tieout.money import Period
from tieout.rules import Release

# Name, check, business day, minutes; after what it comes.
_CASES, _BANK, _CLEARING, _PAIRS, _LEDGER, _LOCK = (
    "cases decided", "bank reconciled", "clearing explained", "intercompany nets", "ledger is ours", "books locked",
)  # fmt: skip
FINAL, _REVALUED = "close", "foreign items revalued"


def tasks_of(release: Release, entity: str, period: Period) -> list[Task]:
    """The machine's own tasks of an entity, those of its people, and the close itself, each after what
    it needs."""
    rules = release.closing.of(entity)
    code = release.entities[entity]

    def due(day: int) -> datetime:
        on = rules.calendar.following(period.last, day)
        return datetime.combine(on, rules.at, code.zone)

    last = rules.business_day
    tasks = []
    for interface in release.interfaces.values():
        if interface.entity == entity and interface.close_critical:
            tasks.append(
                Task(
                    name=f"complete: {interface.name}",
                    entity=entity,
                    owner=interface.owner,
                    due_at=due(min(2, last)),
                    check="complete",
                    subject=interface.name,
                )
            )
    complete = tuple(t.name for t in tasks)
    roles = {r.key for r in release.mappings["accounts"].rows} if "accounts" in release.mappings else set()
    wanted = [
        (_BANK, "bank", any(r.startswith("bank.") for r in roles)),
        (_CLEARING, "clearing", any(r.startswith("clearing.") for r in roles)),
        (_PAIRS, "intercompany", len(release.entities) > 1),
    ]
    for name, check, needed in wanted:
        if needed:
            tasks.append(
                Task(
                    name=name,
                    entity=entity,
                    owner="controller",
                    due_at=due(min(3, last)),
                    check=check,
                    after=complete,
                )
            )
    if revaluation_interface(release, entity) is not None:
        tasks.append(
            Task(
                name=_REVALUED,
                entity=entity,
                owner="controller",
                due_at=due(min(3, last)),
                check="revalued",
                after=complete,
            )
        )
    proofs = tuple(t.name for t in tasks)
    tasks.append(
        Task(
            name=_LEDGER,
            entity=entity,
            owner="controller",
            due_at=due(min(3, last)),
            check="ledger",
            after=complete,
        )
    )
    tasks.append(
        Task(
            name=_CASES,
            entity=entity,
            owner="controller",
            due_at=due(min(4, last)),
            check="cases",
            after=proofs,
        )
    )
    for manual in release.closing.tasks:
        if manual.entity == entity:
            tasks.append(
                Task(
                    name=manual.name,
                    entity=entity,
                    owner=manual.owner,
                    due_at=due(manual.business_day),
                    after=manual.after,
                    minutes=manual.minutes,
                )
            )
    tasks.append(
        Task(
            name=_LOCK,
            entity=entity,
            owner="controller",
            due_at=due(last),
            check="lock",
            after=(_CASES, _LEDGER),
        )
    )
    everything = tuple(t.name for t in tasks)
    tasks.append(
        Task(name=FINAL, entity=entity, owner="controller", due_at=due(last), check="close", after=everything)
    )
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
