"""Stripe's HTTP: one version of its API, lists that end, files where Stripe keeps them.

References: docs.stripe.com/api (versioning, errors, pagination), and Stripe's OpenAPI document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2

from tieout.connector_api import (
    SetupError,
    SystemConfig,
    TransientError,
    Walk,
    json_of,
    patiently,
    system_client,
    wait_asked,
)

# What answers look like is this version's, whatever the account's own default is.
VERSION = "2026-09-30.endive"
_FILES = "files.stripe.com"
# As many a page as Stripe gives; and more pages than any account has of what is read whole.
_PAGE, _PAGES = 100, 20_000


class Wire:
    """One account, by a key."""

    def __init__(self, config: SystemConfig) -> None:
        url = config.text("url")
        self._host = urlsplit(url).netloc
        headers = {"Authorization": f"Bearer {config.text('key')}", "Stripe-Version": VERSION}
        self._http = system_client(config, base_url=url.rstrip("/"), timeout=40, headers=headers)

    def read(self, path: str, params: dict[str, Any] | None = None) -> Any:
        """The JSON of a GET. Raises TransientError, SetupError."""
        return _json(self._ask("GET", path, params))

    def make(self, path: str, form: dict[str, Any]) -> Any:
        """The JSON of a POST that may be made twice: a report's run changes no balance. Raises as `read`."""
        return _json(self._ask("POST", path, form))

    def pages(self, path: str, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Every object of a list, page after page. Raises TransientError where it says that there is more and does not go on."""
        walk, last = Walk(f"Stripe {path}", _PAGES), ""
        while True:
            given = {"limit": _PAGE, **params, **({"starting_after": last} if last else {})}
            page = self.read(path, given)
            yield from walk.fresh(page["data"], lambda row: str(row["id"]))
            if not page["has_more"]:
                return
            last = walk.after(page["data"])

    def file(self, url: str) -> str:
        """The text of a file at the address that Stripe gives of it: another host than the API's. Raises SetupError for an
        address that is neither Stripe's nor this system's, since the key goes there."""
        there = urlsplit(url)
        if there.netloc != self._host and (there.scheme, there.netloc) != ("https", _FILES):
            raise SetupError(
                f"Stripe keeps a report at {there.netloc}, and the key is sent to {_FILES} alone: look at the address of this system"
            )
        return self._ask("GET", url, None).text

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(self, method: str, path: str, params: dict[str, Any] | None) -> httpx2.Response:
        return patiently(lambda: self._once(method, path, params))

    def _once(self, method: str, path: str, params: dict[str, Any] | None) -> httpx2.Response:
        given: dict[str, Any] = {}
        if params:
            given["params" if method == "GET" else "data"] = params
        try:
            reply = self._http.request(method, path, **given)
        except httpx2.HTTPError as error:
            raise TransientError(f"Stripe {path}: {error!r}") from None
        if reply.status_code == 429:
            raise TransientError(f"Stripe {path}: too many requests", wait_asked(reply.headers))
        if reply.status_code in (401, 403):
            raise SetupError(_refused(reply))
        if reply.status_code >= 500:
            raise TransientError(f"Stripe {path}: status {reply.status_code}", wait_asked(reply.headers))
        if reply.status_code >= 400:
            raise _wrong(path, reply)
        return reply


def _refused(reply: httpx2.Response) -> str:
    """Stripe names the right that a restricted key lacks."""
    lacking = ", ".join(sorted(set(re.findall(r"rak_[a-z_]+", reply.text))))
    if lacking:
        return f"Stripe refuses the key ({reply.status_code}): give the restricted key the right {lacking}"
    return (
        f"Stripe refuses the key ({reply.status_code}): give a restricted key of this account with the rights that "
        "docs/connectors/stripe.md lists"
    )


def _wrong(path: str, reply: httpx2.Response) -> SetupError | TransientError:
    """A question that Stripe does not take. A report that asks for more than Stripe has made up yet is asked for again."""
    if "interval_end" in reply.text:
        return TransientError(f"Stripe {path}: its reports do not reach so far yet: {reply.text[:200]}")
    return SetupError(f"Stripe {path}: {reply.status_code} {reply.text[:200]}")


def _json(reply: httpx2.Response) -> Any:
    # No amount has a point: all are whole minor units. What has one (an exchange rate, which nothing reads) is written again as
    # it was until now, so that the hash of an item that is known stays its hash.
    return json_of(reply, "Stripe", numbers=float)
