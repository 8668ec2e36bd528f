"""What one person brings in pieces is added up: a large amount is no smaller for it.

Of documents that people prepare or give, to one payee (or, where none is named, to one account) and by one person, within the
window that the entity declares (`split_days`): what a policy did not ask for in the earlier pieces counts with the next one,
and approvers' limits count all of them. Where nobody is named, or a service account gives it, it may be anybody's: it counts with
every person's. What no person has a hand in is a source's own, and is never added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tieout.documents import Document
from tieout.planning.work import Work
from tieout.processes import recipe_of
from tieout.rules import Interface
from tieout.security import Authority, look_of
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")


@dataclass(frozen=True)
class Piece:
    """A document that went before: what it came to, positive, and which policies asked for it."""

    key: str
    makers: frozenset[str]
    policies: frozenset[str]
    currency: str
    amount: Decimal
    company: Decimal


@dataclass(frozen=True)
class Together:
    """A document with the pieces before it. `days` is the window."""

    pieces: tuple[Piece, ...]
    days: int

    def amounts(
        self, policy: str, currency: str, amount: Decimal, company: Decimal
    ) -> tuple[Decimal, Decimal]:
        """What a policy is asked about: the document, and the pieces that it did not ask for themselves. In the document's
        currency, of which other pieces count nothing; and in the entity's."""
        left = [p for p in self.pieces if policy not in p.policies]
        own = sum((p.amount for p in left if p.currency == currency), amount)
        return own, sum((p.company for p in left), company)

    def company(self, company: Decimal) -> Decimal:
        """All of it in the entity's currency: what approvers' limits go by."""
        return sum((p.company for p in self.pieces), company)

    def said(self, company: Decimal, currency: str) -> str:
        """In words, for whoever approves; "" where there are no pieces."""
        if not self.pieces:
            return ""
        return f" (with {len(self.pieces)} before it within {self.days} days {self.company(company):f} {currency})"


ALONE = Together((), 0)


def payees_of(document: Document) -> list[str]:
    """To whom or what it goes: its parties by key and name, their accounts at banks; without any the ledger accounts that its
    lines name. Names that look alike are one."""
    some: Any = document
    parties = [getattr(some, "party", None), getattr(some, "seller", None), *getattr(some, "parties", ())]
    found = {f"name:{look_of(p.name)}" for p in parties if p is not None and p.name}
    found |= {f"key:{p.key}" for p in parties if p is not None and p.key}
    found |= {f"key:{some.supplier}"} if isinstance(getattr(some, "supplier", None), str) else set()
    iban = getattr(getattr(some, "account", None), "iban", "")
    found |= {f"iban:{iban}"} if iban else set()
    if not found:
        found = {f"account:{x.account}" for x in getattr(some, "lines", ()) if getattr(x, "account", "")}
    return sorted(found - {"key:"})


class Splits:
    """The pieces of one interface's batch."""

    def __init__(self, connection: Connection, interface: Interface, days: int) -> None:
        self._connection, self._interface, self._days = connection, interface, days

    def before(self, work: Work, makers: Sequence[str], authority: Authority) -> Together:
        """What went before of the same hands to the same payee."""
        people, payees = persons(makers, authority), payees_of(work.document)
        if not self._days or not payees or not _by_people(work, people):
            return ALONE
        self._connection.execute(_SQL["split_alone"], {"entity": self._interface.entity}).fetchall()
        span = timedelta(days=self._days)
        given = {
            "entity": self._interface.entity, "interface": self._interface.name, "payees": payees,
            "kind": recipe_of(work.document).approval.kind(work.document), "document_id": work.document_id,
            "entire": _entire(work.document), "since": _came(work) - span, "first": work.on - span, "last": work.on + span,
        }  # fmt: skip
        found: dict[tuple[str, str], Piece] = {}
        for row in self._connection.execute(_SQL["pieces_before"], given).fetchall():
            key = (row["interface"], row["entire"])
            piece = Piece(
                row["source_key"], frozenset(row["makers"]), frozenset(row["policies"]), row["currency"], row["amount"],
                row["company_amount"],
            )  # fmt: skip
            # Of several revisions, and of the parts of a long entry, the largest counts once.
            if key not in found or found[key].company < piece.company:
                found[key] = piece
        pieces = list(found.values())
        return Together(tuple(p for p in pieces if _one_hand(people, p, pieces)), self._days)

    def keep(
        self,
        work: Work,
        makers: Sequence[str],
        authority: Authority,
        amount: Decimal,
        company: Decimal,
        policies: Sequence[str],
    ) -> None:
        """Keep what a document comes to, for those after it."""
        people, payees = persons(makers, authority), payees_of(work.document)
        if not self._days or not payees or not _by_people(work, people):
            return
        given = {
            "document_id": work.document_id, "entity": self._interface.entity, "interface": self._interface.name,
            "source_key": work.document.key, "entire": _entire(work.document),
            "kind": recipe_of(work.document).approval.kind(work.document), "makers": sorted(people), "payees": payees,
            "policies": list(policies), "currency": work.document.currency, "amount": amount, "company": company,
            "received_at": _came(work), "on": work.on,
        }  # fmt: skip
        self._connection.execute(_SQL["keep_piece"], given)


def persons(makers: Sequence[str], authority: Authority) -> frozenset[str]:
    """Those of some makers who are no service accounts."""
    return frozenset(m for m in makers if m not in authority.people or authority.people[m].human)


def _one_hand(people: frozenset[str], piece: Piece, pieces: Sequence[Piece]) -> bool:
    """Whether a piece may be of the same hand: one of the same people, or nobody's that is known. A document of nobody counts
    with all of nobody, and with those of one person where no two brought some."""
    if people:
        return not piece.makers or bool(people & piece.makers)
    named = {m for p in pieces for m in p.makers}
    return not piece.makers or len(named) == 1


def _by_people(work: Work, people: frozenset[str]) -> bool:
    """Whether a person has, or may have, a hand in it: its kind is one that people prepare."""
    return bool(people) or hasattr(work.document, "prepared_by")


def _entire(document: Document) -> str:
    entire = recipe_of(document).entire(document)
    return document.key if entire is None else entire.key


def _came(work: Work) -> Any:
    assert work.received_at is not None
    return work.received_at
