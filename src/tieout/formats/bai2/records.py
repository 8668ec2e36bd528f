"""Physical records of BAI2 to logical ones, and their fields in order.

A record (01 to 99) goes on in the continuations (88) behind it. Fields are not cut between them, but for the text of a
detail: a slash ends a physical record, and stands where the comma behind its last field would. What follows a record's
last field is its padding.
Source: BAI, Cash Management Balance Reporting Specifications, version 2 (10/2005), printed pages 9 to 11, 20, 37.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import msgspec

from tieout.formats.model import FormatError, Place
from tieout.formats.textlines import TextLines

_CODES = ("01", "02", "03", "16", "49", "98", "99")
_LARGEST = 64 << 10
# The end of a file as DOS wrote it.
_BLANK = " \t\r\x1a"
_WHOLE = re.compile(r"\+?[0-9]{1,18}")
_SIGNED = re.compile(r"[+-]?[0-9]{1,18}")


class Record(msgspec.Struct):
    """A record with its continuations: its code, what follows it in each physical record (without padding), how long each
    of these was (its padding and code counted), its first and last line and how many it has, and its place."""

    code: str
    parts: list[str]
    widths: list[int]
    first: int
    last: int
    lines: int
    place: Place


def records(text: TextLines) -> Iterator[Record]:
    """The logical records of a file in order. Raises FormatError for a line that begins none."""
    record: Record | None = None
    for number, line in text:
        if not line.strip(_BLANK):
            continue
        code, _, rest = line.rstrip(_BLANK).partition(",")
        code = code.strip()
        # A text that ends with a blank does not fill its record.
        width = len(line) if line == line.rstrip() else 0
        if code == "88":
            if record is None:
                raise FormatError("a continuation (88) of nothing", text.at(number))
            record.parts.append(rest)
            record.widths.append(width)
            record.last, record.lines = number, record.lines + 1
            if sum(map(len, record.parts)) > _LARGEST:
                raise FormatError("a record of more than 64 KiB", text.at(record.first))
            continue
        if record is not None:
            yield _placed(record, text)
        if code not in _CODES:
            raise FormatError(f"{code[:20]!r} is no BAI2 record code", text.at(number))
        record = Record(code, [rest], [width], number, number, 1, text.at(number))
    if record is not None:
        yield _placed(record, text)


def _placed(record: Record, text: TextLines) -> Record:
    record.place = text.at(record.first, record.last)
    return record


class Fields:
    """The fields of a record, one after the other, through its continuations."""

    def __init__(self, record: Record) -> None:
        self._record, self._part, self._at = record, 0, 0

    @property
    def place(self) -> Place:
        """Where the record stands."""
        return self._record.place

    @property
    def ended(self) -> bool:
        """Whether no field is left."""
        return self._part >= len(self._record.parts)

    def take(self) -> str:
        """The next field without blanks around it; "" where it is defaulted, or where none is left."""
        parts, number, at = self._record.parts, self._part, self._at
        if number >= len(parts):
            return ""
        part = parts[number]
        comma = part.find(",", at)
        # A comma at the end of a physical record that goes on stands where a slash should: no empty field is behind it.
        dangles = comma == len(part) - 1 and number + 1 < len(parts)
        if comma >= 0 and not dangles:
            self._at = comma + 1
            return part[at:comma].strip()
        self._part, self._at = number + 1, 0
        return part[at:].removesuffix("," if comma >= 0 else "/").strip()

    def text(self, record_length: int = 0) -> str:
        """All that is left, as the text of a detail. Physical records are joined by a blank, but where the text filled one
        to the length that the file declares (0: none): there it goes on in the middle of a word."""
        if self.ended:
            return ""
        first = self._part
        if first + 1 == len(self._record.parts):
            self._part += 1
            return self._record.parts[first][self._at :].removesuffix("/").strip()
        pieces = [self._record.parts[first][self._at :], *self._record.parts[first + 1 :]]
        self._part = len(self._record.parts)
        # A text is not delimited, but banks end its records with a slash all the same: the detail's own, and the
        # continuations either all or the last one. Any other slash is text.
        own = 1 if first == 0 else 0
        every = all(piece.endswith("/") for piece in pieces[own:])
        last = len(pieces) - 1
        pieces = [p.removesuffix("/") if every or n < own or n == last else p for n, p in enumerate(pieces)]
        found = ""
        for number, piece in enumerate(pieces):
            filled = number and record_length and self._record.widths[first + number - 1] >= record_length
            found = f"{found}{'' if filled else ' '}{piece.strip()}" if piece.strip() else found
        return found.strip()

    def whole(self, signed: bool = False) -> int | None:
        """The next field as a whole number; None where it is defaulted. Raises FormatError for anything else."""
        return whole(self.take(), self.place, signed)

    def end(self) -> None:
        """Raises FormatError where anything is left: it is no part of this record."""
        while not self.ended:
            if left := self.take():
                raise FormatError(
                    f"a record {self._record.code} has more fields than it may: {left[:40]!r}", self.place
                )


def whole(text: str, place: Place, signed: bool = False) -> int | None:
    """A field as a whole number of at most 18 digits, None for an empty one. Raises FormatError for anything else."""
    if not text:
        return None
    if not (_SIGNED if signed else _WHOLE).fullmatch(text):
        raise FormatError(f"{text[:40]!r} is no whole number of at most 18 digits", place)
    return int(text)


def day(text: str, place: Place) -> date:
    """YYMMDD; some banks write YYYYMMDD. Raises FormatError for anything else."""
    if not re.fullmatch(r"[0-9]{6}|[0-9]{8}", text):
        raise FormatError(f"{text[:20]!r} is no day, such as 261031", place)
    year = int(text[:-4]) + (2000 if len(text) == 6 else 0)
    try:
        return date(year, int(text[-4:-2]), int(text[-2:]))
    except ValueError:
        raise FormatError(f"{text!r} is no day, such as 261031", place) from None
