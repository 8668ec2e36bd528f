"""Rows' own balances: each must follow from the one before it, in the order of the rows or against it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal


class Chain:
    """The balances of one account's booked rows, followed both ways as the rows go by."""

    def __init__(self) -> None:
        self._first: tuple[Decimal, Decimal] | None = None
        self._last: tuple[Decimal, Decimal] | None = None
        self._forwards = self._backwards = 0
        self._whole = True

    def add(self, amount: Decimal, balance: Decimal | None) -> None:
        """The next row: its signed amount and the balance after it; None where it states none."""
        if balance is None:
            self._whole = False
            return
        if self._last is not None:
            before_amount, before = self._last
            self._forwards += before + amount != balance
            self._backwards += balance + before_amount != before
        self._first, self._last = self._first or (amount, balance), (amount, balance)

    def ends(self) -> tuple[Decimal | None, Decimal | None, list[str]]:
        """Opening and closing balance, and what breaks the chain; none where a row has no balance."""
        if not self._whole or self._first is None or self._last is None:
            return None, None, []
        backwards = self._backwards < self._forwards
        start, end = (self._last, self._first) if backwards else (self._first, self._last)
        wrong = min(self._forwards, self._backwards)
        problems = [f"{wrong} balances do not follow from the row before"] if wrong else []
        return start[1] - start[0], end[1], problems

    def follows(self, first: date | None, last: date | None) -> bool | None:
        """Whether every balance follows from the one before it; None where nothing says so.

        `first` and `last` are the days of the first and the last row: where they differ they say which way the
        rows run, so that a column read with the wrong sign does not fit the other way round by chance.
        """
        if not self._whole or self._first is None or self._first is self._last:
            return None
        if first is not None and last is not None and first != last:
            return not (self._forwards if first < last else self._backwards)
        return not min(self._forwards, self._backwards)
