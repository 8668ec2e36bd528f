"""Asks a system again where nothing happened there, a few times, before the caller hears of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from tieout.connector_api.errors import SetupError, TransientError

T = TypeVar("T")
# What a system may ask for and is still waited for here; and how long one wait is at most.
_PATIENCE_S = 2.0
_LONGEST_S = 2.0
# Where it asks for nothing: each wait is double the one before, as the Runner's are.
_FIRST_S = 0.05


def patiently(call: Callable[[], T], tries: int = 5) -> T:
    """`call`'s answer. A TransientError is waited out and tried again: for as long as the system asked, or 0.05 s, 0.1 s and
    so on where it said nothing; a refused key twice more, since some servers refuse while they rotate. A system that asks
    for more than two seconds is the caller's to wait out: nobody asks it again before the time that it named.

    Raises what the last try raised; an UnknownOutcomeError goes through at once.
    """
    refused = 0
    for attempt in range(1, tries + 1):
        try:
            return call()
        except TransientError as error:
            wait_s = waited(error.retry_after, attempt)
            if attempt == tries or wait_s is None:
                raise
            time.sleep(wait_s)
        except SetupError:
            refused += 1
            if refused > 2 or attempt == tries:
                raise
            time.sleep(0.05)
    raise AssertionError("a loop that always returns or raises ended")


def waited(asked_s: float | None, attempt: int) -> float | None:
    """Seconds until the next try, after `attempt` of them; None where a system asked for more than is waited for here."""
    if (asked_s or 0.0) > _PATIENCE_S:
        return None
    if asked_s is not None:
        return min(max(asked_s, 0.02) * attempt, _LONGEST_S)
    # Spread by a fifth, so that what failed together does not come back together.
    return min(_FIRST_S * 2.0 ** (attempt - 1), _LONGEST_S) * random.uniform(0.8, 1.2)
