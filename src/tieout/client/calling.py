"""Every operation of the API by its name: how it is called, as the description says it (`make client` writes the table)."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import quote

import msgspec


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """`path` with {names} in it, below /api/v1. `query` are the parameters that it takes, `needs` those of them that it does not do
    without; `body` says whether something is sent."""

    method: str
    path: str
    query: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    body: bool = False

    @property
    def within(self) -> tuple[str, ...]:
        """The names in its path, in their order."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))


@cache
def operations() -> Mapping[str, Operation]:
    """Every operation by its name, as `operationId` of the description has it."""
    table = resources.files("tieout.client").joinpath("operations.json").read_bytes()
    return msgspec.json.decode(table, type=dict[str, Operation])


def request_of(name: str, given: Mapping[str, Any]) -> tuple[Operation, str, dict[str, Any]]:
    """An operation with its path and its query filled in; what is None is not said. Raises LookupError for a name that none has,
    TypeError for a parameter that it does not take, or lacks."""
    found = operations().get(name)
    if found is None:
        near = difflib.get_close_matches(name, operations(), 1)
        raise LookupError(
            f"the API has no operation {name!r}{f'; did you mean {near[0]!r}?' if near else ''}"
        )
    known = {*found.within, *found.query}
    said = {key: value for key, value in given.items() if value is not None}
    if unknown := sorted(said.keys() - known):
        raise TypeError(
            f"{name} takes {', '.join(sorted(known)) or 'no parameters'}, not {', '.join(unknown)}"
        )
    if missing := [key for key in (*found.within, *found.needs) if key not in said]:
        raise TypeError(f"{name} needs {', '.join(missing)}")
    path = "/".join(
        quote(_text(said[p[1:-1]]), safe="") if p.startswith("{") else p for p in found.path.split("/")
    )
    return found, path, {key: _text(value) for key, value in said.items() if key in found.query}


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return [_text(each) for each in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
