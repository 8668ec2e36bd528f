"""Journal entries and invoices: made, changed, posted, taken back."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tieout_sandbox.simulators.odoo.amounts import _CENT, Amounts, _ids, sign_of
from tieout_sandbox.simulators.odoo.brought import due_by_term, term_of
from tieout_sandbox.simulators.odoo.errors import access_error, user_error
from tieout_sandbox.simulators.odoo.locks import INVOICES, PURCHASE, SALE
from tieout_sandbox.simulators.odoo.store import Record, number

__all__ = ["INVOICES", "PURCHASE", "SALE", "Moves", "sign_of"]
_ARCHIVED = {
    "active": "The account {name} ({code}) is archived.",
    "deprecated": "A line of this move is using a deprecated account, you cannot post it.",
}
# What is hashed of a line and of an entry, as Odoo calls it.
_HASHED_LINE = {
    "name": "Label",
    "debit": "Debit",
    "credit": "Credit",
    "account_id": "Account",
    "partner_id": "Partner",
}
_HASHED_MOVE = {"name": "Number", "date": "Date", "journal_id": "Journal", "company_id": "Company"}
_READONLY = (
    "invoice_date",
    "partner_id",
    "invoice_line_ids",
    "line_ids",
    "journal_id",
    "currency_id",
    "date",
    "invoice_payment_term_id",
)


class Moves(Amounts):
    """account.move and its lines."""

    # creating

    def create(self, values: Record) -> Record:
        """A draft, from the values of `create` or of `load`."""
        if values.get("state") == "posted":
            raise user_error(
                "You cannot create a move already in the posted state. "
                "Please create a draft move and post it after."
            )
        kind = values.get("move_type") or "entry"
        journal = self._journal(values, kind)
        company = self.w.table("res.company")[journal["company_id"]]
        invoice_date = values.get("invoice_date") or False
        partner = values.get("partner_id")
        currency = values.get("currency_id") or journal.get("currency_id") or company["currency_id"]
        today = self.w.today().isoformat()
        due = values.get("invoice_date_due") or False
        term = term_of(self.w, values, kind) if kind in INVOICES else 0
        due = due_by_term(self.w, term, invoice_date) or due
        if kind in INVOICES and "invoice_date_due" not in values and not invoice_date:
            due = today
        move = self.w.add(
            "account.move",
            {
                "name": values.get("name") or False,
                "move_type": kind,
                "state": "draft",
                "payment_state": "not_paid",
                "invoice_date": invoice_date,
                "invoice_date_due": due,
                "date": values.get("date") or invoice_date or today,
                "ref": values.get("ref") or False,
                "journal_id": journal["id"],
                "company_id": company["id"],
                "partner_id": partner or False,
                "currency_id": currency,
                "auto_post": values.get("auto_post") or "no",
                "reversed_entry_id": values.get("reversed_entry_id") or False,
                "invoice_origin": values.get("invoice_origin") or False,
                "narration": values.get("narration") or False,
                "payment_reference": values.get("payment_reference") or False,
                "statement_line_id": values.get("statement_line_id") or False,
                "origin_payment_id": values.get("origin_payment_id") or False,
                "invoice_payment_term_id": term or False,
                "amount_untaxed": Decimal(0),
                "amount_tax": Decimal(0),
                "amount_total": Decimal(0),
                "amount_residual": Decimal(0),
                "made_sequence_gap": False,
            },
        )
        if kind in INVOICES and self.w.played.invoice_columns:
            mode = values.get("document_tax_mode") or company["account_price_include"]
            self.w.store.update("account.move", move, {"document_tax_mode": mode})
        self._set_rate(move, values.get("invoice_currency_rate"))
        commands = [*(values.get("invoice_line_ids") or []), *(values.get("line_ids") or [])]
        self.apply_lines(move, commands)
        if kind in INVOICES:
            self.recompute(move, forced=values.get("tax_totals"))
        else:
            self._check_balance(move)
            self._totals(move)
        return move

    def _journal(self, values: Record, kind: str) -> Record:
        if values.get("journal_id"):
            return self.w.get("account.journal", values["journal_id"])
        wanted = "sale" if kind in SALE else "purchase" if kind in PURCHASE else "general"
        company = values.get("company_id") or self.w.companies[0]
        for journal in self.w.table("account.journal").values():
            if journal["type"] == wanted and journal["company_id"] == company:
                return journal
        raise user_error(f"No journal could be found in company for any of those types: {wanted}")

    def apply_lines(self, move: Record, commands: list[Any]) -> list[Record]:
        """x2many commands (0 create, 1 update, 2 delete, 6 nothing) on a move's lines."""
        made = []
        for command in commands:
            if command[0] == 0:
                made.append(self._add_line(move, command[2]))
            elif command[0] == 1:
                self.write_line(self.w.get("account.move.line", command[1]), command[2], inner=True)
            elif command[0] == 2:
                self.w.remove("account.move.line", command[1])
        return made

    # writing

    def write(self, move: Record, values: Record) -> None:
        """Change a draft, or of a posted move what may still change; lines are commands, taxes and totals
        follow. Raises a user error."""
        self.refuse_sealed(move, move, values)
        if move["state"] == "posted":
            bad = [n for n in _READONLY if n in values]
            if bad and not self.w.caller.context.get("skip_readonly_check"):
                listed = ", ".join(bad)
                raise user_error(
                    f"You cannot modify the following readonly fields on a posted move: {listed}"
                )
        plain = {
            k: (v if v not in ("", None) else False)
            for k, v in values.items()
            if k not in ("invoice_line_ids", "line_ids", "tax_totals")
        }
        if "invoice_date" in plain and move["move_type"] in SALE:
            plain.setdefault("date", plain["invoice_date"] or move["date"])
        self.w.change("account.move", move, plain)
        if "date" in plain:
            for line in self.lines(move):
                self.w.store.update("account.move.line", line, {"date": move["date"]})
        commands = [*(values.get("invoice_line_ids") or []), *(values.get("line_ids") or [])]
        if commands:
            self.apply_lines(move, commands)
        if move["move_type"] in INVOICES and (
            commands or values.keys() & {"partner_id", "invoice_payment_term_id"}
        ):
            self.recompute(move, forced=values.get("tax_totals"))
        elif commands:
            self._check_balance(move)
            self._totals(move)

    def write_line(self, line: Record, values: Record, inner: bool = False) -> None:  # noqa: C901 - what Odoo does on one write, in its order
        """A write on one line; its move follows as Odoo lets it follow."""
        move = self.w.table("account.move")[line["move_id"]]
        if move["state"] == "posted" and "tax_ids" in values:
            raise user_error("You cannot modify the taxes related to a posted journal item")
        self.refuse_sealed(move, line, values)
        if move["state"] == "posted" and {"account_id", "partner_id"} & {
            n for n in values if values[n] != line.get(n)
        }:
            self.check_open(move)
        if "account_id" in values and line.get("reconciled"):
            self.unmatch([line])
        plain: Record = {}
        for name, value in values.items():
            if name in ("quantity", "price_unit", "discount", "amount_currency"):
                plain[name] = self.kept(name, value)
            elif name == "tax_ids":
                plain[name] = _ids(value)
            elif name in ("debit", "credit", "balance"):
                plain["balance"] = number(value) if name != "credit" else -number(value)
            else:
                plain[name] = value if value not in ("", None) else False
        moved = "balance" in plain or "amount_currency" in plain
        if "amount_currency" in plain and "balance" not in plain:
            rate = move.get("invoice_currency_rate") or Decimal(1)
            company = self.w.table("res.company")[move["company_id"]]
            plain["balance"] = self.w.rounded(plain["amount_currency"] / rate, company["currency_id"])
        elif "balance" in plain:
            plain["amount_currency"] = plain["balance"]
        self.w.change("account.move.line", line, plain)
        self.w.change("account.move", move, {})
        if moved or "account_id" in plain:
            self._amounts(line)
        if inner:
            return
        if moved and move["move_type"] in INVOICES:
            self._due_line(move)
            self._totals(move)
        elif moved:
            self._check_balance(move)
        elif {"quantity", "price_unit", "discount", "tax_ids"} & set(plain):
            self.recompute(move)

    # posting

    def post(self, moves: list[Record]) -> None:
        """Post all or none: every move is checked before the first is dated. Marked lines are paired at the
        end, when all of them are there. Raises a user error."""
        today = self.w.today().isoformat()
        for move in moves:
            if move["state"] != "draft":
                name = move.get("name") or "False"
                raise user_error(f"The entry {name} (id {move['id']}) must be in draft.")
            lines = self.lines(move)
            self._refuse_archived(lines)
            if not [x for x in lines if x["display_type"] in ("product",)]:
                raise user_error("Even magicians can't post nothing!")
            if move["move_type"] in PURCHASE and not move.get("invoice_date"):
                raise user_error("The Bill/Refund date is required to validate this document.")
            if move["auto_post"] == "at_date" and str(move["date"]) > today:
                day = date.fromisoformat(move["date"]).strftime("%m/%d/%Y")
                raise user_error(f"This move is configured to be auto-posted on {day}")
        for move in moves:
            self._date_one(move, today)
        # Several moves of one call are numbered by date, not by id.
        for move in sorted(moves, key=lambda m: (str(m["date"]), m["id"])):
            self._post_one(move)
        self.pair_marked([x for move in moves for x in self.lines(move)])
        for move in moves:
            if move.get("reversed_entry_id"):
                self.reconcile_reversal(move)
            self.refresh_payment(move)
        self._hash(moves)

    def _hash(self, moves: list[Record]) -> None:
        """In a journal that is kept unalterable every posted entry is sealed, those from before it was as well: none may
        stand on suspense."""
        journals = self.w.table("account.journal")
        for key in {
            m["journal_id"] for m in moves if journals[m["journal_id"]].get("restrict_mode_hash_table")
        }:
            chain = [
                m for m in self.w.store.by("account.move", "journal_id", key)
                if m["state"] == "posted" and not m.get("inalterable_hash")
            ]  # fmt: skip
            suspense = journals[key].get("suspense_account_id")
            if any(
                m.get("statement_line_id") and any(x["account_id"] == suspense for x in self.lines(m))
                for m in chain
            ):
                raise user_error(
                    "An error occurred when computing the inalterability. All entries have to be reconciled."
                )
            for move in chain:
                self.w.change("account.move", move, {"inalterable_hash": f"$4${move['id']:064x}"})

    def refuse_sealed(self, move: Record, record: Record, values: Record) -> None:
        """Raise a user error where `values` change of a sealed entry, or of a line of it, what is hashed."""
        if not move.get("inalterable_hash"):
            return
        names = _HASHED_MOVE if record is move else _HASHED_LINE
        changed = [
            label for name, label in names.items() if name in values and values[name] != record.get(name)
        ]
        if changed:
            raise user_error(f"You cannot edit the following fields: {', '.join(changed)}.")

    def _refuse_archived(self, lines: list[Record]) -> None:
        field, value = self.w.played.archived
        accounts = self.w.table("account.account")
        used = [accounts[x["account_id"]] for x in lines if x["account_id"]]
        for account in used:
            if bool(account.get(field)) == value:
                raise user_error(_ARCHIVED[field].format(**account))

    def _date_one(self, move: Record, today: str) -> None:
        values: Record = {"state": "posted"}
        if move["move_type"] in SALE and not move.get("invoice_date"):
            values["invoice_date"] = today
            values["date"] = today
        if move["move_type"] in INVOICES and not move.get("invoice_date_due"):
            values["invoice_date_due"] = today
        self.w.change("account.move", move, values)
        self._keep_out_of_locks(move)

    def _post_one(self, move: Record) -> None:
        if not move.get("name"):
            self.w.change("account.move", move, {"name": self._next_name(move)})
        if move["move_type"] in SALE and not move.get("payment_reference"):
            self.w.change("account.move", move, {"payment_reference": move["name"]})
        for line in self.lines(move):
            changes: Record = {"date": move["date"]}
            if line["display_type"] == "payment_term":
                changes["date_maturity"] = move["invoice_date_due"]
                if not line.get("name") and move["move_type"] in SALE:
                    changes["name"] = move["payment_reference"]
            self.w.store.update("account.move.line", line, changes)
        self._analytics(move)

    def _analytics(self, move: Record) -> None:
        for line in self.lines(move):
            for share in (line.get("analytic_distribution") or {}).values():
                amount = -(line["balance"] * number(share) / 100).quantize(_CENT, ROUND_HALF_UP)
                self.w.add(
                    "account.analytic.line",
                    {
                        "amount": amount,
                        "account_id": False,
                        "date": move["date"],
                        "general_account_id": line["account_id"],
                        "move_line_id": line["id"],
                    },
                )

    # going back

    def draft(self, moves: list[Record]) -> None:
        """Back to draft, keeping name and matches. Raises a user error where the day is locked."""
        for move in moves:
            if move["state"] not in ("posted", "cancel"):
                raise user_error("Only posted/cancelled journal entries can be reset to draft.")
            self.check_open(move)
            self._refuse_unreviewed(move)
            if move.get("inalterable_hash"):
                raise user_error("You cannot reset to draft a locked journal entry.")
            if not self.w.played.reset_keeps_match:
                self.unmatch(self.lines(move))
            self.w.change("account.move", move, {"state": "draft"})

    def _refuse_unreviewed(self, move: Record) -> None:
        """Where documents are set to be reviewed, only who may review them takes them back."""
        company = self.w.table("res.company")[move["company_id"]]
        if company.get("set_to_review_documents") and self.w.played.undo_group not in self.w.groups():
            raise access_error("You don't have the access rights to take back reviewed documents.")

    def cancel(self, moves: list[Record]) -> None:
        """Cancel, out of posted as well; matches are taken apart."""
        for move in moves:
            if move["state"] == "posted":
                self.draft([move])
            self.unmatch(self.lines(move))
            self.w.change("account.move", move, {"state": "cancel"})

    def unlink(self, moves: list[Record]) -> None:
        """Delete drafts and cancelled moves with their lines; all or none. Raises a user error for a posted
        one."""
        for move in moves:
            if move["state"] == "posted":
                raise user_error(
                    "You can't delete a posted journal item. Don’t play games with your "
                    "accounting records; reset the journal entry to draft before deleting it."
                )
        for move in moves:
            self.unmatch(self.lines(move))
            for line in self.lines(move):
                self.w.remove("account.move.line", line["id"])
            self.w.remove("account.move", move["id"])
