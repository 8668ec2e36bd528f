"""The changes of who may do what, as they are kept. Pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec


class _Change(msgspec.Struct, frozen=True, kw_only=True, tag_field="change"):
    """One change, as it is kept."""


class AddPerson(_Change, frozen=True, kw_only=True, tag="person"):
    """A person, or a service account. `names` are what the sources call them: logins, addresses;
    `key_sha256` is the hash of the key with which they prove who they are at the command line, "" for
    nobody's: they sign in."""

    name: str
    human: bool
    names: tuple[str, ...]
    key_sha256: str


class GrantRole(_Change, frozen=True, kw_only=True, tag="grant"):
    """`limit` is the largest amount that they may approve in this role, in the entity's currency;
    None: any amount."""

    name: str
    role: str
    entity: str
    limit: Decimal | None


class RevokeRole(_Change, frozen=True, kw_only=True, tag="revoke"):
    """A role is taken back, at once."""

    name: str
    role: str
    entity: str


class EndPerson(_Change, frozen=True, kw_only=True, tag="end"):
    """Somebody is let go: their grants and delegations end with them."""

    name: str


class Delegate(_Change, frozen=True, kw_only=True, tag="delegate"):
    """`to` stands in for `name` from one day to another, both included."""

    name: str
    to: str
    since: date
    until: date


class Recall(_Change, frozen=True, kw_only=True, tag="recall"):
    """`name` ends every delegation to `to`."""

    name: str
    to: str


class Confirm(_Change, frozen=True, kw_only=True, tag="confirm"):
    """Another administrator lets change `no` hold."""

    no: int


class TakeRole(_Change, frozen=True, kw_only=True, tag="take"):
    """The one administrator of a test `environment` takes a role for themselves, everywhere: it holds at once, marked as their own
    word, until another administrator confirms it, takes it back, or the environment is a test's no more."""

    name: str
    role: str
    environment: str


class Begin(_Change, frozen=True, kw_only=True, tag="begin"):
    """The first administrator, or the first two: everybody after them takes two."""

    people: tuple[AddPerson, ...]


class Reset(_Change, frozen=True, kw_only=True, tag="reset"):
    """`name` lost what they sign in with: all of it ends, and they are invited anew."""

    name: str


class Invited(_Change, frozen=True, kw_only=True, tag="invited"):
    """An administrator was given the link with which `name` chooses how to sign in: whoever hands it on could have kept it, so that
    they count among those who let them in."""

    name: str


class Joined(_Change, frozen=True, kw_only=True, tag="joined"):
    """Somebody whom the company's own sign-on vouches for, and what their groups there give them: (role,
    entity). It takes the place of what their groups gave before, and of nothing else."""

    name: str
    names: tuple[str, ...]
    roles: tuple[tuple[str, str], ...]


Change = (
    AddPerson
    | GrantRole
    | RevokeRole
    | EndPerson
    | Delegate
    | Recall
    | Confirm
    | Begin
    | Reset
    | Invited
    | Joined
    | TakeRole
)
