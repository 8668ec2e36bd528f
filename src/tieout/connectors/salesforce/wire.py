"""Salesforce on the wire: signed in by an external client app, its refusals told apart, its fields asked before they are used.

References: developer.salesforce.com, REST API Developer Guide (Query, sObject Describe, sObject Rows, Status Codes and Error
Responses); help.salesforce.com, OAuth 2.0 client credentials flow and JWT bearer flow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from tieout.connector_api import (
    RefusedError,
    SetupError,
    SystemConfig,
    TransientError,
    UnknownOutcomeError,
    Walk,
    json_of,
    patiently,
    system_client,
    wait_asked,
)
from tieout.connector_api.tokens import ClientCredentials, Grant, JwtBearer, token_auth

VERSION = "v66.0"
DATA = f"/services/data/{VERSION}"
# What passes by itself, whatever status it comes with: 403 for the calls of a day and of an hour, 400 for a row that somebody else has,
# 503 for a pod in maintenance.
_PASSING = frozenset({"REQUEST_LIMIT_EXCEEDED", "UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "QUERY_TIMEOUT"})


def grant_of(config: SystemConfig) -> Grant:
    """By what the app signs in: its secret, or an assertion of its private key. Raises SetupError where neither is given."""
    url, client = config.text("url").rstrip("/"), config.text("client_id")
    token = f"{url}/services/oauth2/token"
    if config.text("client_secret"):
        return ClientCredentials(token, client, config.text("client_secret"))
    if not config.text("private_key") or not config.text("username"):
        raise SetupError(
            "Salesforce: give the app's consumer secret, or a private key and the username that it signs for"
        )
    audience = config.text("audience") or "https://login.salesforce.com"
    return JwtBearer(token, client, config.text("username"), audience, config.text("private_key"))


class Wire:
    """Calls of one org. Raises TransientError, SetupError, RefusedError, and of what changes something UnknownOutcomeError."""

    def __init__(self, config: SystemConfig) -> None:
        auth = token_auth(config, grant_of(config))
        self._http = system_client(config, base_url=config.text("url").rstrip("/"), timeout=40, auth=auth)
        self._fields: dict[str, frozenset[str]] = {}

    @property
    def address(self) -> str:
        """Where it is."""
        return str(self._http.base_url)

    def ask(self, method: str, path: str, writing: bool = False, **given: Any) -> httpx2.Response:
        """An answer that is no refusal."""
        return patiently(lambda: self._once(method, path, writing, given))

    def _once(self, method: str, path: str, writing: bool, given: Mapping[str, Any]) -> httpx2.Response:
        try:
            reply = self._http.request(method, path, **given)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise TransientError(f"Salesforce: {error!r}") from None
        except httpx2.HTTPError as error:
            kind = UnknownOutcomeError if writing else TransientError
            raise kind(f"Salesforce {path}: {error!r}") from None
        if reply.is_success:
            return reply
        code = code_of(reply)
        if reply.status_code in (429, 503) or code in _PASSING:
            raise TransientError(f"Salesforce: busy ({code or reply.status_code})", wait_asked(reply.headers))
        if reply.status_code >= 500:
            what = f"Salesforce {path}: status {reply.status_code}"
            raise UnknownOutcomeError(what) if writing else TransientError(what, wait_asked(reply.headers))
        if reply.status_code == 410:
            raise SetupError(
                f"Salesforce no longer answers version {VERSION}: install a Tieout that speaks a newer one"
            )
        if reply.status_code in (401, 403):
            raise SetupError(f"Salesforce refuses: {reply.text[:200]}")
        raise RefusedError(f"Salesforce {path}: {reply.text[:300]}")

    def json(self, path: str, **params: Any) -> dict[str, Any]:
        """The answer to a question, its numbers as the decimals that they are written as."""
        reply = self.ask("GET", path, params=params) if params else self.ask("GET", path)
        answer: dict[str, Any] = json_of(reply, "Salesforce")
        return answer

    def query(self, soql: str, deleted_too: bool = False) -> dict[str, Any]:
        """The first page of a query; with `deleted_too` of what is in the recycle bin as well."""
        return self.json(f"{DATA}/{'queryAll' if deleted_too else 'query'}", q=soql)

    def whole(self, answer: Mapping[str, Any] | None, what: str) -> list[dict[str, Any]]:
        """All records of a query or sub-query, whose further pages are followed; none where it is null, as a sub-query
        without rows is. Raises TransientError where its pages do not end, or other than all that it says to have came."""
        rows: list[dict[str, Any]] = []
        walk, said = Walk(f"Salesforce: {what}"), answer.get("totalSize") if answer else None
        while answer is not None:
            walk.some(answer["records"])
            rows += answer["records"]
            if answer["done"]:
                break
            answer = self.json(walk.onward(answer["nextRecordsUrl"]))
        if said is not None and len(rows) != said:
            raise TransientError(f"Salesforce: {what}: {said} rows were said, and {len(rows)} came")
        return rows

    def fields(self, table: str) -> frozenset[str]:
        """The names of an object's fields, as far as this user may see them; asked once a session."""
        if table not in self._fields:
            answer = self.json(f"{DATA}/sobjects/{table}/describe")
            self._fields[table] = frozenset(str(field["name"]) for field in answer["fields"])
        return self._fields[table]

    def needed(self, table: str, names: tuple[str, ...]) -> None:
        """Raises SetupError where an object has not all of these fields."""
        missing = [name for name in names if name not in self.fields(table)]
        if missing:
            raise SetupError(
                f"Salesforce: {table} has no field {', '.join(missing)} that this user may see: add it, and let the user read it by a "
                "permission set"
            )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def code_of(reply: httpx2.Response) -> str:
    """The errorCode of a refusal, "" where it has none. A refusal is a list of objects."""
    try:
        told = reply.json()
    except (ValueError, RecursionError):
        return ""
    first = told[0] if isinstance(told, list) and told else told
    return str(first.get("errorCode") or "") if isinstance(first, dict) else ""
