"""Carries webhooks from the simulators to the product, with the faults of real ones:
duplicated, missing, stale, out of order. A push that fails is tried again, then given up."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx2

from tieout_sandbox.simkit import Push
from tieout_sandbox.world import World


@dataclass
class Courier:
    """Posts to `base` + /webhooks/<interface>; counts what came back."""

    world: World
    base: str
    answers: dict[int, int] = field(default_factory=dict)
    lost: int = 0
    days: int = 0
    _old: list[tuple[str, Any, Push]] = field(default_factory=list)
    _http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=10))

    def carry(self) -> None:
        """Deliver what the simulators pushed since the last time."""
        at = self.world.clock.now()
        self.days += 1
        if self.days % 7 == 0 and self._old:
            # Every week an old payload comes once more, after newer states.
            self._post(*self._old[0], at)
        sources: list[tuple[str, Any]] = [*self.world.shops.items(), ("stripe", self.world.stripe)]
        for interface, source in sources:
            pushes = list(source.pushes)
            source.pushes.clear()
            faults = source.faults
            faults.shuffle(pushes)
            for push in pushes:
                if faults.strikes("missing_webhook"):
                    self.lost += 1
                    continue
                self._post(interface, source, push, at)
                if faults.strikes("duplicate_webhook"):
                    self._post(interface, source, push, at)
                self._old.append((interface, source, push))
            if self._old and faults.strikes("stale_webhook"):
                self._post(*self._old[len(self._old) // 2], at)

    def _post(self, interface: str, source: Any, push: Push, at: datetime) -> None:
        headers = source.sign(push, at)
        for _ in range(3):
            with contextlib.suppress(httpx2.HTTPError):
                reply = self._http.post(
                    f"{self.base}/webhooks/{interface}", content=push.body, headers=headers
                )
                self.answers[reply.status_code] = self.answers.get(reply.status_code, 0) + 1
                if reply.status_code == 200:
                    return
        self.lost += 1
