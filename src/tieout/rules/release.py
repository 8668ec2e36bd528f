"""A release: everything that decides what a document becomes, fixed under one hash."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from tieout.rules.approval import ApprovalPolicy
from tieout.rules.arrival import PROVEN, Arrival
from tieout.rules.closing import CloseRules
from tieout.rules.differences import DifferenceLimit
from tieout.rules.expected import Expected
from tieout.rules.mapping import Mapping, UnmappedError
from tieout.rules.origins import Origin


@dataclass(frozen=True)
class Entity:
    """A legal company: its code, currency (ISO 4217) and time zone (cut-off at its midnight); with a
    `country` (ISO 3166) that country's pack stands under what the project says. `limits` are those of
    differences that are accepted without a person, by kind: one that is missing is off. `begins_on` is the day from
    which its books are governed (None: all of them are): what is dated before is its opening. `origins` declare what its
    people make in the ledger themselves. Where it does not `posts`, its sources are read and proven and nothing goes out for it:
    its books run without us until they are taken over."""

    code: str
    name: str
    currency: str
    time_zone: str
    ledger: str
    company_id: int = 0
    country: str = ""
    limits: dict[str, DifferenceLimit] = field(default_factory=dict, hash=False)
    begins_on: date | None = None
    origins: tuple[Origin, ...] = ()
    posts: bool = True

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone; the cut-off is midnight there."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True)
class Interface:
    """A governed one-way flow from a system's stream into an entity's ledger. What comes is taken as
    `latency` says (real time, batch, hybrid) up to its `cut_off`, and once nothing is under way in the
    interfaces that it comes `after`. `complete` says what its files need to be taken: a proof of their own, a control
    file beside them, or that they are whole as `arrival` has it. `expected` is what must come, None where nobody said."""

    name: str
    system: str
    entity: str
    streams: tuple[str, ...]
    owner: str
    process: str
    latency: str = "real time"
    cut_off: str = ""
    after: tuple[str, ...] = ()
    risk: str = "medium"
    close_critical: bool = True
    every_minutes: int = 60
    overlap_minutes: int = 120
    patience_hours: int = 24
    late_events: str = "case"
    service_level_hours: int = 24
    complete: str = PROVEN
    arrival: Arrival = field(default_factory=Arrival)
    expected: Expected | None = None
    options: dict[str, Any] = field(default_factory=dict, hash=False)

    def option(self, name: str, default: str = "") -> str:
        """An option of its connector as the project says it, as text; `default` where it says nothing."""
        return str(self.options.get(name, default))


@dataclass(frozen=True)
class Release:
    """`sha256` is the hash of the project folder's governed files. `sign_on` is whom the company's own sign-on lets in: its provider,
    and each of its groups with their roles."""

    sha256: str
    entities: dict[str, Entity]
    interfaces: dict[str, Interface]
    mappings: dict[str, Mapping]
    policies: tuple[ApprovalPolicy, ...] = ()
    closing: CloseRules = field(default_factory=CloseRules)
    sign_on: tuple[tuple[str, str], ...] = ()

    def account(self, role: str, on: date) -> str:
        """The account code of a role such as `revenue.goods`; UnmappedError if none."""
        return self._table("accounts").get(role, on)

    def tax(self, key: str, on: date) -> str:
        """The ledger's tax name for the source's tax key; UnmappedError if none."""
        return self._table("taxes").get(key, on)

    def journal(self, role: str, on: date) -> str:
        """The journal code of a role such as `sales` or `clearing.stripe.USD`."""
        return self._table("journals").get(role, on)

    def mapped(self, table: str, key: str, on: date, place: str = "") -> str:
        """What `key` of any table means; UnmappedError, which names the `place`, if nothing."""
        try:
            return self._table(table).get(key, on)
        except UnmappedError as error:
            raise UnmappedError(error.table, error.key, error.on, place) from None

    def _table(self, name: str) -> Mapping:
        return self.mappings.get(name) or Mapping(name, ())


def role_accounts(release: Release, prefixes: tuple[str, ...], on: date) -> dict[str, str]:
    """Account code to role, of the roles that begin so, as they are or were mapped until a day: what stands on an account
    waits there, whatever account takes what comes since. Of two roles of one account the later holds."""
    table = release.mappings.get("accounts")
    rows = [r for r in (table.rows if table else ()) if r.key.startswith(prefixes) and r.valid_from <= on]
    return {r.value: r.key for r in sorted(rows, key=lambda r: r.valid_to)}
