"""What people decide about matches: accept, split, join, book, reject, write off, undo. Each with
evidence.

What a person decides is a match like any other. What books more away than one person may decide alone waits for a
second person; nobody approves what they made.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from tieout.cases import solve
from tieout.connector_api import OpenItem
from tieout.connector_api.causes import UNRECONCILED
from tieout.documents import Reconciliation, decode_document
from tieout.engine import wake
from tieout.evidence import Entry, record
from tieout.reconcile.ledger.discounts import unfit
from tieout.reconcile.ledger.grouping import GroupError, Rate, lines_key, match_again, match_document
from tieout.reconcile.ledger.handoff import begin_handing_on, fresh, hand_on, suggestion_row
from tieout.reconcile.ledger.lessons import taught_account, taught_by
from tieout.reconcile.ledger.second_person import SecondPerson
from tieout.reconcile.ledger.teaching import teach
from tieout.rules import Interface, Release
from tieout.security import load_authority, why_not
from tieout.store import Connection, Queries

_SQL = Queries("tieout.reconcile.ledger")


# What somebody took apart in the ledger is settled by undoing the rest of it.
_APART = [UNRECONCILED.name]


class DecisionError(ValueError):
    """A decision that cannot be taken: why, and what to do."""


def suggestions(connection: Connection, entity: str | None = None) -> list[dict[str, Any]]:
    """The work list: what is suggested, and what waits for a second person."""
    return list(connection.execute(_SQL["suggestions"], {"entity": entity}).fetchall())


def suggestion_entity(connection: Connection, number: int) -> str:
    """Whose a suggestion is; "" where there is none of that number."""
    row = connection.execute(_SQL["suggestion_entity"], {"id": number}).fetchone()
    return str(row["entity"]) if row else ""


def matches(
    connection: Connection, entity: str | None = None, key: str | None = None, limit: int = 200
) -> list[dict[str, Any]]:
    """Matches that were decided, the latest first, as they stand."""
    return list(
        connection.execute(_SQL["matches"], {"entity": entity, "key": key, "limit": limit}).fetchall()
    )


class Decisions:
    """Decisions of one person at one instant."""

    def __init__(self, connection: Connection, release: Release, who: str, now: datetime) -> None:
        if not who.strip():
            raise DecisionError("say who decides: --as NAME")
        self._connection, self._release, self._who, self._now = connection, release, who, now
        self._second = SecondPerson(connection, release, who, now)
        # Whether what was decided last waits for another person.
        self.waits = False

    def accept(self, number: int, only: Collection[int] = (), difference: str = "") -> Reconciliation:
        """Apply a suggestion; of its lines only those in `only`, if any are given (a split).

        `difference` names what a difference is booked as: a role `difference.NAME` of
        mappings/accounts.csv. Without it, what is too much stays open. Raises DecisionError.
        """
        row, interface, document = self._open(number)
        decided = self._decided(document, interface, only, difference)
        if self._second.needed(interface, decided):
            self.waits = True
            self._close(row, decided, "to_approve", "")
            return decided
        decided = self._alone(interface, decided, row["proposed_at"])
        self._close(row, decided, "accepted", "")
        if decided.due:
            teach(self._connection, interface, taught_by(decided), decided.key, self._who, self._now)
        return decided

    def join(
        self,
        interface: Interface,
        cash: Sequence[OpenItem],
        due: Sequence[OpenItem],
        difference: str = "",
        rate: Rate | None = None,
    ) -> Reconciliation:
        """Match open items as this person sees it, and propose what that teaches. `difference` as
        in `accept`; `rate` is the ledger's, for cash in another currency. Raises DecisionError."""
        decided = self._by_hand(interface, cash, due, difference, f"difference.{difference}", rate)
        _fit(decided)
        if self._second.needed(interface, decided):
            return self._wait(interface, decided)
        decided = self._alone(interface, decided)
        told = self._second.told(interface, decided)
        self._testify("match.made", decided.key, interface.entity, {"rule": decided.rule, **told})
        teach(self._connection, interface, taught_by(decided), decided.key, self._who, self._now)
        return decided

    def book(self, interface: Interface, cash: OpenItem, role: str) -> Reconciliation:
        """Book cash that pays nothing to the account of a role, such as bank_fees, and propose that
        lines like it go there. Raises DecisionError, UnmappedError."""
        decided = self._by_hand(interface, [cash], [], role, role)
        if self._second.needed(interface, decided):
            return self._wait(interface, decided)
        decided = self._alone(interface, decided)
        self._testify("match.made", decided.key, interface.entity, {"account": role})
        lesson = taught_account(decided.cash[0], role)
        teach(self._connection, interface, [lesson], decided.key, self._who, self._now)
        return decided

    def _by_hand(
        self,
        interface: Interface,
        cash: Sequence[OpenItem],
        due: Sequence[OpenItem],
        explained_as: str,
        role: str,
        rate: Rate | None = None,
    ) -> Reconciliation:
        on = max((i.on for i in (*cash, *due)), default=date.min)
        try:
            return match_document(
                cash,
                due,
                explained_as=explained_as,
                difference_account=self._release.account(role, on) if explained_as else "",
                rule="by hand",
                confidence="1",
                why=f"decided by {self._who}",
                decided_by=self._who,
                rate=rate,
                own_currency=self._release.entities[interface.entity].currency,
            )
        except GroupError as error:
            raise DecisionError(str(error)) from None

    def write_off(self, number: int, reason: str) -> tuple[Reconciliation, bool]:
        """Apply a suggestion and write its difference off. Within the limit it is applied; above
        it, it waits for a second person. (match, applied). Raises DecisionError."""
        if not reason.strip():
            raise DecisionError("a write-off needs a reason")
        row, interface, document = self._open(number)
        decided = self._decided(document, interface, (), "write_off")
        if not decided.difference.value:
            raise DecisionError(f"suggestion {number} leaves no difference: accept it")
        if self._second.needed(interface, decided):
            self.waits = True
            self._close(row, decided, "to_approve", reason)
            return decided, False
        decided = self._alone(interface, decided, row["proposed_at"])
        self._close(row, decided, "accepted", reason)
        return decided, True

    def approve(self, number: int) -> Reconciliation:
        """A second person, of the role that signs the close, lets happen what one may not alone; what it teaches is proposed.
        Raises DecisionError."""
        row, interface, document = self._load(number)
        if row["state"] != "to_approve":
            raise DecisionError(f"suggestion {number} is {row['state']}: nothing waits for an approval")
        role = self._second.role(interface)
        if why := why_not(
            load_authority(self._connection), self._who, [row["decided_by"]], role, interface.entity
        ):
            raise DecisionError(f"{why}: it is their decision")
        if why := self._second.why_not(interface, document):
            raise DecisionError(why)
        decided = msgspec.structs.replace(document, decided_by=f"{row['decided_by']}, {self._who}")
        decided = self._apply(interface, decided, row["proposed_at"])
        self._close(row, decided, "accepted", row["reason"], maker=row["decided_by"])
        if decided.explained_as != "write_off":
            taught = (
                taught_by(decided) if decided.due else [taught_account(decided.cash[0], decided.explained_as)]
            )
            teach(self._connection, interface, taught, decided.key, row["decided_by"], self._now)
        return decided

    def reject(self, number: int, reason: str) -> None:
        """Never suggest these lines together again. Raises DecisionError."""
        if not reason.strip():
            raise DecisionError("a rejection needs a reason: the next person wants to know")
        row, _, document = self._load(number)
        if row["state"] not in ("open", "to_approve"):
            raise DecisionError(f"suggestion {number} is {row['state']}")
        self._close(row, document, "rejected", reason)

    def undo(self, key: str, reason: str) -> Reconciliation:
        """Take a match apart again, and book back what it booked. Raises DecisionError."""
        if not reason.strip():
            raise DecisionError("an undoing needs a reason")
        found = matches(self._connection, key=key)
        if not found:
            raise DecisionError(f"no match {key!r}")
        row = found[0]
        document = _reconciliation(row["content"])
        if document.undone and row["state"] != "posted":
            raise DecisionError(f"{key} was asked to be undone, and that is {row['state']}: see its case")
        if document.undone:
            raise DecisionError(f"{key} is undone already")
        if row["state"] != "posted":
            raise DecisionError(f"{key} is {row['state']}: only what was applied can be undone")
        given = {"interface": row["interface"], "key": key, "document_id": row["document_id"]}
        later = [r["source_key"] for r in self._connection.execute(_SQL["built_upon"], given)]
        if later:
            raise DecisionError(f"its lines were matched again as {', '.join(later)}: undo that first")
        told = msgspec.structs.replace(document, undone=True, decided_by=self._who, why=reason)
        hand_on(self._connection, self._release.interfaces[row["interface"]], [told], self._now)
        solve(self._connection, [row["document_id"]], self._now, f"undone: {reason}", self._who, _APART)
        self._testify("match.undone", key, row["entity"], {"reason": reason})
        wake(self._connection)
        return told

    def _load(self, number: int) -> tuple[dict[str, Any], Interface, Reconciliation]:
        row = self._connection.execute(_SQL["suggestion"], {"id": number}).fetchone()
        if row is None:
            raise DecisionError(f"no suggestion {number}: `tieout matches list` shows them")
        interface = self._release.interfaces.get(row["interface"])
        if interface is None:
            raise DecisionError(f"the project has no interface {row['interface']!r} any more")
        return row, interface, _reconciliation(row["content"])

    def _open(self, number: int) -> tuple[dict[str, Any], Interface, Reconciliation]:
        row, interface, document = self._load(number)
        if row["state"] != "open":
            raise DecisionError(f"suggestion {number} is {row['state']}")
        return row, interface, document

    def _decided(
        self, document: Reconciliation, interface: Interface, only: Collection[int], difference: str
    ) -> Reconciliation:
        account = ""
        if difference:
            account = self._release.account(f"difference.{difference}", document.booked_on)
        try:
            decided = match_again(document, only, difference, account, self._who)
        except GroupError as error:
            raise DecisionError(str(error)) from None
        _fit(decided)
        return decided

    def _alone(
        self, interface: Interface, document: Reconciliation, seen: datetime | None = None
    ) -> Reconciliation:
        """Apply what this person may decide alone, and keep that they did."""
        decided = self._apply(interface, document, seen)
        self._second.keep(interface, decided)
        return decided

    def _wait(self, interface: Interface, document: Reconciliation) -> Reconciliation:
        """Put what was matched by hand on the work list, for another person."""
        key = lines_key([*document.cash, *document.due])
        row = suggestion_row(document, about=str((document.cash or document.due)[0].line))
        row |= {"interface": interface.name, "entity": interface.entity, "lines_key": key, "now": self._now}
        row |= {"lines": [x.line for x in (*document.cash, *document.due)], "who": self._who}
        made = self._connection.execute(_SQL["wait_for_second"], row).fetchone()
        if made is None:
            raise DecisionError(f"{document.key} waits for another person already: tieout matches approve")
        self.waits = True
        detail = {"suggestion": made["suggestion_id"], "rule": document.rule, "lines": key}
        detail |= self._second.told(interface, document)
        self._testify("suggestion.to_approve", document.key, interface.entity, detail)
        return document

    def _apply(
        self, interface: Interface, document: Reconciliation, seen: datetime | None = None
    ) -> Reconciliation:
        others = begin_handing_on(self._connection, interface, [document])
        if others:
            raise DecisionError(
                f"{document.key}: a line of it is in match {others[document.key]}, which is on its way: wait for that, or undo it"
            )
        new = fresh(self._connection, interface, [document], seen)
        if not new:
            raise DecisionError(f"{document.key} is applied already; undo it, or match it in the ledger")
        if not hand_on(self._connection, interface, new, self._now):
            raise DecisionError(f"{document.key} is on its way already")
        wake(self._connection)
        return new[0]

    def _close(
        self, row: dict[str, Any], document: Reconciliation, state: str, reason: str, maker: str = ""
    ) -> None:
        told = suggestion_row(document, row["about"])
        self._connection.execute(
            _SQL["decide"],
            {
                "id": row["suggestion_id"],
                "state": state,
                "now": self._now,
                "who": maker or self._who,
                "approver": self._who if maker else "",
                "reason": reason,
                **{k: told[k] for k in ("content", "sha", "difference", "explained_as")},
            },
        )
        detail = {"suggestion": row["suggestion_id"], "reason": reason, "rule": row["rule"]}
        detail |= {"lines": lines_key([*document.cash, *document.due])}
        detail |= self._second.told(self._release.interfaces[row["interface"]], document)
        self._testify(f"suggestion.{state}", document.key, row["entity"], detail)

    def _testify(self, action: str, subject: str, entity: str, detail: dict[str, Any]) -> None:
        record(self._connection, [Entry(self._now, self._who, action, subject, entity, detail)])


def _fit(decided: Reconciliation) -> None:
    """Refuse a discount whose tax nobody can book as it is decided. Raises DecisionError."""
    why = unfit(decided)
    if why:
        raise DecisionError(why)


def _reconciliation(content: str) -> Reconciliation:
    document = decode_document(content.encode())
    assert isinstance(document, Reconciliation)
    return document
