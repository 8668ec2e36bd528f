"""When money is available: the funds types of BAI2.

Z, 0, 1, 2 stand alone; V has a day and a time; S three amounts (at once, in a day, later); D a count and so many pairs of
days and amounts. Amounts of availability may have a sign, and are no part of a control total.
Source: BAI, Cash Management Balance Reporting Specifications, version 2 (10/2005), printed pages 18 and 29 to 31.
"""

from __future__ import annotations

import re
from datetime import date

import msgspec

from tieout.formats.bai2.records import Fields, day
from tieout.formats.model import FormatError

_MOST = 1000
# Military time, 2400 and 9999 being the day's end; some banks write a clock's.
_TIME = re.compile(r"[0-9]{4}|[0-9]{2}:[0-9]{2}(:[0-9]{2})?|")


class Funds(msgspec.Struct, frozen=True):
    """A funds type, "" for none; whether it says that some of the money is available later, on a day that is not stated;
    and the day of value that it states (V alone)."""

    kind: str
    later: bool = False
    on: date | None = None

    def value_on(self, as_of: date) -> date | None:
        """The day of value; None where money becomes available later, on a day that is not stated or on several.

        A day before the as-of-date counts as the as-of-date (printed page 18).
        """
        if self.later:
            return None
        return as_of if self.on is None else max(self.on, as_of)


_AT_ONCE = {kind: Funds(kind) for kind in ("", "Z", "0")}


def read_funds(fields: Fields) -> Funds:
    """The funds type that begins at the next field, with all its fields. Raises FormatError where it is none."""
    kind = fields.take()
    if kind in _AT_ONCE:
        return _AT_ONCE[kind]
    if kind == "V":
        stated, time = fields.take(), fields.take()
        if not _TIME.fullmatch(time):
            raise FormatError(f"{time[:20]!r} is no time of value, such as 1300", fields.place)
        return Funds(kind, on=day(stated, fields.place) if stated else None)
    if kind == "S":
        amounts = [fields.whole(signed=True) for _ in range(3)]
        return Funds(kind, later=any(amounts[1:]))
    if kind == "D":
        count = fields.whole() or 0
        if count > _MOST:
            raise FormatError(f"{count} availabilities of one amount", fields.place)
        pairs = [(fields.whole(), fields.whole(signed=True)) for _ in range(count)]
        return Funds(kind, later=any(days and amount for days, amount in pairs))
    if kind not in ("1", "2"):
        raise FormatError(f"{kind[:20]!r} is no funds type (Z, 0, 1, 2, S, V or D)", fields.place)
    return Funds(kind, later=True)
