"""A run of reconciling over very many open lines, in a process of its own as a worker is one, for measuring what else
answers meanwhile. The ledger is one in memory; matching, the work list and what is kept are the product's own."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tieout.bootstrap.wiring import App
from tieout.connector_api import OpenItem
from tieout.engine import let_people_first
from tieout.reconcile.ledger import Reconciler, reconciliation_interface

UNTIL = date(2026, 12, 31)


def items(lines: int) -> list[OpenItem]:
    """Invented: half are cash, half are due. Of ten payments six name their invoice, two its amount and its customer
    alone, one pays two invoices, one nothing."""
    draw, found = random.Random(7), []
    due: list[OpenItem] = []
    for n in range(lines // 2):
        amount = Decimal(draw.randrange(100, 9_000_000)) / 100
        on = date(2026, 1, 1) + timedelta(days=n % 300)
        due.append(_item(2 * n, "121000", "receivable", on, amount, n % 5000, (f"INV-{n:07d}",), ""))
    number = 0
    for n in range(lines // 2):
        invoice, dice = due[number % len(due)], n % 10
        number += 1
        on, amount, who = invoice.on + timedelta(days=draw.randrange(20)), invoice.residual, invoice.partner
        text = f"payment {invoice.numbers[0]}" if dice < 6 else "thank you"
        if dice == 8:
            other = due[number % len(due)]
            number += 1
            amount, text = amount + other.residual, f"{invoice.numbers[0]} and {other.numbers[0]}"
        elif dice == 9:
            amount, who = Decimal(draw.randrange(100, 9_000_000)) / 100, draw.randrange(5000)
        found.append(_item(2 * n + 1, "212130", "other", on, -amount, who, (f"BANK-{n}",), text))
    return found + due


def _item(
    line: int, account: str, kind: str, on: date, residual: Decimal, who: int, numbers: tuple[str, ...], text: str
) -> OpenItem:  # fmt: skip
    return OpenItem(
        line=line, move=line, account=account, kind=kind, is_payment=account == "212130", on=on, due=None, currency="EUR",
        residual=residual, company=residual, partner=who, partner_name=f"Partner {who}", numbers=numbers, label=text,
    )  # fmt: skip


class Ledger:
    """What is open, as a ledger would tell it."""

    def __init__(self, lines: int) -> None:
        self._items = items(lines)

    def open_items(self, accounts: Sequence[str], until: date, lines: Sequence[int] = ()) -> list[OpenItem]:
        return self._items


def main(folder: Path, lines: int, seconds: float) -> None:
    """Run it again and again for so long; says when the first begins, and how many there were."""
    let_people_first()
    app = App(folder)
    release = app.release()
    interface = reconciliation_interface(release, "MAIN")
    assert interface is not None
    ledger: Any = Ledger(lines)
    connection = app.database.connect(autocommit=True)
    print("begins", flush=True)
    began, spans, applied = time.monotonic(), [], 0
    while time.monotonic() - began < seconds or not spans:
        started = time.monotonic()
        run = Reconciler(release, interface, ledger, UNTIL, datetime.now().astimezone()).run(connection)
        spans.append(time.monotonic() - started)
        applied += len(run.applied)
    print(f"{len(spans)} {sum(spans) / len(spans):.1f} {applied}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
