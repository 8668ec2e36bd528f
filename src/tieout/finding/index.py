"""The index: an entry a document, written with it; what was there before the index, or before newer rules, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from tieout.documents import Document, decode_document
from tieout.finding.known import Known, known
from tieout.store import Connection, Queries

_SQL = Queries("tieout.finding")
# Goes up with each change of what documents are known by: entries of before are made anew.
RULES = 1
_BATCH = 500
_COLUMNS = "document_id, entity, thing, number, party, amount, terms"


def put(connection: Connection, entity: str, documents: Iterable[tuple[int, Document, date]]) -> None:
    """Enter new documents of an entity, each with its number and accounting date, in the caller's transaction."""
    found = [(n, k) for n, document, on in documents if (k := known(document, entity, on)) is not None]
    if not found:
        return
    with connection.cursor().copy(f"copy tieout.findable ({_COLUMNS}) from stdin".encode()) as copy:
        for number, k in found:
            copy.write_row((number, entity, k.thing, k.number, k.party, k.amount, k.terms))


def catch_up(connection: Connection) -> bool:
    """One batch of what is not entered yet, the newest first, in one transaction; whether there is more. Whoever else does the
    same at this moment is not waited for."""
    with connection.transaction():
        connection.execute(_SQL["begin"], {"rules": RULES})
        row = connection.execute(_SQL["progress"]).fetchone()
        if row is None:
            return False
        below = row["below"]
        if row["rules"] != RULES:
            connection.execute(_SQL["begin_anew"], {"rules": RULES})
            return True
        if not below:
            return False
        rows = connection.execute(_SQL["before"], {"below": below, "limit": _BATCH}).fetchall()
        entries = [
            (r["document_id"], r["entity"], k)
            for r in rows
            if (k := _read(r["content"], r["entity"], r["accounting_on"])) is not None
        ]
        _put_again(connection, entries)
        connection.execute(_SQL["reached"], {"below": rows[-1]["document_id"] if len(rows) == _BATCH else 0})
        return len(rows) == _BATCH


def _read(content: str, entity: str, on: date) -> Known | None:
    """What a kept document is known by; None where it can't be read any more: its kind went with its connector."""
    try:
        return known(decode_document(content.encode()), entity, on)
    except msgspec.ValidationError:
        return None


def _put_again(connection: Connection, entries: Sequence[tuple[int, str, Known]]) -> None:
    if entries:
        given = {
            "ids": [n for n, _, _ in entries],
            "entities": [e for _, e, _ in entries],
            "things": [k.thing for _, _, k in entries],
            "numbers": [k.number for _, _, k in entries],
            "parties": [k.party for _, _, k in entries],
            "amounts": [k.amount for _, _, k in entries],
            "terms": [k.terms for _, _, k in entries],
        }
        connection.execute(_SQL["put"], given)
