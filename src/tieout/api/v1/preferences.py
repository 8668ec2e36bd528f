"""What somebody chose for their pages: language, form of dates and numbers, the entity that lists open with."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tieout.api.v1.calling import Caller, TheCaller
from tieout.api.v1.context import RequestContext, TheConnection, TheContext
from tieout.api.v1.problems import ProblemError
from tieout.store import Connection, Queries

_SQL = Queries("tieout.api.v1")
router = APIRouter(tags=["identity"])
Language = Literal["", "en", "de"]
Forms = Literal["", "iso", "language"]


class Preferences(BaseModel):
    """`language`: "" is what the browser asks for. `forms` of dates and numbers: `iso` (as "": 2026-10-31 and 1,234.56), or as the
    `language` has them. `entity`: which one lists open with, "" for all that one may see."""

    language: Language = ""
    forms: Forms = ""
    entity: str = ""


class ChosenPreferences(BaseModel):
    """What is chosen anew; what is left out stays as it was."""

    language: Language | None = None
    forms: Forms | None = None
    entity: Annotated[str, Field(max_length=40)] | None = None


@router.put("/me/preferences")
def choose(
    wanted: ChosenPreferences, caller: TheCaller, connection: TheConnection, context: TheContext
) -> Preferences:
    """Choose language, forms, or the entity that one's lists open with. It lets nobody see more."""
    if wanted.entity and wanted.entity not in visible_entities(caller, context):
        raise ProblemError(
            422,
            "preferences",
            f"{wanted.entity!r} is no entity whose figures you see: choose one of yours, or all",
        )
    kept = preferences_of(connection, caller, context)
    given = kept.model_dump() | wanted.model_dump(exclude_none=True)
    connection.execute(_SQL["keep_preferences"], {**given, "person": caller.name, "now": context.clock.now()})
    return Preferences(**given)


def preferences_of(connection: Connection, caller: Caller, context: RequestContext) -> Preferences:
    """What somebody chose; an entity that they may not see any more is none."""
    row = connection.execute(_SQL["preferences"], {"person": caller.name}).fetchone()
    if row is None:
        return Preferences()
    seen = row["entity"] in visible_entities(caller, context)
    return Preferences(language=row["language"], forms=row["forms"], entity=row["entity"] if seen else "")


def visible_entities(caller: Caller, context: RequestContext) -> list[str]:
    """The entities whose figures somebody sees."""
    return [e for e in context.release().entities if caller.may("documents:read", e)]
