"""Fields of Coupa's rows: decimals as text, times with the instance's offset, codes within objects. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo


def row_of(raw: bytes) -> dict[str, Any]:
    """Raises ValueError where a message is no object."""
    row = json.loads(raw)
    if not isinstance(row, dict):
        raise ValueError("an object was expected")
    return row


def number_of(row: Mapping[str, Any]) -> str:
    """A supplier's number; one that has none is known by its id."""
    return str(row.get("number") or row["id"])


def decimal(value: Any, default: str | None = None) -> Decimal:
    """A decimal that is written as text. Raises ValueError for a float, which is none."""
    if value in (None, "") and default is not None:
        return Decimal(default)
    if isinstance(value, float):
        raise ValueError(f"{value!r}: an amount as text was expected")
    return Decimal(str(value))


def code_of(value: Any) -> str:
    """The code of what is an object with a code, or a text."""
    return str((value.get("code") if isinstance(value, Mapping) else value) or "")


def account_of(line: Mapping[str, Any]) -> str:
    """The code of a line's account, "" where it has none."""
    return code_of(line.get("account"))


def dimensions_of(line: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, str]:
    """The account's segment that is the cost centre, as the interface names it."""
    segment = str(options.get("cost_centre_segment", ""))
    value = str((line.get("account") or {}).get(segment) or "") if segment else ""
    return {"cost_centre": value} if value else {}


def login_of(row: Mapping[str, Any], field: str) -> str:
    """Who made or changed a row."""
    return str((row.get(field) or {}).get("login") or "")


def instant(text: Any) -> datetime:
    """A time, in UTC. Raises ValueError where it has no offset."""
    found = datetime.fromisoformat(str(text))
    if found.tzinfo is None:
        raise ValueError(f"{text!r}: a time with its zone was expected")
    return found.astimezone(UTC)


def changed_at(row: Mapping[str, Any]) -> datetime:
    """When a row changed last."""
    return instant(row.get("updated-at") or row["created-at"])


def day(text: Any) -> date:
    """The day as Coupa writes it: a date that people enter is midnight of the instance's own zone."""
    return date.fromisoformat(str(text)[:10])


def day_of(text: Any, options: Mapping[str, Any]) -> date:
    """The day of something that happened: what is midnight as it is written was entered as a date; of any other time it is the day in
    the interface's `time_zone`, and as it is written where none is said."""
    found, zone = datetime.fromisoformat(str(text)), str(options.get("time_zone", ""))
    if not zone or found.tzinfo is None or found.time() == time():
        return found.date()
    return found.astimezone(ZoneInfo(zone)).date()
