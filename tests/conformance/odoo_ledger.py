"""A company in an Odoo, as a person with every right meets it over the API alone: a real server's or the simulator's.

What is found is told without ids and without dates of one's own: accounts by their codes, days by how they lie to today
(`spoken`), so that what a real server did on one day is compared with what anything does on another.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tieout.connectors.odoo.versions import JSONRPC, Differences
from tieout_sandbox.company import MODELS_OWN, Administrator

Row = dict[str, Any]
LINE, MOVE, BANK = "account.move.line", "account.move", "account.bank.statement.line"


class Refusal(Exception):
    """What Odoo would not do: the exception's name, and its words with their numbers masked."""

    def __init__(self, name: str, message: str) -> None:
        first = message.strip().splitlines()[0] if message.strip() else ""
        self.name, self.words = name.rpartition(".")[2], re.sub(r"\d+", "#", first)[:160]
        super().__init__(f"{self.name}: {self.words}")


class Ledger:
    """A company of its own; `today` is the server's."""

    def __init__(self, admin: Administrator, played: Differences, today: date) -> None:
        self.admin, self.played, self.today = admin, played, today
        self.last_end = today.replace(day=1) - timedelta(days=1)
        made = admin.set_up(f"As it is {uuid.uuid4().hex[:8]}", self.last(1).replace(day=1))
        self.company, self.key, self.login = made.id, made.key, made.login
        self._known: dict[tuple[str, str], int] = {}
        self._codes: dict[int, str] = {}
        (self.partner,) = self.call("res.partner", "create", vals_list=[{"name": "Acme"}])

    # days

    def last(self, day: int) -> date:
        """A day of the month before today's."""
        return self.last_end.replace(day=day)

    def spoken(self, day: str) -> str:
        """How a day lies to today."""
        on = date.fromisoformat(day)
        if on == self.today:
            return "today"
        if on == self.last_end:
            return "end of last month"
        if (on.year, on.month) == (self.last_end.year, self.last_end.month):
            return f"{on.day} of last month"
        if (on.year, on.month) == (self.today.year, self.today.month):
            return f"{on.day} of this month"
        return "later" if on > self.today else "before"

    # calls

    def call(self, model: str, method: str, ids: list[int] | None = None, **given: Any) -> Any:
        """Run a method in the company. Raises Refusal."""
        context = {"allowed_company_ids": [self.company], "lang": "en_US", **given.pop("context", {})}
        body: Row = {"context": context, **given} | ({"ids": ids} if ids is not None else {})
        if self.played.transport == JSONRPC:
            return self._by_rpc(model, method, body)
        reply = self.admin._http.post(f"/json/2/{model}/{method}", json=body)
        if reply.status_code == 200:
            return reply.json()
        said = reply.json()
        raise Refusal(str(said.get("name", reply.status_code)), str(said.get("message", said)))

    def _by_rpc(self, model: str, method: str, body: Row) -> Any:
        places = [] if method in MODELS_OWN else [body.pop("ids", [])]
        for name in ("vals", "vals_list"):
            places += [body.pop(name)] if name in body else []
        args = [self.admin.database, 2, self.admin._key, model, method, places, body]
        asked = {"jsonrpc": "2.0", "method": "call", "id": 1,
                 "params": {"service": "object", "method": "execute_kw", "args": args}}  # fmt: skip
        answer = self.admin._http.post("/jsonrpc", json=asked).json()
        if "error" in answer:
            data = answer["error"]["data"]
            raise Refusal(data["name"], data["message"])
        return answer.get("result")

    def attempt(self, model: str, method: str, ids: list[int] | None = None, **given: Any) -> str:
        """ "done", or how it was refused."""
        try:
            self.call(model, method, ids, **given)
        except Refusal as error:
            return str(error)
        return "done"

    # what is there

    def find(self, model: str, by: str, value: str) -> int:
        """The id of a record of the company by one of its fields."""
        if (model, value) not in self._known:
            found = self.call(model, "search", domain=[[by, "=", value]])
            self._known[model, value] = found[0]
        return self._known[model, value]

    def account(self, code: str) -> int:
        return self.find("account.account", "code", code)

    def journal(self, code: str) -> int:
        return self.find("account.journal", "code", code)

    def currency(self, name: str) -> int:
        return self.find("res.currency", "name", name)

    def tax(self, name: str, use: str = "sale") -> int:
        key = f"{name} {use}"
        if ("account.tax", key) not in self._known:
            domain = [["name", "=", name], ["type_tax_use", "=", use]]
            self._known["account.tax", key] = self.call("account.tax", "search", domain=domain)[0]
        return self._known["account.tax", key]

    def rows(self, model: str, domain: list[Any], *fields: str) -> list[Row]:
        return list(self.call(model, "search_read", domain=domain, fields=list(fields), order="id"))

    def read(self, model: str, key: int, *fields: str) -> Row:
        (row,) = self.call(model, "read", [key], fields=list(fields))
        return dict(row)

    def lines(self, move: int) -> list[Row]:
        """The lines of an entry, with the codes of their accounts."""
        found = self.rows(LINE, [["move_id", "=", move]], "account_id", "balance", "amount_currency", "partner_id",
                          "display_type", "reconciled", "amount_residual", "matching_number")  # fmt: skip
        new = {row["account_id"][0] for row in found} - self._codes.keys()
        if new:
            active = {"active_test": False}
            rows = self.call("account.account", "search_read", domain=[["id", "in", sorted(new)]], fields=["code"],
                             context=active)  # fmt: skip
            self._codes |= {row["id"]: row["code"] for row in rows}
        return [{**row, "code": self._codes[row["account_id"][0]]} for row in found]

    def line_of(self, move: int, code: str) -> int:
        return next(int(row["id"]) for row in self.lines(move) if row["code"] == code)

    # what people make

    def rate(self, on: date, rate: str) -> None:
        values = {"currency_id": self.currency("EUR"), "company_id": self.company, "name": on.isoformat()}
        domain = [["currency_id", "=", values["currency_id"]], ["company_id", "=", self.company]]
        there = self.call("res.currency.rate", "search", domain=[*domain, ["name", "=", on.isoformat()]])
        if there:
            self.call("res.currency.rate", "write", there, vals={"rate": float(rate)})
        else:
            self.call("res.currency.rate", "create", vals_list=[{**values, "rate": float(rate)}])

    def document(
        self,
        kind: str,
        on: date,
        nets: Iterable[str],
        tax: str = "",
        currency: str = "USD",
        post: bool = True,
        account: str = "",
    ) -> int:
        """An invoice, a bill, or a refund of either, posted."""
        sale = kind.startswith("out")
        code = account or ("400000" if sale else "600000")
        taxes = [self.tax(tax, "sale" if sale else "purchase")] if tax else []
        lines = [[0, 0, {"name": "x", "quantity": 1, "price_unit": float(net), "account_id": self.account(code),
                         "tax_ids": [[6, 0, taxes]]}] for net in nets]  # fmt: skip
        values = {"move_type": kind, "partner_id": self.partner, "invoice_date": on.isoformat(), "date": on.isoformat(),
                  "invoice_date_due": on.isoformat(), "currency_id": self.currency(currency),
                  "invoice_line_ids": lines}  # fmt: skip
        (move,) = self.call(MOVE, "create", vals_list=[values])
        if post:
            self.call(MOVE, "action_post", [move])
        return int(move)

    def entry(
        self, on: date, *lines: tuple[str, str], tax: str = "", journal: str = "MISC", post: bool = True
    ) -> int:
        """An entry of these accounts and balances."""
        commands = [[0, 0, {"account_id": self.account(code), "name": "x", "balance": float(value), **(
            {"tax_ids": [[6, 0, [self.tax(tax)]]]} if tax and code == "400000" else {})}] for code, value in lines]  # fmt: skip
        values = {
            "move_type": "entry",
            "date": on.isoformat(),
            "journal_id": self.journal(journal),
            "line_ids": commands,
        }
        (move,) = self.call(MOVE, "create", vals_list=[values])
        if post:
            self.call(MOVE, "action_post", [move])
        return int(move)

    def banked(self, on: date, amount: str, journal: str = "BNKU", **more: Any) -> int:
        """A bank line, against suspense unless said otherwise."""
        values = {"journal_id": self.journal(journal), "date": on.isoformat(), "payment_ref": "paid",
                  "amount": float(amount), **more}  # fmt: skip
        (line,) = self.call(BANK, "create", vals_list=[values])
        return int(line)

    def entry_of(self, bank: int) -> int:
        return int(self.read(BANK, bank, "move_id")["move_id"][0])

    def open_part(self, bank: int) -> int:
        """The line of a bank line's entry that stands on suspense."""
        journal = self.read(BANK, bank, "journal_id")["journal_id"][0]
        suspense = self.read("account.journal", journal, "suspense_account_id")["suspense_account_id"][0]
        return next(int(x["id"]) for x in self.lines(self.entry_of(bank)) if x["account_id"][0] == suspense)

    def pay(self, bank: int, move: int, code: str = "121000") -> None:
        """Match a bank line with a document, as Community can."""
        line = self.open_part(bank)
        self.call(LINE, "write", [line], vals={"account_id": self.account(code)})
        self.call(LINE, "reconcile", [self.line_of(move, code), line])


def money(value: Any) -> str:
    """An amount as text: what came over JSON-2 as a number of binary fractions is of cents again."""
    return str(Decimal(str(value)).quantize(Decimal("0.01")))
