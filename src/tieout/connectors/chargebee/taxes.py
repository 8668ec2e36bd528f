"""The taxes of an invoice or credit note, by line and jurisdiction. Pure.

Reference: apidocs.chargebee.com (invoices: `line_item_taxes`, with line_item_id, tax_name, tax_rate in percent, tax_amount,
tax_juris_type, tax_juris_name); the same in chargebee-python's `models/invoice/operations.py`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import UNSET

from tieout.documents import TaxLine
from tieout.money import CHARGEBEE

# Of whom a tax is a state's or of something within it; of others it is a country's.
_WITHIN_STATES = ("state", "county", "city", "special", "unincorporated", "other")


class Taxes:
    """What of a row is tax: each of each line that is more than nothing."""

    def __init__(self, row: dict[str, Any]) -> None:
        self._row = row
        self.charged = [t for t in row.get("line_item_taxes") or () if t["tax_amount"]] or _on_lines(row)
        self._rates: dict[str, set[Decimal]] = {}
        for tax in self.charged:
            self._rates.setdefault(str(tax["tax_name"]), set()).add(_percent(tax))

    def of_line(self, line: str) -> int:
        """A line's taxes, in minor units."""
        return sum(int(t["tax_amount"]) for t in self.charged if t.get("line_item_id") == line)

    def keys(self, line: str) -> tuple[str, ...]:
        """What a line's taxes are called, each once."""
        return tuple(dict.fromkeys(self._key(t) for t in self.charged if t.get("line_item_id") == line))

    def lines(self, currency: str) -> tuple[TaxLine, ...]:
        """Each tax of the whole row, as the source says it."""
        sums: dict[str, int] = {}
        first: dict[str, dict[str, Any]] = {}
        for tax in self.charged:
            key = self._key(tax)
            first.setdefault(key, tax)
            sums[key] = sums.get(key, 0) + int(tax["tax_amount"])
        return tuple(
            TaxLine(
                key=key,
                title=_title(first[key]),
                rate=Decimal(str(first[key]["tax_rate"])) / 100,
                amount=CHARGEBEE.amount(sums[key], currency),
                jurisdiction=self._jurisdiction(first[key]) or UNSET,
            )
            for key in sorted(sums)
        )

    @property
    def total(self) -> int:
        return sum(int(t["tax_amount"]) for t in self.charged)

    def _key(self, tax: dict[str, Any]) -> str:
        """Its name; with its rate where the name alone would be of several."""
        name = str(tax["tax_name"])
        if not tax.get("tax_juris_type") and len(self._rates[name]) == 1:
            return name
        return f"{_title(tax)} {_percent(tax):f}%"

    def _jurisdiction(self, tax: dict[str, Any]) -> str:
        """Whose it is, by where the invoice is shipped or, where nothing is, billed to; "" where the tax does not say of
        what kind its jurisdiction is. Chargebee writes states without their country."""
        kind = tax.get("tax_juris_type")
        address = self._row.get("shipping_address") or self._row.get("billing_address") or {}
        country, state = str(address.get("country") or ""), str(address.get("state_code") or "")
        if not kind or not country:
            return ""
        return f"{country}-{state}" if state and kind in _WITHIN_STATES else country


def _on_lines(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows that were stored before say one tax on the line itself, with its name; a line that has none is called by the
    row's only one."""
    taxed = [x for x in row["line_items"] if x.get("tax_amount")]
    names = {str(t["name"]) for t in row.get("taxes") or ()}
    if any("tax_name" not in x for x in taxed) and len(names) != 1:
        raise ValueError(
            f"{row['id']}: lines are taxed, and nothing says by which tax: expected line_item_taxes"
        )
    return [{"tax_name": min(names, default=""), **x, "line_item_id": x["id"]} for x in taxed]


def _percent(tax: dict[str, Any]) -> Decimal:
    return Decimal(str(tax["tax_rate"])).normalize()


def _title(tax: dict[str, Any]) -> str:
    """The tax's name, with the name of the county or city that it is of."""
    name, place = str(tax["tax_name"]), str(tax.get("tax_juris_name") or "")
    return name if not place or place in name or tax.get("tax_juris_type") == "country" else f"{name} {place}"
