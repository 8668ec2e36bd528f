"""What must come over an interface, as its project declares it: without it nobody can tell a quiet month from a broken one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

NOTHING, BUSINESS_DAY, BANKING_DAY, MONTH = "nothing", "business day", "banking day", "month"
EVERY = (NOTHING, BUSINESS_DAY, BANKING_DAY, MONTH)


@dataclass(frozen=True)
class Expected:
    """`every` business day of the entity's calendar something is dated on it, every banking day a statement covers it, or
    every month `at_least` so many things (of `statements`: so many of each account) are dated in it; "nothing": whatever
    comes, nothing has to. It is late after `by`, a time in the entity's zone: on the next business day, or, of a month, on
    its day `by_day` (0: the first business day after the month). `accounts` are those of whose statements none may be
    missing, also where none ever came. On days of `except_on` nothing was to come."""

    every: str = NOTHING
    at_least: int = 1
    statements: bool = False
    by: time | None = None
    by_day: int = 0
    accounts: tuple[str, ...] = ()
    except_on: tuple[date, ...] = ()
