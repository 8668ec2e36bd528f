"""Until when the service account's key holds.

Read in the source of 18, 19 and what became 20 (res.users.apikeys, its access rights and rules): a user reads the names, scopes
and ends of their own keys, and never a key, nor which of them a call came with.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tieout.connector_api.set_up import KeyEnd
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.companies import user_of

_MODEL = "res.users.apikeys"
_MOST_NAMED = 5


def key_end(client: OdooClient, now: datetime) -> KeyEnd:
    """See `KeyTeller.key_end`. Raises as `OdooClient.call`."""
    rows: list[dict[str, Any]] = client.call(
        _MODEL,
        "search_read",
        domain=[["user_id", "=", user_of(client)]],
        fields=["name", "scope", "expiration_date"],
        order="id",
    )
    # One that is past its end is taken out by Odoo once a day; it is not the one that asks.
    ends = {r["id"]: _instant(r["expiration_date"]) for r in rows}
    living = [r for r in rows if not (end := ends[r["id"]]) or end > now or len(rows) == 1]
    known = [end for r in living if (end := ends[r["id"]])]
    told = [_told(r, ends[r["id"]]) for r in living[:_MOST_NAMED]]
    if not living:
        return KeyEnd(
            None,
            "the account signs in with its password: make an API key for it, and put that in place of it",
        )
    return KeyEnd(min(known, default=None), "; ".join(told))


def _told(row: dict[str, Any], end: datetime | None) -> str:
    until = f"ends on {end:%Y-%m-%d %H:%M} UTC" if end else "has no end"
    scope = f", scope {row['scope']}" if row["scope"] else ""
    return f"{str(row['name'])[:60]!r} {until}{scope}"


def _instant(text: Any) -> datetime | None:
    """Odoo stores an instant in UTC, without a zone."""
    return datetime.fromisoformat(str(text)).replace(tzinfo=UTC) if text else None
