"""What matches that people made teach: names, reference patterns, accounts. Pure.

A lesson is a sentence that can be read and approved: "HARBOR INDSTRL is Harbor Industrial", "RG 4711
is INV/2026/04711", "what Deutsche Bank takes goes to bank_fees". Nothing else is learned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from tieout.documents import OpenLine, Reconciliation
from tieout.reconcile.parties import folded

Kind = Literal["alias", "reference", "account"]
_LAST_RUN = re.compile(r"(\d+)(?=\D*$)")
_MARK = "#"


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """`key` is what lines say, `value` what it means."""

    kind: Kind
    key: str
    value: str

    @property
    def sentence(self) -> str:
        """The lesson in words."""
        if self.kind == "alias":
            return f"{self.key} is {self.value}"
        if self.kind == "reference":
            return f"{self.key} and digits means {self.value}"
        sign, _, said = self.key.partition(" ")
        way = "in" if sign == "+" else "out"
        return f"money {way} of {said!r} is booked to {self.value}"


def taught_by(document: Reconciliation) -> list[Lesson]:
    """What a match that a person made says about the lines of others like it."""
    found = []
    parties = {x.party for x in document.due if x.party}
    for line in document.cash:
        if len(parties) == 1:
            party = next(iter(parties))
            name = folded(line.party)[0]
            if name and name != folded(party)[0]:
                found.append(Lesson(kind="alias", key=name, value=party))
        if len(document.due) == 1 and document.due[0].number:
            found += _reference(line.text, document.due[0].number)
    return list(dict.fromkeys(found))


def taught_account(line: OpenLine, role: str) -> Lesson:
    """That lines like this one go to an account."""
    return Lesson(kind="account", key=said_by(line.party, line.text, -line.residual > 0), value=role)


def said_by(party: str, text: str, money_in: bool) -> str:
    """What a line is known by where no number is in it: which way its money goes, and its party or
    else the words of its text."""
    words = folded(party)[0] or " ".join(re.findall(r"[A-Z]{2,}", text.upper()))
    return f"{'+' if money_in else '-'} {words}"


def _reference(text: str, number: str) -> list[Lesson]:
    """The word before digits of the text that are the end of the number, without its zeros, and
    the number with a mark for each of its last digits."""
    run = _LAST_RUN.search(number)
    if run is None or _plain(number) in _plain(text):
        return []
    digits = run[1].lstrip("0")
    if len(digits) < 3:
        return []
    hit = re.search(rf"\b([A-Z]{{1,12}})[^A-Z0-9]{{0,3}}0*{digits}\b", text.upper())
    if hit is None:
        return []
    template = number[: run.start(1)] + _MARK * len(run[1]) + number[run.end(1) :]
    return [Lesson(kind="reference", key=hit[1], value=template)]


def _plain(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())


class Learned:
    """Lessons that were approved, as matching uses them."""

    def __init__(self, lessons: Iterable[Lesson]) -> None:
        lessons = list(lessons)
        self._aliases = {x.key: x.value for x in lessons if x.kind == "alias"}
        self._accounts = {x.key: x.value for x in lessons if x.kind == "account"}
        self._patterns = [
            (
                re.compile(rf"\b{re.escape(x.key)}[^A-Z0-9]{{0,3}}0*(\d{{1,{x.value.count(_MARK)}}})\b"),
                x.value,
            )
            for x in lessons
            if x.kind == "reference" and _MARK in x.value
        ]

    def party(self, name: str) -> str:
        """The party that a name stands for: itself, where nothing else was learned."""
        return self._aliases.get(folded(name)[0], name) if name else name

    def numbers(self, text: str) -> list[str]:
        """The numbers that a text means by its own words."""
        found = []
        for pattern, template in self._patterns:
            for hit in pattern.findall(text.upper()):
                width = template.count(_MARK)
                start = template.index(_MARK)
                found.append(template[:start] + hit.zfill(width) + template[start + width :])
        return found

    def role(self, party: str, text: str, money_in: bool) -> str:
        """The role of the account for a line that pays nothing, "" where none was learned."""
        return self._accounts.get(said_by(party, text, money_in), "")


def in_force(rows: Sequence[Mapping[str, str]]) -> Learned:
    """Approved lessons from their rows."""
    return Learned(
        Lesson(kind=r["kind"], key=r["key"], value=r["value"])  # type: ignore[arg-type]
        for r in rows
    )
