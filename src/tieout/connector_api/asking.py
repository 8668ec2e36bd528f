"""How one system is asked over HTTP: within its hours, and no faster than its vendor grants or the project's file says.

A connector makes its client here and nowhere else, so that none of its calls passes by. A call that has to wait long for its turn is not made: it raises
TransientError, and AwayError where the wait was declared.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import httpx2

from tieout.connector_api.declaration import SystemConfig
from tieout.connector_api.pace import NO_LIMIT, Budget, Pace
from tieout.connector_api.retry_after import wait_asked
from tieout.connector_api.web import http_client

# Under this name a request says what it costs, where a vendor counts points and not calls.
COST = "cost"


class Asking:
    """How a system is asked. `pace` is what all processes of the project on this machine share of it; `key` is whose it is: the system's own
    address and name where none is given. What is `published` stands in the connector's declaration, where none is given; it is no limit of
    what runs on this very machine, a simulator."""

    def __init__(self, config: SystemConfig, published: Budget | None = None, key: str = "") -> None:
        if published is None:
            published = config.published if is_elsewhere(config.text("url")) else NO_LIMIT
        budget = budget_of(config, published)
        self._config, self.url = config, config.text("url").rstrip("/")
        self.pace = Pace(key or f"{self.url} {config.name}", budget, called=config.name, folder=config.paces)

    def client(self, **given: Any) -> httpx2.Client:
        """A client as `http_client` makes it, whose every request is let through here. Its requests then raise, beside what httpx2
        raises, TransientError and AwayError: nothing was sent."""
        return http_client(event_hooks={"request": [self.before], "response": [self._after]}, **given)

    def let_ask(self) -> None:
        """Raises AwayError while the system is left alone."""
        self._config.let_ask()

    def before(self, request: httpx2.Request) -> None:
        """Wait for a request's turn. Raises TransientError, AwayError."""
        self.let_ask()
        with self.pace.turn(request.extensions.get(COST, 1.0)):
            pass

    def _after(self, reply: httpx2.Response) -> None:
        if reply.status_code != 429:
            self.pace.taken()
        elif (asked_s := wait_asked(reply.headers)) is None:
            # One that names a time is asked again then; one that names none takes fewer calls than it gets.
            self.pace.turned_away(asked_s)


def system_client(config: SystemConfig, **given: Any) -> httpx2.Client:
    """A client of one system: see `Asking.client`."""
    return Asking(config).client(**given)


def budget_of(config: SystemConfig, published: Budget) -> Budget:
    """What may be asked of a system: what the project's file says, and what it leaves open as the vendor publishes it."""
    budget = published
    if config.per_second:
        budget = replace(budget, a_second=config.per_second, burst=1.0, told=False)
    if config.per_day:
        budget = replace(budget, a_day=config.per_day)
    return budget


def is_elsewhere(url: str) -> bool:
    """Whether an address leads off this machine."""
    try:
        host = httpx2.URL(url).host
    except httpx2.InvalidURL:
        return True
    if host == "localhost" or host.endswith(".localhost"):
        return False
    with suppress(ValueError):
        return not ip_address(host).is_loopback
    return True
