"""The sheet of a close: its figures as one JSON document, made of sections of tables whose sums are declared. Pure.

A sum, a formula or a figure says what it is made of, so that whoever has the sheet alone works it out anew
(`evidence/verify.py`), and the printed close is made of the sheet alone (`evidence/printing.py`). Amounts are texts of exact
decimals, with their currency in a column beside; instants are in the entity's zone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from tieout.money import Period

FORMAT = "tieout close 1"
Kind = Literal["text", "amount", "count", "instant", "day"]
Cell = str | None


@dataclass(frozen=True)
class Column:
    """A column of a table: the word that names it in sums, its heading, and what stands in it."""

    key: str
    title: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Sum:
    """How many rows there are of each value of the columns `by`, and what they come to in the column `of` ("": they are only
    counted). An amount is never added up across currencies: `by` names the column of the currency."""

    of: str = ""
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Formula:
    """In each row the column `of` is the columns `plus` less the columns `minus`; where one of them is unknown, so is it."""

    of: str
    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """Rows of texts (None: not known) under columns; `empty` is said where there is none."""

    key: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    sums: tuple[Sum, ...] = ()
    formulas: tuple[Formula, ...] = ()
    title: str = ""
    empty: str = "None."


@dataclass(frozen=True)
class Share:
    """What `part` is of `whole`, both in `currency`, as a percentage of two decimals; each is a column of a table, added up
    over the rows that have what `where` says: (table, column, where)."""

    title: str
    currency: str
    part: tuple[str, str, Mapping[str, str]]
    whole: tuple[str, str, Mapping[str, str]]


@dataclass(frozen=True)
class Section:
    """One part of the printed close: a heading, sentences, tables, shares."""

    key: str
    title: str
    tables: tuple[Table, ...] = ()
    said: tuple[str, ...] = ()
    shares: tuple[Share, ...] = field(default=())


def amount_text(value: Decimal | None) -> Cell:
    """An amount as exact text, with two decimals at least; None where it is not known."""
    if value is None:
        return None
    cents = value.quantize(Decimal("0.01"))
    return f"{cents if cents == value else value.normalize():f}"


def instant_text(at: datetime | None, zone: Any) -> Cell:
    """An instant to the second in a zone, with its offset; None for none."""
    return at.astimezone(zone).isoformat(timespec="seconds") if at else None


def day_text(on: date | None) -> Cell:
    """A day as ISO 8601 writes it; None for none."""
    return on.isoformat() if on else None


def section_json(section: Section) -> dict[str, Any]:
    """A section as plain values, with every sum worked out. Raises ValueError where a sum or a formula names no column, adds
    up what is no amount, or is not so."""
    tables = {t.key: t for t in section.tables}
    return {
        "key": section.key,
        "title": section.title,
        "said": list(section.said),
        "tables": [_table(t) for t in section.tables],
        "shares": [_share(s, tables) for s in section.shares],
    }


def sheet_bytes(
    head: Mapping[str, Any], sections: Iterable[Section], entity: str, period: Period, salt: str
) -> bytes:
    """The canonical bytes of a sheet: keys sorted, no spaces. `salt` keeps its hash from being guessed once it is gone."""
    body = {
        "format": FORMAT, "entity": entity, "period": str(period), "salt": salt, "head": dict(head),
        "sections": [section_json(s) for s in sections],
    }  # fmt: skip
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _place(table: Table, key: str, kind: str = "") -> int:
    for place, column in enumerate(table.columns):
        if column.key == key:
            if kind and column.kind != kind:
                raise ValueError(f"{table.key}.{key} is {column.kind}: {kind} was expected")
            return place
    raise ValueError(f"{table.key} has no column {key!r}")


def _table(table: Table) -> dict[str, Any]:
    if wrong := [r for r in table.rows if len(r) != len(table.columns)]:
        raise ValueError(f"{table.key} has a row of {len(wrong[0])} cells for {len(table.columns)} columns")
    for formula in table.formulas:
        _check(table, formula)
    return {
        "key": table.key,
        "title": table.title,
        "empty": table.empty,
        "columns": [[c.key, c.title, c.kind] for c in table.columns],
        "rows": [list(r) for r in table.rows],
        "sums": [{"of": s.of, "by": list(s.by), "rows": _sum(table, s)} for s in table.sums],
        "formulas": [{"of": f.of, "plus": list(f.plus), "minus": list(f.minus)} for f in table.formulas],
    }


def _sum(table: Table, wanted: Sum) -> list[list[Cell]]:
    """Each group in order: its values, how many rows, and what they come to; None where one of them is not known."""
    by = [_place(table, key) for key in wanted.by]
    of = _place(table, wanted.of, "amount") if wanted.of else None
    counts: dict[tuple[str, ...], int] = {}
    sums: dict[tuple[str, ...], Decimal | None] = {}
    for row in table.rows:
        key = tuple(row[p] or "" for p in by)
        counts[key] = counts.get(key, 0) + 1
        if of is not None:
            before, here = sums.get(key, Decimal(0)), row[of]
            sums[key] = None if before is None or here is None else before + Decimal(here)
    return [
        [*key, str(counts[key]), *([amount_text(sums[key])] if of is not None else [])]
        for key in sorted(counts)
    ]


def _check(table: Table, formula: Formula) -> None:
    of = _place(table, formula.of, "amount")
    plus, minus = (tuple(_place(table, k, "amount") for k in x) for x in (formula.plus, formula.minus))
    for row in table.rows:
        parts = [row[p] for p in (*plus, *minus)]
        known = [Decimal(p) for p in parts if p is not None]
        worth = None
        if len(known) == len(parts):
            worth = sum(known[: len(plus)], Decimal(0)) - sum(known[len(plus) :], Decimal(0))
        there = None if row[of] is None else Decimal(row[of] or "")
        if there != worth:
            raise ValueError(f"{table.key}: {formula.of} is {there}, its parts come to {worth}: {row}")


def added_up(table: Table, column: str, where: Mapping[str, str]) -> Decimal | None:
    """What a column comes to over the rows that have what `where` says; None where one is not known."""
    of, given = _place(table, column, "amount"), {_place(table, k): v for k, v in where.items()}
    cells: Sequence[Cell] = [r[of] for r in table.rows if all(r[p] == v for p, v in given.items())]
    return None if None in cells else sum((Decimal(c) for c in cells if c is not None), Decimal(0))


def percent(part: Decimal, whole: Decimal) -> str | None:
    """What `part` is of `whole` in per cent, rounded to two decimals; None of nothing."""
    return f"{(part * 100 / whole).quantize(Decimal('0.01')):f}" if whole else None


def _share(share: Share, tables: Mapping[str, Table]) -> dict[str, Any]:
    part = added_up(tables[share.part[0]], share.part[1], share.part[2])
    whole = added_up(tables[share.whole[0]], share.whole[1], share.whole[2])
    return {
        "title": share.title,
        "currency": share.currency,
        "part": {"table": share.part[0], "column": share.part[1], "where": dict(share.part[2]),
                 "amount": amount_text(part)},
        "whole": {"table": share.whole[0], "column": share.whole[1], "where": dict(share.whole[2]),
                  "amount": amount_text(whole)},
        "percent": percent(part, whole) if part is not None and whole is not None else None,
    }  # fmt: skip
