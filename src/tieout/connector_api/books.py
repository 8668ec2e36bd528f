"""What somebody who sets a project up chooses from: the companies of a ledger, and the chart of accounts of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class LedgerCompany:
    """A company of a ledger, by the ledger's own id: its currency (ISO 4217), its country (ISO 3166, "" where none is said), and
    how many posted entries stand in its books."""

    key: int
    name: str
    currency: str
    country: str
    entries: int


@dataclass(frozen=True)
class ChartAccount:
    """An account: `type` as the ledger calls it (asset_receivable, income, …), `matched` that it reconciles, `currency` the only
    one that it takes, "" for any."""

    code: str
    name: str
    type: str
    matched: bool
    currency: str = ""


@dataclass(frozen=True)
class ChartJournal:
    """A journal: `type` is sale, purchase, bank, cash, credit or general; `account` the code of the one that it keeps, "" for
    none; `currency` its own, or its company's."""

    code: str
    name: str
    type: str
    currency: str
    account: str = ""


@dataclass(frozen=True)
class Chart:
    """A company's accounts and journals that are in use, each by its code."""

    accounts: Sequence[ChartAccount]
    journals: Sequence[ChartJournal]


@runtime_checkable
class BooksTeller(Protocol):
    """A ledger that can say which companies there are, and what a company's books are made of."""

    def companies(self) -> list[LedgerCompany]:
        """The companies that the account may work in, by id; none has to be chosen for it. Raises ConnectorError."""
        ...

    def chart(self) -> Chart:
        """The chart of the company that is worked in. Raises ConnectorError."""
        ...
