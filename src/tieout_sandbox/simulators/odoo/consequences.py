"""What Odoo books by itself when lines are matched or taken apart: tax that falls due on payment,
and the reversal of that and of exchange differences. Read in the source, not observed: base
lines of a cash-basis entry, which net to zero, are left out.
"""

from __future__ import annotations

from decimal import Decimal

from tieout_sandbox.simulators.odoo.moves import Moves
from tieout_sandbox.simulators.odoo.orm import Record
from tieout_sandbox.simulators.odoo.world import World


class Consequences:
    """Entries that follow from partial matches."""

    def __init__(self, world: World, moves: Moves) -> None:
        self.w, self.moves = world, moves

    def tax_due(self, partial: Record) -> None:
        """Move the paid share of taxes due on payment from transition to their own account."""
        table = self.w.table("account.move.line")
        for side in ("debit_move_id", "credit_move_id"):
            line = table[partial[side]]
            move = self.w.table("account.move")[line["move_id"]]
            if line["display_type"] != "payment_term":
                continue
            total = sum(
                (x["balance"] for x in self.moves.lines(move) if x["display_type"] == "payment_term"),
                Decimal(0),
            )
            commands = []
            for tax_line in self.moves.lines(move):
                tax = self.w.table("account.tax").get(tax_line["tax_line_id"] or 0)
                if not tax or tax.get("tax_exigibility") != "on_payment":
                    continue
                company = self.w.table("res.company")[move["company_id"]]
                share = self.w.rounded(
                    tax_line["balance"] * partial["amount"] / abs(total), company["currency_id"]
                )
                commands += [
                    self._line(tax_line["account_id"], -share, tax_line["name"]),
                    self._line(tax["sim_account_id"], share, tax_line["name"]),
                ]
            if not commands:
                continue
            journal = next(
                x
                for x in self.w.table("account.journal").values()
                if x["code"] == "CABA" and x["company_id"] == move["company_id"]
            )
            made = self.moves.create(
                {
                    "move_type": "entry",
                    "journal_id": journal["id"],
                    "date": partial["max_date"],
                    "ref": move["name"],
                    "line_ids": commands,
                }
            )
            self.moves.post([made])
            self.w.change("account.move", made, {"tax_cash_basis_rec_id": partial["id"]})

    def of(self, partial: Record) -> list[Record]:
        """The entries that followed from a partial match."""
        moves = self.w.table("account.move")
        found = [moves[partial["exchange_move_id"]]] if partial["exchange_move_id"] else []
        return found + self.w.store.by("account.move", "tax_cash_basis_rec_id", partial["id"])

    def reverse(self, move: Record) -> list[Record]:
        """The mirror of an entry, posted; the lines of both that should be paired. It stands on the entry's own day
        only where that is today's: else today, or the end of the entry's month once that is over, and after locks
        (observed; `_get_accounting_date` of Odoo's account.move)."""
        lines = self.moves.lines(move)
        commands = [
            (
                0,
                0,
                {
                    "name": x["name"],
                    "account_id": x["account_id"],
                    "partner_id": x["partner_id"],
                    "balance": -x["balance"],
                    "currency_id": x["currency_id"],
                    "amount_currency": -x["amount_currency"],
                },
            )
            for x in lines
        ]
        back = self.moves.create(
            {
                "move_type": "entry",
                "journal_id": move["journal_id"],
                "date": self.moves.accounting_date(move),
                "ref": f"Reversal of: {move['name']}",
                "currency_id": move["currency_id"],
                "line_ids": commands,
                "reversed_entry_id": move["id"],
            }
        )
        for line, command in zip(self.moves.lines(back), commands, strict=True):
            # An exchange difference has no amount in its own currency.
            amount = command[2]["amount_currency"]
            if line["amount_currency"] != amount:
                self.w.store.update(
                    "account.move.line",
                    line,
                    {"amount_currency": amount, "amount_residual_currency": amount},
                )
        self.moves.post([back])
        self.w.change("account.move", move, {"tax_cash_basis_rec_id": False})
        return [x for x in (*lines, *self.moves.lines(back)) if x["amount_residual"]]

    @staticmethod
    def _line(account: int, balance: Decimal, name: str) -> tuple[int, int, Record]:
        return (0, 0, {"account_id": account, "balance": balance, "name": name})
