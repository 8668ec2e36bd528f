"""Rates of exchange from a CSV: date, base, quote, rate (units of quote for one of base)."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

from tieout.money import CURRENCIES, MoneyError, parse_decimal
from tieout.reconcile.model import MatchingError

Rates = dict[tuple[date, str, str], Decimal]
_COLUMNS = ("date", "base", "quote", "rate")


def read_rates(path: Path) -> Rates:
    """Every rate of a file. Raises MatchingError with each row that is none, or twice there."""
    found: Rates = {}
    problems: list[str] = []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [c for c in _COLUMNS if c not in (reader.fieldnames or ())]
            if missing:
                raise MatchingError(
                    [f"{path.name}: no column {c!r}; expected are date, base, quote, rate" for c in missing]
                )
            for number, row in enumerate(reader, 2):
                problem = _take(row, found)
                if problem:
                    problems.append(f"{path.name}: row {number}, {problem}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MatchingError([f"{path}: cannot be read: {error}"]) from None
    if problems:
        raise MatchingError(problems[:20])
    return found


def _take(row: dict[str, str], found: Rates) -> str:
    """Keep a row's rate; what is wrong with it, "" if nothing is."""
    try:
        day = date.fromisoformat(row["date"] or "")
    except ValueError:
        return f"column 'date': {row['date']!r} is no date, such as 2026-10-31"
    for column in ("base", "quote"):
        if row[column] not in CURRENCIES:
            return f"column {column!r}: {row[column]!r} is no currency of ISO 4217"
    text = (row["rate"] or "").strip()
    try:
        # A rate may be finer than any amount: its whole part and length are checked alone.
        parse_decimal(text.partition(".")[0] or "x")
        rate = Decimal(text)
    except (MoneyError, ArithmeticError):
        return f"column 'rate': {text!r} is no rate, such as 1.0842"
    if not rate.is_finite() or rate <= 0 or "e" in text.lower():
        return f"column 'rate': {text!r} is no rate, such as 1.0842"
    key = (day, row["base"], row["quote"])
    if found.get(key, rate) != rate:
        return f"a second rate of {row['base']} to {row['quote']} on {day}"
    found[key] = rate
    return ""
