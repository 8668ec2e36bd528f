"""Whether statements carry on from one another: each opens with the balance with which the one before it closed.

An account in two currencies is two chains. Which statement comes before which is said by the day, then by the bank's
own number as a number (9 comes before 10, and 15/2 before 15/10), then by the balances themselves where a bank gives no
number, or one number twice. A number that is left out is no gap where the balances carry on: some banks count days. Where
days of statements overlap (a day in the middle of a week that came after it, and tells of the days around it alone), they
come in the order in which their balances carry on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import groupby, pairwise

import msgspec

_DIGITS = re.compile(r"[0-9]+")
# More statements of one account, day and number than anybody's stay in the order in which they were sorted.
_LINKED_AT_MOST = 500


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """A statement without its lines; balances are signed in `currency`, money in the account is positive."""

    interface: str
    entity: str
    account: str
    currency: str
    source_key: str
    document_id: int
    sequence: str
    from_on: date
    to_on: date
    opening: Decimal
    closing: Decimal

    @property
    def number(self) -> tuple[int, ...]:
        """The bank's number of it, with its page where it has one; () where there is none."""
        return tuple(int(x) for x in _DIGITS.findall(self.sequence))

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.sequence or 'the statement'} of {self.to_on.isoformat()}"


def gaps(frames: Iterable[Frame]) -> list[tuple[Frame, Frame]]:
    """Every statement that does not open with what the one before it closed with: (that one, it)."""
    found = []
    for _, chain in groupby(sorted(frames, key=_chain), _chain):
        found += _gaps(in_order(chain))
    return found


def _gaps(ordered: Iterable[Frame]) -> list[tuple[Frame, Frame]]:
    return [(a, b) for a, b in pairwise(ordered) if a.closing != b.opening]


def in_order(chain: Iterable[Frame]) -> list[Frame]:
    """The statements of one account and currency, first to last."""
    found = _by_day(chain)
    if not _gaps(found):
        return found
    begin = 0
    while begin < len(found):
        end = _overlapping(found, begin)
        before, after = found[max(begin - 1, 0) : begin], found[end : end + 1]
        members = found[begin:end]
        linked = _linked(members, before[0].closing if before else None)
        # Balances that come back could be walked past a statement that is missing: no day may be told after a later one.
        if _in_time(linked) and len(_gaps([*before, *linked, *after])) < len(
            _gaps([*before, *members, *after])
        ):
            found[begin:end] = linked
        begin = end
    return found


def _overlapping(ordered: list[Frame], begin: int) -> int:
    """Behind the last of the statements that have days in common with one another, from one on; they stand together, for
    they are ordered by their last days."""
    first = [f.from_on for f in ordered]
    for n in range(len(first) - 2, begin - 1, -1):
        first[n] = min(first[n], first[n + 1])
    end = begin + 1
    while end < len(ordered) and _share_days(first[end], ordered[end], ordered[end - 1]):
        end += 1
    return end


def _share_days(first: date, frame: Frame, before: Frame) -> bool:
    """Whether what begins on a day has more than that one in common with what comes before it, or ends with it. Many banks date
    an opening balance with the day of the closing one before it: the day on which two meet says nothing."""
    return first < before.to_on or frame.to_on == before.to_on


def _in_time(ordered: Iterable[Frame]) -> bool:
    """Whether none begins after the last day of one that comes behind it."""
    latest = date.min
    for frame in ordered:
        latest = max(latest, frame.from_on)
        if frame.to_on < latest:
            return False
    return True


def _by_day(chain: Iterable[Frame]) -> list[Frame]:
    """By the last day, then by the bank's number, then by the balances."""
    together: list[list[Frame]] = []
    for _, day in groupby(sorted(chain, key=lambda f: f.to_on), lambda f: f.to_on):
        members = list(day)
        # Where one of a day has no number, none of them counts.
        groups = [members]
        if all(f.number for f in members):
            members.sort(key=lambda f: f.number)
            groups = [list(same) for _, same in groupby(members, lambda f: f.number)]
        together += [sorted(group, key=lambda f: f.source_key) for group in groups]
    found: list[Frame] = []
    for number, group in enumerate(together):
        following = together[number + 1] if number + 1 < len(together) else []
        # What comes first of all and ends where it began (+1, then -1) may begin at any of its balances: it is the one
        # with which what follows begins.
        first = found[-1].closing if found else _ends_at(group, following)
        found += _linked(group, first)
    return found


def _begins(members: list[Frame]) -> list[Decimal]:
    """The balances at which statements begin that no other of them leads to; none where they go round."""
    leave, come = Counter(f.opening for f in members), Counter(f.closing for f in members)
    return [f.opening for f in members if leave[f.opening] > come[f.opening]]


def _ends_at(group: list[Frame], following: list[Frame]) -> Decimal | None:
    """Where statements that go round begin and end, by what follows them; None where they don't, or nothing says it."""
    if _begins(group):
        return None
    wanted = _begins(following)[:1] or [f.opening for f in following]
    return next((f.opening for f in group if f.opening in wanted), None)


def _chain(frame: Frame) -> tuple[str, str, str]:
    return frame.interface, frame.account, frame.currency


def _linked(members: list[Frame], balance: Decimal | None) -> list[Frame]:
    """Statements that no number tells apart, as their balances carry on from `balance`; where one of them is missing,
    in pieces that do."""
    if not 1 < len(members) <= _LINKED_AT_MOST:
        return members
    found: list[Frame] = []
    while members:
        piece = _trail(members, balance)
        found += piece
        members = [f for f in members if f not in piece]
        balance = piece[-1].closing
    return found


def _trail(members: list[Frame], balance: Decimal | None) -> list[Frame]:
    """A longest way through balances that begins at `balance`, or where one of these begins (Hierholzer: every
    statement is walked once, if there is such a way at all)."""
    leaving: dict[Decimal, list[Frame]] = {}
    for frame in reversed(members):
        leaving.setdefault(frame.opening, []).append(frame)
    if balance not in leaving:
        balance = (_begins(members) or [members[0].opening])[0]
    walked: list[Frame] = []
    open_steps: list[tuple[Decimal, Frame | None]] = [(balance, None)]
    while open_steps:
        at, step = open_steps[-1]
        if leaving.get(at):
            taken = leaving[at].pop()
            open_steps.append((taken.closing, taken))
        else:
            open_steps.pop()
            if step is not None:
                walked.append(step)
    walked.reverse()
    # Without a whole way, what was walked is cut where its balances stop carrying on.
    end = next((n for n, (a, b) in enumerate(pairwise(walked), 1) if a.closing != b.opening), len(walked))
    return walked[:end]
