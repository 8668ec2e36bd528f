"""What an accountant does past the product: pays bills at the bank, and books and matches that in Odoo;
reverses an entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from tieout_sandbox.company import Administrator


def settle_by_hand(admin: Administrator, company: int, numbers: Sequence[str], day: date) -> None:
    """Dr payable, Cr payments in transit for bills of one supplier, matched with them."""
    context = {"allowed_company_ids": [company]}

    def read(model: str, domain: list[Any], fields: list[str]) -> Any:
        return admin.call(model, "search_read", domain=domain, fields=fields, context=context)

    moves = read("account.move", [["ref", "in", list(numbers)], ["company_id", "=", company]], ["partner_id"])
    accounts = {
        r["code"]: r["id"] for r in read("account.account", [["code", "in", ["211000", "101404"]]], ["code"])
    }
    due = read(
        "account.move.line",
        [["move_id", "in", [m["id"] for m in moves]], ["account_id", "=", accounts["211000"]]],
        ["amount_residual"],
    )
    amount = -sum(x["amount_residual"] for x in due)
    (journal,) = read("account.journal", [["code", "=", "MISC"], ["company_id", "=", company]], ["code"])
    partner, name = moves[0]["partner_id"][0], " ".join(numbers)
    lines = [
        {"account_id": accounts["211000"], "debit": amount, "credit": 0, "partner_id": partner, "name": name},
        {"account_id": accounts["101404"], "debit": 0, "credit": amount, "partner_id": partner, "name": name},
    ]
    values = {
        "journal_id": journal["id"], "date": day.isoformat(), "ref": name, "line_ids": [[0, 0, x] for x in lines],
    }  # fmt: skip
    made = admin.call("account.move", "create", vals_list=[values], context=context)
    admin.call("account.move", "action_post", ids=made, context=context)
    own = read(
        "account.move.line", [["move_id", "=", made[0]], ["account_id", "=", accounts["211000"]]], ["name"]
    )
    admin.call("account.move.line", "reconcile", ids=[x["id"] for x in (*due, *own)], context=context)


def reverse_by_hand(admin: Administrator, company: int, reference: str, day: date) -> None:
    """Reverse the posted entry of a reference, by Odoo's own wizard; once, however often it is tried."""
    context: dict[str, Any] = {"allowed_company_ids": [company]}
    domain = [["ref", "=", reference], ["company_id", "=", company]]
    (move,) = admin.rows("account.move", domain, ["journal_id"], company)
    if admin.call("account.move", "search", domain=[["reversed_entry_id", "=", move["id"]]], context=context):
        return
    context |= {"active_model": "account.move", "active_ids": [move["id"]]}
    # Odoo's form fills the journal in; over its API a real one refuses to do without (seen on 19.0).
    vals = [{"journal_id": move["journal_id"][0], "date": day.isoformat(), "reason": "of another month"}]
    made = admin.call("account.move.reversal", "create", vals_list=vals, context=context)
    admin.call("account.move.reversal", "refund_moves", ids=made, context=context)
