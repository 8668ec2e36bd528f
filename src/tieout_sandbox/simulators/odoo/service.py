"""The models' methods, as a client may call them, one transaction a call."""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from tieout_sandbox.simulators.odoo.bank import BankLines
from tieout_sandbox.simulators.odoo.errors import (
    access_error,
    bad_arguments,
    lock_error,
    not_found,
    not_simulated,
    value_error,
)
from tieout_sandbox.simulators.odoo.loading import Loader, LoadFailedError
from tieout_sandbox.simulators.odoo.locks import LOCKS
from tieout_sandbox.simulators.odoo.matching import Matching
from tieout_sandbox.simulators.odoo.moves import Moves
from tieout_sandbox.simulators.odoo.payments import Payments
from tieout_sandbox.simulators.odoo.played import Played, renamed
from tieout_sandbox.simulators.odoo.pristine import fill, load_chart
from tieout_sandbox.simulators.odoo.schema import MODELS
from tieout_sandbox.simulators.odoo.store import Record, stamp
from tieout_sandbox.simulators.odoo.world import Caller, World
from tieout_sandbox.simulators.odoo.writes import Writes

_KNOWN_UNSIMULATED = ("purchase.order", "purchase.order.line", "sale.order", "account.cash.rounding")


class Service(Writes):
    """A database and its methods. `call` is the only way in."""

    def __init__(
        self,
        now: Callable[[], datetime],
        played: Played,
        admin_password: str = "admin",
        token: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        self.played, self._token = played, token
        self.world = World(now, played)
        self.moves = Moves(self.world)
        self.matching = Matching(self.world, self.moves)
        self.bank = BankLines(self.world, self.moves, self.matching)
        self.payments = Payments(self.world, self.moves, self.matching)
        self.loader = Loader(self.world, self._create_one, self._write_one)
        # Each key and the record that says of whom it is, until when, and what for.
        self.keys: dict[str, int] = {}
        # Records (model, id) that somebody else holds, and for how many calls.
        self.held: dict[tuple[str, int], int] = {}
        # How many readings after a change a copy of the database answers that does not know of it.
        self.lagging = 0
        self._behind, self._kept = 0, self.world.store.kept()
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
        # What the version calls otherwise.
        other = {self.played.users_groups: "group_ids"} if self.played.users_groups != "group_ids" else {}
        if other and model == "res.users":
            back = {mine: theirs for theirs, mine in other.items()}
            found = self._called(uid, model, method, ids, context, renamed(arguments, other | back))
            return renamed(found, back)
        return self._called(uid, model, method, ids, context, arguments)

    def _called(
        self,
        uid: int,
        model: str,
        method: str,
        ids: list[int] | None,
        context: dict[str, Any],
        arguments: dict[str, Any],
    ) -> Any:
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
        if method in _REPLICATED and self._behind:
            self._behind -= 1
            with self.world.store.as_of(self._kept):
                return function(*bound.args, **bound.kwargs)
        if method not in _REPLICATED:
            self._before_change(model, ids)
        with self.world.store.transaction():
            try:
                return function(*bound.args, **bound.kwargs)
            except LoadFailedError as error:
                failed = error
                raise LoadUndoneError(failed.messages) from None

    def _before_change(self, model: str, ids: list[int] | None) -> None:
        for key in ids or []:
            if self.held.get((model, key), 0) > 0:
                self.held[model, key] -= 1
                raise lock_error(f"Cannot grab a lock on records {model}({key},): somebody else holds it.")
        if self.lagging and self.played.replicas:
            self._behind, self._kept = self.lagging, self.world.store.kept()

    # generic methods

    def _register(self) -> None:
        grouping: dict[str, Callable[..., Any]] = {
            "read_group": self._read_group,
            "formatted_read_group": self._formatted_read_group,
        }
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
            ("*", self.played.grouping): grouping[self.played.grouping],
            ("*", "fields_get"): self._fields_get,
            ("res.partner", "default_get"): self._default_get,
            ("res.users", "has_group"): self._has_group,
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
        compute["account.move", "always_tax_exigible"] = self.matching.consequences.exigible
        compute["res.partner", "commercial_partner_id"] = self._commercial
        compute["account.tax", "price_include"] = self.moves.taxes.included
        compute["res.currency", "rate"] = lambda r: self.world.rate(
            r["id"], 1, self.world.today().isoformat()
        )
        compute["res.currency.rate", "company_rate"] = lambda r: r["rate"]
        compute["res.currency.rate", "inverse_company_rate"] = lambda r: 1 / float(r["rate"])
        compute["res.partner.bank", "sanitized_acc_number"] = lambda r: str(r["acc_number"]).replace(" ", "")
        for name in LOCKS:
            compute["res.company", f"user_{name}"] = partial(self._user_lock, name)

    def _each(self, act: Callable[[Record], None]) -> Callable[..., None]:
        """A record method out of what is done to each record."""

        def method(model: str, ids: list[int]) -> None:
            for record in self._many(model, ids):
                act(record)

        return method

    def _commercial(self, partner: Record) -> int:
        """The partner itself where it is a company or belongs to none, else its parent's."""
        while partner.get("parent_id") and not partner.get("is_company"):
            partner = self.world.table("res.partner")[partner["parent_id"]]
        return int(partner["id"])

    def _user_lock(self, name: str, company: Record) -> str:
        return self.moves.effective_lock(company, name) or "1-01-01"

    def _revoke(self, exception: Record) -> None:
        self.world.change("account.lock_exception", exception, {"active": False})

    def _signed(self, move: Record, name: str) -> Decimal:
        every = self.moves.lines(move)
        if move["move_type"] == "entry":
            # `_compute_amount` of account.move: of an entry what its debit lines come to, and nothing of it is due.
            return (
                abs(sum((x["balance"] for x in every if x["debit"]), Decimal(0)))
                if name == "amount_total"
                else Decimal(0)
            )
        lines = [x for x in every if x["display_type"] == "payment_term"]
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

    def _load(self, model: str, fields: list[str], data: list[list[Any]]) -> dict[str, Any]:
        return self.loader.load(model, fields, data)

    def _check_reference(
        self, model: str, module: str, xml_id: str, raise_on_access_error: bool = False
    ) -> list[Any]:
        found = self.loader.find(f"{module}.{xml_id}")
        if found is None:
            raise value_error(f"External ID not found in the system: {module}.{xml_id}")
        return [found["model"], found["res_id"]]

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

    def _default_get(self, model: str, fields: list[str]) -> dict[str, Any]:
        """Of a partner: the accounts of the company in which the caller works."""
        sides = {"property_account_receivable_id": True, "property_account_payable_id": False}
        company = self.world.companies[0]
        if not any(company in a["company_ids"] for a in self.world.table("account.account").values()):
            return {}
        return {n: self.moves.due_by_default(company, sides[n]) for n in fields if n in sides}

    def _try_loading(self, model: str, template_code: str, company: int, install_demo: bool = False) -> None:
        if template_code != "generic_coa":
            raise not_simulated(f"the chart {template_code}")
        record = self.world.get("res.company", company)
        load_chart(self.world, record)
        admin = self.world.table("res.users")[2]
        if company not in admin["company_ids"]:
            self.world.store.update("res.users", admin, {"company_ids": [*admin["company_ids"], company]})

    # keys

    def make_key(self, uid: int, *, scoped: bool = True, name: str = "Key", days: float = 0) -> str:
        """A new API key of a user: 40 hex digits; one without a scope is as versions made them that had none. `days` 0: it
        has no end, which an administrator alone may have."""
        key = self._token(20)
        ends = self.world.now() + timedelta(days=days)
        values = {
            "name": name, "user_id": uid, "scope": "rpc" if scoped and self.played.key_scope else False,
            "expiration_date": stamp(ends) if days else False,
        }  # fmt: skip
        self.keys[key] = int(self.world.add("res.users.apikeys", values)["id"])
        return key

    def holder(self, key: str) -> int | None:
        """Whose key this is; None for one that does not count: revoked, past its end, of a user who is archived, or without
        the scope of this version (`_check_credentials` of res.users.apikeys)."""
        row = self.world.table("res.users.apikeys").get(self.keys.get(key, 0))
        if row is None or (self.played.key_scope and row["scope"] != self.played.key_scope):
            return None
        over = row["expiration_date"] and row["expiration_date"] < self.world.now_text()
        user = self.world.table("res.users")[row["user_id"]]
        return None if over or not user.get("active", True) else int(row["user_id"])

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
    "read_group",
    "fields_get",
    "default_get",
    "context_get",
    "try_loading",
    "check_object_reference",
    "get_param",
}
# What a copy of the database may answer, where there is one.
_REPLICATED = {"read", "search_read", "search_count", "formatted_read_group"}
_UNSIMULATED_METHODS = {("account.move", "action_register_payment"), ("res.partner", "merge")}


class LoadUndoneError(Exception):
    """A load that failed: its transaction is undone, its messages are the answer."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        super().__init__(messages)
        self.answer = {"ids": False, "messages": messages, "nextrow": 0}
