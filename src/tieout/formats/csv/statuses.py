"""Columns that say of a line whether it is booked, is to come, or never will be."""

from __future__ import annotations

import re

import msgspec

from tieout.formats.csv.table import Table
from tieout.formats.csv.words import BOOKED, NEVER_BOOKED, NO, PENDING, STATUS_NAMES, YES, named, plain
from tieout.formats.model import FormatError

# A column of this name says when a line was booked, and where it is empty that it is not.
_BOOKED_ON = re.compile(
    r"post(ed|ing)? ?date|date posted|book|boek|buch|clear|settle|complet|comptab|cont[aá]b|księg|zaúčt|zúčt|bokf|bogf|könyv|kirjaus"
)
_DAY = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
# A word in brackets, or before a colon or a dash, at the beginning of a text.
_SAYS = re.compile(
    r"\s*(?:[\[(*]+\s*([^\W\d][^\])*]{2,30}?)\s*[\])*]+\s|([^\W\d][\w ]{2,30}?)\s*(?::|\s[-\u2013]\s))"
)
# Words that a payment may be for, too.
_ALSO_TEXTS = frozenset(
    ("hold", "reservation", "offen", "planned", "scheduled", "varaus", "reservering", "rezervace", "foglalás")
)
_ASK = "declare a dialect with its status"


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The column of a line's state, "" where there is none; its words as they are written, of lines that are not
    booked yet (`pending`), and of those that never will be (`ignored`)."""

    column: str = ""
    pending: list[str] = []
    ignored: list[str] = []


def status_of(table: Table) -> Status:
    """The state that a table tells of its lines. Raises FormatError where it says pending of some in words, and of
    others something that nobody knows."""
    found = [status for column in table.free() if (status := _of(column, table)) is not None]
    telling = [s for s in found if s.pending or s.ignored]
    if len(telling) > 1:
        names = " and ".join(repr(s.column) for s in telling)
        raise FormatError(f"the columns {names} both say which lines are not booked: {_ASK}")
    return (telling or found or [Status()])[0]


def check_texts(table: Table) -> None:
    """Raises FormatError where a line's text begins with a word of what is not booked: Pending - Coffee, [Vorgemerkt] Miete."""
    for column in table.names:
        for cell in dict.fromkeys(table.cells(column)):
            hit = _SAYS.match(cell)
            if hit is not None and plain(hit[1] or hit[2]) in PENDING - _ALSO_TEXTS:
                raise FormatError(
                    f"a text begins with {hit[0].strip()[:40]!r}, and no column says which lines are booked: export what is booked alone, "
                    "or declare a dialect"
                )


def check_days(table: Table) -> None:
    """Raises FormatError where a column of the days on which lines were booked is empty for some of them alone."""
    for column in table.free():
        cells = table.cells(column)
        days = [cell for cell in cells if cell]
        if (
            days
            and len(days) < len(cells)
            and _BOOKED_ON.search(named(column))
            and all(map(_DAY.search, days))
        ):
            raise FormatError(
                f"the column {column!r} says of some lines when they were booked, and nothing of others: export what is booked alone, "
                "or declare a dialect"
            )


def _of(column: str, table: Table) -> Status | None:
    words = {text: plain(text) for text in dict.fromkeys(table.cells(column)) if text}
    if not words:
        return None
    if named(column) in PENDING and set(words.values()) <= YES | NO:
        return Status(column=column, pending=[text for text, word in words.items() if word in YES])
    if named(column) in BOOKED and set(words.values()) <= YES | NO:
        # Posted: no.
        return Status(column=column, pending=[text for text, word in words.items() if word in NO])
    pending = [text for text, word in words.items() if word in PENDING]
    ignored = [text for text, word in words.items() if word in NEVER_BOOKED]
    booked = [text for text, word in words.items() if word in BOOKED]
    unknown = [text for text in words if text not in (*pending, *ignored, *booked)]
    is_status = named(column) in STATUS_NAMES
    if unknown and (pending or ignored or (is_status and booked)):
        raise FormatError(
            f"the column {column!r} says {(pending or ignored or booked)[0]!r} of some lines and {unknown[0][:40]!r} of others:"
            f" whether those are booked is not known: {_ASK}"
        )
    if not unknown and (pending or ignored or is_status):
        return Status(column=column, pending=pending, ignored=ignored)
    return None
