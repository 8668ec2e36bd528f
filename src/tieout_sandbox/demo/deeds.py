"""What a company's people do outside of Tieout about a planted fault, as its case says: at its source, in Odoo, at the bank.

On the sandbox nobody can sign in to Odoo or Stripe: a button does it. Each deed is written into the company's diary with what it
needs to know, and is done again by that where the company goes on. Tests that recover a month's faults do the very same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

from tieout.store import Connection
from tieout_sandbox.services.buying_faults import FORGED
from tieout_sandbox.services.planted_faults import TURNED

Given = dict[str, Any]


class Outside(Protocol):
    """A company's people and systems: whom its month is of (`scenario`), an accountant of its Odoo (`admin`), its systems (`world`) and
    what happened in them (`month`)."""

    scenario: Any
    admin: Any
    world: Any
    month: Any


@dataclass(frozen=True)
class Deed:
    """`label` is its button's; `facts` reads what it needs to know of an open case; `act` does it, and says what it did."""

    label: str
    act: Callable[..., str]
    facts: Callable[[Connection, Given], Given] = lambda connection, case: {}


# Odoo, as an accountant


def _odoo(outside: Outside, model: str, method: str, entity: str = "US", **body: Any) -> Any:
    context = {"allowed_company_ids": [outside.scenario.companies[entity].id], **body.pop("context", {})}
    return outside.admin.call(model, method, context=context, **body)


def _account(outside: Outside, code: str) -> int:
    return int(_odoo(outside, "account.account", "search", domain=[["code", "=", code]])[0])


def reopen(outside: Outside) -> str:
    """The month's books are opened again in Odoo, of every company."""
    for code, company in outside.scenario.companies.items():
        values = {"fiscalyear_lock_date": False}
        _odoo(outside, "res.company", "write", code, ids=[company.id], vals=values)
    return (
        "October is open again in Odoo: plan again what came too late, and lock the month again afterwards."
    )


def lock(outside: Outside) -> str:
    """The month's books are locked in Odoo."""
    outside.scenario.lock(date(2026, 10, 31))
    return "October is locked in Odoo."


def put_account_back(outside: Outside, move: int) -> str:
    """An accountant puts the account of an invoice back."""
    domain = [["move_id", "=", move], ["account_id", "=", _account(outside, "450000")]]
    wrong = _odoo(outside, "account.move.line", "search", domain=domain)
    _odoo(outside, "account.move", "button_draft", ids=[move])
    values = {"account_id": _account(outside, "400000")}
    _odoo(outside, "account.move.line", "write", ids=wrong, vals=values)
    _odoo(outside, "account.move", "action_post", ids=[move])
    return "The invoice stands on its account again in Odoo, as the next reading back sees."


def _target(connection: Connection, case: Given) -> Given:
    row = connection.execute(
        "select target_id from tieout.delivery where document_id = %s and effect = 'invoice'",
        (case["document_id"],),
    ).fetchone()
    return {"move": int(row["target_id"]) if row else 0}


def match_again(outside: Outside, amount: str) -> str:
    """An accountant puts together again what was taken apart."""
    order = next(o for o in outside.month.left_open if not o.startswith("payment "))
    domain: list[Any] = [["account_type", "=", "asset_receivable"], ["reconciled", "=", False]]
    due = _odoo(outside, "account.move.line", "search_read", domain=[*domain, ["move_id.ref", "=", order]],
                fields=["partner_id"])  # fmt: skip
    partner = due[0]["partner_id"][0]
    theirs = _odoo(outside, "account.move.line", "search_read", domain=[*domain, ["partner_id", "=", partner]],
                   fields=["balance"])  # fmt: skip
    paid = [x["id"] for x in theirs if Decimal(str(x["balance"])) == -Decimal(amount)]
    _odoo(outside, "account.move.line", "reconcile", ids=[due[0]["id"], paid[0]])
    return f"{order} and its payment are matched again in Odoo."


def _amount(connection: Connection, case: Given) -> Given:
    return {"amount": str(case["amount"])}


