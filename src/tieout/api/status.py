"""The three answers: what failed, what it costs, what recovers it; and how the flows stand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tieout.api.waits import never_away, read_waits
from tieout.money import Amount
from tieout.rules import Release
from tieout.store import Database, Queries

_SQL = Queries("tieout.api")


@dataclass(frozen=True)
class Status:
    """`cases` by cause with exact decimal texts; `flows` by interface; `backlog` by stage; `files` that are there and not
    whole yet, the longest there first."""

    cases: list[dict[str, Any]]
    flows: list[dict[str, Any]]
    backlog: dict[str, int]
    unknown_events: list[dict[str, Any]]
    sealed: int
    unsealed: int
    # Ledgers that nothing is read from or sent to: they have not answered yet, or are others than they were pinned to.
    unpinned: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    # What is not asked now as was declared, and until when: no failure.
    waits: list[str] = field(default_factory=list)

    def of(self, entities: frozenset[str], release: Release) -> Status:
        """What of it is about some entities; "*" among them: all."""
        if "*" in entities:
            return self
        mine = {n for n, i in release.interfaces.items() if i.entity in entities}
        ledgers = {e.ledger for code, e in release.entities.items() if code in entities}
        systems = ledgers | {release.interfaces[name].system for name in mine}
        return replace(
            self,
            cases=[c for c in self.cases if c["entity"] in entities],
            flows=[f for f in self.flows if f["interface"] in mine],
            unknown_events=[e for e in self.unknown_events if e["interface"] in mine],
            files=[f for f in self.files if f["interface"] in mine],
            backlog={},
            waits=[w for w in self.waits if w.partition(" ")[0] in systems],
            unpinned=[u for u in self.unpinned if u["system"] in ledgers],
        )

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1, default=str).encode()


def read_status(database: Database, release: Release, away: Callable[[str], str] = never_away) -> Status:
    """All of it; `away` says until when a system is left alone, "" where it is not."""
    with database.transaction() as connection:
        cases = [
            {**row, "amount_at_risk": str(Amount.exact(row["amount_at_risk"], row["currency"]).value)}
            for row in connection.execute(_SQL["cases"])
        ]
        known = {row["interface"]: row for row in connection.execute(_SQL["flows"])}
        flows = []
        for name in release.interfaces:
            row = known.get(name, {})
            flows.append(
                {
                    "interface": name,
                    **{k: row.get(k) or 0 for k in ("documents", "posted", "waiting", "held")},
                    "polled_at": str(row.get("polled_at") or "")[:16],
                    "last_error": row.get("last_error") or "",
                    "waits": away(release.interfaces[name].system) or row.get("waits") or "",
                }
            )
        backlog = connection.execute(_SQL["backlog"]).fetchone() or {}
        events = connection.execute(_SQL["unknown_events"]).fetchall()
        files = [{**r, "since": str(r["since"])[:19]} for r in connection.execute(_SQL["waiting_files"])]
        sealed = connection.execute(_SQL["sealed"]).fetchone() or {"sealed": 0, "unsealed": 0}
        unpinned = connection.execute(_SQL["unpinned"]).fetchall()
        waits = read_waits(connection, release, away)
    return Status(
        cases, flows, dict(backlog), events, sealed["sealed"], sealed["unsealed"], unpinned, files, waits
    )
