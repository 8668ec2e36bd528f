"""How many examples a test with a count of its own tries: fifteen at most in `make test`, all of them and many times as many by
`make campaign-properties`."""

from __future__ import annotations

import os

# By `make campaign-properties` a number; nothing in `make test`.
TIMES = os.environ.get("TIEOUT_EXAMPLES_TIMES", "")
MOST = 15


def examples(count: int, most: int = MOST) -> int:
    """A multiple of `count` in the campaign, else as many as are affordable each time: `most`."""
    return count * int(TIMES) if TIMES else min(count, most)
