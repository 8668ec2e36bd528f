"""What an Odoo does as a match is taken back in steps: each function tells what came of it, as in `odoo_behaviours`."""

from __future__ import annotations

from typing import Any

from tests.conformance.odoo_ledger import BANK, LINE, MOVE, Ledger, money

_LOCKS = ("sale_lock_date", "purchase_lock_date", "tax_lock_date", "fiscalyear_lock_date", "hard_lock_date")


def a_split_bank_line_taken_back(ledger: Ledger) -> Any:
    """A bank line of which somebody booked a part as a fee, and the rest was matched: under each lock its match is taken by its own
    id, and its line is put back to suspense by hand. The hard one comes last, since it stays."""
    found: dict[str, Any] = {}
    for lock in _LOCKS:
        move = ledger.document("out_invoice", ledger.last(5), ["60.00"])
        bank = _split(ledger)
        ledger.pay(bank, move)
        entry = ledger.entry_of(bank)
        own = ledger.line_of(entry, "121000")
        (partial,) = ledger.rows("account.partial.reconcile", [["credit_move_id", "=", own]], "amount")
        day = ledger.last_end.isoformat()
        told = {"set": ledger.attempt("res.company", "write", [ledger.company], vals={lock: day})}
        told["the match"] = ledger.attempt(
            MOVE, "js_remove_outstanding_partial", [move], partial_id=partial["id"]
        )
        back = {"account_id": _suspense(ledger, bank)}
        told["its line put back"] = ledger.attempt(LINE, "write", [own], vals=back)
        found[lock] = {
            **told,
            "stands on": sorted([x["code"], money(x["balance"])] for x in ledger.lines(entry)),
            "the invoice": ledger.read(MOVE, move, "payment_state")["payment_state"],
        }
        if lock != "hard_lock_date":
            ledger.call("res.company", "write", [ledger.company], vals={lock: False})
            # What stands on suspense would refuse the next lock.
            ledger.call(BANK, "unlink", [bank])
    return found


def _suspense(ledger: Ledger, bank: int) -> int:
    journal = ledger.read(BANK, bank, "journal_id")["journal_id"][0]
    return int(ledger.read("account.journal", journal, "suspense_account_id")["suspense_account_id"][0])


def _split(ledger: Ledger) -> int:
    journal = ledger.read("account.journal", ledger.journal("BNKU"), "suspense_account_id")
    parts = [
        (ledger.account("101511"), 100.0),
        (journal["suspense_account_id"][0], -60.0),
        (ledger.account("621000"), -40.0),
    ]
    lines = [[0, 0, {"account_id": account, "name": "x", "balance": value}] for account, value in parts]
    return ledger.banked(ledger.last(6), "100.00", line_ids=lines)
