"""Which role signs an entity's close, and lets stand what one person may not decide alone.

The project names it (`sign_role` of calendar.toml). Whoever may write that file could name a role that they have, so that another one
holds from the next month on; unless nobody has the old one any more. What it was is in evidence (`close.rules`).
"""

from __future__ import annotations

import json
from datetime import datetime

from tieout.money import Period
from tieout.money.period import accounting_date
from tieout.rules import Release
from tieout.security import load_authority
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")


def sign_role_in(connection: Connection, release: Release, entity: str, period: Period) -> str:
    """The role that signs a period's close: what it was as the period began, or first since. Raises StampError."""
    named = release.closing.of(entity).sign_role
    begins, _ = period.bounds(release.entities[entity].zone)
    kept = [
        (row["at"], str(role))
        for row in connection.execute(_SQL["rules_kept"], {"entity": entity})
        if (role := json.loads(row["detail"]).get("sign_role"))
    ]
    held = ([role for at, role in kept if at <= begins][-1:] + [role for at, role in kept if at > begins])[:1]
    if not held or held[0] == named or not load_authority(connection).holders(held[0], entity):
        return named
    return held[0]


def sign_role_now(connection: Connection, release: Release, entity: str, now: datetime) -> str:
    """The role that signs in the month of an instant. Raises StampError."""
    today = accounting_date(now, release.entities[entity].zone)
    return sign_role_in(connection, release, entity, Period.of(today))
