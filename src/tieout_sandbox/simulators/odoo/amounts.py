"""What moves come to: their lines, taxes, totals, and what is open of them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tieout_sandbox.simulators.odoo.brought import instead_of
from tieout_sandbox.simulators.odoo.errors import user_error
from tieout_sandbox.simulators.odoo.locks import INVOICES, SALE, Locks
from tieout_sandbox.simulators.odoo.rounding import Base, smoothly, to_the_largest
from tieout_sandbox.simulators.odoo.store import Record, number

_CENT = Decimal("0.01")


def sign_of(move_type: str) -> int:
    """The sign of a product line's balance: a sale credits, a purchase debits."""
    return {"out_invoice": -1, "out_refund": 1, "in_invoice": 1, "in_refund": -1}.get(move_type, 1)


def _ids(value: Any, before: Iterable[int] = ()) -> list[int]:
    """An x2many value as ids: commands on those of `before` ([6, 0, ids] sets, [5] clears, [4, id] links, [3, id] unlinks), or ids.

    Source: https://www.odoo.com/documentation/19.0/developer/reference/backend/orm.html, fields.Command.
    """
    commanded = all(isinstance(item, list | tuple) for item in value or [])
    found = dict.fromkeys(before if commanded else ())
    for item in value or []:
        if not isinstance(item, list | tuple):
            found[int(item)] = None
        elif item[0] in (5, 6):
            found = dict.fromkeys(item[2] if item[0] == 6 else ())
        elif item[0] == 4:
            found[item[1]] = None
        elif item[0] == 3:
            found.pop(item[1], None)
    return list(found)


class _Taxed:
    """An invoice's lines in one currency: their nets and their taxes, rounded."""

    def __init__(self, amounts: Amounts, move: Record, currency: int, company: Record, rate: Decimal) -> None:
        self._of, self._move, self._currency, self._rate = amounts, move, currency, rate
        self._globally = company["tax_calculation_rounding_method"] == "round_globally"
        self._bases: list[Base] = []
        self._gross = Decimal(0)
        self._included = True
        self._taxes: dict[tuple[int, int], Decimal] = {}

    def _rounded(self, amount: Decimal) -> Decimal:
        return self._of.w.rounded(amount, self._currency)

    def _converted(self, amount: Decimal) -> Decimal:
        """An amount of the move's currency in this one; rounded on both sides where each line is."""
        if self._globally:
            return amount / self._rate
        return self._rounded(self._of.w.rounded(amount, self._move["currency_id"]) / self._rate)

    def add(self, line: Record) -> None:
        """One line more."""
        w, taxes = self._of.w, self._of.taxes
        gross = net = line["quantity"] * line["price_unit"] * (1 - line["discount"] / 100)
        used = [w.table("account.tax")[t] for t in line["tax_ids"]]
        included = sum((t["amount"] for t in used if taxes.included(t, self._move)), Decimal(0))
        if included:
            net = gross / (1 + included / 100)
        if not self._globally:
            net = w.rounded(net, self._move["currency_id"])
        whole = net
        for tax in used:
            part = net * tax["amount"] / 100
            whole += w.rounded(part, self._move["currency_id"])
            self._tax(tax, line, self._converted(part))
        self._included &= all(taxes.included(t, self._move) for t in used)
        self._gross += self._converted(gross)
        self._bases.append(Base(self._converted(net), whole, bool(used)))

    def _tax(self, tax: Record, line: Record, part: Decimal) -> None:
        deferred = tax.get("tax_exigibility") == "on_payment"
        account = (deferred and tax.get("cash_basis_transition_account_id")) or (
            tax.get("sim_account_id") or line["account_id"]
        )
        found = self._taxes
        found[tax["id"], account] = found.get((tax["id"], account), Decimal(0)) + part
        if counter := tax.get("sim_counter_account_id"):
            found[tax["id"], counter] = found.get((tax["id"], counter), Decimal(0)) - part

    def taxes(self) -> dict[tuple[int, int], Decimal]:
        """The taxes by tax and account."""
        return {key: self._rounded(amount) for key, amount in self._taxes.items()}

    def nets(self) -> list[Decimal]:
        """The lines' nets, in their order."""
        step = self._of.w.currency_step(self._currency)
        if self._of.w.played.rounding == "largest":
            return to_the_largest(self._bases, self._rounded, step)
        target = self._rounded(sum((b.net for b in self._bases), Decimal(0)))
        if self._included:
            target = self._rounded(self._gross) - sum(self.taxes().values(), Decimal(0))
        return smoothly(self._bases, target, self._rounded, step)


