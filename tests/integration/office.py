"""A services company's books for tests: journals by spreadsheet, people, policies, Odoo's simulator."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.conformance.test_connectors import CONNECTORS, config
from tests.integration.test_process import Clock
from tests.stages import forget_failures, step
from tieout.connector_api import LedgerFacts
from tieout.delivery import DeliveryStage
from tieout.inbox import take_file
from tieout.planning import ProcessStage, take_decision
from tieout.rules import (
    ApprovalPolicy,
    CloseRules,
    Entity,
    EntityClose,
    Interface,
    Mapping,
    MappingRow,
    Release,
    Step,
)
from tieout.rules.expected import Expected
from tieout.security import (
    AddPerson,
    Begin,
    Change,
    Confirm,
    GrantRole,
    change_authority,
    key_hash,
)
from tieout.store import Database
from tieout_sandbox import World
from tieout_sandbox.company import Administrator, Company
from tieout_sandbox.simulators.ledgers import ExportedEntry, ExportedLine, LedgerExports

ACCOUNTS = {"6000": "621000", "6400": "642100", "2000": "212300", "3000": "400200"}
POLICIES = (
    ApprovalPolicy("journals", 'kind == "journal_entry" && company_amount >= 100000', (Step("controller"),)),
    ApprovalPolicy(
        "large journals", 'kind == "journal_entry" && company_amount >= 5000000', (Step("cfo"),), 24, "owner"
    ),
    ApprovalPolicy("exclusions", 'action == "exclude"', (Step("controller"),)),
    ApprovalPolicy("two of them", 'counterparty == "" && currency == "EUR"', (Step("controller", 2),)),
)


def key_of(name: str) -> str:
    return f"key of {name}"


def person(name: str, *names: str, human: bool = True) -> AddPerson:
    return AddPerson(name=name, human=human, names=names, key_sha256=key_hash(key_of(name)))


@dataclass
class Office:
    """The product over one database, with people in it."""

    world: World
    admin: Administrator
    company: Company
    database: Database
    session: Any
    options: dict[str, Any] = field(default_factory=dict)
    late_events: str = "case"
    policies: tuple[ApprovalPolicy, ...] = POLICIES
    closing: CloseRules = field(default_factory=CloseRules)
    accounts: dict[str, str] = field(default_factory=lambda: dict(ACCOUNTS))
    roles: dict[str, str] = field(default_factory=lambda: {"journal_split": "101701", "rounding": "442000"})
    dimensions: dict[str, str] = field(default_factory=lambda: {"cost_centre:100": "Berlin"})
    clock: Clock = field(default_factory=lambda: Clock(datetime.fromisoformat("2026-10-20T14:00:00+00:00")))
    exports: LedgerExports = field(default_factory=LedgerExports)

    def let_in(self) -> Office:
        """Two administrators, a maker, two controllers, a chief financial officer, an owner."""
        self.change(Begin(people=(person("alice"), person("bob"))), "first start")
        self.add(person("mia", "mia@co.example"))
        for name, role, limit in (
            ("carl", "controller", "10000"),
            ("cora", "controller", None),
            ("frank", "cfo", None),
            ("olga", "owner", None),
        ):
            self.add(person(name))
            self.grant(name, role, limit)
        return self

    def alone_up_to(self, limit: str) -> Office:
        """What one person may decide alone, in the entity's currency."""
        self.closing = CloseRules({"US": EntityClose(alone_limit=Decimal(limit))})
        return self

    def change(self, change: Change, by: str) -> int:
        with self.database.transaction() as connection:
            return change_authority(connection, change, by, self.clock.now())

    def add(self, who: AddPerson, by: str = "alice", confirmed_by: str = "bob") -> None:
        self.change(Confirm(no=self.change(who, by)), confirmed_by)

    def grant(
        self, name: str, role: str, limit: str | None = None, by: str = "alice", confirmed_by: str = "bob"
    ) -> None:
        most = Decimal(limit) if limit is not None else None
        grant = GrantRole(name=name, role=role, entity="*", limit=most)
        self.change(Confirm(no=self.change(grant, by)), confirmed_by)

    # the product

    @property
    def interface(self) -> Interface:
        return Interface("journals", "ledgers", "US", ("journals",), "accounting", "record to report",
                         late_events=self.late_events, complete="when settled", expected=Expected(), options=self.options)  # fmt: skip

    def release(self) -> Release:
        def table(name: str, rows: dict[str, str]) -> Mapping:
            return Mapping(name, tuple(MappingRow(k, v) for k, v in rows.items()))

        mappings = {
            "accounts": table("accounts", self.roles),
            "journals": table("journals", {"misc": "MISC"}),
            "ledger_accounts": table("ledger_accounts", self.accounts),
            "dimensions": table("dimensions", self.dimensions),
        }
        sha = hashlib.sha256(repr((self.accounts, self.dimensions, self.policies)).encode()).hexdigest()
        entities = {"US": Entity("US", "US", "USD", "UTC", "odoo")}
        return Release(sha, entities, {"journals": self.interface}, mappings, self.policies, self.closing)

    def facts(self, entity: Entity) -> LedgerFacts:
        found: LedgerFacts = self.session.facts()
        return found

    def foreign(self, entity: Entity, references: Sequence[str]) -> dict[str, str]:
        return {}

    def take(self, name: str, content: bytes, by: str = "") -> None:
        connection = self.database.connect(autocommit=True)
        reader = CONNECTORS["ledgers"].open(config(CONNECTORS["ledgers"]))
        take_file(connection, self.interface, reader, name, content, self.clock, by)
        connection.close()

    def journal(
        self,
        entry: str,
        amount: str,
        *,
        by: str = "",
        prepared_by: str = "",
        on: date = date(2026, 10, 15),
        currency: str = "USD",
        **more: Any,
    ) -> None:
        """One entry of two lines in a file of its own."""
        value = Decimal(amount)
        lines = (
            ExportedLine("6000", value, cost_centre=more.pop("cost_centre", "")),
            ExportedLine("2000", more.pop("credit", -value)),
        )
        made = ExportedEntry(entry, on, currency, lines, prepared_by, **more)
        self.take(f"{entry}.csv", self.exports.export([made]), by)

    def plan(self) -> None:
        connection = self.database.connect(autocommit=True)
        stage = ProcessStage(self.release, lambda _: CONNECTORS["ledgers"], self, {}, self.clock)
        while step(stage, connection):
            pass
        connection.close()

    def deliver(self) -> None:
        connection = self.database.connect(autocommit=True)
        delivery = DeliveryStage(lambda _: self.session, self.clock, lambda: ["odoo"])
        for _ in range(12):
            forget_failures(connection)
            step(delivery, connection)
        connection.close()

    def work(self) -> None:
        self.plan()
        self.deliver()

    def decide(
        self, who: str, *numbers: int, verdict: str = "approve", reason: str = "", seen: str = ""
    ) -> str:
        """ "" where the decision was taken, else why not."""
        with self.database.transaction() as connection:
            chosen = numbers or tuple(self.open_requests())
            done = take_decision(
                connection, self.release(), key_of(who), chosen, verdict, reason, self.clock.now(), seen
            )
        return done[0].refused

    # what there is

    def open_requests(self) -> list[int]:
        rows = self.database.rows(
            "select request_id from tieout.approval_request where state = 'open' order by request_id"
        )
        return [r["request_id"] for r in rows]

    def states(self) -> dict[str, str]:
        rows = self.database.rows(
            "select source_key, state from tieout.document where kind = 'journal_entry' order by revision"
        )
        return {r["source_key"]: r["state"] for r in rows}

    def cases(self) -> list[tuple[str, str]]:
        rows = self.database.rows(
            "select cause, source_key from tieout.cases where state = 'open' order by 1, 2"
        )
        return [(r["cause"], r["source_key"]) for r in rows]

    def evidence(self, action: str) -> int:
        rows = self.database.rows("select count(*) from tieout.evidence where action = %s", action)
        return int(rows[0]["count"])

    def booked(self) -> list[tuple[str, str, Decimal]]:
        """What Odoo holds of ours: (reference, account, balance) of every line of a posted entry."""
        book = self.world.odoo.service.world
        moves, accounts = book.table("account.move"), book.table("account.account")
        return sorted(
            (str(moves[x["move_id"]]["ref"]), str(accounts[x["account_id"]]["code"]), x["balance"])
            for x in book.table("account.move.line").values()
            if x["company_id"] == self.company.id and moves[x["move_id"]]["state"] == "posted"
        )
