"""A person decides that things may stand as they are, or that a document may go on although it looks wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tieout.cases import solve_case
from tieout.causes import Action, Held, Offer, cause_named, offers
from tieout.documents.states import DocumentState
from tieout.engine import wake
from tieout.evidence import Entry, record
from tieout.processes import may_be_accepted
from tieout.security import NOT_OURS, fold_name, load_authority
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")


class HeldError(ValueError):
    """A case that words alone do not solve: its document is held, and would be booked by nobody; or who would accept it
    made what it is about."""


def actions_of(connection: Connection, case_id: int) -> tuple[Held, ...]:
    """What a person can do with the document of a case that is open, beside mending its reason; nothing for one that is
    not."""
    row = _to_act(connection, case_id)
    return _possible(row) if row is not None else ()


def offers_of(connection: Connection, case_id: int) -> tuple[Offer, ...]:
    """Everything that can be done about a case that is open, with its parameters, the likeliest first: what its cause
    names, and what its document allows. Nothing for one that is not open."""
    row = _to_act(connection, case_id)
    if row is None:
        return ()
    return offers(cause_named(row["cause"]), row["recovery"], row, _possible(row))


def _to_act(connection: Connection, case_id: int) -> dict[str, Any] | None:
    return connection.execute(_SQL["to_act"], {"case_id": case_id, "not_ours": NOT_OURS}).fetchone()


def _possible(row: dict[str, Any]) -> tuple[Held, ...]:
    held, found = row["state"] == DocumentState.REFUSED, list[Held]()
    if held or row["unsent"]:
        found.append(Action.REPLAY)
    if not held or may_be_accepted(row["cause"]):
        found.append(Action.SOLVE)
    if held:
        found.append(Action.EXCLUDE)
    return tuple(found)


def accept_case(connection: Connection, case_id: int, reason: str, now: datetime, actor: str) -> bool:
    """Solve a case with a person's reason, in the caller's transaction; False where it is not open any more.

    A document that is held for what a person may judge (an acceptable cause) is planned again, past that. Raises HeldError
    where it is held for anything else: it would be in exception for good, and nobody's case.
    """
    row = connection.execute(_SQL["to_accept"], {"case_id": case_id}).fetchone()
    if row is None:
        return False
    if row["made_user"] and fold_name(row["made_user"]) in _called(connection, actor):
        raise HeldError(
            f"case {case_id}: {actor} made it, as {row['made_user']}: somebody else gives its reason"
        )
    held = row["state"] == DocumentState.REFUSED
    if held and not may_be_accepted(row["cause"]):
        raise HeldError(
            f"case {case_id}: its document is held and booked nowhere, so it cannot stand as it is: {row['recovery']}; "
            "or exclude it with a reason"
        )
    solve_case(connection, case_id, now, reason, actor)
    if held:
        connection.execute(_SQL["go_on"], {"id": row["document_id"], "now": now})
        subject, detail = f"document {row['document_id']}", {"accepted": row["cause"], "case": case_id}
        record(connection, [Entry(now, actor, "document.replayed", subject, row["entity"], detail)])
        wake(connection)
    return True


def _called(connection: Connection, actor: str) -> set[str]:
    """What somebody is called, here and at any source."""
    person = load_authority(connection).people.get(actor)
    return {fold_name(actor), *(fold_name(n) for n in (person.called() if person else ()))}
