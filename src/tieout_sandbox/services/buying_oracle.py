"""The oracle of what the company buys: Odoo's payables and the bank's own list held against the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tieout_sandbox.services.buying import Buying
from tieout_sandbox.truths import cents

Lines = Callable[[str], list[dict[str, Any]]]


def buying_findings(buying: Buying, table: Callable[[str], Any], lines: list[dict[str, Any]]) -> list[str]:
    """What disagrees. `lines` are the company's posted lines, `table` gives Odoo's records by model."""
    codes = {i: str(a["code"]) for i, a in table("account.account").items()}
    found = _bills(buying, table, {x["company_id"] for x in lines})
    found += _owed(buying, table, [x for x in lines if codes[x["account_id"]] == "211000"])
    found += _paid(buying, [x for x in lines if codes[x["account_id"]] == "252000"])
    for code in ("101404", "211100"):
        left = sum((x["balance"] for x in lines if codes[x["account_id"]] == code), Decimal(0))
        if left:
            found.append(f"{code}: {left} is left")
    return found[:10]


def _bills(buying: Buying, table: Callable[[str], Any], companies: set[int]) -> list[str]:
    """Every bill and credit once, with its total and day; none of what must not be booked."""
    held: dict[str, list[tuple[Decimal, str]]] = {}
    for move in table("account.move").values():
        ours = move["company_id"] in companies and move["state"] == "posted"
        if ours and move["move_type"] in ("in_invoice", "in_refund"):
            sign = -1 if move["move_type"] == "in_refund" else 1
            held.setdefault(str(move["ref"]), []).append((sign * move["amount_total"], str(move["date"])))
    found = []
    for truth in buying.bills:
        mine = held.pop(truth.sent.number, [])
        wanted = [(truth.total, truth.sent.on.isoformat())] if truth.booked else []
        if mine != wanted:
            found.append(f"{truth.sent.number}: {mine}, not {wanted}")
    return found + [f"{name} is nobody's bill" for name in held]


def _owed(buying: Buying, table: Callable[[str], Any], lines: list[dict[str, Any]]) -> list[str]:
    """To each supplier what is due after the last run, and nothing else."""
    names = {i: str(p["name"]) for i, p in table("res.partner").items()}
    held: Counter[str] = Counter()
    for x in lines:
        held[names.get(x["partner_id"] or 0, "")] -= x["amount_residual"]
    wanted = buying.open_at_end()
    return [
        f"{v.name} is owed {held[v.name]}, not {wanted.get(v.name, 0)}"
        for v in buying.tool.vendors.values()
        if held[v.name] != wanted.get(v.name, Decimal(0))
    ]


def _paid(buying: Buying, withheld: list[dict[str, Any]]) -> list[str]:
    """What the bank sent and kept, and what was withheld, is what was due; to nobody's other account."""
    known = {v.iban for v in buying.tool.vendors.values()}
    sent = sum((cents(minor) for _, _, minor, _ in buying.payer.paid), Decimal(0))
    back = sum((cents(minor) for minor in buying.payer.sent_back), Decimal(0))
    kept = -sum((x["balance"] for x in withheld), Decimal(0))
    due = sum(buying.paid_by_runs().values(), Decimal(0))
    found = [
        f"{end} went to an account of nobody" for end, iban, _, _ in buying.payer.paid if iban not in known
    ]
    if sent - back + kept != due:
        found.append(f"paid {sent}, {back} came back, {kept} withheld: {due} was due")
    return found
