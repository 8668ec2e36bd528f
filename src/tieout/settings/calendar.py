"""Reads calendar.toml: how entities close."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from tieout.money.calendar import BusinessCalendar
from tieout.rules.closing import CloseRules, EntityClose, ManualTask
from tieout.rules.packs import load_pack
from tieout.settings.tomlfile import TomlFile

_ENTITY = {"country", "market", "business_day", "at", "case_limit", "sign_role"}
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
            business_day=_number(file, table, "business_day", 3),
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


def _number(file: TomlFile, table: dict[str, Any], name: str, default: int) -> int:
    value = table.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 500:
        raise file.fail(name, "tasks", f"{value!r}: a number from 0 to 500 was expected")
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
    limit = table.get("case_limit", "0.00")
    try:
        if not isinstance(limit, str) or Decimal(limit) < 0:
            raise InvalidOperation
    except InvalidOperation:
        raise file.fail("case_limit", section, f'{limit!r} is no amount, such as "50.00"') from None
    day = table.get("business_day", 5)
    if not isinstance(day, int) or isinstance(day, bool) or not 1 <= day <= 60:
        raise file.fail("business_day", section, f"{day!r}: a business day from 1 to 60 was expected")
    return EntityClose(
        calendar,
        day,
        time.fromisoformat(at),
        Decimal(limit),
        str(table.get("sign_role", "controller")),
        declared=True,
    )
