"""An account of a BAI2 group: its balances and totals, its details, and what its trailer must say.

Details are optional (printed pages 8, 16, 43): a bank may give totals and no line for some or all of them. That is no
contradiction, and no proof: it is said, with what is missing. Totals that are less than the details, or that do not lead
from one balance to the other, are contradictions. An item count may be more than the details, since one detail may be the
sum of many (printed page 67, cumulative codes).
Source: BAI, Cash Management Balance Reporting Specifications, version 2 (10/2005).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import msgspec

from tieout.formats.amounts import exact
from tieout.formats.bai2.codes import CLOSING, CREDITS, DEBITS, MESSAGE, OPENING, is_status, way
from tieout.formats.bai2.funds import read_funds
from tieout.formats.bai2.records import Fields, Record, whole
from tieout.formats.model import Balance, FormatError, Head, Line, Place, Stated
from tieout.formats.references import find_references
from tieout.money import MoneyError, from_minor

_ZERO = Decimal(0)
_CODE = re.compile("[0-9]{3}")
MESSAGE_NOTE = "a message without money (890)"
Note = Callable[[str, Place], None]


class GroupFacts(msgspec.Struct, frozen=True):
    """What a group's header says of all its accounts. `record_length` is the file's, 0 for any."""

    bank: str
    status: str
    on: date
    currency: str
    interim: bool
    record_length: int


class Account:
    """One account, from its record 03 on. `total` is its control total, in minor units, and `records` how many physical
    records it has so far."""

    def __init__(self, group: GroupFacts, record: Record, note: Note) -> None:
        self._group, self._note, self._first = group, note, record
        self.total, self.records = 0, record.lines
        fields = Fields(record)
        self._account = fields.take()
        if not self._account:
            raise FormatError("an account (03) without its number", record.place)
        self.currency = fields.take() or group.currency
        self._balances: list[Balance] = []
        self._stated: dict[str, tuple[Decimal, int | None]] = {}
        # Totals of kinds of movements, by their way: they overlap, so nothing can be summed from them.
        self._kinds: dict[int, list[str]] = {1: [], -1: [], 0: []}
        self._given = {1: _ZERO, -1: _ZERO}
        self._details = {1: 0, -1: 0}
        self._problems: list[str] = []
        while not fields.ended:
            code = fields.take()
            if not code:
                continue
            amount, items = fields.whole(signed=True), fields.whole()
            read_funds(fields)
            if amount is not None:
                self.total += amount
                self._summary(code, amount, items)

    def _summary(self, code: str, amount: int, items: int | None) -> None:
        place = self._first.place
        if not _CODE.fullmatch(code):
            raise FormatError(f"{code[:20]!r} is no type code of three digits", place)
        value = self._money(amount, place)
        if is_status(code):
            self._balance(code, value, place)
        elif code not in (CREDITS, DEBITS) or amount < 0:
            # A total has no sign; what one means that has is not said anywhere.
            self._note(f"summary {code}{' with a sign' if amount < 0 else ''}", place)
            if amount:
                self._kinds[way(code)].append(code)
        else:
            self._stated[code] = (value, items)

    def _balance(self, code: str, value: Decimal, place: Place) -> None:
        if any(b.code == code and b.amount != value for b in self._balances):
            self._problems.append(f"the account states two balances of code {code}")
        if code > CREDITS:
            self._note(f"a balance by the bank's own code {code}", place)
        self._balances.append(Balance(value, self.currency, self._group.on, code))

    def _money(self, amount: int, place: Place) -> Decimal:
        try:
            return exact(str(from_minor(amount, self.currency).value), self.currency, place)
        except (MoneyError, ValueError) as error:
            raise FormatError(str(error), place) from None

    def detail(self, record: Record) -> Line | None:
        """The line of a record 16; None where it states no amount, which is said. Raises FormatError."""
        self.records += record.lines
        fields = Fields(record)
        code, place = fields.take(), record.place
        if not _CODE.fullmatch(code):
            raise FormatError(f"16,{record.parts[0][:40]} has no type code of three digits", place)
        if code == MESSAGE:
            self._message(fields)
            return None
        amount = fields.whole()
        funds = read_funds(fields)
        if amount is None:
            self._note(f"a detail of code {code} without an amount", place)
            return None
        self.total += amount
        sign = way(code)
        if not sign:
            raise FormatError(
                f"type code {code} is neither a credit (101 to 399, 721 to 728, 920 to 959) nor a debit (401 to 699, "
                "960 to 999)",
                place,
            )
        if funds.later:
            self._note(f"availability on a later day (funds type {funds.kind})", place)
        bank, customer = fields.take(), fields.take()
        text = fields.text(self._group.record_length)
        value = self._money(amount, place)
        self._given[sign] += value
        self._details[sign] += 1
        return Line(
            amount=value if sign > 0 else 0 - value,
            currency=self.currency,
            booked_on=self._group.on,
            value_on=funds.value_on(self._group.on),
            place=place,
            status="booked" if self._group.status in ("update", "correction") else "information",
            bank_reference=bank,
            reference=customer,
            bank_code=code,
            remittance=text,
            structured=find_references(text),
        )

    def _message(self, fields: Fields) -> None:
        """A record 890 is neither a credit nor a debit: its text is what it says (printed page 17)."""
        amount = fields.take()
        if re.fullmatch(r"[+-]?[0-9.]+", amount) and amount.strip("+-0."):
            raise FormatError(f"a message (890) states an amount of {amount[:20]}", fields.place)
        words = (amount.strip("+-0."), fields.take(), fields.take(), fields.take(), fields.text())
        text = " ".join(word for word in words if word not in ("", "Z"))
        self._note(f"{MESSAGE_NOTE}: {text[:200]}", fields.place)

    def close(self, record: Record) -> Head:
        """The account's head, once its trailer (49) is there. Raises FormatError where that is none."""
        fields = Fields(record)
        self.records += record.lines
        stated_total, stated_records = fields.whole(signed=True), fields.whole()
        fields.end()
        for what, stated, found in (
            ("a control total", stated_total, self.total),
            ("records", stated_records, self.records),
        ):
            if stated is not None and stated != found:
                self._problems.append(f"the account states {what} of {stated}, it holds {found}")
        opening, closing = (
            next((b for b in self._balances if b.code == code), None) for code in (OPENING, CLOSING)
        )
        group, first = self._group, self._first.place
        partial = group.status in ("update", "correction") and self._is_partial(opening, closing)
        end = record.place
        return Head(
            account=self._account,
            currency=self.currency,
            statement_id=f"{group.on:%y%m%d}",
            bank=group.bank,
            from_on=group.on,
            to_on=group.on,
            opening=opening,
            closing=closing,
            balances=tuple(self._balances),
            stated=self._totals(),
            intraday=group.interim,
            place=Place(first.offset, end.offset + end.length - first.offset, first.line),
            checked=stated_total is not None,
            problems=tuple(self._problems),
            status=group.status,
            partial=partial,
        )

    def _totals(self) -> Stated:
        """The file's own sums and counts, but for a count that is more than the details: it counts items."""
        found: dict[int, tuple[Decimal | None, int | None]] = {}
        for sign, code in ((1, CREDITS), (-1, DEBITS)):
            total, items = self._stated.get(code, (None, None))
            found[sign] = (total, items if items is not None and items <= self._details[sign] else None)
        return Stated(
            credit_sum=found[1][0], credit_count=found[1][1], debit_sum=found[-1][0], debit_count=found[-1][1]
        )

    def _is_partial(self, opening: Balance | None, closing: Balance | None) -> bool:
        """Whether money moved for which the bank gives no detail; says so, and what does not agree even so."""
        missing = {
            word: self._stated[code][0] - self._given[sign]
            for word, sign, code in (("credits", 1, CREDITS), ("debits", -1, DEBITS))
            if code in self._stated
        }
        if any(left < 0 for left in missing.values()):
            return False
        moved = closing.amount - opening.amount if opening and closing else None
        details = any(self._details.values())
        lacking = [f"{word} of {left} {self.currency}" for word, left in missing.items() if left]
        if not details or moved != self._given[1] - self._given[-1]:
            lacking += [
                f"{word} (summary {', '.join(self._kinds[sign][:5])})"
                for word, sign in (("credits", 1), ("debits", -1))
                if word not in missing and self._kinds[sign] and not self._details[sign]
            ]
        if not lacking and (details or len(missing) == 2 or not moved):
            # Totals of both sides that the details reach are no reason for a balance that they do not.
            return False
        if len(missing) == 2 and opening and closing:
            net = self._stated[CREDITS][0] - self._stated[DEBITS][0]
            if net != moved:
                self._problems.append(f"{opening.amount} + {net} (its totals) is not {closing.amount}")
        what = " and ".join(lacking) or f"a movement of {moved} {self.currency}"
        self._note(f"{what} of account {self._account} without their details", self._first.place)
        return True


def trailer(record: Record, *expected: tuple[str, int]) -> None:
    """Hold a group's or file's trailer against what was read: (what, found) in the order of its fields, the first one
    signed. Raises FormatError where it states another."""
    fields = Fields(record)
    for number, (what, found) in enumerate(expected):
        stated = whole(fields.take(), record.place, signed=not number)
        if stated is not None and stated != found:
            of = "the group" if record.code == "98" else "the file"
            raise FormatError(f"{of} states {what} of {stated}, it holds {found}", record.place)
    fields.end()
