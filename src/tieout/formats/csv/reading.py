"""Banks' CSV exports to lines and heads, as a dialect says.

Where a row states the balance after it, each balance must follow from the one before it: the
export is proven row by row, in whichever order it runs. A row that is none is refused or
listed, never skipped in silence.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from tieout.formats.amounts import exact
from tieout.formats.completeness import BY_ROW
from tieout.formats.conservation import DERIVED
from tieout.formats.csv.chain import Chain
from tieout.formats.csv.detecting import DETECTED, NO_ACCOUNT, detect
from tieout.formats.csv.detecting import sniff as sniff_header
from tieout.formats.csv.dialects import CsvDialect, built_in, date_pattern, declared
from tieout.formats.csv.numbers import affixed, plain_number, signed
from tieout.formats.model import Balance, Charge, FormatError, Head, Line, Place
from tieout.formats.references import find_references
from tieout.formats.textlines import TextLines
from tieout.formats.unparsed import Remainder

_HEADER_LINES = 200
Row = dict[str, str]


def named(dialect: str) -> CsvDialect | None:
    """A built-in dialect by its name, one by its TOML text, or None for ""."""
    if not dialect or dialect == DETECTED:
        return None
    if "\n" in dialect:
        return declared(dialect)
    try:
        return built_in()[dialect]
    except KeyError:
        raise FormatError(
            f"no CSV dialect is named {dialect!r}; there are: {', '.join(built_in())}"
        ) from None


def is_dialect(dialect: str) -> bool:
    """Whether this names, or declares, a dialect of CSV."""
    return "\n" in dialect or dialect == DETECTED or dialect in built_in()


def unnamed_accounts(dialect: str) -> frozenset[str]:
    """What stands for the account of a file that names none, in a dialect of ours; a project's own dialect declares its
    account."""
    if dialect == DETECTED:
        return frozenset((NO_ACCOUNT,))
    found = built_in().get(dialect)
    return frozenset((found.account_is,)) if found is not None and found.account_is else frozenset()


def known(head: str) -> CsvDialect | None:
    """The built-in dialect whose columns all stand in one row of the beginning."""
    for line in head.splitlines()[:_HEADER_LINES]:
        for dialect in built_in().values():
            if line.count(dialect.delimiter) >= 2 and _columns(line, dialect) is not None:
                return dialect
    return None


def _columns(line: str, dialect: CsvDialect) -> list[str] | None:
    """The header's columns where this line is the dialect's header."""
    try:
        cells = next(csv.reader([line], delimiter=dialect.delimiter, quotechar=dialect.quote), [])
    except csv.Error:
        return None
    names = [cell.strip().strip("\ufeff") for cell in cells]
    return names if set(dialect.header()) <= set(names) else None


def sniff(head: str) -> str:
    """ "csv" for the beginning of a file with a header that is known, or one to be told."""
    return "csv" if known(head) or sniff_header(head) else ""


def _agree(name: str, cells: list[str], place: Place) -> None:
    """A column that stands twice says one thing: some banks name the currency of the balance and that of the amount."""
    if len(set(cells)) > 1:
        told = " and ".join(repr(c[:40]) for c in cells)
        raise FormatError(f"the column {name!r} stands twice, and says {told}", place)


class CsvReader(Remainder):
    """One file. `events` gives lines and, after each account's lines, its head."""

    format = "csv"

    def __init__(self, content: bytes, dialect: str = "", encoding: str = "") -> None:
        chosen = named(dialect)
        self._text = TextLines(content, encoding or (chosen.encoding if chosen else ""))
        if chosen is None:
            found = None if dialect == DETECTED else known("\n".join(self._text.lines[:_HEADER_LINES]))
            if found is not None and found.encoding and not encoding and not content.isascii():
                self._text = TextLines(content, "" if _is_utf8(content) else found.encoding)
            chosen = found or detect(self._text.lines)
        self.dialect: CsvDialect = chosen
        self.encoding = self._text.decoded.encoding
        super().__init__(self._text.decoded)

    def _header(self) -> tuple[int, list[str]]:
        for number, line in enumerate(self._text.lines[:_HEADER_LINES]):
            names = _columns(line, self.dialect)
            if names is not None:
                return number, names
        missing = ", ".join(self.dialect.header())
        raise FormatError(f"no row names all the columns of {self.dialect.name}: {missing}")

    def _rows(self, start: int, names: list[str]) -> Iterator[tuple[Row, list[str], Place]]:
        """Rows behind the header, by column and cell by cell."""
        lines = self._text.lines
        reader = csv.reader(
            (line + "\n" for line in lines[start + 1 :]),
            delimiter=self.dialect.delimiter,
            quotechar=self.dialect.quote,
            strict=True,
        )
        first = start + 1
        try:
            for cells in reader:
                last = start + reader.line_num
                place = self._text.at(first, min(last, len(lines) - 1))
                first = last + 1
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) > len(names) and any(c.strip() for c in cells[len(names) :]):
                    raise FormatError(f"{len(cells)} cells, the header has {len(names)} columns", place)
                stripped = [c.strip() for c in cells]
                yield dict(zip(names, stripped, strict=False)), stripped, place
        except csv.Error as error:
            raise FormatError(f"no CSV: {error}", self._text.at(min(first, len(lines) - 1))) from None

    def events(self) -> Iterator[Line | Head]:
        """Raises FormatError; what came before it stands."""
        start, names = self._header()
        doubled = {n for n in self.dialect.header() if n and names.count(n) > 1}
        around = self._text.lines[:start]
        skip = re.compile(self.dialect.skip) if self.dialect.skip else None
        statements: dict[tuple[str, str, str], _Statement] = {}
        held: dict[tuple[str, str, str], list[Line]] = {}
        # Accounts may alternate: only where there is one are lines given as they are read.
        one = not self._may_alternate(start, names)
        unread = self._unread_columns(names)
        for row, cells, place in self._rows(start, names):
            if skip and skip.search(self.dialect.delimiter.join(row.values())):
                self._note("a row that is no line", place)
                around.append(self._text.lines[place.line - 1])
                continue
            dated = date_pattern(self.dialect.date).match(row.get(self.dialect.columns.booked_on, ""))
            if not dated and not any(row.get(c) for c in self._money_columns()):
                # Neither a date nor an amount: a heading or a total, where balances may stand.
                self._note("a row without date and amount", place)
                around.append(self._text.lines[place.line - 1])
                continue
            for name in doubled:
                _agree(name, [c for n, c in zip(names, cells, strict=False) if n == name], place)
            group = row.get(self.dialect.columns.statement, "")
            key = (self._account(row, around, place), self._currency(row, around, place), group)
            statement = statements.setdefault(key, _Statement(self, *key))
            for at, what in unread:
                if at < len(cells) and cells[at]:
                    self._note(what, place)
            line = statement.take(row, place)
            if line is None:
                continue
            if one:
                yield line
            else:
                held.setdefault(key, []).append(line)
        if not statements:
            raise FormatError("the table holds no line", self._text.at(start))
        only = len(statements) == 1
        for key, statement in statements.items():
            yield from held.pop(key, ())
            yield from statement.finish(around if only else [])

    def _unread_columns(self, names: list[str]) -> list[tuple[int, str]]:
        """Where the columns are that the dialect does not read, each with what is said of it."""
        read = set(self.dialect.header())
        return [
            (
                at,
                f"the column {name!r} is not read"
                if name
                else f"column {at + 1}, without a name, is not read",
            )
            for at, name in enumerate(names)
            if name not in read
        ]

    def _may_alternate(self, start: int, names: list[str]) -> bool:
        """Whether the columns that tell statements apart hold more than one value each."""
        columns = self.dialect.columns
        telling = [c for c in (columns.account, columns.currency, columns.statement) if c]
        if not telling:
            return False
        dated = date_pattern(self.dialect.date)
        found: set[tuple[str, ...]] = set()
        for row, _, _ in self._rows(start, names):
            if dated.match(row.get(columns.booked_on, "")):
                found.add(tuple(row.get(c, "") for c in telling))
                if len(found) > 1:
                    return True
        return False

    def _money_columns(self) -> list[str]:
        c = self.dialect.columns
        return [name for name in (c.amount, c.credit, c.debit) if name]

    def _found(self, pattern: str, around: list[str]) -> str:
        for line in around if pattern else ():
            hit = re.search(pattern, line)
            if hit:
                return hit[1].strip()
        return ""

    def _account(self, row: Row, around: list[str], place: Place) -> str:
        column = self.dialect.columns.account
        found = row.get(column, "") if column else self._found(self.dialect.account, around)
        found = found.replace(" ", "") or self.dialect.account_is
        if not found:
            raise FormatError("no account is named: declare account, account_is or its column", place)
        return found

    def _currency(self, row: Row, around: list[str], place: Place) -> str:
        column = self.dialect.columns.currency
        found = row.get(column, "") if column else self._found(self.dialect.currency, around)
        found = found.upper() or self.dialect.currency_is or self._in_header()
        if not re.fullmatch(r"[A-Z]{3}", found):
            raise FormatError(
                f"the currency is {found!r}: declare currency, currency_is or its column", place
            )
        return found

    def _in_header(self) -> str:
        """A currency that stands in the name of an amount's column: Amount (EUR), Betrag (€)."""
        names = " ".join(self._money_columns())
        hit = re.search(r"\b([A-Z]{3})\b", names)
        return hit[1] if hit else "EUR" * ("€" in names)

    def amount(self, text: str, currency: str, place: Place) -> Decimal:
        """A number as the dialect writes it, signed, by a mark beside it where there is one. Raises
        FormatError for any other."""
        d = self.dialect
        way = 0
        if (d.credit_marks or d.debit_marks) and signed(text) is None:
            number, mark = affixed(text)
            way = self.way(mark)
            text = number if way else text
        value = exact(plain_number(text, d.decimal, d.thousands, place), currency, place)
        return self.towards(value, way) if way else value

    def way(self, mark: str) -> int:
        """1 for a mark of money in, -1 for one of money out, 0 for any other text."""
        return (mark in self.dialect.credit_marks) - (mark in self.dialect.debit_marks)

    def towards(self, amount: Decimal, way: int) -> Decimal:
        """An amount as a mark says which way it went."""
        amount = abs(amount) if self.dialect.sign_in_mark else amount
        return amount if way > 0 else 0 - amount

    def day(self, text: str, place: Place) -> date:
        """A date as the dialect writes it; what follows it (a time) is left."""
        hit = date_pattern(self.dialect.date).match(text)
        if hit is None:
            raise FormatError(f"{text[:40]!r} is no date as {self.dialect.date}", place)
        parts = hit.groupdict()
        year = int(parts["Y"]) if parts.get("Y") else 2000 + int(parts["y"])
        try:
            return date(year, int(parts["m"]), int(parts["d"]))
        except ValueError:
            raise FormatError(f"{text[:40]!r} is no day as {self.dialect.date}", place) from None


