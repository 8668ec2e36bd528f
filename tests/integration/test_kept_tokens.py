"""Tokens in the project's database: sealed, one for all workers, and never lost by who is killed or cut off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import psycopg
import pytest

from tests.token_provider import FIRST, SECRET, Provider, serving
from tieout.connector_api import SetupError, SystemConfig, TransientError, http_client
from tieout.connector_api.tokens import RefreshToken, Token, token_auth
from tieout.security import kept_tokens
from tieout.security.kept_tokens import KeptTokens
from tieout.store import Database


class At:
    """A clock that is set."""

    def __init__(self) -> None:
        self.at = 1_790_000_000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)


class Place:
    def __init__(self, url: str, provider: Provider, clock: At, database: Database) -> None:
        self.url, self.provider, self.clock, self.database = url, provider, clock, database

    def keeper(self) -> KeptTokens:
        """One worker's."""
        return KeptTokens(lambda: self.database, self.clock)

    def client(self, keeper: KeptTokens, refresh: str = FIRST, secret: str = SECRET) -> httpx2.Client:
        grant = RefreshToken(f"{self.url}/token", "app", secret, refresh)
        config = SystemConfig("shop", "shop", "test", {}, tokens=keeper)
        return http_client(base_url=self.url, auth=token_auth(config, grant), timeout=10)

    def rows(self) -> list[dict[str, Any]]:
        return self.database.rows("select * from tieout.access_token order by got_at")


@pytest.fixture
def place(database: Database) -> Iterator[Place]:
    clock = At()
    provider = Provider(now=lambda: clock.at)
    with serving(provider) as url:
        yield Place(url, provider, clock, database)


def test_two_workers_and_a_third_that_starts_later_share_one_token(place: Place) -> None:
    for _ in range(4):
        for _ in range(2):
            with place.client(place.keeper()) as http:
                assert http.get("/things").status_code == 200
        place.clock.at += 481
    assert place.provider.asked[0]["refresh_token"] == FIRST
    assert len({form["refresh_token"] for form in place.provider.asked}) == 4
    assert [status for _, status, _ in place.provider.calls] == [200] * 8


def test_what_is_kept_tells_nothing_and_opens_for_nobody_else(place: Place, database: Database) -> None:
    with place.client(place.keeper()) as http:
        http.get("/things")
    (row,) = place.rows()
    assert row["system"] == "shop"
    assert row["ends_at"] == datetime.fromtimestamp(place.clock.at + 600, UTC)
    shown = b"".join(bytes(row[k]) for k in ("sealed", "grant_stamp")) + repr(row).encode()
    pair = place.provider.pairs[-1]
    for secret in (pair.access, pair.refresh, FIRST, SECRET):
        assert secret.encode() not in shown
    other = KeptTokens(lambda: Database(database.dsn, b"k" * 32), place.clock)
    grant = RefreshToken(f"{place.url}/token", "app", SECRET, FIRST).fingerprint
    assert other.read("shop", grant) is None
    assert place.keeper().read("shop", grant) is not None
    # Put into another system's place it opens for nobody.
    with database.transaction() as connection:
        connection.execute("update tieout.access_token set system = 'till'")
    assert place.keeper().read("till", grant) is None


def test_another_secret_begins_anew_and_what_was_kept_stays_for_who_goes_back(place: Place) -> None:
    with place.client(place.keeper()) as http:
        http.get("/things")
    newest = place.provider.pairs[-1].refresh
    place.clock.at += 700
    with place.client(place.keeper(), refresh=newest) as http:
        assert http.get("/things").status_code == 200
    assert place.provider.asked[-1]["refresh_token"] == newest
    assert len(place.rows()) == 2


def test_what_nobody_used_for_more_than_a_year_is_forgotten(place: Place) -> None:
    with place.client(place.keeper()) as http:
        http.get("/things")
    newest = place.provider.pairs[-1].refresh
    place.clock.at += 401 * 86_400
    with place.client(place.keeper(), refresh=newest) as http:
        http.get("/things")
    assert len(place.rows()) == 1


def test_one_worker_renews_at_a_time(place: Place) -> None:
    place.provider.slow_s = 0.15
    clients = [place.client(place.keeper()) for _ in range(4)]
    threads = [threading.Thread(target=http.get, args=("/things",)) for http in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(place.provider.asked), place.provider.most_at_once) == (1, 1)
    assert [status for _, status, _ in place.provider.calls] == [200] * 4


