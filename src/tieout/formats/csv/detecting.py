"""A dialect for an export that nobody declared: from its header's words and its values.

Nothing is assumed that the values do not show. Dates that could be day and month either way, amounts whose mark
could be either, and money of which nothing says which way it went, are refused with what to declare.
"""

from __future__ import annotations

import csv
import re
from datetime import date
from decimal import Decimal

import msgspec

from tieout.formats.csv.cards import check_signs
from tieout.formats.csv.dialects import Columns, CsvDialect, date_pattern
from tieout.formats.csv.direction import Proof, Way, way_of
from tieout.formats.csv.fees import Fees, Taken, fees_of, taken
from tieout.formats.csv.foreign import check_amounts
from tieout.formats.csv.marks import marks_of
from tieout.formats.csv.numbers import marks_of as decimal_marks
from tieout.formats.csv.statuses import Status, check_days, check_texts, status_of
from tieout.formats.csv.table import Table, parted
from tieout.formats.csv.words import (
    FEE_WORDS,
    FIRST_WORDS,
    MORE_WORDS,
    is_heading_of_pending,
    is_total,
    named,
)
from tieout.formats.model import FormatError

# What stands for the account of a file that names none.
NO_ACCOUNT = "csv"
DETECTED = "csv-detected"
# More rows than anybody exports by hand; what is longer comes by a system, and has a dialect.
LARGEST = 200_000
_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{2,4})")
# Fields that lines are not known again by: a further column of these makes no old line a new one.
_NOT_OF_A_LINE = ("balance", "currency")


def sniff(head: str) -> str:
    """ "csv" where some row looks like a header with a date and an amount; "" otherwise."""
    return "csv" if _header(head.splitlines()[:60]) else ""


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of one line; none where it is no CSV."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _names(cells: list[str]) -> list[str]:
    return [cell.strip().strip("\ufeff") for cell in cells]


def _first_named(names: list[str]) -> dict[str, str]:
    """Field to column, by the words that an earlier release knew."""
    small = {name.lower(): name for name in names}
    found: dict[str, str] = {}
    for field, words in FIRST_WORDS.items():
        for word in words:
            if word in small and small[word] not in found.values():
                found[field] = small[word]
                break
    return found


def _more_named(names: list[str], found: dict[str, str], fields: tuple[str, ...]) -> dict[str, str]:
    """Field to column, of those of `fields` that are not found yet, by all words."""
    small = {named(name): name for name in reversed(names) if name}
    more = dict(found)
    for field in fields:
        for word in (*FIRST_WORDS.get(field, ()), *MORE_WORDS.get(field, ())):
            if field not in more and word in small and small[word] not in more.values():
                more[field] = small[word]
    return more


def _suffices(found: dict[str, str]) -> bool:
    return "booked_on" in found and ("amount" in found or {"credit", "debit"} <= found.keys())


def _columns(names: list[str], by_all: bool) -> dict[str, str] | None:
    """Field to column, where this is a header."""
    found = _first_named(names)
    if _suffices(found):
        return _more_named(names, found, _NOT_OF_A_LINE)
    if by_all:
        found = _more_named(names, {}, tuple(MORE_WORDS))
        if _suffices(found):
            return found
    return None


def _header(lines: list[str]) -> tuple[int, str, dict[str, str]] | None:
    for by_all in (False, True):
        for number, line in enumerate(lines):
            for delimiter in (";", ",", "\t", "|"):
                if line.count(delimiter) < 2 or len(line) > 10_000:
                    continue
                found = _columns(_names(_cells(line, delimiter)), by_all)
                if found is not None:
                    return number, delimiter, found
    return None


