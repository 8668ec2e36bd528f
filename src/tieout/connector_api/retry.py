"""Asks a system again where nothing happened there, a few times, before the caller hears of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from tieout.connector_api.errors import SetupError, TransientError

T = TypeVar("T")
# What a system may ask for and is still waited for here; and how long one wait is at most.
_PATIENCE_S = 2.0
_LONGEST_S = 2.0


def patiently(call: Callable[[], T], tries: int = 5) -> T:
    """`call`'s answer. A TransientError is waited out and tried again; a refused key once more, since some servers
    refuse while they rotate. One that asks for more than two seconds is the caller's to wait out: nobody asks a
    system again before the time that it named.

    Raises what the last try raised; an UnknownOutcomeError goes through at once.
    """
    refused = 0
    for attempt in range(1, tries + 1):
        try:
            return call()
        except TransientError as error:
            if attempt == tries or error.retry_after > _PATIENCE_S:
                raise
            time.sleep(min(max(error.retry_after, 0.02) * attempt, _LONGEST_S))
        except SetupError:
            refused += 1
            if refused > 2 or attempt == tries:
                raise
            time.sleep(0.05)
    raise AssertionError("a loop that always returns or raises ended")
