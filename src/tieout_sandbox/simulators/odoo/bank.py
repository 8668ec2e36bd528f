"""Bank statement lines: an entry that posts itself, and how it falls back to suspense."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tieout_sandbox.simulators.odoo.errors import user_error
from tieout_sandbox.simulators.odoo.matching import Matching
from tieout_sandbox.simulators.odoo.moves import Moves
from tieout_sandbox.simulators.odoo.store import Record, number
from tieout_sandbox.simulators.odoo.world import World


class BankLines:
    """account.bank.statement.line."""

    def __init__(self, world: World, moves: Moves, matching: Matching) -> None:
        self.w, self.moves, self.matching = world, moves, matching
        moves.fall_back = self.fall_back
        compute = world.computers
        compute["account.bank.statement.line", "is_reconciled"] = self.is_reconciled
        compute["account.bank.statement.line", "amount_residual"] = self.residual
        compute["account.bank.statement.line", "line_ids"] = lambda r: [x["id"] for x in self.lines(r)]

    def lines(self, line: Record) -> list[Record]:
        """The journal items of a bank line's entry."""
        return self.w.store.by("account.move.line", "move_id", line["move_id"])

    def _suspense(self, line: Record) -> list[Record]:
        journal = self.w.table("account.journal")[line["journal_id"]]
        return [x for x in self.lines(line) if x["account_id"] == journal["suspense_account_id"]]

    def is_reconciled(self, line: Record) -> bool:
        """Whether nothing of it is on suspense any more; a line of zero always is."""
        return not line["amount"] or not self._suspense(line)

    def residual(self, line: Record) -> Decimal:
        """What of it is on suspense, signed in the journal's currency."""
        return sum((x["amount_currency"] for x in self._suspense(line)), Decimal(0))

    def create(self, values: Record) -> Record:
        """A line with its entry, posted at once: against the lines or the account that were asked for, else
        against suspense."""
        journal = self.w.get("account.journal", values["journal_id"])
        amount = number(values.get("amount"))
        row = self.w.add(
            "account.bank.statement.line",
            {
                "journal_id": journal["id"],
                "date": values.get("date") or self.w.today().isoformat(),
                "payment_ref": values.get("payment_ref") or False,
                "amount": amount,
                "partner_id": values.get("partner_id") or False,
                "foreign_currency_id": values.get("foreign_currency_id") or False,
                "amount_currency": number(values.get("amount_currency")),
                "statement_id": False,
                "ref": values.get("ref") or False,
                "company_id": journal["company_id"],
                "move_id": False,
            },
        )
        commands = values.get("line_ids") or self._own_lines(
            row, journal, values.get("counterpart_account_id")
        )
        move = self.moves.create(
            {
                "move_type": "entry",
                "journal_id": journal["id"],
                "date": row["date"],
                "partner_id": row["partner_id"],
                "ref": row["ref"],
                "line_ids": commands,
                "statement_line_id": row["id"],
            }
        )
        self.w.change("account.bank.statement.line", row, {"move_id": move["id"]})
        if values.get("line_ids"):
            self._lines_of_nobody(move, values["line_ids"])
        self.moves.post([move])
        self.w.change("account.bank.statement.line", row, {"date": move["date"]})
        return row

    def _lines_of_nobody(self, move: Record, commands: list[Any]) -> None:
        """Lines that were given in so many words have the partner that was given, or none (observed)."""
        for line, command in zip(self.moves.lines(move), commands, strict=True):
            if not command[2].get("partner_id"):
                self.w.store.update("account.move.line", line, {"partner_id": False})

    def _own_lines(self, row: Record, journal: Record, counterpart: Any) -> list[Any]:
        """The liquidity line, and suspense (or the counterpart that was asked for)."""
        company = self.w.table("res.company")[journal["company_id"]]
        currency = journal.get("currency_id") or company["currency_id"]
        amount = row["amount"]
        rate = self.w.rate(currency, company["id"], str(row["date"]))
        balance = self.w.rounded(amount / rate, company["currency_id"])
        label = row["payment_ref"]
        own = {
            "name": label,
            "account_id": journal["default_account_id"],
            "balance": balance,
            "currency_id": currency,
            "amount_currency": amount,
        }
        other = {
            "name": label,
            "account_id": counterpart or journal["suspense_account_id"],
            "balance": -balance,
            "currency_id": currency,
            "amount_currency": -amount,
        }
        if row["foreign_currency_id"]:
            other |= {
                "currency_id": row["foreign_currency_id"],
                "amount_currency": -row["amount_currency"],
            }
        return [(0, 0, own), (0, 0, other)]

    def undo(self, row: Record) -> None:
        """Unmatch, whoever matched, and rebuild the entry on suspense with new lines. A locked day refuses it whole
        (read in the source: deleting a posted line looks at the fiscal locks)."""
        move = self.w.table("account.move")[row["move_id"]]
        self.moves.check_open(move)
        self.moves._refuse_unreviewed(move)
        if move.get("inalterable_hash"):
            raise user_error("You cannot delete journal items belonging to a locked journal entry.")
        self.matching.remove(self.lines(row))
        for line in self.lines(row):
            self.w.remove("account.move.line", line["id"])
        journal = self.w.table("account.journal")[row["journal_id"]]
        self.moves.apply_lines(move, self._own_lines(row, journal, None))
        self.w.change("account.move", move, {})

    def fall_back(self, due: list[Record]) -> None:
        """An invoice's due amount changes: bank lines that paid it lose their match."""
        rows = {}
        for line in due:
            members, partials = self.matching._component([line])
            if not partials:
                continue
            for item in members.values():
                if item.get("statement_line_id"):
                    rows[item["statement_line_id"]] = True
        self.matching.remove(due)
        for key in rows:
            row = self.w.table("account.bank.statement.line")[key]
            move = self.w.table("account.move")[row["move_id"]]
            # One whose day is locked keeps its lines, and only its match goes (read in the source).
            if not self.moves.violated(move, str(move["date"])):
                self.undo(row)

    def unlink(self, row: Record) -> None:
        """The line with its entry, matches taken apart first; a bank line may be deleted although it is
        posted."""
        move = self.w.table("account.move")[row["move_id"]]
        self.matching.remove(self.lines(row))
        self.w.change("account.move", move, {"state": "draft"})
        self.moves.unlink([move])
        self.w.remove("account.bank.statement.line", row["id"])
