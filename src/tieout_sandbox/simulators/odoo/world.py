"""The simulated database: store, searcher, the caller, and what every part asks of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tieout_sandbox.simulators.odoo.errors import access_error, missing_error
from tieout_sandbox.simulators.odoo.installed import BROUGHT_ALONG
from tieout_sandbox.simulators.odoo.played import Played, absent_fields
from tieout_sandbox.simulators.odoo.schema import ACCESS, IMPLIED
from tieout_sandbox.simulators.odoo.searching import Searcher
from tieout_sandbox.simulators.odoo.store import Record, Store, number, stamp

_DRAFT = {
    "entry": "Draft Entry",
    "out_invoice": "Draft Invoice",
    "out_refund": "Draft Credit Note",
    "in_invoice": "Draft Bill",
    "in_refund": "Draft Vendor Credit Note",
}


@dataclass
class Caller:
    """Who calls, in which context."""

    uid: int
    context: dict[str, Any] = field(default_factory=dict)


class World:
    """One database."""

    def __init__(self, now: Callable[[], datetime], played: Played) -> None:
        self._now, self.played = now, played
        self.store = Store()
        self.store.absent = absent_fields(played)
        self.searcher = Searcher(self.store, self._compute)
        self.searcher.display_with(self.display)
        self.computers: dict[tuple[str, str], Callable[[Record], Any]] = {}
        self.caller = Caller(1)
        # By company and whether it is a sale: the code of the account that its partners have by default, where that is another.
        self.due_codes: dict[tuple[int, bool], str] = {}
        # Fields of somebody's own that are required, by model and name: what they are called. `fields_get` tells them; what is made without
        # one is not refused here.
        self.own_fields: dict[tuple[str, str], str] = {}
        # Decimal accuracy of lines, as `fields_get` tells it.
        self.digits = {"quantity": (16, 2)} | ({} if played.fine_prices else {"price_unit": (16, 2)})

    def install(self, module: str) -> None:
        """Install a module: its fields are there from now on. Raises KeyError for one that is not known here."""
        self.store.absent -= set(BROUGHT_ALONG[module])
        self.add("ir.module.module", {"name": module, "state": "installed"})

    # time

    def today(self) -> date:
        """The day in UTC."""
        return self._now().date()

    def now(self) -> datetime:
        """The instant."""
        return self._now()

    def now_text(self) -> str:
        """The instant as Odoo stores it: UTC, to the second, no zone written."""
        return stamp(self._now())

    # records

    def table(self, model: str) -> dict[int, Record]:
        """Every record of a model by id, archived ones too."""
        return self.store.tables[model]

    def get(self, model: str, key: int) -> Record:
        """One record; a MissingError where it is gone."""
        found = self.store.tables[model].get(key)
        if found is None:
            raise missing_error(model, key, self.caller.uid)
        return found

    def many(self, model: str, keys: list[int]) -> list[Record]:
        """The records of these ids, in their order. Raises a missing error."""
        return [self.get(model, key) for key in keys]

    def add(self, model: str, values: Record) -> Record:
        """A new record with who and when, which `values` may override."""
        at = self.now_text()
        return self.store.insert(
            model,
            {
                "create_date": at,
                "write_date": at,
                "create_uid": self.caller.uid,
                "write_uid": self.caller.uid,
                **values,
            },
        )

    def change(self, model: str, record: Record, values: Record) -> None:
        """Change a record, with who and when."""
        self.store.update(
            model,
            record,
            {**values, "write_date": self.now_text(), "write_uid": self.caller.uid},
        )

    def remove(self, model: str, key: int) -> None:
        """Delete a record with its external ids: a later `load` of them makes another."""
        for row in self.store.by("ir.model.data", "res_id", key):
            if row["model"] == model:
                self.store.delete("ir.model.data", row["id"])
        self.store.delete(model, key)

    def _compute(self, model: str, name: str, record: Record) -> Any:
        computer = self.computers.get((model, name))
        return computer(record) if computer else None

    # companies and access

    @property
    def companies(self) -> list[int]:
        """The companies that the caller may see, the current one first."""
        allowed = self.caller.context.get("allowed_company_ids")
        user = self.table("res.users").get(self.caller.uid, {})
        mine = list(user.get("company_ids") or [1])
        if not allowed:
            first = user.get("company_id") or 1
            return [first, *[c for c in mine if c != first]]
        # Read in the source (odoo/orm/environments.py of 19): the user's own ones alone, but for the superuser.
        known = self.table("res.company") if self.caller.uid == 1 else mine
        if any(c not in known for c in allowed):
            raise access_error("Access to unauthorized or invalid companies.")
        return list(allowed)

    @property
    def company(self) -> Record:
        """The company in which the caller works: the first of those allowed."""
        return self.get("res.company", self.companies[0])

    def groups(self) -> set[str]:
        """The names of the caller's groups, such as account.group_account_invoice, with those that they imply."""
        user = self.table("res.users").get(self.caller.uid, {})
        names: set[str] = set()
        left = [self.table("res.groups")[key]["name"] for key in user.get("group_ids") or []]
        while left:
            names.add(name := left.pop())
            left += [n for n in IMPLIED.get(name, ()) if n not in names]
        return names

    def check_access(self, model: str, operation: str) -> None:
        """Raise an access error, in Odoo's words, where the caller lacks the group; user 1 may do everything."""
        rule = ACCESS.get((model, operation))
        if rule is None or self.caller.uid == 1:
            return
        label, needed, names = rule
        if needed in self.groups():
            return
        verb = {"create": "create", "write": "modify", "read": "access"}[operation]
        listed = "\n".join(f"\t- {name}" for name in names)
        raise access_error(
            f"You are not allowed to {verb} '{label}' ({model}) records.\n\n"
            f"This operation is allowed for the following groups:\n{listed}\n\n"
            "Contact your administrator to request access if necessary."
        )

    # names

    def display(self, model: str, record: Record | None) -> str:
        """A record's `display_name`, "" for none."""
        if record is None:
            return ""
        if model == "account.move":
            return self._move_name(record)
        if model == "account.move.line":
            move = self.table("account.move")[record["move_id"]]
            parts = [move.get("name") or _DRAFT[move["move_type"]]]
            if move.get("ref"):
                parts.append(f"({move['ref']})")
            if record.get("name") and record["name"] != move.get("name"):
                parts.append(record["name"])
            return " ".join(parts)
        if model == "account.payment.method.line":
            journal = self.table("account.journal")[record["journal_id"]]
            return f"{record['name']} ({journal['name']})"
        if model == "account.full.reconcile":
            return f"account.full.reconcile,{record['id']}"
        if model == "res.partner.bank":
            return str(record["acc_number"])
        return str(record.get("name") or f"{model},{record['id']}")

    def _move_name(self, move: Record) -> str:
        text = ""
        if move["state"] == "draft":
            text = _DRAFT[move["move_type"]]
            if move.get("name"):
                text += f" {move['name']}"
        else:
            text = move.get("name") or ""
        return f"{text} ({move['ref']})" if move.get("ref") else text

    # money

    def currency_step(self, currency: int) -> Decimal:
        """The smallest amount of a currency, such as 0.01."""
        return number(self.table("res.currency")[currency]["rounding"])

    def rounded(self, value: Decimal, currency: int) -> Decimal:
        """To the currency's step, halves away from zero."""
        step = self.currency_step(currency)
        return (value / step).quantize(Decimal(1), ROUND_HALF_UP) * step

    def rate(self, currency: int, company: int, on: str) -> Decimal:
        """Units of `currency` for one of the company's; the first rate holds before its date."""
        if currency == self.table("res.company")[company]["currency_id"]:
            return Decimal(1)
        rows = [
            r
            for r in self.store.by("res.currency.rate", "currency_id", currency)
            if r.get("company_id") in (company, None, False)
        ]
        rows.sort(key=lambda r: str(r["name"]))
        if not rows:
            return Decimal(1)
        best = rows[0]
        for row in rows:
            if str(row["name"]) <= on:
                best = row
        return number(best["rate"])


def month_end(day: date) -> date:
    """The last day of a day's month."""
    after = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return after - timedelta(days=1)
