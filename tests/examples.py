"""How many examples a test with a count of its own tries: a few each time, many times as many by `make campaign-properties`."""

from __future__ import annotations

import os

TIMES = int(os.environ.get("TIEOUT_EXAMPLES_TIMES", "1"))


def examples(count: int) -> int:
    """`count`, or a multiple of it."""
    return count * TIMES
