"""What a client may make, change and delete of any model, and what Odoo refuses of it."""

from __future__ import annotations

from typing import Any

from tieout_sandbox.simulators.odoo.amounts import _ids
from tieout_sandbox.simulators.odoo.bank import BankLines
from tieout_sandbox.simulators.odoo.errors import (
    redirect_warning,
    user_error,
    validation_error,
    value_error,
)
from tieout_sandbox.simulators.odoo.moves import Moves
from tieout_sandbox.simulators.odoo.payments import Payments
from tieout_sandbox.simulators.odoo.pristine import payment_methods
from tieout_sandbox.simulators.odoo.reads import _DEFAULTS, Reads
from tieout_sandbox.simulators.odoo.schema import MODELS
from tieout_sandbox.simulators.odoo.store import Record, number


class Writes(Reads):
    """The methods that change records."""

    moves: Moves
    bank: BankLines
    payments: Payments

    def _create(self, model: str, vals_list: list[Record] | Record) -> list[int] | int:
        self.world.check_access(model, "create")
        if isinstance(vals_list, dict):
            self._check_names(model, vals_list)
            return int(self._create_one(model, vals_list)["id"])
        for values in vals_list:
            self._check_names(model, values)
        return [self._create_one(model, values)["id"] for values in vals_list]

    def _check_names(self, model: str, values: Record) -> None:
        extra = {"counterpart_account_id", "invoice_payment_term_id", "purchase_line_id"}
        for name in values:
            known = name in MODELS[model] and (model, name) not in self.world.store.absent
            if not known and name not in extra:
                raise value_error(f"Invalid field '{name}' in '{model}'")

    def _create_one(self, model: str, values: Record) -> Record:
        if model == "account.move":
            return self.moves.create(values)
        if model == "account.bank.statement.line":
            return self.bank.create(values)
        if model == "account.payment":
            return self.payments.create(values)
        if model == "account.payment.register":
            return self.payments.register(values)
        if model == "account.move.reversal":
            return self.payments.reversal(values)
        if model == "account.tax":
            return self.moves.taxes.create(values, self._cleaned)
        made = self.world.add(model, self._cleaned(model, values))
        if model == "account.journal" and made["type"] in ("bank", "cash", "credit"):
            payment_methods(self.world, made)
        return made

    def _cleaned(self, model: str, values: Record) -> Record:
        """Values of a plain record: defaults, numbers as Decimals, x2many commands as ids."""
        clean = dict(_DEFAULTS.get(model, {}))
        for name, value in values.items():
            kind = MODELS[model][name].kind
            if kind in ("float", "money"):
                clean[name] = number(value)
            elif kind == "m2m":
                clean[name] = _ids(value)
            else:
                clean[name] = value if value is not None else False
        company = self.world.companies[0]
        if "company_id" in MODELS[model] and model not in ("res.partner", "res.users"):
            clean.setdefault("company_id", company)
        if model == "account.account":
            if not clean.get("code") and self.world.played.code_needed:
                raise validation_error(
                    "The code must be set for every company to which this account belongs."
                )
            clean["company_ids"] = clean.get("company_ids") or [company]
            if clean.get("account_type") in ("asset_receivable", "liability_payable"):
                clean["reconcile"] = True
        if model == "res.company":
            self._new_company(clean)
        if model == "res.currency.rate":
            same = [
                r
                for r in self.world.store.by(model, "currency_id", clean["currency_id"])
                if r["name"] == clean["name"] and r.get("company_id") == clean.get("company_id")
            ]
            if same:
                raise validation_error(
                    "The operation cannot be completed: Only one currency rate per day allowed!"
                )
        if model == "account.journal":
            self._journal_accounts(clean)
        return clean

    def _new_company(self, clean: Record) -> None:
        """What a company has before it has a chart; its name is its own."""
        if any(r["name"] == clean.get("name") for r in self.world.table("res.company").values()):
            raise validation_error("The operation cannot be completed: The company name must be unique!")
        clean |= {"chart_template": False, "country_id": clean.get("country_id") or False}
        # Of whoever makes it (odoo/addons/base/models/res_company.py: the default of currency_id).
        clean.setdefault("currency_id", self.world.company["currency_id"])
        clean.setdefault("tax_calculation_rounding_method", self.world.played.tax_rounding)
        clean.setdefault("account_price_include", "tax_excluded")

    def _journal_accounts(self, clean: Record) -> None:
        """A bank journal gets an account of its own and the suspense account."""
        if clean.get("type") not in ("bank", "cash"):
            if clean.get("type") == "sale":
                clean.setdefault(
                    "default_account_id", self.moves.account_by_code("400000", clean["company_id"])
                )
            return
        if not clean.get("default_account_id"):
            codes = {r["code"] for r in self.world.table("account.account").values()}
            code = next(str(c) for c in range(101405, 101500) if str(c) not in codes)
            account = self.world.add(
                "account.account",
                {
                    "code": code,
                    "name": clean["name"],
                    "account_type": "asset_cash",
                    "reconcile": False,
                    "active": True,
                    "company_ids": [clean["company_id"]],
                },
            )
            clean["default_account_id"] = account["id"]
        clean.setdefault("suspense_account_id", self.moves.account_by_code("101402", clean["company_id"]))

    def _write(self, model: str, ids: list[int], vals: Record) -> bool:
        self.world.check_access(model, "write")
        self._check_names(model, vals)
        for record in self._many(model, ids):
            self._write_one(model, record, vals)
        return True

    def _write_one(self, model: str, record: Record, values: Record) -> None:
        if model == "account.move":
            self.moves.write(record, values)
        elif model == "account.move.line":
            self.moves.write_line(record, values)
        elif model == "res.company":
            self._write_company(record, values)
        elif (
            model == "res.partner.bank"
            and record.get("allow_out_payment")
            and {"acc_number", "partner_id"} & set(values)
        ):
            raise user_error(
                "You cannot modify the account number or partner of an account that has been trusted."
            )
        else:
            kinds = MODELS[model]
            clean = {
                n: (
                    _ids(v, record.get(n) or ())
                    if kinds[n].kind == "m2m"
                    else number(v)
                    if kinds[n].kind in ("float", "money")
                    else v
                )
                for n, v in values.items()
            }
            if (
                model == "account.account"
                and clean.get("reconcile", record["reconcile"]) != record["reconcile"]
            ):
                self.moves.tick(record, bool(clean["reconcile"]))
            self.world.change(model, record, clean)

    def _write_company(self, company: Record, values: Record) -> None:
        hard = values.get("hard_lock_date", "")
        if "hard_lock_date" in values and company.get("hard_lock_date"):
            if not hard:
                raise user_error("The Hard Lock Date cannot be removed.")
            if hard < company["hard_lock_date"]:
                raise user_error("A new Hard Lock Date must be posterior (or equal) to the previous one.")
        lock = values.get("fiscalyear_lock_date") or hard
        if lock:
            self._check_lockable(company, str(lock), bool(hard))
        self.world.change("res.company", company, values)

    def _check_lockable(self, company: Record, lock: str, hard: bool) -> None:
        lines = [
            r
            for r in self.world.table("account.bank.statement.line").values()
            if r["company_id"] == company["id"] and str(r["date"]) <= lock and not self.bank.is_reconciled(r)
        ]
        if lines:
            action: dict[str, Any] = {
                "name": "Unreconciled Transactions",
                "type": "ir.actions.act_window",
                "res_model": "account.bank.statement.line",
                "context": {"create": False},
            }
            if len(lines) == 1:
                action |= {"view_mode": "form", "res_id": lines[0]["id"]}
            else:
                action |= {"view_mode": "list,form", "domain": [("id", "in", [r["id"] for r in lines])]}
            raise redirect_warning(
                "There are still unreconciled bank statement lines in the period you want to lock."
                "You should either reconcile or delete them.",
                action,
                "Show Unreconciled Bank Statement Line",
            )
        drafts = [
            m["id"]
            for m in self.world.table("account.move").values()
            if m["company_id"] == company["id"] and m["state"] == "draft" and str(m["date"]) <= lock
        ]
        if hard and drafts:
            raise redirect_warning(
                "There are still draft entries in the period you want to hard lock. You should "
                "either post or delete them.",
                {
                    "view_mode": "list",
                    "name": "Draft Entries",
                    "res_model": "account.move",
                    "type": "ir.actions.act_window",
                    "domain": [("id", "in", drafts)],
                    "search_view_id": [739, "search"],
                    "views": [[728, "list"], [737, "form"]],
                },
                "Show draft entries",
            )

    def _unlink(self, model: str, ids: list[int]) -> bool:
        records = self._many(model, ids)
        if model == "account.move":
            self.moves.unlink(records)
        elif model == "account.bank.statement.line":
            for record in records:
                self.bank.unlink(record)
        else:
            for record in records:
                self.world.remove(model, record["id"])
        return True
