"""Writes tieout.json, a Grafana dashboard over what /metrics tells: `python deploy/grafana/make_dashboard.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PANELS: list[tuple[str, str, str, str]] = [
    ("Money at risk", "tieout_amount_at_risk", "{{entity}} {{currency}}", "stat"),
    ("Open cases", "sum by (cause) (tieout_open_cases)", "{{cause}}", "barchart"),
    ("Past their time", "tieout_overdue_cases", "{{entity}}", "stat"),
    ("Rows that do not tie", "tieout_tie_out_unproven", "{{entity}}", "stat"),
    ("On its way", "tieout_backlog", "{{interface}}", "timeseries"),
    ("Oldest on its way", "tieout_oldest_waiting_seconds", "{{interface}}", "timeseries"),
    ("Documents posted", 'rate(tieout_documents{state="posted"}[5m])', "{{interface}}", "timeseries"),
    ("In exception", 'tieout_documents{state="held"}', "{{interface}}", "timeseries"),
    ("Calls by system and outcome", "rate(tieout_calls_total[5m])", "{{system}} {{outcome}}", "timeseries"),
    ("Webhooks", "sum by (interface, status) (rate(tieout_webhooks_total[5m]))", "{{interface}} {{status}}", "timeseries"),
    ("Matched by policy", 'sum by (entity) (tieout_matches_total{decided_by="policy"}) / sum by (entity) (tieout_matches_total)', "{{entity}}", "gauge"),
    ("Approvals that wait", "tieout_approvals_waiting", "{{entity}}", "stat"),
    ("Since the last poll", "time() - tieout_last_poll_timestamp_seconds", "{{interface}}", "timeseries"),
    ("Sources that do not answer", "tieout_poll_failing", "{{interface}}", "state-timeline"),
    ("Evidence not sealed", "tieout_evidence_unsealed", "entries", "timeseries"),
    ("Alerts", "tieout_alerts", "{{kind}} {{level}}", "stat"),
]  # fmt: skip
UNITS = {"Oldest on its way": "s", "Since the last poll": "s", "Matched by policy": "percentunit"}


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana takes it."""
    panels = []
    for number, (title, expression, legend, kind) in enumerate(PANELS):
        panels.append(
            {
                "id": number + 1, "title": title, "type": kind, "datasource": {"type": "prometheus", "uid": "${source}"},
                "gridPos": {"h": 7, "w": 6, "x": number % 4 * 6, "y": number // 4 * 7},
                "fieldConfig": {"defaults": {"unit": UNITS.get(title, "short")}, "overrides": []},
                "targets": [{"expr": expression, "legendFormat": legend, "refId": "A"}],
            }
        )  # fmt: skip
    source = {"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
    return {
        "title": "Tieout", "uid": "tieout", "schemaVersion": 39, "version": 1, "refresh": "30s", "tags": ["tieout"],
        "time": {"from": "now-24h", "to": "now"}, "timezone": "browser", "templating": {"list": [source]},
        "panels": panels,
    }  # fmt: skip


if __name__ == "__main__":
    target = Path(__file__).with_name("tieout.json")
    target.write_text(json.dumps(dashboard(), indent=1) + "\n")
