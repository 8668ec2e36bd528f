"""`expected` of an interface's file: what must come over it, and by when."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any

from tieout.rules.expected import BANKING_DAY, EVERY, MONTH, NOTHING, Expected
from tieout.settings.tomlfile import TomlFile

_KEYS = {"every", "at_least", "statements", "by", "by_day", "accounts", "except_on"}
_MOST = 10_000


def read_expected(file: TomlFile, table: dict[str, Any]) -> Expected | None:
    """What an interface declares, None where it says nothing. Raises ProjectError."""
    given = table.get("expected")
    if given is None:
        return None
    if given == NOTHING:
        return Expected()
    if not isinstance(given, dict):
        raise file.fail("expected", "", f'expected = "{NOTHING}", or a table [expected], not {given!r}')
    file.check_keys(given, _KEYS, "expected")
    statements = "statements" in given
    if statements and ("every" in given or "at_least" in given):
        raise file.fail(
            "statements", "expected", "statements are of a month: every and at_least do not go with them"
        )
    every = MONTH if statements else given.get("every", "")
    if every not in EVERY:
        raise file.fail("every", "expected", f"every = {every!r} is none of: {', '.join(EVERY)}")
    if every != MONTH and {"at_least", "by_day"} & given.keys():
        raise file.fail("every", "expected", f'at_least and by_day are of every = "{MONTH}"')
    return Expected(
        every=every,
        at_least=_number(file, given, "statements" if statements else "at_least", 1, _MOST),
        statements=statements or every == BANKING_DAY,
        by=_time(file, given),
        by_day=_number(file, given, "by_day", 1, 31) if "by_day" in given else 0,
        accounts=_texts(file, given),
        except_on=_days(file, given),
    )


def _number(file: TomlFile, table: dict[str, Any], key: str, least: int, most: int) -> int:
    value = table.get(key, 1)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise file.fail(
            key, "expected", f"{key} = {value!r}: a whole number from {least} to {most} was expected"
        )
    return value


def _time(file: TomlFile, table: dict[str, Any]) -> time | None:
    value = table.get("by")
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise file.fail("by", "expected", f"by = {value!r} is no time, such as 12:00")
    return time.fromisoformat(value)


def _texts(file: TomlFile, table: dict[str, Any]) -> tuple[str, ...]:
    value = table.get("accounts", [])
    if not isinstance(value, list) or not all(isinstance(x, str) and x for x in value):
        raise file.fail("accounts", "expected", "accounts are a list of texts, as statements name them")
    return tuple(value)


def _days(file: TomlFile, table: dict[str, Any]) -> tuple[date, ...]:
    value = table.get("except_on", [])
    if not isinstance(value, list) or not all(type(x) is date for x in value):
        raise file.fail(
            "except_on", "expected", "except_on is a list of days, written 2026-12-24 without quotes"
        )
    return tuple(value)
