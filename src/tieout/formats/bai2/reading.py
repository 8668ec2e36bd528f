"""BAI2 to lines and heads.

Amounts are whole minor units. A detail's way is its type code's: 100 to 399 are credits, 400 to
699 debits; a code that is neither is refused, for nobody could say whose money it is. Control
totals and record counts of account, group and file are part of the proof.
Source: BAI, Cash Management Balance Reporting Specifications, version 2 (X9.121).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import msgspec

from tieout.formats.amounts import exact
from tieout.formats.model import Balance, FormatError, Head, Line, Place, Stated
from tieout.formats.references import find_references
from tieout.formats.textlines import TextLines
from tieout.formats.unparsed import Remainder
from tieout.money import MoneyError, from_minor

_HEADER = re.compile(r"\s*01,[^,]*,[^,]*,\d{6},")
_OPENING, _CLOSING = "010", "015"
_INTERIM = ("1", "3")
_LARGEST_RECORD = 64 << 10


def sniff(head: str) -> str:
    """ "bai2" for the beginning of such a file; "" for any other."""
    return "bai2" if _HEADER.match(head) else ""


class _Record(msgspec.Struct):
    """A record with its continuations: its code, what follows, its lines."""

    code: str
    parts: list[str]
    first: int
    last: int
    lines: int


class Bai2Reader(Remainder):
    """One file. `events` gives lines and, after each account's lines, its head."""

    format = "bai2"

    def __init__(self, content: bytes, encoding: str = "") -> None:
        self._text = TextLines(content, encoding)
        self.encoding = self._text.decoded.encoding
        super().__init__(self._text.decoded)

    def at(self, record: _Record) -> Place:
        return self._text.at(record.first, record.last)

    def _records(self) -> Iterator[_Record]:
        record: _Record | None = None
        for number, line in self._text:
            if not line.strip():
                continue
            code, _, rest = line.partition(",")
            code = code.strip()
            if code == "88":
                if record is None:
                    raise FormatError("a continuation (88) of nothing", self._text.at(number))
                record.parts.append(rest)
                record.last, record.lines = number, record.lines + 1
                if sum(map(len, record.parts)) > _LARGEST_RECORD:
                    raise FormatError("a record of more than 64 KiB", self._text.at(record.first))
                continue
            if record is not None:
                yield record
            if code not in ("01", "02", "03", "16", "49", "98", "99"):
                raise FormatError(f"{code[:20]!r} is no BAI2 record code", self._text.at(number))
            record = _Record(code, [rest], number, number, 1)
        if record is not None:
            yield record

    def events(self) -> Iterator[Line | Head]:  # noqa: C901 - a grammar: a branch a record
        """Raises FormatError; what came before it stands."""
        group: _Group | None = None
        account: _Account | None = None
        started = ended = False
        records = groups = 0
        total = 0
        for record in self._records():
            place = self.at(record)
            records += record.lines
            if ended:
                raise FormatError("a record behind the file's trailer (99)", place)
            if record.code == "01":
                if started:
                    raise FormatError("a second file header (01)", place)
                started = True
                continue
            if not started:
                raise FormatError("the file does not begin with its header (01)", place)
            expected = {"02": group is None, "03": group is not None and account is None,
                        "16": account is not None, "49": account is not None,
                        "98": group is not None and account is None, "99": group is None}  # fmt: skip
            if not expected[record.code]:
                raise FormatError(f"a record {record.code} out of place", place)
            if group is not None:
                group.records += record.lines
            if record.code == "02":
                group = _Group(self, record)
            elif record.code == "03":
                assert group is not None
                account = _Account(self, group, record)
            elif record.code == "16":
                assert account is not None
                yield account.detail(record)
            elif record.code == "49":
                assert account is not None and group is not None
                yield account.close(record)
                account = None
            elif record.code == "98":
                assert group is not None
                total += group.close(record)
                groups, group = groups + 1, None
            else:
                ended = True
                self._end(record, total, groups, records)
        if not ended:
            raise FormatError("the file has no trailer (99): it was cut short")

    def _end(self, record: _Record, total: int, groups: int, records: int) -> None:
        fields = _fields(record)
        for what, stated, found in (
            ("control total", _whole(fields, 0, self, record), total),
            ("groups", _whole(fields, 1, self, record), groups),
            ("records", _whole(fields, 2, self, record), records),
        ):
            if stated is not None and stated != found:
                raise FormatError(f"the file states {what} of {stated}, it holds {found}", self.at(record))


