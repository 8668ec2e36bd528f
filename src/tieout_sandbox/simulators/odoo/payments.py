"""Payments, the wizard that registers them, and the wizard that reverses entries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tieout_sandbox.simulators.odoo.discounts import Discounts
from tieout_sandbox.simulators.odoo.errors import user_error, validation_error
from tieout_sandbox.simulators.odoo.matching import Matching
from tieout_sandbox.simulators.odoo.moves import INVOICES, SALE, Moves
from tieout_sandbox.simulators.odoo.store import Record, number
from tieout_sandbox.simulators.odoo.world import World

_NOTHING = (
    "There's nothing left to pay for the selected journal items, so no payment registration is "
    "necessary. You've got your finances under control like a boss!"
)


class Payments:
    """account.payment, account.payment.register, account.move.reversal."""

    def __init__(self, world: World, moves: Moves, matching: Matching) -> None:
        self.w, self.moves, self.matching = world, moves, matching
        self.discounts = Discounts(world, moves)
        compute = world.computers
        compute["account.payment", "is_reconciled"] = self._is_reconciled
        compute["account.payment", "is_matched"] = self._is_matched
        compute["account.payment", "reconciled_invoice_ids"] = self._invoices

    def _lines(self, payment: Record, which: str) -> list[Record]:
        move = self.w.table("account.move").get(payment["move_id"] or 0)
        if move is None:
            return []
        return [x for x in self.moves.lines(move) if x["account_id"] == payment[which]]

    def _is_reconciled(self, payment: Record) -> bool:
        lines = self._lines(payment, "destination_account_id")
        return bool(lines) and all(x["reconciled"] for x in lines)

    def _is_matched(self, payment: Record) -> bool:
        lines = self._lines(payment, "outstanding_account_id")
        return bool(lines) and all(x["reconciled"] for x in lines)

    def _invoices(self, payment: Record) -> list[int]:
        members, _ = self.matching._component(self._lines(payment, "destination_account_id"))
        moves = self.w.table("account.move")
        ids = {x["move_id"] for x in members.values()}
        return sorted(i for i in ids if moves[i]["move_type"] in INVOICES)

    def refresh(self, payment: Record) -> None:
        """Waiting, or settled: matched with the bank, or closing its invoice; a bill counts where it does (observed)."""
        waiting, settled = self.w.played.waiting, self.w.played.settled
        if payment["state"] not in (waiting, settled):
            return
        paid = self._is_matched(payment)
        if not paid and (payment["partner_type"] == "customer" or self.w.played.bills_settle):
            moves = self.w.table("account.move")
            invoices = [moves[i] for i in self._invoices(payment)]
            paid = bool(invoices) and all(not m["amount_residual"] for m in invoices)
        self.w.change("account.payment", payment, {"state": settled if paid else waiting})

    def create(self, values: Record) -> Record:
        """A draft payment with its draft entry: between outstanding and the partner's account, and what is written off."""
        journal = self.w.get("account.journal", values["journal_id"])
        inbound = values.get("payment_type", "inbound") == "inbound"
        customer = values.get("partner_type", "customer") == "customer"
        company = journal["company_id"]
        by_code = self.moves.account_by_code
        payment = self.w.add(
            "account.payment",
            {
                "name": False,
                "state": "draft",
                "amount": number(values.get("amount")),
                "date": values.get("date") or self.w.today().isoformat(),
                "payment_type": "inbound" if inbound else "outbound",
                "partner_type": "customer" if customer else "supplier",
                "partner_id": values.get("partner_id") or False,
                "journal_id": journal["id"],
                "memo": values.get("memo") or False,
                "move_id": False,
                "partner_bank_id": values.get("partner_bank_id") or False,
                "currency_id": self.w.table("res.company")[company]["currency_id"],
                "outstanding_account_id": self._received_on(journal, inbound)
                or by_code("101403" if inbound else "101404", company),
                "destination_account_id": self.moves.due_by_default(company, customer),
            },
        )
        sign = 1 if inbound else -1
        common = {"partner_id": payment["partner_id"], "name": payment["memo"] or "Payment"}
        amount = sign * payment["amount"]
        off = values.get("write_off_line_vals") or []
        closed = amount + sum((x["balance"] for x in off), Decimal(0))
        move = self.moves.create(
            {
                "move_type": "entry",
                "journal_id": journal["id"],
                "date": payment["date"],
                "ref": payment["memo"],
                "partner_id": payment["partner_id"],
                "origin_payment_id": payment["id"],
                "line_ids": [
                    (0, 0, {**common, "account_id": payment["outstanding_account_id"], "balance": amount}),
                    (0, 0, {**common, "account_id": payment["destination_account_id"], "balance": -closed}),
                    *((0, 0, x) for x in off),
                ],
            }
        )
        self.w.change("account.payment", payment, {"move_id": move["id"]})
        return payment

    def _received_on(self, journal: Record, inbound: bool) -> int:
        """The account of a journal's first method; 0 where it names none."""
        way = "inbound" if inbound else "outbound"
        rows = self.w.table("account.payment.method.line").values()
        mine = [r for r in rows if r["payment_type"] == way and r["journal_id"] == journal["id"]]
        mine.sort(key=lambda r: (r.get("sequence") or 0, r["id"]))
        return int(mine[0]["payment_account_id"] or 0) if mine else 0

    def post(self, payment: Record) -> None:
        """Post its entry; it is in process until the bank line pays off the outstanding account."""
        move = self.w.table("account.move")[payment["move_id"]]
        self.moves.post([move])
        self.w.change("account.payment", payment, {"state": self.w.played.waiting, "name": move["name"]})
        self.refresh(payment)

    def draft(self, payment: Record) -> None:
        """Back to draft, with its entry."""
        self.moves.draft([self.w.table("account.move")[payment["move_id"]]])
        self.w.change("account.payment", payment, {"state": "draft"})

    def cancel(self, payment: Record) -> None:
        """Cancel, with its entry."""
        self.moves.cancel([self.w.table("account.move")[payment["move_id"]]])
        self.w.change("account.payment", payment, {"state": "canceled"})

    # the register wizard

    def register(self, values: Record) -> Record:
        """The wizard over `active_ids`: it proposes the open amount, and refuses where nothing is open or
        companies differ."""
        moves = self.w.many("account.move", list(self.w.caller.context.get("active_ids") or []))
        if len({m["company_id"] for m in moves}) > 1:
            raise user_error("You can't create payments for entries belonging to different companies.")
        if not any(m["amount_residual"] for m in moves):
            raise user_error(_NOTHING)
        residual = sum((m["amount_residual"] for m in moves), Decimal(0))
        kind = moves[0]["move_type"]
        journal = next(
            j
            for j in self.w.table("account.journal").values()
            if j["type"] == "bank" and j["company_id"] == moves[0]["company_id"]
        )
        inbound = kind in ("out_invoice", "in_refund")
        method = next(
            m
            for m in self.w.table("account.payment.method.line").values()
            if m["payment_type"] == ("inbound" if inbound else "outbound")
        )
        day = values.get("payment_date") or self.w.today().isoformat()
        alone = len(moves) == 1
        granted = self.discounts.granted(moves[0], day) if alone else Decimal(0)
        amount = number(values["amount"]) if values.get("amount") else residual - granted
        return self.w.add(
            "account.payment.register",
            {
                "amount": amount,
                "currency_id": moves[0]["currency_id"],
                "payment_date": day,
                "journal_id": journal["id"],
                "payment_type": "inbound" if inbound else "outbound",
                "partner_type": "customer" if kind in SALE else "supplier",
                "group_payment": values.get("group_payment", len(moves) == 1),
                "can_edit_wizard": len(moves) == 1,
                "payment_difference": residual - amount,
                "partner_bank_id": values.get("partner_bank_id") or False,
                "payment_method_line_id": method["id"],
                "active_ids": [m["id"] for m in moves],
                "explicit": bool(values.get("amount")) or bool(granted),
                "discounted": bool(granted) and amount == residual - granted,
            },
        )

    def pay(self, wizard: Record) -> dict[str, Any]:
        """Make, post and match the wizard's payments: one a move, whatever was asked for."""
        moves = self.w.many("account.move", wizard["active_ids"])
        made = []
        # The payments do not follow the order of active_ids: the latest invoice comes first.
        for move in reversed(moves):
            payment = self.create(
                {
                    "journal_id": wizard["journal_id"],
                    "payment_type": wizard["payment_type"],
                    "partner_type": wizard["partner_type"],
                    "partner_id": move["partner_id"],
                    "amount": wizard["amount"] if wizard["explicit"] else move["amount_residual"],
                    "date": wizard["payment_date"],
                    "memo": move["name"],
                    "partner_bank_id": wizard["partner_bank_id"],
                    "write_off_line_vals": self.discounts.lines(move) if wizard["discounted"] else [],
                }
            )
            made.append((payment, move))
        for payment, move in reversed(made):
            self.post(payment)
            due = [
                x
                for x in self.moves.lines(move)
                if x["display_type"] == "payment_term" and not x["reconciled"]
            ]
            self.matching._pair(due + self._lines(payment, "destination_account_id"), True)
            self.refresh(payment)
        ids = [payment["id"] for payment, _ in made]
        action: dict[str, Any] = {
            "type": "ir.actions.act_window",
            "res_model": "account.payment",
            "name": "Payments",
            "context": {"create": False},
        }
        if len(ids) == 1:
            return action | {"view_mode": "form", "res_id": ids[0]}
        return action | {"view_mode": "list,form", "domain": [["id", "in", ids]]}

    # the reversal wizard

    def reversal(self, values: Record) -> Record:
        """The wizard over `active_ids` that reverses posted entries."""
        ids = list(self.w.caller.context.get("active_ids") or [])
        for move in self.w.many("account.move", ids):
            if move["state"] != "posted":
                raise user_error("To reverse a journal entry, it has to be posted first.")
        if not values.get("journal_id"):
            # Its form fills it in; over the API the row is written before that (seen on a real 19.0).
            raise validation_error(
                "The operation cannot be completed: Missing required value for the field 'Journal' (journal_id).\n"
                "Model: 'Account Move Reversal' (account.move.reversal)"
            )
        return self.w.add(
            "account.move.reversal",
            {
                "journal_id": values["journal_id"],
                "reason": values.get("reason"),
                "date": values.get("date") or self.w.today().isoformat(),
                "active_ids": ids,
            },
        )

    def refund(self, wizard: Record) -> dict[str, Any]:
        """Make the wizard's reversals, as drafts; the action that leads to them."""
        made = [self._reverse(m, wizard) for m in self.w.many("account.move", wizard["active_ids"])]
        action: dict[str, Any] = {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "name": "Reverse Moves",
            "context": {},
        }
        if len(made) == 1:
            return action | {"view_mode": "form", "res_id": made[0]["id"]}
        return action | {"view_mode": "list,form", "domain": [["id", "in", [m["id"] for m in made]]]}

    def _reverse(self, move: Record, wizard: Record) -> Record:
        ref = f"Reversal of: {move['name']}"
        if wizard.get("reason"):
            ref += f", {wizard['reason']}"
        flipped = {"out_invoice": "out_refund", "in_invoice": "in_refund", "out_refund": "entry"}
        kind = flipped.get(move["move_type"], "entry")
        values: Record = {
            "move_type": kind,
            "journal_id": wizard["journal_id"],
            "date": wizard["date"],
            "ref": ref,
            "partner_id": move["partner_id"],
            "reversed_entry_id": move["id"],
            "currency_id": move["currency_id"],
        }
        lines = self.moves.lines(move)
        if kind in INVOICES:
            values |= {"invoice_date": wizard["date"], "invoice_date_due": wizard["date"]}
            values["invoice_line_ids"] = [
                (
                    0,
                    0,
                    {
                        n: x[n]
                        for n in ("name", "quantity", "price_unit", "discount", "account_id", "tax_ids")
                    },
                )
                for x in lines
                if x["display_type"] == "product"
            ]
            return self.moves.create(values)
        values["line_ids"] = [
            (
                0,
                0,
                {
                    "name": x["name"],
                    "account_id": x["account_id"],
                    "balance": -x["balance"],
                    "partner_id": x["partner_id"],
                    "currency_id": x["currency_id"],
                    "amount_currency": -x["amount_currency"],
                    "analytic_distribution": x["analytic_distribution"],
                },
            )
            for x in lines
        ]
        later = str(wizard["date"]) > self.w.today().isoformat()
        values["auto_post"] = "at_date" if later else "no"
        reverse = self.moves.create(values)
        if not later:
            self.moves.post([reverse])
        return reverse
