"""What Odoo books by itself when lines are matched or taken apart: tax that falls due on payment,
and the reversal of that and of exchange differences. Read in the source of 18 and 19, not observed; what falls due is in the
company's currency here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tieout_sandbox.simulators.odoo.errors import user_error
from tieout_sandbox.simulators.odoo.moves import INVOICES, Moves
from tieout_sandbox.simulators.odoo.store import Record
from tieout_sandbox.simulators.odoo.world import World

_TERMS = ("asset_receivable", "liability_payable")


class Consequences:
    """Entries that follow from partial matches."""

    def __init__(self, world: World, moves: Moves) -> None:
        self.w, self.moves = world, moves

    def exigible(self, move: Record) -> bool:
        """Whether its taxes count on its own day whatever they say (`always_tax_exigible`)."""
        return move["move_type"] not in INVOICES and not self._terms(move)

    def _terms(self, move: Record) -> list[Record]:
        """The receivable and payable lines of an entry by whose payment a tax falls due; none where it bears no such tax, or
        is of several currencies (`_collect_tax_cash_basis_values`)."""
        lines = self.moves.lines(move)
        terms = [x for x in lines if self.moves.account_type(x) in _TERMS]
        taxed = [x for x in lines if x not in terms and (self._deferred(x) or self._bears(x))]
        return terms if taxed and len({x["currency_id"] for x in (*terms, *taxed)}) == 1 else []

    def _due_later(self, tax: int) -> bool:
        return self.w.table("account.tax").get(tax, {}).get("tax_exigibility") == "on_payment"

    def _deferred(self, line: Record) -> bool:
        return self._due_later(line["tax_line_id"] or 0)

    def _bears(self, line: Record) -> list[int]:
        return [t for t in line["tax_ids"] or [] if self._due_later(t)]

    def tax_due(self, partial: Record) -> None:
        """Move the paid share of taxes due on payment from transition to their own account."""
        table = self.w.table("account.move.line")
        for side in ("debit_move_id", "credit_move_id"):
            line = table[partial[side]]
            move = self.w.table("account.move")[line["move_id"]]
            terms = self._terms(move)
            if line not in terms:
                continue
            company = self.w.table("res.company")[move["company_id"]]
            if not company["tax_exigibility"]:
                # Seen on 18.0 and 19.0: without the company's own switch nothing falls due.
                continue
            total = sum((abs(x["balance"]) for x in terms), Decimal(0))
            commands: list[tuple[int, int, Record]] = []
            for item in self.moves.lines(move):
                share = self.w.rounded(item["balance"] * partial["amount"] / total, company["currency_id"])
                if self._deferred(item):
                    commands += self._tax(item, share)
                elif taxes := self._bears(item):
                    account, name = item["account_id"], move["name"]
                    commands += [
                        self._line(account, -share, name),
                        self._line(account, share, name, tax_ids=taxes),
                    ]
            journal = self._journal(company)
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
            change = {"tax_cash_basis_rec_id": partial["id"], "tax_cash_basis_origin_move_id": move["id"]}
            self.w.change("account.move", made, change)

    def _journal(self, company: Record) -> Record:
        """Where what falls due is booked. Raises a user error where the company has no journal for it, or an archived one (observed)."""
        journal = self.w.table("account.journal").get(company["tax_cash_basis_journal_id"] or 0)
        if journal is None:
            raise user_error(
                f"There is no tax cash basis journal defined for the '{company['name']}' company.\n"
                "Configure it in Accounting/Configuration/Settings"
            )
        if not journal["active"]:
            raise user_error(f"You cannot post an entry in an archived journal ({journal['name']})")
        return journal

    def _tax(self, item: Record, share: Decimal) -> list[tuple[int, int, Record]]:
        tax = self.w.table("account.tax")[item["tax_line_id"]]
        mark = {"tax_repartition_line_id": item["tax_repartition_line_id"], "tax_line_id": tax["id"]}
        return [
            self._line(item["account_id"], -share, item["name"]),
            self._line(tax["sim_account_id"], share, item["name"], **mark),
        ]

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
                    "tax_ids": list(x["tax_ids"] or []),
                    "tax_repartition_line_id": x["tax_repartition_line_id"],
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
        # What the entry was made for stands on it for ever, and is copied with it.
        self.w.change("account.move", move, {"tax_cash_basis_rec_id": False})
        origin = {"tax_cash_basis_origin_move_id": move.get("tax_cash_basis_origin_move_id") or False}
        self.w.change("account.move", back, origin)
        return [x for x in (*lines, *self.moves.lines(back)) if x["amount_residual"]]

    @staticmethod
    def _line(account: int, balance: Decimal, name: str, **more: Any) -> tuple[int, int, Record]:
        return (0, 0, {"account_id": account, "balance": balance, "name": name, **more})
