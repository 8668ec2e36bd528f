"""The client: pages are followed, writes are sent with a key of their own and again where nothing was heard."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from types import TracebackType
from typing import Any, TypeVar

import httpx2
import msgspec

from tieout.client.calling import request_of
from tieout.client.model import Case, Cause, Document, ProblemError, TieOut, WholeDocument

T = TypeVar("T")
_TRIES = 4


class Client:
    """The API of one Tieout at `url`, with a service account's key.

    Raises ProblemError for what is refused, httpx2.HTTPError where the server cannot be reached.
    """

    def __init__(self, url: str, key: str, *, timeout: float = 30.0) -> None:
        headers = {"authorization": f"Bearer {key}", "accept": "application/json"}
        self._http = httpx2.Client(base_url=f"{url.rstrip('/')}/api/v1", headers=headers, timeout=timeout)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    # cases

    def causes(self, entity: str | None = None) -> list[Cause]:
        """What failed, what it costs, what recovers it."""
        return self._read("/cases/causes", list[Cause], entity=entity)

    def cases(
        self,
        state: str = "open",
        *,
        entity: str | None = None,
        cause: str | None = None,
        interface: str | None = None,
        period: str | None = None,
        owner: str | None = None,
    ) -> Iterator[Case]:
        """Cases, the largest amount first, page by page as they are asked for."""
        yield from self._pages(
            "/cases",
            Case,
            state=state,
            entity=entity,
            cause=cause,
            interface=interface,
            period=period,
            owner=owner,
        )

    def case(self, case_id: int) -> Case:
        return self._read(f"/cases/{case_id}", Case)

    def solve(self, case_id: int, reason: str) -> Case:
        """Decide that things may stand as they are."""
        return self._write(f"/cases/{case_id}/solve", {"reason": reason}, Case)

    def exclude(self, case_id: int, reason: str) -> int | None:
        """Post nothing for the document of a case: None where it is excluded, else the approval asked for."""
        found: int | None = self._write(f"/cases/{case_id}/exclude", {"reason": reason}, dict[str, Any])[
            "request"
        ]
        return found

    def replay(self, case_id: int) -> int:
        """Plan what a case holds again; how many documents and effects."""
        return int(self._write(f"/cases/{case_id}/replay", {}, dict[str, int])["replayed"])

    # documents and figures

    def documents(
        self,
        *,
        entity: str | None = None,
        interface: str | None = None,
        period: str | None = None,
        state: str | None = None,
        kind: str | None = None,
        source_key: str | None = None,
    ) -> Iterator[Document]:
        """Documents, the newest first."""
        yield from self._pages(
            "/documents", Document, entity=entity, interface=interface, period=period, state=state, kind=kind,
            source_key=source_key,
        )  # fmt: skip

    def document(self, document_id: int) -> WholeDocument:
        return self._read(f"/documents/{document_id}", WholeDocument)

    def tie_out(
        self, *, entity: str | None = None, interface: str | None = None, period: str | None = None
    ) -> TieOut:
        """source = posted + waiting + in exception + excluded, by interface, entity, period and currency."""
        return self._read("/tie-out", TieOut, entity=entity, interface=interface, period=period)

    # every other operation, by its name

    def call(self, operation: str, body: Any = None, **given: Any) -> Any:
        """Any operation of the description by its `operationId`, with its parameters by their names: JSON as it came, so amounts
        are texts, exact; the bytes of what is no JSON (a PDF, a pack, a CSV); None where nothing is answered. Of a body Decimals
        and days are sent as texts.

        Raises ProblemError, LookupError (no such operation), TypeError (a parameter that it does not take, or lacks).
        """
        found, path, query = request_of(operation, given)
        if (body is None) is found.body:
            raise TypeError(f"{operation} takes {'a body' if found.body else 'no body'}")
        headers = {} if found.method == "GET" else {"idempotency-key": uuid.uuid4().hex}
        sent: dict[str, Any] = {}
        if found.body:
            headers["content-type"] = "application/json"
            sent["content"] = json.dumps(body, default=str).encode()
        reply = self._patiently(
            lambda: self._http.request(found.method, path, params=query, headers=headers, **sent)
        )
        if reply.status_code < 300 and "json" not in reply.headers.get("content-type", ""):
            return reply.content or None
        return self._answer(reply, Any)

    def each(self, operation: str, **given: Any) -> Iterator[Any]:
        """The rows of a list that comes page by page, as they are asked for. Raises as `call` does."""
        after: str | None = ""
        while after is not None:
            page = self.call(operation, **{**given, "after": after})
            yield from page["items"]
            after = page["next"]

    # the wire

    def _pages(self, path: str, what: type[T], /, **params: str | None) -> Iterator[T]:
        after: str | None = ""
        while after is not None:
            page = self._read(path, dict[str, Any], after=after, limit="200", **params)
            yield from msgspec.convert(page["items"], list[what], strict=False)  # type: ignore[valid-type]
            after = page["next"]

    def _read(self, path: str, what: type[T], /, **params: str | None) -> T:
        given = {k: v for k, v in params.items() if v is not None}
        return self._answer(self._patiently(lambda: self._http.get(path, params=given)), what)

    def _write(self, path: str, body: Any, kind: type[T]) -> T:
        """The same key each time: what was done already is told again, and not done again."""
        headers = {"idempotency-key": uuid.uuid4().hex}
        reply = self._patiently(lambda: self._http.post(path, json=body, headers=headers))
        return self._answer(reply, kind)

    def _patiently(self, send: Any) -> httpx2.Response:
        for attempt in range(1, _TRIES + 1):
            try:
                reply: httpx2.Response = send()
            except httpx2.TransportError:
                if attempt == _TRIES:
                    raise
            else:
                busy = reply.status_code in (429, 502, 503) or (
                    reply.status_code == 409 and "retry-after" in reply.headers
                )
                if not busy or attempt == _TRIES:
                    return reply
            time.sleep(0.2 * 2**attempt)
        raise AssertionError("a loop that always returns or raises ended")

    @staticmethod
    def _answer(reply: httpx2.Response, kind: type[T]) -> T:
        if reply.status_code >= 300:
            try:
                told = reply.json()
                raise ProblemError(reply.status_code, told["type"].rpartition(":")[2], told["detail"])
            except (ValueError, KeyError, TypeError):
                raise ProblemError(reply.status_code, "unknown", reply.text[:200]) from None
        return msgspec.json.decode(reply.content, type=kind, strict=False)