def detect(lines: list[str]) -> CsvDialect:
    """The dialect of an export. Raises FormatError with what could not be told."""
    header = _header(lines[:60])
    if header is None:
        raise FormatError("no header with a date and an amount was found: declare a dialect")
    at, delimiter, columns = header
    names = _names(_cells(lines[at], delimiter))
    form, table = _table(names, columns, _rows(lines, at, delimiter))
    _check_totals(table)
    _check_headings(lines[at + 1 :], delimiter)
    check_texts(table)
    check_days(table)
    status = status_of(table)
    fees = taken(table)
    proof, of_balances = _proof(table, status, fees)
    read_already = {status.column, fees.column}
    way = way_of(table, proof, [c for c in table.free() if c not in read_already])
    check_signs(table, way, proof)
    check_amounts(table, way.values, proof)
    charged = fees_of(table, fees, way.values, proof)
    around = lines[:at]
    return CsvDialect(
        name=DETECTED,
        columns=_read(way, status, charged),
        delimiter=delimiter,
        date=form,
        decimal=table.decimal,
        thousands=table.thousands,
        credit_marks=list(dict.fromkeys([*way.credit, *of_balances.credit])),
        debit_marks=list(dict.fromkeys([*way.debit, *of_balances.debit])),
        sign_in_mark=way.alone,
        fees_negative=charged.negative,
        pending=status.pending,
        ignored=status.ignored,
        account=r"\b([A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?)\b",
        account_is="" if any(re.search(r"\b[A-Z]{2}\d{2}[A-Z0-9 ]{11,}", x) for x in around) else NO_ACCOUNT,
        currency=r"\b(EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|HUF|CAD|AUD|JPY)\b",
    )  # fmt: skip


def _rows(lines: list[str], at: int, delimiter: str) -> list[list[str]]:
    """Every row behind the header: what is read is what is told by, be it shorter than its header."""
    try:
        rows = csv.reader((line + "\n" for line in lines[at + 1 :]), delimiter=delimiter)
        found = [[cell.strip() for cell in row] for row in rows]
    except csv.Error as error:
        raise FormatError(f"no CSV: {error}") from None
    if len(found) > LARGEST:
        raise FormatError(f"more than {LARGEST} rows in a form that nobody declared: declare a dialect")
    return found


def _table(names: list[str], columns: dict[str, str], rows: list[list[str]]) -> tuple[str, Table]:
    """(how dates are written, the table of the rows that have one)."""

    def values(field: str, of: list[list[str]]) -> list[str]:
        if field not in columns:
            return []
        column = names.index(columns[field])
        return [r[column] for r in of if column < len(r) and r[column]]

    amounts = [v for f in ("amount", "credit", "debit", "balance") for v in values(f, rows)]
    fees = [r[n] for n, name in enumerate(names) if named(name) in FEE_WORDS for r in rows if n < len(r)]
    money = [names.index(columns[f]) for f in ("amount", "credit", "debit") if f in columns]
    # What has no amount is no line, whatever stands where its date would: a title, a note, an empty total.
    paid = [row for row in rows if any(at < len(row) and row[at] for at in money)]
    form = _date_form([v for f in ("booked_on", "value_on") for v in values(f, paid)])
    decimal, thousands = decimal_marks([*parted(amounts)[0], *parted(fees)[0]])
    dated, column = date_pattern(form), names.index(columns["booked_on"])
    lines = [row for row in rows if column < len(row) and dated.match(row[column])]
    return form, Table(
        names=names,
        columns=columns,
        lines=lines,
        days=[_day(dated, row[column]) for row in lines],
        decimal=decimal,
        thousands=thousands,
    )


def _check_totals(table: Table) -> None:
    """Raises FormatError where a row with a date and an amount says of itself that it is a balance, or a total."""
    money = [table.columns[field] for field in ("amount", "credit", "debit") if field in table.columns]
    paid = [any(cells) for cells in zip(*(table.cells(name) for name in money), strict=True)]
    for column in table.names:
        for cell, has_amount in zip(table.cells(column), paid, strict=True):
            if has_amount and is_total(cell):
                raise FormatError(
                    f"a row says {cell[:40]!r} of itself, which is no movement: declare a dialect with what to skip"
                )


