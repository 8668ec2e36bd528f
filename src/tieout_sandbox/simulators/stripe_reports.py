"""Stripe's summary reports as its files have them: CSV in major units, with a total of each currency at the end."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

_PAYOUTS = ("payout", "payout_reversal")


def summary(transactions: Sequence[Mapping[str, Any]], start: int, end: int, *, payouts: bool) -> str:
    """What moved from `start` up to before `end` (seconds), by reporting category: payouts, or all else."""
    sums: dict[tuple[str, str], list[int]] = {}
    for row in transactions:
        if start <= row["created"] < end and (row["reporting_category"] in _PAYOUTS) == payouts:
            line = sums.setdefault((row["reporting_category"], row["currency"]), [0, 0, 0, 0])
            for i, value in enumerate((1, row["amount"], row["fee"], row["net"])):
                line[i] += value
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["reporting_category", "currency", "count", "gross", "fee", "net"])
    for (category, currency), (count, *amounts) in sorted(sums.items()):
        writer.writerow([category, currency, count, *(_major(a) for a in amounts)])
    # The file ends in a total of each currency, which is no reporting category.
    for currency in sorted({c for _, c in sums}):
        count, *amounts = (sum(line[i] for (_, c), line in sums.items() if c == currency) for i in range(4))
        writer.writerow(["total", currency, count, *(_major(a) for a in amounts)])
    return out.getvalue()


def balance_summary(balances: Mapping[int, Mapping[str, int]]) -> str:
    """The balances at the first and at the last of two instants, in minor units by currency."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["category", "description", "net_amount", "currency"])
    for category, at in (("starting_balance", min(balances)), ("ending_balance", max(balances))):
        for currency, amount in sorted(balances[at].items()):
            writer.writerow([category, category.replace("_", " "), _major(amount), currency.lower()])
    return out.getvalue()


def _major(minor: int) -> str:
    """Minor units of a two-digit currency as a decimal text."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"
