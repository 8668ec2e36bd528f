"""Sessions, what a sign-in comes to, and why one fails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

IDLE = timedelta(hours=1)
WHOLE = timedelta(hours=24)
# Between the two factors, and to enrol a second one.
HALF = timedelta(minutes=5)
ENROLLING = timedelta(minutes=30)


class SignInError(ValueError):
    """Not let in: why, in words that tell a stranger nothing, and what to do."""


class ThrottledError(SignInError):
    """Too many tries: not before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"too many tries: wait until {until:%H:%M:%S} UTC")
        self.until = until


@dataclass(frozen=True)
class Origin:
    """Where a request comes from: the address, and what the browser calls itself."""

    address: str = ""
    agent: str = ""


@dataclass(frozen=True)
class Session:
    """A person who is signed in. `level`: half (a second factor is awaited), enrol (they must get one
    before anything else), full. `via`: password, passkey, sso, link."""

    person: str
    level: str
    second_factor: bool
    via: str
    made_at: datetime
    seen_at: datetime
    token_sha256: bytes
    address: str = ""
    agent: str = ""

    @property
    def full(self) -> bool:
        """Whether every factor was given: any other session may only go on signing in."""
        return self.level == "full"

    def ends_at(self) -> datetime:
        """When it ends unless it is used: an hour after it was, a day after it began."""
        if self.level == "half":
            return self.made_at + HALF
        if self.level == "enrol":
            return self.made_at + ENROLLING
        return min(self.seen_at + IDLE, self.made_at + WHOLE)


@dataclass(frozen=True)
class SignedIn:
    """A new session with its token, which nobody keeps but the browser. `next`: done, second_factor or
    enrol; `factors` are the second factors that the person has."""

    session: Session
    token: str
    next: str
    factors: tuple[str, ...] = ()