def write_invoice(
    outside: Outside, amount: str, customer: str = "Harbor Industrial", number: str = "OLD-77"
) -> str:
    """Somebody writes in Odoo the invoice that a payment pays."""
    who = _odoo(outside, "res.partner", "create", vals_list=[{"name": customer}])[0]
    line = {"name": "Work", "quantity": 1, "price_unit": float(Decimal(amount)), "tax_ids": [[6, 0, []]]}
    values = {
        "move_type": "out_invoice", "partner_id": who, "invoice_date": "2026-11-02", "ref": number,
        "invoice_line_ids": [[0, 0, line]],
    }  # fmt: skip
    made = _odoo(outside, "account.move", "create", vals_list=[values])
    _odoo(outside, "account.move", "action_post", ids=made)
    return f"The invoice {number} of {customer} over {amount} stands in Odoo: match the payment with it."


def reverse_back(outside: Outside) -> str:
    """A reversal is reversed in Odoo."""
    domain = [["ref", "=", TURNED], ["company_id", "=", outside.scenario.companies["US"].id]]
    (first,) = _odoo(outside, "account.move", "search", domain=domain)
    (back,) = _odoo(outside, "account.move", "search", domain=[["reversed_entry_id", "=", first]])
    (move,) = _odoo(outside, "account.move", "read", ids=[back], fields=["journal_id"])
    context = {"active_model": "account.move", "active_ids": [back]}
    values = {"journal_id": move["journal_id"][0], "date": "2026-11-02", "reason": "it was right"}
    made = _odoo(outside, "account.move.reversal", "create", context=context, vals_list=[values])
    _odoo(outside, "account.move.reversal", "refund_moves", ids=made, context=context)
    return "The reversal is reversed in Odoo, as the next reading back sees."


# sources


def _key(connection: Connection, case: Given) -> Given:
    return {"key": case["source_key"]}


def name_customer(outside: Outside, key: str) -> str:
    """Sales gives a won order its account."""
    row = outside.world.salesforce.opportunities[key.partition(":")[2]]
    stamp = outside.world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    account = outside.month.accounts[0]
    row |= {"AccountId": account["Id"], "SystemModstamp": stamp}
    return f"The order belongs to {account['Name']} in Salesforce now: press Ask its source now."


def give_back(outside: Outside, key: str) -> str:
    """A charge that pays nothing is given back."""
    stripe = outside.world.stripe
    charge = next(c for c in stripe.books.charges.values() if c["balance_transaction"] == key)
    stripe.refund(charge, charge["amount"], outside.world.clock.now(), {})
    return "The charge is given back in Stripe: its refund comes by itself."


def state_schedule(outside: Outside, key: str) -> str:
    """Billing corrects the schedule that it states."""
    row = outside.world.chargebee.rows["invoices"][key.split(":")[1]]
    line = row["line_items"][0]
    stated = line["cf_revenue_schedule"]
    stated[max(stated)] += line["amount"] - sum(stated.values())
    stamp = int(outside.world.clock.now().timestamp())
    row |= {"updated_at": stamp, "resource_version": stamp * 1000}
    return "The schedule sums to its line in Chargebee now: press Ask its source now."


def confirm_account(outside: Outside, key: str) -> str:
    """The supplier confirms their account by the number that was known before."""
    buying = outside.month.buying
    sent = next(b.sent for b in buying.bills if key.endswith(f":{b.sent.number}"))
    buying.tool.change(
        FORGED, sent.iban, "mia@northwind.example", outside.world.clock.now().date() - timedelta(2)
    )
    buying.tell("suppliers")
    return "The supplier's new account came from purchasing: a second person approves it, then plan the case again."


def receive_more(outside: Outside) -> str:
    """Two more were ordered, and came."""
    tool = outside.month.buying.tool
    order = tool.orders["PO-4951"]
    lines = tuple(replace(x, quantity=x.quantity + 2) for x in order.lines)
    tool.orders["PO-4951"] = replace(order, lines=lines)
    day = outside.world.clock.now().date() - timedelta(3)
    tool.receive("PO-4951", order.lines[0].line, Decimal(2), day, "mia@northwind.example")
    outside.month.buying.tell("orders", "receipts")
    return "Purchasing ordered two more, and they came: plan the case again."


def book_other_side(outside: Outside, key: str, amount: str) -> str:
    """The other company books its side."""
    fee, pair = Decimal(amount), key.partition(":")[0]
    at = outside.month.at(date(2026, 10, 29), 10)
    lines = [("6530", fee, ""), ("IC-US", -fee, "")]
    outside.month.journal(at, f"DE-{pair}", lines, entity="DE", pair=pair, partner="US")
    return (
        "The German company sent its side as a journal: it waits for an approval where a policy asks for one."
    )


