"""A company that buys, for tests: procurement, electronic bills, payment runs, a bank, Odoo's simulator."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.conformance.test_connectors import CONNECTORS, config
from tests.integration.office import Office
from tests.stages import forget_failures, step
from tieout.delivery import DeliveryStage
from tieout.documents.taxation import TaxQuestion
from tieout.inbox import take_file
from tieout.payables import FilingStage, Proposal, Worked, accrue, file_guard, propose_run
from tieout.planning import ProcessStage
from tieout.rules import ApprovalPolicy, CloseRules, Entity, Interface, Mapping, MappingRow, Release
from tieout.rules.expected import Expected
from tieout_sandbox.simulators.bankfile import Bank, BankLine
from tieout_sandbox.simulators.einvoices import AccessPoint, Item, Sent
from tieout_sandbox.simulators.payments import PaymentBank
from tieout_sandbox.simulators.procurement import Ordered, ProcurementTool, Purchase, Vendor

OURS = "DE02120300000000202051"
IBANS = (
    "DE89370400440532013000",
    "DE75512108001245126199",
    "FR1420041010050500013M02606",
    "NL91ABNA0417164300",
)
STREAMS = {
    "procurement": ("suppliers", "orders", "receipts", "bills", "accruals"),
    "bills": ("bills", "reports"),
    "payments": ("payments", "files", "answers"),
    "bank": ("statements",),
}
SYSTEMS = {"procurement": "procurement", "bills": "einvoices", "payments": "payments", "bank": "bankfile"}
ROLES = {
    "payable": "211000", "outstanding_payments": "101404", "rounding": "442000", "unapplied.bank": "212100",
    f"bank.{OURS}": "101511", "withholding.construction": "252000", "journal_split": "101701",
}  # fmt: skip
ACCOUNTS = {
    "6000": "600000", "6100": "611000", "accrued_purchases": "211100", "allowance": "600000", "seller Lessor": "612000",
}  # fmt: skip
TAXES = {"S 15": "15%", "S 0": "0% Imports", "E 0": "0% Imports", "Z 0": "0% Imports", "AE 0": "Reverse 15%",
         "reverse_charge 15": "Reverse 15%", "use_tax 15": "Reverse 15%"}  # fmt: skip


@dataclass
class Buyer(Office):
    """One entity that buys in USD."""

    folder: Path = Path()
    policies: tuple[ApprovalPolicy, ...] = ()
    tool: ProcurementTool = field(default_factory=ProcurementTool)
    point: AccessPoint = field(default_factory=AccessPoint)
    bank: Bank = field(default_factory=Bank)
    bills: dict[str, Any] = field(default_factory=lambda: {"accounts_table": "purchase_accounts"})
    paying: dict[str, Any] = field(default_factory=dict)
    closing: CloseRules = field(default_factory=CloseRules)
    engine: Any = None
    patience_hours: int = 24
    rates: dict[str, str] = field(default_factory=dict)
    files: int = 0

    def __post_init__(self) -> None:
        (self.folder / "out").mkdir(exist_ok=True)
        self.bank.open_account(OURS, "USD", 0)
        self.payer = PaymentBank(self.bank, OURS, self.folder / "out")
        self._outbox = CONNECTORS["payments"].open(
            config(CONNECTORS["payments"], folder=str(self.folder / "out"))
        )

    # the product

    def interface_of(self, name: str) -> Interface:
        options: dict[str, dict[str, Any]] = {
            "procurement": {"accounts_table": "purchase_accounts", "currency": "USD"},
            "bills": self.bills,
            "payments": {"account": OURS, "initiator": "Us Inc", "currency": "USD", "cooling_days": "5",
                         **self.paying},
            "bank": {},
        }  # fmt: skip
        return Interface(
            name, SYSTEMS[name], "US", STREAMS[name], "payables", "procure to pay",
            late_events=self.late_events, options=options[name], patience_hours=self.patience_hours,
            complete="when settled", expected=Expected(),
        )  # fmt: skip

    def release(self) -> Release:
        def table(name: str, rows: dict[str, str]) -> Mapping:
            return Mapping(name, tuple(MappingRow(k, v) for k, v in rows.items()))

        mappings = {
            "accounts": table("accounts", ROLES),
            "journals": table("journals", {"misc": "MISC", "purchases": "BILL", f"bank.{OURS}": "BNKU"}),
            "purchase_accounts": table("purchase_accounts", ACCOUNTS),
            "taxes": table("taxes", TAXES),
            "dimensions": table("dimensions", self.dimensions),
            "tax_rates": table("tax_rates", self.rates),
        }
        sha = hashlib.sha256(repr((self.bills, self.paying, self.policies)).encode()).hexdigest()
        entities = {"US": Entity("US", "US", "USD", "UTC", "odoo")}
        interfaces = {n: self.interface_of(n) for n in STREAMS}
        return Release(sha, entities, interfaces, mappings, self.policies, closing=self.closing)

    def determine(self, engine: str, questions: Sequence[TaxQuestion]) -> dict[str, Any]:
        from tieout.connector_api import ConnectorError

        found: dict[str, Any] = {}
        for q in questions:
            try:
                found[q.key] = self.engine.determine([q])[0], ""
            except ConnectorError as error:
                found[q.key] = None, str(error)
        return found

    def foreign(self, entity: Entity, references: Sequence[str]) -> dict[str, str]:
        return {}

    def give(self, interface: str, name: str, content: bytes, by: str = "") -> None:
        connection = self.database.connect(autocommit=True)
        kind = CONNECTORS[SYSTEMS[interface]]
        reader = kind.open(config(kind, folder=str(self.folder / "out")))
        take_file(connection, self.interface_of(interface), reader, name, content, self.clock, by)
        connection.close()

    def plan(self) -> bool:
        """Whether anything moved."""
        moved, connection = False, self.database.connect(autocommit=True)
        stage = ProcessStage(self.release, lambda s: CONNECTORS[s], self, {"bank": "payments"}, self.clock)
        while step(stage, connection):
            moved = True
        connection.close()
        return moved

    @property
    def writers(self) -> dict[str, Any]:
        """The systems that are written to, by name."""
        return {"odoo": self.session, "payments": self._outbox}

    def deliver(self) -> bool:
        """Whether anything moved."""
        moved, connection = False, self.database.connect(autocommit=True)
        guard = file_guard(self.release)
        delivery = DeliveryStage(lambda s: self.writers[s], self.clock, lambda: list(self.writers), guard)
        for _ in range(30):
            forget_failures(connection)
            if not step(delivery, connection):
                break
            moved = True
        connection.close()
        return moved

    def work(self) -> None:
        """Until nothing moves: plans, deliveries, files."""
        for _ in range(4):
            moved = [self.plan(), self.deliver()]
            connection = self.database.connect(autocommit=True)
            moved.append(step(FilingStage(self.release, self.clock), connection))
            connection.close()
            if not any(moved):
                return

    # what happens

    def vendor(self, number: str = "V1", **more: Any) -> Vendor:
        made = Vendor(
            number, more.pop("name", f"Vendor {number} Ltd"), more.pop("iban", IBANS[len(self.tool.vendors) % 4]),
            more.pop("tax_id", f"US-{number}"), by=more.pop("by", "mia@co.example"), **more,
        )  # fmt: skip
        self.tool.vendors[number] = made
        return made

    def order(self, number: str = "PO-1", vendor: str = "V1", quantity: str = "10", price: str = "20.00",
              on: date = date(2026, 10, 5), **more: Any) -> Purchase:  # fmt: skip
        line = Ordered(
            "1", "chair", Decimal(quantity), Decimal(price), "6000", by_receipt=more.pop("by_receipt", True)
        )
        made = Purchase(number, vendor, on, (line,), **more)
        self.tool.orders[number] = made
        return made

    def tell(self, *forms: str) -> None:
        """The tool's exports."""
        self.files += 1
        for form in forms or ("suppliers", "orders", "receipts"):
            content = getattr(self.tool, f"export_{form}")()
            self.give("procurement", f"{form}-{self.files}.csv", content)
        self.work()

    def approve(self, who: str = "cora") -> str:
        said = ""
        if self.open_requests():
            said = self.decide(who)
            self.work()
        return said

    def ready(self, quantity: str = "10", price: str = "20.00", came: str | None = None) -> None:
        """An approved supplier with an order that was received."""
        self.vendor()
        self.order(quantity=quantity, price=price)
        self.tool.receive("PO-1", "1", Decimal(came or quantity), date(2026, 10, 8))
        self.tell()
        assert self.approve() == ""

    def bill(self, number: str = "B-1", quantity: str = "10", price: str = "20.00", vendor: str = "V1",
             order: str = "PO-1", on: date = date(2026, 10, 9), syntax: str = "UBL", **more: Any) -> Sent:  # fmt: skip
        known = self.tool.vendors.get(vendor) or Vendor(vendor, f"Vendor {vendor}", "", f"US-{vendor}")
        item = Item("chair", Decimal(quantity), Decimal(price), Decimal(more.pop("rate", 15)), more.pop("category", "S"),
                    "1" if order else "")  # fmt: skip
        sent = Sent(number, on, known.name, (item,), known.tax_id, order=order, iban=more.pop("iban", known.iban),
                    due=more.pop("due", on + timedelta(days=5)), **more)  # fmt: skip
        self.give("bills", f"{number}.xml", self.point.deliver(sent, syntax))
        self.work()
        return sent

    def propose(self, pay_on: date = date(2026, 10, 26), by: str = "mia", dry: bool = False) -> Proposal:
        connection = self.database.connect(autocommit=True)
        try:
            found = propose_run(
                connection, self.release(), self.interface_of("payments"),
                lambda: self.session.open_items([], pay_on), pay_on=pay_on,
                until=pay_on, by=by, now=self.clock.now(), dry=dry,
            )  # fmt: skip
        finally:
            connection.close()
        self.work()
        return found

    def accrue(self, on: date = date(2026, 10, 31), dry: bool = False) -> Worked:
        """Accrue what came and is not billed by a day, and book it."""
        connection = self.database.connect(autocommit=True)
        try:
            found = accrue(
                connection, self.release(), self.interface_of("procurement"), self.session, on, self.clock.now(), dry
            )  # fmt: skip
        finally:
            connection.close()
        self.work()
        return found

    def stands(self, until: date, *accounts: str) -> dict[str, Decimal]:
        """Balances at the end of a day in Odoo, by account, in the company's currency."""
        book = self.world.odoo.service.world
        moves, codes = book.table("account.move"), book.table("account.account")
        held = dict.fromkeys(accounts, Decimal(0))
        for x in book.table("account.move.line").values():
            code = str(codes[x["account_id"]]["code"]) if x["account_id"] else ""
            mine = x["company_id"] == self.company.id and moves[x["move_id"]]["state"] == "posted"
            if mine and code in held and date.fromisoformat(str(x["date"])) <= until:
                held[code] += x["balance"]
        return held

    def bank_pays(self, day: date) -> list[BankLine]:
        """The bank takes the files, books a statement of the day, and answers."""
        lines: list[BankLine] = []
        for path in self.payer.take():
            booked, answer = self.payer.execute(path, day)
            lines += booked
            self.give("payments", f"answer-{path.name}", answer)
        self.books(day, lines)
        return lines

    def books(self, day: date, lines: Sequence[BankLine]) -> None:
        for line in lines:
            self.bank.book(OURS, line)
        if lines:
            self.give("bank", f"{day}.xml", self.bank.statement(OURS, day))
        self.work()

    # what there is

    def states(self, kind: str = "vendor_bill") -> dict[str, str]:
        rows = self.database.rows(
            "select source_key, state from tieout.document where kind = %s and state <> 'superseded'"
            " order by revision",
            kind,
        )
        return {r["source_key"].rpartition(":")[2]: r["state"] for r in rows}

    def balances(self) -> dict[str, Decimal]:
        """What Odoo holds by account, zeros left out."""
        sums: dict[str, Decimal] = {}
        for _, account, value in self.booked():
            sums[account] = sums.get(account, Decimal(0)) + value
        return {k: v for k, v in sums.items() if v}

    def open_lines(self, account: str = "211000") -> list[Decimal]:
        """What is open on an account in Odoo, line by line."""
        book = self.world.odoo.service.world
        moves, accounts = book.table("account.move"), book.table("account.account")
        return sorted(
            x["amount_residual"]
            for x in book.table("account.move.line").values()
            if x["company_id"] == self.company.id and moves[x["move_id"]]["state"] == "posted"
            and str(accounts[x["account_id"]]["code"]) == account and x["amount_residual"]
        )  # fmt: skip
