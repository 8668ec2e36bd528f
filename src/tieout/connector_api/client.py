"""Reading over HTTP from systems that are only asked: what each answer means to us."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx2
import msgspec

from tieout.connector_api.errors import RefusedError, SetupError, TransientError
from tieout.connector_api.retry import patiently
from tieout.connector_api.retry_after import wait_asked

_NUMBERS = msgspec.json.Encoder(decimal_format="number")


def read_json(
    http: httpx2.Client, system: str, path: str, params: dict[str, Any], refuses: str
) -> tuple[Any, httpx2.Headers]:
    """The answer to a GET with its headers; JSON numbers are the decimals that they are written as.

    A busy or broken system is asked again, a few times (see `patiently`). `refuses` says what to do
    where the key is not taken. Raises TransientError, SetupError, RefusedError.
    """
    return patiently(lambda: _once(lambda: http.get(path, params=params), system, path, refuses))


def ask_json(
    http: httpx2.Client,
    system: str,
    path: str,
    refuses: str,
    *,
    body: Any = None,
    form: dict[str, str] | None = None,
) -> Any:
    """The answer to a POST that only asks: nothing is kept there, so it may be asked again. The body is
    JSON, in which Decimals are numbers, or a form. Raises as `read_json` does."""
    if form is not None:
        return patiently(lambda: _once(lambda: http.post(path, data=form), system, path, refuses))[0]
    raw, kind = _NUMBERS.encode(body), {"Content-Type": "application/json"}
    return patiently(
        lambda: _once(lambda: http.post(path, content=raw, headers=kind), system, path, refuses)
    )[0]


def _once(
    ask: Callable[[], httpx2.Response], system: str, path: str, refuses: str
) -> tuple[Any, httpx2.Headers]:
    try:
        reply = ask()
    except httpx2.HTTPError as error:
        raise TransientError(f"{system}: {error!r}") from None
    if reply.status_code == 429:
        raise TransientError(f"{system}: too many requests", wait_asked(reply.headers))
    if reply.status_code >= 500:
        raise TransientError(f"{system} {path}: status {reply.status_code}", wait_asked(reply.headers))
    if reply.status_code in (401, 403):
        raise SetupError(f"{system} refuses the key: {refuses}")
    if reply.status_code not in (200, 201):
        raise RefusedError(f"{system} {path}: {reply.text[:300]}")
    return json_of(reply, system), reply.headers


def json_of(reply: httpx2.Response, system: str, numbers: Callable[[str], Any] = Decimal) -> Any:
    """The JSON of an answer to a question, its numbers as the decimals that they are written as, or by `numbers`. Raises
    TransientError where it is none: it is cut off, or a page of somebody who stands between."""
    try:
        return reply.json(parse_float=numbers)
    except (ValueError, RecursionError):
        kind = reply.headers.get("content-type", "nothing said")
        raise TransientError(f"{system} {reply.url.path}: an answer that is no JSON ({kind})") from None
