"""Until when books are locked, and on which day a move is booked for that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from tieout_sandbox.simulators.odoo.errors import user_error
from tieout_sandbox.simulators.odoo.numbers import Numbers
from tieout_sandbox.simulators.odoo.store import Record
from tieout_sandbox.simulators.odoo.world import month_end

SALE = ("out_invoice", "out_refund")
PURCHASE = ("in_invoice", "in_refund")
INVOICES = SALE + PURCHASE
LOCKS = {
    "fiscalyear_lock_date": "Global Lock Date",
    "tax_lock_date": "Tax Return Lock Date",
    "sale_lock_date": "Sales Lock Date",
    "purchase_lock_date": "Purchase Lock date",
    "hard_lock_date": "Hard Lock Date",
}


class Locks(Numbers):
    """The dates of moves."""

    # locks

    def violated(self, move: Record, day: str) -> list[tuple[str, str]]:
        """(lock date, its label) of the locks that `day` violates, earliest first."""
        company = self.w.table("res.company")[move["company_id"]]
        journal = self.w.table("account.journal")[move["journal_id"]]
        taxed = any(x["tax_ids"] or x["tax_line_id"] for x in self.lines(move))
        found = []
        for name, label in LOCKS.items():
            lock = self.effective_lock(company, name)
            if not lock or day > lock:
                continue
            if name == "tax_lock_date" and not taxed:
                continue
            if name == "sale_lock_date" and journal["type"] != "sale":
                continue
            if name == "purchase_lock_date" and journal["type"] != "purchase":
                continue
            found.append((lock, label))
        return sorted(found)

    def effective_lock(self, company: Record, name: str) -> str:
        """The lock as it binds the caller: an exception may lift it."""
        lock = company.get(name) or ""
        if not lock or name == "hard_lock_date":
            return str(lock)
        for row in self.w.table("account.lock_exception").values():
            mine = row.get("user_id") in (self.w.caller.uid, False, None)
            if mine and row["active"] and name in row and row["company_id"] == company["id"]:
                given = row[name] or ""
                if not given or given < lock:
                    return str(given)
        return str(lock)

    def _keep_out_of_locks(self, move: Record) -> None:
        locks = self.violated(move, str(move["date"]))
        if not locks:
            return
        after = date.fromisoformat(locks[-1][0]) + timedelta(days=1)
        self.w.change("account.move", move, {"date": self._open_date(move, after).isoformat()})

    def accounting_date(self, move: Record) -> str:
        """The day on which what corrects a move is booked."""
        locks = self.violated(move, str(move["date"]))
        day = (
            date.fromisoformat(locks[-1][0]) + timedelta(days=1)
            if locks
            else date.fromisoformat(str(move["date"]))
        )
        return self._open_date(move, day).isoformat()

    def _open_date(self, move: Record, after: date) -> date:
        today, reset = self.w.today(), self._numbering(move)
        if move["move_type"] in SALE:
            if reset in ("", "month"):
                return min(today, month_end(after))
            return min(today, date(after.year, 12, 31))
        if reset in ("", "month"):
            if (today.year, today.month) > (after.year, after.month):
                return month_end(after)
            return max(after, today)
        if today.year > after.year:
            return date(after.year, 12, 31)
        return max(after, today)

    def check_open(self, move: Record) -> None:
        """Raise a user error where the move's day is locked, naming every lock that it breaks."""
        locks = self.violated(move, str(move["date"]))
        tax = LOCKS["tax_lock_date"]
        if any(label != tax for _, label in locks):
            listed = _listed(x for x in locks if x[1] != tax)
            raise user_error(f"You cannot add/modify entries prior to and inclusive of: {listed}.")
        if locks:
            raise user_error(
                "The operation is refused as it would impact an already issued tax statement. Please change the journal "
                f"entry date or the following lock dates to proceed: {_listed(locks)}."
            )


def _listed(locks: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{label} ({date.fromisoformat(lock).strftime('%m/%d/%Y')})" for lock, label in locks)
