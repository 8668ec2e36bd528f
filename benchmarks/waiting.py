"""Waits that end: a benchmark that gets no answer says what it waited for, and never hangs."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence


class NoAnswerError(Exception):
    """Something did not answer, or did not end, in the time that it had: with what, and how long."""


def until(what: str, seconds: float, answered: Callable[[], bool]) -> None:
    """Ask again and again, for so many seconds at most. Raises NoAnswerError."""
    deadline = time.monotonic() + seconds
    while not answered():
        if time.monotonic() > deadline:
            raise NoAnswerError(f"{what}: no answer within {seconds:g} s")
        time.sleep(0.05)


def output_of(what: str, command: Sequence[str], seconds: float, given: bytes = b"") -> str:
    """What a process of its own prints, which has so many seconds. Raises NoAnswerError, also where it fails: with what
    it said."""
    try:
        done = subprocess.run(list(command), input=given, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as late:
        raise NoAnswerError(f"{what}: not done within {seconds:g} s") from late
    if done.returncode:
        raise NoAnswerError(
            f"{what}: ended with {done.returncode}: {done.stderr.decode(errors='replace')[-2000:].strip()}"
        )
    return done.stdout.decode()
