"""Sheets of closes: their bytes are kept beside the log, whose entry has their hash."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from tieout.evidence.model import Entry, leaf_bytes
from tieout.evidence.print_close import KEPT, SINCE, Printed, as_kept, detail_of, sheet_name
from tieout.evidence.repository import record
from tieout.store import Connection, Queries

_SQL = Queries("tieout.evidence")


def keep_sheet(
    connection: Connection, entity: str, period: str, body: bytes, now: datetime, actor: str
) -> int:
    """Keep a sheet, with an entry of the log that has its hash, in the caller's transaction; its number. `body` carries a
    salt, so the hash says nothing once the sheet is gone."""
    digest = hashlib.sha256(body)
    given = {
        "entity": entity, "period": period, "kept_at": now, "body": body, "sha256": digest.digest()
    }  # fmt: skip
    row = connection.execute(_SQL["add_sheet"], given).fetchone()
    assert row is not None
    detail = {"sheet": row["sheet_no"], "sha256": digest.hexdigest()}
    subject = f"{entity}:{period}"
    record(connection, [Entry(now, actor, KEPT, subject, entity, detail, digest.digest())])
    return int(row["sheet_no"])


def kept_sheet(connection: Connection, entity: str, period: str, number: int = 0) -> Printed | None:
    """The sheet of a close that was kept last, or that of a `number`, with what was taken back since; None where there is
    none. Raises LookupError where it is not as the log says that it was kept."""
    given = {"subject": f"{entity}:{period}", "actions": [KEPT, *SINCE]}
    entries = [json.loads(leaf_bytes(r)) for r in connection.execute(_SQL["of_close"], given)]
    kept = {int(detail_of(e)["sheet"]): e for e in entries if e["action"] == KEPT}
    if not kept or (number and number not in kept):
        return None
    number = number or max(kept)
    row = connection.execute(_SQL["sheet"], {"sheet_no": number}).fetchone()
    if row is None:
        raise LookupError(
            f"{sheet_name(number)} was kept on {kept[number]['at']} and is gone: an evidence pack of before has it"
        )
    return as_kept(bytes(row["body"]), number, kept[number], (e for e in entries if e["action"] != KEPT))
