"""Which way each line's money went, as a file that nobody declared writes it: known, or refused.

A minus, a plus, a mark whose word is known, columns of their own: these say it. Where they leave several readings,
the rows' own balances must allow one alone. What nothing decides is refused: an amount of the wrong sign is
worse than a file that waits for its dialect.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import msgspec

from tieout.formats.csv.chain import Chain
from tieout.formats.csv.marks import Marks, is_named, marks_of
from tieout.formats.csv.table import Table, parted
from tieout.formats.csv.words import BOOKED, NEVER_BOOKED, PENDING, is_text, plain
from tieout.formats.model import FormatError
from tieout.money import CURRENCIES

_ASK = "declare a dialect"
_NOTHING = Decimal(0)
Values = list[Decimal]


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How a file says which way money went. `mark` is the marks' column, "" where they stand beside the amount or
    there are none; `alone` says that they say it whatever sign stands there, too. `values` are the signed
    amounts of the lines, as they are read so, before any fee."""

    values: Values
    columns: dict[str, str]
    mark: str = ""
    credit: list[str] = []
    debit: list[str] = []
    alone: bool = False


class Proof(msgspec.Struct, frozen=True):
    """What the balances of a table can prove. `booked` says of each line whether it counts for them; `fees` are what a
    column of fees may take of each line, in every way that its signs can be meant; none where there is no such column."""

    table: Table
    booked: list[bool]
    balances: list[Decimal | None]
    fees: list[Values]

    def follows(self, values: Values) -> bool | None:
        """Whether every balance follows from the one before it by these amounts, with or without the fees beside
        them; None where nothing says so."""
        plainly = self.chained(values)
        if plainly or not self.fees:
            return plainly
        return any(self.chained(less(values, fees)) for fees in self.fees) or plainly

    def unproven(self, column: str) -> set[str]:
        """What stands in a column in no other rows than those that no balance can prove: of each account the one that
        its rows begin with, or either end where no day says which it is."""
        ends: dict[tuple[str, str], list[int]] = {}
        for n, key in enumerate(self._accounts()):
            if self.booked[n]:
                ends.setdefault(key, []).append(n)
        left: set[int] = set()
        for rows in ends.values():
            first, last = self.table.days[rows[0]], self.table.days[rows[-1]]
            known = first is not None and last is not None and first != last
            if not known or (first is not None and last is not None and first < last):
                left.add(rows[0])
            if not known or (first is not None and last is not None and first > last):
                left.add(rows[-1])
        cells = self.table.cells(column)
        return set(cells) - {cell for n, cell in enumerate(cells) if n not in left and self.booked[n]}

    def _accounts(self) -> list[tuple[str, str]]:
        """Whose balance each line moves: accounts and currencies have their own."""
        return list(zip(self.table.field("account"), self.table.field("currency"), strict=True))

    def chained(self, values: Values) -> bool | None:
        """As `follows`, by these amounts alone."""
        chains: dict[tuple[str, str], tuple[Chain, list[date]]] = {}
        rows = zip(self._accounts(), values, self.balances, self.table.days, self.booked, strict=True)
        for key, value, balance, day, booked in rows:
            if not booked:
                continue
            chain, days = chains.setdefault(key, (Chain(), []))
            chain.add(value, balance)
            if day is not None:
                days.append(day)
        found = [
            chain.follows(days[0] if days else None, days[-1] if days else None)
            for chain, days in chains.values()
        ]
        if any(answer is False for answer in found):
            return False
        return True if any(found) else None


def less(values: Values, fees: Values) -> Values:
    """The amounts that are left once fees are taken of them."""
    return [value - fee for value, fee in zip(values, fees, strict=True)]


def way_of(table: Table, proof: Proof, free: list[str]) -> Way:
    """How the lines' signs are told. `free` are the columns that hold nothing which is understood otherwise.

    Raises FormatError where nothing tells, or what tells contradicts itself.
    """
    columns = table.columns
    if "credit" in columns and "debit" in columns:
        sides = _sides(table)
        if "amount" not in columns or not all(table.field("amount")):
            return _by_sides(columns, sides, table, proof)
        amounts = [n or _NOTHING for n in table.numbers(table.field("amount"))]
        if amounts == sides:
            # Both say the same: what was read before is read now.
            return Way(values=amounts, columns=_without(columns, "credit", "debit"))
    return _by_amount(table, proof, free)


def _without(columns: dict[str, str], *fields: str) -> dict[str, str]:
    return {field: column for field, column in columns.items() if field not in fields}


