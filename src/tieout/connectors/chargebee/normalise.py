"""Chargebee's invoices and credit notes to documents. Pure.

A line that is for days to come is deferred: its revenue is recognised by a schedule of its own. A
credit note for days that were not used takes back what those days would have had, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec import UNSET

from tieout.connectors.chargebee.lines import Lines
from tieout.documents import CreditNote, CustomerInvoice, Document, Party, RevenuePart, RevenueSchedule
from tieout.money import CHARGEBEE, Amount, Period
from tieout.money.schedule import spread_by_days

# What of an invoice is no sale: it was never issued, or nobody owes it.
_EXCLUDED = {"pending": "test", "draft": "test", "voided": "voided"}
SCHEDULE_FIELD = "cf_revenue_schedule"


def invoice(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """An invoice, and the schedule of each of its lines that is deferred. One whose lines do not come to its total has
    no schedule: nothing of it is booked before it adds up."""
    row = json.loads(raw)
    key, lines = f"invoice:{row['id']}", Lines(row, options)
    made = CustomerInvoice(
        key=key,
        version=_version(row),
        occurred_at=_instant(row["date"]),
        currency=lines.currency,
        control_group="invoices",
        order_key=key,
        number=str(row["id"]),
        party=_party(row),
        lines=lines.sold(),
        taxes=lines.taxes.lines(lines.currency),
        total=CHARGEBEE.amount(row["total"], lines.currency),
        exclusion=_exclusion(row, lines),
    )
    if made.exclusion:
        return [made]
    return [made, *_schedules(lines, key, 1)]


def credit_note(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A credit note, and what it takes back of days to come. One that was never issued is none; one of no invoice
    stands for itself."""
    row = json.loads(raw)
    if row["status"] == "draft":
        return []
    key, lines = f"credit_note:{row['id']}", Lines(row, options)
    reference = row.get("reference_invoice_id")
    exclusion = _exclusion(row, lines)
    made = CreditNote(
        key=key,
        version=_version(row),
        occurred_at=_instant(row["date"]),
        currency=lines.currency,
        control_group="credit_notes",
        order_key=f"invoice:{reference}" if reference else "",
        number=str(row["id"]),
        party=_party(row),
        lines=lines.sold(),
        taxes=lines.taxes.lines(lines.currency),
        total=CHARGEBEE.amount(row["total"], lines.currency),
        adjusts=row.get("type") == "adjustment",
        exclusion=exclusion or UNSET,
    )
    return [made] if exclusion else [made, *_schedules(lines, key, -1)]


def _exclusion(row: dict[str, Any], lines: Lines) -> str:
    """Why nothing of it is booked, "" where it is: what was deleted there is as if it had been voided, and one that comes
    to nothing line by line (a trial, a coupon for all of it) owes nobody anything."""
    never = _EXCLUDED.get(str(row["status"]), "voided" if row.get("deleted") else "")
    if never or not lines.adds_up:
        return never
    return "" if row["total"] or any(x.net for x in lines.sold()) else "nothing_owed"


def _version(row: dict[str, Any]) -> str:
    # Versions are compared as texts. What did not change since 2016 may have neither of the two.
    return f"{int(row.get('resource_version') or 1000 * int(row.get('updated_at') or row['date'])):020d}"


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _party(row: dict[str, Any]) -> Party | None:
    if not row.get("customer_id"):
        return None
    address = row.get("billing_address") or {}
    name = (
        address.get("company")
        or " ".join(str(address.get(n) or "") for n in ("first_name", "last_name")).strip()
    )
    return Party(
        key=str(row["customer_id"]),
        name=name or str(row["customer_id"]),
        email=str(address.get("email") or ""),
        country=str(address.get("country") or ""),
    )


def _schedules(lines: Lines, key: str, sign: int) -> list[Document]:
    if not lines.adds_up:
        return []
    return [_schedule(lines, item, key, sign) for item in lines.items if lines.is_deferred(item)]


def _schedule(lines: Lines, item: dict[str, Any], key: str, sign: int) -> RevenueSchedule:
    row, net, currency = lines.row, lines.net(item), lines.currency
    if lines.by_source:
        parts = _stated(item, currency)
    else:
        # The last day is not part of it: a month from the 1st ends on the next 1st.
        first, after = lines.days(item)
        parts = [(p.last, a) for p, a in spread_by_days(net, first, after - timedelta(days=1))]
    return RevenueSchedule(
        key=f"{key}:{item['id']}",
        version=_version(row),
        occurred_at=_instant(row["date"]),
        currency=currency,
        control_group="schedules",
        reference=str(row["id"]),
        name=str(item.get("description") or item["id"]),
        net=Amount(sign * net.value, currency),
        parts=tuple(RevenuePart(on=on, amount=Amount(sign * a.value, currency)) for on, a in parts),
        deferred="deferred.subscription",
        revenue="revenue.subscription",
    )


def _stated(item: dict[str, Any], currency: str) -> list[tuple[date, Amount]]:
    """The schedule that the source says: month to minor units, in a custom field of the line."""
    stated: dict[str, int] = dict(item.get(SCHEDULE_FIELD) or {})
    return [
        (Period.parse(month).last, CHARGEBEE.amount(int(v), currency)) for month, v in sorted(stated.items())
    ]
