"""What is believed of a webhook: what its system signed, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tieout.connector_api.capabilities import Item
from tieout.connector_api.conformance.subject import NotChecked, Push, Subject
from tieout.connector_api.errors import SignatureError

_LATER = timedelta(days=2)


def signed(subject: Subject) -> None:
    """A push that is rightly signed is taken, and the same push is the same items: sent twice, it is kept once."""
    push, headers = _given(subject)
    first, second = (_receive(subject, headers, push.body) for _ in range(2))
    assert first, "a push that is rightly signed becomes no item"
    assert first == second, f"the same push is {first} and then {second}"
    later = subject.now + timedelta(seconds=60)
    again = subject.open(**push.settings).receive(push.sign(push.body, later), push.body, later)
    assert [i.dedupe_key for i in again] == [i.dedupe_key for i in first], (
        "sent again it has other keys, and is kept twice"
    )


def unsigned(subject: Subject) -> None:
    """A push without a signature, with another one, or of another body is a SignatureError before it is believed."""
    push, headers = _given(subject)
    _refused(subject, {}, push.body, "a push without any header")
    _refused(subject, headers, push.body + b" ", "a push with a byte more than was signed")
    _refused(subject, headers, push.body[:-1], "a push that was cut")
    other = push.sign(push.body + b"x", subject.now)
    differing = [name for name in headers if other.get(name) != headers[name]]
    assert differing, "Push.sign gives the same headers for another body: then nothing is signed"
    for name in differing:
        for value in ("", "x", "t=1,v1=", "\u00e9", "9" * 5_000, other[name]):
            _refused(subject, {**headers, name: value}, push.body, f"a push whose {name} is {value[:40]!r}")


def replayed(subject: Subject) -> None:
    """A push that is sent again two days later by whoever kept it is refused by its time, or known again by its key."""
    push, headers = _given(subject)
    first = _receive(subject, headers, push.body)
    try:
        again = subject.open(**push.settings).receive(headers, push.body, subject.now + _LATER)
    except SignatureError:
        return
    assert [i.dedupe_key for i in again] == [i.dedupe_key for i in first], (
        "replayed, it has other keys and is kept twice"
    )


def _given(subject: Subject) -> tuple[Push, dict[str, str]]:
    if subject.push is None:
        raise NotChecked("no `push` is given: Push(body, sign, settings), as its system would send it")
    return subject.push, dict(subject.push.sign(subject.push.body, subject.now))


def _receive(subject: Subject, headers: Mapping[str, str], body: bytes) -> list[Item]:
    assert subject.push is not None
    found: list[Item] = subject.open(**subject.push.settings).receive(headers, body, subject.now)
    return found


def _refused(subject: Subject, headers: Mapping[str, str], body: bytes, what: str) -> None:
    try:
        given: Any = _receive(subject, headers, body)
    except SignatureError:
        return
    except Exception as error:
        raise AssertionError(f"{what}: SignatureError was expected, and {error!r} came") from error
    raise AssertionError(f"{what} is taken: {given}")
