"""Signatures as they stand: read with their stamps, and revoked where what they are of is another by now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

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
    found, given = dict[str, Signature](), {"entity": entity, "period": str(period)}
    for row in connection.execute(_SQL["signatures"], given).fetchall():
        if row["revoked_at"] is not None:
            continue
        if not is_signed_here(connection, entity, period, row):
            # What an earlier release let somebody prepare bears none: it is prepared anew.
            if row["stamp"] is not None or row["signed_by"]:
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


def is_signed_here(connection: Connection, entity: str, period: Period, row: Mapping[str, Any]) -> bool:
    """Whether a signature, by one person or two, bears the stamp of that: not written past us."""
    return stamper(connection).holds(row["stamp"], *signature_parts(entity, period, row))


def signature_parts(entity: str, period: Period, row: Mapping[str, Any]) -> tuple[str, ...]:
    """What a signature's stamp is of: its kind, then its `task`, `digest` and `prepared_by`, and `signed_by` once that is there."""
    by = (row["prepared_by"], row["signed_by"]) if row["signed_by"] else (row["prepared_by"],)
    return (
        "signature" if row["signed_by"] else "preparation",
        entity,
        str(period),
        row["task"],
        row["digest"],
        *by,
    )


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
