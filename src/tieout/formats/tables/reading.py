"""Reads a table row by row: memory does not grow with it.

Whatever is wrong is gathered by row and column; rows that are right are given as they come, so a
caller reads once to know that a table holds, and once more to use it.
"""

from __future__ import annotations

import csv
import io
import mmap
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from tieout.formats.tables.form import Cell, Form, Layout, Problem, Row, TableError, value_of
from tieout.formats.tables.xlsx import NotAWorkbookError, workbook_rows

_MOST_PROBLEMS = 200
_MOST_COLUMNS = 400
_DELIMITERS = (";", "\t", ",")
Bytes = bytes | mmap.mmap


def read_table(content: Bytes, form: Form, layout: Layout) -> Iterator[Row]:
    """The rows of a table that has a header. Raises TableError, at the latest after the last row,
    with everything that is wrong."""
    lines = _lines(content, layout)
    first = next(lines, None)
    if first is None:
        raise TableError([Problem(0, "", "not empty", "the file holds no row")])
    number, head = first
    places = _places(number, [c.text.strip() for c in head], form, layout)
    problems: list[Problem] = []
    rows = 0
    for number, cells in lines:
        if not any(c.text.strip() or c.day or c.wrong for c in cells):
            continue
        rows += 1
        row = _row(number, cells, places, len(head), form, layout, problems)
        if len(problems) >= _MOST_PROBLEMS:
            break
        if row is not None and not problems:
            yield row
    if not rows:
        problems.append(Problem(0, "", "not empty", "the file holds a header and no row"))
    if problems:
        raise TableError(sorted(problems, key=lambda p: p.row))


def _row(
    number: int,
    cells: Sequence[Cell],
    places: dict[str, int],
    width: int,
    form: Form,
    layout: Layout,
    problems: list[Problem],
) -> Row | None:
    wrong = False
    if len(cells) == 1 and cells[0].wrong.startswith("merged cells"):
        problems.append(Problem(number, "", *cells[0].wrong.split("|", 1)))
        return None
    if any(c.text.strip() or c.wrong for c in cells[width:]):
        problems.append(Problem(number, "", "columns", f"more than the header's {width} cells"))
        return None
    values = {}
    for column in form.columns:
        place = places.get(column.name)
        cell = cells[place] if place is not None and place < len(cells) else Cell("")
        try:
            values[column.name] = value_of(cell, column, layout) if place is not None else None
        except ValueError as error:
            header = layout.headers.get(column.name, column.name)
            rule, what = (*error.args, "")[:2]
            problems.append(Problem(number, header, rule, what))
            wrong = True
    return None if wrong else Row(number, values)


def _places(number: int, head: Sequence[str], form: Form, layout: Layout) -> dict[str, int]:
    """Where each column stands. Raises TableError for a missing or a doubled one."""
    if len(head) > _MOST_COLUMNS:
        raise TableError([Problem(number, "", "columns", f"more than {_MOST_COLUMNS} columns")])
    problems, places = [], {}
    folded = [h.casefold() for h in head]
    for column in form.columns:
        header = layout.headers.get(column.name, column.name)
        count = folded.count(header.casefold())
        if count > 1:
            problems.append(Problem(number, header, "columns", "stands more than once in the header"))
        elif count:
            places[column.name] = folded.index(header.casefold())
        elif column.required:
            there = ", ".join(h for h in head if h) or "nothing"
            problems.append(Problem(number, header, "columns", f"is missing; the header holds {there[:200]}"))
    if problems:
        raise TableError(problems)
    return places


def _lines(content: Bytes, layout: Layout) -> Iterator[tuple[int, list[Cell]]]:
    head = bytes(content[:4])
    if head == b"PK\x03\x04":
        try:
            yield from workbook_rows(_stream(content), layout.sheet)
        except NotAWorkbookError as error:
            raise TableError([Problem(0, "", "workbook", str(error))]) from None
        return
    if head[:4] == b"\xd0\xcf\x11\xe0":
        what = "an old workbook (XLS): save it as XLSX or CSV"
        raise TableError([Problem(0, "", "workbook", what)])
    yield from _text_lines(content, layout)


def _stream(content: Bytes) -> BinaryIO:
    if isinstance(content, bytes):
        return io.BytesIO(content)
    content.seek(0)
    return content  # type: ignore[return-value]


class _Raw(io.RawIOBase):
    """A mapped file as a stream that is read and never closed with its reader."""

    def __init__(self, content: Bytes) -> None:
        self._content, self._at = content, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        piece = self._content[self._at : self._at + len(view)]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _text_lines(content: Bytes, layout: Layout) -> Iterator[tuple[int, list[Cell]]]:
    encoding = layout.encoding or "utf-8-sig"
    try:
        text = io.TextIOWrapper(io.BufferedReader(_Raw(content), 1 << 16), encoding, newline="")
        delimiter = layout.delimiter or _delimiter(bytes(content[:8192]))
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        for cells in reader:
            if any("\x00" in c for c in cells):
                raise TableError([Problem(reader.line_num, "", "text", "a NUL byte: this is no text file")])
            yield reader.line_num, [Cell(c) for c in cells]
    except LookupError:
        raise TableError([Problem(0, "", "encoding", f"no encoding is named {encoding!r}")]) from None
    except UnicodeDecodeError as error:
        what = f"not {layout.encoding or 'UTF-8'} text ({error.reason}): declare encoding in [options]"
        raise TableError([Problem(0, "", "encoding", what)]) from None
    except csv.Error as error:
        raise TableError([Problem(reader.line_num, "", "csv", str(error))]) from None


def _delimiter(head: bytes) -> str:
    """The mark that the header has most of."""
    line = head.splitlines()[0].decode("utf-8", "replace") if head.splitlines() else ""
    return max(_DELIMITERS, key=line.count) if any(d in line for d in _DELIMITERS) else ","
