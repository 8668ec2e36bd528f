"""Rules of a close as they hold for a period: what would make it easier holds from the next period on.

Whoever may write calendar.toml or an interface's file could raise a limit, or take a task away, on the last day of a close that
does not end. So the rules are kept as evidence whenever they become others, and a period is held to the strictest since it began.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.rules import ManualTask, Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
_ACTION = "close.rules"


def keep_rules(connection: Connection, release: Release, now: datetime) -> int:
    """Keep what an entity's close goes by, as evidence, where it is not what was kept last; of how many entities."""
    entries = []
    for entity in release.entities:
        said = json.dumps(_rules(release, entity), sort_keys=True)
        rows = _kept(connection, entity)
        if not rows or json.dumps(rows[-1][1], sort_keys=True) != said:
            entries.append(Entry(now, "bootstrap", _ACTION, entity, entity, json.loads(said)))
    if entries:
        record(connection, entries)
    return len(entries)


def since_it_began(connection: Connection, release: Release, entity: str, period: Period) -> Release:
    """The release as it holds for the close of a period: the lowest limit of cases since the period began, and every interface and
    task of people that its close had at any time since."""
    begins, _ = period.bounds(release.entities[entity].zone)
    rows = _kept(connection, entity)
    before = [rules for at, rules in rows if at <= begins][-1:]
    since = before + [rules for at, rules in rows if at > begins]
    if not since:
        return release
    rules, closing = release.closing.of(entity), release.closing
    limit = min([rules.case_limit, *(Decimal(x["case_limit"]) for x in since)])
    critical = {name for x in since for name in x["critical"]}
    interfaces = {
        name: replace(i, close_critical=True) if i.entity == entity and name in critical and not i.close_critical else i
        for name, i in release.interfaces.items()
    }  # fmt: skip
    known = {(t.entity, t.name) for t in closing.tasks}
    gone = {t["name"]: t for x in since for t in x["tasks"] if (entity, t["name"]) not in known}
    tasks = tuple(ManualTask(**{**t, "after": tuple(t["after"])}) for t in gone.values())
    entities = {**closing.entities, entity: replace(rules, case_limit=limit)}
    return replace(
        release,
        interfaces=interfaces,
        closing=replace(closing, entities=entities, tasks=(*closing.tasks, *tasks)),
    )


def _rules(release: Release, entity: str) -> dict[str, Any]:
    return {
        "case_limit": str(release.closing.of(entity).case_limit),
        "critical": sorted(
            i.name for i in release.interfaces.values() if i.entity == entity and i.close_critical
        ),
        "tasks": [asdict(t) for t in release.closing.tasks if t.entity == entity],
    }


def _kept(connection: Connection, entity: str) -> list[tuple[datetime, dict[str, Any]]]:
    """When the rules became others, and what they were from then on, the oldest first."""
    rows = connection.execute(_SQL["rules_kept"], {"entity": entity})
    return [(r["at"], json.loads(r["detail"])) for r in rows]
