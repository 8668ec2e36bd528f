"""Finds what somebody typed, ranked, within its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from tieout.finding.asking import Asked, readings
from tieout.finding.known import THINGS
from tieout.finding.terms import quoted
from tieout.store import Connection, Queries

_SQL = Queries("tieout.finding")
# Of one question as many are ranked; what is more common is looked for among the last documents.
_MOST, _WINDOW, _WITHIN_MS = 1_000, 5_000, 40
_ORDER = {thing: place for place, thing in enumerate(THINGS)}


@dataclass(frozen=True)
class Found:
    """What was found, the best first. `more` says that there is more than was asked for; `common` that what was typed is too
    common to be read whole, so that of the rest only what came last is there."""

    rows: Sequence[dict[str, Any]]
    more: bool
    common: bool


def find(
    connection: Connection, typed: str, entities: Sequence[str] | None, thing: str | None, limit: int
) -> Found:
    """What fits what was typed, of the entities that whoever asks may see (None: every one), of one kind of thing or of any. The
    connection commits as it goes. Raises psycopg.Error."""
    places: dict[int, dict[str, Any]] = {}
    common = False
    for question in readings(typed) if entities is None or entities else ():
        places, common = _places(connection, question, entities, thing)
        if places:
            break
    best = sorted(places.values(), key=_rank)[: 2 * limit + 10]
    given = {
        "ids": [r["document_id"] for r in best],
        "entities": None if entities is None else list(entities),
    }
    places_of = {r["document_id"]: place for place, r in enumerate(best)}
    by = {r["by"]: r for r in connection.execute(_SQL["found"], given)}
    # Of one thing that was told several times one row, as high as its best.
    rows = {r["document_id"]: dict(r) for n in (b["document_id"] for b in reversed(best)) if (r := by.get(n))}
    kept = sorted(rows.values(), key=lambda r: places_of[r["by"]])
    return Found(kept[:limit], len(kept) > limit, common)


def names_of(connection: Connection, documents: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What documents are called and whose they are, by their numbers; those that are not searched are left out."""
    rows = connection.execute(_SQL["called"], {"ids": list(documents)}) if documents else ()
    return {r["document_id"]: dict(r) for r in rows}


def not_entered(connection: Connection) -> tuple[int, int]:
    """Documents of before below the first number are not entered yet (0: all are); and of those that came just now as many as the
    second."""
    row = connection.execute(_SQL["left"]).fetchone()
    return (int(row["below"]), int(row["waiting"])) if row else (0, 0)


def _rank(row: dict[str, Any]) -> tuple[bool, bool, int, int]:
    """What is called so, then what says so word for word, then what begins so; of equals the kind that is meant sooner, and the
    newest."""
    return not row["called"], not row["exact"], _ORDER.get(row["thing"], len(_ORDER)), -row["document_id"]


def _places(
    connection: Connection, question: Asked, entities: Sequence[str] | None, thing: str | None
) -> tuple[dict[int, dict[str, Any]], bool]:
    """Which documents fit, and how well; and whether some may be missing."""
    seen = "" if entities is None else f" & ({' | '.join(quoted(f'!{e}') for e in entities)})"
    given = {
        "called": question.called, "exact": question.exact, "begins": question.begins, "thing": thing, "most": _MOST,
        "whole_exact": f"({question.exact}){seen}", "whole_begins": f"({question.begins}){seen}", "window": _WINDOW,
    }  # fmt: skip
    found: dict[int, dict[str, Any]] = {}
    common = False
    for name in ("exact", "begins"):
        rows = _within_its_time(connection, name, given)
        common = rows is None or len(rows) == _MOST
        for row in rows or ():
            found.setdefault(row["document_id"], row)
        if common:
            break
    if common:
        for row in _within_its_time(connection, "newest", given) or ():
            found[row["document_id"]] = row
    return found, common


def _within_its_time(connection: Connection, name: str, given: dict[str, Any]) -> list[dict[str, Any]] | None:
    """What a question finds; None where that took too long."""
    try:
        with connection.transaction():
            connection.execute(_SQL["bounds"], {"within": f"{_WITHIN_MS}ms"})
            return list(connection.execute(_SQL[name], given))
    except psycopg.errors.QueryCanceled:
        return None
