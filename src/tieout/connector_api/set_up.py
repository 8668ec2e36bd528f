"""What a ledger is asked before anything is posted: whether it is set up for what the project names, whose company it is,
and until when its key holds. Each finding says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, runtime_checkable

from tieout.rules.ledger_uses import Use


@dataclass(frozen=True)
class Wanted:
    """What is to be booked: `uses` are what the mappings name, `currency` (ISO 4217) is the entity's, "" where no entity has this
    ledger; `entity`
    its code, `on` today in its zone, `now` the instant; `production` that the project books in earnest."""

    uses: Sequence[Use]
    on: date
    now: datetime
    currency: str = ""
    entity: str = ""
    production: bool = False


@dataclass(frozen=True)
class Finding:
    """Something of a set-up: `what` was looked at, whether it is `well`, and what it is, or what to do. `absent` is a thing
    that the project names and the ledger has not. What is well and yet to be known begins with "warning: "."""

    what: str
    well: bool
    said: str
    absent: Use | None = None


@dataclass(frozen=True)
class KeyEnd:
    """Until when the account's key holds: `ends_at` None for one without an end. Where the account has several keys it is the
    first end of them, since which one is used is not told; `said` names them."""

    ends_at: datetime | None
    said: str


@runtime_checkable
class SetUpTeller(Protocol):
    """A ledger that can say whether it is set up for what is to be booked."""

    def set_up(self, wanted: Wanted) -> list[Finding]:
        """Every finding, well or not; nothing is changed. Raises ConnectorError."""
        ...


@runtime_checkable
class NamesLooker(Protocol):
    """A ledger in which what mappings name can be looked up."""

    def look_up_names(self, uses: Sequence[Use]) -> list[Finding]:
        """A finding for each of `uses`, in their order. Raises ConnectorError."""
        ...


@dataclass(frozen=True)
class LedgerName:
    """Something of a ledger that a mapping's row may name: `value` is what stands in the row (an account's or a journal's code, a name
    else), `words` what people call it, "" where that is the same."""

    value: str
    words: str = ""


@runtime_checkable
class NamesTeller(Protocol):
    """A ledger that can say what a mapping's row may name."""

    def names_for(self, use: Use) -> list[LedgerName]:
        """Everything in use that could serve as this `use`, whatever its `name` is, by its value; 5,000 at most. Raises
        ConnectorError."""
        ...


@runtime_checkable
class OneCompany(Protocol):
    """A ledger that may keep several companies: it is one of them that is worked in."""

    def company(self) -> int:
        """The ledger's own id of that company. Raises SetupError where the account sees several and none is chosen."""
        ...


@runtime_checkable
class KeyTeller(Protocol):
    """A system whose key ends some day."""

    def key_end(self, now: datetime) -> KeyEnd:
        """Until when the key holds, as it is at the instant `now`. Raises ConnectorError."""
        ...
