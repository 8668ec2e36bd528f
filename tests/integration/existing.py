"""A company whose Odoo has books already: people who make invoices, payments and entries there, a module that loads bank
lines, and Tieout beside them."""

# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.conformance.test_connectors import CONNECTORS, config
from tests.integration.test_reconciling import ACCOUNTS, Books, world  # noqa: F401 - a fixture
from tieout.close import gather, state_of
from tieout.money import Period
from tieout.proofs import SplitRow, read_split
from tieout.rules import Release
from tieout.rules.origins import Origin
from tieout.store import Connection, Database
from tieout_sandbox import World
from tieout_sandbox.company import Administrator

OCTOBER = Period(2026, 10)
FIRST_DAY = date(2026, 10, 1)
RECEIVABLE, PAYABLE, BANK, REVENUE, FEES = "121000", "211000", "101511", "400000", "620000"
GOVERNED = {"receivable": RECEIVABLE, "payable": PAYABLE, "bank.house": BANK}


def origin(name: str, *kinds: str, **more: Any) -> Origin:
    return Origin(name, kinds, more.pop("since", FIRST_DAY), "cora", "they do it there", **more)


INVOICES = origin("invoices", "customer invoice", journals=("INV",), users=("ann@co.example",))
PAYMENTS = origin("payments", "payment", users=("ann@co.example",))
LINES = origin("bank_sync", "bank line", journals=("BNKU",), users=("loader@co.example",))


@pytest.fixture
def company(world: World, database: Database) -> Iterator[Company]:
    """A new company in Odoo's simulator, and the product's session to it."""
    admin = Administrator(world.url("odoo"), world.odoo.database, world.odoo.service.make_key(2))
    made = admin.set_up(f"Existing {database.dsn[-12:]}", FIRST_DAY)
    kind = CONNECTORS["odoo"]
    session = kind.open(
        config(kind, url=world.url("odoo"), database=world.odoo.database, key=made.key, company=str(made.id))
    )
    found = Company(world, admin, made, database, session)
    yield found
    for client in (admin, *found.clients.values()):
        client.close()


@dataclass
class Company(Books):
    """Books of others, and what is declared of them."""

    accounts: dict[str, str] = field(default_factory=lambda: {**ACCOUNTS, **GOVERNED})
    origins: tuple[Origin, ...] = ()
    begins_on: date | None = None
    clients: dict[str, Administrator] = field(default_factory=dict)

    def release(self) -> Release:
        made = super().release()
        entity = replace(made.entities["US"], begins_on=self.begins_on, origins=self.origins)
        return replace(made, entities={"US": entity})

    def sessions(self, system: str) -> Any:
        return self.session if system == "odoo" else None

    def gather(self, period: Period = OCTOBER) -> None:
        """What a close looks at first."""
        connection = self.database.connect(autocommit=True)
        gather(connection, self.release(), self.sessions, "US", period, self.clock.now())
        connection.close()

    def why(self, task: str) -> str:
        connection = self.database.connect(autocommit=True)
        state = state_of(connection, self.release(), self.sessions, "US", OCTOBER, self.clock.now())
        connection.close()
        return next(str(s.finding.why) for s in state.tasks if s.task.name == task)

    def split(self, period: Period = OCTOBER) -> dict[tuple[str, str], SplitRow]:
        with self.database.transaction() as connection:
            rows, _ = read_split(connection, self.release(), self.session, "US", period)
        return {(r.account, r.currency): r for r in rows}

    def by_cause(self) -> dict[str, int]:
        rows = self.database.rows(
            "select cause, count(*) as n from tieout.cases where state = 'open' group by 1"
        )
        return {r["cause"]: r["n"] for r in rows}

    def groups(self) -> list[tuple[str, str, str, str, int, Decimal]]:
        rows = self.database.rows(
            "select cause, made_journal, made_user, made_kind, count(*) as n, sum(amount) as amount from tieout.cases"
            " where state = 'open' group by group_key, cause, made_journal, made_user, made_kind order by 1, 2, 3, 4"
        )
        return [
            (r["cause"], r["made_journal"], r["made_user"], r["made_kind"], r["n"], r["amount"]) for r in rows
        ]

    def open_numbers(self) -> list[tuple[int, int]]:
        rows = self.database.rows(
            "select case_id, revision from tieout.cases where state = 'open' order by 1"
        )
        return [(r["case_id"], r["revision"]) for r in rows]

    def connection(self) -> Connection:
        return self.database.connect(autocommit=True)

    # people in Odoo

    def as_user(self, login: str) -> Company:
        """The same company, in which `login` works."""
        name = f"{login}.{self.company.id}" if login == "admin" else login
        if name not in self.clients:
            users = self.admin.call("res.users", "search", domain=[["login", "=", name]])
            groups = [
                int(r["res_id"])
                for r in self.admin.call(
                    "ir.model.data", "search_read", fields=["res_id"],
                    domain=[["model", "=", "res.groups"], ["name", "in", ["group_user", "group_account_basic", "group_account_manager"]]],
                )
            ]  # fmt: skip
            # One of an earlier company works in this one from now on.
            here = {"company_id": self.company.id, "company_ids": [[6, 0, [self.company.id]]]}
            values = {
                "name": login.partition("@")[0].title(),
                "login": name,
                "password": "x",
                "group_ids": [[6, 0, groups]],
            }
            if users:
                self.admin.call("res.users", "write", ids=users, vals=here)
            made = users or self.admin.call("res.users", "create", vals_list=[{**values, **here}])
            key = self.world.odoo.service.make_key(int(made[0]))
            self.clients[name] = Administrator(self.world.url("odoo"), self.world.odoo.database, key)
        return replace(self, admin=self.clients[name])

    def account(self, code: str) -> int:
        domain = [["code", "=", code]]
        return int(self.call("account.account", "search", domain=domain)[0])

    def journal(self, code: str) -> int:
        domain = [["code", "=", code], ["company_id", "=", self.company.id]]
        return int(self.call("account.journal", "search", domain=domain)[0])

    def entry(
        self,
        debit: str,
        credit: str,
        amount: str,
        on: str = "2026-10-14",
        journal: str = "MISC",
        partner: int = 0,
    ) -> int:
        """An entry line by line."""
        who = {"partner_id": partner} if partner else {}
        rows = [
            {"account_id": self.account(debit), "debit": float(amount), "credit": 0, "name": "x", **who},
            {"account_id": self.account(credit), "debit": 0, "credit": float(amount), "name": "x", **who},
        ]
        values = {"journal_id": self.journal(journal), "date": on, "ref": "by hand",
                  "line_ids": [[0, 0, r] for r in rows]}  # fmt: skip
        (move,) = self.call("account.move", "create", vals_list=[values])
        self.call("account.move", "action_post", ids=[move])
        return int(move)

    def line_of(self, amount: str, text: str, on: str = "2026-10-12") -> int:
        """A line that a module loads for the bank."""
        values = {
            "journal_id": self.journal("BNKU"),
            "date": on,
            "payment_ref": text,
            "amount": float(amount),
        }
        return int(self.call("account.bank.statement.line", "create", vals_list=[values])[0])


