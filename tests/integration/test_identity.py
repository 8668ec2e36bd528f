"""People prove who they are, over a real database: passwords, codes, passkeys, sessions, links, throttling."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pyotp
import pytest

from tests.integration.authenticator import Authenticator
from tieout.security import (
    AddPerson,
    AuthorityError,
    Confirm,
    EndPerson,
    GrantRole,
    Reset,
    change_authority,
    load_authority,
)
from tieout.security.identity import (
    Identity,
    Origin,
    PasswordError,
    SignedIn,
    SignInError,
    Site,
    ThrottledError,
    csrf_of,
    end_service_key,
    make_service_key,
    service_key_of,
    session_of,
)
from tieout.security.identity.sessions import token_hash
from tieout.store import Database

SITE = Site("books.example.com", "https://books.example.com", "Tieout")
HERE = Origin("192.0.2.7", "Browser")
GOOD = "four plain words here"


class House:
    """A database with its first administrator signed in with both factors, and a second one."""

    def __init__(self, database: Database) -> None:
        self.database, self.at = database, datetime(2026, 10, 20, 9, tzinfo=UTC)
        self.c = database.connect(autocommit=True)
        self.identity = Identity(self.c, lambda: self.at, SITE)
        self.secrets: dict[str, str] = {}
        self.recovery: dict[str, list[str]] = {}

    def start(self) -> SignedIn:
        first = self.identity.begin(self.identity.first_link(), "ada", GOOD, HERE)
        return self.enrol(first)

    def enrol(self, signed: SignedIn) -> SignedIn:
        secret, _ = self.identity.offer_totp(signed.session)
        name = signed.session.person
        self.secrets[name] = secret
        done, self.recovery[name] = self.identity.confirm_totp(signed.session, self.code(name), HERE)
        return done

    def code(self, name: str) -> str:
        return pyotp.TOTP(self.secrets[name]).at(self.at)

    def later(self, **span: float) -> None:
        self.at += timedelta(**span)

    def change(self, change: Any, by: str) -> int:
        with self.c.transaction():
            return change_authority(self.c, change, by, self.at)

    def add(self, name: str, *roles: str, human: bool = True, entity: str = "*") -> None:
        """Let in by two."""
        self.two(AddPerson(name=name, human=human, names=(), key_sha256=""))
        for role in roles:
            self.two(GrantRole(name=name, role=role, entity=entity, limit=None))

    def two(self, change: Any) -> None:
        self.change(Confirm(no=self.change(change, "ada")), "ben")

    def second(self) -> None:
        """The first administrator, alone, lets the second in."""
        self.change(AddPerson(name="ben", human=True, names=(), key_sha256=""), "ada")
        self.change(GrantRole(name="ben", role="administrator", entity="*", limit=None), "ada")

    def join(self, name: str, *roles: str) -> SignedIn:
        self.add(name, *roles)
        return self.identity.accept(self.identity.invite(name, "ada"), f"{GOOD} of mine", HERE)

    def evidence(self, action: str) -> int:
        return len(self.database.rows("select 1 from tieout.evidence where action = %s", action))

    def live(self, signed: SignedIn) -> bool:
        return session_of(self.c, signed.token, self.at) is not None


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    made = House(database)
    yield made
    made.c.close()


@pytest.fixture
def full(house: House) -> House:
    """Two administrators; a day later."""
    house.start()
    house.second()
    house.later(days=1)
    return house


# first start


def test_the_first_link_makes_one_administrator_once(house: House) -> None:
    old = house.identity.first_link()
    link = house.identity.first_link()
    with pytest.raises(SignInError, match="was used or is too old"):
        house.identity.begin(old, "eve", GOOD, HERE)
    signed = house.identity.begin(link, "ada", GOOD, HERE)
    assert signed.next == "enrol" and not signed.session.full
    assert house.identity.first_link() == ""
    with pytest.raises(SignInError):
        house.identity.begin(link, "eve", GOOD, HERE)
    assert house.evidence("authority.begin") == 1 == house.evidence("identity.signed_in")
    assert [g.role for g in load_authority(house.c).people["ada"].grants] == ["administrator"]


def test_the_first_link_ends_after_a_day(house: House) -> None:
    link = house.identity.first_link()
    house.later(hours=24)
    with pytest.raises(SignInError):
        house.identity.begin(link, "ada", GOOD, HERE)


def test_one_administrator_alone_lets_in_a_second_and_nobody_else(house: House) -> None:
    house.start()
    house.second()
    assert load_authority(house.c).alone() == ""
    number = house.change(AddPerson(name="eve", human=True, names=(), key_sha256=""), "ada")
    assert "eve" not in load_authority(house.c).people
    with pytest.raises(AuthorityError, match="another administrator confirms"):
        house.change(Confirm(no=number), "ada")


def test_alone_gives_no_other_role_at_once(house: House) -> None:
    house.start()
    house.change(AddPerson(name="ben", human=True, names=(), key_sha256=""), "ada")
    house.change(GrantRole(name="ben", role="approver", entity="*", limit=None), "ada")
    house.change(AddPerson(name="bot", human=False, names=(), key_sha256=""), "ada")
    held = load_authority(house.c)
    assert held.people["ben"].grants == () and "bot" not in held.people and len(held.waiting) == 2
    with pytest.raises(AuthorityError, match="nobody grants a role to themselves"):
        house.change(GrantRole(name="ada", role="approver", entity="*", limit=None), "ada")


@pytest.mark.parametrize(
    "word", ["short", "a" * 20, "tieout12345678", "password-password", "adaadaadaada", "x" * 300]
)
def test_a_weak_password_is_refused_with_what_is_expected(house: House, word: str) -> None:
    link = house.identity.first_link()
    with pytest.raises(PasswordError, match="password"):
        house.identity.begin(link, "ada", word, HERE)
    assert house.identity.begin(link, "ada", GOOD, HERE)


# sessions


def test_a_password_alone_is_half_of_it_where_there_is_a_second_factor(full: House) -> None:
    half = full.identity.sign_in("Ada ", GOOD, HERE)
    assert (half.next, half.factors, half.session.level) == ("second_factor", ("totp",), "half")
    done = full.identity.second_factor(half.token, full.code("ada"), HERE)
    assert done.session.full and done.session.second_factor and done.token != half.token
    assert not full.live(half) and full.live(done)
    with pytest.raises(SignInError, match="password first"):
        full.identity.second_factor(done.token, full.code("ada"), HERE)


def test_a_session_ends_an_hour_after_it_was_used_and_a_day_after_it_began(full: House) -> None:
    viewer = full.join("vic", "viewer")
    assert viewer.next == "done"
    full.later(minutes=59)
    assert full.live(viewer)
    full.later(minutes=60)
    assert not full.live(viewer)
    again = full.identity.sign_in("vic", f"{GOOD} of mine", HERE)
    for _ in range(28):
        full.later(minutes=50)
        assert full.live(again)
    full.later(minutes=50)
    assert not full.live(again)


def test_half_a_session_lives_for_five_minutes(full: House) -> None:
    half = full.identity.sign_in("ada", GOOD, HERE)
    full.later(minutes=5)
    with pytest.raises(SignInError):
        full.identity.second_factor(half.token, full.code("ada"), HERE)


def test_whoever_is_not_let_in_any_more_is_out_at_once(full: House) -> None:
    signed = full.join("vic", "viewer")
    full.change(EndPerson(name="vic"), "ada")
    assert not full.live(signed)
    with pytest.raises(SignInError, match="name or password is wrong"):
        full.identity.sign_in("vic", f"{GOOD} of mine", HERE)


def test_who_is_granted_more_needs_a_second_factor_at_once(full: House) -> None:
    signed = full.join("vic", "viewer")
    full.two(GrantRole(name="vic", role="approver", entity="US", limit=None))
    found = session_of(full.c, signed.token, full.at)
    assert found is not None and found[0].level == "enrol"
    done = full.enrol(SignedIn(found[0], signed.token, "enrol"))
    assert done.session.full and not full.live(signed)


def test_sessions_are_ended_by_their_person_and_by_an_administrator(full: House) -> None:
    one = full.join("vic", "viewer")
    two = full.identity.sign_in("vic", f"{GOOD} of mine", HERE)
    assert len(full.identity.sessions("vic")) == 2
    assert full.identity.end_others(one.session) == 1 and full.live(one) and not full.live(two)
    with pytest.raises(AuthorityError, match="no administrator"):
        full.identity.end_sessions_of("ada", "vic")
    assert full.identity.end_sessions_of("vic", "ben") == 1 and not full.live(one)
    signed = full.identity.sign_in("vic", f"{GOOD} of mine", HERE)
    full.identity.sign_out(signed.token)
    assert not full.live(signed) and full.evidence("identity.signed_out") == 1


def test_sql_makes_no_session_and_brings_none_back(full: House) -> None:
    signed = full.join("vic", "viewer")
    given = {"token": token_hash(signed.token), "forged": token_hash("forged")}
    full.c.execute(
        "insert into tieout.session (token_sha256, person, level, second_factor, via, made_at, seen_at, address, agent,"
        " stamp) select %(forged)s, person, level, second_factor, via, made_at, seen_at, address, agent, stamp"
        " from tieout.session where token_sha256 = %(token)s",
        given,
    )
    assert full.live(signed) and session_of(full.c, "forged", full.at) is None
    assert len(full.identity.sessions("vic")) == 1
    full.identity.sign_out(signed.token)
    for change in ("ended_at = null", "person = 'ada'", "level = 'full', second_factor = true"):
        with pytest.raises(psycopg.errors.RaiseException):
            full.c.execute(f"update tieout.session set {change} where token_sha256 = %(token)s", given)


def test_a_page_of_another_session_cannot_know_what_is_sent_along(full: House) -> None:
    one, two = full.join("vic", "viewer"), full.identity.sign_in("vic", f"{GOOD} of mine", HERE)
    assert csrf_of(full.c, one.token) != csrf_of(full.c, two.token)


# one-time codes


def test_a_code_serves_once_however_many_try_at_the_same_time(full: House) -> None:
    halves = [full.identity.sign_in("ada", GOOD, Origin()) for _ in range(50)]
    code = full.code("ada")

    def attempt(half: SignedIn) -> bool:
        connection = full.database.connect(autocommit=True)
        try:
            Identity(connection, lambda: full.at, SITE).second_factor(half.token, code, Origin())
        except SignInError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(attempt, halves)) == 1
    full.later(minutes=20)
    half = full.identity.sign_in("ada", GOOD, HERE)
    full.at -= timedelta(minutes=20)
    with pytest.raises(SignInError):
        full.identity.second_factor(half.token, code, HERE)


def test_an_older_code_than_the_last_is_refused_and_the_next_is_taken(full: House) -> None:
    half = full.identity.sign_in("ada", GOOD, HERE)
    before = pyotp.TOTP(full.secrets["ada"]).at(full.at - timedelta(seconds=30))
    full.identity.second_factor(half.token, full.code("ada"), HERE)
    half = full.identity.sign_in("ada", GOOD, HERE)
    with pytest.raises(SignInError, match="take the next one"):
        full.identity.second_factor(half.token, before, HERE)
    full.later(seconds=30)
    assert full.identity.second_factor(half.token, full.code("ada"), HERE)


@pytest.mark.parametrize(
    ("seconds", "taken"), [(-30, True), (30, True), (-90, False), (90, False), (-600, False)]
)
def test_a_code_serves_around_its_half_minute_alone(full: House, seconds: int, taken: bool) -> None:
    half = full.identity.sign_in("ada", GOOD, HERE)
    code = pyotp.TOTP(full.secrets["ada"]).at(full.at + timedelta(seconds=seconds))
    if taken:
        assert full.identity.second_factor(half.token, code, HERE)
    else:
        with pytest.raises(SignInError):
            full.identity.second_factor(half.token, code, HERE)


def test_sql_cannot_wind_a_code_back(full: House) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="its counter only grows"):
        full.c.execute("update tieout.credential set counter = 0 where kind = 'totp'")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        full.c.execute("delete from tieout.credential")


def test_a_secret_of_one_person_serves_no_other(full: House) -> None:
    """Copied by SQL into another's row it is not theirs."""
    full.join("vic", "viewer")
    full.c.execute(
        "insert into tieout.credential (person, kind, secret, made_at, confirmed_at, stamp)"
        " select 'vic', 'totp', secret, made_at, confirmed_at, stamp from tieout.credential"
        " where person = 'ada' and kind = 'totp'"
    )
    from tieout.security import StampError

    with pytest.raises(StampError, match="totp of vic was not made by us"):
        full.identity.sign_in("vic", f"{GOOD} of mine", HERE)


