"""How an entity closes: its calendar, by when, what may stay open, who signs; and tasks of people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal

from tieout.money.calendar import BusinessCalendar


@dataclass(frozen=True)
class ManualTask:
    """What people do for a close: due on a business day after the period's end, after other tasks;
    `minutes` is how long it takes."""

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
    names the entity, so that its close is waited for, and what is late is a case."""

    calendar: BusinessCalendar = field(default_factory=BusinessCalendar)
    business_day: int = 5
    at: time = time(18)
    case_limit: Decimal = Decimal(0)
    sign_role: str = "controller"
    declared: bool = False


@dataclass(frozen=True)
class CloseRules:
    """By entity; one that is not declared closes as the defaults say."""

    entities: dict[str, EntityClose] = field(default_factory=dict)
    tasks: tuple[ManualTask, ...] = ()

    def of(self, entity: str) -> EntityClose:
        return self.entities.get(entity) or EntityClose()
