"""mappings/*.csv: read, and written back whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from tieout.rules import Mapping, MappingRow
from tieout.settings.staging import FileChange, stage
from tieout.settings.tomlfile import ProjectError

_NEEDED = ("key", "value")


def parse_mapping(text: str, table: str) -> Mapping:
    """A table of CSV text. Raises ProjectError, which names file and line, for what is not as expected."""
    name = f"mappings/{table}.csv"
    rows: list[MappingRow] = []
    by_key: dict[str, list[MappingRow]] = {}
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    try:
        if reader.fieldnames is None or not set(_NEEDED) <= set(reader.fieldnames):
            raise ProjectError(
                f"{name}, line 1: the header must hold key,value"
                f"[,valid_from,valid_to], not {reader.fieldnames}"
            )
        for row in reader:
            if not row["key"]:
                continue
            try:
                since = date.fromisoformat(row.get("valid_from") or "0001-01-01")
                until = date.fromisoformat(row.get("valid_to") or "9999-12-31")
            except ValueError:
                raise ProjectError(f"{name}, line {reader.line_num}: dates are written 2026-10-31") from None
            if not row["value"]:
                raise ProjectError(f"{name}, line {reader.line_num}: {row['key']!r} has no value")
            if until < since:
                raise ProjectError(f"{name}, line {reader.line_num}: {row['key']!r} ends before it begins")
            for other in by_key.get(row["key"], ()):
                if since <= other.valid_to and other.valid_from <= until:
                    raise ProjectError(
                        f"{name}, line {reader.line_num}: {row['key']!r} is mapped twice for one day"
                    )
            made = MappingRow(row["key"], row["value"], since, until)
            by_key.setdefault(row["key"], []).append(made)
            rows.append(made)
    except csv.Error as error:
        raise ProjectError(f"{name}, line {reader.line_num}: {error}") from None
    return Mapping(table, tuple(rows))


def read_mapping(path: Path) -> Mapping:
    """Raises ProjectError."""
    try:
        return parse_mapping(path.read_text(encoding="utf-8-sig"), path.stem)
    except UnicodeDecodeError as error:
        raise ProjectError(f"mappings/{path.name}: no UTF-8 text: {error.reason}") from None


def cells_of(text: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows of CSV text, every column as it is."""
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    return (lines[0], lines[1:]) if lines else ([], [])


def stage_mapping(folder: Path, table: str, header: list[str], rows: Iterable[list[str]]) -> FileChange:
    """A table that is to take the place of mappings/TABLE.csv. Raises ProjectError where the project has no such file
    (a table of tieout.toml, or of a country's pack)."""
    if not (folder / "mappings" / f"{table}.csv").is_file():
        raise ProjectError(
            f"mappings/{table}.csv is not there: this table stands in tieout.toml or in a pack"
        )
    return stage_table(folder, table, header, rows)


def stage_table(folder: Path, table: str, header: list[str], rows: Iterable[list[str]]) -> FileChange:
    """A table that is to stand at mappings/TABLE.csv, whether or not there is one. Raises ProjectError."""
    return stage(folder, f"mappings/{table}.csv", table_text(header, rows))


def table_text(header: list[str], rows: Iterable[list[str]]) -> str:
    """Header and rows as CSV text."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
