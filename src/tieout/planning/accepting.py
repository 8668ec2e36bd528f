"""A person decides that things may stand as they are, or that a document may go on although it looks wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from tieout.cases import solve_case
from tieout.engine import wake
from tieout.evidence import Entry, record
from tieout.processes import may_be_accepted
from tieout.security import NOT_OURS
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")


Action = Literal["replay", "solve", "exclude"]


class HeldError(ValueError):
    """A case that words alone do not solve: its document is held, and would be booked by nobody."""


def actions_of(connection: Connection, case_id: int) -> tuple[Action, ...]:
    """What a person can do about a case that is open, beside mending its reason; nothing for one that is not."""
    row = connection.execute(_SQL["to_act"], {"case_id": case_id, "not_ours": NOT_OURS}).fetchone()
    if row is None:
        return ()
    held, found = row["state"] == "refused", list[Action]()
    if held or row["unsent"]:
        found.append("replay")
    if not held or may_be_accepted(row["cause"]):
        found.append("solve")
    if held:
        found.append("exclude")
    return tuple(found)


def accept_case(connection: Connection, case_id: int, reason: str, now: datetime, actor: str) -> bool:
    """Solve a case with a person's reason, in the caller's transaction; False where it is not open any more.

    A document that is held for what a person may judge (its recipe's `acceptable`) is planned again, past that. Raises HeldError
    where it is held for anything else: it would be in exception for good, and nobody's case.
    """
    row = connection.execute(_SQL["to_accept"], {"case_id": case_id}).fetchone()
    if row is None:
        return False
    held = row["state"] == "refused"
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
