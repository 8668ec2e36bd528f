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
from functools import cached_property

from tieout.documents import Frame, FrameLine
from tieout.documents.frames import Leads, reaches

Told = Counter[tuple[object, ...]]


@dataclass(frozen=True)
class Telling:
    """A frame with its lines, in their order. `aside` are the places (from 0) of those that tell nothing, for people left them
    out, or may do so yet: each moves the balance all the same."""

    frame: Frame
    lines: tuple[FrameLine, ...]
    aside: frozenset[int] = frozenset()

    @cached_property
    def told(self) -> tuple[tuple[object, ...], ...]:
        """What each line says: it is asked for once for every other that stands beside it."""
        return tuple(line.told() for line in self.lines)

    def counted(self, start: int) -> list[int]:
        """The places of the lines that tell something, from one on."""
        return [n for n in range(start, len(self.lines)) if n not in self.aside]


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
    if here is None or there is None or not said.lines or not known.counted(0):
        return None
    came_back: bool | None = None
    for mine, theirs in _stretches(said, known, here[0], there[0]):
        if came_back is None:
            came_back = reaches(there[1], here[0], others) or reaches(here[1], there[0], others)
        found = _of(said, mine, known, theirs, came_back)
        if found is not None:
            return found
    return None


def _stretches(said: Telling, known: Telling, here: Decimal, there: Decimal) -> Iterator[tuple[int, int]]:
    """From which line of each the two may run together: first where one begins as the other does.

    Of all places at which an account came by a balance the first and the last say everything: what begins later has the fewer
    lines in common, and the more easily all of them in other words.
    """
    last = known.counted(0)[-1]
    yield from ((0, n) for n in _ends([n for n, b in enumerate(_path(known, there)) if b == here and n <= last]))
    yield from ((n, 0) for n in _ends([n for n, b in enumerate(_path(said, here)) if n and b == there]))


def _ends(places: list[int]) -> list[int]:
    return sorted({*places[:1], *places[-1:]})


def _path(telling: Telling, start: Decimal) -> Iterator[Decimal]:
    """The balance before each line."""
    for line in telling.lines:
        yield start
        start += line.moved()


def _of(said: Telling, mine: int, known: Telling, theirs: int, came_back: bool) -> Overlap | None:
    stand = known.counted(theirs)
    ours, other = Counter(said.told[mine:]), Counter(known.told[n] for n in stand)
    if not other:
        return None
    both = ours & other
    if came_back:
        return Overlap(Counter(), against=True, mingled=True) if both else None
    if both.total() == min(ours.total(), other.total()):
        return Overlap(both)
    if both or not (mine or theirs) or _alike(said.lines[mine:], [known.lines[n] for n in stand]):
        return Overlap(both, against=True, mingled=bool(both))
    return None


def _alike(one: Sequence[FrameLine], other: Sequence[FrameLine]) -> bool:
    """Whether one has all that the other has, whatever the words."""
    bare, theirs = Counter(x.bare() for x in one), Counter(x.bare() for x in other)
    return not bare - theirs or not theirs - bare


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
