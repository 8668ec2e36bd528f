"""What a connector asks, held against what its vendor's schema lets be asked.

`requests.toml` beside a connector's payloads states, in our words, the operations that it uses: method, path, parameters, headers
and how one signs in. The connector works against its simulator; each request is read as it leaves.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from tests.published.payloads import FOLDER


@dataclass(frozen=True)
class Request:
    """A request as it left: its path without the address's own, names of its query and of its body's top."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: Sequence[str]


@dataclass(frozen=True)
class Operation:
    """What may be asked of one path: `query` are all parameters that it takes, `required` those that must come, `values` the
    words that a parameter may hold (several by commas), `body` the names at the top of a body. `auth` and `headers` are the file's
    unless said. `unseen` says why the connector's work against its simulator does not ask it."""

    method: str
    path: str
    query: Sequence[str] = ()
    required: Sequence[str] = ()
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: Sequence[str] = ()
    auth: str = ""
    headers: Mapping[str, str] | None = None
    unseen: str = ""

    @cached_property
    def shape(self) -> re.Pattern[str]:
        parts = re.split(r"\{[^}]+\}", self.path)
        return re.compile(r"[^/]+".join(re.escape(p) for p in parts))

    def takes(self, request: Request) -> bool:
        return request.method == self.method and bool(self.shape.fullmatch(request.path))


@dataclass(frozen=True)
class Schema:
    """What is published of a system's requests, and where."""

    source: str
    at: str
    auth: str
    operations: Sequence[Operation]
    headers: Mapping[str, str] = field(default_factory=dict)

    def complaints(self, request: Request) -> list[str]:
        """What of a request its vendor would not know."""
        found = [o for o in self.operations if o.takes(request)]
        if not found:
            return [f"{request.method} {request.path}: no such operation is published"]
        # The same path may stand for several operations, of which one holds.
        return min((self._of(o, request) for o in found), key=len)

    def _of(self, operation: Operation, request: Request) -> list[str]:
        where = f"{request.method} {request.path}"
        sent = [*(name for name, _ in request.query), *request.body]
        wrong = [f"{where}: no parameter {n}" for n, _ in request.query if n not in operation.query]
        wrong += [f"{where}: no field {n} in the body" for n in request.body if n not in operation.body]
        wrong += [f"{where}: {n} is required" for n in operation.required if n not in sent]
        for name, value in request.query:
            known = operation.values.get(name)
            if known is not None:
                wrong += [f"{where}: {name} is never {v}" for v in value.split(",") if v not in known]
        headers = self.headers if operation.headers is None else operation.headers
        for name, value in headers.items():
            said = request.headers.get(name.lower())
            if said is None or value not in ("*", said):
                wrong.append(f"{where}: header {name} is {said}, not {value}")
        return [*wrong, *_signed_in(operation.auth or self.auth, request, where)]


def _signed_in(auth: str, request: Request, where: str) -> list[str]:
    said = request.headers.get("authorization", "")
    kind, _, name = auth.partition(":")
    held = {
        "bearer": said.startswith("Bearer ") and len(said) > 7,
        "basic": said.startswith("Basic "),
        "header": bool(request.headers.get(name.lower())),
        "none": not said,
    }
    if kind not in held:
        raise ValueError(f"auth = {auth!r} in requests.toml: bearer, basic, header:NAME or none")
    return [] if held[kind] else [f"{where}: signs in otherwise than by {auth}"]


def schemas() -> list[str]:
    """The connectors of which it is stated what may be asked."""
    return sorted(p.parent.name for p in FOLDER.glob("*/requests.toml"))


def schema_of(connector: str) -> Schema:
    """What is stated for a connector. Raises TypeError for a key that is none."""
    given: dict[str, Any] = tomllib.loads((FOLDER / connector / "requests.toml").read_text())
    operations = [Operation(**row) for row in given.pop("operation")]
    return Schema(operations=operations, **given)


@contextmanager
def listening(*prefixes: str) -> Iterator[list[Request]]:
    """The requests that leave this process within; `prefixes` are the addresses' own paths, which are cut off."""
    seen: list[Request] = []
    # Below what signs a request, so that it is read as it goes out.
    send = httpx2.Client._send_single_request

    def heard(client: httpx2.Client, request: httpx2.Request) -> httpx2.Response:
        seen.append(_read(request, prefixes))
        return send(client, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx2.Client, "_send_single_request", heard)
        yield seen


def _read(request: httpx2.Request, prefixes: Sequence[str]) -> Request:
    there = urlsplit(str(request.url))
    path = there.path
    for prefix in prefixes:
        if prefix.strip("/"):
            path = path.removeprefix("/" + prefix.strip("/"))
    return Request(
        request.method,
        path,
        parse_qsl(there.query, keep_blank_values=True),
        {k.lower(): v for k, v in request.headers.items()},
        _top(request),
    )


def _top(request: httpx2.Request) -> list[str]:
    """The names at the top of a body that is JSON or a form."""
    kind, raw = request.headers.get("content-type", ""), request.read()
    if not raw:
        return []
    if "x-www-form-urlencoded" in kind:
        return [name for name, _ in parse_qsl(raw.decode(), keep_blank_values=True)]
    if "json" in kind:
        told = json.loads(raw)
        return list(told) if isinstance(told, dict) else []
    return []
