"""Prometheus metrics, by its naming conventions (base units, `_total` on counters).

Reference: https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    """The metrics of one process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.webhooks = Counter(
            "tieout_webhooks_total",
            "Webhook requests by interface and answer",
            ["interface", "status"],
            registry=self.registry,
        )
        self.backlog = Gauge(
            "tieout_backlog_count",
            "Rows that wait, by stage",
            ["stage"],
            registry=self.registry,
        )
        self.open_cases = Gauge(
            "tieout_open_cases_count", "Open cases by cause", ["cause"], registry=self.registry
        )
        self.amount_at_risk = Gauge(
            "tieout_amount_at_risk",
            "Money in open cases, for display (exact figures are in the database)",
            ["entity", "currency"],
            registry=self.registry,
        )
        self.evidence_leaves = Gauge(
            "tieout_evidence_sealed_leaves_count", "Sealed evidence leaves", registry=self.registry
        )

    def render(self) -> bytes:
        """The exposition text."""
        return generate_latest(self.registry)
