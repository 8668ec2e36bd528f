"""The models' methods, as a client may call them, one transaction a call."""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from tieout_sandbox.simulators.odoo.bank import BankLines
from tieout_sandbox.simulators.odoo.errors import (
    OdooError,
    access_error,
    bad_arguments,
    not_found,
    not_simulated,
    redirect_warning,
    user_error,
    validation_error,
    value_error,
)
from tieout_sandbox.simulators.odoo.loading import Loader, LoadFailedError
from tieout_sandbox.simulators.odoo.matching import Matching
from tieout_sandbox.simulators.odoo.moves import Moves, _ids
from tieout_sandbox.simulators.odoo.orm import Record, number
from tieout_sandbox.simulators.odoo.payments import Payments
from tieout_sandbox.simulators.odoo.pristine import fill, load_chart
from tieout_sandbox.simulators.odoo.schema import MODELS
from tieout_sandbox.simulators.odoo.world import Caller, World

_KNOWN_UNSIMULATED = ("purchase.order", "purchase.order.line", "sale.order", "account.cash.rounding")
_DEFAULTS: dict[str, Record] = {
    "res.partner": {
        "email": False,
        "ref": False,
        "is_company": False,
        "customer_rank": 0,
        "supplier_rank": 0,
        "active": True,
    },
    "res.users": {
        "active": True,
        "lang": "en_US",
        "tz": False,
        "company_id": 1,
        "company_ids": [1],
        "group_ids": [],
    },
    "product.product": {"active": True, "type": "consu"},
    "account.account": {"reconcile": False, "active": True},
    "account.tax": {
        "amount_type": "percent",
        "type_tax_use": "sale",
        "active": True,
        "tax_exigibility": "on_invoice",
        "price_include_override": False,
    },
    "account.lock_exception": {"active": True},
    "res.partner.bank": {"allow_out_payment": False, "acc_holder_name": False},
    "account.journal": {"restrict_mode_hash_table": False, "currency_id": False},
}


