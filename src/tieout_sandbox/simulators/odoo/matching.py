"""Reconciliation: partials, full matches, exchange differences, marked lines, undo."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from tieout_sandbox.simulators.odoo.consequences import Consequences
from tieout_sandbox.simulators.odoo.errors import user_error
from tieout_sandbox.simulators.odoo.moves import Moves
from tieout_sandbox.simulators.odoo.store import Record
from tieout_sandbox.simulators.odoo.world import World, month_end

_NOT_ALLOWED = (
    "Account {} does not allow reconciliation. First change the configuration of this account to allow it."
)
_ALREADY = "You are trying to reconcile some entries that are already reconciled."


class Matching:
    """account.partial.reconcile and what makes and breaks it."""

    def __init__(self, world: World, moves: Moves) -> None:
        self.w, self.moves = world, moves
        moves.unmatch = self.remove
        moves.pair_marked = self.pair_marked
        moves.reconcile_reversal = self.reconcile_reversal
        self.consequences = Consequences(world, moves)

    def reconcile(self, lines: list[Record]) -> None:
        """Pair the lines as `account.move.line.reconcile` does."""
        numbers = {x.get("matching_number") for x in lines}
        if len(numbers) == 1 and str(next(iter(numbers)) or "").startswith("P"):
            return
        if any(x["reconciled"] for x in lines):
            raise user_error(_ALREADY)
        accounts = {x["account_id"] for x in lines}
        if len(accounts) > 1:
            ordered = self.w.searcher.order("account.move.line", list(lines), None)
            table = self.w.table("account.account")
            names = ", ".join(
                dict.fromkeys(str(table[x["account_id"]]["name"]) for x in ordered)
                if len({table[a]["name"] for a in accounts}) > 1
                else [str(table[x["account_id"]]["name"]) for x in ordered]
            )
            raise user_error(f"Entries are not from the same account: {names}")
        if accounts and not self._allows(self.w.table("account.account")[next(iter(accounts))]):
            raise user_error(_NOT_ALLOWED.format(self._called(next(iter(accounts)))))
        self._pair(lines, exchange=True)

    def _allows(self, account: Record) -> bool:
        """Whether lines of an account are matched in so many words: in 20 of any account."""
        kinds = ("asset_cash", "liability_credit_card")
        return self.w.played.residual_everywhere or account["reconcile"] or account["account_type"] in kinds

    def _called(self, account: int) -> str:
        record = self.w.table("account.account")[account]
        return " ".join(str(x) for x in (record["code"], record["name"]) if x)

    def _pair(self, lines: list[Record], exchange: bool) -> None:
        group = list(lines)
        debits = [x for x in group if self._open(x) > 0]
        credits = [x for x in group if self._open(x) < 0]
        debits.sort(key=lambda x: (str(x.get("date_maturity") or x["date"]), x["id"]))
        credits.sort(key=lambda x: (str(x.get("date_maturity") or x["date"]), x["id"]))
        touched: list[Record] = []
        made: list[Record] = []
        for debit in debits:
            for credit in credits:
                if self._open(debit) <= 0:
                    break
                if self._open(credit) >= 0:
                    continue
                partial = self._partial(debit, credit)
                made.append(partial)
                if exchange:
                    self.consequences.tax_due(partial)
                touched += [debit, credit]
        if not touched:
            return
        if exchange:
            touched += self._exchange(touched, made)
        self._number(touched)
        for move in {x["move_id"] for x in touched}:
            record = self.w.table("account.move")[move]
            self.w.change("account.move", record, {})
            self.moves.refresh_payment(record)

    @staticmethod
    def _open(line: Record) -> Decimal:
        """The open amount, signed: in the line's own currency, which for company lines is it."""
        value: Decimal = line["amount_residual_currency"]
        return value if value or not line["amount_residual"] else Decimal(0)

    def _partial(self, debit: Record, credit: Record) -> Record:
        same = debit["currency_id"] == credit["currency_id"]
        company = min(debit["amount_residual"], -credit["amount_residual"])
        if same:
            amount = min(debit["amount_residual_currency"], -credit["amount_residual_currency"])
            in_debit = in_credit = amount
            if amount == debit["amount_residual_currency"] != -credit["amount_residual_currency"]:
                company = min(debit["amount_residual"], -credit["amount_residual"])
        else:
            in_debit = company if not self._foreign(debit) else debit["amount_residual_currency"]
            in_credit = company if not self._foreign(credit) else -credit["amount_residual_currency"]
        values = {
            "debit_move_id": debit["id"],
            "credit_move_id": credit["id"],
            "amount": company,
            "debit_amount_currency": in_debit,
            "credit_amount_currency": in_credit,
            "full_reconcile_id": False,
            "exchange_move_id": False,
            "max_date": max(str(debit["date"]), str(credit["date"])),
        }
        partial = self.w.add("account.partial.reconcile", values)
        self._take(debit, -company, -in_debit)
        self._take(credit, company, in_credit)
        return partial

    def _foreign(self, line: Record) -> bool:
        company = self.w.table("res.company")[line["company_id"]]
        return bool(line["currency_id"] != company["currency_id"])

    def _take(self, line: Record, company: Decimal, currency: Decimal) -> None:
        self.w.change(
            "account.move.line",
            line,
            {
                "amount_residual": line["amount_residual"] + company,
                "amount_residual_currency": line["amount_residual_currency"] + currency,
            },
        )

    def _exchange(self, touched: list[Record], made: list[Record]) -> list[Record]:
        """Book what is left in the company's currency of lines settled in their own; the partial that settled a line
        carries its entry, so that both go together."""
        added: list[Record] = []
        for line in {x["id"]: x for x in touched}.values():
            left = line["amount_residual"]
            if line["amount_residual_currency"] or not left:
                continue
            move, on = self._exchange_move(line, touched)
            self.moves.post([move])
            counter = self.moves.lines(move)[0]
            debit, credit = (line, counter) if left > 0 else (counter, line)
            self.w.add(
                "account.partial.reconcile",
                {
                    "debit_move_id": debit["id"],
                    "credit_move_id": credit["id"],
                    "amount": abs(left),
                    "debit_amount_currency": Decimal(0),
                    "credit_amount_currency": Decimal(0),
                    "full_reconcile_id": False,
                    "exchange_move_id": False,
                    "max_date": on.isoformat(),
                },
            )
            for item in (line, counter):
                self.w.change("account.move.line", item, {"amount_residual": Decimal(0)})
            settling = [p for p in made if line["id"] in (p["debit_move_id"], p["credit_move_id"])]
            self.w.change("account.partial.reconcile", settling[-1], {"exchange_move_id": move["id"]})
            added.append(counter)
        return added

    def _exchange_move(self, line: Record, touched: list[Record]) -> tuple[Record, date]:
        """The entry that takes what is left of a line in the company's currency, and its day."""
        left = line["amount_residual"]
        company = self.w.table("res.company")[line["company_id"]]
        latest = max(date.fromisoformat(str(x["date"])) for x in touched)
        today = self.w.today()
        current = (latest.year, latest.month) >= (today.year, today.month)
        on = today if current else month_end(latest)
        code = "441000" if left < 0 else "641000"
        account = self.moves.account_by_code(code, line["company_id"])
        common = {"currency_id": line["currency_id"], "amount_currency": 0}
        move = self.moves.create(
            {
                "move_type": "entry",
                "journal_id": company["currency_exchange_journal_id"],
                "date": on.isoformat(),
                "currency_id": line["currency_id"],
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            **common,
                            "account_id": line["account_id"],
                            "balance": -left,
                            "partner_id": line["partner_id"],
                            "name": "exchange difference",
                        },
                    ),
                    (
                        0,
                        0,
                        {
                            **common,
                            "account_id": account,
                            "balance": left,
                            "partner_id": line["partner_id"],
                            "name": "exchange difference",
                        },
                    ),
                ],
            }
        )
        for item in self.moves.lines(move):
            self.w.store.update(
                "account.move.line",
                item,
                {"amount_currency": Decimal(0), "amount_residual_currency": Decimal(0)},
            )
        return move, on

    def _component(self, lines: list[Record]) -> tuple[dict[int, Record], dict[int, Record]]:
        """All lines and partials connected with `lines`."""
        found = {x["id"]: x for x in lines}
        partials: dict[int, Record] = {}
        queue = list(found)
        table = self.w.table("account.move.line")
        while queue:
            key = queue.pop()
            for name in ("debit_move_id", "credit_move_id"):
                for partial in self.w.store.by("account.partial.reconcile", name, key):
                    partials[partial["id"]] = partial
                    for other in (partial["debit_move_id"], partial["credit_move_id"]):
                        if other not in found:
                            found[other] = table[other]
                            queue.append(other)
        return found, partials

    def _number(self, lines: list[Record], undoing: bool = False) -> None:
        """Name again what hangs together. What stays together of a full match that is taken apart is numbered as a
        part, though nothing of it is open: only reconciling makes a full match."""
        seen: set[int] = set()
        for line in lines:
            if line["id"] in seen:
                continue
            members, partials = self._component([line])
            seen |= set(members)
            if not partials:
                for item in members.values():
                    self.w.store.update(
                        "account.move.line",
                        item,
                        {"matching_number": False, "reconciled": False, "full_reconcile_id": False},
                    )
                continue
            whole = all(not x["amount_residual_currency"] for x in members.values())
            full: Any = False
            if whole and undoing:
                whole = False
            elif whole:
                full = self.w.add("account.full.reconcile", {})["id"]
            number = str(full) if whole else f"P{min(partials)}"
            for partial in partials.values():
                self.w.store.update("account.partial.reconcile", partial, {"full_reconcile_id": full})
            for item in members.values():
                settled = not item["amount_residual"] and not item["amount_residual_currency"]
                self.w.store.update(
                    "account.move.line",
                    item,
                    {"matching_number": number, "reconciled": settled, "full_reconcile_id": full},
                )

    def pair_marked(self, lines: list[Record]) -> None:
        """Pair lines that carry the same import key, once none of them is a draft: without
        exchange difference, and without cash basis."""
        keys = {
            (x["matching_number"], x["account_id"], x["company_id"])
            for x in lines
            if str(x.get("matching_number") or "").startswith("I")
        }
        for key, account, company in keys:
            group = [
                x
                for x in self.w.store.by("account.move.line", "matching_number", key)
                if x["account_id"] == account and x["company_id"] == company
            ]
            moves = self.w.table("account.move")
            if len(group) < 2 or any(moves[x["move_id"]]["state"] != "posted" for x in group):
                continue
            record = self.w.table("account.account")[account]
            if not record["reconcile"]:
                self.moves.tick(record, reconcile=True)
            if not (any(self._open(x) > 0 for x in group) and any(self._open(x) < 0 for x in group)):
                continue
            self._pair(group, exchange=False)

    def remove(self, lines: list[Record]) -> None:
        """Undo every partial that the lines are in, whoever made it (`remove_move_reconcile`); in newer versions what else
        joins their entries as well, bank lines' own left out (read in the source)."""
        partials = {p["id"]: p for line in lines for p in self._of(line)}
        if self.w.played.unmatch_takes_siblings:
            partials |= self._between(lines, partials)
        self.take_apart(partials)

    def _between(self, lines: list[Record], partials: dict[int, Record]) -> dict[int, Record]:
        table = self.w.table("account.move.line")
        met = [table[p[side]] for p in partials.values() for side in ("debit_move_id", "credit_move_id")]
        moves = {x["move_id"] for x in (*lines, *met) if not x["statement_line_id"]}
        inner = {x["id"]: x for key in moves for x in self.w.store.by("account.move.line", "move_id", key)}
        return {
            p["id"]: p
            for x in inner.values()
            for p in self._of(x)
            if {p["debit_move_id"], p["credit_move_id"]} <= inner.keys()
        }

    def remove_one(self, key: int) -> None:
        """Undo one partial (`js_remove_outstanding_partial`). Raises not found where it is not there any more."""
        partial = self.w.get("account.partial.reconcile", key)
        self.take_apart({key: partial})

    def _of(self, line: Record) -> list[Record]:
        by = self.w.store.by
        return [
            p
            for x in ("debit_move_id", "credit_move_id")
            for p in by("account.partial.reconcile", x, line["id"])
        ]

    def take_apart(self, partials: dict[int, Record]) -> None:
        """Delete partials; the entries that followed from them are reversed on an open day, today at the earliest."""
        table = self.w.table("account.move.line")
        followed = [move for partial in partials.values() for move in self.consequences.of(partial)]
        # An exchange difference is matched with what it corrected: that goes as well.
        for move in followed:
            partials |= {p["id"]: p for item in self.moves.lines(move) for p in self._of(item)}
        touched = {x: table[x] for p in partials.values() for x in (p["debit_move_id"], p["credit_move_id"])}
        for partial in partials.values():
            self._undo(partial)
        self._number(list(touched.values()), undoing=True)
        for move in followed:
            pair = self.consequences.reverse(move)
            if pair:
                self._pair(pair, exchange=False)
        for key in {x["move_id"] for x in touched.values()}:
            record = self.w.table("account.move").get(key)
            if record:
                self.w.change("account.move", record, {})
                self.moves.refresh_payment(record)

    def _undo(self, partial: Record) -> None:
        table = self.w.table("account.move.line")
        debit, credit = table[partial["debit_move_id"]], table[partial["credit_move_id"]]
        self._take(debit, partial["amount"], partial["debit_amount_currency"])
        self._take(credit, -partial["amount"], -partial["credit_amount_currency"])
        self.w.remove("account.partial.reconcile", partial["id"])

    def reconcile_reversal(self, move: Record) -> None:
        """A posted credit note made from an invoice pairs with it by itself."""
        origin = self.w.table("account.move").get(move["reversed_entry_id"])
        if origin is None or move["move_type"] == "entry":
            return
        lines = [
            x
            for m in (origin, move)
            for x in self.moves.lines(m)
            if x["display_type"] == "payment_term" and not x["reconciled"]
        ]
        if len(lines) == 2:
            self._pair(lines, exchange=True)