def _sides(table: Table) -> Values:
    """Credits less debits, a line each, by the columns of their own; debits may be written below zero."""
    credit, debit = _both(table)
    return [c - abs(d) for c, d in zip(credit, debit, strict=True)]


def _both(table: Table) -> tuple[Values, Values]:
    credit = [n or _NOTHING for n in table.numbers(table.field("credit"))]
    return credit, [n or _NOTHING for n in table.numbers(table.field("debit"))]


def _by_sides(columns: dict[str, str], sides: Values, table: Table, proof: Proof) -> Way:
    credit, debit = _both(table)
    follows = proof.follows(sides)
    if not follows and proof.follows([0 - n for n in sides]):
        raise FormatError(
            f"the balances say that {columns['credit']!r} is money out and {columns['debit']!r} money in: {_ASK}"
        )
    mixed = ""
    if any(n < 0 for n in debit) and any(n > 0 for n in debit):
        mixed = columns["debit"]
    elif any(n < 0 for n in credit):
        mixed = columns["credit"]
    if mixed:
        # A debit below zero among others may be one that is given back, a credit one that is taken back.
        pairs = list(zip(credit, debit, strict=True))
        others = [[c - d for c, d in pairs], [abs(c) - abs(d) for c, d in pairs]]
        if not follows or any(other != sides and proof.follows(other) for other in others):
            raise FormatError(
                f"the column {mixed!r} has amounts below zero, and no balance says which way they went: {_ASK}"
            )
    return Way(values=sides, columns=_without(columns, "amount"))


def _by_amount(table: Table, proof: Proof, free: list[str]) -> Way:
    columns = _without(table.columns, "credit", "debit")
    numbers, beside = parted(table.field("amount"))
    values = [n or _NOTHING for n in table.numbers(numbers)]
    if any(beside):
        found = marks_of("", beside)
        if not found:
            words = ", ".join(dict.fromkeys(repr(b) for b in beside if b))
            raise FormatError(f"what {words[:80]} beside an amount means is not known: {_ASK}")
        unread = [column for column in free if not _says_nothing_else(column, table, beside)]
    else:
        found = [m for column in _may_mark(table, free) for m in marks_of(column, table.cells(column))]
        unread = free
    certain = [m for m in found if m.certain]
    if certain and all(m.ways == certain[0].ways for m in certain):
        return _by_marks(columns, values, certain[0], proof)
    if certain:
        names = " and ".join(repr(m.column) for m in certain)
        found = [m for m in found if proof.follows(_times(m, values)) is True]
        if len({tuple(m.ways) for m in found}) != 1:
            raise FormatError(f"the columns {names} say different ways of the same money: {_ASK}")
        return _marked(columns, _times(found[0], values), found[0])
    return _unmarked(columns, values, found, table, proof, unread)


def _says_nothing_else(column: str, table: Table, beside: list[str]) -> bool:
    return table.cells(column) == beside


def _may_mark(table: Table, free: list[str]) -> Iterable[str]:
    """Columns in which marks may stand: those of no field, and those of texts."""
    texts = ("remittance", "reference")
    return (*free, *(table.columns[field] for field in texts if field in table.columns))


def _times(marks: Marks, values: Values) -> Values:
    return [way * value for way, value in zip(marks.ways, values, strict=True)]


def _marked(columns: dict[str, str], values: Values, marks: Marks, alone: bool = False) -> Way:
    return Way(
        values=values, columns=columns, mark=marks.column, credit=marks.credit, debit=marks.debit, alone=alone
    )


def _where(marks: Marks) -> str:
    return f"the marks of {marks.column!r}" if marks.column else "the marks beside the amounts"


