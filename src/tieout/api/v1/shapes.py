"""What requests and answers share."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, Field, PlainSerializer

from tieout.api.v1.problems import ProblemError
from tieout.money import Period

# An amount of money travels as a text, exact, and never as a number.
Money = Annotated[Decimal, PlainSerializer(lambda v: f"{v:f}", return_type=str)]
Filter = Annotated[str | None, Query(max_length=300)]
Reason = Annotated[str, Field(min_length=3, max_length=500)]
Code = Annotated[str, Path(max_length=80)]
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
        raise ProblemError(422, "period", f"{text[:40]}: the period is a month such as 2026-10")
    return found


def _is_month(text: str | None) -> str | None:
    if text is not None:
        month(text)
    return text


# A list of what is no month would be empty, and read as "there is nothing".
_A_MONTH, _SAID = AfterValidator(_is_month), {"pattern": r"^[0-9]{4}-(0[1-9]|1[0-2])$"}
MonthInPath = Annotated[str, Path(json_schema_extra=_SAID), _A_MONTH]
MonthInQuery = Annotated[str, Query(json_schema_extra=_SAID), _A_MONTH]
MonthFilter = Annotated[str | None, Query(json_schema_extra=_SAID), _A_MONTH]


def span(since: date, until: date) -> None:
    """Raises ProblemError for days that end before they begin."""
    if until < since:
        raise ProblemError(422, "range", f"{until} is before {since}: the first day comes first")
