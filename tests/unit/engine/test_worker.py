"""A worker looks seldom for objects that hold each other: what stood before it began, never again."""

from __future__ import annotations

import subprocess
import sys

ASKS = """
import gc, weakref
from tieout.engine import look_for_cycles_seldom
before = gc.get_threshold()
look_for_cycles_seldom()
assert gc.isenabled() and gc.get_freeze_count() > 10_000, gc.get_freeze_count()
assert gc.get_threshold()[0] > 10 * before[0], (before, gc.get_threshold())
class Ring: pass
ring = Ring(); ring.own = ring; seen = weakref.ref(ring); del ring
kept = [[] for _ in range(60_000)]
assert seen() is None, "a cycle that came later is still found"
"""


def test_what_stands_is_never_looked_through_again_and_what_comes_later_still_is() -> None:
    done = subprocess.run([sys.executable, "-c", ASKS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
