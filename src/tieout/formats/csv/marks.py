"""Marks that say which way a line's money went: debit and credit, S and H, Af and Bij, plus and minus.

A word has one meaning in whatever column it stands. Letters have theirs as a pair, and are certain where the
column is named for them, or is one that holds such marks; in any other column the rows' balances must say so.
"""

from __future__ import annotations

import re

import msgspec

from tieout.formats.csv.words import (
    CREDIT_MARKS,
    DEBIT_MARKS,
    LETTER_PAIRS,
    MARK_NAMES,
    SPANISH_NAMES,
    SPANISH_PAIR,
    marked,
    named,
    plain,
)

# Pairs that are common enough to be told without the column's name naming them.
_COMMON = (("d", "c"), ("s", "h"), ("-", "+"))
_DEBIT, _CREDIT = -1, 1


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What the marks of a column mean. `ways` is -1 for money out, 1 for money in, 0 where a line has no mark, a
    line each; `debit` and `credit` are the marks as they are written. `certain` says that the words alone tell
    it; without that the balances must. `usual` says that the letters are common marks, and both stand there."""

    column: str
    ways: list[int]
    debit: list[str]
    credit: list[str]
    certain: bool
    usual: bool = False


def marks_of(column: str, cells: list[str]) -> list[Marks]:
    """Every meaning that a column's marks may have; none where any of them is not known, or all are empty."""
    found = {text: marked(text) for text in dict.fromkeys(cells) if text}
    if not found or len(found) > 20:
        return []
    meanings, certain = _meanings(set(found.values()), column)
    return [
        Marks(
            column=column,
            ways=[meaning[found[text]] if text else 0 for text in cells],
            debit=[text for text, mark in found.items() if meaning[mark] == _DEBIT],
            credit=[text for text, mark in found.items() if meaning[mark] == _CREDIT],
            certain=certain,
            usual=set(found.values()) in [set(pair) for pair in _COMMON],
        )
        for meaning in meanings
    ]


def _meanings(marks: set[str], column: str) -> tuple[list[dict[str, int]], bool]:
    if marks <= DEBIT_MARKS | CREDIT_MARKS:
        return [{mark: _DEBIT if mark in DEBIT_MARKS else _CREDIT for mark in marks}], True
    pair = _pair_named(column)
    if pair is not None and marks <= set(pair):
        return [_meaning(marks, pair)], True
    found: list[dict[str, int]] = []
    for letters in LETTER_PAIRS:
        if letters == SPANISH_PAIR and named(column) in MARK_NAMES - SPANISH_NAMES:
            continue
        if marks <= set(letters) and _meaning(marks, letters) not in found:
            found.append(_meaning(marks, letters))
    usual = any(marks <= set(letters) for letters in _COMMON)
    return found, len(found) == 1 and usual and is_named(column)


def _meaning(marks: set[str], pair: tuple[str, str]) -> dict[str, int]:
    return {mark: _DEBIT if mark == pair[0] else _CREDIT for mark in marks}


def _pair_named(column: str) -> tuple[str, str] | None:
    """(debit, credit) letters that a column is named for: D/C, Soll/Haben, Cargo o abono, CreditDebet."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)
    parts = [part for part in re.split(r"[\W_]+", plain(apart)) if part]
    debit = [part for part in parts if part in DEBIT_MARKS]
    credit = [part for part in parts if part in CREDIT_MARKS]
    if len(debit) == len(credit) == 1:
        return debit[0][0], credit[0][0]
    return next((pair for pair in LETTER_PAIRS if set(pair) <= set(parts)), None)


def is_named(column: str) -> bool:
    """Whether a column's name says that marks stand in it, whichever: Type, Sign, D/C, Soll/Haben. Beside the
    amount itself ("") nothing else would stand."""
    return not column or named(column) in MARK_NAMES or _pair_named(column) is not None
