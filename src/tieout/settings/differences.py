"""An entity's limits of differences: `[entities.CODE.differences]`, a table a kind."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from tieout.rules.differences import KINDS, DifferenceLimit
from tieout.settings.tomlfile import TomlFile

_FIGURES = ("amount", "percent", "month")
_NUMBER = re.compile(r"\d{1,12}(\.\d{1,4})?")


def read_limits(file: TomlFile, tables: Any, section: str) -> dict[str, DifferenceLimit]:
    """Limits by kind. Raises ProjectError for a kind that there is not, and for a limit without its three figures."""
    if not isinstance(tables, dict):
        raise file.fail("differences", section, f"a table of: {', '.join(KINDS)}")
    file.check_keys(tables, KINDS, section)
    return {kind: _limit(file, tables[kind], f"{section}.{kind}") for kind in KINDS if kind in tables}


def _limit(file: TomlFile, table: Any, section: str) -> DifferenceLimit:
    if not isinstance(table, dict):
        raise file.fail(
            "differences", section, 'a limit is { amount = "0.05", percent = "1", month = "5.00" }'
        )
    file.check_keys(table, _FIGURES, section)
    figures = []
    for name in _FIGURES:
        # A figure that is left out would be a limit that is none.
        text = file.need(table, name, str, section)
        if not _NUMBER.fullmatch(text):
            raise file.fail(name, section, f'{text!r} is no figure, such as "0.05"')
        figures.append(Decimal(text))
    return DifferenceLimit(*figures)
