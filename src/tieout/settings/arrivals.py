"""`[watch]` and `[fetch]` of tieout.toml: where files come from, and when they are whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from tieout.rules import Arrival
from tieout.rules.arrival import WHOLE_BY
from tieout.settings.tomlfile import ProjectError, TomlFile

_KEYS = {"whole_by", "settle_seconds", "markers", "partial", "late_minutes"}
_LONGEST_SETTLING_S = 3600
_LATEST_MIN = 7 * 24 * 60


@dataclass(frozen=True)
class Coming:
    """Files of an interface: `place` is a folder's path, or the name of the system that has them."""

    interface: str
    place: str
    arrival: Arrival


def read_arrivals(file: TomlFile, section: str, place: str, interfaces: Collection[str]) -> Iterator[Coming]:
    """Every entry of a section: NAME = "PLACE", or a table [section.NAME] with the key `place` names. Raises
    ProjectError."""
    for name, value in file.data.get(section, {}).items():
        if name not in interfaces:
            raise file.fail(name, section, f"no interface is named {name!r}")
        if isinstance(value, str):
            yield Coming(name, value, Arrival())
            continue
        if not isinstance(value, dict):
            raise file.fail(name, section, f"a text or a table was expected, not {type(value).__name__}")
        inner = f"{section}.{name}"
        file.check_keys(value, {place, *_KEYS}, inner)
        yield Coming(name, file.need(value, place, str, inner), _arrival(file, inner, value))


def _arrival(file: TomlFile, section: str, table: dict[str, Any]) -> Arrival:
    usual = Arrival()
    whole_by = table.get("whole_by", usual.whole_by)
    if whole_by not in WHOLE_BY:
        raise file.fail("whole_by", section, f"{whole_by!r} is none of: {', '.join(WHOLE_BY)}")
    return Arrival(
        whole_by=whole_by,
        settle_seconds=_number(
            file, section, table, "settle_seconds", usual.settle_seconds, _LONGEST_SETTLING_S
        ),
        markers=_suffixes(file, section, table, "markers", usual.markers),
        partial=_suffixes(file, section, table, "partial", usual.partial),
        late_minutes=_number(file, section, table, "late_minutes", usual.late_minutes, _LATEST_MIN),
    )


def _number(
    file: TomlFile, section: str, table: dict[str, Any], key: str, usual: float, most: float
) -> float:
    value = table.get(key, usual)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise file.fail(key, section, f"a number from 0 to {most:g} was expected")
    return value


def _suffixes(
    file: TomlFile, section: str, table: dict[str, Any], key: str, usual: tuple[str, ...]
) -> tuple[str, ...]:
    """Ends of names."""
    value = table.get(key, list(usual))
    fits = isinstance(value, list) and all(
        isinstance(x, str) and x.startswith(".") and len(x) > 1 for x in value
    )
    if not fits:
        raise _not_suffixes(file, section, key)
    return tuple(value)


def _not_suffixes(file: TomlFile, section: str, key: str) -> ProjectError:
    return file.fail(key, section, 'ends of names with their point were expected, such as [".done"]')
