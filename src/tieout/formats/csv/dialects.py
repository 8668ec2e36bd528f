"""A bank's CSV export is a declaration: which columns there are, and how they write.

Declarations are TOML files of about 30 lines; those that come with the product lie beside this
module, in `dialects/`. The tutorial in docs/FORMATS.md makes one.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from tieout.formats.model import FormatError

_DATE_PARTS = {
    "YYYY": r"(?P<Y>\d{4})",
    "YY": r"(?P<y>\d{2})",
    "MM": r"(?P<m>\d{1,2})",
    "DD": r"(?P<d>\d{1,2})",
}


class Columns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which column holds what; several columns are joined by a blank.

    The amount stands in `amount` with its own sign or with a mark beside it (33,50 S), in `amount`
    and the column `mark`, or in `credit` and `debit` (both without sign). `fee` is what was taken of it, positive: the line's amount is
    what is left, which must be `net` where that is given. `fees_within` are what was taken off the
    amount already: the line says them, and its amount stays. `balance` is the balance after the
    line; `statement` is what lines are put together by, such as a payout.
    """

    booked_on: str
    value_on: str = ""
    amount: str = ""
    mark: str = ""
    credit: str = ""
    debit: str = ""
    fee: str = ""
    net: str = ""
    fees_within: list[str] = []
    statement: str = ""
    currency: str = ""
    account: str = ""
    balance: str = ""
    status: str = ""
    reference: str = ""
    bank_reference: str = ""
    bank_code: str = ""
    end_to_end_id: str = ""
    mandate_id: str = ""
    counterparty: str = ""
    counterparty_account: str = ""
    counterparty_bank: str = ""
    remittance: str | list[str] = ""
    additional: str | list[str] = ""


class CsvDialect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one bank writes its export.

    `date` is written with YYYY or YY, MM and DD (DD.MM.YYYY). `account`, `currency`, `opening`
    and `closing` are regular expressions with one group, looked for in the lines around the
    table; or, for the first two, `account_is` and `currency_is` say them. `credit_marks` and `debit_marks`
    stand in the column `mark`, or beside the amounts themselves; `sign_in_mark` says that they alone tell the way
    of the money, whatever sign the amount has. `fees_negative` says that fees are written below zero. `pending` are words in
    the status column of lines that are not booked; `ignored` of those that never will be.
    `row_count` and `row_total` are found like balances: how many lines an export says that it holds, and what their
    amounts sum to, signed; they go together.
    `skip` is a regular expression of rows that are no lines, such as totals. `settles` says that
    the lines of a statement sum to nothing, for what was paid out is one of them.
    """

    name: str
    title: str = ""
    columns: Columns
    delimiter: str = ";"
    quote: str = '"'
    encoding: str = ""
    decimal: str = ","
    thousands: str = ""
    date: str = "DD.MM.YYYY"
    credit_marks: list[str] = []
    debit_marks: list[str] = []
    sign_in_mark: bool = False
    fees_negative: bool = False
    pending: list[str] = []
    ignored: list[str] = []
    account: str = ""
    account_is: str = ""
    currency: str = ""
    currency_is: str = ""
    opening: str = ""
    closing: str = ""
    row_count: str = ""
    row_total: str = ""
    skip: str = ""
    settles: bool = False

    def header(self) -> list[str]:
        """Every column that is named: a file that has them all has this dialect."""
        found: list[str] = []
        for value in msgspec.structs.asdict(self.columns).values():
            found += [value] if isinstance(value, str) else value
        return [name for name in dict.fromkeys(found) if name]


def declared(text: str) -> CsvDialect:
    """A dialect from its TOML text.

    Raises FormatError where the declaration is not as it must be: what, and what was expected.
    """
    try:
        raw: Any = tomllib.loads(text)
        dialect = msgspec.convert(raw, CsvDialect)
        for pattern in (
            dialect.account,
            dialect.currency,
            dialect.opening,
            dialect.closing,
            dialect.row_count,
            dialect.row_total,
            dialect.skip,
        ):
            re.compile(pattern)
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"the dialect's declaration is no TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise FormatError(f"the dialect's declaration: {error}") from None
    except re.error as error:
        raise FormatError(f"the dialect's declaration: {error.pattern!r} is no regular expression") from None
    columns = dialect.columns
    if not columns.amount and not (columns.credit and columns.debit):
        raise FormatError("the dialect's declaration: [columns] names amount, or credit and debit")
    if bool(dialect.row_count) != bool(dialect.row_total):
        raise FormatError("the dialect's declaration: row_count and row_total go together")
    if columns.mark and not (dialect.credit_marks and dialect.debit_marks):
        raise FormatError("the dialect's declaration: a mark needs credit_marks and debit_marks")
    date_pattern(dialect.date)
    return dialect


@cache
def date_pattern(form: str) -> re.Pattern[str]:
    """A pattern with the groups Y or y, m and d. Raises FormatError for a form without them."""
    pattern, rest = "", form
    while rest:
        part = next((p for p in _DATE_PARTS if rest.startswith(p)), "")
        pattern += _DATE_PARTS[part] if part else re.escape(rest[0])
        rest = rest[len(part) or 1 :]
    if not all(f"?P<{g}>" in pattern for g in "md") or ("?P<Y>" not in pattern and "?P<y>" not in pattern):
        raise FormatError(f"date = {form!r}: YYYY or YY, MM and DD were expected, such as DD.MM.YYYY")
    if "YYYYMMDD" in form:
        pattern = pattern.replace(r"\d{1,2}", r"\d{2}")
    return re.compile(pattern)


@cache
def built_in() -> dict[str, CsvDialect]:
    """The dialects that come with the product, by name."""
    folder = resources.files("tieout.formats.csv") / "dialects"
    found = (declared(p.read_text("utf-8")) for p in folder.iterdir() if p.name.endswith(".toml"))
    return {dialect.name: dialect for dialect in sorted(found, key=lambda d: d.name)}
