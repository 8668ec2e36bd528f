"""Opens a file as its format: detected by its content, or forced."""

from __future__ import annotations

import codecs
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from tieout.formats.bai2 import reading as bai2
from tieout.formats.camt import reading as camt
from tieout.formats.conservation import Tally
from tieout.formats.csv import reading as csv
from tieout.formats.csv.detecting import DETECTED
from tieout.formats.csv.dialects import built_in
from tieout.formats.model import (
    Balance,
    FormatError,
    Head,
    Line,
    ParsedFile,
    Statement,
    Unread,
)
from tieout.formats.mt940 import dialects as mt940_dialects
from tieout.formats.mt940 import fields as mt940_fields
from tieout.formats.mt940 import reading as mt940
from tieout.formats.ofx import reading as ofx
from tieout.formats.paypal import reading as paypal
from tieout.formats.textlines import only_returns

FORMATS = ("camt.052", "camt.053", "camt.054", "mt940", "mt942", "bai2", "ofx", "csv", "paypal")
DIALECTS = (
    *(d.name for d in (*mt940_dialects.DIALECTS, mt940_dialects.GENERIC)),
    *built_in(),
    DETECTED,
)
# Formats of lines are read whole: nobody's statement in them is larger.
LARGEST_TEXT = 256 << 20
_HEAD = 1 << 16


class Reader(Protocol):
    """A file that is being read: lines, and after each statement's lines its head. `remainder`
    is complete once the events are."""

    format: str
    encoding: str

    @property
    def remainder(self) -> tuple[Unread, ...]:
        """What was not understood so far, each with its place."""
        ...

    def events(self) -> Iterator[Line | Head]:
        """Lines, and after each statement's lines its head. Raises FormatError."""
        ...


class Closed(Statement, frozen=True, kw_only=True):
    """A statement whose lines have gone by: its head and proof, and no lines."""


class _Hashing:
    """What was read already, then the rest of a stream; hashes what is read from it."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head, self._stream, self.digest = head, stream, hashlib.sha256()

    def read(self, size: int) -> bytes:
        block, self._head = self._head[:size], self._head[size:]
        if len(block) < size:
            block += self._stream.read(size - len(block))
        self.digest.update(block)
        return block


def detect(head: bytes) -> str:
    """The format of a file by its first 64 KiB; "" where none is known."""
    if found := camt.sniff(head):
        return found
    text = _text(head)
    if only_returns(text):
        text = text.replace("\r", "\n")
    return (
        mt940_fields.sniff(text)
        or bai2.sniff(text)
        or ofx.sniff(text)
        or paypal.sniff(text)
        or csv.sniff(text)
    )


def _text(head: bytes) -> str:
    """The beginning of a file as text, by its byte order mark or as UTF-8: names of columns are no ASCII everywhere."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", "ignore")
    try:
        # What is cut off at the end may be half a letter.
        return codecs.getincrementaldecoder("utf-8")().decode(head).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return head.decode("latin-1")


class OpenFile:
    """A file that is being read, statement by statement. Amounts and places as in the model.

    Raises FormatError while it is iterated: what came before stands, the file as a whole does
    not.
    """

    def __init__(self, stream: BinaryIO, *, format: str = "", dialect: str = "", encoding: str = "") -> None:
        head = stream.read(_HEAD)
        # A dialect that is named says its format as well.
        found = format or ("csv" if csv.is_dialect(dialect) else detect(head))
        if not head.strip():
            raise FormatError("the file is empty")
        if not found:
            raise FormatError(f"the format is not known; these are: {', '.join(FORMATS)} (one can be forced)")
        self._hashing = _Hashing(head, stream)
        self.dialect = ""
        self._reader: Reader
        if found.startswith("camt."):
            self._reader = camt.CamtReader(self._hashing)
        elif found in ("mt940", "mt942"):
            content = self._all()
            reader = mt940.Mt940Reader(content, dialect, encoding)
            self._reader, self.dialect = reader, reader.dialect.name
        elif found == "bai2":
            self._reader = bai2.Bai2Reader(self._all(), encoding)
        elif found == "ofx":
            self._reader = ofx.OfxReader(self._all(), encoding)
        elif found == "paypal":
            self._reader = paypal.PaypalReader(self._all(), encoding)
        elif found == "csv":
            table = csv.CsvReader(self._all(), dialect, encoding)
            self._reader, self.dialect = table, table.dialect.name
        else:
            raise FormatError(f"no format is named {found!r}; these are: {', '.join(FORMATS)}")
        self._format = found
        self._last: dict[tuple[str, str], Balance | None] = {}

    def _all(self) -> bytes:
        content = self._hashing.read(LARGEST_TEXT + 1)
        if len(content) > LARGEST_TEXT:
            raise FormatError(f"more than {LARGEST_TEXT >> 20} MiB: no bank sends that in this format")
        return content

    @property
    def format(self) -> str:
        """The format that its reader found; until that has read far enough, the one that was detected or
        forced."""
        return self._reader.format or self._format

    @property
    def encoding(self) -> str:
        """The encoding by which its text is read, as detected, declared or forced."""
        return self._reader.encoding

    @property
    def sha256(self) -> str:
        """The hash of the whole file, once it is read."""
        return self._hashing.digest.hexdigest()

    @property
    def remainder(self) -> tuple[Unread, ...]:
        """What was not understood, each with its place; complete once the events are."""
        return self._reader.remainder

    def events(self) -> Iterator[Line | Closed]:
        """Lines, and after each statement's lines the statement closed, with its proof."""
        tally, count = Tally(), 0
        for event in self._reader.events():
            if isinstance(event, Line):
                tally.add(event)
                yield event
                continue
            yield self._close(event, tally)
            tally, count = Tally(), count + 1
        if not count:
            why = getattr(self._reader, "why_nothing", str)()
            raise FormatError(f"the file holds no statement{f': it says {why!r}' if why else ''}")
        if self._format != self._reader.format:
            raise FormatError(f"this is {self._reader.format}, not {self._format}")

    def _close(self, head: Head, tally: Tally) -> Closed:
        currency = head.currency or next(iter(tally.currencies), "")
        for other, place in tally.currencies.items():
            if other != currency:
                raise FormatError(f"a line is in {other}, its account in {currency}", place)
        key = (head.account, currency)
        before = self._last.get(key)
        continues = None
        if before is not None and head.opening is not None:
            continues = before.amount == head.opening.amount
        if head.closing is not None:
            self._last[key] = head.closing
        return Closed(head=head, lines=(), conservation=tally.prove(head), continues=continues)


def parse(source: bytes | Path, *, format: str = "", dialect: str = "", encoding: str = "") -> ParsedFile:
    """Read a whole file: every statement with its lines and its proof.

    `format`, `dialect` and `encoding` force what is otherwise detected. Raises FormatError for a
    file that is not read whole, and OSError for one that cannot be opened.
    """
    stream: BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    with stream:
        file = OpenFile(stream, format=format, dialect=dialect, encoding=encoding)
        statements: list[Statement] = []
        lines: list[Line] = []
        for event in file.events():
            if isinstance(event, Line):
                lines.append(event)
                continue
            statements.append(
                Statement(
                    head=event.head,
                    lines=tuple(lines),
                    conservation=event.conservation,
                    continues=event.continues,
                )
            )
            lines = []
    return ParsedFile(
        format=file.format,
        dialect=file.dialect,
        encoding=file.encoding,
        sha256=file.sha256,
        statements=tuple(statements),
        remainder=file.remainder,
    )
