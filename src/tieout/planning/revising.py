"""What a document is to those before it of its key: new, unchanged, stale, or an edit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from tieout.documents import Document, Measure, decode_document
from tieout.documents.states import DocumentState
from tieout.planning.work import Work
from tieout.processes.facts import PreviousFact
from tieout.security import document_holds, stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")


def revise(
    connection: Connection, interface: str, arrived: list[Work]
) -> tuple[list[Work], list[tuple[str, str]]]:
    """The works that must be planned, each with its revision, and (key, version) of those that
    came too late to matter.

    Of several versions in one batch the newest is the document.
    """
    stale: list[tuple[str, str]] = []
    newest: dict[str, Work] = {}
    for work in arrived:
        twin = newest.get(work.document.key)
        if twin is not None and twin.document.version > work.document.version:
            stale.append((work.document.key, work.document.version))
            continue
        newest[work.document.key] = work
    known: dict[str, list[dict[str, Any]]] = {}
    if newest:
        for row in connection.execute(
            _SQL["known_revisions"], {"interface": interface, "keys": sorted(newest)}
        ):
            known.setdefault(row["source_key"], []).append(row)
    fresh = []
    for key, work in newest.items():
        history = known.get(key, [])
        if not history:
            work.revision = 1
            fresh.append(work)
        elif _same(work.content, history[-1]["content"].encode()):
            continue
        elif work.document.version < history[-1]["version"]:
            stale.append((key, work.document.version))
        else:
            _follow(work, history)
            fresh.append(work)
    return fresh, stale


def changed_before(connection: Connection, interface: str, works: list[Work]) -> list[Work]:
    """The works of which somebody changed the revision before past us: nobody knows what was booked, so nobody knows the
    difference. The others' is taken from its own row, whatever was kept of it elsewhere."""
    told = {(w.document.key, w.previous.revision): w for w in works if w.previous is not None}
    if not told:
        return []
    given = {"interface": interface, "keys": [k for k, _ in told], "revisions": [n for _, n in told]}
    rows = {r["source_key"]: r for r in connection.execute(_SQL["revisions_before"], given)}
    stamps, changed = stamper(connection), []
    for (key, revision), work in told.items():
        row = rows.get(key)
        if row and document_holds(stamps, row | {"revision": revision}, interface):
            work.previous = PreviousFact(revision=revision, content=row["content"])
        else:
            changed.append(work)
    return changed


def _follow(work: Work, history: list[dict[str, Any]]) -> None:
    """Make `work` the next revision: what was planned stays and counts, so the new one is the
    difference; what was never planned is superseded whole."""
    work.revision = history[-1]["revision"] + 1
    count, debit, credit = 0, Decimal(0), Decimal(0)
    for row in history:
        if row["state"] in (DocumentState.PLANNED, DocumentState.POSTED):
            count += row["measure_count"]
            debit += row["measure_debit"]
            credit += row["measure_credit"]
            work.previous = PreviousFact(revision=row["revision"], content=row["content"])
        elif row["state"] != DocumentState.SUPERSEDED:
            work.supersedes.append(row["document_id"])
    work.measure = work.measure - Measure(count, debit, credit)


def _same(one: bytes, other: bytes) -> bool:
    """Whether two contents mean the same: all but the version, by value. A field that documents did
    not have when the older one was written changes nothing."""
    return one == other or _unversioned(one) == _unversioned(other)


def _unversioned(content: bytes) -> Document:
    return msgspec.structs.replace(decode_document(content), version="")
