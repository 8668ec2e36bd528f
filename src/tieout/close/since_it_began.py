"""Rules of a close as they hold for a period: what would make it easier holds from the next period on.

Whoever may write calendar.toml or an interface's file could raise a limit, or take a task away, on the last day of a close that
does not end. So the rules are kept as evidence whenever they become others, and a period is held to the strictest since it began.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.close.declared_changes import as_declared
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.planning import sign_role_in
from tieout.rules import ManualTask, Release
from tieout.rules.itemised import ItemRule, item_rule
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
_ACTION = "close.rules"
# Limits of calendar.toml, in the entity's currency or in percent: lower is stricter.
_LIMITS = (
    "case_limit", "alone_limit", "hand_limit", "excluded_percent", "late_limit", "late_materiality",
)  # fmt: skip


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
    """The release as it holds for the close of a period: each limit as low, and each itemised account's normal age as short, as it
    ever was since the period began, and every interface and task of people that its close had at any time since; what was declared
    as two people know it; signed by the role that signed as it began. Raises StampError."""
    release = as_declared(connection, release, entity, period)
    begins, _ = period.bounds(release.entities[entity].zone)
    rows = _kept(connection, entity)
    before = [rules for at, rules in rows if at <= begins][-1:]
    since = before + [rules for at, rules in rows if at > begins]
    if not since:
        return release
    rules, closing = release.closing.of(entity), release.closing
    limits = {
        name: min([getattr(rules, name), *(Decimal(x[name]) for x in since if name in x)]) for name in _LIMITS
    }
    items = _strictest([rules.items, *(_items(x) for x in since if "items" in x)])
    critical = {name for x in since for name in x["critical"]}
    interfaces = {
        name: replace(i, close_critical=True) if i.entity == entity and name in critical and not i.close_critical else i
        for name, i in release.interfaces.items()
    }  # fmt: skip
    known = {(t.entity, t.name) for t in closing.tasks}
    gone = {t["name"]: t for x in since for t in x["tasks"] if (entity, t["name"]) not in known}
    tasks = tuple(ManualTask(**{**t, "after": tuple(t["after"])}) for t in gone.values())
    signs = sign_role_in(connection, release, entity, period)
    entities = {**closing.entities, entity: replace(rules, items=items, sign_role=signs, **limits)}
    return replace(
        release,
        interfaces=interfaces,
        closing=replace(closing, entities=entities, tasks=(*closing.tasks, *tasks)),
    )


def _strictest(sets: Sequence[Mapping[str, ItemRule]]) -> dict[str, ItemRule]:
    """Of each role that any of these says something of, the rule of the first set that has one, with the shortest age of all."""
    found: dict[str, ItemRule] = {}
    for role in sorted({role for rules in sets for role in rules}):
        all_of = [rule for rules in sets if (rule := item_rule(role, rules)) is not None]
        found[role] = replace(all_of[0], days=min(rule.days for rule in all_of))
    return found


def _items(kept: Mapping[str, Any]) -> dict[str, ItemRule]:
    return {role: ItemRule(**rule) for role, rule in kept["items"].items()}


def _rules(release: Release, entity: str) -> dict[str, Any]:
    rules = release.closing.of(entity)
    return {
        **{name: str(getattr(rules, name)) for name in _LIMITS},
        "sign_role": rules.sign_role,
        "items": {role: asdict(rule) for role, rule in rules.items.items()},
        "critical": sorted(
            i.name for i in release.interfaces.values() if i.entity == entity and i.close_critical
        ),
        "tasks": [asdict(t) for t in release.closing.tasks if t.entity == entity],
    }


def _kept(connection: Connection, entity: str) -> list[tuple[datetime, dict[str, Any]]]:
    """When the rules became others, and what they were from then on, the oldest first."""
    rows = connection.execute(_SQL["rules_kept"], {"entity": entity})
    return [(r["at"], json.loads(r["detail"])) for r in rows]