def test_a_recovery_code_serves_once(full: House) -> None:
    assert len(full.recovery["ada"]) == 10 == len(set(full.recovery["ada"]))
    code = full.recovery["ada"][3]
    half = full.identity.sign_in("ada", GOOD, HERE)
    done = full.identity.second_factor(half.token, code.upper().replace("-", " "), HERE)
    half = full.identity.sign_in("ada", GOOD, HERE)
    with pytest.raises(SignInError):
        full.identity.second_factor(half.token, code, HERE)
    fresh = full.identity.renew_recovery(done.session)
    with pytest.raises(SignInError):
        full.identity.second_factor(half.token, full.recovery["ada"][4], HERE)
    assert full.identity.second_factor(half.token, fresh[0], HERE).session.full


def test_the_last_second_factor_of_an_administrator_stays(full: House) -> None:
    half = full.identity.sign_in("ada", GOOD, HERE)
    signed = full.identity.second_factor(half.token, full.code("ada"), HERE)
    (totp,) = [c for c in full.identity.ways("ada") if c.kind == "totp"]
    with pytest.raises(SignInError, match="set another one up first"):
        full.identity.remove(signed.session, totp.id)
    device = Authenticator(SITE.origin)
    question, options = full.identity.offer_passkey(signed.session)
    signed = full.identity.add_passkey(signed.session, question, device.make(options), "key", HERE)
    full.identity.remove(signed.session, totp.id)
    assert {c.kind for c in full.identity.ways("ada")} == {"password", "passkey"}


