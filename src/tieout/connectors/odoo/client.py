"""JSON-2 on the wire, and what its answers mean to a caller that moves money.

Reference: Odoo 19 external JSON-2 API; statuses as observed: 401 bad key, 403 no access,
404 unknown or missing, 422 user error, 500 also for an unknown field.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx2

from tieout.connector_api import (
    RefusedError,
    SetupError,
    TransientError,
    UnknownOutcomeError,
    http_client,
    patiently,
    wait_asked,
)

# Below Odoo's shipped limit_time_real of 120 s: past it a worker is killed and nothing is made.
_TIMEOUT = httpx2.Timeout(connect=5.0, read=110.0, write=30.0, pool=5.0)
# What a server, or the proxy before it, answers while it cannot serve.
_BUSY = (429, 502, 503, 504)
READING = frozenset(
    [
        "read",
        "has_access",
        "search",
        "search_read",
        "search_count",
        "formatted_read_group",
        "get_external_id",
        "context_get",
    ]
)


class OdooClient:
    """One database of one server, one key, one company."""

    def __init__(self, url: str, database: str, key: str, company: int = 0) -> None:
        headers = {"Authorization": f"bearer {key}"}
        # One server may hold several databases: without the header the host's name chooses one.
        if database:
            headers["X-Odoo-Database"] = database
        self.url, self.company = url.rstrip("/"), company
        self._http = http_client(base_url=self.url, headers=headers, timeout=_TIMEOUT)

    def call(
        self,
        model: str,
        method: str,
        ids: list[int] | None = None,
        context: dict[str, Any] | None = None,
        **arguments: Any,
    ) -> Any:
        """Run a method and give its result.

        Raises TransientError (nothing happened), UnknownOutcomeError (a write whose answer did
        not come), RefusedError (said no), SetupError (key, rights, database).
        """
        body: dict[str, Any] = dict(arguments)
        if ids is not None:
            body["ids"] = ids
        merged = dict(context or {})
        if self.company:
            # The first of them is the current company; without it a create goes to the user's default one,
            # and reads see all that the user may see.
            merged.setdefault("allowed_company_ids", [self.company])
        if merged:
            body["context"] = merged
        return patiently(lambda: self._once(model, method, body))

    def _once(self, model: str, method: str, body: dict[str, Any]) -> Any:
        reading = method in READING
        try:
            reply = self._http.post(f"/json/2/{model}/{method}", json=body)
        # No line was opened, so nothing was sent: a write may be tried again.
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise TransientError(f"Odoo at {self.url} cannot be reached: {error}") from None
        except httpx2.HTTPError as error:
            # A call goes on in Odoo after its client has gone: 40 invoices were seen to appear 9 s later,
            # and a search in between found none. So a write without an answer is unknown, and never
            # "failed".
            what = f"{model}.{method}: the answer did not come ({error!r})"
            if reading:
                raise TransientError(what) from None
            raise UnknownOutcomeError(what) from None
        return self._result(reply, model, method, reading)

    def _result(self, reply: httpx2.Response, model: str, method: str, reading: bool) -> Any:
        if reply.status_code == 200:
            # Amounts come as JSON numbers: their text becomes a Decimal, never a float.
            return reply.json(parse_float=Decimal)
        message, name = _error(reply)
        what = f"{model}.{method}: {message}"
        if reply.status_code == 429:
            raise TransientError(what, wait_asked(reply.headers))
        if reply.status_code == 401:
            raise SetupError(
                f"Odoo refuses the key ({message}): make a new one for the service account and "
                f"put it where tieout.toml says"
            )
        if reply.status_code == 403:
            raise SetupError(f"the service account lacks a right: {message}")
        # A record that is gone is an answer; a model or a method that is not there is another version, or
        # no Odoo.
        if reply.status_code == 404 and name == "odoo.exceptions.MissingError":
            raise RefusedError(what)
        if reply.status_code == 404:
            raise SetupError(f"{what}: check url, database and version (19 or newer)")
        # PostgreSQL has rolled it back: nothing happened, whatever it was.
        if "could not serialize" in message:
            raise TransientError(what)
        # Odoo answers 500 for a caller's own error too, such as an unknown field, and then names its
        # exception: it has rolled back. Without a name it was a proxy that spoke, and nobody knows what
        # Odoo did.
        if reply.status_code == 422 or name.startswith(("builtins.", "odoo.", "tieout.")):
            raise RefusedError(what)
        if reading:
            raise TransientError(what, wait_asked(reply.headers))
        raise UnknownOutcomeError(f"{what} (status {reply.status_code})")

    def version(self) -> str:
        """The server's version, such as "19.0"; needs no key."""
        try:
            reply = self._http.get("/web/version")
        except httpx2.HTTPError as error:
            raise TransientError(f"Odoo at {self.url} cannot be reached: {error}") from None
        if reply.status_code in _BUSY:
            raise TransientError(f"Odoo at {self.url}: status {reply.status_code}", wait_asked(reply.headers))
        if reply.status_code != 200:
            raise SetupError(
                f"{self.url} is no Odoo 19: /web/version answers {reply.status_code}; JSON-2 "
                f"needs version 19 or newer"
            )
        return str(reply.json().get("version", ""))

    def close(self) -> None:
        """Close the connections; the client is not used again."""
        self._http.close()


def _error(reply: httpx2.Response) -> tuple[str, str]:
    try:
        body = reply.json()
        return str(body.get("message", ""))[:400], str(body.get("name", ""))
    except ValueError:
        return reply.text[:200], ""
