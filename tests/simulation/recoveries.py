"""What somebody does about each kind of planted fault, as its case says: people by the API, and outside what the sandbox's own buttons do
(`tieout_sandbox.demo.deeds`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import httpx2

from tests.acceptance.commands import run_tieout
from tests.simulation.house import House
from tieout.operations.reconciling import reconcile
from tieout_sandbox.demo.deeds import DEEDS, deed_of, reopen, write_invoice


class Hands:
    """Two controllers, and what they can reach. Whatever the API refuses fails the test."""

    def __init__(self, house: House) -> None:
        self.house, self.month = house, house.scenario._month
        self.world = self.month.world
        self.outside = SimpleNamespace(
            scenario=house.scenario, admin=house.scenario._admin, world=self.world, month=self.month
        )
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

    def do(self, case: dict[str, Any]) -> None:
        """Let the company's people do outside what a case asks for."""
        deed = DEEDS[deed_of(self.house.kind, case["cause"])]
        deed.act(self.outside, **deed.facts(self.house.connection, case))

    def map(self, case: dict[str, Any], value: str) -> None:
        """The row that a case asks for."""
        tried = self.ask("POST", f"/cases/{case['case_id']}/map/try", value=value)
        assert tried["planned"] and not tried["held"] and tried["sums"], tried
        self.ask("POST", f"/cases/{case['case_id']}/map", value=value, reason="it was missing")

    def pull(self, interface: str) -> None:
        self.ask("POST", f"/interfaces/{interface}/run", from_the_beginning=True)

    def match(self, lines: list[int], **how: str) -> None:
        self.ask("POST", "/matches/join", entity="US", lines=lines, **how)

    def prove(self) -> None:
        """`tieout tieout`, which finds what is left to find."""
        done = run_tieout("tieout", "--period", "2026-10", folder=self.house.project.settings.folder)
        assert done.returncode in (0, 1), done.stderr

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

    def invoice(self, customer: str, number: str, amount: str) -> int:
        """An invoice without tax that is written in Odoo itself; its open line."""
        write_invoice(self.outside, amount, customer, number)
        return self.open_line(move_id__ref=number, account_type="asset_receivable")

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
    # To say that it may stand as it is would leave it booked nowhere.
    one = hands.rita.post(f"/cases/{case['case_id']}/solve", json={"reason": "let it be"})
    many = hands.rita.post("/cases/solve", json={"cases": [case["case_id"]], "reason": "let it be"})
    for refused in (one, many):
        assert refused.status_code == 409 and "booked nowhere" in refused.json()["detail"], refused.text
    # What the ledger has not is refused where it is typed.
    wrong = hands.rita.post(
        f"/cases/{case['case_id']}/map", json={"value": "no such tax", "reason": "a guess"}
    )
    assert wrong.status_code == 422 and "no such tax" in wrong.json()["detail"], wrong.text
    hands.map(case, "15%")


def unmapped_account(hands: Hands, case: dict[str, Any]) -> None:
    hands.map(case, "400000")


def unknown_customer(hands: Hands, case: dict[str, Any]) -> None:
    hands.do(case)
    hands.pull(case["interface"])


def order_edited_after_payout(hands: Hands, case: dict[str, Any]) -> None:
    hands.solve(case, "the customer pays the rest by transfer")


def payment_without_order(hands: Hands, case: dict[str, Any]) -> None:
    """Given back at the provider. Another one is found to pay what somebody wrote in Odoo itself."""
    hands.do(case)
    site, now = hands.world.stripe, hands.house.project.clock.now()
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
    hands.do(case)
    invoice = hands.open_line(move_id__ref="OLD-77", account_type="asset_receivable")
    hands.match([hands.line_of(case["document_id"], "bank_line", "212130"), invoice])


def imported_by_another_connector(hands: Hands, case: dict[str, Any]) -> None:
    hands.exclude(case, "the other connector's invoice stands")


def unreadable_statement(hands: Hands, case: dict[str, Any]) -> None:
    """The bank has no booking for that day: there is no other file."""
    hands.solve(case, "the bank says that it sent this by mistake")


def unreadable_workbook(hands: Hands, case: dict[str, Any]) -> None:
    hands.do(case)
    hands.settle()
    hands.solve(case, "it came again with values, as J-900.1.csv")


def mended_in_ledger(hands: Hands, case: dict[str, Any]) -> None:
    """An accountant puts it right in Odoo, and it is read there again."""
    hands.do(case)
    told = hands.ask("POST", f"/cases/{case['case_id']}/read-back")
    assert told["read"] and told["state"] == "solved", told


def refund_failed(hands: Hands, case: dict[str, Any]) -> None:
    hands.solve(case, "paid by transfer on 2 November")


def deposit_differs(hands: Hands, case: dict[str, Any]) -> None:
    hands.reconcile()
    lines = hands.ask("GET", "/matches/open?side=due&entity=US")["items"]
    (short,) = [
        x for x in lines if x["account"] == "101701" and Decimal(x["amount"]) == Decimal(case["amount"])
    ]
    hands.match([short["line"]], difference="write_off")


def reopened_month(hands: Hands, case: dict[str, Any]) -> None:
    hands.do(case)
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
    reopen(hands.outside)


# services


def bank_details_differ(hands: Hands, case: dict[str, Any]) -> None:
    """The supplier confirms it by the number that was known before; a second person lets the change in."""
    hands.do(case)
    hands.approve()
    hands.settle()
    hands.replay(case["cause"])


def bill_above_order(hands: Hands, case: dict[str, Any]) -> None:
    """Two more were ordered, and came."""
    hands.do(case)
    hands.settle()
    hands.replay(case["cause"])


def once_more(hands: Hands, case: dict[str, Any]) -> None:
    hands.exclude(case, "the same once more")


def intercompany_one_sided(hands: Hands, case: dict[str, Any]) -> None:
    hands.do(case)
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


def schedule_differs(hands: Hands, case: dict[str, Any]) -> None:
    hands.do(case)
    hands.pull(case["interface"])


def tax_engine_down(hands: Hands, case: dict[str, Any]) -> None:
    hands.solve(case, "the engine says the same")


def unbalanced_journal(hands: Hands, case: dict[str, Any]) -> None:
    hands.do(case)
    hands.approve()


def unknown_dimension(hands: Hands, case: dict[str, Any]) -> None:
    hands.map(case, "Delivery")


RECOVERIES: dict[str, dict[str, Recovery]] = {
    "distributor": {
        # While October is locked.
        "late_event": reopened_month,
        "changed_in_ledger": mended_in_ledger,
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
        "unreconciled_in_ledger": mended_in_ledger,
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
        "reversed_in_ledger": mended_in_ledger,
        "schedule_differs": schedule_differs,
        "tax_engine_down": tax_engine_down,
        "unbalanced_journal": unbalanced_journal,
        "unknown_dimension": unknown_dimension,
        "unreadable_file": unreadable_workbook,
    },
}
