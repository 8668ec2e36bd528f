"""What a frame tells that another told already, under whatever name: a day that comes at noon and in the evening, weeks that
overlap, days beside their week. Pure.

What leads from one balance to another has its place in the account: a frame tells again of what another tells where it
begins at a balance that the other leads through, or the other at one that it leads through itself, with the same lines
from there on. The words of lines may differ (another format, another download): then nobody knows what is the same, and
the two are against each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tieout.documents import Frame, FrameLine
from tieout.documents.frames import Leads, reaches

Told = Counter[tuple[object, ...]]


@dataclass(frozen=True)
class Telling:
    """A frame with its lines, in their order."""

    frame: Frame
    lines: tuple[FrameLine, ...]


@dataclass(frozen=True)
class Overlap:
    """What both tell in the same words, for another to leave out; `against` where they tell otherwise of the same stretch, or
    nobody knows whether it is the same one, and `mingled` where some of it is told by both then."""

    told: Told
    against: bool = False
    mingled: bool = False


def told_of(lines: Iterable[FrameLine]) -> Told:
    """What lines say, each as often as it is said."""
    return Counter(line.told() for line in lines)


def overlap(said: Telling, known: Telling, others: Iterable[Leads]) -> Overlap | None:
    """What `said` tells again of `known`; None where they tell of different stretches. `others` are what all others
    lead from and to that stand beside them: where these lead from the end of one to the beginning of the other, an account may
    have come back to its balance, and equal lines may be others.
    """
    here, there = said.frame.leads(), known.frame.leads()
    if here is None or there is None or not said.lines or not known.lines:
        return None
    came_back = reaches(there[1], here[0], others) or reaches(here[1], there[0], others)
    for one, other in _stretches(said, known, here[0], there[0]):
        begin_alike = len(one) == len(said.lines) and len(other) == len(known.lines)
        found = _of(one, other, begin_alike, came_back)
        if found is not None:
            return found
    return None


def _stretches(
    said: Telling, known: Telling, here: Decimal, there: Decimal
) -> Iterator[tuple[Sequence[FrameLine], Sequence[FrameLine]]]:
    """The lines of both from where the two may run together: first where one begins as the other does."""
    for n, balance in enumerate(_path(known, there)):
        if balance == here:
            yield said.lines, known.lines[n:]
    for n, balance in enumerate(_path(said, here)):
        if n and balance == there:
            yield said.lines[n:], known.lines


def _path(telling: Telling, start: Decimal) -> Iterator[Decimal]:
    """The balance before each line."""
    for line in telling.lines:
        yield start
        start += line.moved()


def _of(
    one: Sequence[FrameLine], other: Sequence[FrameLine], begin_alike: bool, came_back: bool
) -> Overlap | None:
    ours, theirs = told_of(one), told_of(other)
    both = ours & theirs
    if came_back:
        return Overlap(Counter(), against=True, mingled=True) if both else None
    if not min((ours - theirs, theirs - ours), key=lambda rest: rest.total()):
        return Overlap(both)
    bare, their_bare = Counter(x.bare() for x in one), Counter(x.bare() for x in other)
    if begin_alike or both or not bare - their_bare or not their_bare - bare:
        return Overlap(both, against=True, mingled=bool(both))
    return None


def rest_of(lines: Sequence[FrameLine], told: Told) -> tuple[list[int], list[int]]:
    """The places (from 0) of the lines that nobody told, and of those that others told."""
    left, kept, out = told.copy(), [], []
    for n, line in enumerate(lines):
        if left[line.told()] > 0:
            left[line.told()] -= 1
            out.append(n)
        else:
            kept.append(n)
    return kept, out
