"""Prometheus metrics, by its naming conventions (base units, `_total` on counters).

Reference: https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.registry import Collector


class Metrics:
    """What one process counts by itself; with what is read for a scrape it is the exposition."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.webhooks = Counter(
            "tieout_webhooks_total",
            "Webhook requests by interface and answer",
            ["interface", "status"],
            registry=self.registry,
        )
        self.uploads = Counter(
            "tieout_uploads_total",
            "Uploads of files by interface and answer; 499 was cut by its sender",
            ["interface", "status"],
            registry=self.registry,
        )

        self._pushes: dict[tuple[str, int], Counter] = {}

    def count_push(self, interface: str, status: int) -> None:
        """One more push. `interface` is one of the project's, or "?": so they are few."""
        counter = self._pushes.get((interface, status))
        if counter is None:
            counter = self._pushes[(interface, status)] = self.webhooks.labels(interface, str(status))
        counter.inc()

    def render(self, *read: Collector) -> bytes:
        """The exposition text (version 0.0.4)."""
        text = generate_latest(self.registry)
        for collector in read:
            once = CollectorRegistry()
            once.register(collector)
            text += generate_latest(once)
        return text
