"""Signatures as they stand: read with their stamps, and revoked where what they are of is another by now."""

from __future__ import annotations

from datetime import datetime

from tieout.close.model import Finding, Signature, Task
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.observe import get_logger
from tieout.security import stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
_log = get_logger(__name__)


def standing_signatures(connection: Connection, entity: str, period: Period) -> dict[str, Signature]:
    """By task: its last signature, by one person or two, where it is not revoked and is ours."""
    stamps, found = stamper(connection), dict[str, Signature]()
    given = {"entity": entity, "period": str(period)}
    for row in connection.execute(_SQL["signatures"], given).fetchall():
        if row["revoked_at"] is not None:
            continue
        parts = (entity, str(period), row["task"], row["digest"], row["prepared_by"], row["signed_by"])
        if row["signed_by"] and not stamps.holds(row["stamp"], "signature", *parts):
            _log.warning("not ours", task=row["task"], entity=entity, period=str(period))
            continue
        found[row["task"]] = Signature(
            task=row["task"],
            digest=row["digest"],
            prepared_by=row["prepared_by"],
            prepared_at=row["prepared_at"],
            signed_by=row["signed_by"],
            signed_at=row["signed_at"],
        )
    return found


def revoke_if_changed(
    connection: Connection,
    entity: str,
    period: Period,
    task: Task,
    finding: Finding,
    signatures: dict[str, Signature],
    now: datetime,
) -> dict[str, Signature]:
    """The signatures that stand still, once what was found of a task is known: its own is revoked where that changed."""
    signature = signatures.get(task.name)
    if signature is None or (signature.digest == finding.digest and finding.done):
        return signatures
    why = f"its figures changed: {finding.why}" if signature.digest != finding.digest else finding.why
    revoke_signature(connection, entity, period, task.name, why, now, signature.digest)
    return {name: s for name, s in signatures.items() if name != task.name}


def revoke_signature(
    connection: Connection, entity: str, period: Period, task: str, why: str, now: datetime, of: str = ""
) -> None:
    """Revoke what stands of a task; only what is `of` a digest, where one is given: it may be signed anew meanwhile."""
    given = {"entity": entity, "period": str(period)}
    with connection.transaction():
        connection.execute(_SQL["lock_close"], given)
        rows = connection.execute(_SQL["signatures"], given).fetchall()
        row = next((r for r in rows if r["task"] == task and r["revoked_at"] is None), None)
        if row is not None and of and row["digest"] != of:
            return
        if row is None:
            return
        connection.execute(_SQL["revoke"], {"id": row["signature_id"], "at": now, "why": why[:500]})
        detail = {
            "task": task,
            "why": why[:300],
            "prepared_by": row["prepared_by"],
            "signed_by": row["signed_by"],
        }
        record(connection, [Entry(now, "close", "close.revoked", f"{entity}:{period}", entity, detail)])
