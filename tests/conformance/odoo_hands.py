"""What people and lines do to an Odoo that a connector posts in: a real server's or the simulator's, over the API alone.

An administrator's key acts as a person would. Faults strike in the simulator itself; before a real server stands a line of our
own (`Between`) on which they strike, so that what the server did is its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

import httpx2

from tieout.connectors.odoo.comparing import exact
from tieout.connectors.odoo.versions import Differences
from tieout.documents import MatchedLine
from tieout_sandbox.company import Administrator
from tieout_sandbox.simkit import NONE, Answer, FaultPlan, Faults
from tieout_sandbox.simulators.odoo import Odoo

# What belongs to one leg of the way alone, and is made anew for the next.
_OF_A_LEG = ("host", "connection", "content-length", "accept-encoding", "transfer-encoding")


class Between:
    """A line to a server: it hands on what is asked and what is answered, and faults strike on it."""

    name = "line"

    def __init__(self, url: str, shape: Odoo) -> None:
        self.faults = Faults(NONE, 0)
        self._http, self._shape = httpx2.Client(base_url=url, timeout=120), shape

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """The server's answer."""
        given = {name: value for name, value in headers.items() if name not in _OF_A_LEG}
        reply = self._http.request(method, f"{path}?{query}" if query else path, headers=given, content=body)
        return Answer(reply.status_code, reply.content, reply.headers.get("content-type", ""))

    def refuse(self, fault: str) -> Answer:
        """As what stands before an Odoo of this version, or the Odoo itself, says it."""
        return self._shape.refuse(fault)

    def writes(self, method: str, path: str) -> bool:
        """Whether a cut answer matters."""
        return self._shape.writes(method, path)


class Struck(Protocol):
    """What faults strike in."""

    faults: Faults


@dataclass
class Hands:
    """An administrator of the server that is asked, and what faults strike in on the way to it."""

    admin: Administrator
    struck: Struck
    played: Differences
    company: int

    def call(self, model: str, method: str, ids: Sequence[int] | None = None, **given: Any) -> Any:
        """What a person does in the company. Raises RuntimeError where Odoo refuses it."""
        context = {"allowed_company_ids": [self.company], "lang": "en_US", **given.pop("context", {})}
        body = given | ({"ids": list(ids)} if ids is not None else {})
        return self.admin.call(model, method, context=context, **body)

    def another_company(self, name: str, first_day: date) -> int:
        """A second company in the same database, in which the administrator may work as well."""
        return self.admin.set_up(name, first_day).id

    # a bank line, as people see it

    def account(self, code: str) -> int:
        """The id of an account."""
        return int(self.call("account.account", "search", domain=[["code", "=", code]])[0])

    def journal(self, code: str, kind: str, account: str = "") -> int:
        """A new journal; one of a bank with its account."""
        values = {"name": code, "code": code, "type": kind, "company_id": self.company}
        if account:
            given = [{"code": account, "name": code, "account_type": "asset_cash"}]
            values["default_account_id"] = self.call("account.account", "create", vals_list=given)[0]
        return int(self.call("account.journal", "create", vals_list=[values])[0])

    def bank_line(self, journal: int, on: date, amount: Decimal) -> int:
        """A bank line that waits on suspense."""
        values = {
            "journal_id": journal,
            "date": on.isoformat(),
            "payment_ref": "x",
            "amount": float(amount),
        }
        return int(self.call("account.bank.statement.line", "create", vals_list=[values])[0])

    def suspense(self, journal: str = "BNKU") -> str:
        """The code of the account on which a journal's bank lines wait."""
        (row,) = self.call(
            "account.journal",
            "search_read",
            domain=[["code", "=", journal], ["company_id", "=", self.company]],
            fields=["suspense_account_id"],
        )
        (account,) = self.call("account.account", "read", [row["suspense_account_id"][0]], fields=["code"])
        return str(account["code"])

    def split_bank_line(self, on: date, amount: Decimal, fee: Decimal) -> tuple[int, int]:
        """A bank line of `amount` received, of which a person booked `fee` as one: its id, and the item that waits."""
        (journal,) = self.call(
            "account.journal", "search", domain=[["code", "=", "BNKU"], ["company_id", "=", self.company]]
        )
        parts = [("101511", amount), (self.suspense(), fee - amount), ("621000", -fee)]
        lines = [
            [0, 0, {"account_id": self.account(code), "name": "x", "balance": float(value)}]
            for code, value in parts
        ]
        values = {"journal_id": journal, "date": on.isoformat(), "payment_ref": "x", "amount": float(amount)}
        (bank,) = self.call(
            "account.bank.statement.line", "create", vals_list=[{**values, "line_ids": lines}]
        )
        (waits,) = [row["id"] for row in self._items(bank) if exact(row["balance"]) == fee - amount]
        return int(bank), int(waits)

    def balances(self, bank: int) -> dict[str, Decimal]:
        """What a bank line stands on: code of the account to balance."""
        rows = self._items(bank)
        ids = sorted({row["account_id"][0] for row in rows})
        codes = {r["id"]: r["code"] for r in self.call("account.account", "read", ids, fields=["code"])}
        return {codes[row["account_id"][0]]: exact(row["balance"]) for row in rows}

    def stands_on(self, line: int) -> tuple[str, bool]:
        """The code of a line's account, and whether it is matched."""
        (row,) = self.call("account.move.line", "read", [line], fields=["account_id", "matching_number"])
        (account,) = self.call("account.account", "read", [row["account_id"][0]], fields=["code"])
        return str(account["code"]), bool(row["matching_number"])

    def items_on(self, move: int, code: str) -> tuple[MatchedLine, ...]:
        """The items of an entry on an account, as they are open now."""
        domain = [["move_id", "=", move], ["account_id.code", "=", code]]
        fields = ["amount_residual_currency"]
        rows = self.call("account.move.line", "search_read", domain=domain, fields=fields, order="id")
        return tuple(MatchedLine(line=r["id"], residual=exact(r["amount_residual_currency"])) for r in rows)

    def _items(self, bank: int) -> list[dict[str, Any]]:
        domain = [["statement_line_id", "=", bank]]
        fields = ["account_id", "balance"]
        found = self.call("account.move.line", "search_read", domain=domain, fields=fields, order="id")
        return list(found)

    # analytic accounts

    def analytic(self, name: str) -> int:
        """The id of an analytic account."""
        return int(self.call("account.analytic.account", "search", domain=[["name", "=", name]])[0])

    def analytic_accounts(self, *names: str) -> tuple[str, ...]:
        """New analytic accounts of one plan."""
        plans = self.call("account.analytic.plan", "search", domain=[], limit=1)
        plan = plans or self.call("account.analytic.plan", "create", vals_list=[{"name": "Places"}])
        rows = [{"name": name, "plan_id": plan[0]} for name in names]
        self.call("account.analytic.account", "create", vals_list=rows)
        return names

    # faults

    def strike(self, seed: int, **rates: float) -> Faults:
        """Let faults strike from now on; what there was before, to be put back by `still`."""
        before, faults = self.struck.faults, Faults(FaultPlan(**rates), seed)  # type: ignore[arg-type]
        faults.active = True
        self.struck.faults = faults
        return before

    def still(self, before: Faults) -> None:
        """Let no more faults strike than there were before."""
        self.struck.faults = before