def test_who_has_a_second_factor_changes_nothing_with_the_first_alone(full: House) -> None:
    half = full.identity.sign_in("ada", GOOD, HERE)
    for act in (full.identity.offer_totp, full.identity.offer_passkey, full.identity.renew_recovery):
        with pytest.raises(SignInError, match="second factor first"):
            act(half.session)
    with pytest.raises(SignInError, match="second factor first"):
        full.identity.change_password(half.session, GOOD, f"another {GOOD}", HERE)


# passwords


def test_another_password_ends_the_other_sessions(full: House) -> None:
    one = full.join("vic", "viewer")
    two = full.identity.sign_in("vic", f"{GOOD} of mine", HERE)
    with pytest.raises(SignInError, match="old password is wrong"):
        full.identity.change_password(one.session, "wrong", f"another {GOOD}", HERE)
    full.identity.change_password(one.session, f"{GOOD} of mine", f"another {GOOD}", HERE)
    assert full.live(one) and not full.live(two)
    with pytest.raises(SignInError):
        full.identity.sign_in("vic", f"{GOOD} of mine", HERE)
    full.later(minutes=1)
    assert full.identity.sign_in("vic", f"another {GOOD}", HERE)


def test_nothing_of_a_password_or_code_is_kept_readable(full: House) -> None:
    text = repr(full.database.rows("select * from tieout.credential")) + repr(
        full.database.rows("select * from tieout.evidence")
    )
    assert GOOD not in text and full.secrets["ada"] not in text and full.recovery["ada"][0] not in text
    assert "$argon2id$" in text


