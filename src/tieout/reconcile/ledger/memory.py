"""What was matched once and is open again: somebody took it apart, and only a person puts it together again.

A match that stands leaves nothing open of the two that it joined, so that a pair which a match of ours once joined
and whose lines are both open was taken apart, whoever did it and whether anybody has looked since. What is
remembered is what lasts: a bank line's own id in the ledger, the entry or invoice, our own document. Never
a journal item's id alone: a ledger makes new ones of a bank line that is undone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from tieout.connector_api import OpenItem
from tieout.documents import OpenLine, Reconciliation
from tieout.rules import Interface
from tieout.store import Connection, Queries

_SQL = Queries("tieout.reconcile.ledger")
# An account that cash was booked to stands in for what it paid.
_ACCOUNT = "account:"


class Apart(msgspec.Struct, frozen=True, kw_only=True):
    """Two that were matched and are open: `one` and `other` are lines as text, or an account as `account:CODE`; `who`
    undid it here ("" for somebody in the ledger), `at` when that was done or seen (None: not seen before)."""

    one: str
    other: str
    who: str
    at: datetime | None
    reason: str

    @property
    def told(self) -> str:
        """What a person reads: that it was undone, by whom and when."""
        on = f" on {self.at.date().isoformat()}" if self.at else ""
        if self.who:
            return f"undone by {self.who}{on}: {self.reason}"
        return f"taken apart in the ledger{f' (seen{on})' if on else ''}"


class Memory:
    """What was taken apart of these lines, by pair."""

    def __init__(self, found: Iterable[Apart] = ()) -> None:
        self._found: dict[frozenset[str], Apart] = {}
        for apart in found:
            self._found.setdefault(frozenset((apart.one, apart.other)), apart)
        self._of: dict[str, set[str]] = {}
        for one, other in (sorted(pair) for pair in self._found):
            self._of.setdefault(one, set()).add(other)
            self._of.setdefault(other, set()).add(one)

    @property
    def pairs(self) -> Collection[frozenset[str]]:
        """The pairs of lines that are never matched by themselves."""
        return self._found.keys()

    def within(self, members: Sequence[str]) -> Apart | None:
        """The first pair of a group that was taken apart: any group that holds one is a person's to decide."""
        every = set(members)
        for member in members:
            for other in sorted(self._of.get(member, set()) & every):
                return self._found[frozenset((member, other))]
        return None


def account_name(code: str) -> str:
    """What an account is called among what cash was matched with."""
    return f"{_ACCOUNT}{code}"


def remember(connection: Connection, interface: Interface, documents: Sequence[Reconciliation]) -> None:
    """Keep what lasts of matches that are handed on, in the caller's transaction."""
    rows = [(d.key, side, name) for d in documents for side, name in _names(interface, d)]
    if not rows:
        return
    keys, sides, names = zip(*rows, strict=True)
    given = {"interface": interface.name, "entity": interface.entity}
    lists = {"key": list(keys), "side": list(sides), "name": list(names)}
    connection.execute(_SQL["add_match_names"], {**given, **lists})
    effects = [
        (d.key, side, x.effect)
        for d in documents
        for side, lines in (("cash", d.cash), ("due", d.due))
        for x in lines
        if x.effect
    ]
    if effects:
        keys, sides, ours = zip(*effects, strict=True)
        lists = {"key": list(keys), "side": list(sides), "effect": list(ours)}
        connection.execute(_SQL["add_match_documents"], {**given, **lists})


def _names(interface: Interface, document: Reconciliation) -> Iterator[tuple[str, str]]:
    """(side, name) of all that lasts of a match."""
    for side, lines in (("cash", document.cash), ("due", document.due)):
        for line in lines:
            yield from ((side, name) for name in _lasting(line))
    if document.cash and document.due:
        # The entry that the match books stands where its cash stood: taken from what it pays, it is that cash.
        yield "cash", f"document:{interface.name}:{document.key}"
    if not document.due and document.difference_account:
        yield "due", account_name(document.difference_account)


def _lasting(line: OpenLine) -> Iterator[str]:
    # A suggestion of before lines named their entries may be decided still: it is known by its items.
    yield f"item:{line.line}"
    bank = line.statement_line if line.bank_line is msgspec.UNSET else line.bank_line
    if bank:
        yield f"statement:{bank}"
    if line.entry is not msgspec.UNSET:
        yield _entry(line.entry, line.partner)


def _entry(entry: int, partner: int) -> str:
    """One entry may have lines of a thousand partners, such as an opening's."""
    return f"entry:{entry}:{partner}"


def recall(connection: Connection, entity: str, items: Sequence[OpenItem]) -> Memory:
    """What of these open items was matched with what, and is apart."""
    rows = [(i.line, name) for i in items for name in _known_as(i)]
    ours = [(i.line, i.effect) for i in items if i.effect]
    given = {
        "entity": entity,
        "items": [line for line, _ in rows],
        "names": [name for _, name in rows],
        "own": [line for line, _ in ours],
        "effects": [effect for _, effect in ours],
    }
    found = list(connection.execute(_SQL["taken_apart"], given))
    found += list(connection.execute(_SQL["effects_taken_apart"], given))
    return Memory(
        Apart(
            one=r["one"], other=r["other"], who=r["who"] or "", at=r["at"], reason=r["reason"] or "no reason was given"
        )
        for r in found
    )  # fmt: skip


def _known_as(item: OpenItem) -> Iterator[str]:
    if item.statement_line:
        yield f"statement:{item.statement_line}"
    yield _entry(item.move, item.partner)
    yield f"item:{item.line}"
