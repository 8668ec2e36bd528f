"""A way to make a period look closed, and whether what it hid was named with its amount."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from tests.simulation.ways.books import OCTOBER, Books
from tieout.money import Period

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Told:
    """What must be named: words that stand in the case or the task that tells of it, and the amount beside them, without its sign (None
    where no money is in it: too early, by whom). `said` is what whoever tried it was answered, where it was refused at once."""

    words: str
    amount: Decimal | None = None
    said: str = ""
    period: Period = OCTOBER


@dataclass(frozen=True)
class Way:
    """`act` plants it. `on` is the day before which it is planted; without one it is planted at the end of the month, before anybody
    signs, and with `signed` once two people signed everything. `then` is what somebody does about it at the end of the month, and
    `closing` how people close."""

    name: str
    kind: str
    company: str
    act: Callable[[Books], Told]
    on: date | None = None
    signed: bool = False
    then: Callable[[Books, Told], Told] | None = None
    closing: Callable[[Books, Period], None] = Books.close


@dataclass(frozen=True)
class Outcome:
    """What became of a way: whether the period was closed in spite of it, and the texts that name it with its amount."""

    name: str
    passed: bool
    named: str
    told: Told | None
    open: tuple[str, ...] = ()
    error: str = ""
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Not closed, and named."""
        return self.verdict == "open"

    @property
    def verdict(self) -> str:
        """What became of the period, in words: "open" where it is as it must be."""
        if self.error:
            return "not played"
        if self.passed:
            return "CLOSED"
        return "open" if self.named else "open, NOT NAMED"


def play(way: Way, books: Books, told: Told) -> Outcome:
    """What `way.act` planted is there: let somebody do about it what they do, two people try to close, and look."""
    if way.then is not None:
        told = way.then(books, told)
    if way.signed:
        books.settle()
    else:
        way.closing(books, told.period)
    passed, texts = _left(books, told.period)
    texts = [told.said, *texts] if told.said else texts
    named = next((t for t in texts if _names(t, told)), "")
    return Outcome(way.name, passed, named, told, tuple(texts))


def _left(books: Books, period: Period) -> tuple[bool, list[str]]:
    """Whether every entity is closed, by evidence that is read now; every case that is open and every task that is not signed, a text
    each."""
    texts, passed = list[str](), True
    for entity in books.scenario.entities:
        state = books.state(period, entity)
        passed = passed and state.closed
        texts += [f"{s.task.name}: {s.finding.why}" for s in state.tasks if s.state != "signed"]
    rows = books.sql(
        "select cause, source_key, amount, currency, detail from tieout.cases where state = 'open'"
        " and period <= %s order by case_id",
        str(period),
    )
    cases = [
        f"case {r['cause']} {r['source_key']}: {r['amount']} {r['currency']}: {r['detail']}" for r in rows
    ]
    return passed, cases + texts


def _names(text: str, told: Told) -> bool:
    if told.words not in text:
        return False
    return told.amount is None or abs(told.amount) in _amounts(text)


def _amounts(text: str) -> set[Decimal]:
    found = set()
    for match in _NUMBER.findall(text):
        try:
            found.add(abs(Decimal(match.replace(",", ""))))
        except InvalidOperation:
            continue
    return found
