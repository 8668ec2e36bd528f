"""A company that sells on credit, for tests: its CRM's customers, what people write in Odoo itself, both over HTTP, and the
product between them; with an oracle of what each customer owes, worked out from the ledger's balances."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from tests.conformance.test_connectors import CONNECTORS, config
from tests.integration.office import Office
from tests.stages import forget_failures, step
from tieout.connector_api import Sending
from tieout.delivery import DeliveryStage
from tieout.documents import CashPosting, LedgerLine
from tieout.inbox import accept
from tieout.planning import ProcessStage
from tieout.receivables import Read, Receivables
from tieout.rules import Interface, Mapping, MappingRow, Release
from tieout_sandbox.simulators.salesforce import Salesforce

ROLES = {
    "receivable": "121000", "revenue.goods": "400000", "revenue.services": "400000", "unapplied.bank": "212130",
}  # fmt: skip
RECEIVABLE, UNAPPLIED = "121000", "212130"
_numbers = count(1)


@dataclass
class Creditor(Office):
    """One entity that sells on credit in USD, and its CRM."""

    accounts: dict[str, str] = field(default_factory=lambda: dict(ROLES))
    open_orders: str = "no"
    crm: str = "salesforce"
    owned: str = ""
    seen: int = 0

    @property
    def salesforce(self) -> Salesforce:
        return self.world.salesforce

    def release(self) -> Release:
        def table(name: str, rows: dict[str, str]) -> Mapping:
            return Mapping(name, tuple(MappingRow(k, v) for k, v in rows.items()))

        plain = super().release()
        given = {
            "crm": Interface("crm", "salesforce", "US", ("accounts", "won_orders"), "sales", "order to cash",
                             late_events="first_open", options={"customers": "from_crm", "system_of_record": self.owned}),
            "receivables": Interface("receivables", "odoo", "US", ("standings",), "receivables", "order to cash",
                                     options={"open_orders": self.open_orders}),
        }  # fmt: skip
        mappings = {
            "accounts": table("accounts", self.accounts),
            "journals": table("journals", {"misc": "MISC", "sales": "INV"}),
            "taxes": table("taxes", {"State Tax 15%": "15%"}),
        }
        return Release(plain.sha256, plain.entities, given, mappings)

    # the product

    def work(self) -> None:
        """Polls the CRM, plans, delivers, until nothing moves."""
        connection = self.database.connect(autocommit=True)
        crm = self.crm_session()
        for stream in ("accounts", "won_orders"):
            cursor: dict[str, Any] = {}
            while True:
                page = crm.poll(stream, cursor, self.clock.now())
                with connection.transaction():
                    accept(connection, "crm", page.items, "poll", self.clock.now())
                if not page.more:
                    break
                cursor = page.cursor
        sinks = {"crm": self.crm} if self.crm else {}
        process = ProcessStage(self.release, lambda s: CONNECTORS[s], self, sinks, self.clock)
        writers = {"odoo": self.session, "salesforce": crm}
        delivery = DeliveryStage(lambda s: writers[s], self.clock, lambda: list(writers))
        for _ in range(6):
            while step(process, connection):
                pass
            for _ in range(4):
                forget_failures(connection)
                step(delivery, connection)
        connection.close()

    def crm_session(self) -> Any:
        kind = CONNECTORS["salesforce"]
        world = self.world
        return kind.open(
            config(kind, url=world.url("salesforce"), client_id=world.secrets["sf_id"],
                   client_secret=world.secrets["sf_secret"])
        )  # fmt: skip

    def read(self) -> Read:
        """Reads what is owed, and works off what that came to."""
        self.clock.at += timedelta(minutes=1)
        release, connection = self.release(), self.database.connect(autocommit=True)
        found = Receivables(
            release, release.interfaces["receivables"], self.session, self.crm, self.clock.now()
        ).read(connection)
        connection.close()
        self.work()
        return found

    # what happens

    def call(self, model: str, method: str, **more: Any) -> Any:
        return self.admin.call(model, method, context={"allowed_company_ids": [self.company.id]}, **more)

    def customer(self, name: str) -> tuple[str, int]:
        """A customer of the CRM: its key there, and the ledger's own id."""
        row = self.salesforce.add_account(next(_numbers), name, "", self.clock.now())
        self.work()
        (found,) = self.call("res.partner", "search", domain=[["ref", "=", row["Id"]], ["name", "=", name]])
        return str(row["Id"]), int(found)

    def contact(self, name: str, parent: int) -> int:
        values = {"name": name, "parent_id": parent}
        return int(self.call("res.partner", "create", vals_list=[values])[0])

    def order(self, account: str, number: str, total: str, tax: str = "") -> None:
        """A won order; with `tax` a title that the project maps, or does not."""
        value = Decimal(total)
        told = (tax, Decimal(15), Decimal(0)) if tax else None
        self.salesforce.win(
            next(_numbers), number, account, self.clock.now(), [("Pump", 1, value)], told, value
        )
        self.work()

    def invoice(self, partner: int, amount: str, kind: str = "out_invoice", currency: str = "") -> int:
        """Somebody writes an invoice or a credit note in Odoo itself, and posts it."""
        line = {"name": "Work", "quantity": 1, "price_unit": float(amount), "tax_ids": [[6, 0, []]]}
        values: dict[str, Any] = {
            "move_type": kind, "partner_id": partner, "invoice_date": "2026-10-05",
            "ref": f"{kind} {next(_numbers)}", "invoice_line_ids": [[0, 0, line]],
        }  # fmt: skip
        if currency:
            (values["currency_id"],) = self.call("res.currency", "search", domain=[["name", "=", currency]])
        (move,) = self.call("account.move", "create", vals_list=[values])
        self.call("account.move", "action_post", ids=[move])
        return int(move)

    def pay(self, move: int, amount: str) -> int:
        """Somebody puts a bank line onto an invoice, in full or in part; the bank line."""
        (journal,) = self.call("account.journal", "search", domain=[["code", "=", "BNKU"]])
        (partner,) = (
            r["partner_id"][0] for r in self.call("account.move", "read", ids=[move], fields=["partner_id"])
        )
        (receivable,) = self.call("account.account", "search", domain=[["code", "=", RECEIVABLE]])
        values = {"journal_id": journal, "date": "2026-10-12", "payment_ref": "paid", "amount": float(amount),
                  "partner_id": partner, "counterpart_account_id": receivable}  # fmt: skip
        (line,) = self.call("account.bank.statement.line", "create", vals_list=[values])
        (entry,) = self.call("account.bank.statement.line", "read", ids=[line], fields=["move_id"])
        (open_line,) = self.call(
            "account.move.line", "search",
            domain=[["move_id", "=", entry["move_id"][0]], ["account_id", "=", receivable]],
        )  # fmt: skip
        self.call("account.move", "js_assign_outstanding_line", ids=[move], line_id=open_line)
        return int(line)

    def take_back(self, line: int) -> None:
        """The match of a bank line is undone: its money is back on suspense."""
        self.call("account.bank.statement.line", "action_undo_reconciliation", ids=[line])

    def unapplied(self, partner: str, amount: str) -> None:
        """Cash of a customer of ours that nobody put onto an invoice yet."""
        value, name = Decimal(amount), f"cash-{next(_numbers)}"
        line = LedgerLine(account=UNAPPLIED, amount=-value, company=-value, name=name, partner=partner)
        body = CashPosting(journal="BNKU", account="101511", on=self.clock.now().date(), reference=name, label=name,
                           currency="USD", amount=value, company=value, counterparts=(line,))  # fmt: skip
        (outcome,) = self.session.send([Sending(f"tieout.{name}", body)])
        assert outcome.status == "confirmed" and not outcome.cause, outcome

    # what there is

    def owed(self) -> dict[str, Decimal]:
        """The oracle: by the company that owes, the balance of everything posted on receivables and on the account of
        unapplied money, in the company's currency. It reads no residual, no match and nothing of the product."""
        book = self.world.odoo.service.world
        partners, moves = book.table("res.partner"), book.table("account.move")
        codes = book.table("account.account")
        found: Counter[str] = Counter()
        for line in book.table("account.move.line").values():
            owner = partners.get(line.get("partner_id") or 0)
            if (
                line["company_id"] != self.company.id
                or moves[line["move_id"]]["state"] != "posted"
                or not owner
            ):
                continue
            if codes[line["account_id"]]["code"] not in (RECEIVABLE, UNAPPLIED):
                continue
            while owner.get("parent_id") and not owner.get("is_company"):
                owner = partners[owner["parent_id"]]
            found[str(owner["name"])] += line["balance"]
        return {name: value for name, value in sorted(found.items()) if value}

    def shown(self, account: str) -> tuple[Decimal | None, str | None]:
        """What the CRM shows of an account: exposure and status."""
        row = self.salesforce.accounts[account]
        value = row["Credit_Exposure__c"]
        return (None if value is None else Decimal(str(value))), row["Collection_Status__c"]