# brute force


def test_tries_are_slowed_and_then_stopped(full: House) -> None:
    waits, tried = [], 0
    while tried < 12:
        try:
            full.identity.sign_in("ada", "wrong", Origin(f"198.51.100.{tried}"))
        except ThrottledError as error:
            waits.append((error.until - full.at).total_seconds())
            full.at = error.until
        except SignInError as error:
            assert str(error) == "name or password is wrong"
            tried += 1
    assert waits[:5] == [1.0, 2.0, 4.0, 8.0, 16.0] and max(waits) == 900.0
    assert full.evidence("identity.stopped") >= 1 and full.evidence("identity.refused") == 12
    # Also who knows the password waits; and once they are in, it begins anew.
    with pytest.raises(ThrottledError, match="too many tries"):
        full.identity.sign_in("ada", GOOD, HERE)
    full.later(minutes=15)
    assert full.identity.sign_in("ada", GOOD, HERE)
    with pytest.raises(SignInError, match="wrong"):
        full.identity.sign_in("ada", "wrong", HERE)


def test_many_tries_at_the_same_time_are_stopped_as_well(full: House) -> None:
    def attempt(number: int) -> str:
        connection = full.database.connect(autocommit=True)
        try:
            Identity(connection, lambda: full.at, SITE).sign_in("ada", f"guess {number}", Origin())
        except SignInError as error:
            return type(error).__name__
        finally:
            connection.close()
        return "in"

    with ThreadPoolExecutor(16) as pool:
        came = list(pool.map(attempt, range(40)))
    assert "in" not in came and came.count("SignInError") <= 3


