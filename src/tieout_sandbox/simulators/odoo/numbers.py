"""How moves are called: each journal's sequence, by year or by month."""

from __future__ import annotations

import re
from collections.abc import Callable

from tieout_sandbox.simulators.odoo.store import Record
from tieout_sandbox.simulators.odoo.taxes import Taxes
from tieout_sandbox.simulators.odoo.world import World


class Numbers:
    """Moves with their lines, and the names that they are given."""

    def __init__(self, world: World) -> None:
        self.w = world
        self.taxes = Taxes(world)
        # Set by the parts that hang on moves: what undoes matches, what pairs marked lines.
        self.unmatch: Callable[[list[Record]], None] = lambda lines: None
        self.fall_back: Callable[[list[Record]], None] = lambda lines: None
        self.pair_marked: Callable[[list[Record]], None] = lambda lines: None
        self.reconcile_reversal: Callable[[Record], None] = lambda move: None

    # reading helpers

    def lines(self, move: Record) -> list[Record]:
        """A move's journal items, in order of id."""
        return self.w.store.by("account.move.line", "move_id", move["id"])

    def account_type(self, line: Record) -> str:
        """The type of a line's account, "" for a note or a section, which has none."""
        account = self.w.table("account.account").get(line.get("account_id") or 0)
        return str(account["account_type"]) if account else ""

    def _numbering(self, move: Record) -> str:
        """How the journal's numbers restart: "" where it has none yet, month, or year."""
        for other in self.w.store.by("account.move", "journal_id", move["journal_id"]):
            name = other.get("name")
            if name and other["id"] != move["id"]:
                return "month" if re.search(r"/\d{4}/\d{2}/", str(name)) else "year"
        return ""

    # numbers

    def _next_name(self, move: Record) -> str:
        journal = self.w.table("account.journal")[move["journal_id"]]
        day = str(move["date"])
        code = journal["code"]
        if move.get("origin_payment_id"):
            code = f"P{code}"
        if journal["type"] in ("sale", "bank", "cash", "credit"):
            prefix, width = f"{code}/{day[:4]}/", 5
        else:
            prefix, width = f"{code}/{day[:4]}/{day[5:7]}/", 4
        if move["move_type"] in ("out_refund", "in_refund"):
            prefix = f"R{prefix}"
        return f"{prefix}{self._next_number(journal['id'], prefix):0{width}d}"

    def _next_number(self, journal: int, prefix: str) -> int:
        cache = self._numbers.setdefault((journal, prefix), 0)
        name = f"{prefix}{cache:0{5 if prefix.count('/') == 2 else 4}d}"
        # Numbers only grow, but a deleted draft frees the last ones: they are used again.
        while cache and not self._named(journal, name):
            cache -= 1
            name = f"{prefix}{cache:0{5 if prefix.count('/') == 2 else 4}d}"
        self._numbers[journal, prefix] = cache + 1
        return cache + 1

    def _named(self, journal: int, name: str) -> bool:
        return any(m["journal_id"] == journal for m in self.w.store.by("account.move", "name", name))

    @property
    def _numbers(self) -> dict[tuple[int, str], int]:
        numbers: dict[tuple[int, str], int] = self.__dict__.setdefault("_number_cache", {})
        return numbers
