"""PayPal's settlement report (STL) to lines and heads.

Rows begin with their kind: RH and FH open, SH a section, CH its columns, SB a transaction, SF a
section's totals by currency, SC its count. Amounts are minor units beside CR or DR. A line's
amount is gross less fee; gross and fee totals and the count are held against the rows.
Source: PayPal, Settlement Report specification. Assumed, for no published file was at hand: the
order of the totals in SF (credits, debits, fee credits, fee debits, opening, closing balance).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from tieout.formats.amounts import exact
from tieout.formats.model import Balance, Charge, FormatError, Head, Line, Place
from tieout.formats.textlines import TextLines
from tieout.formats.unparsed import Remainder
from tieout.money import MoneyError, from_minor

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
_DAY = re.compile(r"(\d{4})[/-](\d\d)[/-](\d\d)")
Row = dict[str, str]


def sniff(head: str) -> str:
    """ "paypal" for the beginning of such a file; "" for any other."""
    return (
        "paypal" if re.match(r'\ufeff?"?RH"?,', head) and re.search(r'^"?CH"?,', head, re.MULTILINE) else ""
    )


class PaypalReader(Remainder):
    """One file. `events` gives each section's lines and, by currency, its head."""

    format = "paypal"

    def __init__(self, content: bytes, encoding: str = "") -> None:
        self._text = TextLines(content, encoding)
        self.encoding = self._text.decoded.encoding
        super().__init__(self._text.decoded)

    def events(self) -> Iterator[Line | Head]:  # noqa: C901 - a grammar: a branch a row
        """Raises FormatError; what came before it stands."""
        section: _Section | None = None
        columns: list[str] = []
        ended = False
        for number, text in self._text:
            if not text.strip():
                continue
            place = self._text.at(number)
            try:
                cells = [c.strip() for c in next(csv.reader([text.lstrip("\ufeff")], strict=True))]
            except csv.Error as error:
                raise FormatError(f"no CSV: {error}", place) from None
            kind, rest = cells[0], cells[1:]
            if kind not in _KINDS:
                raise FormatError(f"{kind[:20]!r} is no kind of row: {', '.join(sorted(_KINDS))}", place)
            if kind == "SH":
                if section is not None:
                    raise FormatError("a section (SH) inside a section", place)
                section = _Section(self, rest, place)
            elif kind == "CH":
                columns = rest
                missing = [name for name in _NEEDED if name not in columns]
                if missing:
                    raise FormatError(f"the columns {', '.join(missing)} are missing", place)
            elif kind in ("SB", "SF", "SC"):
                if section is None or not columns:
                    raise FormatError(f"a row {kind} outside a section", place)
                if kind == "SB":
                    if len(rest) > len(columns):
                        raise FormatError(f"{len(rest)} cells, the header has {len(columns)} columns", place)
                    section.take(dict(zip(columns, rest, strict=False)), place)
                elif kind == "SF":
                    section.total(rest, place)
                else:
                    yield from section.finish(rest, place)
                    section = None
            elif kind == "FF":
                ended = True
        if section is not None or not ended:
            raise FormatError("the file has no end (SC, FF): it was cut short")


class _Section:
    """A section: one account's transactions, by currency."""

    def __init__(self, reader: PaypalReader, header: list[str], place: Place) -> None:
        self._reader, self._place = reader, place
        self._account = header[2] if len(header) > 2 else ""
        self._from, self._to = (_day(x, place) for x in (*header, "", "")[:2])
        if not self._account:
            raise FormatError("a section (SH) without its account", place)
        self._lines: dict[str, list[Line]] = {}
        self._sums: dict[str, list[Decimal]] = {}
        self._totals: dict[str, tuple[list[Decimal], Place]] = {}
        self._count = 0

    def _money(self, text: str, currency: str, place: Place) -> Decimal:
        if not re.fullmatch(r"\d{1,18}", text or "0"):
            raise FormatError(f"{text[:40]!r} is no whole number of minor units", place)
        try:
            return exact(str(from_minor(int(text or "0"), currency).value), currency, place)
        except (MoneyError, ValueError) as error:
            raise FormatError(str(error), place) from None

    def take(self, row: Row, place: Place) -> None:
        self._count += 1
        currency = row.get("Gross Transaction Currency", "")
        gross = self._money(row.get("Gross Transaction Amount", ""), currency, place)
        fee = self._money(row.get("Fee Amount", ""), currency, place)
        marks = row.get("Transaction Debit or Credit", ""), row.get("Fee Debit or Credit", "")
        if marks[0] not in ("CR", "DR") or (fee and marks[1] not in ("CR", "DR")):
            raise FormatError(f"{marks} are no CR or DR", place)
        if row.get("Fee Currency") not in (None, "", currency) and fee:
            raise FormatError(f"a fee in {row['Fee Currency']} of an amount in {currency}", place)
        sums = self._sums.setdefault(currency, [Decimal(0)] * 4)
        sums[0 if marks[0] == "CR" else 1] += gross
        sums[2 if marks[1] == "CR" else 3] += fee
        value = gross if marks[0] == "CR" else 0 - gross
        charge = fee if marks[1] == "CR" else 0 - fee
        day = _day(row.get("Transaction Completion Date", ""), place)
        self._lines.setdefault(currency, []).append(
            Line(
                amount=value + charge,
                currency=currency,
                booked_on=day,
                value_on=None,
                place=place,
                reference=row.get("Invoice ID", ""),
                bank_reference=row.get("Transaction ID", ""),
                bank_code=row.get("Transaction Event Code", ""),
                end_to_end_id=row.get("PayPal Reference ID", ""),
                remittance=row.get("Custom Field", ""),
                charges=(Charge(charge, currency, True),) if fee else (),
            )
        )

    def total(self, cells: list[str], place: Place) -> None:
        if len(cells) < 7:
            raise FormatError(f"totals (SF) of {len(cells)} cells, at least 7 were expected", place)
        currency = cells[0]
        self._totals[currency] = ([self._money(c, currency, place) for c in cells[1:7]], place)

    def finish(self, cells: list[str], place: Place) -> Iterator[Line | Head]:
        stated = int(cells[0]) if cells and re.fullmatch(r"\d{1,9}", cells[0]) else None
        if stated is None or stated != self._count:
            raise FormatError(f"the section states {cells[:1]} rows, it holds {self._count}", place)
        names = ("gross credits", "gross debits", "fee credits", "fee debits")
        for currency in sorted({*self._lines, *self._totals}):
            yield from self._lines.get(currency, ())
            sums = self._sums.get(currency, [Decimal(0)] * 4)
            totals, at = self._totals.get(currency, (None, self._place))
            problems = []
            opening = closing = None
            if totals is None:
                problems.append(f"no totals (SF) of {currency}")
            else:
                for name, theirs, ours in zip(names, totals, sums, strict=False):
                    if theirs != ours:
                        problems.append(f"the file states {name} of {theirs}, it holds {ours}")
                opening = Balance(totals[4], currency, self._from, "SF")
                closing = Balance(totals[5], currency, self._to, "SF")
            yield Head(
                account=self._account,
                currency=currency,
                statement_id=f"{self._from:%Y%m%d}",
                from_on=self._from,
                to_on=self._to,
                opening=opening,
                closing=closing,
                place=at,
                checked=totals is not None,
                problems=tuple(problems),
            )


def _day(text: str, place: Place) -> date:
    found = _DAY.match(text)
    try:
        if found is None:
            raise ValueError
        return date(*(int(x) for x in found.groups()))
    except ValueError:
        raise FormatError(f"{text[:40]!r} is no day, such as 2026/10/31", place) from None
