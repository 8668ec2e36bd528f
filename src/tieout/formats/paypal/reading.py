"""PayPal's settlement report (STL) to lines and heads.

Rows begin with their kind: RH and FH open the report and the file, SH a section (one account, or one of a
partner's), CH its columns, SB a transaction, SF and RF the totals of a section and of the report by currency, SC
and RC their counts, FF ends the file. Amounts are minor units beside CR or DR. A line's amount is gross less
fee; totals and counts are held against the rows. Columns go by their names with or without blanks
("TransactionDebitOrCredit", "Transaction  Debit or Credit" with two): reports of both spellings exist.
Sources: PayPal, Settlement Report Specification (developer.paypal.com); column names as Magento's Paypal module
(Report/Settlement) knows them; the rest as in footers.py.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator

from tieout.formats.model import FormatError, Head, Line, Place
from tieout.formats.paypal.footers import NAMES, Footer, footer_of
from tieout.formats.paypal.others import key_of, other_report
from tieout.formats.paypal.sections import Section, sums_of, transaction
from tieout.formats.textlines import TextLines
from tieout.formats.unparsed import Remainder

_KINDS = {"RH", "FH", "SH", "CH", "SB", "SF", "SC", "RF", "RC", "FF", "FC"}
_NEEDED = (
    "Transaction ID",
    "Transaction Event Code",
    "Transaction Completion Date",
    "Transaction Debit or Credit",
    "Gross Transaction Amount",
    "Gross Transaction Currency",
    "Fee Debit or Credit",
    "Fee Amount",
)
# Read, though a report may lack them, and what says nothing of its own.
_READ = {
    key_of(name)
    for name in (
        *_NEEDED,
        "Invoice ID",
        "PayPal Reference ID",
        "PayPal Reference ID Type",
        "Transaction Initiation Date",
        "Custom Field",
        "Fee Currency",
    )
}


def sniff(head: str) -> str:
    """ "paypal" for the beginning of such a file; "" for any other."""
    begins = re.match(r'\ufeff?"?RH"?[,\t]', head)
    return "paypal" if begins and re.search(r'^"?CH"?[,\t]', head, re.MULTILINE) else ""


class PaypalReader(Remainder):
    """One file. `events` gives each section's lines and, by currency, its head."""

    format = "paypal"

    def __init__(self, content: bytes, encoding: str = "") -> None:
        self._text = TextLines(content, encoding)
        self.encoding = self._text.decoded.encoding
        super().__init__(self._text.decoded)
        self._columns: list[str] = []
        self._others: list[tuple[int, str]] = []
        self._section: Section | None = None
        # A section that is at its end, until nothing can be said against it any more.
        self._ended: Section | None = None
        self._rows = 0
        self._sums: dict[str, Counter[int]] = {}
        self._counts: Counter[str] = Counter()
        self._first_file = True

    def _cells(self) -> Iterator[tuple[str, list[str], Place]]:
        """Every row: its kind, its other cells, its place."""
        delimiter = ","
        for number, text in self._text:
            if not text.strip():
                continue
            place = self._text.at(number)
            text = text.lstrip("\ufeff")
            if re.match(r'"?RH"?\t', text):
                delimiter = "\t"
            try:
                cells = [c.strip() for c in next(csv.reader([text], delimiter=delimiter, strict=True))]
            except csv.Error as error:
                raise FormatError(f"no CSV: {error}", place) from None
            if cells[0] not in _KINDS:
                if said := other_report(cells):
                    raise FormatError(said, place)
                raise FormatError(f"{cells[0][:20]!r} is no kind of row: {', '.join(sorted(_KINDS))}", place)
            yield cells[0], cells[1:], place

    def events(self) -> Iterator[Line | Head]:
        """Raises FormatError; what came before it stands."""
        problems: dict[str, list[str]] = {}
        ended = False
        for kind, cells, place in self._cells():
            if kind == "FH":
                self._first_file = cells[:1] == [""] or cells[0].lstrip("0") in ("", "1")
            elif kind == "SH":
                yield from self._release(problems)
                self._open(cells, place)
            elif kind == "CH":
                self._head_columns(cells, place)
            elif kind in ("SB", "SF", "SC"):
                self._of_section(kind, cells, place)
            elif kind == "RF":
                self._against_report(footer_of(kind, cells, place), problems)
            elif kind in ("RC", "FF"):
                self._count(kind, cells, place)
                ended = ended or kind == "FF"
        if self._section is not None or not ended:
            raise FormatError("the file has no end (SC, FF): it was cut short")
        yield from self._release(problems)

    def _open(self, cells: list[str], place: Place) -> None:
        if self._section is not None:
            raise FormatError("a section (SH) inside a section", place)
        self._section = Section(cells, place)
        if self._section.partner:
            self._note("a partner's account (SH)", place)

    def _head_columns(self, cells: list[str], place: Place) -> None:
        self._columns = [key_of(cell) for cell in cells]
        if said := other_report(cells):
            raise FormatError(said, place)
        missing = [name for name in _NEEDED if key_of(name) not in self._columns]
        if missing:
            raise FormatError(f"the columns {', '.join(missing)} are missing", place)
        twice = [cell for cell in cells if cell and self._columns.count(key_of(cell)) > 1]
        if twice:
            raise FormatError(f"the column {twice[0]!r} stands twice", place)
        self._others = [(n, cell) for n, cell in enumerate(cells) if key_of(cell) not in _READ]

    def _of_section(self, kind: str, cells: list[str], place: Place) -> None:
        section = self._section
        if section is None or not self._columns:
            raise FormatError(f"a row {kind} outside a section", place)
        if kind == "SB":
            while len(cells) > len(self._columns) and not cells[-1]:
                cells = cells[:-1]
            if len(cells) > len(self._columns):
                raise FormatError(f"{len(cells)} cells, the header has {len(self._columns)} columns", place)
            section.rows.append(transaction(dict(zip(self._columns, cells, strict=False)), place))
            for at, name in self._others:
                if at < len(cells) and cells[at]:
                    self._note(f"the column {name!r} is not read", place)
        elif kind == "SF":
            section.total(footer_of(kind, cells, place))
        else:
            section.close(cells, place)
            self._section, self._ended = None, section
            self._rows += len(section.rows)
            for currency in {row.currency for row in section.rows}:
                own = [row for row in section.rows if row.currency == currency]
                self._sums.setdefault(currency, Counter()).update(dict(enumerate(sums_of(own))))
                self._counts[currency] += len(own)

    def _release(self, problems: dict[str, list[str]]) -> Iterator[Line | Head]:
        section, self._ended = self._ended, None
        if section is not None:
            yield from section.events(problems)

    def _against_report(self, footer: Footer, problems: dict[str, list[str]]) -> None:
        """Hold the report's totals of a currency against all of its sections."""
        if not self._first_file or self._ended is None:
            # The totals are of all the report's files, and only this one is here.
            self._note("totals of a report in several files (RF)", footer.place)
            return
        found = self._sums.get(footer.currency, Counter[int]())
        wrong = [
            f"the report states {name} of {theirs} minor units of {footer.currency}, it holds {found[n]}"
            for n, (name, theirs) in enumerate(zip(NAMES, footer.sums, strict=True))
            if theirs != found[n]
        ]
        if footer.count not in (None, self._rows, self._counts[footer.currency]):
            wrong.append(f"the report states {footer.count} rows, it holds {self._rows}")
        if wrong:
            problems.setdefault(footer.currency, []).extend(wrong)

    def _count(self, kind: str, cells: list[str], place: Place) -> None:
        """Hold a count of the report's rows (RC) against those of this file; what it may count besides is noted."""
        if cells[:1] and cells[0].isdigit() and int(cells[0]) == self._rows:
            return
        if kind == "RC" and self._first_file:
            raise FormatError(f"the report states {cells[:1]} rows, it holds {self._rows}", place)
        self._note(f"a count that is not the transactions' ({kind})", place)