@pytest.mark.long
def test_one_address_that_tries_many_names_is_stopped(full: House) -> None:
    refused = 0
    for number in range(60):
        try:
            full.identity.sign_in(f"name{number}", "wrong", HERE)
        except ThrottledError:
            break
        except SignInError:
            refused += 1
    assert refused == 20
    assert full.identity.sign_in("ada", GOOD, Origin("203.0.113.9"))


def test_a_hundred_people_at_one_address_who_get_in_slow_nobody(full: House) -> None:
    full.join("vic", "viewer")
    for _ in range(30):
        full.identity.sign_in("vic", f"{GOOD} of mine", HERE)


def test_an_unknown_name_is_answered_as_a_known_one(full: House) -> None:
    said = set()
    for name in ("ada", "nobody", "", "x" * 5000, "ada'; drop table"):
        with pytest.raises(SignInError) as error:
            full.identity.sign_in(name, "wrong", Origin())
        said.add(str(error.value))
    assert said == {"name or password is wrong"}


# passkeys


def enrolled(full: House, **more: Any) -> Authenticator:
    half = full.identity.sign_in("ada", GOOD, HERE)
    signed = full.identity.second_factor(half.token, full.code("ada"), HERE)
    device = Authenticator(SITE.origin, **more)
    question, options = full.identity.offer_passkey(signed.session)
    full.identity.add_passkey(signed.session, question, device.make(options), "laptop", HERE)
    return device


def test_a_passkey_is_enough_by_itself(full: House) -> None:
    device = enrolled(full)
    question, options = full.identity.passkey_question(HERE)
    signed = full.identity.passkey_sign_in(question, device.use(options), HERE)
    assert signed.session.full and signed.session.second_factor and signed.session.person == "ada"
    assert signed.session.via == "passkey"


@pytest.mark.parametrize("counts", [True, False])
def test_an_answer_of_a_passkey_serves_once(full: House, counts: bool) -> None:
    device = enrolled(full, counts=counts)
    question, options = full.identity.passkey_question(HERE)
    answer = device.use(options)
    full.identity.passkey_sign_in(question, answer, HERE)
    for again in (question, full.identity.passkey_question(HERE)[0]):
        with pytest.raises(SignInError, match="not taken"):
            full.identity.passkey_sign_in(again, answer, HERE)


