"""Access tokens over real HTTP: renewed in time and once, kept before they are used, and told to nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.token_provider import FIRST, SECRET, Provider, serving
from tieout.connector_api import SetupError, SystemConfig, TransientError, http_client
from tieout.connector_api.tokens import (
    ClientCredentials,
    Grant,
    JwtBearer,
    MemoryTokens,
    RefreshToken,
    Token,
    token_auth,
)


class At:
    """A clock that is set, and a keeper that goes by it."""

    def __init__(self) -> None:
        self.at = 1_790_000_000.0

    def __call__(self) -> float:
        return self.at


class Keeper(MemoryTokens):
    def __init__(self, clock: At) -> None:
        super().__init__()
        self.now = clock  # type: ignore[method-assign,assignment]


class Place:
    """A provider that is served, and a keeper by the same clock."""

    def __init__(self, url: str, provider: Provider, clock: At) -> None:
        self.url, self.provider, self.clock, self.keeper = url, provider, clock, Keeper(clock)

    def grant(self, **given: Any) -> ClientCredentials:
        return ClientCredentials(
            **{"url": f"{self.url}/token", "client_id": "app", "client_secret": SECRET, **given}
        )

    def refreshing(self, **given: Any) -> RefreshToken:
        own = {
            "url": f"{self.url}/token",
            "client_id": "app",
            "client_secret": SECRET,
            "refresh_token": FIRST,
        }
        return RefreshToken(**{**own, **given})

    def client(self, grant: Grant, header: str = "") -> httpx2.Client:
        config = SystemConfig("shop", "shop", "test", {}, tokens=self.keeper)
        return http_client(base_url=self.url, auth=token_auth(config, grant, header), timeout=10)


@pytest.fixture
def place() -> Iterator[Place]:
    clock = At()
    provider = Provider(now=clock)
    with serving(provider) as url:
        yield Place(url, provider, clock)


def test_a_token_is_asked_for_once_and_renewed_before_its_end(place: Place) -> None:
    with place.client(place.grant(scope="read write")) as http:
        assert [http.get("/things").status_code for _ in range(3)] == [200, 200, 200]
        assert place.provider.asked == [
            {
                "grant_type": "client_credentials",
                "client_id": "app",
                "client_secret": SECRET,
                "scope": "read write",
            }
        ]
        place.clock.at += 479
        http.get("/things")
        assert len(place.provider.asked) == 1
        # Of ten minutes the last fifth is margin.
        place.clock.at += 2
        http.get("/things")
    assert len(place.provider.asked) == 2
    assert [status for _, status, _ in place.provider.calls] == [200] * 5


def test_client_credentials_go_as_a_header_where_that_is_asked_for(place: Place) -> None:
    with place.client(place.grant(send="basic", extra={"audience": "x"})) as http:
        assert http.get("/things").status_code == 200
    assert place.provider.asked[0] == {
        "grant_type": "client_credentials", "audience": "x", "client_id": "app", "client_secret": SECRET,
    }  # fmt: skip


def test_a_header_of_its_own_carries_the_token_alone(place: Place) -> None:
    with place.client(place.grant(), header="X-Token") as http:
        assert http.get("/things").status_code == 200


@pytest.mark.parametrize("rotates", ["until_used", "seconds", "at_once", "never"])
def test_each_refresh_token_is_sent_as_the_newest_that_was_given(place: Place, rotates: str) -> None:
    place.provider.rotates = rotates
    with place.client(place.refreshing()) as http:
        for _ in range(6):
            assert http.get("/things").status_code == 200
            place.clock.at += 601
    sent = [form["refresh_token"] for form in place.provider.asked]
    assert len(sent) == 6
    assert len(set(sent)) == (1 if rotates == "never" else 6)
    assert all(status == 200 for _, status, _ in place.provider.calls)


def test_a_refresh_token_is_kept_where_none_comes_with_an_answer(place: Place) -> None:
    place.provider.changes = {"refresh_token": None}
    place.provider.rotates = "never"
    with place.client(place.refreshing()) as http:
        for _ in range(3):
            assert http.get("/things").status_code == 200
            place.clock.at += 601
    assert {form["refresh_token"] for form in place.provider.asked} == {FIRST}


def test_a_token_that_was_revoked_early_is_renewed_once(place: Place) -> None:
    with place.client(place.refreshing()) as http:
        http.get("/things")
        place.provider.revoke()
        assert http.get("/things").status_code == 200
        assert len(place.provider.asked) == 2
        place.provider.revoke()
        assert http.get("/things").status_code == 200
    assert len(place.provider.asked) == 3


def test_what_is_refused_with_a_new_token_too_is_for_a_person_and_is_not_renewed_again(place: Place) -> None:
    with place.client(place.grant()) as http:
        place.provider.life_s = -5
        place.provider.changes = {"expires_in": 600}
        for _ in range(3):
            with pytest.raises(SetupError, match="refuses a token that it gave a moment ago"):
                http.get("/things")
        assert len(place.provider.asked) == 2
        # Somebody may have mended it a minute later.
        place.clock.at += 61
        place.provider.life_s = 600
        assert http.get("/things").status_code == 200


@pytest.mark.parametrize("status", [200, 400, 403, 404, 429, 500, 503])
def test_only_a_401_says_that_a_token_is_none(place: Place, status: int) -> None:
    """A right that is missing, a system that is busy: another token would change nothing of it, and the answer is the caller's."""
    config = SystemConfig("shop", "shop", "test", {}, tokens=place.keeper)
    asked: list[str] = []

    def answers(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers["authorization"])
        return httpx2.Response(status)

    auth, there = token_auth(config, place.grant()), httpx2.MockTransport(answers)
    with httpx2.Client(base_url=place.url, auth=auth, transport=there) as http:
        assert http.get("/things").status_code == status
    assert len(asked) == 1 and asked[0].startswith("Bearer ")
    assert len(place.provider.asked) == 1


