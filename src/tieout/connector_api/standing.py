"""What a ledger says of accounts that are itemised: their balances, and the lines that stand on them at the end of a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol, runtime_checkable

Key = tuple[str, str]


@dataclass(frozen=True)
class StandingLine:
    """A line of which something stands at the end of a day. `standing` is what nothing dated up to that day was matched with, in
    `currency`, signed (a debit is positive), `company` the same in the entity's currency; `open_now` what is open of it as
    the ledger is now. `record` is what the ledger knows it by (model and id), `entry` the number of its entry."""

    account: str
    currency: str
    on: date
    standing: Decimal
    company: Decimal
    open_now: Decimal
    entry: str
    reference: str = ""
    text: str = ""
    partner: str = ""
    record: tuple[str, int] = ("", 0)


@dataclass(frozen=True)
class StandingAccounts:
    """Accounts at the end of a day. `balances` are by account code and currency: in it, and as the ledger carries it in the
    entity's currency. `later` are lines dated after the day, up to `until`. `suspense` are the accounts on which the ledger
    itself puts bank lines that nobody booked; `reconciled` those whose lines are matched with each other. `cut` are accounts
    with more lines than were asked for: none of theirs is here."""

    on: date
    until: date
    balances: Mapping[Key, tuple[Decimal, Decimal]]
    lines: Sequence[StandingLine]
    later: Sequence[StandingLine]
    suspense: frozenset[str]
    reconciled: frozenset[str]
    cut: frozenset[str] = frozenset()


@runtime_checkable
class StandingReader(Protocol):
    """A ledger that can say what stands on an account, line by line, as of a day that is past."""

    def standing(
        self, accounts: Sequence[str], summed: Sequence[str], on: date, until: date, most: int
    ) -> StandingAccounts:
        """What stands on these accounts and on the ledger's own suspense accounts at the end of `on`, and what of lines dated
        after it up to `until` is open now. Of `summed` accounts the balances alone. On an account that is matched, lines of
        which something is open; on any other, every line. At most so many lines of an account. Raises ConnectorError."""
        ...
