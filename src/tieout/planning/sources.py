"""Executes what processes declare of their facts: a source's query, once a batch, and of its rows those that are ours."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tieout.processes import fact_sources
from tieout.processes.sources import Asking, FactSource, Keys, Scope
from tieout.security import stamper
from tieout.store import Connection, Queries

Row = dict[str, Any]


@dataclass(frozen=True)
class _Stamped:
    """What a source may read that is stamped: the text of a row, and what its stamp is over besides. `columns` are those
    that a query gives them by: the text, what the stamp says between its kind and the text's hash, the stamp."""

    kind: str
    says: str
    columns: tuple[str, ...]
    reads: re.Pattern[str]


_DOCUMENTS = _Stamped(
    "document",
    "documents' contents",
    ("content", "interface", "source_key", "revision", "message_id", "stamp"),
    # By themselves or through a view of them.
    re.compile(r"\bcontent\b|\btieout\.v_(?!effect_)", re.IGNORECASE),
)
_EFFECTS = _Stamped(
    "delivery",
    "effects",
    ("effect_body", "effect_system", "effect_id", "effect_document", "effect_requires", "effect_stamp"),
    re.compile(r"\bbody\b|\btieout\.v_effect_", re.IGNORECASE),
)
_COMMENT = re.compile(r"--[^\n]*")
_READS = re.compile(r"\s*(select|with)\b", re.IGNORECASE)
_WRITES = re.compile(r"\b(insert|update|delete|merge|truncate|lock|copy)\b", re.IGNORECASE)


class FactSourceError(ValueError):
    """A source of facts that cannot be read as it is declared; the message says which and what it lacks."""


@dataclass(frozen=True)
class _Query:
    """A source's SQL, and what that is stamped it reads."""

    sql: bytes
    reads: tuple[_Stamped, ...]


@cache
def query_of(source: FactSource) -> _Query:
    """The query of a source. Raises FactSourceError."""
    where = f"the source of facts {source.name!r} of {source.module}"
    try:
        queries = Queries.beside(source.module)
    except FileNotFoundError:
        name = source.module.rpartition(".")[2]
        raise FactSourceError(f"{where} has no SQL: there is no file {name}.sql beside its module") from None
    if source.name not in queries:
        raise FactSourceError(
            f"{where} has no SQL: its file has no query that begins `-- name: {source.name}`"
        )
    sql = queries[source.name]
    plain = _COMMENT.sub("", sql.decode())
    if not _READS.match(plain) or _WRITES.search(plain):
        raise FactSourceError(f"{where} does more than read: facts are selected, and nothing is changed")
    return _Query(sql, tuple(of for of in (_DOCUMENTS, _EFFECTS) if of.reads.search(plain)))


def check_sources() -> None:
    """That every source that was declared has its SQL. Raises FactSourceError."""
    for source in fact_sources():
        query_of(source)


def asked_of(source: FactSource, asking: Asking, scope: Scope) -> bool:
    """Whether a document asks for anything of this source."""
    return any(True for keys in source.keys_of(asking, scope).values() for _ in keys)


class SourceReader:
    """Reads sources of one interface's documents."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection, self._scope = connection, scope

    def found(self, source: FactSource, asking: Sequence[Asking]) -> Mapping[str, Any]:
        """A source's facts by key, for documents that ask for any. Raises FactSourceError."""
        first = _together(source.keys_of(a, self._scope) for a in asking)
        found = self._run(source, first)
        if source.more is None:
            return found
        more = _together(source.more(a, found) for a in asking)
        new = {name: keys - first.get(name, set()) for name, keys in more.items()}
        if not any(new.values()):
            return found
        return {**found, **self._run(source, {name: new.get(name, set()) for name in first | new})}

    def _run(self, source: FactSource, keys: Mapping[str, set[str]]) -> Mapping[str, Any]:
        query, entity = query_of(source), self._scope.entity
        given = {"entity": entity.code, "interface": self._scope.interface.name, "ledger": entity.ledger}
        cursor = self._connection.execute(query.sql, given | {name: sorted(k) for name, k in keys.items()})
        columns = {column.name for column in cursor.description or ()}
        rows: list[Row] = cursor.fetchall()
        for of in (_DOCUMENTS, _EFFECTS):
            if of in query.reads or of.columns[0] in columns:
                rows = self._ours(source, of, columns, rows)
        return source.rows(rows, self._scope)

    def _ours(self, source: FactSource, of: _Stamped, columns: set[str], rows: list[Row]) -> list[Row]:
        """The rows whose texts are as they were written; what somebody changed past us is none."""
        missing = [name for name in of.columns if name not in columns]
        if missing:
            raise FactSourceError(
                f"the source of facts {source.name!r} of {source.module} reads {of.says}: it must "
                f"give {', '.join(missing)} too, by which is told what somebody changed"
            )
        text, *said, stamp = of.columns
        stamps, kept = stamper(self._connection), []
        for row in rows:
            # An order that was not billed has no invoice's effect.
            if row[text] is None or stamps.holds(
                row[stamp], of.kind, *map(_said, (row[n] for n in said)), _hash(row[text])
            ):
                kept.append(row)
            elif source.told_of_changed:
                kept.append(row | {text: ""})
        return kept


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _said(value: object) -> object:
    """A value as stamps say it: the external ids that an effect requires with a blank between two, and "" for none."""
    return " ".join(value or ()) if value is None or isinstance(value, list) else value


def _together(asked: Iterable[Keys]) -> dict[str, set[str]]:
    """What a batch asks for, by parameter."""
    keys: dict[str, set[str]] = {}
    for each in asked:
        for name, some in each.items():
            keys.setdefault(name, set()).update(some)
    return keys
