"""Stripe's own figures: its summary reports (docs.stripe.com/reports/api, .../reports/balance).

A report is made in Stripe's own time, and its file ends in a row `total` of each currency, which is the sum of the others.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from tieout.connector_api import ControlTotal, SetupError, TransientError
from tieout.connectors.stripe.wire import Wire
from tieout.money import Amount

_BALANCE = "balance.summary.1"
_MOVED = ("balance_change_from_activity.summary.1", "payouts.summary.1")
_TOTAL = "total"
# Five minutes of asking, then the lane waits.
_ASKS, _BETWEEN_S = 600, 0.5


def control_totals(wire: Wire, start: datetime, end: datetime) -> list[ControlTotal]:
    """Counts and nets by reporting category from `start` up to before `end`. Raises TransientError, SetupError."""
    return [
        ControlTotal(
            currency=currency,
            group=row["reporting_category"],
            count=int(row["count"]),
            debit=max(net, Decimal(0)),
            credit=max(-net, Decimal(0)),
            reference=report,
        )
        for report in _MOVED
        for row in _rows(wire, report, start, end, ("reporting_category", "currency", "count", "net"))
        if row["reporting_category"].lower() != _TOTAL
        for currency in [row["currency"].upper()]
        for net in [_major(row["net"], currency)]
    ]


def balances(wire: Wire, at: datetime) -> dict[str, Decimal]:
    """By currency what is available, pending and reserved together just before `at`. Raises as `control_totals`."""
    rows = _rows(wire, _BALANCE, at - timedelta(days=1), at, ("category", "currency", "net_amount"))
    return {
        row["currency"].upper(): _major(row["net_amount"], row["currency"].upper())
        for row in rows
        if row["category"] == "ending_balance"
    }


def _major(text: str, currency: str) -> Decimal:
    """Reports write amounts in major units, with as many decimals as they like; thousands are not marked."""
    return Amount.parse(text.strip(), currency).value


def _rows(
    wire: Wire, report: str, start: datetime, end: datetime, needed: tuple[str, ...]
) -> Iterator[Mapping[str, str]]:
    table = csv.DictReader(io.StringIO(_report(wire, report, start, end)))
    missing = [name for name in needed if name not in (table.fieldnames or ())]
    if missing:
        raise SetupError(f"Stripe's report {report} has no column {', '.join(missing)}")
    yield from table


def _report(wire: Wire, report: str, start: datetime, end: datetime) -> str:
    run = wire.make(
        "/v1/reporting/report_runs",
        {
            "report_type": report,
            "parameters[interval_start]": int(start.timestamp()),
            "parameters[interval_end]": int(end.timestamp()),
        },
    )
    for _ in range(_ASKS):
        if run["status"] == "succeeded":
            return wire.file(str(run["result"]["url"]))
        if run["status"] == "failed":
            raise SetupError(f"Stripe report {report} failed: {run.get('error')}")
        time.sleep(_BETWEEN_S)
        run = wire.read(f"/v1/reporting/report_runs/{run['id']}")
    raise TransientError(f"Stripe report {report} does not finish")
