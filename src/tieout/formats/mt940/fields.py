"""A file of MT940 or MT942 cut into its fields.

A field begins with :NN: at the start of a line and goes on until the next; a message begins with :20:. Source: SWIFT
Standards, category 9, MT 940 and MT 942.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from tieout.formats.model import FormatError, Place
from tieout.formats.textlines import TextLines

_FIELD = re.compile(r":(\d{2}[A-Z]?|NS):")


# The line that most statements are made of, whole: a :61: of one line and one structured :86:, and
# behind it a next line or the closing balance. Whatever is not exactly this goes the long way.
def _usual(text: str, end: str) -> re.Pattern[str]:
    return re.compile(
        r":61:(\d{6})(\d{4})?(R?[CD])([A-Z])?(\d{1,15}(?:,\d{0,4})?)([A-Z])([A-Z0-9]{3})"
        rf"({text}*){end}:86:((\d{{3}})\?\d\d{text}*(?:{end}(?![:\-{{]){text}*){{0,60}}){end}(?=:61:|:62[FM]:)"
    )


# By whether a text has carriage returns: without them a plain dot is twice as fast.
_USUAL = {False: _usual(".", r"\n"), True: _usual(r"[^\r\n]", r"\r?\n")}


def sniff(head: str) -> str:
    """ "mt942" or "mt940" for the beginning of such a file; "" for any other."""
    # Blanks of one line alone: with those of all that follow, a page of empty lines takes a minute.
    if not re.search(r"^[^\S\n]*(?:\{4:\s*)?:20:", head, re.MULTILINE):
        return ""
    if re.search(r"^:(?:60[FM]|62[FM]):", head, re.MULTILINE):
        return "mt940"
    return "mt942" if re.search(r"^:(?:34F|13D|90[CD]):", head, re.MULTILINE) else ""


class Field(msgspec.Struct):
    """One field: its lines without the tag, and the numbers of the first and the last of them."""

    tag: str
    lines: list[str]
    first: int
    last: int


# A line of the usual shape, and the numbers of its first and last line.
Usual = tuple[re.Match[str], int, int]


def fields_of(  # noqa: C901 - a grammar: a branch a field
    given: TextLines, usual_may_stand: bool, note: Callable[[str, Place], None]
) -> Iterator[Field | Usual]:
    """The fields of a file; lines of the usual shape whole, where they may stand. What is outside a message is noted. Raises
    FormatError."""
    field: Field | None = None
    text, starts, lines = given.decoded.text, given.starts, given.lines
    usual = _USUAL["\r" in text]
    number, end = -1, len(lines) - 1
    while number < end:
        number += 1
        line = lines[number]
        if usual_may_stand and line.startswith(":61:"):
            whole = usual.match(text, starts[number])
            if whole is not None and field is not None:
                yield field
                field = None
            while whole is not None:
                first, number = number, number + text.count("\n", whole.start(), whole.end())
                yield whole, first, number - 1
                whole = usual.match(text, whole.end())
            line = lines[number]
        bare = line
        if bare.startswith("{"):
            # Block 4 of a SWIFT message may begin on the line of its first field.
            bare = bare.rpartition("{4:")[2].lstrip() if "{4:" in bare else bare
            if not bare:
                continue
        found = _FIELD.match(bare)
        if found:
            if field is not None:
                yield field
            field = Field(found[1], [bare[found.end() :]], number, number)
        elif bare.strip() in ("-", "-}") or re.match(r"-}|-X{3}", bare):
            if field is not None:
                yield field
            field = None
        elif field is not None:
            field.lines.append(bare)
            field.last = number
            if number - field.first > 2000:
                raise FormatError(
                    f"field :{field.tag}: goes on for more than 2000 lines", given.at(field.first)
                )
        elif bare.strip():
            note("text outside a message", given.at(number))
    if field is not None:
        yield field
