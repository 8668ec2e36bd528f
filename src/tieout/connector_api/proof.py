"""What shows that a file is all there: its own figures, or its own end; and what a reader can say where nothing does.

A file that is cut at the end of a row looks like a shorter one. XML that is cut is no XML, a workbook that is cut cannot
be opened, a statement carries its opening balance to its closing one; a table of rows shows nothing unless it states
its figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from tieout.connector_api.journals import Control, EntryRow

_WORKBOOK = b"PK\x03\x04"


@dataclass(frozen=True)
class Proof:
    """`by` says what shows that a file is whole, "" where nothing of its own does. `rows` and `total` are what it
    holds, for a control file to be held against: its rows but for those of totals, and the sum of their amounts whatever
    their currency (None where they have none). `lacks` says what a file of this kind could state."""

    by: str = ""
    rows: int = 0
    total: Decimal | None = None
    lacks: str = ""


@runtime_checkable
class ProvingReader(Protocol):
    """A FileReader that knows which of its files are whole."""

    def proof(self, name: str, content: Any, options: Mapping[str, Any]) -> Proof:
        """What shows that a file (bytes, or a mapped file) is whole, which was read without an error before."""
        ...


def workbook_proof(content: Any) -> str:
    """What shows that a table's bytes are whole, where it is a workbook; "" for text."""
    return "a workbook that is cut cannot be opened" if bytes(content[:4]) == _WORKBOOK else ""


def totals_proof(held: Iterable[str], stated: Iterable[str]) -> str:
    """What shows that a table is whole: a row TOTAL for every group (a currency) that it holds; "" otherwise."""
    groups = set(held)
    return "its rows TOTAL" if groups and groups <= set(stated) else ""


def entries_proof(content: Any, rows: Iterable[EntryRow | Control]) -> Proof:
    """The proof of a table of entries, by its rows and rows TOTAL."""
    held: set[str] = set()
    stated: set[str] = set()
    total, count, last = Decimal(0), 0, -1
    for row in rows:
        if isinstance(row, Control):
            stated.add(row.currency)
            continue
        held.add(row.currency)
        # One row may make several lines; its debits are its amount.
        count, last = count + (row.number != last), row.number
        total += max(row.amount, Decimal(0))
    by = workbook_proof(content) or totals_proof(held, stated)
    return Proof(by, count, total, "rows TOTAL, one a currency")
