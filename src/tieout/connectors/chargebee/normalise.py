"""Chargebee's invoices and credit notes to documents. Pure.

A line that is for days to come is deferred: its revenue is recognised by a schedule of its own. A
credit note for days that were not used takes back what those days would have had, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import UNSET

from tieout.documents import (
    CreditNote,
    CustomerInvoice,
    Document,
    Party,
    RevenuePart,
    RevenueSchedule,
    SaleLine,
    TaxLine,
)
from tieout.money import Amount, Period, from_minor
from tieout.money.schedule import spread_by_days

# What of an invoice is no sale: it was never issued, or nobody owes it.
_EXCLUDED = {"pending": "test", "draft": "test", "voided": "voided"}
SCHEDULE_FIELD = "cf_revenue_schedule"


def invoice(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """An invoice, and the schedule of each of its lines that is deferred."""
    row = json.loads(raw)
    key, currency = f"invoice:{row['id']}", str(row["currency_code"])
    lines = [_line(x, row, currency, options) for x in row["line_items"]]
    made = CustomerInvoice(
        key=key,
        version=_version(row),
        occurred_at=_instant(row["date"]),
        currency=currency,
        control_group="invoices",
        order_key=key,
        number=str(row["id"]),
        party=_party(row),
        lines=tuple(lines),
        taxes=_taxes(row, currency),
        total=from_minor(row["total"], currency),
        exclusion=_EXCLUDED.get(str(row["status"]), ""),
    )
    if made.exclusion:
        return [made]
    return [made, *_schedules(row, key, currency, options, 1)]


def credit_note(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A credit note, and what it takes back of days to come."""
    row = json.loads(raw)
    key, currency = f"credit_note:{row['id']}", str(row["currency_code"])
    if row["status"] in ("voided", "draft"):
        return []
    made = CreditNote(
        key=key,
        version=_version(row),
        occurred_at=_instant(row["date"]),
        currency=currency,
        control_group="credit_notes",
        order_key=f"invoice:{row['reference_invoice_id']}",
        number=str(row["id"]),
        party=_party(row),
        lines=tuple(_line(x, row, currency, options) for x in row["line_items"]),
        taxes=_taxes(row, currency),
        total=from_minor(row["total"], currency),
        adjusts=row.get("type") == "adjustment",
    )
    return [made, *_schedules(row, key, currency, options, -1)]


def _version(row: dict[str, Any]) -> str:
    # Versions are compared as texts.
    return f"{int(row['resource_version']):020d}"


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _days(item: dict[str, Any], options: Mapping[str, Any]) -> tuple[date, date]:
    """The first day that a line is for, and the first that it is not for: an instant is a day of the site's own clock
    (`time_zone`, UTC unless said). In published payloads a term ends on the second on which the next begins, and what is
    charged once begins and ends at one."""
    zone = ZoneInfo(options.get("time_zone", "UTC"))
    first, after = (_instant(item[x]).astimezone(zone).date() for x in ("date_from", "date_to"))
    return first, after


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


def _net(item: dict[str, Any], currency: str) -> Amount:
    # A line's amount is before its discount.
    discount = int(item.get("discount_amount") or 0)
    return from_minor(int(item["amount"]) - discount, currency)


def _is_deferred(item: dict[str, Any], options: Mapping[str, Any]) -> bool:
    """Whether a line is for a span of days, and this interface recognises it over them."""
    if options.get("deferral", "none") == "none" or item.get("entity_type") == "adhoc":
        return False
    # Usage is billed for days that are over.
    first, after = _days(item, options)
    return not item.get("is_metered") and after > first


def _line(item: dict[str, Any], row: dict[str, Any], currency: str, options: Mapping[str, Any]) -> SaleLine:
    family = "usage" if item.get("is_metered") else "subscription"
    nature = f"deferred.{family}" if _is_deferred(item, options) else f"revenue.{family}"
    return SaleLine(
        name=str(item["description"]),
        quantity=Decimal(int(item.get("quantity") or 1)),
        net=_net(item, currency),
        nature=nature,
        tax_keys=tuple(dict.fromkeys(_key(t) for t in _charged(row) if t["line_item_id"] == item["id"])),
    )


