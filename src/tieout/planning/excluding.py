"""A person leaves a held document out, for a reason; where a policy asks, people approve that first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import msgspec

from tieout.documents import Frame, awaiting_frame, decode_document
from tieout.planning.approving import Approving
from tieout.planning.replay import exclude_case, why_it_stands
from tieout.planning.work import Beside, Work
from tieout.planning.worth import worth_of
from tieout.planning.writing import OF_NAMESAKES
from tieout.processes import Facts, money_of, what_is_missing, what_to_do
from tieout.rules import Interface, Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")


@dataclass(frozen=True)
class Held:
    """A document that a case holds, ready to be excluded; `company` is None where its currency has no rate."""

    work: Work
    interface: Interface
    amount: Decimal
    company: Decimal | None


def held_by(connection: Connection, release: Release, case_id: int, actor: str) -> Held | None:
    """The held document of a case; None where it holds none that could be excluded. Raises KeyError where its
    interface is none of the project any more."""
    row = connection.execute(_SQL["held_by"], {"case_id": case_id}).fetchone()
    if row is None:
        return None
    interface = release.interfaces[row["interface"]]
    content = row["content"].encode()
    document = decode_document(content)
    work = Work(
        document=document,
        content=content,
        salt=b"",
        message_id=row["message_id"],
        revision=row["revision"],
        measure=document.measure(),
        on=row["accounting_on"],
        document_id=row["document_id"],
        submitted_by=actor,
    )
    amount = max(row["amount"], _left_out(connection, work, interface))
    facts = msgspec.json.decode(row["facts"].encode(), type=Facts) if row["facts"] else None
    own = release.entities[interface.entity].currency
    return Held(work, interface, amount, worth_of(amount, document.currency, facts, own))


def _left_out(connection: Connection, work: Work, interface: Interface) -> Decimal:
    """What is left out with a document, 0 or more: all of it, also where a case is of a part of it alone or its lines offset each
    other. A statement is of no money (its balances are none that it moves), and the lines that are held with it are of all."""
    document, measure = work.document, work.measure
    if not isinstance(document, Frame):
        return max(abs(money_of(document).value), abs(measure.debit), abs(measure.credit))
    name = awaiting_frame(document.key)
    given = {"interface": interface.name, "entity": interface.entity, "name": name, "reasons": OF_NAMESAKES}
    row = connection.execute(_SQL["held_with"], given).fetchone()
    return Decimal(0) if row is None else Decimal(row["amount"])


def exclude(
    connection: Connection,
    release: Release,
    case_id: int,
    reason: str,
    now: datetime,
    actor: str,
    beside: Beside | None = None,
) -> int:
    """Exclude the held document of a case for a stated reason, or ask for it where a policy wants
    that; the request's number, 0 where it is excluded. `beside`: what is excluded by the same decision.

    Raises ValueError without a reason, where the case holds no such document, and while an entry of it stands in the ledger.
    """
    if not reason.strip():
        raise ValueError("an exclusion needs a reason")
    held = held_by(connection, release, case_id, actor)
    if held is None:
        raise ValueError(f"case {case_id} holds no document that could be excluded")
    if why := why_it_stands(connection, case_id):
        raise ValueError(why)
    document, on = held.work.document, held.work.on
    own = release.entities[held.interface.entity].currency
    if held.company is None and release.policies:
        missing = what_is_missing(document.currency, own, on)
        raise ValueError(
            f"{missing}, and policies go by what is excluded: "
            f"{what_to_do(document.currency, own, on)}; then exclude it"
        )
    approving = Approving(connection, release, held.interface, now)
    number = approving.ask_to_exclude(held.work, case_id, held.amount, held.company, reason, beside)
    if not number and not exclude_case(connection, case_id, reason, now, actor):
        raise ValueError(f"case {case_id}: somebody else decided about its document at the same time")
    return number