def _by_marks(columns: dict[str, str], values: Values, marks: Marks, proof: Proof) -> Way:
    """The way that marks say whose words are known."""
    pairs = list(zip(marks.ways, values, strict=True))
    negative = any(value < 0 for value in values)
    agree = all(way * value >= 0 for way, value in pairs)
    signed = Way(values=values, columns=columns, debit=marks.debit, credit=marks.credit)
    if marks.column:
        signed = Way(values=values, columns=columns)
    if any(not way and value for way, value in pairs):
        if marks.column and ((negative and agree) or proof.follows(values)):
            return signed
        raise FormatError(f"{_where(marks)} say the way of some lines alone: {_ASK}")
    if not negative:
        read = _times(marks, values)
        if proof.follows(read) is False and proof.follows([0 - n for n in read]):
            raise FormatError(f"the balances say the opposite of {_where(marks)}: {_ASK}")
        return _marked(columns, read, marks)
    alone = [way * abs(value) for way, value in pairs]
    if agree:
        return _marked(columns, alone, marks, alone=True)
    proven = []
    if proof.follows(alone):
        proven.append(_marked(columns, alone, marks, alone=True))
    if proof.follows(_times(marks, values)):
        proven.append(_marked(columns, _times(marks, values), marks))
    if marks.column and proof.follows(values):
        proven.append(signed)
    if len(proven) == 1:
        return proven[0]
    raise FormatError(f"{_where(marks)} and the signs of the amounts contradict each other: {_ASK}")


def _unmarked(
    columns: dict[str, str], values: Values, maybe: list[Marks], table: Table, proof: Proof, free: list[str]
) -> Way:
    """The way that signs say, or the balances; marks of which nothing is certain count by the balances alone."""
    signed = Way(values=values, columns=columns)
    written = _has_signs(table.field("amount"), values)
    doubtful = [] if written else _doubtful(table, free)
    # A balance says nothing of its own first row: a word that stands there alone is not proven by it.
    proven = [signed] if proof.follows(values) and not any(proof.unproven(c) for c in doubtful) else []
    for marks in maybe:
        pairs = list(zip(marks.ways, values, strict=True))
        unsure = any(not way and value for way, value in pairs)
        if unsure or (marks.column and proof.unproven(marks.column)):
            continue
        readings = [_marked(columns, _times(marks, values), marks)]
        if any(value < 0 for value in values):
            readings.append(_marked(columns, [way * abs(value) for way, value in pairs], marks, alone=True))
        for reading in readings:
            if proof.follows(reading.values) and all(reading.values != way.values for way in proven):
                proven.append(reading)
    if len(proven) == 1:
        return proven[0]
    unsaid = any(not m.column for m in maybe)
    if (written or not any(values)) and not unsaid:
        _check_usual(maybe, values)
        return signed
    if proof.follows([0 - n for n in values]) or (proof.follows(values) is False and not unsaid):
        raise FormatError(
            f"the amounts have no sign, and the balances do not follow from them as money in: {_ASK}"
        )
    if doubtful or unsaid:
        where = _shown(table, doubtful[0]) if doubtful else "the marks beside the amounts"
        raise FormatError(
            f"the amounts have no sign, and {where} may say which way they went, in words that are not known: {_ASK}"
        )
    return signed


def _has_signs(cells: list[str], values: Values) -> bool:
    """Whether some amount is written with a sign: then a plain one is money in."""
    return any(value < 0 for value in values) or any(
        text.startswith(("+", "\uff0b")) or text.endswith(("+", "\uff0b")) for text in cells
    )


def _check_usual(maybe: list[Marks], values: Values) -> None:
    """Raises FormatError where letters that are common marks contradict the signs, whatever their column's name."""
    for marks in maybe:
        if marks.usual and any(way * value < 0 for way, value in zip(marks.ways, values, strict=True)):
            raise FormatError(f"{_where(marks)} and the signs of the amounts contradict each other: {_ASK}")


def _doubtful(table: Table, free: list[str]) -> list[str]:
    """Columns that may say which way the money went, in words that nobody knows."""
    texts = [table.columns[field] for field in ("remittance", "reference") if field in table.columns]
    found = []
    for column in (*free, *texts):
        words = {cell for cell in table.cells(column) if cell}
        # A text may be one word, or the same word throughout: two or three that change are no texts.
        text = column in texts or is_text(column)
        # Words of a kind come again and again, be there twenty of them.
        most = 3 if text else max(4, min(20, len(table.lines) // 2))
        few = _few_words(words, most) and not (text and len(words) < 2)
        if words and (is_named(column) or few):
            found.append(column)
    return found


def _shown(table: Table, column: str) -> str:
    words = sorted({cell for cell in table.cells(column) if cell})
    return f"the column {column!r} ({', '.join(words)[:60]})"


def _few_words(words: set[str], most: int) -> bool:
    """Whether these are a few short words, and none of them a currency, a number, or the state of a line."""
    known = BOOKED | PENDING | NEVER_BOOKED
    return len(words) <= most and all(
        len(word) <= 24
        and not any(c.isdigit() for c in word)
        and word not in CURRENCIES
        and plain(word) not in known
        for word in words
    )
