"""What an entity's people make in its ledger by intent: `[entities.CODE.origins.NAME]`, a table a declaration."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tieout.rules.origins import KINDS, Origin
from tieout.settings.tomlfile import TomlFile

_KEYS = ("kinds", "journals", "users", "accounts", "since", "until", "most", "declared_by", "why")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FIGURE = re.compile(r"\d{1,12}(\.\d{1,4})?")
# More would be no declaration of intent but a list of exceptions.
_MOST_ORIGINS, _MOST_NAMES = 50, 200


def read_origins(file: TomlFile, tables: Any, section: str) -> tuple[Origin, ...]:
    """The declarations in the order in which they stand. Raises ProjectError for what is not as it must be: a
    declaration that is understood otherwise than it was meant would hide money."""
    if not isinstance(tables, dict):
        raise file.fail("origins", section, f"a table a declaration: [{section}.NAME]")
    if len(tables) > _MOST_ORIGINS:
        raise file.fail("origins", section, f"{len(tables)} declarations: at most {_MOST_ORIGINS}")
    return tuple(_origin(file, name, table, f"{section}.{name}") for name, table in tables.items())


def read_first_day(file: TomlFile, table: dict[str, Any], section: str) -> date | None:
    """`begins_on`: the day from which Tieout governs an entity's books. Raises ProjectError for what is no day."""
    return _day(file, table, "begins_on", section) if "begins_on" in table else None


def _origin(file: TomlFile, name: str, table: Any, section: str) -> Origin:
    if not isinstance(table, dict) or not _NAME.fullmatch(name):
        raise file.fail(name, section.rpartition(".")[0], f"[{section}]: a table, named in small letters")
    file.check_keys(table, _KEYS, section)
    kinds = _names(file, table, "kinds", section)
    if not kinds:
        raise file.fail(section, "", f"[{section}] lacks 'kinds': a list of {', '.join(KINDS)}")
    for kind in kinds:
        if kind not in KINDS:
            raise file.fail("kinds", section, f"{kind!r} is none of: {', '.join(KINDS)}")
    since = _day(file, table, "since", section)
    until = _day(file, table, "until", section) if "until" in table else date.max
    if until < since:
        raise file.fail("until", section, f"{until} is before {since}: the first day comes first")
    most = table.get("most")
    if most is not None and not (isinstance(most, str) and _FIGURE.fullmatch(most)):
        raise file.fail("most", section, f'{most!r} is no amount in quotes, such as "1000.00"')
    said = {key: file.need(table, key, str, section).strip() for key in ("declared_by", "why")}
    for key, text in said.items():
        if not 2 <= len(text) <= 300:
            raise file.fail(key, section, f"{key!r} says who stands for it, and why, in 2 to 300 characters")
    return Origin(
        name=name,
        kinds=kinds,
        since=since,
        until=until,
        journals=_names(file, table, "journals", section),
        users=_names(file, table, "users", section),
        accounts=_names(file, table, "accounts", section),
        most=None if most is None else Decimal(most),
        declared_by=said["declared_by"],
        why=said["why"],
    )


def _names(file: TomlFile, table: dict[str, Any], key: str, section: str) -> tuple[str, ...]:
    """A list of texts. One that is there and empty is refused: it would be read as any."""
    if key not in table:
        return ()
    value = table[key]
    right = isinstance(value, list) and all(isinstance(x, str) and x.strip() for x in value)
    if not right or not 1 <= len(value) <= _MOST_NAMES or len(set(value)) != len(value):
        raise file.fail(
            key, section, f"{key!r} is a list of 1 to {_MOST_NAMES} texts, none twice; leave it out for any"
        )
    return tuple(value)


def _day(file: TomlFile, table: dict[str, Any], key: str, section: str) -> date:
    value = file.need(table, key, date, section)
    if isinstance(value, datetime):
        raise file.fail(key, section, f"{key!r} is a day, such as 2026-10-01, without a time")
    found: date = value
    return found
