"""What is asked again at once, how often, and what is the caller's to wait out."""

from __future__ import annotations

import pytest

from tieout.connector_api import SetupError, TransientError, patiently
from tieout.connector_api.retry import waited


def test_two_seconds_are_waited_here_and_more_is_the_callers() -> None:
    assert waited(2.0, 1) == 2.0
    assert waited(2.001, 1) is None
    assert (waited(0.0, 1), waited(0.5, 2)) == (0.02, 1.0)
    guessed = waited(None, 3)
    assert guessed is not None and 0.16 <= guessed <= 0.24


def test_a_key_that_is_refused_is_asked_with_twice_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    for refusals, calls in ((2, 3), (3, 3), (9, 3)):
        asked = []

        def ask(asked: list[int] = asked, refusals: int = refusals) -> str:
            asked.append(1)
            if len(asked) <= refusals:
                raise SetupError("no")
            return "yes"

        if refusals == 2:
            assert patiently(ask) == "yes"
        else:
            with pytest.raises(SetupError):
                patiently(ask)
        assert len(asked) == calls


def test_what_asks_for_longer_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    for wait_s, calls in ((None, 5), (0.1, 5), (3.0, 1)):
        asked = []

        def ask(asked: list[int] = asked, wait_s: float | None = wait_s) -> None:
            asked.append(1)
            raise TransientError("busy", wait_s)

        with pytest.raises(TransientError):
            patiently(ask)
        assert len(asked) == calls
