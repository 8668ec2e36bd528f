"""A person decides that things may stand as they are, or that a document may go on although it looks wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from tieout.cases import solve_case
from tieout.causes import Action, Held, Offer, cause_named, offers
from tieout.documents import decode_document
from tieout.documents.states import DocumentState
from tieout.engine import wake
from tieout.evidence import Entry, record
from tieout.processes import Facts, may_be_accepted
from tieout.security import NOT_OURS, StampError, load_authority
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
    where it is held for anything else: it would be in exception for good, and nobody's case; and where another person than
    `actor` decides: who made what it is about.
    """
    row = connection.execute(_SQL["to_accept"], {"case_id": case_id}).fetchone()
    if row is None:
        return False
    _by_another(connection, row, case_id, actor)
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


def _by_another(connection: Connection, row: dict[str, Any], case_id: int, actor: str) -> None:
    """Raises HeldError where `actor` made what a case is about: in the ledger; or, of a cause that another person decides,
    its document, or one that its plan was made beside. And where the people of the project cannot be read, for nobody could
    say then."""
    names = {row["made_user"]}
    if cause_named(row["cause"]).by_another:
        names |= _prepared_by(row)
    names -= {""}
    if not names:
        return
    try:
        authority = load_authority(connection)
    except StampError as error:
        raise HeldError(f"case {case_id}: who may decide cannot be read: {error}") from None
    who = authority.who_is(actor)
    for name in sorted(names):
        if authority.who_is(name) == who:
            raise HeldError(
                f"case {case_id}: {actor} made what it is about, as {name}, and another person decides: somebody else solves it"
            )


def _prepared_by(row: dict[str, Any]) -> set[str]:
    made = [] if row["content"] is None else [decode_document(row["content"].encode())]
    if row["facts"]:
        facts = msgspec.json.decode(row["facts"].encode(), type=Facts)
        made += [decode_document(x.content.encode()) for x in facts.related]
    return {getattr(document, "prepared_by", "") for document in made}
