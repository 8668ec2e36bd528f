"""A close as a board: whose turn each task is, what a task waits for, which open cases keep the close open and what they come to.

Says what stands; signs and asks nothing. The rule of who signs is `taking`'s: the first person prepares, another one signs, both in the
role that signs the period; what this says of a turn is what that would answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

from tieout.close.case_limits import cases_above_limit
from tieout.close.model import CloseState, TaskStanding, TaskState
from tieout.money import Period
from tieout.planning import sign_role_in
from tieout.rules import Release
from tieout.security import Person, load_authority, why_not
from tieout.store import Connection

DO: Final = "do"
PREPARE: Final = "prepare"
SIGN: Final = "sign"

Turn = Literal["do", "prepare", "sign", ""]


class Hand(NamedTuple):
    """What somebody has to do with a task: `turn` is DO (it is not done, and theirs to bring about), PREPARE (it is done and nobody
    signed), SIGN (another person prepared it) or "" for nothing; `why_not` says why a signature that is waited for is not
    theirs."""

    turn: Turn
    why_not: str = ""


class Board(NamedTuple):
    """`hands` and `waits` by task, `waits` being the tasks before it that are not done; `cases` are rows of cause, currency, count
    and amount, each of which keeps the close open; `role` is the one that signs."""

    role: str
    hands: Mapping[str, Hand]
    waits: Mapping[str, tuple[str, ...]]
    cases: tuple[dict[str, Any], ...]

    @property
    def mine(self) -> int:
        """How many tasks are the looker's turn."""
        return sum(bool(h.turn) for h in self.hands.values())

    @property
    def sums(self) -> dict[str, tuple[int, Decimal]]:
        """How many cases keep it open and what they come to, by currency: never across them."""
        found: dict[str, tuple[int, Decimal]] = {}
        for row in self.cases:
            count, amount = found.get(row["currency"], (0, Decimal(0)))
            found[row["currency"]] = (count + row["count"], amount + row["amount"])
        return found


def board_of(connection: Connection, release: Release, state: CloseState, person: Person) -> Board:
    """The board of a close for whoever looks. Reads the database alone; of a period that is closed no case. Raises StampError."""
    entity, period = state.entity, Period.parse(state.period)
    if state.closed:
        return Board("", {s.task.name: Hand("") for s in state.tasks}, waits_of(state), ())
    role, authority = sign_role_in(connection, release, entity, period), load_authority(connection)

    def same(maker: str) -> str:
        return why_not(authority, person.name, [maker], role, entity)

    waits = waits_of(state)
    hands = {s.task.name: hand_of(s, waits[s.task.name], person, role, same) for s in state.tasks}
    return Board(role, hands, waits, tuple(cases_above_limit(connection, release, entity, period)))


def waits_of(state: CloseState) -> dict[str, tuple[str, ...]]:
    """Of each task those before it that are neither signed nor done by their evidence, in the close's order; the close itself waits
    for each that is not signed. Pure."""
    unsigned = [s for s in state.tasks if s.state != TaskStanding.SIGNED]
    found: dict[str, tuple[str, ...]] = {s.task.name: () for s in state.tasks}
    for each in unsigned:
        last = each.task.check == "close"
        before = [o for o in unsigned if o.task.name in each.task.after and (last or not o.finding.done)]
        found[each.task.name] = tuple(o.task.name for o in before)
    return found


def hand_of(
    each: TaskState, waits: tuple[str, ...], person: Person, role: str, same: Callable[[str], str]
) -> Hand:
    """What a person has to do with one task; `same` says why they and whoever prepared it count as one, "" where they do not. Pure."""
    entity = each.task.entity
    if each.state == TaskStanding.SIGNED:
        return Hand("")
    if waits:
        return Hand("", f"{waits[0]} comes first")
    if not each.finding.done:
        return Hand(DO if _owns(person, each.task.owner, entity) else "")
    if not (person.human and person.grants_of(role, entity)):
        return Hand("", f"a {role} of {entity} signs it")
    if each.signature is None:
        return Hand(PREPARE)
    why = same(each.signature.prepared_by)
    return Hand("", why) if why else Hand(SIGN)


def _owns(person: Person, owner: str, entity: str) -> bool:
    """Whether a task is somebody's: its owner is a role that they have there, or they themselves."""
    return person.human and (person.name == owner or bool(person.grants_of(owner, entity)))
