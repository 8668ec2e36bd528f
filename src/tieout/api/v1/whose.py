"""Lists of cases by whose they are: mine, or nobody's."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query

from tieout.api.v1.calling import Caller
from tieout.cases import WORKS, names_with
from tieout.security import load_authority
from tieout.store import Connection

Whose = Annotated[
    Literal["mine", "nobody"] | None, Query(description="mine, or nobody: no person's who may work them")
]


def whose_parameters(connection: Connection, caller: Caller, whose: str | None) -> dict[str, Any]:
    """What queries of cases ask by: `mine`, every name of whoever calls; or `workers` and `of`, every name of those whose cases can be
    theirs, each with an entity. All null where nothing of that is asked."""
    mine = sorted(caller.person.called()) if whose == "mine" else None
    pairs = names_with(load_authority(connection), WORKS) if whose == "nobody" else None
    return {
        "mine": mine,
        "workers": None if pairs is None else [name for name, _ in pairs],
        "of": None if pairs is None else [entity for _, entity in pairs],
    }
