"""HTTP to the systems that are connected; to those that people entered by the browser, only where this server may go."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import httpx2

from tieout.connector_api.addresses import AddressError, Network, Reached, reach

_guard: ContextVar[Sequence[Network] | None] = ContextVar("guard", default=None)


@contextmanager
def guarded(private: Sequence[Network] | None) -> Iterator[None]:
    """Clients that are made within go to public addresses and to these networks alone; with None, wherever they are
    sent to, as the project's own file says."""
    token = _guard.set(private)
    try:
        yield
    finally:
        _guard.reset(token)


@cache
def _tls(*, trust_env: bool) -> ssl.SSLContext:
    """How the other side is told to be who it is, by the certificates that this machine trusts: read once for all clients of
    a process, since that takes longer than everything else about one."""
    return httpx2.create_ssl_context(trust_env=trust_env)


def http_client(**given: Any) -> httpx2.Client:
    """A client of httpx2 with what is `given`, guarded where `guarded` says so. Redirects are not followed."""
    private = _guard.get()
    if private is None:
        return httpx2.Client(**{"verify": _tls(trust_env=True), **given})
    # trust_env=False: a proxy of the environment would look the name up once more.
    return httpx2.Client(transport=_Guarded(private), trust_env=False, **given)


def named(there: Reached) -> str:
    """The header Host for where an address leads."""
    host = f"[{there.host}]" if ":" in there.host else there.host
    return host if there.port == (443 if there.secure else 80) else f"{host}:{there.port}"


class _Guarded(httpx2.HTTPTransport):
    """Looks a name up once, and connects to the very address that it looked at."""

    def __init__(self, private: Sequence[Network]) -> None:
        super().__init__(verify=_tls(trust_env=False), trust_env=False)
        self._private = private

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            there = reach(str(request.url), self._private)
        except AddressError as error:
            raise httpx2.ConnectError(str(error), request=request) from None
        request.headers["host"] = named(there)
        request.url = httpx2.URL(there.direct)
        request.extensions = {**request.extensions, "sni_hostname": there.host}
        return super().handle_request(request)
