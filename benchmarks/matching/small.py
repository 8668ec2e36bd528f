"""Small pools: three open items of three customers, and what of one's past says how rare a name and an amount are.

Half of the lines pay what is open, by name and amount alone. The others only look so: another customer's amount, a
customer of the past whose name is nearly one of the open ones', a stranger.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from benchmarks.matching.names import as_written, company_name
from tieout.reconcile import checked, match, read_rules

DAY = date(2026, 9, 1)
_COLUMNS = ("id", "date", "amount", "currency", "reference", "counterparty", "description")
_PRICES = (2900, 4900, 9900)


@dataclass
class Pools:
    """Lines that pay what is open, and those that were matched rightly, of every line; groups that are false."""

    pools: int = 0
    payable: int = 0
    right: int = 0
    false: int = 0


def measure(pools: int, seed: int, with_past: bool) -> Pools:
    """So many pools, each matched by itself."""
    draw, found = random.Random(f"small {seed}"), Pools(pools)
    for n in range(pools):
        left, right, past, truth = _pool(draw, n)
        result = match(_table(left), _table(right), read_rules(), past=_table(past) if with_past else None)
        found.payable += len(truth)
        for group in result.groups():
            if group.status == "auto":
                exact = len(group.left) == 1 and truth.get(group.left[0]) == group.right
                found.right += exact
                found.false += not exact
    return found


def _table(rows: list[tuple[str, ...]]) -> pl.DataFrame:
    return checked(pl.DataFrame(rows, schema=dict.fromkeys(_COLUMNS, pl.String), orient="row"), "rows")


def _pool(draw: random.Random, n: int) -> tuple[list, list, list, dict[str, tuple[str, ...]]]:
    """(lines, open items, settled ones, what each line pays)."""
    customers = list(dict.fromkeys(company_name(draw) for _ in range(60)))
    price = draw.choice(_PRICES)
    amounts = {name: (price if draw.random() < 0.3 else 0) for name in customers}

    def row(key: str, name: str, cents: int, day: date, text: str = "") -> tuple[str, ...]:
        return (key, day.isoformat(), f"{cents // 100}.{cents % 100:02d}", "EUR", "", name, text)

    def amount(name: str) -> int:
        return amounts[name] or int(draw.lognormvariate(11.2, 1.1)) + 500

    past = [
        row(f"P{i}", (name := draw.choice(customers)), amount(name), DAY - timedelta(90)) for i in range(150)
    ]
    owing = draw.sample(customers, 3)
    items = {name: amount(name) for name in owing}
    right = [row(f"R{i}", name, cents, DAY) for i, (name, cents) in enumerate(items.items())]
    paying = draw.randrange(3)
    left, truth = [], {}
    name, cents = owing[paying], items[owing[paying]]
    way = draw.random()
    if way < 0.5:
        left.append(row("L0", as_written(draw, name), cents, DAY + timedelta(9), "Zahlung"))
        truth["L0"] = (f"R{paying}",)
    else:
        other = draw.choice([c for c in customers if c not in owing])
        if way > 0.9:
            other = company_name(draw)
        left.append(row("L0", as_written(draw, other), cents, DAY + timedelta(9), "Zahlung"))
    return left, right, past, truth
