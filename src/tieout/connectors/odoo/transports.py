"""The two ways to put one call on the wire: JSON-2 (Odoo 19 and newer), and JSON-RPC (18).

Each makes a request of a call, and of an answer a result or a `Failure`; neither sends anything. JSON-2 takes arguments by their
names. JSON-RPC takes those that everybody knows by their places, since some names differ between versions and models (`write`
of a company calls `values` what that of an entry's line calls `vals`).

Source: odoo/http.py, odoo/service/model.py and addons/rpc of Odoo 18 and 19.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

import httpx2

from tieout.connectors.odoo.answers import Failure

READING = frozenset(
    [
        "read",
        "has_access",
        "has_group",
        "search",
        "search_read",
        "search_count",
        "read_group",
        "formatted_read_group",
        "get_external_id",
        "context_get",
        "session_info",
        "fields_get",
        "default_get",
        "authenticate",
    ]
)
# Methods of a model, that take no ids: their first arguments, in order.
_OF_MODEL: dict[str, tuple[str, ...]] = {
    "search": ("domain",),
    "search_read": ("domain", "fields"),
    "search_count": ("domain",),
    "read_group": ("domain", "fields", "groupby"),
    "load": ("fields", "data"),
    "fields_get": ("allfields",),
    "default_get": ("fields",),
    "context_get": (),
}
# Methods of records, after the ids.
_OF_RECORDS: dict[str, tuple[str, ...]] = {
    "read": ("fields",),
    "write": ("vals",),
    "has_access": ("operation",),
    "has_group": ("group_ext_id",),
    "js_remove_outstanding_partial": ("partial_id",),
}
Body = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A method of a model with its arguments by name; `ids` None for a method of the model itself."""

    model: str
    method: str
    ids: list[int] | None
    context: Mapping[str, Any]
    arguments: Mapping[str, Any]

    @property
    def what(self) -> str:
        """What is called, as a message says it."""
        return f"{self.model}.{self.method}"

    @property
    def reading(self) -> bool:
        """Whether nothing is changed by it: without an answer it may be asked again."""
        return self.method in READING


class Transport(Protocol):
    """One way of asking."""

    def request(self, call: Call) -> tuple[str, Body]:
        """The path and the body of a call."""
        ...

    def result(self, reply: httpx2.Response) -> Any | Failure:
        """What was answered: its amounts are Decimals of their own text, never floats."""
        ...


class Json2:
    """POST /json/2/MODEL/METHOD with the arguments by name; the key is in the header."""

    def request(self, call: Call) -> tuple[str, Body]:
        """See `Transport.request`."""
        body = dict(call.arguments)
        if call.ids is not None:
            body["ids"] = call.ids
        if call.context:
            body["context"] = dict(call.context)
        return f"/json/2/{call.model}/{call.method}", body

    def result(self, reply: httpx2.Response) -> Any | Failure:
        """See `Transport.result`."""
        found = _parsed(reply)
        if reply.status_code == 200 or isinstance(found, Failure):
            return found
        said = found if isinstance(found, dict) else {}
        return Failure(
            str(said.get("name", "")), str(said.get("message", ""))[:400], reply.status_code, reply.headers
        )


class JsonRpc:
    """POST /jsonrpc: service, method and arguments by place, with the database, who asks and the key in each call."""

    path = "/jsonrpc"

    def __init__(self, database: str, user: int, key: str) -> None:
        self._who = (database, user, key)

    @classmethod
    def signing_in(cls, database: str, login: str, key: str) -> tuple[str, Body]:
        """The request for the id of the user of this login: it answers the id, or false."""
        return cls.path, _rpc("common", "authenticate", [database, login, key, {}])

    def request(self, call: Call) -> tuple[str, Body]:
        """See `Transport.request`."""
        named = dict(call.arguments)
        known = _OF_MODEL.get(call.method)
        places: list[Any] = [] if known is not None else [call.ids or []]
        for name in known if known is not None else _OF_RECORDS.get(call.method, ()):
            # What stands behind one that is left out goes by its name.
            if name not in named:
                break
            places.append(named.pop(name))
        if call.context:
            named["context"] = dict(call.context)
        return self.path, _rpc("object", "execute_kw", [*self._who, call.model, call.method, places, named])

    def result(self, reply: httpx2.Response) -> Any | Failure:
        """See `Transport.result`. What Python calls None is left out of the answer."""
        found = _parsed(reply)
        if isinstance(found, Failure):
            return found
        if reply.status_code != 200 or not isinstance(found, dict):
            return Failure(
                "", f"answers {reply.status_code} without a result", reply.status_code, reply.headers
            )
        error = found.get("error")
        if error is None:
            return found.get("result")
        data = error.get("data") or {}
        # An address that is not there is told by the code alone.
        name = str(data.get("name", "")) or (
            "werkzeug.exceptions.NotFound" if error.get("code") == 404 else ""
        )
        message = str(data.get("message") or error.get("message", ""))[:400]
        return Failure(name, message, 200, reply.headers)


def _rpc(service: str, method: str, arguments: list[Any]) -> Body:
    params = {"service": service, "method": method, "args": arguments}
    return {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}


def _parsed(reply: httpx2.Response) -> Any | Failure:
    try:
        return reply.json(parse_float=Decimal)
    except ValueError:
        # A proxy's page, a server that is no Odoo, or an answer of Odoo of which a part came.
        text = " ".join(re.sub(r"<[^>]*>", " ", reply.text[:2000]).split())
        cut = reply.status_code == 200 and "json" in reply.headers.get("content-type", "")
        said = f"the answer is cut off ({text[:100]})" if cut else text[:200] or reply.text[:200]
        return Failure("", said, reply.status_code, reply.headers, cut)
