"""Hands matches on: into the inbox as messages, each once; and what follows for cases and suggestions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from tieout.cases import beside_others, solve_case
from tieout.connector_api import Item
from tieout.documents import Reconciliation, canonical_bytes
from tieout.inbox import accept
from tieout.processes.treasury_causes import (
    PAYMENT_WITHOUT_ORDER,
    REFUND_WITHOUT_CREDIT_NOTE,
    UNMATCHED_BANK_LINE,
)
from tieout.reconcile.ledger.memory import remember
from tieout.rules import Interface
from tieout.store import Connection, Queries

_SQL = Queries("tieout.reconcile.ledger")
STREAM = "reconciliations"
_SETTLED_BY_MATCH = [c.name for c in (UNMATCHED_BANK_LINE, PAYMENT_WITHOUT_ORDER, REFUND_WITHOUT_CREDIT_NOTE)]


def suggestion_row(document: Reconciliation, about: str) -> dict[str, Any]:
    """A suggestion's columns that its document says."""
    content = canonical_bytes(document)
    return {
        "about": about,
        "content": content.decode(),
        "sha": hashlib.sha256(content).digest(),
        "currency": document.currency,
        "amount": -sum((x.residual for x in document.cash), Decimal(0)),
        "difference": document.difference.value,
        "explained_as": document.explained_as,
        "rule": document.rule,
        "confidence": Decimal(document.confidence),
        "why": document.why,
    }


def fresh(
    connection: Connection,
    interface: Interface,
    documents: Sequence[Reconciliation],
    seen: datetime | None = None,
) -> list[Reconciliation]:
    """Those that do not stand already. A group that was undone, given up or taken apart in the ledger and is decided once
    more is another match of the same lines: it gets a name of its own. At `seen` their lines were open."""
    given = {"interface": interface.name, "keys": [d.key for d in documents], "seen": seen}
    told = {r["key"]: r for r in connection.execute(_SQL["revisions"], given)}
    found = []
    for document in documents:
        row = told.get(document.key)
        if row is None:
            found.append(document)
        elif not row["stands"]:
            found.append(msgspec.structs.replace(document, key=f"{document.key}~{row['times'] + 1}"))
    return found


def begin_handing_on(
    connection: Connection, interface: Interface, documents: Sequence[Reconciliation]
) -> dict[str, str]:
    """Of these matches those that hold a line of another one that is on its way by now, each with that other's key. Nobody
    else hands matches of the entity on until the end of the caller's transaction: a line that both were decided of would be
    joined by one, and of the other an open credit and a case would be left."""
    connection.execute(_SQL["lock_matches"], {"entity": interface.entity})
    lines = sorted({x.line for d in documents for x in (*d.cash, *d.due)})
    rows = connection.execute(_SQL["on_their_way"], {"entity": interface.entity, "lines": lines}).fetchall()
    others = {r["line"]: r["source_key"] for r in rows}
    found, mine = {}, dict[int, str]()
    for document in documents:
        held = [x.line for x in (*document.cash, *document.due)]
        other = next((k for n in held if (k := others.get(n) or mine.get(n))), "")
        if other:
            found[document.key] = other
        else:
            mine |= dict.fromkeys(held, document.key)
    return found


def hand_on(
    connection: Connection, interface: Interface, documents: Sequence[Reconciliation], now: datetime
) -> int:
    """Put matches into the inbox, in the caller's transaction; how many were new."""
    items = []
    for document in documents:
        # Told once, and told once more where it shall be undone.
        told = f"{document.key}:undone" if document.undone else document.key
        items.append(Item(STREAM, document.key, told, canonical_bytes(document)))
    lines = [
        (d.key, x.line, side, x.effect)
        for d in documents
        for side, members in (("cash", d.cash), ("due", d.due))
        for x in members
    ]
    if lines:
        keys, ids, which, effects = zip(*lines, strict=True)
        given = {"interface": interface.name, "entity": interface.entity}
        given |= {"key": list(keys), "line": list(ids), "side": list(which), "effect": list(effects)}  # type: ignore[dict-item]
        connection.execute(_SQL["add_match_lines"], given)
        remember(connection, interface, documents)
        # What was suggested of these lines is not true any more.
        gone = {"interface": interface.name, "lines": sorted({*ids}), "now": now}
        connection.execute(_SQL["overlapping"], gone)
        connection.execute(_SQL["unpark"], {"effects": [e for e in effects if e]})
    return accept(connection, interface.name, items, "match", now).new


def close_matched_cases(connection: Connection, now: datetime) -> int:
    """Solve the cases of cash that a match has applied by now; how many."""
    rows = connection.execute(_SQL["matched_cases"], {"causes": _SETTLED_BY_MATCH}).fetchall()
    with connection.transaction():
        beside_others(connection)
        return sum(
            solve_case(connection, r["case_id"], now, "its cash is matched", "reconcile") for r in rows
        )
