"""A side's table from CSV or Parquet, checked before anything is matched.

Every problem is named with its row and column (a CSV's header is row 1); a table with a problem
is refused whole. Amounts become whole minor units: never a float.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tieout.money import CURRENCIES, minor_digits
from tieout.reconcile.frames import pl
from tieout.reconcile.model import MatchingError

COLUMNS = ("id", "date", "amount", "currency", "reference", "counterparty", "description")
# What one row says that lets a difference be accepted: amounts, and a day.
_SAID = ("bank_charge", "early_discount", "untaxed")
_SAID_ON = "early_discount_until"
_OPTIONAL = ("account", "due", "also", *_SAID, _SAID_ON)
_AMOUNT = r"^([+-]?)(\d{1,13})(?:\.(\d{1,4}))?$"
_SHOWN, _PART = 20, 250_000


def read_table(path: Path, keys: tuple[str, ...] = ()) -> pl.DataFrame:
    """The table of a file that ends in .csv or .parquet, as `checked` gives it; `keys` are
    further columns that it must have.

    Raises MatchingError where it cannot be read or used.
    """
    try:
        if path.suffix == ".parquet":
            wanted = [c for c in pl.read_parquet_schema(path) if c in (*COLUMNS, *_OPTIONAL, *keys)]
            rows = pl.scan_parquet(path).select(wanted)
            count = rows.select(pl.len()).collect().item()
            parts = (rows.slice(at, _PART).collect() for at in range(0, count, _PART))
            return _in_parts(parts, rows.collect, path.name, 1, keys)
        if path.suffix == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                header = next(csv.reader(file), [])
            again = sorted({c for c in header if header.count(c) > 1})
            if again:
                raise MatchingError([f"{path.name}: the column {c!r} stands twice" for c in again])
            return checked(pl.read_csv(path, infer_schema=False), path.name, 2, keys)
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError, csv.Error) as error:
        why = str(error).splitlines()[0]
        raise MatchingError([f"{path}: cannot be read: {why}"]) from None
    raise MatchingError([f"{path}: a table is a .csv or a .parquet file"])


def with_opposite_signs(frame: pl.DataFrame) -> pl.DataFrame:
    """A table with the other signs: what one company owes is what another is owed."""
    return frame.with_columns(-pl.col("minor"))


def checked(frame: pl.DataFrame, name: str, first_row: int = 1, keys: tuple[str, ...] = ()) -> pl.DataFrame:
    """id, date, minor (signed whole minor units of `currency`), currency, reference,
    counterparty, description, account, due, also (further numbers of the row, separated by "|"), what it says of a
    difference (bank_charge, early_discount, untaxed in minor units; early_discount_until) where it has such columns,
    and `keys`; sorted by id, so that the rows' order says nothing.

    Raises MatchingError with every kind of problem, and the rows of the first ones.
    """
    return _in_parts(frame.iter_slices(_PART), lambda: frame, name, first_row, keys)


def _in_parts(
    parts: Iterable[pl.DataFrame],
    whole: Callable[[], pl.DataFrame],
    name: str,
    first_row: int,
    keys: tuple[str, ...],
) -> pl.DataFrame:
    """A table from its parts, so that memory holds what is kept and one part; where one of them
    has a problem, the whole is looked at, which tells all of them."""
    try:
        found = [_checked(part, name, first_row, keys) for part in parts]
        if found:
            frame = pl.concat(found)
            del found
            if frame["id"].n_unique() == len(frame):
                return _sorted(frame)
    except MatchingError:
        pass
    return _sorted(_checked(whole(), name, first_row, keys))


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    """By id; a long one a column at a time, since sorting a frame at once holds it twice. `frame` is used up."""
    if len(frame) <= _PART:
        return frame.sort("id")
    order = frame["id"].arg_sort()
    return pl.DataFrame([frame.drop_in_place(name).gather(order) for name in frame.columns])


def _checked(frame: pl.DataFrame, name: str, first_row: int, keys: tuple[str, ...]) -> pl.DataFrame:
    """As `checked`, in the order of the rows."""
    missing = [c for c in (*COLUMNS, *keys) if c not in frame.columns]
    if missing:
        raise MatchingError(
            [f"{name}: no column {c!r}; expected are {', '.join((*COLUMNS, *keys))}" for c in missing]
        )
    for column in ("amount", "id", *(c for c in _SAID if c in frame.columns)):
        if frame.schema[column].is_float():
            raise MatchingError(
                [
                    f"{name}: column {column!r} holds binary floats; write it as decimals or text, such as 12.50"
                ]
            )
    frame = frame.with_row_index("row", first_row)
    wanted = dict.fromkeys((*COLUMNS, *_OPTIONAL, *keys))
    texts = [c for c in wanted if c in frame.columns and c not in ("date", "due", _SAID_ON)]
    frame = frame.with_columns(pl.col(c).cast(pl.String).fill_null("").str.strip_chars() for c in texts)
    said = [c for c in _SAID if c in frame.columns and c not in keys]
    dated = [c for c in (_SAID_ON,) if c in frame.columns and c not in keys]
    shapes = [*_bad_ids(), *_bad_dates(frame), _bad_currency()]
    first = _told(frame, name, [*shapes, *(_bad_said(c) for c in said)])
    if any(first[: len(shapes)]):
        raise MatchingError([p for told in first[: len(shapes)] for p in told])
    frame = frame.with_columns(
        _day("date"),
        _day("due") if "due" in frame.columns else pl.lit(None, pl.Date).alias("due"),
        *(_day(c) for c in dated),
        *([] if "account" in frame.columns else [pl.lit("").alias("account")]),
        *_minor(),
        *(_minor(c)[1].alias(c) for c in said),
    )
    unreadable = [p for told in (*first, *_told(frame, name, list(_bad_amounts()))) for p in told]
    if unreadable:
        raise MatchingError(unreadable)
    return frame.select(
        "id",
        "date",
        "minor",
        "currency",
        "reference",
        "counterparty",
        "description",
        "account",
        "due",
        *(k for k in ("also", *said, *dated) if k in frame.columns),
        *(k for k in keys if k not in (*COLUMNS, *_OPTIONAL)),
    )


@dataclass(frozen=True)
class _Wrong:
    """Rows whose `column` is not what is expected of it."""

    column: str
    which: pl.Expr
    expected: str


def _told(frame: pl.DataFrame, name: str, wrongs: Sequence[_Wrong]) -> list[list[str]]:
    """What is to be said of each. All are looked for in one pass, since a pass over a small table costs as much as what it finds."""
    struck = frame.select(w.which.any().alias(str(n)) for n, w in enumerate(wrongs)).row(0)
    return [
        list(_rows_told(frame.filter(w.which), name, w)) if found else []
        for w, found in zip(wrongs, struck, strict=True)
    ]


def _rows_told(rows: pl.DataFrame, name: str, wrong: _Wrong) -> Iterable[str]:
    for row in rows.head(_SHOWN).iter_rows(named=True):
        value = str(row[wrong.column])[:40]
        yield f"{name}: row {row['row']}, column {wrong.column!r}: {value!r} is {wrong.expected}"
    if len(rows) > _SHOWN:
        yield f"{name}: column {wrong.column!r}: {len(rows) - _SHOWN} more rows like these"


def _bad_ids() -> Iterable[_Wrong]:
    yield _Wrong("id", pl.col("id") == "", "no id: every row needs one")
    again = (pl.col("id") != "") & ~pl.col("id").is_first_distinct()
    yield _Wrong("id", again, "the id of an earlier row too: ids are unique in a file")


def _day(column: str) -> pl.Expr:
    return (
        pl.col(column).cast(pl.String).str.strip_chars().str.to_date("%Y-%m-%d", strict=False).alias(column)
    )


def _bad_dates(frame: pl.DataFrame) -> Iterable[_Wrong]:
    for column in ("date", "due", _SAID_ON):
        if column not in frame.columns:
            continue
        text = pl.col(column).cast(pl.String).fill_null("").str.strip_chars()
        shaped = text.str.contains(r"^(19|20|21)\d\d-\d\d-\d\d$") & _day(column).is_not_null()
        right = shaped if column == "date" else shaped | (text == "")
        yield _Wrong(column, ~right, "no date, such as 2026-10-31")


def _bad_currency() -> _Wrong:
    unknown = ~pl.col("currency").is_in(list(CURRENCIES))
    return _Wrong("currency", unknown, "no currency of ISO 4217, such as EUR")


@cache
def _digits() -> pl.Expr:
    """How many decimals the currency of a row has."""
    known = {code: minor_digits(code) for code in CURRENCIES}
    return pl.col("currency").replace_strict(known, default=2, return_dtype=pl.Int8)


def _minor(column: str = "amount") -> list[pl.Expr]:
    """An amount in units of a ten-thousandth, in whole minor units, and whether it is finer than these."""
    groups = pl.col(column).str.extract_groups(_AMOUNT)
    fine = groups.struct[1].cast(pl.Int64) * 10_000 + (
        (groups.struct[2].fill_null("") + "0000").str.slice(0, 4).cast(pl.Int64)
    )
    signed = pl.when(groups.struct[0] == "-").then(-fine).otherwise(fine)
    unit = pl.lit(10, pl.Int64).pow(4 - _digits().cast(pl.Int64))
    return [signed.alias("fine"), (signed // unit).alias("minor"), (signed % unit != 0).alias("finer")]


def _bad_said(column: str) -> _Wrong:
    """An amount that a row need not say, and says wrongly."""
    _, minor, finer = _minor(column)
    bad = (pl.col(column) != "") & (minor.is_null() | finer.fill_null(False))
    return _Wrong(column, bad, "no amount in whole minor units, such as 12.50")


def _bad_amounts() -> Iterable[_Wrong]:
    yield _Wrong(
        "amount", pl.col("fine").is_null(), "no amount, such as -1234.50 (a point, no thousands marks)"
    )
    yield _Wrong("amount", pl.col("finer").fill_null(False), "finer than its currency's minor unit")
