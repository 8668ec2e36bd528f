"""How people sign in, and what they sign in with: each step with evidence, each try counted.

Every method is a transaction of its own or several: a try is counted and committed before anything is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tieout.evidence import Entry, record
from tieout.security.authority import change_authority, load_authority
from tieout.security.changes import AddPerson, Begin, Invited
from tieout.security.identity import codes, passkeys, passwords, throttle
from tieout.security.identity.credentials import (
    SQL,
    Credential,
    by_handle,
    count_up,
    credentials_of,
    end_all,
    keep,
)
from tieout.security.identity.model import Origin, Session, SignedIn, SignInError
from tieout.security.identity.one_time_tokens import make_once, take_once
from tieout.security.identity.passkeys import Site
from tieout.security.identity.sessions import end_session, end_sessions, make_session, session_of, sessions_of
from tieout.security.people import EVERYWHERE, AuthorityError, Person
from tieout.security.roles import may, needs_second_factor
from tieout.security.sealing import seal, unseal
from tieout.store import Connection

_WRONG = "name or password is wrong"
_WRONG_CODE = "this code is not right, or was used: take the next one"
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,40}")
FIRST, INVITED = "first", "invite"
_INVITED_FOR = timedelta(hours=72)
_FIRST_FOR = timedelta(hours=24)


class Identity:
    """Sign-ins over one connection (autocommit), at a site."""

    def __init__(self, connection: Connection, now: Callable[[], datetime], site: Site) -> None:
        self._c, self._now, self._site = connection, now, site

    # first start and invitations

    def first_link(self) -> str:
        """The one token with which the first administrator begins; "" where there are people. Each start makes
        a new one, and the older ones end."""
        with self._c.transaction():
            if load_authority(self._c).people:
                return ""
            return make_once(self._c, FIRST, "", b"", "first start", self._now(), _FIRST_FOR, alone=True)

    def begin(self, token: str, name: str, password: str, origin: Origin) -> SignedIn:
        """The first administrator, by the token of the first start. Raises SignInError, PasswordError."""
        now = self._now()
        self._count("", origin)
        name = name.strip()
        if not _NAME.fullmatch(name):
            raise SignInError(
                f"{name[:40]!r} is no name: small letters, digits, point, dash; such as anna.meyer"
            )
        # A stranger makes nobody work out a hash.
        gone = SignInError("this link was used or is too old: start again for a new one")
        if take_once(self._c, FIRST, token, now, look=True) is None:
            raise gone
        passwords.check_new(password, name)
        hashed = passwords.hashed(password)
        with self._c.transaction():
            if take_once(self._c, FIRST, token, now) is None:
                raise gone
            person = AddPerson(name=name, human=True, names=(), key_sha256="")
            try:
                change_authority(self._c, Begin(people=(person,)), "first start", now)
            except AuthorityError as error:
                raise SignInError(str(error)) from None
            keep(self._c, name, "password", hashed.encode(), now)
            throttle.let_go(self._c, "", origin)
            return self._signed_in(self._person(name), "link", False, origin)

    def invite(self, name: str, by: str) -> str:
        """A token with which a person, whom two administrators let in, chooses how to sign in. Raises
        AuthorityError where `by` is no administrator or the person can sign in already."""
        now = self._now()
        with self._c.transaction():
            authority = load_authority(self._c)
            maker, person = authority.people.get(by), authority.people.get(name)
            if maker is None or not maker.active or not may(maker.grants, "access:write", EVERYWHERE):
                raise AuthorityError(f"{by or 'nobody'} is no administrator")
            if person is None or not person.active or not person.human:
                raise AuthorityError(f"no active person is named {name!r}")
            if any(c.confirmed for c in credentials_of(self._c, name)):
                raise AuthorityError(f"{name} can sign in: two administrators reset that first")
            if by not in person.given_by:
                change_authority(self._c, Invited(name=name), by, now)
            token = make_once(self._c, INVITED, name, b"", by, now, _INVITED_FOR, alone=True)
            self._note(by, "identity.invited", name)
            return token

    def accept(self, token: str, password: str, origin: Origin) -> SignedIn:
        """Somebody who was invited chooses a password. Raises SignInError, PasswordError."""
        now = self._now()
        self._count("", origin)
        looked = take_once(self._c, INVITED, token, now, look=True)
        if looked is None:
            raise SignInError("this link was used or is too old: ask an administrator for a new one")
        passwords.check_new(password, looked.person)
        hashed = passwords.hashed(password)
        with self._c.transaction():
            invited = take_once(self._c, INVITED, token, now)
            if invited is None or any(c.confirmed for c in credentials_of(self._c, invited.person)):
                raise SignInError("this link was used or is too old: ask an administrator for a new one")
            person = self._person(invited.person)
            keep(self._c, person.name, "password", hashed.encode(), now)
            throttle.let_go(self._c, "", origin)
            self._note(person.name, "identity.password_set", person.name)
            return self._signed_in(person, "link", False, origin)

    # signing in

    def sign_in(self, name: str, password: str, origin: Origin) -> SignedIn:
        """The first factor. Raises SignInError, ThrottledError: a stranger learns nothing of who there is."""
        name = name.strip().casefold()
        self._count(f"password:{name}", origin)
        person = load_authority(self._c).people.get(name)
        known = person is not None and person.active and person.human
        held = self._one(name, "password") if known else None
        if not passwords.is_right(held.secret.decode() if held else None, password):
            self._refuse(name, origin, "password")
            raise SignInError(_WRONG)
        assert person is not None and held is not None
        rehashed = passwords.hashed(password) if passwords.is_old(held.secret.decode()) else ""
        with self._c.transaction():
            throttle.let_go(self._c, f"password:{name}", origin)
            if rehashed:
                end_all(self._c, name, ("password",), self._now())
                keep(self._c, name, "password", rehashed.encode(), self._now())
            return self._signed_in(person, "password", False, origin)

    def second_factor(self, token: str, code: str, origin: Origin) -> SignedIn:
        """The second factor, after the first: a one-time code, or a recovery code. Raises SignInError."""
        now = self._now()
        session, person = self._half(token)
        self._count(f"code:{person.name}", origin)
        with self._c.transaction():
            what = self._spend(person.name, code, now)
            if what:
                throttle.let_go(self._c, f"code:{person.name}", origin)
                end_session(self._c, session.token_sha256, now, "second factor given")
                self._note(person.name, f"identity.{what}_used", person.name)
                return self._signed_in(person, session.via, True, origin)
        self._refuse(person.name, origin, "second factor")
        raise SignInError(_WRONG_CODE)

    def _spend(self, person: str, code: str, now: datetime) -> str:
        """Use a code up: totp or recovery, "" where it is neither."""
        held = self._one(person, "totp")
        if held is not None:
            secret = unseal(self._c, "totp", person, held.secret).decode()
            step = codes.step_of(secret, code, now, held.counter)
            # Of many at the same time one moves the counter.
            if step is not None:
                return "totp" if count_up(self._c, held.id, step) else ""
        spare = by_handle(self._c, "recovery", codes.recovery_handle(person, code))
        if spare is None or spare.person != person:
            return ""
        given = {"id": spare.id, "person": person, "now": now}
        return "recovery" if self._c.execute(SQL["end_credential"], given).fetchone() else ""

    def passkey_question(self, origin: Origin) -> tuple[str, str]:
        """(question, options as JSON) for whoever wants in with a passkey. Raises ThrottledError."""
        self._count("", origin)
        with self._c.transaction():
            return passkeys.offer_use(self._c, self._site, self._now())

    def passkey_sign_in(self, question: str, answer: dict[str, Any], origin: Origin) -> SignedIn:
        """A passkey is both factors. Raises SignInError."""
        self._count("", origin)
        failed: SignInError | None = None
        with self._c.transaction():
            try:
                used = passkeys.used(self._c, self._site, question, answer, self._now())
                person = self._person(used.person)
                # The question counted, and the answer.
                for _ in range(2):
                    throttle.let_go(self._c, "", origin)
                return self._signed_in(person, "passkey", True, origin)
            except SignInError as error:
                failed = error
        self._refuse("unknown", origin, "passkey")
        raise failed

    def sign_on(self, name: str, second_factor: bool, origin: Origin) -> SignedIn:
        """Somebody whom the company's own sign-on vouched for (`single_sign_on`)."""
        with self._c.transaction():
            return self._signed_in(self._person(name), "sso", second_factor, origin)

    def sign_out(self, token: str) -> None:
        """End the session of this token, with evidence; a token of no session has no effect."""
        found = session_of(self._c, token, self._now())
        if found is not None:
            with self._c.transaction():
                end_session(self._c, found[0].token_sha256, self._now(), "signed out")
                self._note(found[1].name, "identity.signed_out", found[1].name)

    # what somebody signs in with

    def ways(self, person: str) -> list[Credential]:
        """What a person signs in with, without what is not confirmed."""
        return [c for c in credentials_of(self._c, person) if c.confirmed]

    def change_password(self, session: Session, old: str, new: str, origin: Origin) -> None:
        """Another password; the person's other sessions end. Raises SignInError, PasswordError."""
        self._need_full(session)
        name = session.person
        self._count(f"password:{name}", origin)
        held = self._one(name, "password")
        if not passwords.is_right(held.secret.decode() if held else None, old):
            self._refuse(name, origin, "old password")
            raise SignInError("the old password is wrong")
        passwords.check_new(new, name)
        hashed, now = passwords.hashed(new), self._now()
        with self._c.transaction():
            throttle.let_go(self._c, f"password:{name}", origin)
            end_all(self._c, name, ("password",), now)
            keep(self._c, name, "password", hashed.encode(), now)
            end_sessions(self._c, name, now, "password changed", session.token_sha256)
            self._note(name, "identity.password_set", name)

    def offer_totp(self, session: Session) -> tuple[str, str]:
        """(secret, address for a QR code) of one-time codes that `confirm_totp` lets hold."""
        self._need_enrolling(session)
        secret, name, now = codes.new_secret(), session.person, self._now()
        with self._c.transaction():
            pending = [c for c in credentials_of(self._c, name) if c.kind == "totp" and not c.confirmed]
            for old in pending:
                self._c.execute(SQL["end_credential"], {"id": old.id, "person": name, "now": now})
            keep(self._c, name, "totp", seal(self._c, "totp", name, secret.encode()), now, confirmed=False)
        return secret, codes.uri(secret, name, self._site.name)

    def confirm_totp(self, session: Session, code: str, origin: Origin) -> tuple[SignedIn, list[str]]:
        """A code of the new secret: from now on it is asked for. A new session, and recovery codes, which are
        shown once. Raises SignInError."""
        self._need_enrolling(session)
        name, now = session.person, self._now()
        self._count(f"code:{name}", origin)
        with self._c.transaction():
            pending = [c for c in credentials_of(self._c, name) if c.kind == "totp" and not c.confirmed]
            if pending:
                secret = unseal(self._c, "totp", name, pending[-1].secret).decode()
                step = codes.step_of(secret, code, now, pending[-1].counter)
                if step is not None and count_up(self._c, pending[-1].id, step):
                    throttle.let_go(self._c, f"code:{name}", origin)
                    end_all(self._c, name, ("totp",), now, keep=[pending[-1].id])
                    self._c.execute(SQL["confirm_credential"], {"id": pending[-1].id, "now": now})
                    self._note(name, "identity.totp_set", name)
                    return self._enrolled(session, origin), self._new_recovery(name, now)
        self._refuse(name, origin, "one-time code")
        raise SignInError(_WRONG_CODE)

    def renew_recovery(self, session: Session) -> list[str]:
        """Other recovery codes; the old ones end."""
        self._need_full(session)
        with self._c.transaction():
            return self._new_recovery(session.person, self._now())

    def offer_passkey(self, session: Session) -> tuple[str, str]:
        """(question, options as JSON) to make a passkey."""
        self._need_enrolling(session)
        with self._c.transaction():
            return passkeys.offer_making(self._c, self._site, session.person, self._now())

    def add_passkey(
        self, session: Session, question: str, answer: dict[str, Any], label: str, origin: Origin
    ) -> SignedIn:
        """Keep a passkey; a new session, since whoever holds it has a second factor now. Raises SignInError."""
        self._need_enrolling(session)
        with self._c.transaction():
            passkeys.keep_made(self._c, self._site, session.person, question, answer, label, self._now())
            self._note(session.person, "identity.passkey_set", session.person)
            return self._enrolled(session, origin)

    def remove(self, session: Session, credential: int) -> None:
        """End a passkey, or one-time codes with their recovery codes. Raises SignInError where it is the last
        second factor of somebody who must have one, or nothing would be left to sign in with."""
        self._need_full(session)
        name, now = session.person, self._now()
        with self._c.transaction():
            held = self.ways(name)
            gone = next((c for c in held if c.id == credential and c.kind in ("totp", "passkey")), None)
            if gone is None:
                raise SignInError("there is nothing of that number to remove")
            left = [c for c in held if c.id != credential]
            second = any(c.kind in ("totp", "passkey") for c in left)
            if needs_second_factor(self._person(name).grants) and not second:
                raise SignInError("your roles need a second factor: set another one up first")
            if not any(c.kind in ("password", "passkey") for c in left):
                raise SignInError("nothing would be left to sign in with")
            kinds = {"id": credential, "person": name, "now": now}
            self._c.execute(SQL["end_credential"], kinds)
            if gone.kind == "totp":
                end_all(self._c, name, ("recovery",), now)
            end_sessions(self._c, name, now, f"{gone.kind} removed", session.token_sha256)
            self._note(name, f"identity.{gone.kind}_removed", name)

    def end_others(self, session: Session) -> int:
        """End the person's other sessions; how many."""
        with self._c.transaction():
            ended = end_sessions(
                self._c, session.person, self._now(), "ended by the person", session.token_sha256
            )
            self._note(session.person, "identity.sessions_ended", session.person)
            return ended

    def end_sessions_of(self, name: str, by: str) -> int:
        """An administrator ends all of somebody's sessions, at once. Raises AuthorityError."""
        with self._c.transaction():
            maker = load_authority(self._c).people.get(by)
            if maker is None or not maker.active or not may(maker.grants, "access:write", EVERYWHERE):
                raise AuthorityError(f"{by or 'nobody'} is no administrator")
            ended = end_sessions(self._c, name, self._now(), f"ended by {by}")
            self._note(by, "identity.sessions_ended", name)
            return ended

    def sessions(self, person: str) -> list[Session]:
        """A person's sessions that have not ended, the newest first."""
        return sessions_of(self._c, person, self._now())

    # inside

    def _person(self, name: str) -> Person:
        person = load_authority(self._c).people.get(name)
        if person is None or not person.active or not person.human:
            raise SignInError(_WRONG)
        return person

    def _one(self, person: str, kind: str) -> Credential | None:
        found = [c for c in credentials_of(self._c, person) if c.kind == kind and c.confirmed]
        return found[-1] if found else None

    def _half(self, token: str) -> tuple[Session, Person]:
        found = session_of(self._c, token, self._now())
        if found is None or found[0].level != "half":
            raise SignInError("sign in with your password first")
        return found

    def _signed_in(self, person: Person, via: str, second_factor: bool, origin: Origin) -> SignedIn:
        """A session of the level that the person's factors allow."""
        held = {c.kind for c in self.ways(person.name)}
        factors = tuple(k for k in ("totp", "passkey") if k in held)
        level, following = "full", "done"
        if not second_factor and factors:
            level, following = "half", "second_factor"
        elif not second_factor and needs_second_factor(person.grants):
            level, following = "enrol", "enrol"
        session, token = make_session(self._c, person.name, level, second_factor, via, self._now(), origin)
        if level != "half":
            detail = {"via": via, "second_factor": second_factor, "from": origin.address, "level": level}
            entry = Entry(self._now(), person.name, "identity.signed_in", person.name, "", detail)
            record(self._c, [entry])
        return SignedIn(session, token, following, factors)

    def _enrolled(self, session: Session, origin: Origin) -> SignedIn:
        """A session with a second factor takes the place of the one in which it was set up."""
        now = self._now()
        end_session(self._c, session.token_sha256, now, "second factor set up")
        end_sessions(self._c, session.person, now, "second factor set up")
        made, token = make_session(self._c, session.person, "full", True, session.via, now, origin)
        return SignedIn(made, token, "done")

    def _new_recovery(self, person: str, now: datetime) -> list[str]:
        end_all(self._c, person, ("recovery",), now)
        made = codes.new_recovery_codes()
        for code in made:
            keep(self._c, person, "recovery", b"", now, handle=codes.recovery_handle(person, code))
        self._note(person, "identity.recovery_set", person)
        return made

    def _need_full(self, session: Session) -> None:
        if not session.full:
            raise SignInError("sign in with your second factor first")

    def _need_enrolling(self, session: Session) -> None:
        """Whoever has a second factor changes it only once they gave it."""
        if session.level == "half" or (
            session.full and not session.second_factor and self._has_second(session)
        ):
            raise SignInError("sign in with your second factor first")
        if session.level == "enrol" and self._has_second(session):
            raise SignInError("a second factor was set up meanwhile: sign in with it")

    def _has_second(self, session: Session) -> bool:
        return any(c.kind in ("totp", "passkey") for c in self.ways(session.person))

    def _count(self, about: str, origin: Origin) -> None:
        """Count a try against what it is about ("": nothing that can be guessed) and where it comes from.
        Raises ThrottledError."""
        with self._c.transaction():
            throttle.count_try(self._c, throttle.subjects(about, origin), self._now())

    def _refuse(self, name: str, origin: Origin, why: str) -> None:
        """Evidence of a try that failed."""
        detail = {"why": why, "from": origin.address}
        with self._c.transaction():
            record(
                self._c,
                [Entry(self._now(), name[:60] or "unknown", "identity.refused", name[:60], "", detail)],
            )

    def _note(self, by: str, action: str, about: str) -> None:
        record(self._c, [Entry(self._now(), by, action, about, "", {})])
