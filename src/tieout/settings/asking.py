"""How a system is to be asked, as its table in tieout.toml says: in which hours, and how much a second and a day."""

from __future__ import annotations

from typing import Any

from tieout.connector_api import Connector, SystemConfig, Window, checked_hours, read_window
from tieout.settings.tomlfile import TomlFile

KEYS = ("maintenance", "available", "per_second", "per_day")
_MOST_WINDOWS, _MOST_SECOND, _MOST_DAY = 50, 10_000, 1_000_000_000


def read_asking(file: TomlFile, table: dict[str, Any], section: str, connector: Connector) -> dict[str, Any]:
    """What of `SystemConfig` these keys are. Raises ProjectError."""
    given = [key for key in KEYS if key in table]
    fields = {f.name for f in connector.config}
    for key in given:
        if not fields & ({"url"} if key.startswith("per_") else {"url", "host"}):
            raise file.fail(
                key, section, f"nothing is asked of {connector.title} over a line: it has no {key!r}"
            )
    maintenance = _windows(file, table, section, "maintenance")
    available = _windows(file, table, section, "available")
    try:
        hours = checked_hours(maintenance, available)
    except ValueError as error:
        raise file.fail(given[0], section, str(error)) from None
    second, day = table.get("per_second", 0), table.get("per_day", 0)
    if "per_second" in table and not (_is_number(second, int | float) and 0 < second <= _MOST_SECOND):
        raise file.fail(
            "per_second",
            section,
            f"per_second is a number above 0, {_MOST_SECOND} at most: 0.5 is one in two seconds",
        )
    if "per_day" in table and not (_is_number(day, int) and 0 < day <= _MOST_DAY):
        raise file.fail("per_day", section, f"per_day is a whole number above 0, {_MOST_DAY} at most")
    return {"hours": hours, "per_second": second, "per_day": day}


def written(config: SystemConfig) -> dict[str, Any]:
    """The same as the table says it; nothing of what it leaves open."""
    said = {
        "maintenance": [w.text for w in config.hours.maintenance],
        "available": [w.text for w in config.hours.available],
        "per_second": config.per_second,
        "per_day": config.per_day,
    }
    return {key: value for key, value in said.items() if value}


def _is_number(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _windows(file: TomlFile, table: dict[str, Any], section: str, key: str) -> tuple[Window, ...]:
    given = table.get(key, [])
    if (
        not isinstance(given, list)
        or not all(isinstance(x, str) for x in given)
        or len(given) > _MOST_WINDOWS
    ):
        raise file.fail(
            key,
            section,
            f'{key} is a list of windows, such as ["Sun 22:00-06:00 Europe/Berlin"], {_MOST_WINDOWS} at most',
        )
    if key in table and not given:
        raise file.fail(key, section, f"{key} is an empty list: leave it out")
    try:
        return tuple(read_window(text, once=key == "maintenance") for text in given)
    except ValueError as error:
        raise file.fail(key, section, str(error)) from None