def test_a_copy_of_a_passkey_is_behind_in_its_count(full: House) -> None:
    device = enrolled(full)
    for _ in range(2):
        question, options = full.identity.passkey_question(HERE)
        full.identity.passkey_sign_in(question, device.use(options), HERE)
    device.count -= 2
    question, options = full.identity.passkey_question(HERE)
    with pytest.raises(SignInError):
        full.identity.passkey_sign_in(question, device.use(options), HERE)


def test_another_site_another_key_and_no_finger_are_refused(full: House) -> None:
    device = enrolled(full)
    for change in ({"origin": "https://books.example.com.evil.example"}, {"verifies": False},
                   {"key": Authenticator(SITE.origin).key}, {"id": b"another"}):  # fmt: skip
        before = {name: getattr(device, name) for name in change}
        for name, value in change.items():
            setattr(device, name, value)
        question, options = full.identity.passkey_question(HERE)
        with pytest.raises(SignInError, match="not taken"):
            full.identity.passkey_sign_in(question, device.use(options), HERE)
        for name, value in before.items():
            setattr(device, name, value)
    for junk in ({}, {"id": 7}, {"id": "x", "response": None}):
        question, _ = full.identity.passkey_question(HERE)
        with pytest.raises(SignInError):
            full.identity.passkey_sign_in(question, junk, HERE)
    full.later(minutes=6)
    question, options = full.identity.passkey_question(HERE)
    full.later(minutes=6)
    with pytest.raises(SignInError):
        full.identity.passkey_sign_in(question, device.use(options), HERE)


def test_a_question_to_make_a_passkey_is_one_persons(full: House) -> None:
    vic = full.join("vic", "viewer")
    half = full.identity.sign_in("ada", GOOD, HERE)
    ada = full.identity.second_factor(half.token, full.code("ada"), HERE)
    question, options = full.identity.offer_passkey(ada.session)
    with pytest.raises(SignInError):
        full.identity.add_passkey(vic.session, question, Authenticator(SITE.origin).make(options), "x", HERE)


# invitations and resets


def test_an_invitation_serves_once_and_only_who_cannot_sign_in_yet(full: House) -> None:
    full.add("vic", "viewer")
    old, link = full.identity.invite("vic", "ada"), full.identity.invite("vic", "ben")
    for token in (old, "nothing"):
        with pytest.raises(SignInError, match="ask an administrator"):
            full.identity.accept(token, GOOD, HERE)
    assert full.identity.accept(link, GOOD, HERE).session.person == "vic"
    with pytest.raises(SignInError):
        full.identity.accept(link, f"another {GOOD}", HERE)
    with pytest.raises(AuthorityError, match="two administrators reset that first"):
        full.identity.invite("vic", "ada")
    with pytest.raises(AuthorityError, match="no administrator"):
        full.identity.invite("ben", "vic")
    full.add("zoe", "viewer")
    link = full.identity.invite("zoe", "ada")
    full.later(hours=72)
    with pytest.raises(SignInError):
        full.identity.accept(link, GOOD, HERE)


def test_sql_writes_no_link(full: House) -> None:
    full.add("vic", "viewer")
    link = full.identity.invite("vic", "ada")
    full.c.execute(
        "insert into tieout.once select %s, purpose, person, content, made_by, made_at, expires_at, null, stamp from tieout.once"
        " where token_sha256 = %s",
        (token_hash("forged"), token_hash(link)),
    )
    with pytest.raises(SignInError, match="ask an administrator"):
        full.identity.accept("forged", GOOD, HERE)
    assert full.identity.accept(link, GOOD, HERE)


