"""What the project declares that changed within a period: two people look at it before that period closes.

What must come, what is made in the ledger by intent, which interfaces there are, whose days a bank keeps, who approves what: whoever may
write the project's files could declare away what a month lacks, on the last day of a close that does not end. So each state of these
declarations is evidence. A period goes by those that held when it began (or were the first): others are a case of it, until one person
says why and another lets that stand, or they are as they were. Until then what was declared since to come no more still has to come, and
what was declared since to be made by intent is nobody's. Limits, ages, tasks and what is close-critical are held by `since_it_began`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from tieout.cases import NewCase, beside_others, open_cases, solve_by_key
from tieout.close.causes import DECLARATION_CHANGED
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.rules import Interface, Release
from tieout.rules.expected import Expected
from tieout.rules.origins import Origin
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
_ACTION = "close.declared"
_OF_AN_INTERFACE = ("system", "streams", "expected", "late_events", "complete", "options")
_OF_AN_ENTITY = ("currency", "time_zone", "ledger", "company_id", "country", "begins_on")
_OF_ITS_CLOSE = ("calendar", "banking", "sign_role", "split_days")
# By where it is said, in the project's files: as plain values.
Declared = dict[str, Any]


def keep_declared(connection: Connection, release: Release, now: datetime) -> int:
    """Keep what is declared of each entity as evidence, where it is not what was kept last; of how many entities."""
    entries = []
    for entity in release.entities:
        said = declared(release, entity)
        kept = _kept(connection, entity)
        if not kept or kept[-1][1] != said:
            entries.append(Entry(now, "bootstrap", _ACTION, entity, entity, {"declared": said}))
    if entries:
        record(connection, entries)
    return len(entries)


def declared(release: Release, entity: str) -> Declared:
    """All that is declared of an entity and says something: what is left out, or as if it were, is no row, so that a later version that
    knows more to declare changes nothing by itself."""
    book, rules = release.entities[entity], release.closing.of(entity)
    rows: Declared = {}
    for i in release.interfaces.values():
        if i.entity == entity:
            rows |= {f"interfaces/{i.name}.toml {name}": getattr(i, name) for name in _OF_AN_INTERFACE}
    rows |= {f"tieout.toml entities.{entity}.{name}": getattr(book, name) for name in _OF_AN_ENTITY}
    rows |= {f"tieout.toml entities.{entity}.origins.{o.name}": o.content() for o in book.origins}
    rows |= {f"tieout.toml entities.{entity}.differences.{kind}": x for kind, x in book.limits.items()}
    rows |= {f"calendar.toml entities.{entity}.{name}": getattr(rules, name) for name in _OF_ITS_CLOSE}
    rows |= {f"policy {p.name}": p for p in release.policies}
    plain = {where: msgspec.to_builtins(value) for where, value in rows.items()}
    # As JSON has it, so that what is kept is what is compared.
    return {where: json.loads(json.dumps(value)) for where, value in plain.items() if value or value == 0}


def as_declared(connection: Connection, release: Release, entity: str, period: Period) -> Release:
    """The release by what was declared when a period began, or by what two people let stand since: what must come, and what is made
    in the ledger by intent."""
    base = _base(connection, release, entity, period)
    if base is None or _accepted(connection, entity, period, declared(release, entity)):
        return release
    book = release.entities[entity]
    prefix = f"tieout.toml entities.{entity}.origins."
    then = {where.removeprefix(prefix): said for where, said in base.items() if where.startswith(prefix)}
    origins = book.origins
    if {o.name: _plain(o.content()) for o in origins} != then:
        origins = tuple(_origin(name, said) for name, said in then.items())
    interfaces = {
        name: _as_expected(i, base) if i.entity == entity else i for name, i in release.interfaces.items()
    }
    entities = {**release.entities, entity: replace(book, origins=origins)}
    return replace(release, entities=entities, interfaces=interfaces)


def _origin(name: str, said: Mapping[str, Any]) -> Origin:
    """What `Origin.content` wrote."""
    given = {key: value for key, value in said.items() if value is not None}
    return msgspec.convert({"name": name, **given}, Origin, strict=False)


def _as_expected(interface: Interface, base: Mapping[str, Any]) -> Interface:
    said = base.get(f"interfaces/{interface.name}.toml expected")
    if said is None or said == _plain(interface.expected):
        return interface
    return replace(interface, expected=msgspec.convert(said, Expected, strict=False))


def tell_declared(
    connection: Connection,
    release: Release,
    entity: str,
    period: Period,
    closed_at: datetime | None,
    now: datetime,
) -> None:
    """A case where what is declared is not what held when the period began, nor what two people let stand for it; solved where it is
    again, or was changed further. Of a period that is closed what was declared after that is none of it."""
    with connection.transaction():
        beside_others(connection)
        said = declared(release, entity)
        if closed_at is not None:
            said = ([x for at, x in _kept(connection, entity) if at <= closed_at] or [said])[-1]
        base, wanted = _base(connection, release, entity, period), []
        if base is not None and base != said and not _accepted(connection, entity, period, said):
            wanted.append(
                _case(release, entity, period, in_words(base, said), _key(entity, period, said), now)
            )
        open_cases(connection, wanted, "close")
        still = {c.source_key for c in wanted}
        for row in connection.execute(_SQL["open_declared"], _given(entity, period)).fetchall():
            if row["source_key"] not in still:
                why = "it is declared as it was, or was changed further"
                solve_by_key(connection, DECLARATION_CHANGED.name, row["source_key"], now, why, "close")


def in_words(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What changed: where, what was said there and what is."""
    parts = []
    for where in sorted({*before, *now}):
        if before.get(where) != now.get(where):
            was, is_now = (
                json.dumps(x[where], sort_keys=True) if where in x else "not said" for x in (before, now)
            )
            parts.append(f"{where}: was {was[:80]}, is {is_now[:80]}")
    return "; ".join(parts)


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(msgspec.to_builtins(value)))


