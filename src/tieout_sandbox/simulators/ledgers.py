"""Another ledger that exports its journals as spreadsheets: files as its users send them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class ExportedLine:
    """`amount` is signed: a debit is positive."""

    account: str
    amount: Decimal
    text: str = ""
    cost_centre: str = ""
    project: str = ""
    pair: str = ""
    partner_entity: str = ""


@dataclass(frozen=True)
class ExportedEntry:
    entry: str
    on: date
    currency: str
    lines: tuple[ExportedLine, ...]
    prepared_by: str = ""
    reverses_on: date | None = None
    reference: str = ""


_HEAD = (
    "entry", "on", "currency", "reference", "account", "debit", "credit", "text", "cost_centre", "project",
    "pair", "partner_entity", "reverses_on", "prepared_by", "entries",
)  # fmt: skip


class LedgerExports:
    """Writes exports; what it wrote is what it says of itself."""

    def __init__(self) -> None:
        self.entries: list[ExportedEntry] = []

    def export(self, entries: list[ExportedEntry]) -> bytes:
        """A file with these entries, and its own figures in a last row for each currency."""
        self.entries += entries
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(_HEAD)
        sums: dict[str, tuple[int, Decimal, Decimal]] = {}
        for e in entries:
            count, up, down = sums.get(e.currency, (0, Decimal(0), Decimal(0)))
            for x in e.lines:
                debit, credit = max(x.amount, Decimal(0)), max(-x.amount, Decimal(0))
                up, down = up + debit, down + credit
                writer.writerow(
                    (
                        e.entry, e.on.isoformat(), e.currency, e.reference, x.account,
                        debit or "", credit or "", x.text, x.cost_centre, x.project, x.pair,
                        x.partner_entity, e.reverses_on.isoformat() if e.reverses_on else "",
                        e.prepared_by, "",
                    )
                )  # fmt: skip
            sums[e.currency] = (count + 1, up, down)
        last = max(e.on for e in entries).isoformat()
        for currency, (count, up, down) in sums.items():
            writer.writerow(("TOTAL", last, currency, "", "", up, down, *[""] * 7, count))
        return out.getvalue().encode()