class Amounts(Locks):
    """The amounts of moves."""

    def _set_rate(self, move: Record, given: Any) -> None:
        rate = (
            number(given)
            if given
            else self.w.rate(
                move["currency_id"], move["company_id"], str(move.get("invoice_date") or move["date"])
            )
        )
        self.w.change("account.move", move, {"invoice_currency_rate": rate})

    def _add_line(self, move: Record, values: Record) -> Record:
        journal = self.w.table("account.journal")[move["journal_id"]]
        account = values.get("account_id") or journal.get("default_account_id") or False
        self._same_company(move, values, account)
        used = self.w.table("account.account").get(account or 0)
        if used and used.get("deprecated"):
            raise user_error(f"The account {used['name']} ({used['code']}) is deprecated.")
        line: Record = {
            "move_id": move["id"],
            "name": values.get("name") or False,
            "display_type": values.get("display_type") or "product",
            "account_id": account,
            "partner_id": values.get("partner_id") or move.get("partner_id") or False,
            "quantity": self.kept("quantity", values.get("quantity", 1)),
            "price_unit": self.kept("price_unit", values.get("price_unit")),
            "discount": number(values.get("discount")),
            "tax_ids": _ids(values.get("tax_ids")),
            "tax_line_id": False,
            "tax_tag_ids": _ids(values.get("tax_tag_ids")),
            "tax_repartition_line_id": values.get("tax_repartition_line_id") or False,
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
            line["quantity"] = self.kept("quantity", values.get("quantity", 1))
            self.taxes.name_line(line)
        return self._amounts(self.w.add("account.move.line", line))

    def kept(self, name: str, value: Any) -> Decimal:
        """A number of a line as it is kept: by decimal accuracy a quantity with two decimals, and in 18.0 a price as well."""
        if name not in self.w.digits:
            return number(value)
        return number(value).quantize(Decimal(1).scaleb(-self.w.digits[name][1]), ROUND_HALF_UP)

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
        everywhere = self.w.played.residual_everywhere
        if account and (everywhere or account["reconcile"] or account["account_type"] in ("asset_cash",)):
            values["amount_residual"] = balance
            values["amount_residual_currency"] = line["amount_currency"]
            if everywhere:
                # A line of nothing is settled.
                values["reconciled"] = not balance and not line["amount_currency"]
        else:
            values["amount_residual"] = values["amount_residual_currency"] = Decimal(0)
        self.w.store.update("account.move.line", line, values)
        return line

    def tick(self, account: Record, reconcile: bool) -> None:
        """Allow Reconciliation, ticked or taken away: lines that are in no full match say all or nothing of what is open
        (account.account: `_toggle_reconcile_to_true`, `_toggle_reconcile_to_false`)."""
        lines = [
            x
            for x in self.w.table("account.move.line").values()
            if x["account_id"] == account["id"] and not x.get("full_reconcile_id")
        ]
        if not reconcile and any(str(x.get("matching_number") or "").startswith("P") for x in lines):
            raise user_error(
                "You cannot switch an account to prevent the reconciliation if some partial reconciliations are still pending."
            )
        self.w.change("account.account", account, {"reconcile": reconcile})
        if not self.w.played.residual_everywhere:
            for line in lines:
                self._amounts(line)

    # invoices: taxes, due line, totals

    def recompute(self, move: Record, forced: Any = None) -> None:
        """Product lines' balances, tax lines, the receivable or payable line, the totals."""
        products = [x for x in self.lines(move) if x["display_type"] == "product"]
        company = self.w.table("res.company")[move["company_id"]]
        rate = move.get("invoice_currency_rate") or Decimal(1)
        own = _Taxed(self, move, move["currency_id"], company, Decimal(1))
        books = _Taxed(self, move, company["currency_id"], company, rate)
        for line in products:
            own.add(line)
            books.add(line)
        for line, amount, balance in zip(products, own.nets(), books.nets(), strict=True):
            sign = sign_of(move["move_type"])
            self._set_amount(line, sign * amount, sign * balance)
            self.w.store.update("account.move.line", line, {"tax_tag_ids": self.taxes.base_tags(line, move)})
        amounts, balances = own.taxes(), books.taxes()
        for key in self._force(forced, amounts):
            balances[key] = self.w.rounded(amounts[key] / rate, company["currency_id"])
        self._tax_lines(move, amounts, balances)
        self._due_line(move)
        self._totals(move)

    def _set_amount(self, line: Record, amount: Decimal, balance: Decimal) -> None:
        """`amount` in the move's currency, `balance` in the company's."""
        if line["balance"] == balance and line["amount_currency"] == amount and "debit" in line:
            return
        self.w.store.update("account.move.line", line, {"balance": balance, "amount_currency": amount})
        self._amounts(line)

    @staticmethod
    def _force(forced: Any, amounts: dict[tuple[int, int], Decimal]) -> set[tuple[int, int]]:
        """Put the taxes that were given in the place of those that were reckoned; which they are."""
        changed = set()
        for subtotal in (forced or {}).get("subtotals", []):
            for group in subtotal.get("tax_groups", []):
                involved = set(group.get("involved_tax_ids") or [])
                for key in amounts:
                    if key[0] in involved:
                        amounts[key] = number(group["tax_amount_currency"])
                        changed.add(key)
        return changed

    def _tax_lines(
        self,
        move: Record,
        amounts: dict[tuple[int, int], Decimal],
        balances: dict[tuple[int, int], Decimal],
    ) -> None:
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
            self.w.store.update(
                "account.move.line", line, {"tax_ids": [], **self.taxes.marks(tax, account, move)}
            )
            sign = sign_of(move["move_type"])
            self._set_amount(line, sign * amount, sign * balances[tax, account])

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
        account = self.due_by_default(move["company_id"], move["move_type"] in SALE)
        return instead_of(self.w, move, account)

    def due_by_default(self, company: int, sale: bool) -> int:
        """What a company's partners owe on, or are owed on: `property_account_receivable_id`, `property_account_payable_id`."""
        code = self.w.due_codes.get((company, sale), "121000" if sale else "211000")
        return self.account_by_code(code, company)

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
            for due in (x for x in lines if x["display_type"] == "payment_term"):
                if granted := self.taxes.kept_back(move, due, net, tax):
                    self.w.change("account.move.line", due, granted)
        else:
            total = sum((x["debit"] for x in lines), Decimal(0))
            values = {
                "amount_untaxed": total,
                "amount_tax": Decimal(0),
                "amount_total": total,
            }
        self.w.change("account.move", move, values)
        self.refresh_payment(move)

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
            if not residual and partials and self._reversed(move, due, partials):
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

    def _reversed(self, move: Record, due: list[Record], partials: list[Record]) -> bool:
        """Whether what closes it is its reversal: refunds, or beside them entries, close an invoice; entries alone a refund.
        What the bank paid is no reversal (observed)."""
        mine = {x["id"] for x in due}
        moves = self.w.table("account.move")
        lines = self.w.table("account.move.line")
        others = [
            moves[lines[key]["move_id"]]
            for p in partials
            for key in {p["debit_move_id"], p["credit_move_id"]} - mine
        ]
        if any(m.get("statement_line_id") or m.get("origin_payment_id") for m in others):
            return False
        kinds = {m["move_type"] for m in others}
        if move["move_type"] in ("out_refund", "in_refund"):
            return kinds == {"entry"}
        refund = move["move_type"].replace("invoice", "refund")
        return kinds in ({refund}, {refund, "entry"})

    def _check_balance(self, move: Record) -> None:
        if self.w.caller.context.get("check_move_validity") is False:
            return
        if sum((x["balance"] for x in self.lines(move)), Decimal(0)):
            raise user_error("The entry is not balanced.")
