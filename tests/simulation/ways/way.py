"""A way to make a period look closed, and whether what it hid was named with its amount."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from tests.simulation.ways.books import OCTOBER, Books
from tieout.money import Period

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Told:
    """What must be named: words that stand in the case or the task that tells of it, and the amount beside them, without its sign (None
    where no money is in it: too early, by whom). `noted` is under what the words stand in the books' notes once it happened, where nobody
    knows them before; `also` is more that must be named, words and amount. `said` is what whoever tried it was answered."""

    words: str
    amount: Decimal | None = None
    noted: str = ""
    said: str = ""
    period: Period = OCTOBER
    also: tuple[tuple[str, Decimal | None], ...] = ()

    @property
    def parts(self) -> tuple[tuple[str, Decimal | None], ...]:
        """Words and amount of all that must be named."""
        return ((self.words, self.amount), *self.also)


@dataclass(frozen=True)
class Way:
    """`act` plants it. `on` is the day before which it is planted; without one it is planted at the end of the month, before anybody
    signs, and with `signed` once two people signed everything. `then` is what somebody does about it at the end of the month, and
    `closing` how people close. Whoever tries it is answered `refused`, among other words, where it is a thing that is refused."""

    name: str
    kind: str
    company: str
    act: Callable[[Books], Told]
    on: date | None = None
    signed: bool = False
    then: Callable[[Books, Told], Told] | None = None
    closing: Callable[[Books, Period], None] = Books.close
    refused: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a way: whether the period was closed in spite of it, the text that names it with its amount, and what of it is told of
    the month without it as well (`common`), so that it names nothing."""

    name: str
    passed: bool
    named: str
    told: Told | None
    open: tuple[str, ...] = ()
    error: str = ""
    seconds: float = 0.0
    refused: bool = True
    common: str = ""

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
        if not self.refused:
            return "open, NOT REFUSED"
        if self.common:
            return "open, named WITHOUT IT"
        return "open" if self.named else "open, NOT NAMED"


def play(way: Way, books: Books, told: Told) -> Outcome:
    """What `way.act` planted is there: let somebody do about it what they do, two people try to close, and look."""
    if told.noted:
        told = replace(told, words=books.notes[told.noted])
    if way.then is not None:
        told = way.then(books, told)
    if way.signed:
        books.settle()
    else:
        way.closing(books, told.period)
    # Of a month that could not be closed a moment ago the evidence was read then.
    passed, texts = look(books, told.period, anew=books.over or way.closing is not Books.close)
    if books.said:
        told = replace(told, said="; ".join(filter(None, (told.said, *books.said))))
    # A refusal that says all is a name as well: nothing is left of it that could be open.
    texts = [*texts, *([told.said] if told.said else [])]
    found = [next((t for t in texts if names(t, *part)), "") for part in told.parts]
    named = "; ".join(dict.fromkeys(found)) if all(found) else ""
    return Outcome(way.name, passed, named, told, tuple(texts), refused=way.refused in told.said)


def look(books: Books, period: Period, anew: bool = True) -> tuple[bool, list[str]]:
    """Whether every entity is closed, by evidence that is read now (`anew`) or was read last; every case that is open and every task that
    is not signed, a text each."""
    texts, passed = list[str](), True
    for entity in books.scenario.entities:
        state = books.state(period, entity) if anew else books.state_as_read(period, entity)
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


def held_against(outcome: Outcome, control: Sequence[str]) -> Outcome:
    """The outcome, with what of it a month says in which nothing was planted."""
    if outcome.told is None:
        return outcome
    common = (t for t in control for part in outcome.told.parts if names(t, *part))
    return replace(outcome, common=next(common, ""))


def names(text: str, words: str, amount: Decimal | None) -> bool:
    """Whether a text has these words and, where there is one, this amount, whatever its sign."""
    if words not in text:
        return False
    return amount is None or abs(amount) in _amounts(text)


def _amounts(text: str) -> set[Decimal]:
    found = set()
    for match in _NUMBER.findall(text):
        try:
            found.add(abs(Decimal(match.replace(",", ""))))
        except InvalidOperation:
            continue
    return found