# Of whom a tax is a state's or of something within it; of others it is a country's.
_WITHIN_STATES = ("state", "county", "city", "special", "unincorporated", "other")


def _charged(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Each tax of each line that is more than nothing: `line_item_taxes` as published (line_item_id, tax_name, tax_rate in
    percent, tax_amount, tax_juris_type, tax_juris_name). Rows of before said one tax on the line itself."""
    if "line_item_taxes" in row:
        return [t for t in row["line_item_taxes"] or () if t["tax_amount"]]
    return [{**x, "line_item_id": x["id"]} for x in row["line_items"] if x.get("tax_amount")]


def _title(tax: dict[str, Any]) -> str:
    """The tax's name, with the name of the county or city that it is of."""
    name, place = str(tax["tax_name"]), str(tax.get("tax_juris_name") or "")
    return name if not place or place in name or tax.get("tax_juris_type") == "country" else f"{name} {place}"


def _key(tax: dict[str, Any]) -> str:
    if not tax.get("tax_juris_type"):
        return str(tax["tax_name"])
    return f"{_title(tax)} {Decimal(str(tax['tax_rate'])).normalize():f}%"


def _jurisdiction(tax: dict[str, Any], row: dict[str, Any]) -> str:
    """Whose it is, by where the invoice is shipped or, where nothing is, billed to; "" where the tax does not say of what
    kind its jurisdiction is. Chargebee writes states without their country."""
    kind = tax.get("tax_juris_type")
    address = row.get("shipping_address") or row.get("billing_address") or {}
    country, state = str(address.get("country") or ""), str(address.get("state_code") or "")
    if not kind or not country:
        return ""
    return f"{country}-{state}" if state and kind in _WITHIN_STATES else country


def _taxes(row: dict[str, Any], currency: str) -> tuple[TaxLine, ...]:
    sums: dict[str, int] = {}
    first: dict[str, dict[str, Any]] = {}
    for tax in _charged(row):
        key = _key(tax)
        first.setdefault(key, tax)
        sums[key] = sums.get(key, 0) + int(tax["tax_amount"])
    return tuple(
        TaxLine(
            key=key,
            title=_title(first[key]),
            rate=Decimal(str(first[key]["tax_rate"])) / 100,
            amount=from_minor(sums[key], currency),
            jurisdiction=_jurisdiction(first[key], row) or UNSET,
        )
        for key in sorted(sums)
    )


def _schedules(
    row: dict[str, Any], key: str, currency: str, options: Mapping[str, Any], sign: int
) -> list[Document]:
    found: list[Document] = []
    for item in row["line_items"]:
        if not _is_deferred(item, options):
            continue
        net = _net(item, currency)
        if options.get("deferral") == "source":
            parts = _stated(item, currency)
        else:
            # The last day is not part of it: a month from the 1st ends on the next 1st.
            first, after = _days(item, options)
            parts = [(p.last, a) for p, a in spread_by_days(net, first, after - timedelta(days=1))]
        found.append(
            RevenueSchedule(
                key=f"{key}:{item['id']}",
                version=_version(row),
                occurred_at=_instant(row["date"]),
                currency=currency,
                control_group="schedules",
                reference=str(row["id"]),
                name=str(item["description"]),
                net=Amount(sign * net.value, currency),
                parts=tuple(RevenuePart(on=on, amount=Amount(sign * a.value, currency)) for on, a in parts),
                deferred="deferred.subscription",
                revenue="revenue.subscription",
            )
        )
    return found


def _stated(item: dict[str, Any], currency: str) -> list[tuple[date, Amount]]:
    """The schedule that the source says: month to minor units, in a custom field of the line."""
    stated: dict[str, int] = dict(item.get(SCHEDULE_FIELD) or {})
    return [(Period.parse(month).last, from_minor(int(v), currency)) for month, v in sorted(stated.items())]
