"""Mappings: a source's words to the ledger's, each with the dates in which it holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


class UnmappedError(LookupError):
    """Nothing is mapped for a key on a date: a case, never a guess."""

    def __init__(self, table: str, key: str, on: date, place: str = "") -> None:
        where = f"{place}: " if place else ""
        super().__init__(
            f"{where}mappings/{table}.csv has no row for {key!r} on {on.isoformat()}: add one, "
            f"then replay the document"
        )
        self.table, self.key, self.on = table, key, on


@dataclass(frozen=True)
class MappingRow:
    """`key` means `value` from `valid_from` to `valid_to`, both days included."""

    key: str
    value: str
    valid_from: date = date.min
    valid_to: date = date.max


@dataclass(frozen=True)
class Mapping:
    """One table. Rows of one key never overlap (the reader of project files refuses that)."""

    table: str
    rows: tuple[MappingRow, ...]
    _index: dict[str, list[MappingRow]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for row in self.rows:
            self._index.setdefault(row.key, []).append(row)

    def get(self, key: str, on: date) -> str:
        """What `key` means on the day `on`; UnmappedError where nothing is mapped."""
        for row in self._index.get(key, ()):
            if row.valid_from <= on <= row.valid_to:
                return row.value
        raise UnmappedError(self.table, key, on)
