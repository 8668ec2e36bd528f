"""Random schedules for the Runner: lanes, items that fail in every way, systems that go away and come back.

A yard is a stage without business: its items are numbers, and to work one off is to write down in which
pass it was. What a schedule must come to: no item of a lane that failed delays another of the same lane
by more than one round, or one of another lane at all; each ends done, given up, or waiting no longer
than the longest wait; nothing is done twice.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import InvalidOperation

import psycopg

from tieout.connector_api import ConnectorError, RefusedError, TransientError
from tieout.engine import Due, LaneKey, Pace, Runner, Turn
from tieout.store import Connection

ITEM_ERRORS: tuple[Callable[[], Exception], ...] = (
    lambda: ValueError("a value"),
    lambda: KeyError("key"),
    lambda: TypeError("a type"),
    lambda: AttributeError("an attribute"),
    lambda: IndexError("an index"),
    lambda: ZeroDivisionError("by nothing"),
    lambda: AssertionError(),
    lambda: RecursionError("too deep"),
    lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no text \x00"),
    lambda: InvalidOperation(),
    lambda: psycopg.DataError("a NUL"),
    lambda: RefusedError("no"),
    lambda: ConnectorError("who knows"),
    lambda: psycopg.IntegrityError("twice"),
)
BATCH = 16


@dataclass
class Item:
    """`error` is raised each time that it is worked on; `heals` after so many times it goes through."""

    lane: str
    number: int
    came: int
    error: Callable[[], Exception] | None = None
    heals: int = 10**9
    tries: int = 0
    done: list[int] = field(default_factory=list)
    given_up: list[int] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"item {self.number}"

    @property
    def open(self) -> bool:
        return not self.done and not self.given_up


@dataclass
class Clock:
    at: datetime = datetime(2026, 10, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Yard:
    """A stage; `down` are lanes whose system does not answer now. `singly`: items one by one, else in sets."""

    name, pace = "yard", Pace()

    def __init__(self, singly: bool, gives_up: bool) -> None:
        self.singly, self.gives_up = singly, gives_up
        self.items: list[Item] = []
        self.down: set[str] = set()
        self.broken: set[str] = set()
        self.passes = 0
        self.rounds: dict[str, int] = {}

    def lanes(self, connection: Connection) -> Sequence[Due]:
        names = sorted({item.lane for item in self.items if item.open})
        return [Due((name,), f"system of {name}") for name in names]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        (name,) = lane
        self.rounds[name] = self.rounds.get(name, 0) + 1
        if name in self.broken:
            raise LookupError("the lane itself")
        waiting = set(turn.waiting())
        mine = [i for i in self.items if i.lane == name and i.open and i.key not in waiting][
            : turn.most(BATCH)
        ]
        give_up = self.give_up if self.gives_up else None
        if self.singly:
            return turn.each(mine, lambda i: i.key, lambda i: self.act(name, [i]), give_up)
        if give_up is None:
            give_up = self.keep
        turn.sets(mine, lambda i: i.key, lambda part: void(self.act(name, part)), give_up)
        return bool(mine)

    def keep(self, item: Item, error: Exception) -> None:
        raise RuntimeError("it cannot be given up")

    def give_up(self, item: Item, error: Exception) -> None:
        item.given_up.append(self.passes)

    def act(self, name: str, part: list[Item]) -> bool:
        if name in self.down:
            raise TransientError("the system is away", 0.0)
        for item in part:
            if item.error is not None and item.tries < item.heals:
                item.tries += 1
                raise item.error()
        for item in part:
            item.done.append(self.passes)
        return True


def void(_: object) -> None:
    """An act gives nothing back."""


def play(connection: Connection, seed: int) -> str:
    """One schedule: what was wrong with it, "" for nothing."""
    chance = random.Random(seed)
    connection.execute("delete from tieout.failure where stage = 'yard'")
    yard = Yard(singly=chance.random() < 0.4, gives_up=chance.random() < 0.7)
    clock = Clock()
    runner = Runner(yard, clock)
    lanes = [f"lane {n}" for n in range(chance.randint(1, 5))]
    away_until: dict[str, int] = {}
    last = chance.randint(6, 14)
    for number in range(last + 40):
        yard.passes = number
        if number < last:
            _arrive(yard, chance, lanes, number)
            if chance.random() < 0.15:
                lane = chance.choice(lanes)
                away_until[lane] = number + chance.randint(1, 4)
        yard.down = {lane for lane, until in away_until.items() if number < until}
        runner.step(connection)
        clock.at += timedelta(seconds=chance.choice([0.0, 0.01, 0.3, 5.0, 70.0]))
    troubled = set(away_until)
    return _wrong(yard, troubled) or _endless(connection, clock)


def _arrive(yard: Yard, chance: random.Random, lanes: list[str], number: int) -> None:
    for _ in range(chance.randint(0, 12)):
        item = Item(chance.choice(lanes), len(yard.items), number)
        if chance.random() < 0.2:
            item.error = chance.choice(ITEM_ERRORS)
            item.heals = chance.choice([1, 2, 10**9])
        yard.items.append(item)


def _wrong(yard: Yard, troubled: set[str]) -> str:
    for item in yard.items:
        if len(item.done) > 1 or len(item.given_up) > 1 or (item.done and item.given_up):
            return f"{item.key} ended twice: {item}"
        if item.error is None and item.open:
            return f"a good item was never done: {item}"
        if item.error is not None and yard.gives_up and item.open:
            return f"an item that fails for good was neither done nor given up: {item}"
        if item.error is None and item.lane not in troubled:
            before = sum(
                1 for i in yard.items if i.lane == item.lane and i.came <= item.came and i is not item
            )
            rounds = before // BATCH + 1
            if item.done[0] - item.came > rounds:
                return f"a good item waited for {item.done[0] - item.came} rounds, not {rounds}: {item}"
    return ""


def _endless(connection: Connection, clock: Clock) -> str:
    rows = connection.execute("select item, next_at from tieout.failure where stage = 'yard'").fetchall()
    late = [r["item"] for r in rows if r["next_at"] - clock.now() > timedelta(seconds=75)]
    return f"waits without an end: {late}" if late else ""