def years_of_books(company: Company) -> None:
    """September, before anybody knew Tieout, and October: who made what is what tests count.

    October: Ann 30 invoices (3,435.00 in all) and 10 payments of the first ten, a module 15 bank lines, Bob 5 entries of
    bank fees, Mallory 2 of revenue against a receivable (50,000.00 each), the administrator 3 vendor bills.
    """
    ann, loader = company.as_user("ann@co.example"), company.as_user("loader@co.example")
    bob, mallory = company.as_user("bob@co.example"), company.as_user("mallory@co.example")
    firms = [company.partner(f"Firm {n}") for n in range(5)]
    for n in range(12):
        ann.invoice(f"OLD-{n:03d}", f"{70 + n}.00", firms[n % 5], invoice_date=f"2026-09-{n + 1:02d}")
    for n in range(4):
        loader.line_of(f"{9000 + n}.00", f"old line {n}", "2026-09-20")
    company.entry(BANK, "600000", "7777.00", "2026-09-15")
    moves = [ann.invoice(f"NEW-{n:03d}", f"{100 + n}.00", firms[n % 5], 1 + n % 12) for n in range(30)]
    for move in moves[:10]:
        ann.pay_by_hand(move)
    for n in range(15):
        loader.line_of(f"{2000 + n}.00", f"nobody knows {n}")
    for n in range(5):
        bob.entry(FEES, BANK, f"{10 + n}.25")
    for _ in range(2):
        mallory.entry(RECEIVABLE, REVENUE, "50000.00", partner=firms[0])
    for n in range(3):
        values = {"move_type": "in_invoice", "partner_id": firms[n], "invoice_date": "2026-10-09", "ref": f"B-{n}",
                  "invoice_line_ids": [[0, 0, {"name": "Rent", "quantity": 1, "price_unit": 300.0 + n, "tax_ids": []}]]}  # fmt: skip
        (move,) = company.call("account.move", "create", vals_list=[values])
        company.call("account.move", "action_post", ids=[move])


def net(rows: Sequence[SplitRow], which: str) -> Decimal:
    """A figure of all accounts together."""
    return sum((getattr(r, which).net for r in rows), Decimal(0))
