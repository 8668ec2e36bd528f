"""A discount for paying early, as the payment wizard books it.

Observed on a 19.0: 500.00 and 15%, two per cent, paid 563.50: 10.00 to the discount account and 1.50 to the tax account. All
else is read of Odoo's source (account.move, `_get_invoice_counterpart_amls_for_early_payment_discount`), and of it nothing was
observed: several rates, tags, foreign currency, bills.
"""

from __future__ import annotations

from decimal import Decimal

from tieout_sandbox.simulators.odoo.moves import SALE, Moves, sign_of
from tieout_sandbox.simulators.odoo.store import Record, number
from tieout_sandbox.simulators.odoo.world import World


class Discounts:
    """What of an invoice is forgiven on a day, and the lines in which that is booked."""

    def __init__(self, world: World, moves: Moves) -> None:
        self.w, self.moves = world, moves

    def granted(self, move: Record, day: str) -> Decimal:
        """What may be kept back of an unpaid invoice on a day, positive in its currency; 0 for nothing."""
        due = self._due(move)
        if (
            due is None
            or move["payment_state"] != "not_paid"
            or str(day) > str(due.get("discount_date") or "")
        ):
            return Decimal(0)
        return number(abs(due["amount_currency"]) - abs(due["discount_amount_currency"]))

    def lines(self, move: Record) -> list[Record]:
        """The write-off lines: of an included discount its bases and taxes, of others one on the discount account."""
        due = self._due(move)
        assert due is not None
        account = self.moves.account_by_code(
            "443000" if move["move_type"] in SALE else "643000", move["company_id"]
        )
        amount = due["amount_currency"] - due["discount_amount_currency"]
        balance = due["balance"] - due["discount_balance"]
        common = {"account_id": account, "partner_id": move["partner_id"], "currency_id": move["currency_id"]}
        products = [x for x in self.moves.lines(move) if x["display_type"] == "product"]
        term = self.w.table("account.payment.term")[move["invoice_payment_term_id"]]
        included = term.get("early_pay_discount_computation") in (False, None, "included")
        if not included or not any(x["tax_ids"] for x in products):
            name = {"name": "Early Payment Discount"}
            return [{**common, **name, "amount_currency": amount, "balance": balance}]
        keep = 1 - number(term["discount_percentage"]) / 100
        bases = self._bases(move, products, keep, common)
        taxes = self._taxes(move, products, keep, common)
        rows = [*bases, *taxes]
        largest = max(bases, key=lambda x: x["amount_currency"])
        largest["amount_currency"] += amount - sum((x["amount_currency"] for x in rows), Decimal(0))
        largest["balance"] += balance - sum((x["balance"] for x in rows), Decimal(0))
        return rows

    def _due(self, move: Record) -> Record | None:
        return next((x for x in self.moves.lines(move) if x["display_type"] == "payment_term"), None)

    def _net(self, move: Record, line: Record, keep: Decimal) -> Decimal:
        used = [self.w.table("account.tax")[t] for t in line["tax_ids"]]
        within = sum((t["amount"] for t in used if self.moves.taxes.included(t, move)), Decimal(0))
        price = line["quantity"] * line["price_unit"] * keep * (1 - line["discount"] / 100)
        return number(price / (1 + within / 100))

    def _less(self, move: Record, raw: Decimal, lines: list[Record]) -> Record:
        """What lines are less than they were, where they would come to `raw`."""
        company = self.w.table("res.company")[move["company_id"]]["currency_id"]
        rate = move.get("invoice_currency_rate") or Decimal(1)
        own = sign_of(move["move_type"]) * raw
        return {
            "amount_currency": self.w.rounded(own, move["currency_id"])
            - sum((x["amount_currency"] for x in lines), Decimal(0)),
            "balance": self.w.rounded(own / rate, company) - sum((x["balance"] for x in lines), Decimal(0)),
        }

    def _bases(self, move: Record, products: list[Record], keep: Decimal, common: Record) -> list[Record]:
        groups: dict[tuple[int, ...], list[Record]] = {}
        for line in products:
            groups.setdefault(tuple(line["tax_ids"]), []).append(line)
        found = []
        for keys, lines in groups.items():
            raw = sum((self._once(move, self._net(move, x, keep)) for x in lines), Decimal(0))
            tags = [t for k in keys for s in self.moves.taxes.shares(k, True, "base") for t in s["tag_ids"]]
            marks = {
                "tax_ids": [[6, 0, list(keys)]],
                "tax_tag_ids": [[6, 0, tags]],
                "name": "Early Payment Discount",
            }
            found.append({**common, **marks, **self._less(move, raw, lines)})
        return found

    def _taxes(self, move: Record, products: list[Record], keep: Decimal, common: Record) -> list[Record]:
        found = []
        for line in self.moves.lines(move):
            if line["display_type"] != "tax":
                continue
            share = self.w.table("account.tax.repartition.line")[line["tax_repartition_line_id"]]
            tax = self.w.table("account.tax")[share["tax_id"]]
            raw = sum(
                (
                    self._once(move, self._once(move, self._net(move, x, keep)) * tax["amount"] / 100)
                    for x in products
                    if tax["id"] in x["tax_ids"]
                ),
                Decimal(0),
            )
            place = tax["invoice_repartition_line_ids"].index(share["id"])
            refund = self.w.get("account.tax.repartition.line", tax["refund_repartition_line_ids"][place])
            marks = {
                "name": f"Early Payment Discount ({tax['name']})",
                "account_id": refund["account_id"] or line["account_id"],
                "tax_repartition_line_id": refund["id"],
                "tax_tag_ids": [[6, 0, list(refund["tag_ids"])]],
            }
            less = self._less(move, raw * share["factor_percent"] / 100, [line])
            found.append({**common, **marks, **less})
        return found

    def _once(self, move: Record, amount: Decimal) -> Decimal:
        """An amount as a line has it: rounded where the company rounds each line."""
        company = self.w.table("res.company")[move["company_id"]]
        globally = company["tax_calculation_rounding_method"] == "round_globally"
        return amount if globally else self.w.rounded(amount, move["currency_id"])
