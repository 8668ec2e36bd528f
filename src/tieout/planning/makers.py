"""Who had a hand in a document: everybody who brought or prepared any revision of it, and in what it was made beside.

A maker of one revision is a maker of all: whoever edits it afterwards, under a name or none, takes nobody's hand off it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tieout.documents import Document, decode_document
from tieout.processes import recipe_of
from tieout.security import document_holds, stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")
Row = dict[str, Any]


def makers_before(
    connection: Connection, interface: str, documents: Sequence[Document]
) -> tuple[dict[str, frozenset[str]], set[str]]:
    """By key: the names of everybody who brought or prepared any revision of it that was kept; and the keys of which that
    cannot be said any more, since a row was changed past us. Of a long entry all parts have the makers of each."""
    keys = {d.key: _keys_of(d) for d in documents}
    wanted = sorted({k for several in keys.values() for k in several})
    if not wanted:
        return {}, set()
    stamps, names, changed = stamper(connection), dict[str, set[str]](), set[str]()
    given = {"interface": interface, "keys": wanted}
    for row in connection.execute(_SQL["brought"], given):
        key = row["source_key"]
        if not _holds(stamps, row, interface):
            changed.add(key)
            continue
        names.setdefault(key, set()).update(
            made(decode_document(row["content"].encode()), row["submitted_by"])
        )
    found = {k: frozenset().union(*(names.get(x, ()) for x in several)) for k, several in keys.items()}
    return found, {k for k, several in keys.items() if changed & set(several)}


def made(document: Document, submitted_by: str) -> set[str]:
    """The names that one revision gives: who gave it, who prepared it at its source, who had a hand in it beside."""
    names = (
        submitted_by,
        getattr(document, "prepared_by", ""),
        *recipe_of(document).approval.makers(document),
    )
    return {n for n in names if n.strip()}


def _keys_of(document: Document) -> Iterable[str]:
    """Under which keys earlier revisions may stand: an entry grows long, or short again."""
    entire = recipe_of(document).entire(document)
    return {document.key} if entire is None else {document.key, entire.key, f"{entire.key}#1"}


def _holds(stamps: Any, row: Row, interface: str) -> bool:
    """Whether a revision and who gave it are as they were written."""
    sha = bytes(row["body_sha256"])
    given = (row["stream"], row["dedupe_key"], row["transport"], row["submitted_by"], sha)
    return document_holds(stamps, row, interface) and stamps.holds(
        row["message_stamp"], "message", interface, *given
    )
