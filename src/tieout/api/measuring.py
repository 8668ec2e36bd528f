"""What Prometheus scrapes: read from the rows that the processes share, so that any web process tells of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from tieout.kept_figures import backlog, read_kept
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.api")
# name, what it says, labels; a name that ends with _total only grows.
FAMILIES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("tieout_documents", "Documents by interface and state", ("interface", "state")),
    ("tieout_backlog", "What is on its way, by interface: messages, documents and their effects", ("interface",)),
    ("tieout_oldest_waiting_seconds", "How long the oldest of an interface has been on its way", ("interface",)),
    ("tieout_last_poll_timestamp_seconds", "When an interface was asked last", ("interface",)),
    ("tieout_poll_failing", "1 while an interface's source does not answer", ("interface",)),
    ("tieout_paused", "1 while an interface is paused", ("interface",)),
    ("tieout_open_cases", "Open cases by cause and entity", ("cause", "entity")),
    ("tieout_overdue_cases", "Open cases past their due time", ("entity",)),
    ("tieout_amount_at_risk", "Money in open cases, for display (exact figures are in the API)", ("entity", "currency")),
    ("tieout_approvals_waiting", "Requests that wait for people", ("entity",)),
    ("tieout_tie_out_unproven", "Rows of the tie-out whose residual is not zero, or unknown", ("entity",)),
    ("tieout_matches_total", "Matches by who decided them", ("entity", "decided_by")),
    ("tieout_calls_total", "Calls to systems by outcome", ("system", "outcome")),
    ("tieout_alerts", "What is alerted of, by kind and level", ("kind", "level")),
    ("tieout_evidence_entries_total", "Entries of the evidence", ()),
    ("tieout_evidence_unsealed", "Entries that are not sealed yet", ()),
    ("tieout_subscriptions_failing", "Subscriptions whose receiver does not take events", ()),
)  # fmt: skip


def read_measures(
    connection: Connection, release: Release, now: datetime
) -> dict[str, list[tuple[tuple[str, ...], float]]]:
    """By family: labels and value. Money becomes a number here, for display alone."""
    found: dict[str, list[tuple[tuple[str, ...], float]]] = {name: [] for name, _, _ in FAMILIES}

    def add(name: str, value: Any, *labels: str) -> None:
        found[name].append((labels, _number(value)))

    _add_flows(add, connection, release, now)
    _add_exceptions(add, connection, now)
    _add_proofs(add, connection, release, now)
    _add_platform(add, connection, release, now)
    return found


class _Add(Protocol):
    """Takes one value of a family, with its labels in the family's order."""

    def __call__(self, name: str, value: Any, *labels: str) -> None: ...


def _add_flows(add: _Add, connection: Connection, release: Release, now: datetime) -> None:
    """How each interface runs: what is on its way, since when, and whether its source answers."""
    for row in read_kept(connection, release, "flows", now).rows:
        for state in ("posted", "waiting", "held"):
            add("tieout_documents", row[state], row["interface"], state)
    for each in backlog(connection):
        add("tieout_backlog", each.count, each.interface)
        add("tieout_oldest_waiting_seconds", (now - each.oldest_at).total_seconds(), each.interface)
    for row in connection.execute(_SQL["polled"]):
        if row["polled_at"] is not None:
            add("tieout_last_poll_timestamp_seconds", row["polled_at"].timestamp(), row["interface"])
        add("tieout_poll_failing", int(row["failing"]), row["interface"])
    for row in connection.execute(_SQL["paused_interfaces"]):
        add("tieout_paused", 1, row["interface"])


def _add_exceptions(add: _Add, connection: Connection, now: datetime) -> None:
    """What waits for people: cases, the money in them, approvals."""
    for row in connection.execute(_SQL["cases_by_cause"]):
        add("tieout_open_cases", row["count"], row["cause"], row["entity"])
    for row in connection.execute(_SQL["cases_by_entity"], {"now": now}):
        add("tieout_overdue_cases", row["overdue"], row["entity"])
    for row in connection.execute(_SQL["risk"]):
        add("tieout_amount_at_risk", row["amount"], row["entity"], row["currency"])
    for row in connection.execute(_SQL["waiting_approvals"]):
        add("tieout_approvals_waiting", row["count"], row["entity"])


def _add_proofs(add: _Add, connection: Connection, release: Release, now: datetime) -> None:
    """What is not proven, and who matched what is matched."""
    unproven: dict[str, int] = {}
    for row in read_kept(connection, release, "tie_out", now).rows:
        unproven[row["entity"]] = unproven.get(row["entity"], 0) + (not row["proven"])
    for entity, count in sorted(unproven.items()):
        add("tieout_tie_out_unproven", count, entity)
    matches: dict[tuple[str, str], int] = {}
    for row in read_kept(connection, release, "matching", now).rows:
        for who in ("by_policy", "by_people"):
            key = (row["entity"], who.removeprefix("by_"))
            matches[key] = matches.get(key, 0) + row[who]
    for (entity, who), count in sorted(matches.items()):
        add("tieout_matches_total", count, entity, who)


def _add_platform(add: _Add, connection: Connection, release: Release, now: datetime) -> None:
    """Calls to systems, alerts, the evidence and whether it is sealed, who does not take events."""
    for row in read_kept(connection, release, "calls", now).rows:
        add("tieout_calls_total", row["count"], row["system"], row["outcome"])
    for row in connection.execute(_SQL["alerts"]):
        add("tieout_alerts", row["count"], row["kind"], str(row["level"]))
    for row in connection.execute(_SQL["sealed"]):
        add("tieout_evidence_entries_total", row["sealed"] + row["unsealed"])
        add("tieout_evidence_unsealed", row["unsealed"])
    for row in connection.execute(_SQL["failing_subscriptions"]):
        add("tieout_subscriptions_failing", row["count"])


def _number(value: Any) -> float:
    return float(value) if isinstance(value, Decimal) else value


class Measures:
    """A collector of one scrape."""

    def __init__(self, found: dict[str, list[tuple[tuple[str, ...], float]]]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        return list(self._families())

    def _families(self) -> Iterator[Metric]:
        for name, words, labels in FAMILIES:
            kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            family = kind(name, words, labels=labels)
            for values, number in self._found[name]:
                family.add_metric(list(values), number)
            yield family
