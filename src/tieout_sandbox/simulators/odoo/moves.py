"""Journal entries and invoices: their lines, taxes, totals, dates, numbers, locks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tieout_sandbox.simulators.odoo.errors import user_error
from tieout_sandbox.simulators.odoo.orm import Record, number
from tieout_sandbox.simulators.odoo.world import World, month_end

_CENT = Decimal("0.01")
SALE = ("out_invoice", "out_refund")
PURCHASE = ("in_invoice", "in_refund")
INVOICES = SALE + PURCHASE
_LOCKS = {
    "fiscalyear_lock_date": "Global Lock Date",
    "tax_lock_date": "Tax Return Lock Date",
    "sale_lock_date": "Sales Lock Date",
    "purchase_lock_date": "Purchase Lock date",
    "hard_lock_date": "Hard Lock Date",
}
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


def sign_of(move_type: str) -> int:
    """The sign of a product line's balance: a sale credits, a purchase debits."""
    return {"out_invoice": -1, "out_refund": 1, "in_invoice": 1, "in_refund": -1}.get(move_type, 1)


class Moves:
    """account.move and its lines."""

    def __init__(self, world: World) -> None:
        self.w = world
        # Set by the parts that hang on moves: what undoes matches, what pairs marked lines.
        self.unmatch: Callable[[list[Record]], None] = lambda lines: None
        self.fall_back: Callable[[list[Record]], None] = lambda lines: None
        self.pair_marked: Callable[[list[Record]], None] = lambda lines: None
        self.reconcile_reversal: Callable[[Record], None] = lambda move: None

    # reading helpers

    def lines(self, move: Record) -> list[Record]:
        """A move's journal items, in order of id."""
        return self.w.store.by("account.move.line", "move_id", move["id"])

    def account_type(self, line: Record) -> str:
        """The type of a line's account, "" for a note or a section, which has none."""
        account = self.w.table("account.account").get(line.get("account_id") or 0)
        return str(account["account_type"]) if account else ""

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
                "invoice_payment_term_id": values.get("invoice_payment_term_id") or False,
                "amount_untaxed": Decimal(0),
                "amount_tax": Decimal(0),
                "amount_total": Decimal(0),
                "amount_residual": Decimal(0),
                "made_sequence_gap": False,
            },
        )
        self._set_rate(move, values.get("invoice_currency_rate"))
        commands = [*(values.get("invoice_line_ids") or []), *(values.get("line_ids") or [])]
        self.apply_lines(move, commands)
        if kind in INVOICES:
            self.recompute(move, forced=values.get("tax_totals"))
        else:
            self._check_balance(move)
            self._totals(move)
        return move

    def _set_rate(self, move: Record, given: Any) -> None:
        rate = (
            number(given)
            if given
            else self.w.rate(
                move["currency_id"], move["company_id"], str(move.get("invoice_date") or move["date"])
            )
        )
        self.w.change("account.move", move, {"invoice_currency_rate": rate})

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

    def _add_line(self, move: Record, values: Record) -> Record:
        journal = self.w.table("account.journal")[move["journal_id"]]
        account = values.get("account_id") or journal.get("default_account_id") or False
        self._same_company(move, values, account)
        line: Record = {
            "move_id": move["id"],
            "name": values.get("name") or False,
            "display_type": values.get("display_type") or "product",
            "account_id": account,
            "partner_id": values.get("partner_id") or move.get("partner_id") or False,
            "quantity": number(values.get("quantity", 1)),
            "price_unit": number(values.get("price_unit")),
            "discount": number(values.get("discount")),
            "tax_ids": _ids(values.get("tax_ids")),
            "tax_line_id": False,
            "currency_id": values.get("currency_id") or move["currency_id"],
            "matching_number": values.get("matching_number") or False,
            "date": move["date"],
            "company_id": move["company_id"],
            "journal_id": move["journal_id"],
            "reconciled": False,
            "product_id": values.get("product_id") or False,
            "analytic_distribution": values.get("analytic_distribution") or False,
            "statement_line_id": move.get("statement_line_id") or False,
            "payment_id": move.get("origin_payment_id") or False,
            "date_maturity": values.get("date_maturity") or False,
            "balance": Decimal(0),
            "amount_currency": Decimal(0),
        }
        if move["move_type"] not in INVOICES:
            line |= self._entry_amounts(move, values, line["currency_id"])
            line["quantity"] = number(values.get("quantity", 1))
        return self._amounts(self.w.add("account.move.line", line))

    def _same_company(self, move: Record, values: Record, account: Any) -> None:
        record = self.w.table("account.account").get(account or 0)
        if record and move["company_id"] not in record["company_ids"]:
            mine = self.w.table("res.company")[move["company_id"]]["name"]
            raise user_error(
                "Uh-oh! You’ve got some company inconsistencies here:\n"
                f"- “{values.get('name')}” belongs to company “{mine}” while “Account” "
                f"(account_id: '{record['name']}') belongs to another company.\n"
                "To avoid a mess, no company crossover is allowed!"
            )

    def _entry_amounts(self, move: Record, values: Record, currency: int) -> Record:
        company = self.w.table("res.company")[move["company_id"]]
        if "balance" in values and values["balance"] not in ("", None):
            balance = number(values["balance"])
        else:
            balance = number(values.get("debit")) - number(values.get("credit"))
        foreign = currency != company["currency_id"]
        given = values.get("amount_currency")
        if foreign and given not in (None, ""):
            amount = number(given)
            if not balance and amount:
                rate = self.w.rate(currency, company["id"], str(move["date"]))
                balance = self.w.rounded(amount / rate, company["currency_id"])
        elif foreign:
            rate = self.w.rate(currency, company["id"], str(move["date"]))
            amount = self.w.rounded(balance * rate, currency)
        else:
            amount = balance
        return {"balance": balance, "amount_currency": amount}

    def _amounts(self, line: Record) -> Record:
        """Debit, credit and residuals after a balance; a matched line keeps what is paired."""
        balance = line["balance"]
        values = {
            "debit": max(balance, Decimal(0)),
            "credit": max(-balance, Decimal(0)),
        }
        account = self.w.table("account.account").get(line.get("account_id") or 0)
        if account and (account["reconcile"] or account["account_type"] in ("asset_cash",)):
            values["amount_residual"] = balance
            values["amount_residual_currency"] = line["amount_currency"]
        else:
            values["amount_residual"] = values["amount_residual_currency"] = Decimal(0)
        self.w.store.update("account.move.line", line, values)
        return line

    # invoices: taxes, due line, totals

    def recompute(self, move: Record, forced: Any = None) -> None:
        """Product lines' balances, tax lines, the receivable or payable line, the totals."""
        products = [x for x in self.lines(move) if x["display_type"] == "product"]
        company = self.w.table("res.company")[move["company_id"]]
        globally = company["tax_calculation_rounding_method"] == "round_globally"
        currency = move["currency_id"]
        bases: dict[int, Decimal] = {}
        taxes: dict[tuple[int, int], Decimal] = {}
        raw_nets: list[Decimal] = []
        for line in products:
            gross = line["quantity"] * line["price_unit"] * (1 - line["discount"] / 100)
            net = gross
            used = [self.w.table("account.tax")[t] for t in line["tax_ids"]]
            included = sum((t["amount"] for t in used if self.included(t)), Decimal(0))
            if included:
                net = gross / (1 + included / 100)
            if not globally:
                net = self.w.rounded(net, currency)
            raw_nets.append(net)
            for tax in used:
                part = net * tax["amount"] / 100
                if not globally:
                    part = self.w.rounded(part, currency)
                deferred = tax.get("tax_exigibility") == "on_payment"
                account = (deferred and tax.get("cash_basis_transition_account_id")) or (
                    tax.get("sim_account_id") or line["account_id"]
                )
                key = (tax["id"], account)
                taxes[key] = taxes.get(key, Decimal(0)) + part
                if counter := tax.get("sim_counter_account_id"):
                    key = (tax["id"], counter)
                    taxes[key] = taxes.get(key, Decimal(0)) - part
                bases[tax["id"]] = bases.get(tax["id"], Decimal(0)) + net
        self._spread(move, products, raw_nets)
        amounts = {k: self.w.rounded(v, currency) for k, v in taxes.items()}
        self._force(forced, amounts)
        self._tax_lines(move, amounts)
        self._due_line(move)
        self._totals(move)

    def included(self, tax: Record) -> bool:
        """Whether a tax is contained in prices: as it says itself, else as its company does."""
        choice = tax.get("price_include_override")
        if choice:
            return bool(choice == "tax_included")
        company = self.w.table("res.company").get(tax.get("company_id") or 1)
        return bool(company and company["account_price_include"] == "tax_included")

    def _spread(self, move: Record, products: list[Record], nets: list[Decimal]) -> None:
        """Round each net and give the rounding of the sum to the first lines, cent by cent."""
        currency = move["currency_id"]
        rounded = [self.w.rounded(n, currency) for n in nets]
        step = self.w.currency_step(currency)
        delta = self.w.rounded(sum(nets, Decimal(0)), currency) - sum(rounded, Decimal(0))
        for index in range(int(abs(delta) / step)):
            rounded[index % len(rounded)] += step if delta > 0 else -step
        for line, net in zip(products, rounded, strict=True):
            self._set_amount(move, line, sign_of(move["move_type"]) * net)

    def _set_amount(self, move: Record, line: Record, amount: Decimal) -> None:
        """`amount` in the move's currency; the company's follows the move's rate."""
        company = self.w.table("res.company")[move["company_id"]]
        rate = move.get("invoice_currency_rate") or Decimal(1)
        balance = self.w.rounded(amount / rate, company["currency_id"])
        if line["balance"] == balance and line["amount_currency"] == amount and "debit" in line:
            return
        self.w.store.update("account.move.line", line, {"balance": balance, "amount_currency": amount})
        self._amounts(line)

    @staticmethod
    def _force(forced: Any, amounts: dict[tuple[int, int], Decimal]) -> None:
        for subtotal in (forced or {}).get("subtotals", []):
            for group in subtotal.get("tax_groups", []):
                involved = set(group.get("involved_tax_ids") or [])
                for key in amounts:
                    if key[0] in involved:
                        amounts[key] = number(group["tax_amount_currency"])

    def _tax_lines(self, move: Record, amounts: dict[tuple[int, int], Decimal]) -> None:
        present = {
            (x["tax_line_id"], x["account_id"]): x for x in self.lines(move) if x["display_type"] == "tax"
        }
        for key, line in present.items():
            if key not in amounts:
                self.w.remove("account.move.line", line["id"])
        for (tax, account), amount in amounts.items():
            line = present.get((tax, account)) or self._add_line(
                move,
                {
                    "display_type": "tax",
                    "account_id": account,
                    "quantity": 0,
                    "name": self.w.table("account.tax")[tax]["name"],
                },
            )
            self.w.store.update("account.move.line", line, {"tax_line_id": tax, "tax_ids": []})
            self._set_amount(move, line, sign_of(move["move_type"]) * amount)

    def _due_line(self, move: Record) -> None:
        lines = self.lines(move)
        due = next((x for x in lines if x["display_type"] == "payment_term"), None)
        others = [x for x in lines if x is not due]
        amount = -sum((x["amount_currency"] for x in others), Decimal(0))
        balance = -sum((x["balance"] for x in others), Decimal(0))
        if due is None:
            if not others:
                return
            due = self._add_line(
                move,
                {
                    "display_type": "payment_term",
                    "quantity": 0,
                    "name": False,
                    "account_id": self.due_account(move),
                },
            )
        elif due["balance"] == balance and due["amount_currency"] == amount:
            return
        else:
            self.fall_back([due])
        self.w.store.update(
            "account.move.line",
            due,
            {"balance": balance, "amount_currency": amount, "date_maturity": move.get("invoice_date_due")},
        )
        self._amounts(due)

    def due_account(self, move: Record) -> int:
        """The receivable for a sale, the payable for a purchase, of the move's company."""
        code = "121000" if move["move_type"] in SALE else "211000"
        return self.account_by_code(code, move["company_id"])

    def account_by_code(self, code: str, company: int) -> int:
        """The id of a company's account. Raises a user error where it has none of this code."""
        for account in self.w.store.by("account.account", "code", code):
            if company in account["company_ids"]:
                return int(account["id"])
        raise user_error(f"No account {code}")

    def _totals(self, move: Record) -> None:
        lines = self.lines(move)
        kind = move["move_type"]
        if kind in INVOICES:
            sign = sign_of(kind)
            net = sum((x["amount_currency"] for x in lines if x["display_type"] == "product"), Decimal(0))
            tax = sum((x["amount_currency"] for x in lines if x["display_type"] == "tax"), Decimal(0))
            values = {
                "amount_untaxed": sign * net,
                "amount_tax": sign * tax,
                "amount_total": sign * (net + tax),
            }
            self._early_discount(move, net, tax)
        else:
            total = sum((x["debit"] for x in lines), Decimal(0))
            values = {
                "amount_untaxed": total,
                "amount_tax": Decimal(0),
                "amount_total": total,
            }
        self.w.change("account.move", move, values)
        self.refresh_payment(move)

    def _early_discount(self, move: Record, net: Decimal, tax: Decimal) -> None:
        """What the payment term lets be paid less, and until when (account.payment.term of Odoo 19: of the whole where
        the tax is corrected with it, else of what is without tax)."""
        term = self.w.table("account.payment.term").get(move.get("invoice_payment_term_id") or 0)
        if not term or not term.get("early_discount") or not move.get("invoice_date"):
            return
        base = net + tax if term.get("early_pay_discount_computation") in (False, None, "included") else net
        granted = base * number(term["discount_percentage"]) / 100
        until = date.fromisoformat(str(move["invoice_date"])) + timedelta(days=int(term["discount_days"]))
        for due in (x for x in self.lines(move) if x["display_type"] == "payment_term"):
            payable = self.w.rounded(-(net + tax - granted), move["currency_id"])
            values = {"discount_date": until.isoformat(), "discount_amount_currency": payable}
            self.w.change("account.move.line", due, values)

    def refresh_payment(self, move: Record) -> None:
        """Residual and payment state from the due line's matches."""
        if move["move_type"] not in INVOICES:
            return
        due = [x for x in self.lines(move) if x["display_type"] == "payment_term"]
        residual = abs(sum((x["amount_residual_currency"] for x in due), Decimal(0)))
        state = "not_paid"
        partials = self._partials(due)
        if partials or (not residual and not move["amount_total"] and move["state"] == "posted"):
            state = "partial" if residual else "paid"
            if not residual and partials and self._all_reversals(due, partials):
                state = "reversed"
        self.w.change("account.move", move, {"amount_residual": residual, "payment_state": state})

    def _partials(self, lines: list[Record]) -> list[Record]:
        by = self.w.store.by
        return [
            p
            for x in lines
            for name in ("debit_move_id", "credit_move_id")
            for p in by("account.partial.reconcile", name, x["id"])
        ]

    def _all_reversals(self, due: list[Record], partials: list[Record]) -> bool:
        mine = {x["id"] for x in due}
        if due and self.w.table("account.move")[due[0]["move_id"]].get("reversed_entry_id"):
            return False
        for partial in partials:
            ids = {partial["debit_move_id"], partial["credit_move_id"]} - mine
            for key in ids:
                other = self.w.table("account.move.line")[key]
                move = self.w.table("account.move")[other["move_id"]]
                if not move.get("reversed_entry_id"):
                    return False
        return True

    def _check_balance(self, move: Record) -> None:
        if self.w.caller.context.get("check_move_validity") is False:
            return
        if sum((x["balance"] for x in self.lines(move)), Decimal(0)):
            raise user_error("The entry is not balanced.")

    # writing

    def write(self, move: Record, values: Record) -> None:
        """Change a draft, or of a posted move what may still change; lines are commands, taxes and totals
        follow. Raises a user error."""
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
        if move["move_type"] in INVOICES and (commands or "partner_id" in values):
            self.recompute(move, forced=values.get("tax_totals"))
        elif commands:
            self._check_balance(move)
            self._totals(move)

    def write_line(self, line: Record, values: Record, inner: bool = False) -> None:  # noqa: C901 - what Odoo does on one write, in its order
        """A write on one line; its move follows as Odoo lets it follow."""
        move = self.w.table("account.move")[line["move_id"]]
        if move["state"] == "posted" and "tax_ids" in values:
            raise user_error("You cannot modify the taxes related to a posted journal item")
        if move["state"] == "posted" and {"account_id", "partner_id"} & {
            n for n in values if values[n] != line.get(n)
        }:
            self.check_open(move)
        if "account_id" in values and line.get("reconciled"):
            self.unmatch([line])
        plain: Record = {}
        for name, value in values.items():
            if name in ("quantity", "price_unit", "discount", "amount_currency"):
                plain[name] = number(value)
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

    # locks

    def violated(self, move: Record, day: str) -> list[tuple[str, str]]:
        """(lock date, its label) of the locks that `day` violates, earliest first."""
        company = self.w.table("res.company")[move["company_id"]]
        journal = self.w.table("account.journal")[move["journal_id"]]
        taxed = any(x["tax_ids"] or x["tax_line_id"] for x in self.lines(move))
        found = []
        for name, label in _LOCKS.items():
            lock = self.effective_lock(company, name)
            if not lock or day > lock:
                continue
            if name == "tax_lock_date" and not taxed:
                continue
            if name == "sale_lock_date" and journal["type"] != "sale":
                continue
            if name == "purchase_lock_date" and journal["type"] != "purchase":
                continue
            found.append((lock, label))
        return sorted(found)

    def effective_lock(self, company: Record, name: str) -> str:
        """The lock as it binds the caller: an exception may lift it."""
        lock = company.get(name) or ""
        if not lock or name == "hard_lock_date":
            return str(lock)
        for row in self.w.table("account.lock_exception").values():
            mine = row.get("user_id") in (self.w.caller.uid, False, None)
            if mine and row["active"] and name in row and row["company_id"] == company["id"]:
                given = row[name] or ""
                if not given or given < lock:
                    return str(given)
        return str(lock)

    def _keep_out_of_locks(self, move: Record) -> None:
        locks = self.violated(move, str(move["date"]))
        if not locks:
            return
        after = date.fromisoformat(locks[-1][0]) + timedelta(days=1)
        self.w.change("account.move", move, {"date": self._open_date(move, after).isoformat()})

    def accounting_date(self, move: Record) -> str:
        """The day on which what corrects a move is booked."""
        locks = self.violated(move, str(move["date"]))
        day = (
            date.fromisoformat(locks[-1][0]) + timedelta(days=1)
            if locks
            else date.fromisoformat(str(move["date"]))
        )
        return self._open_date(move, day).isoformat()

    def _open_date(self, move: Record, after: date) -> date:
        today, reset = self.w.today(), self._numbering(move)
        if move["move_type"] in SALE:
            if reset in ("", "month"):
                return min(today, month_end(after))
            return min(today, date(after.year, 12, 31))
        if reset in ("", "month"):
            if (today.year, today.month) > (after.year, after.month):
                return month_end(after)
            return max(after, today)
        if today.year > after.year:
            return date(after.year, 12, 31)
        return max(after, today)

    def _numbering(self, move: Record) -> str:
        """How the journal's numbers restart: "" where it has none yet, month, or year."""
        for other in self.w.store.by("account.move", "journal_id", move["journal_id"]):
            name = other.get("name")
            if name and other["id"] != move["id"]:
                return "month" if re.search(r"/\d{4}/\d{2}/", str(name)) else "year"
        return ""

    def check_open(self, move: Record) -> None:
        """Raise a user error where the move's day is locked, naming every lock that it breaks."""
        locks = self.violated(move, str(move["date"]))
        if locks:
            listed = "; ".join(
                f"{label} ({date.fromisoformat(lock).strftime('%m/%d/%Y')})" for lock, label in locks
            )
            raise user_error(f"You cannot add/modify entries prior to and inclusive of: {listed}.")

    # numbers

    def _next_name(self, move: Record) -> str:
        journal = self.w.table("account.journal")[move["journal_id"]]
        day = str(move["date"])
        code = journal["code"]
        if move.get("origin_payment_id"):
            code = f"P{code}"
        if journal["type"] in ("sale", "bank", "cash", "credit"):
            prefix, width = f"{code}/{day[:4]}/", 5
        else:
            prefix, width = f"{code}/{day[:4]}/{day[5:7]}/", 4
        if move["move_type"] in ("out_refund", "in_refund"):
            prefix = f"R{prefix}"
        return f"{prefix}{self._next_number(journal['id'], prefix):0{width}d}"

    def _next_number(self, journal: int, prefix: str) -> int:
        cache = self._numbers.setdefault((journal, prefix), 0)
        name = f"{prefix}{cache:0{5 if prefix.count('/') == 2 else 4}d}"
        # Numbers only grow, but a deleted draft frees the last ones: they are used again.
        while cache and not self._named(journal, name):
            cache -= 1
            name = f"{prefix}{cache:0{5 if prefix.count('/') == 2 else 4}d}"
        self._numbers[journal, prefix] = cache + 1
        return cache + 1

    def _named(self, journal: int, name: str) -> bool:
        return any(m["journal_id"] == journal for m in self.w.store.by("account.move", "name", name))

    @property
    def _numbers(self) -> dict[tuple[int, str], int]:
        numbers: dict[tuple[int, str], int] = self.__dict__.setdefault("_number_cache", {})
        return numbers

    # going back

    def draft(self, moves: list[Record]) -> None:
        """Back to draft, keeping name and matches. Raises a user error where the day is locked."""
        for move in moves:
            if move["state"] not in ("posted", "cancel"):
                raise user_error("Only posted/cancelled journal entries can be reset to draft.")
            self.check_open(move)
            self.w.change("account.move", move, {"state": "draft"})

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


def _ids(value: Any) -> list[int]:
    """An x2many value as ids: [[6, 0, ids]], [[4, id]], or ids."""
    found: list[int] = []
    for item in value or []:
        if isinstance(item, list | tuple):
            if item[0] == 6:
                found = list(item[2])
            elif item[0] == 4:
                found.append(item[1])
        else:
            found.append(int(item))
    return found
