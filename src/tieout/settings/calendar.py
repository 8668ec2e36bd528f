"""Reads calendar.toml: how entities close."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from tieout.money.calendar import BusinessCalendar
from tieout.rules.closing import CloseRules, EntityClose, ManualTask, calendar_of
from tieout.rules.deciding_roles import decides, no_decider
from tieout.rules.itemised import MOST_DAYS, ItemRule, item_rule
from tieout.rules.packs import load_pack
from tieout.settings.certifying import read_certify
from tieout.settings.tomlfile import TomlFile

_ENTITY = {
    "country", "market", "business_day", "at", "case_limit", "sign_role", "banking", "alone_limit", "split_days",
    "hand_limit",
    "excluded_percent",
    "certify",
    "items",
    "late_limit",
    "late_materiality",
}  # fmt: skip
_TASK = {"name", "entity", "owner", "business_day", "after", "minutes"}


def read_calendar(folder: Path, entities: Mapping[str, str]) -> CloseRules:
    """The folder's calendar; where it says nothing of an entity, that of its country's pack. `entities`
    gives each one's country, "" for none. Raises ProjectError with file and line."""
    path = folder / "calendar.toml"
    packs = {code: EntityClose(load_pack(country).calendar) for code, country in entities.items() if country}
    if not path.exists():
        return CloseRules(packs)
    file = TomlFile(path, folder)
    file.check_keys(file.data, {"entities", "tasks"}, "")
    found = packs
    for code, table in file.data.get("entities", {}).items():
        section = f"entities.{code}"
        if code not in entities:
            raise file.fail(code, "entities", f"no entity is named {code!r} in tieout.toml")
        file.check_keys(table, _ENTITY, section)
        found[code] = _entity(file, table, section)
    tasks = []
    names: set[tuple[str, str]] = set()
    for table in file.data.get("tasks", []):
        file.check_keys(table, _TASK, "tasks")
        task = ManualTask(
            name=file.need(table, "name", str, "tasks"),
            entity=file.need(table, "entity", str, "tasks"),
            owner=str(table.get("owner", "finance")),
            business_day=_number(file, table, "business_day", 3, least=-23),
            after=tuple(str(x) for x in table.get("after", [])),
            minutes=_number(file, table, "minutes", 30),
        )
        if task.entity not in entities:
            raise file.fail("entity", "tasks", f"no entity is named {task.entity!r} in tieout.toml")
        if (task.entity, task.name) in names:
            raise file.fail("name", "tasks", f"{task.name!r} stands twice for {task.entity}")
        names.add((task.entity, task.name))
        tasks.append(task)
    return CloseRules(found, tuple(tasks))


def _number(file: TomlFile, table: dict[str, Any], name: str, default: int, least: int = 0) -> int:
    value = table.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= 500:
        raise file.fail(name, "tasks", f"{value!r}: a number from {least} to 500 was expected")
    return value


def _entity(file: TomlFile, table: dict[str, Any], section: str) -> EntityClose:
    calendar = BusinessCalendar(country=str(table.get("country", "")), market=str(table.get("market", "")))
    try:
        calendar.check()
    except ValueError as error:
        raise file.fail("country" if "country" in table else "market", section, str(error)) from None
    at = str(table.get("at", "18:00"))
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", at):
        raise file.fail("at", section, f"{at!r} is no time, such as 18:00")
    day = table.get("business_day", 5)
    if not isinstance(day, int) or isinstance(day, bool) or not 1 <= day <= 60:
        raise file.fail("business_day", section, f"{day!r}: a business day from 1 to 60 was expected")
    days = table.get("split_days", 7)
    if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= 92:
        raise file.fail("split_days", section, f"{days!r}: days from 0 to 92 were expected")
    limit = _limit(file, table, section, "case_limit", "0.00")
    late_limit = _limit(file, table, section, "late_limit", f"{limit:f}")
    signs = str(table.get("sign_role", "controller"))
    if not decides(signs):
        raise file.fail("sign_role", section, no_decider(signs))
    return EntityClose(
        calendar,
        day,
        time.fromisoformat(at),
        limit,
        signs,
        declared=True,
        banking=_banking(file, table, section),
        alone_limit=_limit(file, table, section, "alone_limit", "100.00"),
        split_days=days,
        items=_items(file, table, section),
        hand_limit=_limit(file, table, section, "hand_limit", "100.00"),
        excluded_percent=_percent(file, table, section),
        late_limit=late_limit,
        late_materiality=_limit(file, table, section, "late_materiality", f"{late_limit:f}"),
        certify=read_certify(file, table, section, signs),
    )


def _percent(file: TomlFile, table: dict[str, Any], section: str) -> Decimal:
    value = _limit(file, table, section, "excluded_percent", "1.00")
    if value > 100:
        raise file.fail("excluded_percent", section, f"{value}: a percentage from 0 to 100 was expected")
    return value


def _limit(file: TomlFile, table: dict[str, Any], section: str, name: str, default: str) -> Decimal:
    text = table.get(name, default)
    try:
        if not isinstance(text, str) or not Decimal(text).is_finite() or Decimal(text) < 0:
            raise InvalidOperation
    except InvalidOperation:
        raise file.fail(
            name, section, f'{name} = {text!r}: an amount in quotes was expected, 0 or more, such as "50.00"'
        ) from None
    return Decimal(text)


def _banking(file: TomlFile, table: dict[str, Any], section: str) -> dict[str, str]:
    """Whose banking days hold, by account, currency or country."""
    given = table.get("banking", {})
    if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
        raise file.fail("banking", section, 'banking is a table of texts, such as GBP = "GB"')
    for code in given.values():
        try:
            calendar_of(code)
        except ValueError as error:
            raise file.fail("banking", section, str(error)) from None
    return {str(k): v for k, v in given.items()}


def _items(file: TomlFile, table: dict[str, Any], section: str) -> dict[str, ItemRule]:
    """How items of accounts stand, by role or the beginning of one."""
    given = table.get("items", {})
    if not isinstance(given, dict):
        raise file.fail(
            "items",
            section,
            f"items = {given!r}: a table was expected, such as {{ clearing = {{ age = 5 }} }}",
        )
    found = {}
    inside = f"{section}.items"
    for role, one in given.items():
        if not isinstance(one, dict) or not one or set(one) - {"age", "owner"}:
            raise file.fail(
                role,
                inside,
                f"items, {role} = {one!r}: age, owner or both were expected, such as {{ age = 5 }}",
            )
        usual = item_rule(role, {}) or ItemRule(0)
        age, owner = one.get("age", usual.days), one.get("owner", "")
        if not isinstance(age, int) or isinstance(age, bool) or not 0 <= age <= MOST_DAYS:
            raise file.fail(
                role,
                inside,
                f"items, {role}: age = {age!r}: business days from 0 to {MOST_DAYS} were expected",
            )
        if not isinstance(owner, str):
            raise file.fail(role, inside, f"items, {role}: owner = {owner!r}: a name was expected")
        found[str(role)] = ItemRule(age, owner, usual.waits_for)
    return found
