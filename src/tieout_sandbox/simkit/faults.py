"""Faults by rate and seed."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class FaultPlan:
    """Rates from 0 to 1 of a call, or of an event for the webhook ones."""

    cut_after_commit: float = 0.0
    late_commit: float = 0.0
    serialization: float = 0.0
    too_many: float = 0.0
    server_error: float = 0.0
    expired_token: float = 0.0
    duplicate_webhook: float = 0.0
    missing_webhook: float = 0.0
    stale_webhook: float = 0.0
    reorder_webhooks: bool = False


NONE = FaultPlan()
LIGHT = FaultPlan(
    cut_after_commit=0.01,
    serialization=0.01,
    too_many=0.01,
    server_error=0.01,
    duplicate_webhook=0.05,
    missing_webhook=0.02,
)
HEAVY = FaultPlan(
    cut_after_commit=0.06,
    late_commit=0.03,
    serialization=0.05,
    too_many=0.06,
    server_error=0.06,
    expired_token=0.02,
    duplicate_webhook=0.25,
    missing_webhook=0.25,
    stale_webhook=0.10,
    reorder_webhooks=True,
)


class Faults:
    """A seeded die. Turn `active` off while the sandbox sets its systems up."""

    def __init__(self, plan: FaultPlan, seed: int) -> None:
        self.plan, self.active = plan, False
        self._random = random.Random(seed)
        self.counts: dict[str, int] = {}

    def strikes(self, name: str) -> bool:
        """Whether the fault `name` happens this time."""
        rate = float(getattr(self.plan, name))
        if not self.active or rate <= 0 or self._random.random() >= rate:
            return False
        self.counts[name] = self.counts.get(name, 0) + 1
        return True

    def shuffle(self, items: list[object]) -> None:
        if self.active and self.plan.reorder_webhooks:
            self._random.shuffle(items)
