"""Views that people keep of lists: filters and order under a name, for themselves, for a role or for everybody."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tieout.api.v1.calling import Caller, TheCaller
from tieout.api.v1.context import TheConnection, TheContext
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Name
from tieout.store import Queries

_SQL = Queries("tieout.api.v1")
router = APIRouter(tags=["work"])
_MOST, _MOST_FIELDS = 50, 30
PagePath = Annotated[
    str, Field(pattern=r"^/([a-z-]{1,30}(/[a-z-]{1,30}){0,2})?$", description="the page, such as /documents")
]


class View(BaseModel):
    """`asked` is what stands behind the page's address; `role` for whom it is shared, "" for everybody; `mine` whether whoever asks keeps
    it."""

    view_id: int
    page: str
    name: str
    asked: str
    shared: bool
    role: str
    person: str
    made_at: datetime
    mine: bool


class Keep(BaseModel):
    """A view that is kept: under a name of before, that one is changed. Shared with a `role`, it is a role that one has oneself; "" is
    everybody."""

    page: PagePath
    name: Name
    asked: Annotated[str, Field(max_length=1000)]
    shared: bool = False
    role: Annotated[str, Field(max_length=40)] = ""


@router.get("/views")
def views(
    caller: TheCaller, connection: TheConnection, page: Annotated[str, Query(max_length=80)]
) -> list[View]:
    """A page's views: one's own, and those that others share with everybody or with a role that one has."""
    given = {"page": page, "person": caller.name, "roles": _roles(caller), "most": 2 * _MOST}
    rows = connection.execute(_SQL["views"], given)
    return [View(**r, mine=r["person"] == caller.name) for r in rows]


@router.post("/views", status_code=201)
def keep(wanted: Keep, caller: TheCaller, connection: TheConnection, context: TheContext) -> View:
    """Keep a view. It shows nobody what they may not see: it is asked anew by whoever opens it."""
    if wanted.role and wanted.role not in _roles(caller):
        raise ProblemError(
            422, "views", f"you are no {wanted.role}: a view is shared with a role of yours, or everybody"
        )
    given = {
        **wanted.model_dump(), "asked": _plain(wanted.asked), "role": wanted.role if wanted.shared else "",
        "person": caller.name, "now": context.clock.now(), "most": _MOST,
    }  # fmt: skip
    row = connection.execute(_SQL["keep_view"], given).fetchone()
    if row is None:
        raise ProblemError(409, "views", f"{_MOST} views of a page are kept at most: take one away first")
    return View(**row, mine=True)


@router.delete("/views/{view_id}", status_code=204)
def forget(view_id: int, caller: TheCaller, connection: TheConnection) -> None:
    """Take a view of one's own away."""
    given = {"view_id": view_id, "person": caller.name}
    found = 0 < view_id < 2**62 and connection.execute(_SQL["forget_view"], given).rowcount
    if not found:
        raise ProblemError(404, "view", f"no view {view_id} of yours")


def _roles(caller: Caller) -> list[str]:
    return sorted({grant.role for grant in caller.person.grants})


def _plain(asked: str) -> str:
    """What is asked, as an address has it, from the list's beginning on."""
    try:
        fields = parse_qsl(asked, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise ProblemError(422, "views", f"a view asks for {_MOST_FIELDS} things at most") from None
    return urlencode([(k, v) for k, v in fields if k != "after"])
