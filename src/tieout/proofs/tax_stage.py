"""Looks at taxes each time the ledger was read back: the month's and the one's before, and every filed period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from tieout.connector_api import LedgerReader
from tieout.engine import Clock, Due, LaneKey, Pace, Turn
from tieout.money import Period
from tieout.proofs.filing import filings_of
from tieout.proofs.tax_months import look_at_taxes
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")


def is_taxed(release: Release) -> bool:
    """Whether a project says which of the ledger's taxes its documents bear."""
    table = release.mappings.get("taxes")
    return bool(table and table.rows)


class TaxStage:
    """An entity is a lane: due once its ledger was read back since it was looked at, so that what a person changed there is
    told of by its document first; all of them for no more than a share of the time."""

    name = "taxes"

    def __init__(
        self,
        release: Callable[[], Release],
        reader_of: Callable[[str], LedgerReader | None],
        clock: Clock,
        share: float = 0.05,
    ) -> None:
        self._release, self._reader_of, self._clock = release, reader_of, clock
        self.pace = Pace(every_s=5.0, share=share)
        # The read-back after which each entity was looked at, by this process.
        self._seen: dict[str, datetime] = {}

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """A lane an entity whose ledger was read back since."""
        release = self._release()
        filed = {f.entity for f in filings_of(connection, None)}
        due = []
        for code, entity in sorted(release.entities.items()):
            if not is_taxed(release) and code not in filed:
                continue
            at = self._read_back_at(connection, entity.ledger)
            if at is not None and self._seen.get(code) != at:
                due.append(Due((code,), entity.ledger))
        return due

    def _read_back_at(self, connection: Connection, ledger: str) -> datetime | None:
        row = connection.execute(_SQL["read_back_at"], {"system": ledger}).fetchone()
        at: datetime | None = row["polled_at"] if row else None
        return at

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Raises ConnectorError (the ledger)."""
        release, now, (code,) = self._release(), self._clock.now(), lane
        entity = release.entities[code]
        at, reader = self._read_back_at(connection, entity.ledger), self._reader_of(entity.ledger)
        if reader is not None:
            first = now.astimezone(entity.zone).date().replace(day=1)
            months = [Period.of(first - timedelta(days=1)), Period.of(first)] if is_taxed(release) else []
            look_at_taxes(connection, release, reader, code, months, now)
        if at is not None:
            self._seen[code] = at
        return False
