"""The whole story of a thing: whatever came of the same order, payment or purchase, up to the bank and back, and who had a
hand in it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from tieout.api.v1.calling import seen_by
from tieout.api.v1.context import TheConnection, TheContext
from tieout.api.v1.documents import DocumentReader
from tieout.api.v1.elsewhere import Elsewhere, Places
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Money
from tieout.finding import THINGS, names_of
from tieout.security import masked
from tieout.store import Connection, Queries

_SQL = Queries("tieout.api.v1")
router = APIRouter(tags=["work"])
# How far is gone from the thing itself, and how much is shown: what a payout paid out, or a supplier was ever paid, has pages
# of its own.
_STEPS, _MOST = 3, 40
_ORDER = {thing: place for place, thing in enumerate(THINGS)}


class Chapter(BaseModel):
    """One document of the story: `itself` where it is the one that was asked for; `elsewhere` is its page where it came from, null
    where none is known."""

    document_id: int
    thing: str
    number: str
    party: str
    amount: Money | None
    currency: str
    interface: str
    source_key: str
    state: str
    accounting_on: date
    cases: list[int]
    itself: bool
    elsewhere: Elsewhere | None = None


class Hand(BaseModel):
    """What a person did about it: `what` in words, with the number of the approval where it was one."""

    who: str
    what: str
    at: datetime
    request_id: int | None


class Story(BaseModel):
    """From the source to the bank: `more` says that not all of it is shown."""

    chapters: list[Chapter]
    people: list[Hand]
    more: bool


@router.get("/documents/{document_id}/story")
def story(document_id: int, caller: DocumentReader, context: TheContext, connection: TheConnection) -> Story:
    """What belongs together with a document, by days; what is another entity's that whoever asks may not see is left out."""
    given = {"document_id": document_id}
    row = connection.execute(_SQL["document"], given).fetchone() if 0 < document_id < 2**62 else None
    if row is None or not caller.may("documents:read", row["entity"]):
        raise ProblemError(404, "document", f"no document {document_id}")
    found, more = _together(connection, document_id)
    asked = {"ids": sorted(found), "entities": seen_by(caller, "documents:read", None)}
    rows = connection.execute(_SQL["story_documents"], asked).fetchall()
    seen = [r["document_id"] for r in rows]
    names, places = names_of(connection, seen), Places(context).documents(connection, rows)
    chapters = [
        _chapter(r, names.get(r["document_id"]), places.get(r["document_id"]), document_id) for r in rows
    ]
    chapters.sort(key=lambda c: (c.accounting_on, _ORDER.get(c.thing, len(_ORDER)), c.document_id))
    people = [Hand(**r) for r in connection.execute(_SQL["story_people"], {"ids": seen, "most": _MOST})]
    return Story(chapters=chapters, people=people, more=more)


def _chapter(
    row: dict[str, Any], name: dict[str, Any] | None, place: Elsewhere | None, itself: int
) -> Chapter:
    said = name or {"thing": "document", "number": masked(row["source_key"]), "party": "", "amount": None}
    return Chapter(
        **{**row, "source_key": masked(row["source_key"]), "cases": row["cases"] or []},
        **{k: said[k] for k in ("thing", "number", "party", "amount")},
        itself=row["document_id"] == itself,
        elsewhere=place,
    )


def _together(connection: Connection, start: int) -> tuple[set[int], bool]:
    """The documents that hang together with one, step by step."""
    found, newest = {start}, [start]
    for _ in range(_STEPS):
        nodes = connection.execute(_SQL["story_nodes"], {"ids": newest}).fetchall()
        reached = _beside(connection, nodes)
        newest = sorted(reached - found)[: _MOST - len(found)]
        found.update(newest)
        if len(found) >= _MOST:
            return found, True
        if not newest:
            break
    return found, False


def _beside(connection: Connection, nodes: list[dict[str, Any]]) -> set[int]:
    """What is one step from these."""
    reached: set[int] = set()
    for entity in {n["entity"] for n in nodes}:
        mine = [n for n in nodes if n["entity"] == entity]
        numbers = [n["link_key"] for n in mine if n["link_key"]]
        orders = [n["order_key"] for n in mine if n["order_key"]]
        given: dict[str, Any] = {
            "entity": entity, "ids": [n["document_id"] for n in mine], "keys": [n["source_key"] for n in mine], "most": _MOST,
            "orders": [*orders, *(f"number:{x}" for x in numbers)],
            "links": [*numbers, *(x.removeprefix("number:") for x in orders if x.startswith("number:"))],
        }  # fmt: skip
        for name in (
            "story_by_order",
            "story_by_payout",
            "story_by_name",
            "story_by_effect",
            "story_by_match",
        ):
            reached.update(r["document_id"] for r in connection.execute(_SQL[name], given))
    return reached
