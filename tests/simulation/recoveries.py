"""What somebody does about each kind of planted fault, as its case says: people by the API, their systems by hand."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx2

from tests.acceptance.commands import run_tieout
from tests.simulation.house import House
from tieout.delivery import request_verification
from tieout.operations.reconciling import reconcile
from tieout_sandbox.services.buying_faults import FORGED
from tieout_sandbox.services.planted_faults import TURNED


class Hands:
    """Two controllers, and what they can reach. Whatever the API refuses fails the test."""

    def __init__(self, house: House) -> None:
        self.house, self.month = house, house.scenario._month
        self.world = self.month.world
        for name, role in (
            ("rita", "controller"),
            ("rita", "preparer"),
            ("rolf", "controller"),
            ("fay", "cfo"),
        ):
            house.grant(name, role)
        self.rita, self.rolf, self.fay = (house.api(name) for name in ("rita", "rolf", "fay"))

    # Tieout

    def ask(self, method: str, path: str, http: httpx2.Client | None = None, **body: Any) -> Any:
        reply = (http or self.rita).request(method, path, json=body or None)
        assert reply.status_code < 300, f"{path}: {reply.text}"
        return reply.json() if reply.content else None

    def settle(self) -> None:
        self.house.demo.settle(self.house.project)

    def replay(self, cause: str) -> None:
        assert self.ask("POST", "/cases/replay", cause=cause)["replayed"]

    def solve(self, case: dict[str, Any], reason: str) -> None:
        request = self.ask("POST", f"/cases/{case['case_id']}/solve", reason=reason)["request"]
        if request:
            self.approve([request])

    def exclude(self, case: dict[str, Any], reason: str) -> None:
        request = self.ask("POST", f"/cases/{case['case_id']}/exclude", reason=reason)["request"]
        if request:
            self.approve([request])

    def approve(self, requests: list[int] | None = None) -> None:
        """The other one approves these, or whatever waits; and the CFO, where a policy wants that."""
        if requests is None:
            self.settle()
            requests = [r["request_id"] for r in self.ask("GET", "/approvals")["items"]]
            assert requests, "nothing waits for an approval"
        for who, http in (("rolf", self.rolf), ("fay", self.fay)):
            for number in requests:
                found = self.ask("GET", f"/approvals/{number}", http)
                if found["state"] == "open" and self._may(who, found):
                    given = {"requests": [number], "verdict": "approve", "reason": "looked at"}
                    self.ask("POST", "/approvals/decide", http, **given)

    @staticmethod
    def _may(who: str, request: dict[str, Any]) -> bool:
        step = len(request["decisions"])
        return bool(request["steps"][step]["role"] == {"rolf": "controller", "fay": "cfo"}[who])

    def reopen(self) -> None:
        """The month's books are opened again in Odoo, of every company."""
        others = [c.id for c in getattr(self.house.scenario, "_companies", {}).values()]
        for company in {self.company, *others}:
            context = {"allowed_company_ids": [company]}
            self.odoo(
                "res.company", "write", ids=[company], vals={"fiscalyear_lock_date": False}, context=context
            )

    def add_row(self, table: str, **cells: str) -> None:
        """One row more in a mapping, as a spreadsheet brings it back."""
        text = self.rita.get(f"/mappings/{table}/csv").text
        header = next(csv.reader([text.splitlines()[0]]))
        out = io.StringIO()
        csv.writer(out).writerow([cells.get(c, "") for c in header])
        content = text.rstrip("\r\n") + "\r\n" + out.getvalue()
        seen = self.ask("POST", f"/mappings/{table}/try", content=content)["seen"]
        self.ask("PUT", f"/mappings/{table}", content=content, seen=seen, reason="it was missing")

    def pull(self, interface: str) -> None:
        self.ask("POST", f"/interfaces/{interface}/run", from_the_beginning=True)

    def match(self, lines: list[int], **how: str) -> None:
        self.ask("POST", "/matches/join", entity="US", lines=lines, **how)

    def prove(self) -> None:
        """`tieout tieout`, which finds what is left to find."""
        done = run_tieout("tieout", "--period", "2026-10", folder=self.house.project.settings.folder)
        assert done.returncode in (0, 1), done.stderr

    def look_again(self) -> None:
        """The ledger is read back now and not within the hour."""
        request_verification(self.house.connection)

    def reconcile(self) -> None:
        """The day's run, which reads what is open."""
        reconcile(self.house.project, "US", self.house.project.clock.now().date())

    # Odoo, as an accountant

    @property
    def company(self) -> int:
        kept = getattr(self.month, "company_id", None)
        return int(kept or self.house.scenario._companies["US"].id)

    def odoo(self, model: str, method: str, **body: Any) -> Any:
        context = {"allowed_company_ids": [self.company], **body.pop("context", {})}
        return self.house.scenario._admin.call(model, method, context=context, **body)

    def account(self, code: str) -> int:
        return int(self.odoo("account.account", "search", domain=[["code", "=", code]])[0])

    def invoice(self, partner: str, reference: str, amount: str) -> int:
        """An invoice without tax that is written in Odoo itself; its open line."""
        who = self.odoo("res.partner", "create", vals_list=[{"name": partner}])[0]
        line = {"name": "Work", "quantity": 1, "price_unit": float(amount), "tax_ids": [[6, 0, []]]}
        values = {
            "move_type": "out_invoice", "partner_id": who, "invoice_date": "2026-11-02", "ref": reference,
            "invoice_line_ids": [[0, 0, line]],
        }  # fmt: skip
        (made,) = self.odoo("account.move", "create", vals_list=[values])
        self.odoo("account.move", "action_post", ids=[made])
        return self.open_line(move_id=made, account_type="asset_receivable")

    def open_line(self, **where: Any) -> int:
        """The one open line where these fields are so."""
        domain = [[k.replace("__", "."), "=", v] for k, v in where.items()]
        found = self.odoo("account.move.line", "search", domain=[*domain, ["reconciled", "=", False]])
        assert len(found) == 1, (where, found)
        return int(found[0])

    def line_of(self, document: int, effect: str, account: str) -> int:
        """The line on an account of what a document's effect made."""
        row = self.house.connection.execute(
            "select target_id, target_model from tieout.delivery where document_id = %s and effect = %s",
            (document, effect),
        ).fetchone()
        assert row is not None
        move = row["target_id"]
        if row["target_model"] == "account.bank.statement.line":
            (line,) = self.odoo(row["target_model"], "read", ids=[move], fields=["move_id"])
            move = line["move_id"][0]
        return self.open_line(move_id=move, account_id=self.account(account))


