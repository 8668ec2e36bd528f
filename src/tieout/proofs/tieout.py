"""The tie-out: source total = posted + waiting + in exception + excluded, by interface,
entity, period and currency; in net, count, debit and credit.

Posted is what the ledger holds, read back; a posted document whose read-back is another amount
leaves a residual, as does one that never arrived.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from tieout.rules import Entity, Release
from tieout.security import ChangedRow, changed_rows, stamper, total_holds
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")
# Interface, entity, period, currency.
_Key = tuple[str, str, str, str]


class Figure(msgspec.Struct, frozen=True):
    """A count and positive sums; net = debit - credit."""

    count: int = 0
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)

    @property
    def net(self) -> Decimal:
        """Debit less credit."""
        return self.debit - self.credit

    def __add__(self, other: Figure) -> Figure:
        return Figure(self.count + other.count, self.debit + other.debit, self.credit + other.credit)

    def __sub__(self, other: Figure) -> Figure:
        return Figure(self.count - other.count, self.debit - other.debit, self.credit - other.credit)


class TieOutRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `source` is None where the source has no control figure: unproven.

    `ledger_gap` is what the ledger holds for posted documents less what they say. `changed` is how many documents somebody
    changed in the database past us, or their effects, which no case says yet, and how many of its source's own figures: they
    prove nothing.
    """

    interface: str
    entity: str
    period: str
    currency: str
    source: Figure | None
    posted: Figure
    waiting: Figure
    in_exception: Figure
    excluded: Figure
    ledger_gap: Decimal
    changed: int = 0

    @property
    def residual(self) -> Figure | None:
        """Source less posted, waiting, in exception and excluded; None where the source states nothing."""
        if self.source is None:
            return None
        return self.source - self.posted - self.waiting - self.in_exception - self.excluded

    @property
    def proven(self) -> bool:
        """Nothing is left over, in net, count, debit and credit, the ledger agrees, and all of it is as it was written."""
        return self.residual == Figure() and not self.ledger_gap and not self.changed


def tie_out(
    connection: Connection,
    release: Release,
    entities: Sequence[str] | None = None,
    written: Mapping[str, Sequence[ChangedRow]] | None = None,
) -> list[TieOutRow]:
    """Every row that any source or document has, in order of interface, period, currency: all of one instant, or a document
    that goes from one bucket to another meanwhile would be in none, or in two. Of some `entities`, or of all; `written` is what was changed
    past us by entity, of whoever has read that in the same instant, or wants no more than the figures."""
    sources: dict[_Key, Figure] = {}
    buckets: dict[_Key, dict[str, Figure]] = {}
    gaps: dict[_Key, Decimal] = {}
    among, stamps = [release.entities[x] for x in entities or release.entities], stamper(connection)
    given = {"entities": [e.code for e in among], "zones": [e.time_zone for e in among], "all": not entities}
    forged = Counter[_Key]()
    for r in connection.execute(_SQL["terms"], given):
        key = (r["interface"], r["entity"], r["period"], r["currency"])
        figure = Figure(r["count"], r["debit"], r["credit"])
        if r["bucket"] == "source":
            sources[key] = sources.get(key, Figure()) + figure
            # A figure that was written in the database past us proves nothing.
            forged[key] += not total_holds(stamps, r)
            continue
        buckets.setdefault(key, {})[r["bucket"]] = figure
        if r["bucket"] == "posted":
            gaps[key] = r["in_ledger"] - figure.net
    # Asked after them: what somebody changed meanwhile is told.
    changed = _changed(connection, among, written) + forged
    rows = []
    for key in sorted({*sources, *buckets, *changed}):
        mine = buckets.get(key, {})
        rows.append(
            TieOutRow(
                interface=key[0],
                entity=key[1],
                period=key[2],
                currency=key[3],
                source=sources.get(key),
                posted=mine.get("posted", Figure()),
                waiting=mine.get("waiting", Figure()),
                in_exception=mine.get("in_exception", Figure()),
                excluded=mine.get("excluded", Figure()),
                ledger_gap=gaps.get(key, Decimal(0)),
                changed=changed.get(key, 0),
            )
        )
    return rows


def _changed(
    connection: Connection, among: Sequence[Entity], written: Mapping[str, Sequence[ChangedRow]] | None
) -> Counter[_Key]:
    """By row, how many documents were changed past us: figures are added up of columns and views, without their stamps."""
    found = Counter[_Key]()
    for entity in among:
        rows = changed_rows(connection, entity.code) if written is None else written.get(entity.code, ())
        documents = [x.document_id for x in rows if not x.told]
        given = {"documents": documents, "zone": entity.time_zone}
        for r in connection.execute(_SQL["counted_in"], given) if documents else ():
            found[r["interface"], entity.code, r["period"], r["currency"]] = r["count"]
    return found
