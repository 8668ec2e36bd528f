"""How an entity closes: its calendar, by when, what may stay open, who signs; and tasks of people."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal

from tieout.money.calendar import BusinessCalendar, supported_countries
from tieout.rules.itemised import ItemRule

# TARGET's closing days hold for every account in euro, and the Federal Reserve's for one in US dollars, wherever it is kept.
TARGET, FEDERAL_RESERVE = "XECB", "XFED"
_OF_CURRENCY = {"EUR": TARGET, "USD": FEDERAL_RESERVE}
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def calendar_of(code: str) -> BusinessCalendar:
    """The days of a market (XECB) or of a country (GB). Raises ValueError for one that nobody knows."""
    made = BusinessCalendar(country=code) if len(code) == 2 else BusinessCalendar(market=code)
    made.check()
    return made


@dataclass(frozen=True)
class ManualTask:
    """What people do for a close: due on a business day after the period's end, after other tasks; 0 is the period's last
    day, -1 the business day before it. `minutes` is how long it takes."""

    name: str
    entity: str
    owner: str
    business_day: int
    after: tuple[str, ...] = ()
    minutes: int = 30


@dataclass(frozen=True)
class EntityClose:
    """Closed by `at` (in the entity's zone) on a business day after the period's end. A case above
    `case_limit` keeps it open; `sign_role` signs, twice, by two people. `declared`: the project's calendar
    names the entity, so that its close is waited for, and what is late is a case. What one person may exclude, accept or
    write off alone is at most `alone_limit` of the entity's currency; what one person brings to one payee within `split_days`
    is added up (0: never). Entries that somebody made by hand on revenue, costs and the like are cases one by one above
    `hand_limit`, and added up by account and maker within it. `items` are by role, or the beginning of
    one: how items on accounts that are itemised stand. A late event above
    `late_limit` needs a decision; those that are passed come to `late_materiality` at most."""

    calendar: BusinessCalendar = field(default_factory=BusinessCalendar)
    business_day: int = 5
    at: time = time(18)
    case_limit: Decimal = Decimal(0)
    sign_role: str = "controller"
    declared: bool = False
    alone_limit: Decimal = Decimal(100)
    split_days: int = 7
    hand_limit: Decimal = Decimal(100)
    late_limit: Decimal = Decimal(0)
    late_materiality: Decimal = Decimal(0)
    banking: dict[str, str] = field(default_factory=dict, hash=False)
    items: dict[str, ItemRule] = field(default_factory=dict, hash=False)

    def banking_days(self, account: str, currency: str = "") -> BusinessCalendar:
        """The days on which an account's bank books, as `banking` of the project says it (by account, by currency or by country,
        each the code of a market or of a country); else TARGET's of one in euro, the Federal Reserve's of one in US dollars;
        else, of an account that an IBAN names, the country's
        public holidays; else the entity's own."""
        country = account[:2] if _IBAN.fullmatch(account) else ""
        code = next((self.banking[k] for k in (account, currency, country) if k and k in self.banking), "")
        if code:
            return calendar_of(code)
        if currency in _OF_CURRENCY:
            return BusinessCalendar(market=_OF_CURRENCY[currency])
        return calendar_of(country) if country in supported_countries() else self.calendar


@dataclass(frozen=True)
class CloseRules:
    """By entity; one that is not declared closes as the defaults say."""

    entities: dict[str, EntityClose] = field(default_factory=dict)
    tasks: tuple[ManualTask, ...] = ()

    def of(self, entity: str) -> EntityClose:
        return self.entities.get(entity) or EntityClose()
