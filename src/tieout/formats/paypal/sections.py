"""A section of PayPal's settlement report: one account's transactions and their totals, by currency."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import msgspec

from tieout.formats.amounts import exact
from tieout.formats.model import Balance, Charge, FormatError, Head, Line, Place
from tieout.formats.paypal.footers import NAMES, Footer, units
from tieout.money import MoneyError, from_minor, minor_digits

# PayPal keeps these without decimals (its table of currencies); whether its report writes hundredths of them all
# the same is told both ways.
_WHOLE = frozenset(("HUF", "JPY", "TWD"))
_DAY = re.compile(r"(\d{4})[/-](\d\d)[/-](\d\d)")
_MARKS = {"CR": 1, "DR": -1}
Row = dict[str, str]


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """A row SB: its gross amount and its fee in minor units, signed, beside its texts."""

    row: Row
    currency: str
    gross: int
    fee: int
    day: date
    place: Place


def transaction(row: Row, place: Place) -> Transaction:
    """A row SB, by the keys of its columns. Raises FormatError."""
    currency = row.get("grosstransactioncurrency", "")
    gross = units(row.get("grosstransactionamount", ""), place)
    fee = units(row.get("feeamount", ""), place)
    marks = row.get("transactiondebitorcredit", "").upper(), row.get("feedebitorcredit", "").upper()
    if (gross and marks[0] not in _MARKS) or (fee and marks[1] not in _MARKS):
        raise FormatError(f"{marks} are no CR or DR", place)
    if fee and row.get("feecurrency") not in (None, "", currency):
        raise FormatError(f"a fee in {row['feecurrency']} of an amount in {currency}", place)
    return Transaction(
        row=row,
        currency=currency,
        gross=_MARKS.get(marks[0], 1) * gross,
        fee=_MARKS.get(marks[1], 1) * fee,
        day=day_of(row.get("transactioncompletiondate", ""), place),
        place=place,
    )


def day_of(text: str, place: Place) -> date:
    """The day of a time as the report writes it, in the report's own zone. Raises FormatError."""
    found = _DAY.match(text)
    try:
        if found is None:
            raise ValueError
        return date(*(int(x) for x in found.groups()))
    except ValueError:
        raise FormatError(f"{text[:40]!r} is no day, such as 2026/10/31", place) from None


class Section:
    """What a section (SH) says, until its end (SC)."""

    def __init__(self, header: list[str], place: Place) -> None:
        self._place = place
        self.account = header[2] if len(header) > 2 else ""
        self.partner = header[3] if len(header) > 3 else ""
        self._from, self._to = (day_of(x, place) for x in (*header, "", "")[:2])
        if not self.account:
            raise FormatError("a section (SH) without its account", place)
        self.rows: list[Transaction] = []
        self.footers: dict[str, Footer] = {}

    def total(self, footer: Footer) -> None:
        """Take the totals (SF) of a currency. Raises FormatError for a currency's second ones."""
        if footer.currency in self.footers:
            raise FormatError(f"second totals (SF) of {footer.currency}", footer.place)
        self.footers[footer.currency] = footer

    def close(self, cells: list[str], place: Place) -> None:
        """Hold the rows against the section's own count (SC). Raises FormatError."""
        stated = int(cells[0]) if cells and re.fullmatch(r"\d{1,9}", cells[0]) else None
        if stated != len(self.rows):
            raise FormatError(f"the section states {cells[:1]} rows, it holds {len(self.rows)}", place)

    def events(self, problems: dict[str, list[str]]) -> Iterator[Line | Head]:
        """Its lines and heads, by currency; `problems` are what the report's own totals say against one."""
        for currency in sorted({*(row.currency for row in self.rows), *self.footers, *problems}):
            rows = [row for row in self.rows if row.currency == currency]
            footer = self.footers.get(currency)
            money = _Money(currency, rows, footer, self._place)
            lines = [_line(row, money) for row in rows]
            yield from lines
            found = [*problems.get(currency, ()), *self._against(rows, footer, currency, money)]
            yield self._head(currency, footer, money, sum((x.amount for x in lines), Decimal(0)), found)

    def _against(
        self, rows: list[Transaction], footer: Footer | None, currency: str, money: _Money
    ) -> Iterator[str]:
        if footer is None:
            yield f"no totals (SF) of {currency}"
            return
        for name, theirs, ours in zip(NAMES, footer.sums, sums_of(rows), strict=True):
            if theirs != ours:
                yield f"the file states {name} of {money.of(theirs)}, it holds {money.of(ours)}"
        if footer.count not in (None, len(rows), len(self.rows)):
            yield f"the file states {footer.count} rows of {currency}, it holds {len(rows)}"

    def _head(
        self, currency: str, footer: Footer | None, money: _Money, total: Decimal, problems: list[str]
    ) -> Head:
        pairs = [(money.of(a), money.of(b)) for a, b in footer.balances] if footer else []
        # The first two views are the account's: all of it, and what is available, from which holds are taken by
        # rows of their own. On a day without holds both fit, and the same one is to be gone on with.
        views = (n for n in (1, 0) if n < len(pairs))
        chosen = next((n for n in views if pairs[n][1] - pairs[n][0] == total), 0)

        def balance(view: int, end: int) -> Balance:
            on = self._to if end else self._from
            return Balance(pairs[view][end], currency, on, code_of_view(footer, view))

        return Head(
            account=self.account,
            currency=currency,
            statement_id=f"{self._from:%Y%m%d}",
            from_on=self._from,
            to_on=self._to,
            opening=balance(chosen, 0) if pairs else None,
            closing=balance(chosen, 1) if pairs else None,
            balances=tuple(balance(n, end) for n in range(len(pairs)) for end in (0, 1) if n != chosen),
            place=footer.place if footer else self._place,
            checked=footer is not None,
            problems=tuple(problems),
        )


