"""Records in tables with indexes, as Odoo's database keeps them.

Amounts are kept as Decimals. A call is one transaction: an error undoes everything but the id sequences.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout_sandbox.simulators.odoo.schema import MODELS

Record = dict[str, Any]
Kept = tuple[
    dict[str, dict[int, Record]], dict[tuple[str, str], dict[Any, set[int]]], dict[tuple[str, str], int]
]
_INDEXED = {
    "account.move": ("ref", "name", "journal_id", "reversed_entry_id", "state", "tax_cash_basis_rec_id"),
    "account.move.line": ("move_id", "statement_line_id", "matching_number", "payment_id", "account_id"),
    "account.bank.statement.line": ("move_id", "journal_id"),
    "account.partial.reconcile": ("debit_move_id", "credit_move_id"),
    "ir.model.data": ("module", "model", "res_id"),
    "account.payment": ("move_id",),
    "res.currency.rate": ("currency_id",),
    "account.account": ("code",),
    "res.partner": ("name",),
}


def number(value: Any) -> Decimal:
    """A client's number as a Decimal, by its shortest text; empty is zero."""
    if isinstance(value, Decimal):
        return value
    if value in (None, False, ""):
        return Decimal(0)
    return Decimal(str(value))


class Store:
    """Tables of records with indexes and an undo log."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[int, Record]] = {name: {} for name in MODELS}
        self._next: dict[str, int] = dict.fromkeys(MODELS, 1)
        self._index: dict[tuple[str, str], dict[Any, set[int]]] = {
            (model, name): {} for model, names in _INDEXED.items() for name in names
        }
        self.xmlids: dict[tuple[str, str], int] = {}
        # Fields (model, name) that the version which is played has not.
        self.absent: frozenset[tuple[str, str]] = frozenset()
        self._undo: list[tuple[str, int, Record | None]] | None = None
        self._touched: set[tuple[str, int]] = set()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is done within is undone where it raises: records and indexes, but for the ids that were given
        out, as PostgreSQL's sequences are not undone either."""
        self._undo, self._touched = [], set()
        try:
            yield
        except BaseException:
            for model, key, before in reversed(self._undo or []):
                self._put(model, key, before)
            raise
        finally:
            self._undo = None

    def kept(self) -> Kept:
        """All that is there now, apart from what becomes of it."""
        return copy.deepcopy((self.tables, self._index, self.xmlids))

    @contextmanager
    def as_of(self, kept: Kept) -> Iterator[None]:
        """Let what is asked within be answered by what was `kept`."""
        now = self.tables, self._index, self.xmlids
        self.tables, self._index, self.xmlids = kept
        try:
            yield
        finally:
            self.tables, self._index, self.xmlids = now

    def _remember(self, model: str, key: int) -> None:
        if self._undo is not None and (model, key) not in self._touched:
            self._touched.add((model, key))
            before = self.tables[model].get(key)
            self._undo.append((model, key, dict(before) if before is not None else None))

    def _put(self, model: str, key: int, values: Record | None) -> None:
        present = self.tables[model].get(key)
        if present is not None:
            self._unindex(model, present)
            if model == "ir.model.data":
                self.xmlids.pop((present["module"], present["name"]), None)
        if values is None:
            self.tables[model].pop(key, None)
            return
        self.tables[model][key] = values
        self._enindex(model, values)
        if model == "ir.model.data":
            self.xmlids[values["module"], values["name"]] = key

    def _enindex(self, model: str, record: Record) -> None:
        for name in _INDEXED.get(model, ()):
            self._index[model, name].setdefault(record.get(name) or False, set()).add(record["id"])

    def _unindex(self, model: str, record: Record) -> None:
        for name in _INDEXED.get(model, ()):
            self._index[model, name].get(record.get(name) or False, set()).discard(record["id"])

    def reserve(self, model: str) -> int:
        """The next id of a model, whether it is used or not."""
        key = self._next[model]
        self._next[model] = key + 1
        return key

    def start_ids(self, model: str, at: int) -> None:
        """Let a model's ids begin here, as those below are taken by records that nobody asks for."""
        self._next[model] = at

    def insert(self, model: str, values: Record, key: int | None = None) -> Record:
        """A new record, under the next id or under `key`."""
        key = self.reserve(model) if key is None else key
        self._next[model] = max(self._next[model], key + 1)
        self._remember(model, key)
        record = {"id": key, **values}
        self._put(model, key, record)
        return record

    def update(self, model: str, record: Record, values: Record) -> None:
        """Change a record in place; its indexes follow."""
        self._remember(model, record["id"])
        indexed = _INDEXED.get(model, ())
        moved = [n for n in values if n in indexed and record.get(n) != values[n]]
        if moved:
            self._unindex(model, record)
        record.update(values)
        if moved:
            self._enindex(model, record)

    def delete(self, model: str, key: int) -> None:
        """Take a record out; nothing that names it is touched."""
        self._remember(model, key)
        self._put(model, key, None)

    def by(self, model: str, name: str, value: Any) -> list[Record]:
        """The records whose indexed field `name` is `value`, in order of id."""
        table = self.tables[model]
        return [table[i] for i in sorted(self._index[model, name].get(value or False, ()))]

    def indexed(self, model: str, name: str, values: Iterable[Any]) -> set[int] | None:
        """The ids of records whose field has one of these values; None where the field has no index."""
        index = self._index.get((model, name))
        if index is None:
            return None
        return set().union(*(index.get(v or False, set()) for v in values))


def stamp(now: datetime) -> str:
    """A time as Odoo shows it: UTC, whole seconds."""
    return now.strftime("%Y-%m-%d %H:%M:%S")
