"""The index: what is to be entered is written down with the documents; a worker enters it, and what was there before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from tieout.documents import decode_document
from tieout.finding.known import Known, known
from tieout.observe import get_logger
from tieout.store import Connection, Queries

_SQL = Queries("tieout.finding")
_log = get_logger(__name__)
# Goes up with each change of what documents are known by: entries of before are made anew.
RULES = 1
_BATCH, _GROUPS = 500, 4


def enter_later(connection: Connection, documents: Sequence[int]) -> None:
    """Write down that these are to be entered, in the transaction that writes them."""
    if documents:
        connection.execute(_SQL["enter_later"], {"ids": list(documents)})


def catch_up(connection: Connection) -> bool:
    """One batch of what is not entered yet, in one transaction: what came last, then what was there before, the newest first; whether
    there is more. Whoever else does the same at this moment is not waited for."""
    with connection.transaction():
        due = connection.execute(_SQL["take_due"], {"limit": _GROUPS}).fetchall()
        if due:
            ids = [n for row in due for n in row["documents"]]
            _enter(connection, connection.execute(_SQL["some"], {"ids": ids}).fetchall())
            return True
        return _enter_before(connection)


def _enter_before(connection: Connection) -> bool:
    connection.execute(_SQL["begin"], {"rules": RULES})
    row = connection.execute(_SQL["progress"]).fetchone()
    if row is None:
        return False
    if row["rules"] != RULES:
        connection.execute(_SQL["begin_anew"], {"rules": RULES})
        return True
    if not row["below"]:
        return False
    rows = connection.execute(_SQL["before"], {"below": row["below"], "limit": _BATCH}).fetchall()
    _enter(connection, rows)
    connection.execute(_SQL["reached"], {"below": rows[-1]["document_id"] if len(rows) == _BATCH else 0})
    return len(rows) == _BATCH


def _enter(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    _put(
        connection,
        [
            (r["document_id"], r["entity"], k)
            for r in rows
            if (k := _read(r["content"], r["entity"], r["accounting_on"]))
        ],
    )


def _read(content: str, entity: str, on: date) -> Known | None:
    """What a kept document is known by; None where it can't be read any more, since its kind went with its connector, or where
    something in it is as nobody expected: it is not found then, and stops no other."""
    try:
        return known(decode_document(content.encode()), entity, on)
    except msgspec.ValidationError:
        return None
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        _log.warning("a document is not searched", why=f"{type(error).__name__}: {error}"[:200])
        return None


def _put(connection: Connection, entries: Sequence[tuple[int, str, Known]]) -> None:
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
