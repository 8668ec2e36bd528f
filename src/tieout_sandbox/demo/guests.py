"""Who looks around on the sandbox: three people, of whom each is one click away, since what a policy asks of two is never given by one.

Tieout has no way to be somebody else. The sandbox gave each of them a password and a one-time code of its own making, when it let them in,
and signs in with them as anybody does; it can do so for nobody else, and without it nobody can. What each did stands under
their own name in the evidence.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyotp

from tieout.operations.open_project import OpenProject
from tieout.security import AddPerson, Change, Confirm, GrantRole, change_authority, load_authority
from tieout.security.identity import Identity, Origin, SignedIn, SignInError, Site
from tieout.security.identity.sessions import session_of
from tieout.security.roles import ROLES
from tieout.store import Connection
from tieout_sandbox.people import ADMINISTRATORS
from tieout_sandbox.simkit import Tokens

ACCOUNTANT, APPROVER, CFO = "alex", "robin", "sam"
# What each may do, for every entity. Of those who approve there are two who prepare nothing: what one of them asks for about what the
# accountant made, such as a mapping, takes a third.
GUESTS: dict[str, tuple[str, ...]] = {
    ACCOUNTANT: tuple(role for role in ROLES if role != "approver"),
    APPROVER: ("controller", "approver"),
    CFO: ("controller", "cfo"),
}
# What addresses call them, and pages.
CALLED = {"accountant": ACCOUNTANT, "approver": APPROVER, "cfo": CFO}
SHOWN = {"accountant": "accountant", "approver": "approver", "cfo": "CFO"}
_ORIGIN = Origin("127.0.0.1", "the sandbox")


class Guests:
    """They on one project; `tokens` makes their passwords, the same ones each time."""

    def __init__(self, project: OpenProject, tokens: Tokens) -> None:
        self._project, self._tokens = project, tokens
        self._signed: dict[str, str] = {}

    def let_in(self) -> None:
        """Two administrators let them in, once."""
        first, second = ADMINISTRATORS
        with self._project.database.transaction() as connection:
            there = load_authority(connection).people
            changes: list[Change] = []
            for name, roles in GUESTS.items():
                if name not in there:
                    changes.append(AddPerson(name=name, human=True, names=(), key_sha256=""))
                    changes += [GrantRole(name=name, role=role, entity="*", limit=None) for role in roles]
            now = self._project.clock.now()
            for change in changes:
                number = change_authority(connection, change, first, now)
                change_authority(connection, Confirm(no=number), second, now)

    def session(self, name: str) -> str:
        """A session of one of them: the one that they have, or another sign-in. KeyError: it is none of them;
        SignInError: they changed what they sign in with."""
        GUESTS[name]
        connection = self._project.database.connect(autocommit=True)
        try:
            identity = self._identity(connection)
            token = self._signed.get(name, "")
            if not token or session_of(connection, token, datetime.now(UTC)) is None:
                token = self._signed[name] = self._sign_in(identity, connection, name)
            return token
        finally:
            connection.close()

    def _identity(self, connection: Connection) -> Identity:
        settings = self._project.settings.identity
        site = Site(settings.host, settings.url, f"Tieout {self._project.settings.name}")
        return Identity(connection, lambda: datetime.now(UTC), site)

    def _sign_in(self, identity: Identity, connection: Connection, name: str) -> str:
        password = self._tokens.named(f"password of {name}")
        if not identity.ways(name):
            invited = identity.invite(name, ADMINISTRATORS[0])
            return self._enrolled(identity, identity.accept(invited, password, _ORIGIN), name)
        signed = identity.sign_in(name, password, _ORIGIN)
        if signed.next == "enrol":
            return self._enrolled(identity, signed, name)
        if signed.next == "second_factor":
            signed = identity.second_factor(signed.token, self._code(name), _ORIGIN)
        return signed.token

    def _enrolled(self, identity: Identity, signed: SignedIn, name: str) -> str:
        if signed.next != "enrol":
            return signed.token
        secret, _ = identity.offer_totp(signed.session)
        path = self._secret(name)
        path.write_text(secret)
        path.chmod(0o600)
        signed, _ = identity.confirm_totp(signed.session, self._code(name), _ORIGIN)
        return signed.token

    def _secret(self, name: str) -> Path:
        return self._project.settings.folder / ".sandbox" / f"code of {name}"

    def _code(self, name: str) -> str:
        try:
            secret = self._secret(name).read_text()
        except OSError:
            raise SignInError(f"{name} has a second factor that the sandbox does not know") from None
        return pyotp.TOTP(secret).at(datetime.now(UTC))
