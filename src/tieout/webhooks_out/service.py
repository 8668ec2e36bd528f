"""Subscriptions: who is told, of what, at which address."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tieout.connector_api import Network, reach
from tieout.connector_api.signing import PREFIX
from tieout.evidence import Entry, record
from tieout.security.sealing import seal, unseal
from tieout.store import Connection, Queries
from tieout.webhooks_out.events import TYPES

_SQL = Queries("tieout.webhooks_out")
_MOST = 50


class TellingError(ValueError):
    """A subscription that cannot be made or ended: why."""


@dataclass(frozen=True)
class Subscription:
    """`types` are actions of TYPES; `entity` "*": of every one. `position` is the last entry that was told."""

    subscription_id: int
    url: str
    types: tuple[str, ...]
    entity: str
    made_by: str
    made_at: datetime
    position: int
    failures: int
    next_at: datetime
    last_status: str
    last_at: datetime | None


def subscribe(
    connection: Connection,
    url: str,
    types: Sequence[str],
    entity: str,
    who: str,
    now: datetime,
    private: Sequence[Network] = (),
) -> tuple[Subscription, str]:
    """Tell an address from now on, in the caller's transaction: the subscription, and the secret that its events are
    signed with, shown once. Raises TellingError, AddressError."""
    unknown = [t for t in types if t not in TYPES]
    if unknown or not types:
        raise TellingError(f"{unknown[:1] or 'nothing'} is not told: {', '.join(TYPES)}")
    reach(url, private)
    if len(subscriptions(connection)) >= _MOST:
        raise TellingError(f"{_MOST} subscriptions at most: end one")
    raw = os.urandom(24)
    given = {"url": url, "types": sorted(set(types)), "entity": entity, "by": who, "now": now, "secret": b""}
    row = connection.execute(_SQL["subscribe"], given).fetchone()
    assert row is not None
    sealed = seal(connection, "webhook secret", str(row["subscription_id"]), raw)
    connection.execute(_SQL["keep_secret"], {"id": row["subscription_id"], "secret": sealed})
    detail = {"url": url, "types": sorted(set(types))}
    record(connection, [Entry(now, who, "subscription.made", str(row["subscription_id"]), entity, detail)])
    return _read(row), PREFIX + base64.b64encode(raw).decode()


def end_subscription(connection: Connection, number: int, who: str, now: datetime) -> bool:
    """Tell an address nothing more, in the caller's transaction; False where there is none."""
    if not connection.execute(_SQL["end"], {"id": number, "now": now}).rowcount:
        return False
    record(connection, [Entry(now, who, "subscription.ended", str(number))])
    return True


def subscriptions(connection: Connection) -> list[Subscription]:
    return [_read(row) for row in connection.execute(_SQL["subscriptions"])]


def secret_of(connection: Connection, number: int, sealed: bytes) -> str:
    """Raises StampError where it was not sealed by us."""
    return PREFIX + base64.b64encode(unseal(connection, "webhook secret", str(number), sealed)).decode()


def _read(row: dict[str, Any]) -> Subscription:
    return Subscription(
        row["subscription_id"], row["url"], tuple(row["types"]), row["entity"], row["made_by"], row["made_at"],
        row["position"], row["failures"], row.get("again_at", row["next_at"]), row["last_status"], row["last_at"],
    )  # fmt: skip
