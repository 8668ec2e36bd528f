"""Reads [cases] of tieout.toml: when a case that nobody works on goes to somebody else."""

from __future__ import annotations

from dataclasses import dataclass

from tieout.settings.tomlfile import TomlFile

_SECTION, _KEY, _MOST = "cases", "escalate_after_hours", 24 * 366


@dataclass(frozen=True)
class CaseSettings:
    """`escalate_after_hours`: how long past its time, with nothing done, a case stays its owner's alone before the entity's controllers
    are told; 0: they never are."""

    escalate_after_hours: int = 0


def read_cases(file: TomlFile) -> CaseSettings:
    """Raises ProjectError."""
    table = file.data.get(_SECTION, {})
    file.check_keys(table, {_KEY}, _SECTION)
    hours = table.get(_KEY, 0)
    if type(hours) is not int or not 0 <= hours <= _MOST:
        raise file.fail(
            _KEY, _SECTION, f"{hours!r}: hours were expected, as a whole number up to {_MOST}, 0 for never"
        )
    return CaseSettings(hours)
