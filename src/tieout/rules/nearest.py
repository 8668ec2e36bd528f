"""Which known names somebody may have meant by one that is not known: the fewest letters apart, then the longest common beginning, since codes of
an account's kind begin alike.

Letters apart: Levenshtein's distance (insert, delete, replace), case aside.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

# Of a long name a third may be wrong; of a short one a single letter.
_SHARE = 3


def nearest(typed: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The `most` names that are nearest to what was typed, the nearest first; none that is too far to have been meant."""
    wanted = typed.strip().casefold()
    far = max(1, len(wanted) // _SHARE)
    found = []
    for name in known:
        text = name.casefold()
        if abs(len(text) - len(wanted)) <= far and (apart := _apart(wanted, text, far)) <= far:
            begins_alike = sum(1 for _ in takewhile(lambda x: x[0] == x[1], zip(wanted, text, strict=False)))
            found.append((apart, -begins_alike, name))
    return [name for *_, name in sorted(found)[:most]]


def _apart(one: str, other: str, far: int) -> int:
    """How many letters differ; more than `far` where that is sure."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        left, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            left, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, left + (a != b))
        if min(row) > far:
            return far + 1
    return row[-1]
