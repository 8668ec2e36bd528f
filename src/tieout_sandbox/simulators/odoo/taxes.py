"""Taxes with their distributions: which account takes a tax, and in which boxes of the report its lines and bases stand.

Read of Odoo 19's source (account.tax, account.tax.repartition.line); of the distributions nothing was observed but that a tax
without an account books on the base line's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tieout_sandbox.simulators.odoo.store import Record, number
from tieout_sandbox.simulators.odoo.world import World

_SIDES = ("invoice", "refund")


class Taxes:
    """account.tax and account.tax.repartition.line."""

    def __init__(self, world: World) -> None:
        self.w = world

    def create(self, values: Record, cleaned: Callable[[str, Record], Record]) -> Record:
        """A tax of the values of `create`, whose distributions come as commands."""
        given = {side: values.get(f"{side}_repartition_line_ids") for side in _SIDES}
        plain = {k: v for k, v in values.items() if not k.endswith("_repartition_line_ids")}
        return self.add(cleaned("account.tax", plain), given)

    def add(self, clean: Record, given: dict[str, Any] | None = None) -> Record:
        """A tax with both distributions: those given, else all of it on the tax's account."""
        default: list[Any] = [
            [0, 0, {"repartition_type": "base"}],
            [0, 0, {"repartition_type": "tax", "account_id": clean.get("sim_account_id") or False}],
        ]
        tax = self.w.add("account.tax", clean)
        change: Record = {}
        for side in _SIDES:
            commands = (given or {}).get(side) or default
            change[f"{side}_repartition_line_ids"] = [self._line(tax, side, c[2]) for c in commands]
        for key in change["invoice_repartition_line_ids"]:
            line = self.w.get("account.tax.repartition.line", key)
            if line["repartition_type"] == "tax":
                # What is due is taken off what is deducted: a second line of -100 percent.
                name = "sim_counter_account_id" if line["factor_percent"] < 0 else "sim_account_id"
                change[name] = line["account_id"]
        self.w.store.update("account.tax", tax, change)
        return tax

    def _line(self, tax: Record, side: str, values: Record) -> int:
        tags = values.get("tag_ids") or []
        record = self.w.add(
            "account.tax.repartition.line",
            {
                "document_type": side,
                "repartition_type": values["repartition_type"],
                "factor_percent": number(values.get("factor_percent", 100)),
                "account_id": values.get("account_id") or False,
                "tag_ids": list(tags[0][2]) if tags and isinstance(tags[0], list | tuple) else list(tags),
                "tax_id": tax["id"],
            },
        )
        return int(record["id"])

    def shares(self, tax: int, refund: bool, kind: str) -> list[Record]:
        """The base or tax lines of a tax's distribution."""
        side = "refund" if refund else "invoice"
        keys = self.w.table("account.tax")[tax].get(f"{side}_repartition_line_ids") or []
        found = self.w.many("account.tax.repartition.line", keys)
        return [x for x in found if x["repartition_type"] == kind]

    def marks(self, tax: int, account: int, move: Record) -> Record:
        """What a tax line of an invoice on this account says of its tax."""
        record = self.w.table("account.tax")[tax]
        counter = account == record.get("sim_counter_account_id")
        refund = str(move["move_type"]).endswith("_refund")
        shares = [x for x in self.shares(tax, refund, "tax") if (x["factor_percent"] < Decimal(0)) == counter]
        if not shares:
            return {"tax_line_id": tax}
        return {
            "tax_line_id": tax,
            "tax_repartition_line_id": shares[0]["id"],
            "tax_tag_ids": list(shares[0]["tag_ids"]),
        }

    def base_tags(self, line: Record, move: Record) -> list[int]:
        """The boxes in which a line of an invoice is a base."""
        refund = str(move["move_type"]).endswith("_refund")
        return [t for k in line["tax_ids"] for s in self.shares(k, refund, "base") for t in s["tag_ids"]]

    def name_line(self, line: Record) -> None:
        """A tax line of an entry is its distribution's tax's."""
        if line["tax_repartition_line_id"]:
            share = self.w.get("account.tax.repartition.line", line["tax_repartition_line_id"])
            line["tax_line_id"] = share["tax_id"]

    def included(self, tax: Record, move: Record | None = None) -> bool:
        """Whether a tax is contained in prices: as it says itself, else as the document does where documents say it, else as its
        company does."""
        choice = tax.get("price_include_override") or (move or {}).get("document_tax_mode")
        if choice:
            return bool(choice == "tax_included")
        company = self.w.table("res.company").get(tax.get("company_id") or 1)
        return bool(company and company["account_price_include"] == "tax_included")

    def kept_back(self, move: Record, due: Record, net: Decimal, tax: Decimal) -> Record:
        """What the payment term lets be paid less, and until when, as the due line says it (account.payment.term of Odoo 19:
        of the whole where the tax is corrected with it, else of what is without tax); nothing without such a term."""
        term = self.w.table("account.payment.term").get(move.get("invoice_payment_term_id") or 0)
        if not term or not term.get("early_discount") or not move.get("invoice_date"):
            return {}
        whole = net + tax
        base = whole if term.get("early_pay_discount_computation") in (False, None, "included") else net
        granted = base * number(term["discount_percentage"]) / 100
        until = date.fromisoformat(str(move["invoice_date"])) + timedelta(days=int(term["discount_days"]))
        company = self.w.table("res.company")[move["company_id"]]
        share = granted / whole if whole else Decimal(0)
        return {
            "discount_date": until.isoformat(),
            "discount_amount_currency": self.w.rounded(granted - whole, move["currency_id"]),
            "discount_balance": self.w.rounded(due["balance"] * (1 - share), company["currency_id"]),
        }
