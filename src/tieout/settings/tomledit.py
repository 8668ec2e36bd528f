"""A TOML file of a project as a form writes it: the same file that people write; what they wrote beside it stays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from tieout.settings.tomlfile import ProjectError

HEAD = "Written by a form of Tieout; it may be changed by hand as well."


def source_of(path: Path, name: str) -> str:
    """The text of a file that a form may have written, "" where there is none; `name` is how people know it. Raises ProjectError."""
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(f"{name} cannot be read: {error}") from None


def seen_of(text: str) -> str:
    """By what a text is known again: its SHA-256, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def declared_in(text: str) -> dict[str, Any]:
    """What a file says, as plain values. Raises ProjectError."""
    return dict(_parsed(text).unwrap())


def edited(before: str, values: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]]) -> str:
    """A file with these values and, whole, these tables; what it says beside them stays, comments as well. A value that is None is
    not said any more, nor is a table of nothing. Raises ProjectError where `before` is no TOML."""
    document = _parsed(before)
    if not before:
        document.add(tomlkit.comment(HEAD))
    for key, value in values.items():
        _put(document, key, value)
    for name, said in tables.items():
        _put_table(document, name, said)
    return document.as_string()


def _put_table(document: tomlkit.TOMLDocument, name: str, said: Mapping[str, Any]) -> None:
    if name not in document:
        if not said:
            return
        document[name] = tomlkit.table()
    kept: Any = document[name]
    for key in [k for k in kept if k not in said]:
        del kept[key]
    for key in sorted(said):
        _put(kept, key, said[key])
    if not kept:
        del document[name]


def _put(table: Any, key: str, value: Any) -> None:
    """Say a value where it is another than what stands there: what is as it was keeps its form and its comment."""
    if value is None:
        if key in table:
            del table[key]
    elif key not in table or _plain(table[key]) != value:
        table[key] = value


def _plain(value: Any) -> Any:
    return value.unwrap() if hasattr(value, "unwrap") else value


def _parsed(text: str) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise ProjectError(f"it is no TOML: {error}") from None