def test_what_somebody_signs_in_with_is_reset_by_two_others(full: House) -> None:
    signed = full.join("vic", "viewer")
    with pytest.raises(AuthorityError, match="two other administrators"):
        full.change(Reset(name="ada"), "ada")
    number = full.change(Reset(name="vic"), "ada")
    assert full.live(signed)
    with pytest.raises(AuthorityError):
        full.change(Confirm(no=number), "ada")
    full.change(Confirm(no=number), "ben")
    assert not full.live(signed) and full.identity.ways("vic") == []
    again = full.identity.accept(full.identity.invite("vic", "ben"), f"another {GOOD}", HERE)
    assert again.session.full


# service accounts


def test_a_service_key_does_what_it_is_for_until_it_ends(full: House) -> None:
    full.add("feeder", "preparer", human=False, entity="US")
    key_id, key = make_service_key(full.c, "feeder", "nightly", ["files:write"], ["US"], 30, "ada", full.at)
    found = service_key_of(full.c, key, full.at)
    assert found is not None and found.may("files:write", "US")
    assert not found.may("files:write", "DE") and not found.may("matches:write", "US")
    assert key not in repr(full.database.rows("select * from tieout.service_key"))
    with pytest.raises(AuthorityError, match="no administrator"):
        end_service_key(full.c, key_id, "feeder", full.at)
    end_service_key(full.c, key_id, "ben", full.at)
    assert service_key_of(full.c, key, full.at) is None and full.evidence("identity.key_ended") == 1
    with pytest.raises(psycopg.errors.RaiseException):
        full.c.execute("update tieout.service_key set ended_at = null")
    _, key = make_service_key(full.c, "feeder", "nightly", ["files:write"], ["US"], 30, "ada", full.at)
    full.later(days=30)
    assert service_key_of(full.c, key, full.at) is None


def test_a_key_is_never_more_than_its_account(full: House) -> None:
    full.add("feeder", "preparer", human=False, entity="US")
    for account, scopes, entities, days, says in (
        ("feeder", ["files:write"], ["*"], 30, "no role"), ("feeder", ["mappings:write"], ["US"], 30, "no role"),
        ("feeder", ["approvals:decide"], ["US"], 30, "a person does that"), ("feeder", [], ["US"], 30, "scopes are"),
        ("feeder", ["everything"], ["US"], 30, "everything: scopes"), ("feeder", ["files:write"], [], 30, "which entities"),
        ("feeder", ["files:write"], ["US"], 366, "1 to 365"), ("ada", ["files:write"], ["US"], 30, "no active service"),
    ):  # fmt: skip
        with pytest.raises(AuthorityError, match=says):
            make_service_key(full.c, account, "x", scopes, entities, days, "ada", full.at)
    with pytest.raises(AuthorityError, match="no administrator"):
        make_service_key(full.c, "feeder", "x", ["files:write"], ["US"], 30, "feeder", full.at)
    _, key = make_service_key(full.c, "feeder", "x", ["files:write"], ["US"], 30, "ada", full.at)
    from tieout.security import RevokeRole

    full.change(RevokeRole(name="feeder", role="preparer", entity="US"), "ada")
    found = service_key_of(full.c, key, full.at)
    assert found is not None and not found.may("files:write", "US")
    full.change(EndPerson(name="feeder"), "ada")
    assert service_key_of(full.c, key, full.at) is None


def test_sql_widens_no_key_and_makes_none(full: House) -> None:
    full.add("feeder", "preparer", human=False, entity="US")
    _, key = make_service_key(full.c, "feeder", "x", ["files:write"], ["US"], 30, "ada", full.at)
    with pytest.raises(psycopg.errors.RaiseException):
        full.c.execute("update tieout.service_key set scopes = '{matches:write}'")
    for name, scopes in (("one", "{files:write}"), ("two", "{matches:write}")):
        full.c.execute(
            "insert into tieout.service_key select %s, %s, person, label, %s, entities, made_by, made_at, expires_at, null,"
            " null, stamp from tieout.service_key where label = 'x' and key_id not in ('one', 'two')",
            (token_hash(name), name, scopes),
        )
        assert service_key_of(full.c, name, full.at) is None
    assert service_key_of(full.c, key, full.at) is not None