class Service:
    """A database and its methods. `call` is the only way in."""

    def __init__(self, now: Callable[[], datetime], admin_password: str = "admin") -> None:
        self.world = World(now)
        self.moves = Moves(self.world)
        self.matching = Matching(self.world, self.moves)
        self.bank = BankLines(self.world, self.moves, self.matching)
        self.payments = Payments(self.world, self.moves, self.matching)
        self.loader = Loader(self.world, self._create_one, self._write_one)
        self.keys: dict[str, int] = {}
        self.calls = 0
        self._register()
        fill(self.world, admin_password=admin_password)

    # the way in

    def call(
        self,
        uid: int,
        model: str,
        method: str,
        ids: list[int] | None,
        context: dict[str, Any],
        arguments: dict[str, Any],
    ) -> Any:
        """Run one method as one transaction. Raises OdooError."""
        self.calls += 1
        if model not in MODELS:
            if model in _KNOWN_UNSIMULATED or model == "account.chart.template":
                if (model, method) != ("account.chart.template", "try_loading"):
                    raise not_simulated(model)
            else:
                raise not_found(f"the model '{model}' does not exist")
        if method.startswith("_"):
            raise access_error(f"Private methods (such as '{model}.{method}') cannot be called remotely.")
        function = self._methods.get((model, method)) or self._methods.get(("*", method))
        if function is None:
            if (model, method) in _UNSIMULATED_METHODS:
                raise not_simulated(f"{model}.{method}")
            raise not_found(f"The method '{model}.{method}' does not exist")
        if ids is not None and method in _MODEL_METHODS:
            arguments = {"ids": ids, **arguments}
        signature = inspect.signature(function)
        given: tuple[Any, ...] = (model,) if method in _MODEL_METHODS else (model, ids or [])
        try:
            bound = signature.bind(*given, **arguments)
        except TypeError as error:
            raise bad_arguments(str(error)) from None
        self.world.caller = Caller(uid, dict(context or {}))
        _ = self.world.companies
        with self.world.store.transaction():
            try:
                return function(*bound.args, **bound.kwargs)
            except LoadFailedError as error:
                failed = error
                raise LoadUndoneError(failed.messages) from None

    # generic methods

    def _register(self) -> None:
        self._methods: dict[tuple[str, str], Callable[..., Any]] = {
            ("*", "search"): self._search,
            ("*", "search_read"): self._search_read,
            ("*", "search_count"): self._search_count,
            ("*", "has_access"): self._has_access,
            ("*", "read"): self._read,
            ("*", "create"): self._create,
            ("*", "write"): self._write,
            ("*", "unlink"): self._unlink,
            ("*", "load"): self._load,
            ("*", "formatted_read_group"): self._read_group,
            ("*", "get_external_id"): self._get_external_id,
            ("*", "get_metadata"): self._get_metadata,
            ("*", "export_data"): self._export,
            ("res.users", "context_get"): self._context_get,
            ("account.move", "action_post"): self._post,
            ("account.move", "button_draft"): lambda m, ids: self.moves.draft(self._many(m, ids)),
            ("account.move", "button_cancel"): lambda m, ids: self.moves.cancel(self._many(m, ids)),
            ("account.move", "js_assign_outstanding_line"): self._assign,
            ("account.move", "js_remove_outstanding_partial"): self._remove_partial,
            ("account.move.line", "reconcile"): self._reconcile,
            ("account.move.line", "remove_move_reconcile"): lambda m, ids: self.matching.remove(
                self._many(m, ids)
            ),
            ("account.bank.statement.line", "action_undo_reconciliation"): self._each(self.bank.undo),
            ("account.payment", "action_post"): self._each(self.payments.post),
            ("account.payment", "action_draft"): self._each(self.payments.draft),
            ("account.payment", "action_cancel"): self._each(self.payments.cancel),
            ("account.payment.register", "action_create_payments"): lambda m, ids: self.payments.pay(
                self._many(m, ids)[0]
            ),
            ("account.move.reversal", "refund_moves"): lambda m, ids: self.payments.refund(
                self._many(m, ids)[0]
            ),
            ("account.lock_exception", "action_revoke"): self._each(self._revoke),
            ("account.chart.template", "try_loading"): self._try_loading,
            ("ir.model.data", "check_object_reference"): self._check_reference,
            ("ir.config_parameter", "get_param"): self._get_param,
        }
        compute = self.world.computers
        table = self.world.table
        compute["account.move.line", "parent_state"] = lambda r: table("account.move")[r["move_id"]]["state"]
        compute["account.move.line", "move_name"] = lambda r: table("account.move")[r["move_id"]].get("name")
        compute["account.move.line", "account_type"] = self.moves.account_type
        compute["account.move", "amount_total_signed"] = lambda r: self._signed(r, "amount_total")
        compute["account.move", "amount_residual_signed"] = lambda r: self._signed(r, "amount_residual")
        compute["account.move", "reversal_move_ids"] = lambda r: [
            x["id"] for x in self.world.store.by("account.move", "reversed_entry_id", r["id"])
        ]
        compute["account.move", "duplicated_ref_ids"] = self._duplicates
        compute["account.tax", "price_include"] = self.moves.included
        compute["res.currency", "rate"] = lambda r: self.world.rate(
            r["id"], 1, self.world.today().isoformat()
        )
        compute["res.currency.rate", "company_rate"] = lambda r: r["rate"]
        compute["res.currency.rate", "inverse_company_rate"] = lambda r: 1 / float(r["rate"])
        compute["res.partner.bank", "sanitized_acc_number"] = lambda r: str(r["acc_number"]).replace(" ", "")
        for name in ("fiscalyear_lock_date", "hard_lock_date"):
            compute["res.company", f"user_{name}"] = partial(self._user_lock, name)

    def _each(self, act: Callable[[Record], None]) -> Callable[..., None]:
        """A record method out of what is done to each record."""

        def method(model: str, ids: list[int]) -> None:
            for record in self._many(model, ids):
                act(record)

        return method

    def _user_lock(self, name: str, company: Record) -> str:
        return self.moves.effective_lock(company, name) or "1-01-01"

    def _revoke(self, exception: Record) -> None:
        self.world.change("account.lock_exception", exception, {"active": False})

    def _signed(self, move: Record, name: str) -> Decimal:
        lines = [x for x in self.moves.lines(move) if x["display_type"] == "payment_term"]
        field = "balance" if name == "amount_total" else "amount_residual"
        return sum((x[field] for x in lines), Decimal(0))

    def _duplicates(self, move: Record) -> list[int]:
        if not move.get("ref"):
            return []
        return [
            m["id"]
            for m in self.world.store.by("account.move", "ref", move["ref"])
            if m["id"] != move["id"]
            and m["partner_id"] == move["partner_id"]
            and m["move_type"] == move["move_type"]
        ]

    def _many(self, model: str, ids: list[int]) -> list[Record]:
        return self.world.many(model, ids)

    def _visible(self, model: str, records: list[Record]) -> list[Record]:
        """Only the companies in play; asked for by id, others are refused."""
        if model in (
            "account.account",
            "account.journal",
            "account.move",
            "account.move.line",
            "account.bank.statement.line",
            "account.tax",
        ):
            mine = set(self.world.companies)
            return [
                r
                for r in records
                if (
                    mine & set(r["company_ids"])
                    if model == "account.account"
                    else r.get("company_id") in mine
                )
            ]
        if model == "res.currency.rate":
            # Rates of no company are everybody's.
            return [r for r in records if not r.get("company_id") or r["company_id"] in self.world.companies]
        return records

    def _search(
        self,
        model: str,
        domain: list[Any],
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[int]:
        return [r["id"] for r in self._find(model, domain, offset, limit, order)]

    def _find(
        self,
        model: str,
        domain: list[Any],
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[Record]:
        self.world.check_access(model, "read")
        found = self.world.searcher.search(model, domain, self.world.caller.context)
        found = self.world.searcher.order(model, self._visible(model, found), order)
        return found[offset : offset + limit if limit else None]

    def _search_read(
        self,
        model: str,
        domain: list[Any] | None = None,
        fields: list[str] | None = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        load: str | None = None,
    ) -> list[dict[str, Any]]:
        found = self._find(model, domain or [], offset, limit, order)
        for name in fields or []:
            self.world.searcher.field(model, name)
        return self._shown(model, found, fields, load)

    def _search_count(self, model: str, domain: list[Any], limit: int | None = None) -> int:
        return len(self._find(model, domain, 0, limit, "id"))

    def _read(
        self, model: str, ids: list[int], fields: list[str] | None = None, load: str | None = None
    ) -> list[dict[str, Any]]:
        self.world.check_access(model, "read")
        table = self.world.table(model)
        rows = []
        for key in ids:
            if key == 0:
                rows.append(self._blank(model, fields or []))
            elif key in table:
                rows += self._shown(model, self._allowed(model, table[key]), fields, load)
        return rows

    def _allowed(self, model: str, record: Record) -> list[Record]:
        if self._visible(model, [record]) or not self.world.caller.context.get("allowed_company_ids"):
            return [record]
        user = self.world.table("res.users")[self.world.caller.uid]
        owner = self.world.table("res.company")[(record.get("company_ids") or [record.get("company_id")])[0]]
        label = {"account.account": "Account"}.get(model, model)
        raise access_error(
            "Uh-oh! Looks like you have stumbled upon some top-secret records.\n\n"
            f"Sorry, {user['name']} (id={user['id']}) doesn't have 'read' access to:\n"
            f"- {label} ({model})\n\n"
            "If you really, really need access, perhaps you can win over your friendly "
            "administrator with a batch of freshly baked cookies.\n\n"
            "This seems to be a multi-company issue, you might be able to access the record by "
            f"switching to the company: {owner['name']}."
        )

    def _shown(
        self, model: str, records: list[Record], fields: list[str] | None, load: str | None
    ) -> list[dict[str, Any]]:
        rows = self.world.searcher.read(model, records, fields, load)
        if model == "account.account" and "code" in (fields or []):
            # A code reads false outside the current company.
            current = self.world.companies[0]
            for row, record in zip(rows, records, strict=True):
                if current not in record["company_ids"]:
                    row["code"] = False
        return rows

    def _blank(self, model: str, fields: list[str]) -> dict[str, Any]:
        default = _DEFAULTS.get(model, {})
        return {"id": 0, **{n: default.get(n, False) for n in fields}}

    def _read_group(
        self,
        model: str,
        domain: list[Any],
        groupby: list[str] | None = None,
        aggregates: list[str] | None = None,
        having: list[Any] | None = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[dict[str, Any]]:
        self.world.check_access(model, "read")
        found = self._visible(model, self.world.searcher.search(model, domain, self.world.caller.context))
        rows = self.world.searcher.read_group(model, found, groupby or [], aggregates or [], having or [])
        return rows[offset : offset + limit if limit else None]

    def _create(self, model: str, vals_list: list[Record] | Record) -> list[int] | int:
        self.world.check_access(model, "create")
        if isinstance(vals_list, dict):
            self._check_names(model, vals_list)
            return int(self._create_one(model, vals_list)["id"])
        for values in vals_list:
            self._check_names(model, values)
        return [self._create_one(model, values)["id"] for values in vals_list]

    @staticmethod
    def _check_names(model: str, values: Record) -> None:
        extra = {"counterpart_account_id", "invoice_payment_term_id", "purchase_line_id"}
        for name in values:
            if name not in MODELS[model] and name not in extra:
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
        return self.world.add(model, self._cleaned(model, values))

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
            clean["company_ids"] = clean.get("company_ids") or [company]
            if clean.get("account_type") in ("asset_receivable", "liability_payable"):
                clean["reconcile"] = True
        if model == "res.company":
            clean |= {"chart_template": False, "country_id": clean.get("country_id") or False}
            clean.setdefault("tax_calculation_rounding_method", "round_globally")
            clean.setdefault("account_price_include", "tax_excluded")
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
        if model == "account.tax":
            self._tax_account(clean)
        if model == "account.journal":
            self._journal_accounts(clean)
        return clean

    @staticmethod
    def _tax_account(clean: Record) -> None:
        for command in clean.get("invoice_repartition_line_ids") or []:
            line = command[2]
            if line.get("repartition_type") != "tax":
                continue
            # What is due is taken off what is deducted: a second line of -100 percent.
            below = str(line.get("factor_percent", "100")).startswith("-")
            clean["sim_counter_account_id" if below else "sim_account_id"] = line.get("account_id") or False

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
        elif model == "res.users" and "group_ids" in values:
            groups = list(record.get("group_ids") or [])
            for command in values["group_ids"]:
                groups = list(command[2]) if command[0] == 6 else [*groups, command[1]]
            self.world.change(model, record, {**values, "group_ids": groups})
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
                    _ids(v)
                    if kinds[n].kind == "m2m"
                    else number(v)
                    if kinds[n].kind in ("float", "money")
                    else v
                )
                for n, v in values.items()
            }
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

    def _load(self, model: str, fields: list[str], data: list[list[Any]]) -> dict[str, Any]:
        return self.loader.load(model, fields, data)

    # external ids

    def _external(self, model: str, key: int) -> str:
        rows = [r for r in self.world.store.by("ir.model.data", "res_id", key) if r["model"] == model]
        return f"{rows[0]['module']}.{rows[0]['name']}" if rows else ""

    def _get_external_id(self, model: str, ids: list[int]) -> dict[str, str]:
        return {str(key): self._external(model, key) for key in ids}

    def _get_metadata(self, model: str, ids: list[int]) -> list[dict[str, Any]]:
        rows = []
        for record in self._many(model, ids):
            found = [
                r for r in self.world.store.by("ir.model.data", "res_id", record["id"]) if r["model"] == model
            ]
            user = self.world.table("res.users")
            rows.append(
                {
                    "id": record["id"],
                    "create_uid": [record["create_uid"], user[record["create_uid"]]["name"]],
                    "create_date": record["create_date"],
                    "write_uid": [record["write_uid"], user[record["write_uid"]]["name"]],
                    "write_date": record["write_date"],
                    "xmlid": self._external(model, record["id"]) or False,
                    "noupdate": bool(found and found[0]["noupdate"]),
                    "xmlids": [
                        {"xmlid": f"{r['module']}.{r['name']}", "noupdate": r["noupdate"]} for r in found
                    ],
                }
            )
        return rows

    def _export(self, model: str, ids: list[int], fields_to_export: list[str]) -> dict[str, Any]:
        if "base.group_allow_export" not in self.world.groups():
            raise user_error("You don't have the rights to export data. Please contact an Administrator.")
        datas = []
        for record in self._many(model, ids):
            row = []
            for name in fields_to_export:
                if name == "id":
                    row.append(self._external(model, record["id"]))
                elif name == ".id":
                    row.append(str(record["id"]))
                else:
                    value = self.world.searcher.value(model, name, record)
                    row.append("" if value in (None, False) else value)
            datas.append(row)
        return {"datas": datas}

    def _has_access(self, model: str, ids: list[int], operation: str) -> bool:
        try:
            self.world.check_access(model, operation)
        except OdooError:
            return False
        return True

    def _check_reference(
        self, model: str, module: str, xml_id: str, raise_on_access_error: bool = False
    ) -> list[Any]:
        found = self.loader.find(f"{module}.{xml_id}")
        if found is None:
            raise value_error(f"External ID not found in the system: {module}.{xml_id}")
        return [found["model"], found["res_id"]]

    def _get_param(self, model: str, key: str, default: Any = False) -> Any:
        self.world.check_access("ir.config_parameter", "read")
        for row in self.world.table("ir.config_parameter").values():
            if row["key"] == key:
                return row["value"]
        return default

    # business methods

    def _context_get(self, model: str) -> dict[str, Any]:
        user = self.world.table("res.users")[self.world.caller.uid]
        return {"lang": user["lang"], "tz": user["tz"] or False, "uid": user["id"]}

    def _post(self, model: str, ids: list[int]) -> bool:
        self.moves.post(self._many(model, ids))
        return False

    def _reconcile(self, model: str, ids: list[int]) -> None:
        self.matching.reconcile(self._many(model, ids))
        for payment in {x["payment_id"] for x in self._many(model, ids) if x.get("payment_id")}:
            self.payments.refresh(self.world.table("account.payment")[payment])

    def _assign(self, model: str, ids: list[int], line_id: int) -> None:
        line = self.world.get("account.move.line", line_id)
        due = [
            x
            for m in self._many(model, ids)
            for x in self.moves.lines(m)
            if x["account_id"] == line["account_id"] and not x["reconciled"]
        ]
        self.matching.reconcile([*due, line])

    def _remove_partial(self, model: str, ids: list[int], partial_id: int) -> bool:
        self._many(model, ids)
        self.matching.remove_one(partial_id)
        return True

    def _try_loading(self, model: str, template_code: str, company: int, install_demo: bool = False) -> None:
        if template_code != "generic_coa":
            raise not_simulated(f"the chart {template_code}")
        record = self.world.get("res.company", company)
        load_chart(self.world, record)
        admin = self.world.table("res.users")[2]
        if company not in admin["company_ids"]:
            self.world.store.update("res.users", admin, {"company_ids": [*admin["company_ids"], company]})

    # keys

    def make_key(self, uid: int) -> str:
        """A new API key of a user: 40 hex digits."""
        key = secrets.token_hex(20)
        self.keys[key] = uid
        return key

    def login(self, login: str, password: str) -> int | None:
        """The user's id, None where name and password do not fit."""
        for user in self.world.table("res.users").values():
            if user["login"] == login and password and user["password"] == password:
                return int(user["id"])
        return None


_MODEL_METHODS = {
    "search",
    "search_read",
    "search_count",
    "create",
    "load",
    "formatted_read_group",
    "context_get",
    "try_loading",
    "check_object_reference",
    "get_param",
}
_UNSIMULATED_METHODS = {("account.move", "action_register_payment"), ("res.partner", "merge")}


class LoadUndoneError(Exception):
    """A load that failed: its transaction is undone, its messages are the answer."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        super().__init__(messages)
        self.answer = {"ids": False, "messages": messages, "nextrow": 0}