Recovery = Callable[[Hands, dict[str, Any]], None]


def unknown_tax(hands: Hands, case: dict[str, Any]) -> None:
    name = re.search(r"add '([^']+)' to mappings/taxes.csv", case["recovery"])
    assert name is not None
    # To say that it may stand as it is would leave it booked nowhere.
    one = hands.rita.post(f"/cases/{case['case_id']}/solve", json={"reason": "let it be"})
    many = hands.rita.post("/cases/solve", json={"cases": [case["case_id"]], "reason": "let it be"})
    for refused in (one, many):
        assert refused.status_code == 409 and "booked nowhere" in refused.json()["detail"], refused.text
    hands.add_row("taxes", key=name[1], value="15%")
    hands.replay(case["cause"])


def unmapped_account(hands: Hands, case: dict[str, Any]) -> None:
    name = re.search(r"add '([^']+)' to mappings/accounts.csv", case["recovery"])
    assert name is not None
    hands.add_row("accounts", key=name[1], value="400000")
    hands.replay(case["cause"])


def unknown_customer(hands: Hands, case: dict[str, Any]) -> None:
    site = hands.world.salesforce
    row = site.opportunities[case["source_key"].partition(":")[2]]
    row |= {"AccountId": hands.month.accounts[0]["Id"], "SystemModstamp": "2026-11-09T04:00:00.000+0000"}
    hands.pull(case["interface"])


def order_edited_after_payout(hands: Hands, case: dict[str, Any]) -> None:
    hands.solve(case, "the customer pays the rest by transfer")


def payment_without_order(hands: Hands, case: dict[str, Any]) -> None:
    """Given back at the provider. Another one is found to pay what somebody wrote in Odoo itself."""
    site, now = hands.world.stripe, hands.house.project.clock.now()
    charge = next(c for c in site.books.charges.values() if c["balance_transaction"] == case["source_key"])
    site.refund(charge, charge["amount"], now, {})
    other = site.charge(50_00, "USD", 175, now - timedelta(days=5), {"order_id": "404405"}, "Somebody")
    hands.pull(case["interface"])
    hands.settle()
    items = hands.ask("GET", f"/cases?cause={case['cause']}")["items"]
    assert len(items) == 1, [i["source_key"] for i in items]
    (found,) = items
    assert found["source_key"] == other["id"]
    cash = hands.line_of(found["document_id"], "charge", "212100")
    hands.match([cash, hands.invoice("Somebody", "OLD-78", "50.00")])


def unmatched_bank_line(hands: Hands, case: dict[str, Any]) -> None:
    """It pays an invoice that somebody wrote in Odoo itself."""
    cash = hands.line_of(case["document_id"], "bank_line", "212130")
    hands.match([cash, hands.invoice("Harbor Industrial", "OLD-77", case["amount"])])


