"""What an invoice's or credit note's lines come to, and the days that they are for. Pure.

Reference: apidocs.chargebee.com (invoices: line_items, line_item_discounts, price_type, round_off_amount,
site_details_at_creation). A line's `amount` is before its discounts (`discount_amount` holds those of the line and its share of the
invoice's), and with `price_type` tax_inclusive it holds its taxes too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tieout.connectors.chargebee.taxes import Taxes
from tieout.documents import SaleLine
from tieout.money import CHARGEBEE, Amount

# What is charged once, whatever days stand on it: set-up fees, one-off charges.
_ONCE = ("adhoc", "plan_setup", "charge_item_price")
# The reason of a credit note by which an invoice is given up as lost.
_WRITE_OFF = "write_off"


class Lines:
    """The lines of one row. `adds_up` says that they come to its total with taxes and rounding."""

    def __init__(self, row: dict[str, Any], options: Mapping[str, Any]) -> None:
        self.row, self.currency = row, str(row["currency_code"])
        self.items: list[dict[str, Any]] = row["line_items"]
        self._options = options
        self.taxes = Taxes(row)
        self._inclusive = row.get("price_type") == "tax_inclusive"
        self._zone = _zone(row, options)
        self._rounding = self._rounded()

    @property
    def adds_up(self) -> bool:
        found = sum(self._minor(x) for x in self.items) + self.taxes.total + self._rounding
        return bool(found == int(self.row["total"]))

    @property
    def by_source(self) -> bool:
        """Whether the source says its schedules of revenue itself."""
        return self._options.get("deferral") == "source"

    def sold(self) -> tuple[SaleLine, ...]:
        """Each line without its tax and after its discounts, and what the total was rounded by."""
        lines = [self._line(item) for item in self.items]
        if self._rounding:
            amount = CHARGEBEE.amount(self._rounding, self.currency)
            lines.append(SaleLine(name="Rounding", quantity=Decimal(1), net=amount, nature="rounding"))
        return tuple(lines)

    def net(self, item: dict[str, Any]) -> Amount:
        """A line without its tax and after its discounts, signed: what is prorated back is negative."""
        return CHARGEBEE.amount(self._minor(item), self.currency)

    def is_deferred(self, item: dict[str, Any]) -> bool:
        """Whether a line is for a span of days, and this interface recognises it over them."""
        if self._options.get("deferral", "none") == "none" or item.get("entity_type") in _ONCE:
            return False
        # Usage is billed for days that are over.
        first, after = self.days(item)
        return not _is_metered(item) and after > first and not self._lost

    def days(self, item: dict[str, Any]) -> tuple[date, date]:
        """The first day that a line is for, and the first that it is not for, by the site's own clock.

        In published payloads a term ends on the second on which the next begins, or one before; what is charged once begins
        and ends at one. A term up to a day's last second holds that day.
        """
        first, after = (_instant(item[x]).astimezone(self._zone) for x in ("date_from", "date_to"))
        if _is_last_second(after) and not _is_last_second(first):
            after += timedelta(seconds=1)
        return first.date(), after.date()

    @property
    def _lost(self) -> bool:
        return self.row.get("reason_code") == _WRITE_OFF

    def _line(self, item: dict[str, Any]) -> SaleLine:
        family = "usage" if _is_metered(item) else "subscription"
        nature = f"deferred.{family}" if self.is_deferred(item) else f"revenue.{family}"
        return SaleLine(
            name=str(item.get("description") or item.get("entity_id") or item["id"]),
            quantity=Decimal(str(item.get("quantity_in_decimal") or item.get("quantity") or 1)),
            net=self.net(item),
            # Revenue was earned: what is given up is what its customer never pays.
            nature="difference.write_off" if self._lost else nature,
            tax_keys=self.taxes.keys(item["id"]),
        )

    def _minor(self, item: dict[str, Any]) -> int:
        discount = int(item.get("discount_amount") or 0) or sum(
            int(d["discount_amount"])
            for d in self.row.get("line_item_discounts") or ()
            if d.get("line_item_id") == item["id"]
        )
        return int(item["amount"]) - discount - (self.taxes.of_line(item["id"]) if self._inclusive else 0)

    def _rounded(self) -> int:
        """What the total was rounded by (`round_off_amount`), and a credit note by its fraction's correction, where
        that is what is missing of its total."""
        rounding = int(self.row.get("round_off_amount") or 0)
        correction = int(self.row.get("fractional_correction") or 0)
        found = sum(self._minor(x) for x in self.items) + self.taxes.total + rounding
        return rounding + (correction if found + correction == int(self.row["total"]) else 0)


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _is_last_second(at: datetime) -> bool:
    return (at.hour, at.minute, at.second) == (23, 59, 59)


def _is_metered(item: dict[str, Any]) -> bool:
    # Rows that were stored before say it in another word.
    return bool(item.get("metered") or item.get("is_metered"))


def _zone(row: dict[str, Any], options: Mapping[str, Any]) -> ZoneInfo:
    """The zone that the interface says, else the one that the row says of its site, else UTC."""
    said = row.get("site_details_at_creation") or {}
    return ZoneInfo(options.get("time_zone") or said.get("timezone") or "UTC")
