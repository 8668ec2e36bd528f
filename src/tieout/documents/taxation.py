"""A tax determination: what was asked of an engine, and what it said.

Amounts are signed as the document's lines are; rates are percentages.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

# standard: the seller charges it. reverse_charge, use_tax: the buyer owes it. sales_or_use: it is due, and the buyer owes it where the
# seller did not charge it. exempt, zero: nobody.
TREATMENTS = ("standard", "reverse_charge", "use_tax", "sales_or_use", "exempt", "zero")


class TaxedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line asked about: `net` without tax; `category` is the source's or the ledger's word for
    what it is."""

    line: str
    net: Decimal
    category: str


class TaxQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A document's taxes: countries and regions are ISO 3166, "" where unknown; `exemption` is the
    buyer's certificate number."""

    key: str
    on: date
    currency: str
    seller: str
    seller_country: str
    seller_tax_id: str
    buyer_country: str
    buyer_region: str
    buyer_postal_code: str
    buyer_tax_id: str
    exemption: str
    lines: tuple[TaxedLine, ...]


class DeterminedLine(msgspec.Struct, frozen=True, kw_only=True):
    """The engine's word on one line: `rate` and `amount` are what is due of it, whoever owes it."""

    line: str
    treatment: str
    rate: Decimal
    amount: Decimal
    jurisdiction: str = ""


class TaxDetermination(msgspec.Struct, frozen=True, kw_only=True):
    """What `engine` answered to `question`, line by line, in their order."""

    engine: str
    question: TaxQuestion
    lines: tuple[DeterminedLine, ...]

    @property
    def charged(self) -> Decimal:
        """The tax that the seller's own document must show."""
        return self._sum("standard")

    def once_charged(self, charged: Decimal, tolerance: Decimal) -> TaxDetermination | None:
        """What stands once the seller's document shows `charged`: of `sales_or_use` the seller charged all of it (`standard`) or
        nothing of it (`use_tax`). None where the document shows neither, within `tolerance`."""
        for treatment, more in (("standard", self._sum("sales_or_use")), ("use_tax", Decimal(0))):
            if abs(charged - self.charged - more) <= tolerance:
                lines = tuple(_decided(x, treatment) for x in self.lines)
                return msgspec.structs.replace(self, lines=lines)
        return None

    def _sum(self, treatment: str) -> Decimal:
        return sum((x.amount for x in self.lines if x.treatment == treatment), Decimal(0))


def _decided(line: DeterminedLine, treatment: str) -> DeterminedLine:
    return msgspec.structs.replace(line, treatment=treatment) if line.treatment == "sales_or_use" else line