# The code of the only view of a balance that stands without CR or DR: no report of PayPal's own has one.
UNMARKED = "SF"


def code_of_view(footer: Footer | None, view: int) -> str:
    """What a balance is called: by its place among the views, from 1."""
    return UNMARKED if footer is not None and not footer.marked else f"SF {view + 1}"


def sums_of(rows: list[Transaction]) -> tuple[int, int, int, int]:
    """Gross credits, gross debits, fee credits and fee debits, in minor units without sign."""
    gross, fees = [row.gross for row in rows], [row.fee for row in rows]
    return (
        sum(n for n in gross if n > 0),
        -sum(n for n in gross if n < 0),
        sum(n for n in fees if n > 0),
        -sum(n for n in fees if n < 0),
    )


class _Money:
    """Minor units of a currency, as this section writes them, to amounts.

    A currency that PayPal keeps without decimals is written in whole units where any of its amounts is no full
    hundred; where all of them are, they could be hundredths as well, and the section is refused.
    """

    def __init__(self, currency: str, rows: list[Transaction], footer: Footer | None, place: Place) -> None:
        self._currency, self._place = currency, place
        self._whole = currency in _WHOLE
        if self._whole:
            found = [n for row in rows for n in (row.gross, row.fee)]
            found += [*footer.sums, *(n for pair in footer.balances for n in pair)] if footer else []
            if any(found) and not any(n % 100 for n in found):
                raise FormatError(
                    f"all amounts in {currency} are full hundreds: whether they are hundredths or whole {currency}"
                    " is not to be told; PayPal keeps no decimals of it",
                    place,
                )

    def of(self, count: int) -> Decimal:
        """An amount of so many units. Raises FormatError for a currency that is none."""
        try:
            if self._whole:
                count *= 10 ** minor_digits(self._currency)
            return exact(str(from_minor(count, self._currency).value), self._currency, self._place)
        except (MoneyError, ValueError) as error:
            raise FormatError(str(error), self._place) from None


def _line(found: Transaction, money: _Money) -> Line:
    row, charge = found.row, money.of(found.fee)
    return Line(
        amount=money.of(found.gross) + charge,
        currency=found.currency,
        booked_on=found.day,
        value_on=None,
        place=found.place,
        reference=row.get("invoiceid", ""),
        bank_reference=row.get("transactionid", ""),
        bank_code=row.get("transactioneventcode", ""),
        end_to_end_id=row.get("paypalreferenceid", ""),
        remittance=row.get("customfield", ""),
        charges=(Charge(charge, found.currency, True),) if found.fee else (),
        initiated_at=row.get("transactioninitiationdate", ""),
        # Other types name an order, a subscription or an agreement.
        original=row.get("paypalreferenceid", "") if row.get("paypalreferenceidtype") == "TXN" else "",
    )