def _check_headings(lines: list[str], delimiter: str) -> None:
    """Raises FormatError where a row that holds one text alone says that those behind it are not booked yet."""
    heading = ""
    for line in lines:
        cells = [cell.strip() for cell in _cells(line, delimiter) if cell.strip()]
        if len(cells) == 1:
            heading = cells[0] if is_heading_of_pending(cells[0]) else ""
        elif cells and heading:
            raise FormatError(
                f"a row says {heading[:40]!r} of those behind it, which no column says: export what is booked alone, or "
                "declare a dialect"
            )


def _day(dated: re.Pattern[str], text: str) -> date | None:
    hit = dated.match(text)
    parts = hit.groupdict() if hit else {}
    try:
        return date(int(parts.get("Y") or f"20{parts['y']}"), int(parts["m"]), int(parts["d"]))
    except (ValueError, KeyError):
        return None


class _OfBalances(msgspec.Struct, frozen=True):
    """Marks that stand beside balances, as they are written."""

    credit: list[str] = []
    debit: list[str] = []


def _proof(table: Table, status: Status, fees: Taken) -> tuple[Proof, _OfBalances]:
    unbooked = {*status.pending, *status.ignored}
    numbers, beside = parted(table.field("balance"))
    balances: list[Decimal | None] = table.numbers(numbers)
    of_balances = _OfBalances()
    meanings = [m for m in marks_of("", beside) if m.certain]
    if meanings:
        of_balances = _OfBalances(meanings[0].credit, meanings[0].debit)
        ways = meanings[0].ways
        balances = [n if n is None or not way else way * n for n, way in zip(balances, ways, strict=True)]
    booked = [cell not in unbooked for cell in table.cells(status.column)]
    return Proof(table, booked, balances, fees.readings()), of_balances


def _read(way: Way, status: Status, charged: Fees) -> Columns:
    """The columns that are read: the others are the remainder."""
    columns: dict[str, str | list[str]] = dict(way.columns)
    columns |= {"mark": way.mark, "status": status.column, "fee": charged.fee, "net": charged.net}
    if charged.within:
        columns["fees_within"] = [charged.within]
    return msgspec.convert(columns, Columns)


def _year_leads(hits: list[re.Match[str]]) -> bool:
    """Whether two digits at the end change as days do, and the two in front as years do: 24.01.15, 24.01.28."""
    first, last = {h[1] for h in hits}, {h[4] for h in hits}
    days = all(len(h[1]) == 2 and len(h[4]) == 2 and int(h[3]) <= 12 and 1 <= int(h[4]) <= 31 for h in hits)
    return days and len(first) < len(last) and len(last) > 1


def _date_form(dates: list[str]) -> str:
    """The order of day, month and year that all dates allow, if only one does."""
    if not dates:
        return "YYYY-MM-DD"
    found = [_DATE.match(d) for d in dates]
    if all(re.fullmatch(r"\d{8}", d) for d in dates):
        return "YYYYMMDD"
    if not all(found):
        odd = next(d for d, f in zip(dates, found, strict=True) if not f)
        raise FormatError(f"{odd[:40]!r} is no date that is known: declare a dialect with its date")
    hits = [f for f in found if f is not None]
    mark = hits[0][2]
    if any(h[2] != mark for h in hits):
        raise FormatError("dates are written in several ways: declare a dialect")
    if all(len(h[1]) == 4 for h in hits):
        return f"YYYY{mark}MM{mark}DD"
    year = "YYYY" if all(len(h[4]) == 4 for h in hits) else "YY"
    if year == "YY" and _year_leads(hits):
        raise FormatError(
            f"{dates[0]!r} may begin with its year or with its day: by the day the rows are of {len({h[4] for h in hits})} years:"
            " declare a dialect with its date"
        )
    # Where points stand between them the day comes first.
    if mark == "." or any(int(h[1]) > 12 for h in hits):
        return f"DD{mark}MM{mark}{year}"
    if any(int(h[3]) > 12 for h in hits):
        return f"MM{mark}DD{mark}{year}"
    raise FormatError(
        f"{dates[0]!r} could be day and month or month and day, and no date tells which: declare a dialect"
    )
