"""What was waived: exclusions, acceptances, write-offs by kind, and revenue that was left out as a share of revenue."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from tieout.close.sections.asked import Asked
from tieout.close.sheet import Cell, Column, Section, Share, Sum, Table, amount_text, instant_text
from tieout.close.waivers import Waiver, Waivers, read_waivers

_WAIVERS = (
    Column("kind", "Kind"),
    Column("about", "Of"),
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
_REVENUE = (
    Column("what", "Revenue"),
    Column("currency", "Currency"),
    Column("left_out", "Left out", "amount"),
    Column("whole", "Of the revenue with it", "amount"),
)


@dataclass(frozen=True)
class WaivedRows:
    """What was waived, and the zone of its instants."""

    waivers: Waivers
    zone: ZoneInfo


def read_waived(asked: Asked) -> WaivedRows:
    """What was waived of the period by now."""
    return WaivedRows(read_waivers(asked.connection, asked.release, asked.entity, asked.period), asked.zone)


def waived_section(rows: WaivedRows) -> Section:
    """Every waiver with who decided and who approved it, sums by kind, and revenue left out as a share."""
    found = rows.waivers
    table = Table(
        "waivers", _WAIVERS, tuple(_waiver(w, rows.zone) for w in found.rows),
        (Sum("amount", ("kind", "currency")), Sum("company", ("kind",))), empty="Nothing was waived.",
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
    return Section("waived", "Excluded, accepted and written off", (table, revenue), tuple(said), shares)


def _waiver(w: Waiver, zone: ZoneInfo) -> tuple[Cell, ...]:
    return (
        str(w.kind), w.about, w.cause, w.interface, w.currency, amount_text(w.amount), amount_text(w.company),
        str(w.count), instant_text(w.at, zone), w.by, w.second, w.reason,
    )  # fmt: skip
