"""What a frame tells that another told already, under whatever name: a day that comes at noon and in the evening, weeks that
overlap, days beside their week. Pure.

What leads from one balance to another has its place in the account: a frame tells again of what another tells where it
begins at a balance that the other leads through, or the other at one that it leads through itself, with the same lines
from there on. The words of lines may differ (another format, another download): then nobody knows what is the same, and
the two are against each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
    nobody knows whether it is the same one, and `mingled` where some of it is told by both then. `start` is the place (from 0)
    in what is said from which on both tell the same."""

    told: Told
    against: bool = False
    mingled: bool = False
    start: int = 0


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
    kinds = _stretches(said, known, here[0], there[0])
    if not any(kinds):
        return None
    came_back = reaches(there[1], here[0], others) or reaches(here[1], there[0], others)
    same = [] if came_back else _in_order(said, known, [place for kind in kinds for place in kind])
    if not same:
        same = [it for kind in kinds if (it := _first(said, known, kind, came_back)) is not None]
    if not same:
        return None
    # Where the two run together in more than one way nobody knows in which.
    if len(same) > 1 and same[0].told != same[1].told and not same[0].against:
        return replace(same[0], told=same[0].told & same[1].told, against=True, mingled=True)
    return same[0]


Place = tuple[int, int]


def _stretches(
    said: Telling, known: Telling, here: Decimal, there: Decimal
) -> tuple[list[Place], list[Place]]:
    """From which line of each the two may run together: where the other comes by the balance at which one begins."""
    last = known.counted(0)[-1]
    return (
        [(0, n) for n, balance in enumerate(_path(known)) if balance == here and n <= last],
        [(n, 0) for n, balance in enumerate(_path(said)) if n and balance == there],
    )


def _in_order(said: Telling, known: Telling, places: Iterable[Place]) -> list[Overlap]:
    """Where both tell the very same, line by line, as far as the shorter one goes; two such at most."""
    found: list[Overlap] = []
    for mine, theirs in places:
        count = min(len(said.told) - mine, len(known.told) - theirs)
        if any(said.told[mine + n] != known.told[theirs + n] for n in range(count)):
            continue
        told = Counter(known.told[n] for n in known.counted(theirs) if n < theirs + count)
        if told and all(it.told != told for it in found):
            found.append(Overlap(told, start=mine))
        if len(found) > 1:
            break
    return found


def _first(said: Telling, known: Telling, places: list[Place], came_back: bool) -> Overlap | None:
    """Of all places at which an account came by a balance the first and the last say everything: what begins later has the
    fewer lines in common, and the more easily all of them in other words."""
    for mine, theirs in sorted({*places[:1], *places[-1:]}):
        found = _of(said, mine, known, theirs, came_back)
        if found is not None:
            return found
    return None


def _path(telling: Telling) -> list[Decimal | None]:
    """The balance before each line; None where lines between it and both ends were left out, for others told them."""
    leads, lines = telling.frame.leads(), telling.lines
    assert leads is not None
    balance, end = leads
    keys, found = telling.frame.line_keys(), list[Decimal | None]([None] * len(lines))
    for n, line in enumerate(lines):
        if n >= len(keys) or line.key != keys[n]:
            break
        found[n] = balance
        balance += line.moved()
    for back, line in enumerate(reversed(lines), 1):
        if back > len(keys) or line.key != keys[-back]:
            break
        end -= line.moved()
        found[-back] = end
    return found


def _of(said: Telling, mine: int, known: Telling, theirs: int, came_back: bool) -> Overlap | None:
    stand = known.counted(theirs)
    ours, other = Counter(said.told[mine:]), Counter(known.told[n] for n in stand)
    if not other:
        return None
    both = ours & other
    if came_back:
        return Overlap(Counter(), against=True, mingled=True) if both else None
    if both.total() == min(ours.total(), other.total()):
        return Overlap(both, start=mine)
    if both or not (mine or theirs) or _alike(said.lines[mine:], [known.lines[n] for n in stand]):
        return Overlap(both, against=True, mingled=bool(both), start=mine)
    return None


def _alike(one: Sequence[FrameLine], other: Sequence[FrameLine]) -> bool:
    """Whether one has all that the other has, whatever the words."""
    bare, theirs = Counter(x.bare() for x in one), Counter(x.bare() for x in other)
    return not bare - theirs or not theirs - bare


def rest_of(lines: Sequence[FrameLine], found: Iterable[Overlap]) -> tuple[list[int], list[int]]:
    """The places (from 0) of the lines that nobody told, and of those that others told: of equal ones those where both tell
    the same."""
    said, out = [line.told() for line in lines], set[int]()
    for it in found:
        left = it.told.copy()
        # Of what is told by others, too, each takes a line of its own.
        for n in (*range(it.start, len(said)), *range(it.start)):
            if n not in out and left[said[n]] > 0:
                left[said[n]] -= 1
                out.add(n)
    return [n for n in range(len(said)) if n not in out], sorted(out)