def test_another_session_takes_the_token_that_is_kept(place: Place) -> None:
    with place.client(place.refreshing()) as one, place.client(place.refreshing()) as other:
        one.get("/things")
        place.clock.at += 590
        other.get("/things")
        # Its old one is dead there by now: it takes the newer one, and renews nothing.
        place.clock.at -= 200
        assert one.get("/things").status_code == 200
    assert len(place.provider.asked) == 2


def test_one_renews_and_the_others_wait_for_it(place: Place) -> None:
    place.provider.slow_s = 0.2
    with place.client(place.refreshing()) as one, place.client(place.refreshing()) as other:
        threads = [
            threading.Thread(target=http.get, args=("/things",)) for http in (one, other) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (len(place.provider.asked), place.provider.most_at_once) == (1, 1)
    assert [status for _, status, _ in place.provider.calls] == [200] * 8


def test_another_secret_begins_anew(place: Place) -> None:
    with place.client(place.refreshing()) as http:
        http.get("/things")
    with place.client(place.refreshing(client_secret="other-one")) as http:
        with pytest.raises(SetupError, match="client id and secret") as raised:
            http.get("/things")
        assert "other-one" not in str(raised.value)
    made = [place.grant(), place.grant(scope="x"), place.grant(client_secret="y"), place.refreshing()]
    assert len({g.fingerprint for g in made}) == 4


@pytest.mark.parametrize("expires", [None, "3600", 3600.0, 0, -1, "soon", True, "nan", 1e400, [3600]])
def test_an_end_is_read_as_it_is_written_and_where_none_is_named_it_serves_until_it_is_refused(
    place: Place, expires: Any
) -> None:
    place.provider.changes = {"expires_in": expires}
    place.provider.life_s = 3600
    with place.client(place.grant()) as http:
        http.get("/things")
        place.clock.at += 3400
        http.get("/things")
        said = expires in ("3600", 3600.0) and expires is not True
        assert len(place.provider.asked) == (2 if said else 1)
        place.clock.at += 300
        assert http.get("/things").status_code == 200


@pytest.mark.parametrize("kind", ["bearer", "BEARER", "BearerToken", "", None])
def test_a_bearer_token_is_one_however_it_is_written(place: Place, kind: Any) -> None:
    place.provider.changes = {"token_type": kind}
    with place.client(place.grant()) as http:
        assert http.get("/things").status_code == 200


REFUSALS = [
    (400, {"error": "invalid_client"}, "client id and secret"),
    (401, {"error": "invalid_client"}, "client id and secret"),
    (400, {"error": "unauthorized_client"}, "may not use the grant refresh_token"),
    (400, {"error": "unsupported_grant_type"}, "does not know the grant refresh_token"),
    (400, {"error": "invalid_scope"}, "grant it in the app's settings"),
    (400, {"error": "invalid_request"}, "misses something"),
    (400, {"error": "invalid_grant"}, "connect anew"),
    # Salesforce's own.
    (
        400,
        {"error": "inactive_user", "error_description": "user is inactive"},
        "inactive_user: user is inactive",
    ),
    # With a 200, as some do (github.com).
    (200, {"error": "bad_verification_code"}, "bad_verification_code"),
    (404, b"<html>", "status 404 without a reason"),
    (403, {}, "status 403 without a reason"),
    (200, {"hello": "world"}, "no access_token"),
    (200, {"access_token": "a\r\nX: y"}, "cannot be sent"),
    (200, {"access_token": "a", "token_type": "mac"}, "of the type 'mac'"),
]


@pytest.mark.parametrize(("status", "said", "words"), REFUSALS)
def test_what_an_endpoint_refuses_is_for_a_person_with_words_and_is_asked_once(
    place: Place, status: int, said: Any, words: str
) -> None:
    place.provider.replies = [(status, said, {})]
    with place.client(place.refreshing()) as http, pytest.raises(SetupError, match=words):
        http.get("/things")
    assert len(place.provider.asked) == 1
    assert place.provider.calls == []


def test_an_endpoint_that_leads_elsewhere_is_not_followed(place: Place) -> None:
    place.provider.replies = [(302, {}, {"location": "https://login.example/token"})]
    with place.client(place.refreshing()) as http, pytest.raises(SetupError, match=r"login\.example"):
        http.get("/things")


@pytest.mark.parametrize(
    "reply",
    [
        (500, b"<html>", {}),
        (503, {"error": "invalid_grant"}, {}),
        (429, {}, {}),
        (400, {"error": "temporarily_unavailable"}, {}),
        (400, {"error": "unknown_error", "error_description": "retry your request"}, {}),
        (200, b'{"access_token": "abc', {}),
        (200, b"[" * 100_000, {}),
    ],
)
def test_an_endpoint_that_is_broken_for_a_moment_is_asked_again(place: Place, reply: Any) -> None:
    place.provider.replies = [reply, reply]
    with place.client(place.grant()) as http:
        assert http.get("/things").status_code == 200
        place.clock.at += 1000
        place.provider.replies = [reply] * 3
        with pytest.raises(TransientError):
            http.get("/things")
    assert len(place.provider.asked) == 6


def test_what_an_endpoint_asks_to_wait_is_handed_on(place: Place) -> None:
    place.provider.replies = [(429, {}, {"retry-after": "90"})]
    with place.client(place.grant()) as http, pytest.raises(TransientError) as raised:
        http.get("/things")
    assert (raised.value.retry_after, len(place.provider.asked)) == (90.0, 1)


def test_a_token_that_is_only_due_goes_on_while_its_endpoint_is_broken(place: Place) -> None:
    with place.client(place.grant()) as http:
        http.get("/things")
        place.clock.at += 500
        place.provider.replies = [(500, {}, {})] * 3
        assert http.get("/things").status_code == 200
        place.clock.at += 101
        place.provider.replies = [(500, {}, {})] * 3
        with pytest.raises(TransientError):
            http.get("/things")


def test_a_token_that_was_refused_is_not_sent_again_while_its_endpoint_is_broken(place: Place) -> None:
    """It has its time yet, and is none: what it is refused for is no reason to ask with it once more."""
    with place.client(place.grant()) as http:
        http.get("/things")
        place.provider.revoke()
        place.provider.replies = [(500, {}, {})] * 3
        with pytest.raises(TransientError):
            http.get("/things")
    assert [status for _, status, _ in place.provider.calls] == [200, 401]


@pytest.mark.parametrize("rotates", ["until_used", "seconds"])
def test_an_answer_that_is_lost_on_the_way_is_asked_for_again_with_the_same_refresh_token(
    place: Place, rotates: str
) -> None:
    place.provider.rotates, place.provider.cut = rotates, 1
    with place.client(place.refreshing()) as http:
        for _ in range(3):
            assert http.get("/things").status_code == 200
            place.clock.at += 601
    assert [form["refresh_token"] for form in place.provider.asked][:2] == [FIRST, FIRST]


def test_where_a_provider_ends_the_old_one_at_once_a_lost_answer_is_told_as_that(place: Place) -> None:
    place.provider.rotates, place.provider.cut = "at_once", 1
    with place.client(place.refreshing()) as http:
        # And again, whoever asks: until a person connects anew it is the same loss.
        for _ in range(2):
            with pytest.raises(SetupError, match="the answer to an earlier renewal was lost") as raised:
                http.get("/things")
            assert FIRST not in str(raised.value)


class Dies(Keeper):
    """A worker that is killed between answer and keeping."""

    def renewing(self, system: str, grant: str) -> Any:
        outer = super().renewing(system, grant)

        class Killed:
            def __enter__(self) -> Any:
                made = outer.__enter__()

                def keep(token: Token) -> None:
                    raise KeyboardInterrupt

                made.keep = keep  # type: ignore[method-assign]
                return made

            def __exit__(self, *args: Any) -> None:
                outer.__exit__(None, None, None)

        return Killed()


@pytest.mark.parametrize("rotates", ["until_used", "seconds", "never", "at_once"])
def test_who_dies_between_answer_and_keeping_loses_nothing_where_the_provider_lets_the_old_one_go_on(
    place: Place, rotates: str
) -> None:
    place.provider.rotates = rotates
    whole, dying = place.keeper, Dies(place.clock)
    dying._tokens, dying._begun = whole._tokens, whole._begun
    with place.client(place.refreshing()) as http:
        http.get("/things")
        place.clock.at += 601
        place.keeper = dying
        with place.client(place.refreshing()) as other, pytest.raises(KeyboardInterrupt):
            other.get("/things")
        place.keeper = whole
        if rotates == "at_once":
            with pytest.raises(SetupError, match="was lost before it could be kept"):
                http.get("/things")
        else:
            assert http.get("/things").status_code == 200


def test_nothing_that_is_secret_stands_in_what_can_be_printed(place: Place) -> None:
    grants = [place.grant(), place.refreshing(), JwtBearer("u", "i", "s", "a", "KEY-TEXT")]
    token = Token("access-xyz", 1.0, 2.0, "refresh-xyz")
    config = SystemConfig("s", "s", "t", {"secret": SECRET})
    shown = " ".join(map(repr, [*grants, token, config, token_auth(config, grants[0])]))
    for secret in (SECRET, FIRST, "KEY-TEXT", "access-xyz", "refresh-xyz"):
        assert secret not in shown


def test_what_a_provider_repeats_of_a_secret_is_masked(place: Place) -> None:
    place.provider.pairs = []
    with place.client(place.refreshing(refresh_token="a-dead-one")) as http:
        with pytest.raises(SetupError, match=r"… is expired or revoked") as raised:
            http.get("/things")
        assert "a-dead-one" not in str(raised.value)


def pem(key: Any) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.mark.parametrize("sort", ["RSA", "EC", "one line"])
def test_an_assertion_is_signed_and_says_who_for_how_long(place: Place, sort: str) -> None:
    key: Any = (
        ec.generate_private_key(ec.SECP256R1()) if sort == "EC" else rsa.generate_private_key(65537, 2048)
    )
    text = pem(key).replace("\n", "\\n") if sort == "one line" else pem(key)
    grant = JwtBearer(
        f"{place.url}/token", "app", "me@example.com", "https://login.example", text, key_id="k1"
    )
    with place.client(grant) as http:
        assert http.get("/things").status_code == 200
        place.clock.at += 601
        assert http.get("/things").status_code == 200
    first, second = (form["assertion"] for form in place.provider.asked)
    assert first != second
    assert place.provider.asked[0]["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    known = (ECKey if sort == "EC" else RSAKey).import_key(pem(key))
    read = jwt.decode(first, known, algorithms=["ES256" if sort == "EC" else "RS256"])
    at = int(place.clock.at - 601)
    assert read.header["kid"] == "k1"
    assert {k: read.claims[k] for k in ("iss", "sub", "aud", "iat", "exp")} == {
        "iss": "app", "sub": "me@example.com", "aud": "https://login.example", "iat": at, "exp": at + 120,
    }  # fmt: skip


def test_a_key_that_is_none_is_for_a_person(place: Place) -> None:
    grant = JwtBearer(f"{place.url}/token", "i", "s", "a", "no key")
    with place.client(grant) as http, pytest.raises(SetupError, match="private key"):
        http.get("/things")


def test_clocks_that_are_apart_are_told_where_an_assertion_is_refused(place: Place) -> None:
    place.clock.at = time.time() + 400
    place.provider.replies = [(400, {"error": "invalid_grant", "error_description": "expired"}, {})]
    key = pem(rsa.generate_private_key(65537, 2048))
    words = r"clock and ours are (399|400|401) seconds apart"
    grant = JwtBearer(f"{place.url}/token", "i", "s", "a", key)
    with place.client(grant) as http, pytest.raises(SetupError, match=words):
        http.get("/things")


def test_an_endpoint_that_is_not_there_is_asked_again_later() -> None:
    clock = At()
    place = Place("http://127.0.0.1:9", Provider(now=clock), clock)
    with place.client(place.grant()) as http, pytest.raises(TransientError, match="ConnectError"):
        http.get("/things")


def test_the_margin_is_five_minutes_or_the_last_fifth() -> None:
    day = Token("a", 0.0, 86_400.0)
    assert not day.due(86_099.0)
    assert day.due(86_100.0)
    short = replace(day, ends_at=100.0)
    assert not short.due(79.0)
    assert short.due(80.0)
    assert (short.ended(99.9), short.ended(100.0)) == (False, True)
    assert not Token("a", 0.0).due(1e12)
