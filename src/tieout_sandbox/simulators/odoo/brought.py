"""What a partner brings along to an invoice where it does not say otherwise: the payment term with its due date, and the fiscal
position with the account on which it is owed.

Observed on 18.0 and 19.0: a term that is not given is the partner's, and its days take the place of a due date that is given; one that is
given as nothing is none. A fiscal position is the partner's own, else the first that its country brings.
"""

from __future__ import annotations

from datetime import date, timedelta

from tieout_sandbox.simulators.odoo.errors import not_simulated
from tieout_sandbox.simulators.odoo.locks import SALE
from tieout_sandbox.simulators.odoo.store import Record
from tieout_sandbox.simulators.odoo.world import World


def term_of(world: World, values: Record, kind: str) -> int:
    """The payment term of an invoice that is made of `values`; 0 for none."""
    if "invoice_payment_term_id" in values:
        return int(values["invoice_payment_term_id"] or 0)
    partner = world.table("res.partner").get(values.get("partner_id") or 0, {})
    name = "property_payment_term_id" if kind in SALE else "property_supplier_payment_term_id"
    return int(partner.get(name) or 0)


def due_by_term(world: World, term: int, invoiced: object) -> str:
    """When an invoice is due by its term; "" for a term without days. Raises an OdooError for one in several parts."""
    parts = [
        c[2] for c in world.table("account.payment.term").get(term, {}).get("line_ids") or [] if c[0] == 0
    ]
    if len(parts) > 1:
        raise not_simulated("a payment term in several parts")
    if not parts or not invoiced:
        return ""
    return (date.fromisoformat(str(invoiced)) + timedelta(days=int(parts[0].get("nb_days") or 0))).isoformat()


def instead_of(world: World, move: Record, account: int) -> int:
    """The account that the fiscal position of a move's partner puts in the place of one."""
    partner = world.table("res.partner").get(move["partner_id"] or 0, {})
    position = partner.get("property_account_position_id") or 0
    if not position and partner.get("country_id"):
        position = next(
            (
                r["id"] for r in world.table("account.fiscal.position").values()
                if r.get("auto_apply") and r.get("active", True) and r["company_id"] == move["company_id"]
            ), 0,
        )  # fmt: skip
    for row in world.table("account.fiscal.position.account").values():
        if row["position_id"] == position and row["account_src_id"] == account:
            return int(row["account_dest_id"])
    return account