class _Statement:
    """The rows of one account in one currency."""

    def __init__(self, reader: CsvReader, account: str, currency: str, group: str) -> None:
        self._reader, self._account, self._currency, self._group = reader, account, currency, group
        self._first: Line | None = None
        self._last: Line | None = None
        self._from_on: date | None = None
        self._to_on: date | None = None
        self._chain = Chain()
        self._count, self._sum = 0, Decimal(0)
        self._debit = Decimal(0)

    def take(self, row: Row, place: Place) -> Line | None:
        """The row's line; None where it was never booked."""
        reader, columns = self._reader, self._reader.dialect.columns

        def text(name: str | list[str]) -> str:
            names = [name] if isinstance(name, str) else name
            return " ".join(row[n] for n in names if row.get(n))

        status = text(columns.status)
        if status and status in reader.dialect.ignored:
            reader._note(f"a line that was never booked ({status})", place)
            return None
        amount = self._amount(row, place)
        fee = reader.amount(text(columns.fee), self._currency, place) if text(columns.fee) else Decimal(0)
        if reader.dialect.fees_negative:
            fee = 0 - fee
        if text(columns.net):
            net = reader.amount(text(columns.net), self._currency, place)
            if net != amount - fee:
                raise FormatError(
                    f"{amount} less a fee of {fee} is not {net}, the net that the row states", place
                )
        within = [reader.amount(row[n], self._currency, place) for n in columns.fees_within if row.get(n)]
        taken = fee + sum(within, Decimal(0))
        remittance = text(columns.remittance)
        line = Line(
            # What was taken of the amount never arrived.
            amount=amount - fee,
            currency=self._currency,
            booked_on=reader.day(row[columns.booked_on], place),
            value_on=reader.day(text(columns.value_on), place) if text(columns.value_on) else None,
            place=place,
            status="pending" if status and status in reader.dialect.pending else "booked",
            reference=text(columns.reference),
            bank_reference=text(columns.bank_reference),
            bank_code=text(columns.bank_code),
            end_to_end_id=text(columns.end_to_end_id),
            mandate_id=text(columns.mandate_id),
            counterparty=text(columns.counterparty),
            counterparty_account=text(columns.counterparty_account),
            counterparty_bank=text(columns.counterparty_bank),
            remittance=remittance,
            structured=find_references(remittance),
            charges=(Charge(0 - taken, self._currency, True),) if taken else (),
            additional=text(columns.additional),
        )
        self._count, self._sum = self._count + 1, self._sum + line.amount
        balance = text(columns.balance)
        if line.status == "booked":
            self._chain.add(line.amount, reader.amount(balance, self._currency, place) if balance else None)
        day = line.booked_on
        self._first, self._last = self._first or line, line
        if day is not None:
            self._from_on = min(self._from_on or day, day)
            self._to_on = max(self._to_on or day, day)
        return line

    def _amount(self, row: Row, place: Place) -> Decimal:
        reader, dialect = self._reader, self._reader.dialect
        columns = dialect.columns
        if not columns.amount:
            credit, debit = row.get(columns.credit, ""), row.get(columns.debit, "")
            sides = [reader.amount(x, self._currency, place) if x else Decimal(0) for x in (credit, debit)]
            self._one_sign(sides[1], place)
            if bool(sides[0]) == bool(sides[1]) and (
                (credit and debit and any(sides)) or not (credit or debit)
            ):
                raise FormatError("one of credit and debit was expected, not both and not none", place)
            return sides[0] - abs(sides[1])
        if not row.get(columns.amount):
            raise FormatError(f"the amount ({columns.amount}) is empty", place)
        amount = reader.amount(row[columns.amount], self._currency, place)
        if not columns.mark:
            return amount
        mark = row.get(columns.mark, "")
        if way := reader.way(mark):
            return reader.towards(amount, way)
        if not amount and not mark:
            return amount
        expected = ", ".join([*dialect.credit_marks, *dialect.debit_marks])
        raise FormatError(f"{columns.mark} is {mark[:40]!r}, expected one of: {expected}", place)

    def _one_sign(self, debit: Decimal, place: Place) -> None:
        """Debits are written with a minus throughout, or without: one of the other sign may be one that was given back,
        or not, and only balances tell. Raises FormatError."""
        if not debit or self._reader.dialect.columns.balance:
            return
        if debit * (self._debit or debit) < 0:
            name = self._reader.dialect.columns.debit
            raise FormatError(
                f"the column {name!r} has amounts of both signs: which way these went is not told", place
            )
        self._debit = debit

    def finish(self, around: list[str]) -> Iterator[Head]:
        """The head, once every row is taken."""
        head, last_line = self._first, self._last
        if head is None or last_line is None or self._from_on is None or self._to_on is None:
            return
        reader, dialect = self._reader, self._reader.dialect
        whole = head.place
        opening, closing, problems = self._chain.ends()
        stated: list[Balance | None] = []
        for pattern, word in ((dialect.opening, "opening"), (dialect.closing, "closing")):
            text = reader._found(pattern, around)
            if pattern and not text:
                problems.append(f"the {word} balance is not stated: the file may be cut short")
            amount = reader.amount(text, self._currency, whole) if text else None
            stated.append(Balance(amount, self._currency, None, word) if amount is not None else None)
        problems += self._figures(around, whole)
        first, last = self._from_on, self._to_on
        if dialect.settles:
            zero = exact("0", self._currency, whole)
            stated = [Balance(zero, self._currency, day, "settled") for day in (first, last)]
        found: list[Balance | None] = [None, None]
        if opening is not None and closing is not None:
            # The opening balance is what the first row's own amount makes it: it proves the rows
            # behind it, not that row.
            found = [
                Balance(opening, self._currency, first, DERIVED),
                Balance(closing, self._currency, last, BY_ROW),
            ]
        for said, derived, word in ((stated[0], found[0], "opening"), (stated[1], found[1], "closing")):
            if said and derived and said.amount != derived.amount:
                problems.append(f"the {word} balance is {said.amount}, by the rows {derived.amount}")
        yield Head(
            account=self._account,
            currency=self._currency,
            statement_id=self._group or f"{first:%Y%m%d}-{last:%Y%m%d}",
            from_on=first,
            to_on=last,
            opening=stated[0] or found[0],
            closing=stated[1] or found[1],
            place=Place(
                whole.offset,
                last_line.place.offset + last_line.place.length - whole.offset,
                whole.line,
            ),
            checked=bool(dialect.row_count),
            problems=tuple(problems),
        )

    def _figures(self, around: list[str], whole: Place) -> Iterator[str]:
        """Where the export's own count and sum of its lines are others, or are not there."""
        reader, dialect = self._reader, self._reader.dialect
        if not dialect.row_count:
            return
        count, total = reader._found(dialect.row_count, around), reader._found(dialect.row_total, around)
        if not count or not total:
            yield "the file does not state its count and sum of lines: it may be cut short"
            return
        if count != str(self._count):
            yield f"the file states {count[:20]} lines, it holds {self._count}"
        stated = reader.amount(total, self._currency, whole)
        if stated != self._sum:
            yield f"the file states a sum of {stated}, its lines come to {self._sum}"


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
