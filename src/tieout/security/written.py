"""Rows as they were written: which documents and effects somebody changed in the database past us.

Whatever is added up in SQL, or read through a view, is read without its stamps. Whoever decides about money by it asks here
first: every row that it may rest on is looked at, those among them that a changed text would have taken out of sight.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tieout.security.stamps import Stamper, StampError, stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.security")
# Texts of a thousand documents are some megabytes.
_BATCH = 1000


class ChangedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A document whose row, or an effect of which, is not as it was written; `says` names that row. `told` says that it was
    set aside with a case already; `amount` (positive, of its `currency`) is what the document's row says that it comes to now."""

    document_id: int
    interface: str
    says: str
    told: bool
    amount: Decimal
    currency: str


def document_holds(stamps: Stamper, row: dict[str, Any], interface: str = "") -> bool:
    """Whether a document's row is as it was written: its columns `source_key`, `revision`, `message_id`, `content`,
    `stamp`, and `interface` where that is not given."""
    sha = hashlib.sha256(row["content"].encode()).digest()
    given = (interface or row["interface"], row["source_key"], row["revision"], row["message_id"], sha)
    return stamps.holds(row["stamp"], "document", *given)


def effect_holds(stamps: Stamper, row: dict[str, Any]) -> bool:
    """Whether an effect's row is as it was written: its columns `system`, `external_id`, `document_id`, `requires`,
    `body`, `stamp`."""
    sha = hashlib.sha256(row["body"].encode()).digest()
    given = (row["system"], row["external_id"], row["document_id"], " ".join(row["requires"] or ()), sha)
    return stamps.holds(row["stamp"], "delivery", *given)


def total_holds(stamps: Stamper, row: dict[str, Any]) -> bool:
    """Whether a source's figure is as it was taken: its columns `interface`, `entity`, `period`, `currency`,
    `control_group`, `count`, `debit`, `credit`, `taken_at`, `stamp`."""
    columns = (
        "interface",
        "entity",
        "period",
        "currency",
        "control_group",
        "count",
        "debit",
        "credit",
        "taken_at",
    )
    made = stamps.control_total(*(row[c] for c in columns))
    return row["stamp"] is not None and hmac.compare_digest(bytes(row["stamp"]), made)


def changed_rows(
    connection: Connection,
    entity: str,
    kinds: Sequence[str] | None = None,
    documents: Sequence[int] | None = None,
) -> list[ChangedRow]:
    """Every document of an entity that stands (or is held) and was changed past us, or whose effects were, one row each: of
    some `kinds`, or of some `documents`, or of all. What took its place, or was never sent, is nobody's concern."""
    if kinds is not None and documents is not None:
        raise ValueError("rows are asked for by their kinds or by their documents, not by both")
    stamps, found = stamper(connection), dict[int, ChangedRow]()
    for rows in _pages(connection, entity, kinds, documents):
        for row in rows:
            if not document_holds(stamps, row):
                says = f"{row['interface']} {row['source_key']}, revision {row['revision']}"
                _add(found, row, says)
        known = {row["document_id"]: row for row in rows}
        for effect in connection.execute(_SQL["effects_written"], {"documents": list(known)}):
            if not effect_holds(stamps, effect):
                _add(found, known[effect["document_id"]], f"effect {effect['external_id']}")
    return [found[key] for key in sorted(found)]


def _pages(
    connection: Connection, entity: str, kinds: Sequence[str] | None, documents: Sequence[int] | None
) -> Iterator[list[dict[str, Any]]]:
    """Rows a batch at a time, each row read once: what it costs grows with what is asked for and with nothing else."""
    if documents is not None:
        wanted = sorted(set(documents))
        for start in range(0, len(wanted), _BATCH):
            given = {"entity": entity, "documents": wanted[start : start + _BATCH]}
            yield connection.execute(_SQL["documents_written_among"], given).fetchall()
        return
    query = _SQL["documents_written" if kinds is None else "documents_written_of"]
    for kind in dict.fromkeys([""] if kinds is None else kinds):
        after = 0
        while rows := connection.execute(
            query, {"entity": entity, "kind": kind, "after": after, "limit": _BATCH}
        ).fetchall():
            after = rows[-1]["document_id"]
            yield rows


def _add(found: dict[int, ChangedRow], row: dict[str, Any], says: str) -> None:
    found.setdefault(
        row["document_id"],
        ChangedRow(
            document_id=row["document_id"],
            interface=row["interface"],
            says=says,
            told=bool(row["told"]),
            amount=row["amount"],
            currency=row["currency"],
        ),
    )


def check_rows(connection: Connection, entity: str, kinds: Sequence[str]) -> None:
    """Raises StampError where a document of these kinds, or an effect of one, is not as it was written."""
    if changed := changed_rows(connection, entity, kinds):
        raise StampError(in_words(changed))


def in_words(changed: Sequence[ChangedRow]) -> str:
    """What was changed past us, and what to do about it."""
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return (
        f"{changed[0].says}{more}: the stamp is not right, so somebody changed it in the database past Tieout. "
        f"Find out who, and put it back as the backup has it ({changed[0].amount} {changed[0].currency}, as far as its row says)"
    )