class _Group:
    """A group: its day and currency, and what its trailer must say."""

    def __init__(self, reader: Bai2Reader, record: _Record) -> None:
        self._reader = reader
        fields = _fields(record)
        place = reader.at(record)
        if len(fields) < 4:
            raise FormatError("a group header (02) without its day", place)
        self.sender, self.on = fields[1], _day(fields[3], place)
        self.currency = (fields[5] if len(fields) > 5 else "") or "USD"
        self.interim = len(fields) > 6 and fields[6] in _INTERIM
        self.records, self.accounts, self.total = record.lines, 0, 0

    def close(self, record: _Record) -> int:
        """Check the trailer (98); the group's total. Raises FormatError where it is another."""
        fields = _fields(record)
        for what, stated, found in (
            ("a control total", _whole(fields, 0, self._reader, record), self.total),
            ("accounts", _whole(fields, 1, self._reader, record), self.accounts),
            ("records", _whole(fields, 2, self._reader, record), self.records),
        ):
            if stated is not None and stated != found:
                raise FormatError(
                    f"the group states {what} of {stated}, it holds {found}", self._reader.at(record)
                )
        return self.total


class _Account:
    """An account: balances and totals of its 03, its details, its trailer."""

    def __init__(self, reader: Bai2Reader, group: _Group, record: _Record) -> None:
        self._reader, self._group, self._first = reader, group, record
        self.total, self.records = 0, record.lines
        fields = _fields(record)
        place = reader.at(record)
        self.account = fields[0].strip()
        self.currency = (fields[1] if len(fields) > 1 else "") or group.currency
        self.balances: list[Balance] = []
        self.counts: dict[str, tuple[Decimal, int | None]] = {}
        at = 2
        while at < len(fields):
            code = fields[at].strip()
            if not code:
                at += 1
                continue
            amount = _signed(fields, at + 1, reader, record)
            items = _whole(fields, at + 2, reader, record)
            at = _funds(fields, at + 3, reader, record)
            if amount is None:
                continue
            self.total += amount
            self._summary(code, amount, items, place)

    def _summary(self, code: str, amount: int, items: int | None, place: Place) -> None:
        if not code.isdigit() or len(code) != 3:
            raise FormatError(f"{code[:20]!r} is no type code of three digits", place)
        value = self._money(amount, place)
        if code < "100":
            self.balances.append(Balance(value, self.currency, self._group.on, code))
        elif code in ("100", "400"):
            self.counts[code] = (abs(value), items)
        else:
            self._reader._note(f"summary {code}", place)

    def _money(self, amount: int, place: Place) -> Decimal:
        try:
            return exact(str(from_minor(amount, self.currency).value), self.currency, place)
        except (MoneyError, ValueError) as error:
            raise FormatError(str(error), place) from None

    def detail(self, record: _Record) -> Line:
        place = self._reader.at(record)
        self.records += record.lines
        head = record.parts[0]
        fields = head.split(",")
        if len(fields) < 2 or not re.fullmatch(r"\d{3}", fields[0].strip()):
            raise FormatError(f"16,{head[:40]} has no type code of three digits", place)
        code = fields[0].strip()
        amount = _whole(fields, 1, self._reader, record)
        if amount is None:
            raise FormatError("a detail (16) without its amount", place)
        at = _funds(fields, 2, self._reader, record)
        self.total += amount
        if "100" <= code <= "399":
            value = self._money(amount, place)
        elif "400" <= code <= "699":
            value = 0 - self._money(amount, place)
        else:
            raise FormatError(
                f"type code {code} is neither a credit (100 to 399) nor a debit (400 to 699)", place
            )
        rest = [x.strip() for x in fields[at : at + 2]] + ["", ""]
        text = " ".join(
            x.strip() for x in (",".join(fields[at + 2 :]).removesuffix("/"), *record.parts[1:]) if x.strip()
        )
        bank, customer = rest[0].rstrip("/"), rest[1].rstrip("/")
        return Line(
            amount=value,
            currency=self.currency,
            booked_on=self._group.on,
            value_on=self._group.on,
            place=place,
            bank_reference=bank,
            reference=customer,
            bank_code=code,
            remittance=text,
            structured=find_references(text),
        )

    def close(self, record: _Record) -> Head:
        fields = _fields(record)
        self.records += record.lines
        problems = []
        for what, stated, found in (
            ("a control total", _whole(fields, 0, self._reader, record, signed=True), self.total),
            ("records", _whole(fields, 1, self._reader, record), self.records),
        ):
            if stated is not None and stated != found:
                problems.append(f"the account states {what} of {stated}, it holds {found}")
        self._group.total += self.total
        self._group.accounts += 1
        credits, debits = self.counts.get("100"), self.counts.get("400")
        opening, closing = (
            next((b for b in self.balances if b.code == code), None) for code in (_OPENING, _CLOSING)
        )
        return Head(
            account=self.account,
            currency=self.currency,
            statement_id=f"{self._group.on:%y%m%d}",
            bank=self._group.sender,
            from_on=self._group.on,
            to_on=self._group.on,
            opening=opening,
            closing=closing,
            balances=tuple(self.balances),
            stated=Stated(
                credit_count=credits[1] if credits else None,
                credit_sum=credits[0] if credits else None,
                debit_count=debits[1] if debits else None,
                debit_sum=debits[0] if debits else None,
            ),
            intraday=self._group.interim,
            place=self._reader._text.at(self._first.first, record.last),
            checked=bool(fields and fields[0].strip(" /")),
            problems=tuple(problems),
        )


