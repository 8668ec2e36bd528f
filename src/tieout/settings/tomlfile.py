"""A TOML file of a project, which can say on which line a key stands."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection
from copy import copy
from pathlib import Path
from typing import Any


class ProjectError(Exception):
    """A project file that cannot be used: file, line, what was expected."""


class ChangedMeanwhileError(Exception):
    """Somebody changed the file since it was looked at: it is to be looked at again."""


class TomlFile:
    """A TOML file that can say on which line a key stands."""

    def __init__(self, path: Path, root: Path) -> None:
        self.name, self._inside = str(path.relative_to(root)), ""
        try:
            self.text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise ProjectError(f"{path} is missing: `tieout init {root}` makes a project") from None
        except UnicodeDecodeError as error:
            raise ProjectError(f"{self.name}: not UTF-8 text ({error.reason})") from None
        try:
            self.data: dict[str, Any] = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise ProjectError(f"{self.name}: {error}") from None

    def within(self, section: str) -> TomlFile:
        """The table of a section (a dot between two names) as if it were a file of its own. Raises
        ProjectError where it is none."""
        data: Any = self.data
        for part in section.split("."):
            data = data[part]
        if not isinstance(data, dict):
            raise self.fail(
                section.rpartition(".")[2], section.rpartition(".")[0], f"[{section}] is no table"
            )
        view = copy(self)
        view.data, view._inside = data, section
        return view

    def line_of(self, key: str, section: str = "") -> int:
        """The line on which a key of a section, or the section itself, stands, from 1; of a key within braces that of the table
        in braces. 1 where it is not found."""
        while True:
            found = self._line_of(key, section)
            if found or not section:
                return found or 1
            section, _, key = section.rpartition(".")

    def _line_of(self, key: str, section: str) -> int:
        inside = not section
        for number, line in enumerate(self.text.splitlines(), 1):
            head = re.match(r"\s*\[+([^\]]+)\]+", line)
            if head:
                name = head[1].strip()
                if name == key or name == f"{section}.{key}".strip("."):
                    return number
                inside = name == section or not section
            if inside and re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", line):
                return number
        return 0

    def fail(self, key: str, section: str, what: str) -> ProjectError:
        """The error to raise: file, line and what is wrong with the key."""
        where = f"{self._inside}.{section}".strip(".")
        return ProjectError(f"{self.name}, line {self.line_of(key, where)}: {what}")

    def check_keys(self, table: dict[str, Any], allowed: Collection[str], section: str) -> None:
        """Refuse a key that is not among those allowed, with the nearest that is. Raises ProjectError."""
        for key in table:
            if key not in allowed:
                near = difflib.get_close_matches(key, sorted(allowed), 1)
                hint = f"; did you mean {near[0]!r}?" if near else "."
                where = f"[{section}]" if section else "the file"
                raise self.fail(
                    key,
                    section,
                    f"unknown key {key!r} in {where}{hint} Expected: {', '.join(sorted(allowed))}",
                )

    def need(self, table: dict[str, Any], key: str, kind: type, section: str) -> Any:
        """The value of a key that must be there and of this kind; true is no int. Raises ProjectError."""
        if key not in table:
            where = f"[{section}]" if section else "the file"
            raise self.fail(section, "", f"{where} lacks {key!r} ({kind.__name__})")
        value = table[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.fail(key, section, f"{key!r} must be a {kind.__name__}, not {type(value).__name__}")
        return value
