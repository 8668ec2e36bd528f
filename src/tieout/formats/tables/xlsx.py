"""Rows of an XLSX workbook (ECMA-376, SpreadsheetML), read as a stream.

Cells are taken as the texts that the file holds: libraries give its numbers as floats, and an
amount never passes through one. Formulas, merged cells and errors are refused by their place.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import IO, Any, BinaryIO

from lxml import etree

from tieout.formats.tables.form import Cell

_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_LARGEST = 1 << 30
_BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")


class NotAWorkbookError(ValueError):
    """A file that is no workbook that we read: why."""


def workbook_rows(stream: BinaryIO, sheet: str) -> Iterator[tuple[int, list[Cell]]]:
    """(row number, cells) of a sheet: the one that `sheet` names, else the only one that shows."""
    try:
        with zipfile.ZipFile(stream) as book:
            if any(i.file_size > _LARGEST for i in book.infolist()):
                raise NotAWorkbookError("a part of it is larger than 1 GiB")
            since, path = _sheet(book, sheet)
            texts, dates = _texts(book), _date_styles(book)
            with book.open(path) as part:
                yield from _rows(part, texts, dates, since)
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError, OSError) as error:
        raise NotAWorkbookError(f"no workbook that can be read: {error}") from None


def _parse(book: zipfile.ZipFile, path: str) -> Any:
    with book.open(path) as part:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        return etree.parse(part, parser).getroot()


def _sheet(book: zipfile.ZipFile, wanted: str) -> tuple[date, str]:
    root = _parse(book, "xl/workbook.xml")
    setting = root.find(f"{_NS}workbookPr")
    in_1904 = setting is not None and setting.get("date1904") in ("1", "true")
    sheets = [
        (s.get("name", ""), s.get(_REL, ""))
        for s in root.iter(f"{_NS}sheet")
        if s.get("state", "visible") == "visible"
    ]
    chosen = [ref for name, ref in sheets if name == wanted] if wanted else [ref for _, ref in sheets]
    if len(chosen) != 1:
        names = ", ".join(name for name, _ in sheets)
        what = f"no sheet is named {wanted!r}" if wanted else "several sheets: name one as option sheet"
        raise NotAWorkbookError(f"{what}; there are {names}")
    for relation in _parse(book, "xl/_rels/workbook.xml.rels"):
        if relation.get("Id") == chosen[0]:
            target = str(relation.get("Target", ""))
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return (date(1904, 1, 1) if in_1904 else date(1899, 12, 30)), path
    raise NotAWorkbookError("its sheet is missing")


def _texts(book: zipfile.ZipFile) -> list[str]:
    """The shared texts. They are held: a workbook keeps each text once."""
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    found = []
    with book.open("xl/sharedStrings.xml") as part:
        for _, element in etree.iterparse(part, tag=f"{_NS}si", resolve_entities=False, no_network=True):
            found.append("".join(t.text or "" for t in element.iter(f"{_NS}t")))
            element.clear()
    return found


def _date_styles(book: zipfile.ZipFile) -> set[int]:
    """The numbers of the cell styles that show days."""
    if "xl/styles.xml" not in book.namelist():
        return set()
    root = _parse(book, "xl/styles.xml")
    own = {}
    for rule in root.iter(f"{_NS}numFmt"):
        code = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", rule.get("formatCode", ""))
        own[rule.get("numFmtId")] = bool(re.search(r"[ymd]", code, re.IGNORECASE))
    styles = root.find(f"{_NS}cellXfs")
    found = set()
    for number, style in enumerate(styles if styles is not None else ()):
        key = style.get("numFmtId", "0")
        if own.get(key, int(key) in _BUILT_IN_DATES):
            found.add(number)
    return found


def _rows(
    part: IO[bytes], texts: list[str], dates: set[int], since: date
) -> Iterator[tuple[int, list[Cell]]]:
    number = 0
    tags = (f"{_NS}row", f"{_NS}mergeCell")
    for _, element in etree.iterparse(part, tag=tags, resolve_entities=False, no_network=True):
        if element.tag == tags[1]:
            place = element.get("ref", "")
            what = f"merged cells|{place}: cells are merged; unmerge them and fill each"
            # Merges stand behind the rows: a row of its own carries the refusal.
            yield _row_of(place), [Cell("", wrong=what)]
            continue
        number = int(element.get("r") or number + 1)
        cells: list[Cell] = []
        for cell in element.iter(f"{_NS}c"):
            place = _REFERENCE.fullmatch(cell.get("r") or "")
            at = _column(place[1]) if place else len(cells)
            cells += [Cell("")] * (at - len(cells))
            cells.append(_cell(cell, texts, dates, since))
        yield number, cells
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _row_of(place: str) -> int:
    found = _REFERENCE.match(place)
    return int(found[2]) if found else 0


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _cell(cell: Any, texts: list[str], dates: set[int], since: date) -> Cell:
    kind = cell.get("t", "n")
    if cell.find(f"{_NS}f") is not None:
        return Cell("", wrong="no formulas|holds a formula: paste its value")
    if kind == "inlineStr":
        return Cell("".join(t.text or "" for t in cell.iter(f"{_NS}t")))
    value = cell.find(f"{_NS}v")
    text = (value.text or "") if value is not None else ""
    if kind == "s":
        return Cell(texts[int(text)]) if text.isdigit() and int(text) < len(texts) else Cell("")
    if kind == "e":
        return Cell("", wrong=f"no errors|shows {text or 'an error'}")
    if kind == "b":
        return Cell("TRUE" if text == "1" else "FALSE")
    if kind != "n" or not text:
        return Cell(text)
    if int(cell.get("s", "0")) in dates:
        return _day(text, since)
    return Cell(_plain(text), number=True)


def _plain(text: str) -> str:
    """A number's text without an exponent: 1.5E3 is 1500."""
    return format(Decimal(text), "f") if "E" in text or "e" in text else text


def _day(text: str, since: date) -> Cell:
    days = Decimal(text)
    if days != int(days):
        return Cell("", wrong="date|holds a time of day: a day is expected")
    return Cell(text, day=since + timedelta(days=int(days)), number=True)
