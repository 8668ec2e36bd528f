"""Takes in what Tieout works out itself, as messages like any other: each document with its own control figures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from tieout.connector_api import Item
from tieout.documents import Document, canonical_bytes
from tieout.inbox.intake import accept
from tieout.store import Connection


def propose(
    connection: Connection,
    interface: str,
    stream: str,
    found: Iterable[tuple[Document, Document]],
    now: datetime,
) -> None:
    """Put documents, each with its figures, into the inbox, all in one transaction of its own. Told again, what is booked
    becomes what it should be, by the difference."""
    items: list[Item] = []
    for document, figures in found:
        raw = canonical_bytes(document)
        told = f"{document.key}:{now.isoformat()}:{hashlib.sha256(raw).hexdigest()[:16]}"
        items.append(Item(stream, document.key, told, raw))
        items.append(Item(stream, figures.key, figures.key, canonical_bytes(figures)))
    with connection.transaction():
        accept(connection, interface, items, "proposal", now)
