"""When a row was changed: by it a poll goes on from where it was, and a later revision takes the place of an earlier one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any


def newest_of(known: str, told: Iterable[Any]) -> str:
    """The latest of what was `known` ("" for nothing) and of `told`: instants of rows, as their source writes them in one form of ISO 8601.
    A row that tells none, or what is no instant, moves nothing. It is handed on, to be refused by `version_of`, and the others are
    polled on."""
    instants: list[str] = [known, *(text for text in told if _is_instant(text))]
    return max(instants)


def version_of(row: Mapping[str, Any], name: str) -> str:
    """The version of a row's document: the instant of its last change, as `name` has it. Raises ValueError where there is none: nothing says
    which of two revisions is the later one."""
    text = row.get(name)
    if not _is_instant(text):
        raise ValueError(f"{name} is {text!r}: the instant of its last change was expected")
    return str(text)


def _is_instant(text: Any) -> bool:
    try:
        datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return False
    return True
