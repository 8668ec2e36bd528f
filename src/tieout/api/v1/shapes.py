"""What requests and answers share."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field, PlainSerializer

from tieout.api.v1.problems import ProblemError
from tieout.money import Period

# An amount of money travels as a text, exact, and never as a number.
Money = Annotated[Decimal, PlainSerializer(lambda v: f"{v:f}", return_type=str)]
Filter = Annotated[str | None, Query(max_length=300)]
Reason = Annotated[str, Field(min_length=3, max_length=500)]
Code = Annotated[str, Path(max_length=80)]
_MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"
MonthInPath = Annotated[str, Path(pattern=_MONTH)]
# A list of what is no month would be empty, and read as "there is nothing".
MonthFilter = Annotated[str | None, Query(pattern=_MONTH)]
Name = Annotated[str, Field(min_length=1, max_length=120)]


class Figure(BaseModel):
    """A count and positive sums: net = debit - credit."""

    count: int
    debit: Money
    credit: Money


class Why(BaseModel):
    reason: Reason


def month(text: str) -> Period:
    """Raises ProblemError for what is no month that anybody closes, such as 0000-01 or 9999-12."""
    try:
        found = Period.parse(text)
    except ValueError:
        found = None
    if found is None or not 1970 <= found.year <= 2199:
        raise ProblemError(422, "period", f"{text}: a month such as 2026-10 was expected")
    return found


def span(since: date, until: date) -> None:
    """Raises ProblemError for days that end before they begin."""
    if until < since:
        raise ProblemError(422, "range", f"{until} is before {since}: the first day comes first")
