"""What a system's bad days mean: every failure is told apart by what must be done next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from unittest import mock

import httpx2

from tieout.connector_api.capabilities import Poller
from tieout.connector_api.conformance.answers import Reply, answering
from tieout.connector_api.conformance.subject import AT_FIRST, NotChecked, Subject, without_waiting
from tieout.connector_api.errors import ConnectorError, SetupError, TransientError

_ASKED_S = 900


def refused_key(subject: Subject) -> None:
    """401 is a SetupError: a person must mend it, and nobody asks on and on."""
    _each(subject, Reply(401, b'{"error": "unauthorized"}'), SetupError, "a key that is refused (401)")


def busy(subject: Subject) -> None:
    """429 is a TransientError with the wait that was asked for, in seconds or as an HTTP date (RFC 9110, 10.2.3)."""
    now = datetime.now(UTC)
    date = format_datetime(now + timedelta(seconds=_ASKED_S), usegmt=True)
    for asked in (str(_ASKED_S), date):
        reply = Reply(429, headers={"Retry-After": asked})
        for error in _each(subject, reply, TransientError, f"a busy system (429, Retry-After: {asked})"):
            wait = error.retry_after
            assert wait is not None and _ASKED_S - 120 < wait <= _ASKED_S, (
                f"Retry-After: {asked} asks for {_ASKED_S} s, and {wait} s are said"
            )


def broken(subject: Subject) -> None:
    """500, 502 and 503 are TransientErrors: nothing happened there, so it is tried again; where it named no wait, none is
    said."""
    for status in (500, 502, 503):
        reply = Reply(status, headers={"Retry-After": "3"})
        _each(subject, reply, TransientError, f"a broken system ({status})")
        for error in _each(subject, Reply(status), TransientError, f"a broken system ({status})"):
            _asked_nothing(error, f"a broken system ({status})")


def cut_line(subject: Subject) -> None:
    """An answer that ends before it is complete is a TransientError, and none of it is believed."""
    for error in _each(
        subject, Reply(200, b'{"data": [', cut=True), TransientError, "an answer that is cut off"
    ):
        _asked_nothing(error, "an answer that is cut off")


def unreachable(subject: Subject) -> None:
    """A system where nobody listens is a TransientError."""
    _addressed(subject)
    for stream in subject.polled:
        session = subject.open(url="http://127.0.0.1:1")
        with without_waiting():
            _asked_nothing(
                _expect(subject, session, stream, TransientError, "nobody listens"), "nobody listens"
            )


def silent(subject: Subject) -> None:
    """A system that never answers is given up after a time that the connector set, and is a TransientError."""
    _addressed(subject)
    asked: list[dict[str, Any]] = []

    def never(_: Any, request: httpx2.Request) -> httpx2.Response:
        asked.append(dict(request.extensions.get("timeout") or {}))
        raise httpx2.ReadTimeout("nothing came", request=request)

    for stream in subject.polled:
        with mock.patch.object(httpx2.HTTPTransport, "handle_request", never), without_waiting():
            session = subject.open()
            _expect(
                subject,
                session,
                stream,
                TransientError,
                "nothing is answered",
            )
    if not asked:
        raise NotChecked("it does not ask over httpx2, whose time-out is looked at here")
    for limits in asked:
        for what in ("connect", "read", "write", "pool"):
            assert limits.get(what), (
                f"there is no limit on how long it waits to {what}: give its client a timeout"
            )


def no_page(subject: Subject) -> None:
    """A page of HTML where JSON was expected (a proxy, a log-in) is a ConnectorError."""
    reply = Reply(200, b"<html>Please log in</html>", {"Content-Type": "text/html"})
    _each(subject, reply, ConnectorError, "a page of HTML in place of an answer")


def stays_outside(subject: Subject) -> None:
    """Entered by the browser, it is not led into this server's own network: its client is `http_client`'s."""
    if not subject.connector.by_browser:
        raise NotChecked("it cannot be connected by the browser (it has a folder or a host)")
    _addressed(subject)
    with answering(Reply(200)) as there:
        for stream in subject.polled:
            session = subject.open(private=(), url=there.url)
            with without_waiting():
                _expect(
                    subject,
                    session,
                    stream,
                    ConnectorError,
                    "a private address",
                )
        assert not there.times, (
            "an address of this server's own network was asked: make the client with http_client()"
        )


def _each(subject: Subject, reply: Reply, kind: type[ConnectorError], what: str) -> list[Any]:
    """What every stream raises where its system answers so."""
    _addressed(subject)
    raised = []
    for stream in subject.polled:
        with answering(reply) as there:
            session = subject.open(url=there.url)
            with without_waiting():
                raised.append(_expect(subject, session, stream, kind, what))
            assert there.times, f"{stream}: its system is not asked at the setting url"
    return raised


def _asked_nothing(error: Any, what: str) -> None:
    assert error.retry_after is None, (
        f"{what}: the system asked for nothing, and {error.retry_after} s are said, for which every lane that asks it "
        "waits: leave retry_after out, and it is tried again by a back-off of its own"
    )


def _expect(subject: Subject, session: Poller, stream: str, kind: type[ConnectorError], what: str) -> Any:
    """What a poll raises. Raises AssertionError where that is nothing, or of another kind."""
    try:
        given = session.poll(stream, dict(AT_FIRST), subject.now)
    except kind as error:
        assert str(error).strip(), f"{stream}, {what}: the {kind.__name__} does not say what happened"
        return error
    except Exception as error:
        raise AssertionError(f"{stream}, {what}: {kind.__name__} was expected, and {error!r} came") from error
    raise AssertionError(f"{stream}, {what}: {kind.__name__} was expected, and {given!r} came")


def _addressed(subject: Subject) -> None:
    if not any(f.name == "url" for f in subject.connector.config):
        raise NotChecked("it has no setting `url`, at which a system that fails could stand")