def test_who_waits_too_long_for_another_comes_back_later(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_tokens, "PATIENCE_S", 0.2)
    grant = RefreshToken(f"{place.url}/token", "app", SECRET, FIRST).fingerprint
    with place.keeper().renewing("shop", grant), place.client(place.keeper()) as http:
        with pytest.raises(TransientError, match="another worker renews") as raised:
            http.get("/things")
        assert raised.value.retry_after == 5.0
        # Another system's token, and another grant's, is nobody's business here.
        with place.keeper().renewing("till", grant), place.keeper().renewing("shop", "0" * 64):
            pass
    assert place.provider.asked == []


@pytest.mark.parametrize("rotates", ["until_used", "seconds", "never", "at_once"])
def test_who_is_killed_between_answer_and_commit_loses_nothing_that_the_provider_did_not_end(
    place: Place, rotates: str
) -> None:
    place.provider.rotates = rotates
    with place.client(place.keeper()) as http:
        http.get("/things")
    place.clock.at += 481
    grant = RefreshToken(f"{place.url}/token", "app", SECRET, FIRST)
    # The next one asks, is given a token, and is gone.
    with place.keeper().renewing("shop", grant.fingerprint) as renewal:
        assert renewal.token is not None
        renewal.begin()
        httpx2.post(grant.url, data=grant.form(renewal.token, 0.0))
    with place.keeper().renewing("shop", grant.fingerprint) as renewal:
        assert renewal.lost
    with place.client(place.keeper()) as http:
        if rotates == "at_once":
            with pytest.raises(SetupError, match="was lost before it could be kept"):
                http.get("/things")
            return
        assert http.get("/things").status_code == 200
        with place.keeper().renewing("shop", grant.fingerprint) as renewal:
            assert not renewal.lost
        place.clock.at += 481
        assert http.get("/things").status_code == 200


def test_a_refusal_is_no_loss(place: Place) -> None:
    place.provider.replies = [(400, {"error": "invalid_scope"}, {})]
    with place.client(place.keeper()) as http, pytest.raises(SetupError):
        http.get("/things")
    grant = RefreshToken(f"{place.url}/token", "app", SECRET, FIRST).fingerprint
    with place.keeper().renewing("shop", grant) as renewal:
        assert not renewal.lost


def ended(database: Database) -> None:
    """Cut every line to the database but one's own."""
    with database.transaction() as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


def test_an_answer_is_committed_by_another_line_where_the_first_one_breaks(
    place: Place, database: Database
) -> None:
    keeper = place.keeper()
    grant = RefreshToken(f"{place.url}/token", "app", SECRET, FIRST).fingerprint
    with keeper.renewing("shop", grant) as renewal:
        renewal.begin()
        ended(database)
        token = Token("access", place.clock.at, place.clock.at + 600, "refresh-new")
        assert renewal.keep(token) == token
    assert place.keeper().read("shop", grant) == token


def test_where_another_renewed_while_the_line_was_cut_theirs_is_used(
    place: Place, database: Database
) -> None:
    grant = RefreshToken(f"{place.url}/token", "app", SECRET, FIRST).fingerprint
    with place.keeper().renewing("shop", grant) as renewal:
        renewal.begin()
        ended(database)
        theirs = Token("theirs", place.clock.at, None, "refresh-theirs")
        with place.keeper().renewing("shop", grant) as other:
            other.keep(theirs)
        assert renewal.keep(Token("ours", place.clock.at, None, "refresh-ours")) == theirs
    assert place.keeper().read("shop", grant) == theirs


def test_an_answer_that_the_database_does_not_take_is_not_used_and_is_committed_later(
    place: Place, database: Database
) -> None:
    keeper = place.keeper()
    with database.transaction() as connection:
        connection.execute(
            "create function tieout.token_no() returns trigger language plpgsql as"
            " $$ begin if new.sealed is not null then raise exception 'full'; end if; return new; end $$"
        )
        connection.execute(
            "create trigger full_disk before insert or update on tieout.access_token"
            " for each row execute function tieout.token_no()"
        )
    with place.client(keeper) as http:
        with pytest.raises(TransientError, match="keeps its token, does not answer or refuses"):
            http.get("/things")
        assert place.provider.calls == []
        with database.transaction() as connection:
            connection.execute("drop trigger full_disk on tieout.access_token")
        assert http.get("/things").status_code == 200
    assert len(place.provider.asked) == 1
    place.clock.at += 481
    with place.client(place.keeper()) as http:
        assert http.get("/things").status_code == 200


def test_no_token_is_asked_for_while_the_database_takes_nothing(place: Place) -> None:
    def away() -> Database:
        raise psycopg.OperationalError("nobody there")

    with place.client(KeptTokens(away, place.clock)) as http, pytest.raises(TransientError, match="database"):
        http.get("/things")
    assert place.provider.asked == []
