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
# By which planning tells whether a document's content is as it was written.
STAMPED = ("content", "interface", "source_key", "revision", "message_id", "stamp")
_COMMENT = re.compile(r"--[^\n]*")
_READS = re.compile(r"\s*(select|with)\b", re.IGNORECASE)
_WRITES = re.compile(r"\b(insert|update|delete|merge|truncate|lock|copy)\b", re.IGNORECASE)
# Documents' contents, by themselves or through a view of them.
_CONTENTS = re.compile(r"\bcontent\b|\btieout\.v_(?!effect_)", re.IGNORECASE)


class FactSourceError(ValueError):
    """A source of facts that cannot be read as it is declared; the message says which and what it lacks."""


@dataclass(frozen=True)
class _Query:
    """A source's SQL, and whether it reads documents' contents."""

    sql: bytes
    contents: bool


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
    return _Query(sql, bool(_CONTENTS.search(plain)))


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
        if query.contents or "content" in columns:
            rows = self._ours(source, columns, rows)
        return source.rows(rows, self._scope)

    def _ours(self, source: FactSource, columns: set[str], rows: list[Row]) -> list[Row]:
        """The rows whose contents are as they were written; what somebody changed past us is none."""
        missing = [name for name in STAMPED if name not in columns]
        if missing:
            raise FactSourceError(
                f"the source of facts {source.name!r} of {source.module} reads documents' contents: it must "
                f"give {', '.join(missing)} too, by which is told what somebody changed"
            )
        stamps, kept = stamper(self._connection), []
        for row in rows:
            sha = hashlib.sha256(row["content"].encode()).digest()
            said = (row["interface"], row["source_key"], row["revision"], row["message_id"], sha)
            if stamps.holds(row["stamp"], "document", *said):
                kept.append(row)
            elif source.told_of_changed:
                kept.append(row | {"content": ""})
        return kept


def _together(asked: Iterable[Keys]) -> dict[str, set[str]]:
    """What a batch asks for, by parameter."""
    keys: dict[str, set[str]] = {}
    for each in asked:
        for name, some in each.items():
            keys.setdefault(name, set()).update(some)
    return keys
