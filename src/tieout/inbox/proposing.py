"""Takes in what Tieout works out itself, as messages like any other: each document with its own control figures.

What is worked out rests on figures that were read before it is handed on, and the last that is told holds. So it is handed on
only where nothing else was told meanwhile: of two that work out the same day's end at once the one that read first and ends
last would put its older figures over the newer ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from tieout.connector_api import Item
from tieout.documents import Document, canonical_bytes
from tieout.inbox.intake import accept
from tieout.store import Connection, Queries

_SQL = Queries("tieout.inbox")
_TRIES = 5
T = TypeVar("T")
Told = Iterable[tuple[Document, Document]]


@dataclass(frozen=True)
class RestsOn:
    """Documents of an entity, of some kinds and up to a day: all of them, as they stand, booked or waiting."""

    entity: str
    kinds: tuple[str, ...]
    until: date


@dataclass(frozen=True)
class Asked:
    """Who asked for what is worked out: `by` is a person's name, "" where a schedule does; they had a hand in what is made of it.
    `agree` is given what was found, and raises ValueError where that is not what they were shown."""

    by: str = ""
    agree: Callable[[Any], None] = lambda _: None


UNASKED = Asked()


class OvertakenError(ValueError):
    """What was worked out was overtaken each time: by another run of the same, or by documents that went on."""


def propose(
    connection: Connection,
    interface: str,
    stream: str,
    work_out: Callable[[], tuple[T, Told]],
    now: datetime,
    rests_on: RestsOn | None = None,
    asked: Asked = UNASKED,
) -> T:
    """Put documents, each with its figures, into the inbox, all in one transaction of its own; what `work_out` found, with
    them. It reads what they rest on, and does so again where something else was told of the stream meanwhile, or a document
    that it `rests_on` went on. No lock is held as it reads. Told again, what is booked becomes what it should be, by the
    difference. Raises OvertakenError, and what `work_out` and `asked` raise.
    """
    given = {"interface": interface, "stream": stream}
    for _ in range(_TRIES):
        before = _stands(connection, given, rests_on)
        found, documents = work_out()
        asked.agree(found)
        items = [item for document, figures in documents for item in _items(stream, document, figures, now)]
        with connection.transaction():
            connection.execute(_SQL["lock_stream"], given)
            if _stands(connection, given, rests_on) == before:
                accept(connection, interface, items, "proposal", now, submitted_by=asked.by)
                return found
    raise OvertakenError(
        f"{interface}: while its {stream} are worked out somebody else does so, or documents go on: do it again"
    )


def _stands(connection: Connection, given: dict[str, str], rests_on: RestsOn | None) -> tuple[object, ...]:
    """What was told of a stream, and how the documents stand that what is worked out rests on."""
    told = connection.execute(_SQL["last_told"], given).fetchone()
    if rests_on is None:
        return (told,)
    asked = {"entity": rests_on.entity, "kinds": list(rests_on.kinds), "until": rests_on.until}
    return told, connection.execute(_SQL["stand"], asked).fetchone()


def _items(stream: str, document: Document, figures: Document, now: datetime) -> list[Item]:
    raw = canonical_bytes(document)
    told = f"{document.key}:{now.isoformat()}:{hashlib.sha256(raw).hexdigest()[:16]}"
    return [
        Item(stream, document.key, told, raw),
        Item(stream, figures.key, figures.key, canonical_bytes(figures)),
    ]