def imported_by_another_connector(hands: Hands, case: dict[str, Any]) -> None:
    hands.exclude(case, "the other connector's invoice stands")


def unreadable_statement(hands: Hands, case: dict[str, Any]) -> None:
    """The bank has no booking for that day: there is no other file."""
    hands.solve(case, "the bank says that it sent this by mistake")


def unreadable_workbook(hands: Hands, case: dict[str, Any]) -> None:
    lines = [("6530", Decimal("300.00"), "100"), ("2125", Decimal("-300.00"), "")]
    hands.month.journal(hands.month.at(date(2026, 10, 20), 10), "J-900", lines)
    hands.settle()
    hands.solve(case, "it came again with values, as J-900.1.csv")


def changed_in_ledger(hands: Hands, case: dict[str, Any]) -> None:
    """The account is put back in Odoo."""
    move = hands.house.connection.execute(
        "select target_id from tieout.delivery where document_id = %s and effect = 'invoice'",
        (case["document_id"],),
    ).fetchone()
    assert move is not None
    domain = [["move_id", "=", move["target_id"]], ["account_id", "=", hands.account("450000")]]
    wrong = hands.odoo("account.move.line", "search", domain=domain)
    hands.odoo("account.move", "button_draft", ids=[move["target_id"]])
    hands.odoo("account.move.line", "write", ids=wrong, vals={"account_id": hands.account("400000")})
    hands.odoo("account.move", "action_post", ids=[move["target_id"]])
    hands.look_again()


def refund_failed(hands: Hands, case: dict[str, Any]) -> None:
    hands.solve(case, "paid by transfer on 2 November")


def deposit_differs(hands: Hands, case: dict[str, Any]) -> None:
    hands.reconcile()
    lines = hands.ask("GET", "/matches/open?side=due&entity=US")["items"]
    (short,) = [
        x for x in lines if x["account"] == "101701" and Decimal(x["amount"]) == Decimal(case["amount"])
    ]
    hands.match([short["line"]], difference="write_off")


def match_again(hands: Hands, case: dict[str, Any]) -> None:
    """The accountant puts together again in Odoo what one of them took apart."""
    order = next(o for o in hands.month.left_open if not o.startswith("payment "))
    domain: list[Any] = [["account_type", "=", "asset_receivable"], ["reconciled", "=", False]]
    due = hands.odoo("account.move.line", "search_read", domain=[*domain, ["move_id.ref", "=", order]],
                     fields=["partner_id"])  # fmt: skip
    partner = due[0]["partner_id"][0]
    open_ones = hands.odoo("account.move.line", "search_read", domain=[*domain, ["partner_id", "=", partner]],
                           fields=["balance"])  # fmt: skip
    paid = [x["id"] for x in open_ones if Decimal(str(x["balance"])) == -Decimal(case["amount"])]
    assert len(due) == len(paid) == 1
    hands.odoo("account.move.line", "reconcile", ids=[due[0]["id"], *paid])
    hands.look_again()


def reopened_month(hands: Hands, case: dict[str, Any]) -> None:
    hands.reopen()
    hands.replay(case["cause"])


def first_open_day(hands: Hands, case: dict[str, Any]) -> None:
    """The project's file lets late ones into the first open period."""
    path = hands.house.project.settings.folder / "interfaces" / f"{case['interface']}.toml"
    text = path.read_text()
    assert 'late_events = "first_open"' in case["recovery"] and "late_events" not in text
    path.write_text(f'late_events = "first_open"\n{text}')
    hands.replay(case["cause"])
    hands.settle()
    # What is corrected after this is of October.
    hands.reopen()


# services


def bank_details_differ(hands: Hands, case: dict[str, Any]) -> None:
    """The supplier confirms it by the number that was known before; a second person lets the change in."""
    buying = hands.month.buying
    sent = next(b.sent for b in buying.bills if case["source_key"].endswith(f":{b.sent.number}"))
    buying.tool.change(FORGED, sent.iban, "mia@northwind.example", date(2026, 11, 6))
    buying.tell("suppliers")
    hands.approve()
    hands.settle()
    hands.replay(case["cause"])


def bill_above_order(hands: Hands, case: dict[str, Any]) -> None:
    """Two more were ordered, and came."""
    tool = hands.month.buying.tool
    order = tool.orders["PO-4951"]
    tool.orders["PO-4951"] = replace(
        order, lines=tuple(replace(x, quantity=x.quantity + 2) for x in order.lines)
    )
    tool.receive("PO-4951", order.lines[0].line, Decimal(2), date(2026, 11, 5), "mia@northwind.example")
    hands.month.buying.tell("orders", "receipts")
    hands.settle()
    hands.replay(case["cause"])


