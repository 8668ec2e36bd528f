"""What was waived: exclusions, acceptances, write-offs by kind, and revenue that was left out as a share of revenue. Each
document that was left out stands here once: as what a person excluded, or under what its source or a rule left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tieout.close.sections.asked import Asked
from tieout.close.sheet import Cell, Column, Section, Share, Sum, Table, amount_text, day_text, instant_text
from tieout.close.waivers import Waiver, WaiverKind, Waivers, read_waivers
from tieout.store import Queries

_SQL = Queries("tieout.close.sections")

_WAIVERS = (
    Column("kind", "Kind"),
    Column("about", "Of"),
    Column("number", "Number"),
    Column("on", "Day", "day"),
    Column("cause", "Cause"),
    Column("interface", "Interface"),
    Column("currency", "Currency"),
    Column("amount", "Amount", "amount"),
    Column("company", "In the entity's currency", "amount"),
    Column("count", "Of how many", "count"),
    Column("at", "When", "instant"),
    Column("by", "By"),
    Column("second", "Approved by"),
    Column("reason", "Reason"),
)
_NOBODYS = (
    Column("kind", "Kind"),
    Column("interface", "Interface"),
    Column("document", "Document"),
    Column("number", "Number"),
    Column("on", "Day", "day"),
    Column("currency", "Currency"),
    Column("amount", "Amount", "amount"),
    Column("reason", "Reason"),
)
_REVENUE = (
    Column("what", "Revenue"),
    Column("currency", "Currency"),
    Column("left_out", "Left out", "amount"),
    Column("whole", "Of the revenue with it", "amount"),
)


@dataclass(frozen=True)
class WaivedRows:
    """What was waived, the documents that were left out (`by_people` or not), and the zone of instants."""

    waivers: Waivers
    documents: tuple[Mapping[str, Any], ...]
    zone: ZoneInfo


def read_waived(asked: Asked) -> WaivedRows:
    """What was waived of the period by now."""
    found = read_waivers(asked.connection, asked.release, asked.entity, asked.period)
    documents = asked.connection.execute(_SQL["excluded"], asked.given).fetchall()
    return WaivedRows(found, tuple(documents), asked.zone)


def waived_section(rows: WaivedRows) -> Section:
    """Every waiver with who decided and who approved it, sums by kind, what nobody here left out one by one, and revenue left out
    as a share."""
    found = rows.waivers
    mine = {(d["interface"], d["source_key"]): d for d in rows.documents if d["by_people"]}
    table = Table(
        "waivers", _WAIVERS, tuple(_waiver(w, mine, rows.zone) for w in found.rows),
        (Sum("amount", ("kind", "currency")), Sum("company", ("kind",))), empty="Nothing was waived.",
    )  # fmt: skip
    others = tuple(_nobodys(d) for d in rows.documents if not d["by_people"])
    left_out = Table(
        "left_out", _NOBODYS, others, (Sum("amount", ("kind", "currency")),),
        title="Left out by its source, document by document", empty="No source left anything out.",
    )  # fmt: skip
    currency, share = found.currency, found.share
    amounts = (
        ("sales left out", share.sales, share.sales),
        ("credit notes left out", share.credits, -share.credits),
        ("booked", Decimal(0), share.booked),
    )
    cells = tuple((what, currency, amount_text(out), amount_text(whole)) for what, out, whole in amounts)
    revenue = Table(
        "revenue", _REVENUE, cells, (Sum("left_out", ("currency",)), Sum("whole", ("currency",))),
        title="Revenue that was left out",
    )  # fmt: skip
    said = [found.said() + "."]
    if share.unknown:
        said.append(
            f"Of {share.unknown} documents nobody knows what they are worth: they are not in the share."
        )
    shares = (Share("Revenue left out", currency, ("revenue", "left_out", {}), ("revenue", "whole", {})),)
    return Section(
        "waived", "Excluded, accepted and written off", (table, left_out, revenue), tuple(said), shares
    )


def _waiver(
    w: Waiver, documents: Mapping[tuple[str, str], Mapping[str, Any]], zone: ZoneInfo
) -> tuple[Cell, ...]:
    document = documents.get((w.interface, w.about)) if w.kind == WaiverKind.EXCLUDED else None
    number, on = (document["link_key"], day_text(document["accounting_on"])) if document else ("", None)
    return (
        str(w.kind), w.about, number, on, w.cause, w.interface, w.currency, amount_text(w.amount), amount_text(w.company),
        str(w.count), instant_text(w.at, zone), w.by, w.second, w.reason,
    )  # fmt: skip


def _nobodys(d: Mapping[str, Any]) -> tuple[Cell, ...]:
    return (
        d["kind"], d["interface"], d["source_key"], d["link_key"], day_text(d["accounting_on"]), d["currency"],
        amount_text(d["amount"]), d["reason"],
    )  # fmt: skip