def _base(connection: Connection, release: Release, entity: str, period: Period) -> Declared | None:
    """What held when the period began (what was kept first, where that was later), or what two people let stand for it last."""
    begins, _ = period.bounds(release.entities[entity].zone)
    kept = _kept(connection, entity)
    if not kept:
        return None
    before = [said for at, said in kept if at <= begins][-1:] or [kept[0][1]]
    since = [said for at, said in kept if at > begins]
    return [*before, *(x for x in since if _accepted(connection, entity, period, x))][-1]


def _kept(connection: Connection, entity: str) -> list[tuple[datetime, Declared]]:
    """When it became other, and what it was from then on, the oldest first."""
    rows = connection.execute(_SQL["declared_kept"], {"entity": entity, "action": _ACTION})
    return [(r["at"], json.loads(r["detail"])["declared"]) for r in rows]


def _given(entity: str, period: Period) -> dict[str, str]:
    return {"entity": entity, "period": str(period), "cause": DECLARATION_CHANGED.name}


def _accepted(connection: Connection, entity: str, period: Period, said: Declared) -> bool:
    given = {**_given(entity, period), "key": _key(entity, period, said)}
    return connection.execute(_SQL["declared_accepted"], given).fetchone() is not None


def _key(entity: str, period: Period, said: Declared) -> str:
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    return f"{entity}:{period}:{digest[:16]}"


def _case(release: Release, entity: str, period: Period, said: str, key: str, now: datetime) -> NewCase:
    cause = DECLARATION_CHANGED
    return NewCase(
        cause=cause.name, interface="", entity=entity, period=str(period), source_key=key, amount=Decimal(0),
        currency=release.entities[entity].currency, recovery=cause.say(), detail=said[:300], owner=cause.who, opened_at=now,
        # Without an amount it holds the close: nobody knows yet what it comes to.
        due_at=now + timedelta(hours=24), blocking=True, standing=cause.standing,
    )  # fmt: skip
