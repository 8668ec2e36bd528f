"""What every request shares: connections, time, who people are, the project that is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request, Response

from tieout.api.v1.expensive import Expensive
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.pulse import Pulse
from tieout.api.v1.unit import unit_of
from tieout.api.waits import never_away
from tieout.engine import Clock
from tieout.operations.open_project import OpenProject
from tieout.rules import Release
from tieout.security.identity import Identity, SignedIn, Site
from tieout.security.identity.single_sign_on import Provider
from tieout.settings import IdentitySettings
from tieout.store import Connection, Pool


@dataclass
class RequestContext:
    """What one server's requests share. `clock` is the project's, `wall` the machine's, by which people sign in;
    `project` is None where a server serves figures alone."""

    name: str
    pool: Pool
    clock: Clock
    wall: Clock
    release: Callable[[], Release]
    identity_settings: IdentitySettings
    provider: Provider | None = None
    project: OpenProject | None = None
    # What the project says it is for: test, production, sandbox.
    environment: str = ""

    def away(self, system: str) -> str:
        """Until when a system is left alone, in words; "" where it may be asked."""
        return never_away(system) if self.project is None else self.project.away(system)

    expensive: Expensive = field(default_factory=Expensive)
    pulse: Pulse = field(init=False)

    def __post_init__(self) -> None:
        self.pulse = Pulse(self.pool)

    @property
    def site(self) -> Site:
        """Under which address people come, and what they are shown as its name."""
        return Site(self.identity_settings.host, self.identity_settings.url, f"Tieout {self.name}")

    @property
    def cookie(self) -> str:
        """The cookie's name: where people come by https, no other host or path can set it (RFC 6265bis)."""
        return "__Host-tieout" if self.identity_settings.secure else "tieout"

    def identity(self, connection: Connection) -> Identity:
        """How people prove who they are, over this connection."""
        return Identity(connection, self.wall.now, self.site)

    def look_now(self) -> None:
        """What is planned again from here on is planned by the project's files as they are, whichever process plans it."""
        if self.project is not None:
            self.project.look_now()

    def give(self, response: Response, signed: SignedIn) -> None:
        """Let the browser keep a session's token: no script reads it, no other site sends it."""
        response.set_cookie(
            self.cookie, signed.token, httponly=True, secure=self.identity_settings.secure, samesite="lax", path="/",
            max_age=24 * 3600,
        )  # fmt: skip

    def take_back(self, response: Response) -> None:
        """Let the browser forget a session's token."""
        response.delete_cookie(
            self.cookie, path="/", secure=self.identity_settings.secure, httponly=True, samesite="lax"
        )


def context_of(request: Request) -> RequestContext:
    """What the requests of this request's server share."""
    context: RequestContext = request.app.state.context
    return context


TheContext = Annotated[RequestContext, Depends(context_of)]


def project_of(context: TheContext) -> OpenProject:
    """The project that is open. Raises ProblemError 503 where a server serves figures alone."""
    if context.project is None:
        raise ProblemError(503, "project", "this server serves figures alone: its project is not open here")
    return context.project


TheProject = Annotated[OpenProject, Depends(project_of)]


def connection_of(request: Request, context: TheContext) -> Iterator[Connection]:
    """Of a write the connection whose transaction it is; of anything else one that commits as it goes."""
    unit = unit_of(request)
    if unit is not None:
        yield unit.connection
        return
    with context.pool.connection() as connection:
        yield connection


TheConnection = Annotated[Connection, Depends(connection_of)]
