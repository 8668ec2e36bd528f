"""Replays and exclusions: what people decide about cases of documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from tieout.cases import solve, solve_case
from tieout.delivery.causes import OUTCOME_UNDECIDED
from tieout.documents import awaiting_frame
from tieout.documents.states import EffectState
from tieout.engine import wake
from tieout.evidence import Entry, record
from tieout.planning.writing import take_up_held
from tieout.rules import Interface
from tieout.security import NOT_OURS
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")


def replay(
    connection: Connection,
    now: datetime,
    actor: str,
    *,
    cause: str | None = None,
    case_id: int | None = None,
    entity: str | None = None,
) -> int:
    """Plan again what is held by an open case (of a cause, of an entity alone where one is named, or one case), read again the messages that could not be
    taken, and send again what its target refused; how many documents, messages and effects.

    Safe at any time: what was planned already is left alone.
    """
    of = {"cause": cause, "case_id": case_id, "entity": entity}
    ids = replay_documents(connection, now, cause, case_id, entity)
    entries = [Entry(now, actor, "document.replayed", f"document {i}") for i in ids]
    entries += _read_again(connection, now, actor, of)
    again = connection.execute(_SQL["send_again"], of).fetchall()
    entries += [Entry(now, actor, "delivery.replayed", r["external_id"]) for r in again]
    if entries:
        record(connection, entries)
        wake(connection)
    return len(entries)


def _read_again(connection: Connection, now: datetime, actor: str, of: Mapping[str, object]) -> list[Entry]:
    """Messages that could not be taken are taken once more; their cases end, and come again if they fail again."""
    rows = connection.execute(_SQL["read_again"], {**of, "not_ours": NOT_OURS}).fetchall()
    for number in {r["case_id"] for r in rows}:
        solve_case(connection, number, now, "its message is read again", actor, accepted=False)
    return [
        Entry(now, actor, "message.replayed", f"{r['interface']}:{r['dedupe_key']}", r["entity"])
        for r in rows
    ]


def replay_documents(
    connection: Connection, now: datetime, cause: str | None, case_id: int | None, entity: str | None = None
) -> list[int]:
    """Let what open cases hold be planned again; the documents' ids."""
    given = {"now": now, "cause": cause, "case_id": case_id, "entity": entity}
    return [r["document_id"] for r in connection.execute(_SQL["replay"], given)]


def replay_range(
    connection: Connection, interface: Interface, since: date, until: date, now: datetime, actor: str
) -> list[int]:
    """Plan again what cases hold of an interface and was accounted for in these days (both included), in the caller's
    transaction; the documents' ids. What is posted or under way is left alone. No `actor`: it is only tried."""
    given = {"interface": interface.name, "since": since, "until": until, "now": now}
    ids = sorted(r["document_id"] for r in connection.execute(_SQL["replay_range"], given))
    if actor:
        detail = {"since": since.isoformat(), "until": until.isoformat(), "documents": len(ids)}
        record(
            connection, [Entry(now, actor, "interface.replayed", interface.name, interface.entity, detail)]
        )
        wake(connection)
    return ids


def why_it_stands(connection: Connection, case_id: int) -> str:
    """Why a case's document cannot be left out: an entry of it is in the ledger, or may be; what to do about that; "" where
    nothing of it is there."""
    given = {"case_id": case_id, "cause": OUTCOME_UNDECIDED.name}
    row = connection.execute(_SQL["stands_in_ledger"], given).fetchone()
    if row is not None and row["state"] == EffectState.CONFIRMED:
        where = f"{row['target_model']} {row['target_id']}".strip()
        return (
            f"case {case_id}: an entry of its document stands in the ledger ({row['external_id']}, {where}): reverse it there "
            "first; once that is read back it can be excluded"
        )
    if row is not None or connection.execute(_SQL["undecided"], given).fetchone():
        return (
            f"case {case_id}: an entry of its document may be in the ledger, which has not said so yet: `tieout replay --case "
            f"{case_id}` asks it"
        )
    return ""


def exclude_case(connection: Connection, case_id: int, reason: str, now: datetime, actor: str) -> bool:
    """Exclude a held document for a stated reason and solve its cases; False where the case
    holds no document that can be excluded. Raises ValueError without a reason, and while an entry of it stands in the ledger."""
    if not reason.strip():
        raise ValueError("an exclusion needs a reason")
    if why := why_it_stands(connection, case_id):
        raise ValueError(why)
    rows = connection.execute(_SQL["exclude"], {"case_id": case_id, "reason": reason}).fetchall()
    for row in rows:
        detail = {"reason": reason, "approval": f"decided by {actor}"}
        record(
            connection,
            [Entry(now, actor, "document.excluded", row["source_key"], row["entity"], detail)],
        )
        connection.execute(_SQL["never_sent"], {"id": row["document_id"]})
        solve(connection, [row["document_id"]], now, f"excluded: {reason}", actor)
        # What came as its part goes where it goes.
        take_up_held(connection, row["interface"], row["entity"], [awaiting_frame(row["source_key"])], now)
    return bool(rows)
