"""What a ledger holds of taxes: its own tax lines and the lines that they are worked out of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, order=True)
class TaxCode:
    """A tax as the ledger names it; `use` is "sale" or "purchase", for one name may be a tax of each. `name` is "" for what
    stands on a tax account and bears no tax."""

    use: str
    name: str


@dataclass(frozen=True)
class TaxItem:
    """What one posted line says of one tax. `tax` is the amount of a tax line and `base` that of a line that bears it, both
    in `currency`, what is owed positive (a sale's tax; what is deducted is negative); `company` and `company_base` the same
    in the entity's currency. `record` is the (model, id) under which an effect of ours would know the entry `entry`.
    `falls_due`: the ledger made the entry itself as tax fell due on payment. `counts`: whether it is in a tax report by
    its day; a tax that falls due on payment is not until then."""

    entry: str
    on: date
    record: tuple[str, int]
    code: TaxCode
    account: str
    currency: str
    tax: Decimal
    base: Decimal
    company: Decimal
    company_base: Decimal
    falls_due: bool = False
    counts: bool = True


@dataclass(frozen=True)
class LedgerTaxes:
    """The taxes of a span of days. `shares` and `taxes` name taxes by the ledger's own ids of their distributions' lines and
    of themselves. `makers` are, by the name of each of these entries that nobody here made, who did; `reversing` says which
    entries (records) some of them reverse."""

    items: Sequence[TaxItem] = ()
    shares: Mapping[int, TaxCode] = field(default_factory=dict)
    taxes: Mapping[int, TaxCode] = field(default_factory=dict)
    makers: Mapping[str, str] = field(default_factory=dict)
    reversing: Mapping[str, tuple[str, int]] = field(default_factory=dict)


@runtime_checkable
class TaxReader(Protocol):
    """A ledger whose tax lines can be read."""

    def ledger_taxes(self, start: date, end: date) -> LedgerTaxes:
        """Every posted line of these days, both included, that is of a tax, bears one or stands on an account of taxes,
        whoever made it. Raises ConnectorError."""
        ...