def _key_and_amount(connection: Connection, case: Given) -> Given:
    return {"key": case["source_key"], "amount": str(case["amount"])}


def send_journal(outside: Outside, number: str, day: str, amount: str, times: int) -> str:
    """The journal comes once more, as it should have."""
    lines = [("6530", Decimal(amount), "100"), ("2125", -Decimal(amount), "")]
    outside.month.journal(outside.month.at(date.fromisoformat(day), 10), number, lines, times=times)
    return f"The journal {number} came once more, and balances."


def _balanced(connection: Connection, case: Given) -> Given:
    return {"number": "J-902", "day": "2026-10-07", "amount": "1200.00", "times": 2}


def _with_values(connection: Connection, case: Given) -> Given:
    return {"number": "J-900", "day": "2026-10-20", "amount": "300.00", "times": 1}


def catch_up(outside: Outside) -> str:
    """What a source's lists did not show yet, they show."""
    outside.world.stripe.hidden.clear()
    for shop in outside.world.shops.values():
        shop.hidden.clear()
    return "The lists show all that the reports count."


# By company and cause; what can be done at any time stands under no cause.
DEEDS: dict[str, Deed] = {
    "late_event": Deed("Open October again in Odoo", reopen),
    "lock": Deed("Lock October in Odoo", lock),
    "caught_up": Deed("Let lists catch up with reports", catch_up),
    "changed_in_ledger": Deed("Put the account back in Odoo", put_account_back, _target),
    "unreconciled_in_ledger": Deed("Match the two again in Odoo", match_again, _amount),
    "unmatched_bank_line": Deed("Write the invoice that it pays in Odoo", write_invoice, _amount),
    "unknown_customer": Deed("Name the customer in Salesforce", name_customer, _key),
    "payment_without_order": Deed("Give the charge back in Stripe", give_back, _key),
    "bank_details_differ": Deed("Have the supplier confirm the account", confirm_account, _key),
    "bill_above_order": Deed("Order two more, and receive them", receive_more),
    "intercompany_one_sided": Deed("Let the other company book its side", book_other_side, _key_and_amount),
    "reversed_in_ledger": Deed("Reverse the reversal in Odoo", reverse_back),
    "schedule_differs": Deed("Correct the schedule in Chargebee", state_schedule, _key),
    "unbalanced_journal": Deed("Send the journal again, balanced", send_journal, _balanced),
    "unreadable_file:services": Deed("Send the journal again, with values", send_journal, _with_values),
}

# What whoever is asked about a case answers, by company and cause.
ANSWERS: dict[str, str] = {
    "deposit_differs_from_payout": "The bank: it kept that of the payout as its charge. Match what is left in transit, with a write-off.",
    "order_edited_after_payout": "The customer: the rest comes by transfer. Accept the edit.",
    "refund_failed": "The customer's card was closed: they were paid by transfer on 2 November. Accept it with that.",
    "unreadable_file:distributor": "The bank: it was sent by mistake, and there is no other file of that day. Accept it with that.",
    "imported_by_another_connector": "Sales: the other connector's invoice is the right one. Exclude this one.",
    "duplicate_bill": "The supplier: it is the same bill once more. Exclude it.",
    "duplicate_payroll_run": "The payroll bureau: it is the same run once more. Exclude it.",
    "paid_already": "Treasury: it was paid on the bank's own page. Exclude the payment.",
    "payment_returned": "The bank: its own mistake; the next run paid the bills once more. Accept it with that.",
    "tax_engine_down": "The tax engine answers again, and says the same. Accept it with that.",
    "unknown_tax": "The tax desk: it is a sales tax like the others of that state. Fill in the mapping.",
    "unmapped_account": "Accounting: a tip is revenue of the shop. Fill in the mapping.",
    "unknown_dimension": "Controlling: 999 is Delivery. Fill in the mapping.",
}


def answer_of(kind: str, cause: str) -> str:
    """What whoever is asked about a cause answers; "" where nobody has to say anything."""
    return next((ANSWERS[name] for name in (f"{cause}:{kind}", cause) if name in ANSWERS), "")


def deed_of(kind: str, cause: str) -> str:
    """The deed of a company's people about a cause; "" where there is none."""
    return next((name for name in (f"{cause}:{kind}", cause) if name in DEEDS), "")