def _fields(record: _Record) -> list[str]:
    """All fields of a record and its continuations; a slash ends a physical record."""
    found: list[str] = []
    for part in record.parts:
        found += part.rstrip().removesuffix("/").split(",")
    return found


def _whole(
    fields: list[str], at: int, reader: Bai2Reader, record: _Record, signed: bool = False
) -> int | None:
    """The whole number at a position; None where it is empty or absent."""
    text = fields[at].strip(" /") if at < len(fields) else ""
    if not text:
        return None
    if not re.fullmatch(r"[+-]?\d{1,18}" if signed else r"\+?\d{1,18}", text):
        raise FormatError(f"{text[:40]!r} is no whole number of at most 18 digits", reader.at(record))
    return int(text)


def _signed(fields: list[str], at: int, reader: Bai2Reader, record: _Record) -> int | None:
    return _whole(fields, at, reader, record, signed=True)


def _funds(fields: list[str], at: int, reader: Bai2Reader, record: _Record) -> int:
    """The position behind the funds type and what it brings."""
    kind = fields[at].strip(" /") if at < len(fields) else ""
    if kind == "S":
        return at + 4
    if kind == "V":
        return at + 3
    if kind == "D":
        count = _whole(fields, at + 1, reader, record) or 0
        if count > 1000:
            raise FormatError(f"{count} availabilities of one amount", reader.at(record))
        return at + 2 + 2 * count
    if kind not in ("", "Z", "0", "1", "2"):
        raise FormatError(f"{kind[:20]!r} is no funds type (Z, 0, 1, 2, S, V or D)", reader.at(record))
    return at + 1


def _day(text: str, place: Place) -> date:
    """YYMMDD; some banks write YYYYMMDD."""
    plain = text.strip()
    if not re.fullmatch(r"\d{6}|\d{8}", plain):
        raise FormatError(f"{plain[:20]!r} is no day, such as 261031", place)
    year = int(plain[:-4]) + (2000 if len(plain) == 6 else 0)
    try:
        return date(year, int(plain[-4:-2]), int(plain[-2:]))
    except ValueError:
        raise FormatError(f"{plain!r} is no day, such as 261031", place) from None
