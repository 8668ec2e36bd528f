"""Intake: messages are kept byte for byte; acknowledged means committed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from tieout.connector_api import Item, ItemError
from tieout.documents.states import MessageState
from tieout.evidence import salted_hash
from tieout.observe import traced
from tieout.security import stamper
from tieout.store import AsyncConnection, Connection, Queries, can_be_kept, fit_to_keep

_SQL = Queries("tieout.inbox")
# A name is part of an index entry, of which PostgreSQL takes 2,704 bytes.
_LONGEST_NAME = 500
_SALT = 16


@dataclass(frozen=True)
class Accepted:
    """How many messages were new, and how many were known already."""

    new: int
    known: int


def check_items(items: Sequence[Item]) -> None:
    """Refuse what no row could hold, before a transaction is begun for it and others: a push's sender learns of it.
    Raises ItemError."""
    for item in items:
        if not item.stream or not item.dedupe_key:
            raise ItemError("it has no stream or no key by which it would be known again")
        for what, name in (
            ("stream", item.stream), ("source_key", item.source_key), ("dedupe_key", item.dedupe_key),
        ):  # fmt: skip
            if isinstance(name, str) and _fits(name):
                continue
            if not isinstance(name, str) or not can_be_kept(name):
                raise ItemError(f"its {what} has a character that is none (a NUL, half a surrogate pair)")
            raise ItemError(f"its {what} has {len(name)} characters: {_LONGEST_NAME} are allowed")


def _fits(name: str) -> bool:
    if name.isascii():
        return len(name) <= _LONGEST_NAME and "\x00" not in name
    return can_be_kept(name) and len(name) <= _LONGEST_NAME and len(name.encode()) <= 2 * _LONGEST_NAME


def _fitting(item: Item) -> Item:
    """An item whose names a row can hold. One of a page or a file that has an odd name keeps none of its neighbours
    out: the name is kept as far as it can be, with a hash of the whole, by which it is known again."""
    if not item.stream or not item.dedupe_key:
        raise ItemError("it has no stream or no key by which it would be known again")
    if _fits(item.source_key) and _fits(item.dedupe_key):
        return item
    return replace(item, source_key=_fitting_name(item.source_key), dedupe_key=_fitting_name(item.dedupe_key))


def _fitting_name(name: str) -> str:
    if _fits(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{fit_to_keep(name, _LONGEST_NAME // 5)}~{digest}"


def _salts(count: int) -> list[bytes]:
    # In one call: each lets another thread go first, and a batch of pushes would wait for its turn as often.
    drawn = os.urandom(_SALT * count)
    return [drawn[at : at + _SALT] for at in range(0, len(drawn), _SALT)]


def accept(
    connection: Connection,
    interface: str,
    items: Sequence[Item],
    transport: str,
    now: datetime,
    *,
    state: MessageState = MessageState.RECEIVED,
    submitted_by: str = "",
    wakes: bool = False,
) -> Accepted:
    """Put items into the inbox, in the caller's transaction, with their evidence.

    A repeated dedupe key has no second effect. `state` is `listed` for what is kept and
    shown but never processed (an event that no interface knows, a push that only wakes a poll).
    `submitted_by` is the person who gave them, "" where a system did. `wakes` makes every poll of the interface due, in
    the same statement. Raises ItemError for one that has no stream or no key, and then nothing was asked of the database.
    """
    if not items:
        return Accepted(0, 0)
    fitting = [_fitting(item) for item in items]
    given = _given(connection, interface, fitting, transport, now, state, submitted_by, wakes)
    with traced("receive", _named(given), transport=transport, state=state):
        row = connection.execute(_SQL["accept"], given).fetchone()
    assert row is not None
    return Accepted(row["new"], len(items) - row["new"])


async def accept_pushed(
    connection: AsyncConnection, interface: str, items: Sequence[Item], now: datetime, *, wakes: bool
) -> Accepted:
    """`accept` for what is pushed, in an event loop: kept and shown, and the pull is what is processed. Nothing is made
    to fit here: who takes a push checks its items (`check_items`) while its sender can be told."""
    transport, state = "webhook", MessageState.LISTED
    # In the order of their keys: of two batches with the same keys the later waits for the earlier, and never both.
    items = sorted(items, key=attrgetter("dedupe_key"))
    given = _given(connection, interface, items, transport, now, state, "", wakes)
    with traced("receive", _named(given), transport=transport, state=state):
        row = await (await connection.execute(_SQL["accept"], given)).fetchone()
    assert row is not None
    return Accepted(row["new"], len(items) - row["new"])


def _named(given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    # Looked at only where somebody traces.
    for source_key, dedupe_key in zip(given["source_key"], given["dedupe_key"], strict=True):
        yield given["interface"], source_key or dedupe_key


def _given(
    connection: Connection | AsyncConnection,
    interface: str,
    items: Sequence[Item],
    transport: str,
    now: datetime,
    state: MessageState,
    submitted_by: str,
    wakes: bool,
) -> dict[str, Any]:
    """What the statement is given: of each key its first item, with hash, stamp and salted hash."""
    chosen = list({item.dedupe_key: item for item in reversed(items)}.values())[::-1]
    salts = _salts(len(chosen))
    hashes = [hashlib.sha256(item.body).digest() for item in chosen]
    stamp = stamper(connection).message
    return {
        "interface": interface,
        "transport": transport,
        "at": now,
        "state": state,
        "wakes": wakes,
        "stream": [item.stream for item in chosen],
        "dedupe_key": [item.dedupe_key for item in chosen],
        "source_key": [item.source_key for item in chosen],
        "submitted_by": submitted_by,
        "sha": hashes,
        "stamp": [
            stamp(interface, item.stream, item.dedupe_key, transport, submitted_by, sha)
            for item, sha in zip(chosen, hashes, strict=True)
        ],
        "salt": salts,
        "body": [item.body for item in chosen],
        "hash": [salted_hash(salt, item.body) for salt, item in zip(salts, chosen, strict=True)],
    }
