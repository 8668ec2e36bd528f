"""Intercompany: two entities book the two sides of one transaction; in its currency they net to zero.

What does not net is told apart: one side is missing (timing, until the cut-off), the amounts differ, or
only the companies' own currencies do, which is exchange and no difference.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec

from tieout.cases import NewCase, open_cases, solve_by_key
from tieout.proofs.causes import INTERCOMPANY_DIFFERS, ONE_SIDED
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """What an entity booked or is about to: `amount` is signed in the pair's currency, up to the day;
    `later` is dated after it."""

    entity: str
    interface: str
    amount: Decimal
    later: Decimal
    first_on: date


class PairRow(msgspec.Struct, frozen=True, kw_only=True):
    """One pair in one currency. `residual` is the sum of its sides: zero where it nets."""

    pair: str
    currency: str
    sides: tuple[Side, ...]

    @property
    def residual(self) -> Decimal:
        """What the two sides add up to: nothing where they net."""
        return sum((s.amount for s in self.sides), Decimal(0))

    @property
    def explained_as(self) -> str:
        """nets; timing, where a side is dated later; one_sided; or differs."""
        if not self.residual:
            return "nets"
        if not self.residual + sum((s.later for s in self.sides), Decimal(0)):
            return "timing"
        return "one_sided" if len({s.entity for s in self.sides}) == 1 else "differs"


def intercompany_rows(connection: Connection, until: date) -> list[PairRow]:
    """Every pair of which a side is dated up to a day, in order of its name and currency."""
    found: dict[tuple[str, str], list[Side]] = {}
    for row in connection.execute(_SQL["intercompany"], {"until": until}):
        side = Side(
            entity=row["entity"],
            interface=row["interface"],
            amount=row["amount"],
            later=row["later"],
            first_on=row["first_on"],
        )
        found.setdefault((row["pair"], row["currency"]), []).append(side)
    rows = [PairRow(pair=p, currency=c, sides=tuple(s)) for (p, c), s in sorted(found.items())]
    return [r for r in rows if any(s.first_on <= until for s in r.sides)]


# How long the other side of a pair may take.
GRACE_DAYS = 5


def open_intercompany(
    connection: Connection, release: Release, until: date, now: datetime, grace_days: int = GRACE_DAYS
) -> int:
    """Open a case for every pair that does not net `grace_days` after its first side (0: of a month that is over, of which nothing is
    still to come); solve those that do by now. How many were opened."""
    opened = 0
    with connection.transaction():
        for row in intercompany_rows(connection, until):
            key = f"{row.pair}:{row.currency}"
            kind = row.explained_as
            for cause, mine in ((ONE_SIDED, "one_sided"), (INTERCOMPANY_DIFFERS, "differs")):
                if kind != mine:
                    solve_by_key(
                        connection, cause.name, key, now, "the pair nets, or differs otherwise", "proofs"
                    )
            oldest = min(row.sides, key=lambda s: s.first_on)
            if kind in ("nets", "timing") or until < oldest.first_on + timedelta(days=grace_days):
                continue
            found = ONE_SIDED if kind == "one_sided" else INTERCOMPANY_DIFFERS
            case = NewCase(
                cause=found.name,
                interface=oldest.interface,
                entity=oldest.entity,
                period=f"{oldest.first_on:%Y-%m}",
                source_key=key,
                amount=abs(row.residual),
                currency=row.currency,
                recovery=found.say(),
                detail=", ".join(f"{s.entity} {s.amount}" for s in row.sides),
                owner=release.interfaces[oldest.interface].owner,
                opened_at=now,
                due_at=now + timedelta(hours=24),
                blocking=False,
                standing=found.standing,
            )
            opened += open_cases(connection, [case], "proofs")
    return opened