def once_more(hands: Hands, case: dict[str, Any]) -> None:
    hands.exclude(case, "the same once more")


def intercompany_one_sided(hands: Hands, case: dict[str, Any]) -> None:
    fee, pair = Decimal(case["amount"]), case["source_key"].partition(":")[0]
    lines = [("6530", fee, ""), ("IC-US", -fee, "")]
    at = hands.month.at(date(2026, 10, 29), 10)
    hands.month.journal(at, f"DE-{pair}", lines, entity="DE", pair=pair, partner="US")
    hands.approve()
    hands.settle()
    hands.prove()


def paid_already(hands: Hands, case: dict[str, Any]) -> None:
    hands.exclude(case, "somebody paid it by the bank's own page")


def payment_returned(hands: Hands, case: dict[str, Any]) -> None:
    """The next run paid its bills once more, and that arrived."""
    row = hands.house.connection.execute(
        "select count(*) as times from tieout.document where kind = 'vendor_payment' and state = 'posted'"
        " and content::jsonb #>> '{pays,value}' = %s",
        (case["amount"],),
    ).fetchone()
    assert row is not None and row["times"] == 2, row
    hands.solve(case, "the bank had it wrong: paid again by the run of 15 October")


def reversed_in_ledger(hands: Hands, case: dict[str, Any]) -> None:
    """Its reversal is reversed in Odoo."""
    (first,) = hands.odoo(
        "account.move", "search", domain=[["ref", "=", TURNED], ["company_id", "=", hands.company]]
    )
    (back,) = hands.odoo("account.move", "search", domain=[["reversed_entry_id", "=", first]])
    (move,) = hands.odoo("account.move", "read", ids=[back], fields=["journal_id"])
    context = {"active_model": "account.move", "active_ids": [back]}
    values = {"journal_id": move["journal_id"][0], "date": "2026-11-02", "reason": "it was right"}
    made = hands.odoo("account.move.reversal", "create", context=context, vals_list=[values])
    hands.odoo("account.move.reversal", "refund_moves", ids=made, context=context)
    hands.look_again()


def schedule_differs(hands: Hands, case: dict[str, Any]) -> None:
    invoice = case["source_key"].split(":")[1]
    row = hands.world.chargebee.rows["invoices"][invoice]
    line = row["line_items"][0]
    stated = line["cf_revenue_schedule"]
    stated[max(stated)] += line["amount"] - sum(stated.values())
    stamp = int(hands.house.project.clock.now().timestamp())
    row |= {"updated_at": stamp, "resource_version": stamp * 1000}
    hands.pull(case["interface"])


def tax_engine_down(hands: Hands, case: dict[str, Any]) -> None:
    hands.solve(case, "the engine says the same")


def unbalanced_journal(hands: Hands, case: dict[str, Any]) -> None:
    lines = [("6530", Decimal("1200.00"), "100"), ("2125", Decimal("-1200.00"), "")]
    hands.month.journal(hands.month.at(date(2026, 10, 7), 10), "J-902", lines, times=2)
    hands.approve()


def unknown_dimension(hands: Hands, case: dict[str, Any]) -> None:
    name = re.search(r"add '([^']+)' to mappings/dimensions.csv", case["recovery"])
    assert name is not None
    hands.add_row("dimensions", key=name[1], value="Delivery")
    hands.replay(case["cause"])


RECOVERIES: dict[str, dict[str, Recovery]] = {
    "distributor": {
        # While October is locked.
        "late_event": reopened_month,
        "changed_in_ledger": changed_in_ledger,
        "deposit_differs_from_payout": deposit_differs,
        "imported_by_another_connector": imported_by_another_connector,
        "order_edited_after_payout": order_edited_after_payout,
        "payment_without_order": payment_without_order,
        "refund_failed": refund_failed,
        "unknown_customer": unknown_customer,
        "unknown_tax": unknown_tax,
        "unmapped_account": unmapped_account,
        "unmatched_bank_line": unmatched_bank_line,
        "unreadable_file": unreadable_statement,
        "unreconciled_in_ledger": match_again,
    },
    "services": {
        # While October is locked.
        "late_event": first_open_day,
        "bank_details_differ": bank_details_differ,
        "bill_above_order": bill_above_order,
        "duplicate_bill": once_more,
        "duplicate_payroll_run": once_more,
        "intercompany_one_sided": intercompany_one_sided,
        "paid_already": paid_already,
        "payment_returned": payment_returned,
        "reversed_in_ledger": reversed_in_ledger,
        "schedule_differs": schedule_differs,
        "tax_engine_down": tax_engine_down,
        "unbalanced_journal": unbalanced_journal,
        "unknown_dimension": unknown_dimension,
        "unreadable_file": unreadable_workbook,
    },
}
