"""What a company's people do outside of Tieout about a planted fault, as its case says: at its source, in Odoo, at the bank.

On the sandbox nobody can sign in to Odoo or Stripe: a button does it. Each deed is written into the company's diary with what it
needs to know, and is done again by that where the company goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tieout.store import Connection
from tieout_sandbox.services.buying_faults import FORGED
from tieout_sandbox.services.planted_faults import TURNED

Given = dict[str, Any]


@dataclass(frozen=True)
class Deed:
    """`label` is its button's; `facts` reads what it needs to know of an open case; `act` does it, and says what it did."""

    label: str
    act: Callable[..., str]
    facts: Callable[[Connection, Given], Given] = lambda connection, case: {}


# Odoo, as an accountant


def _odoo(living: Any, model: str, method: str, entity: str = "US", **body: Any) -> Any:
    context = {"allowed_company_ids": [living.scenario.companies[entity].id], **body.pop("context", {})}
    return living.admin.call(model, method, context=context, **body)


def _account(living: Any, code: str) -> int:
    return int(_odoo(living, "account.account", "search", domain=[["code", "=", code]])[0])


def reopen(living: Any) -> str:
    """The month's books are opened again in Odoo, of every company."""
    for code, company in living.scenario.companies.items():
        values = {"fiscalyear_lock_date": False}
        _odoo(living, "res.company", "write", code, ids=[company.id], vals=values)
    return "October is open again in Odoo. Plan the case again, and lock the month again afterwards."


def lock(living: Any) -> str:
    """The month's books are locked in Odoo."""
    living.scenario.lock(date(2026, 10, 31))
    return "October is locked in Odoo."


def put_account_back(living: Any, move: int) -> str:
    """An accountant puts the account of an invoice back."""
    domain = [["move_id", "=", move], ["account_id", "=", _account(living, "450000")]]
    wrong = _odoo(living, "account.move.line", "search", domain=domain)
    _odoo(living, "account.move", "button_draft", ids=[move])
    values = {"account_id": _account(living, "400000")}
    _odoo(living, "account.move.line", "write", ids=wrong, vals=values)
    _odoo(living, "account.move", "action_post", ids=[move])
    return "The invoice stands on its account again in Odoo, as the next reading back sees."


def _target(connection: Connection, case: Given) -> Given:
    row = connection.execute(
        "select target_id from tieout.delivery where document_id = %s and effect = 'invoice'",
        (case["document_id"],),
    ).fetchone()
    return {"move": int(row["target_id"]) if row else 0}


def match_again(living: Any, amount: str) -> str:
    """An accountant puts together again what was taken apart."""
    order = next(o for o in living.month.left_open if not o.startswith("payment "))
    domain: list[Any] = [["account_type", "=", "asset_receivable"], ["reconciled", "=", False]]
    due = _odoo(living, "account.move.line", "search_read", domain=[*domain, ["move_id.ref", "=", order]],
                fields=["partner_id"])  # fmt: skip
    partner = due[0]["partner_id"][0]
    theirs = _odoo(living, "account.move.line", "search_read", domain=[*domain, ["partner_id", "=", partner]],
                   fields=["balance"])  # fmt: skip
    paid = [x["id"] for x in theirs if Decimal(str(x["balance"])) == -Decimal(amount)]
    _odoo(living, "account.move.line", "reconcile", ids=[due[0]["id"], paid[0]])
    return f"{order} and its payment are matched again in Odoo."


def _amount(connection: Connection, case: Given) -> Given:
    return {"amount": str(case["amount"])}


def write_invoice(living: Any, amount: str) -> str:
    """Somebody writes in Odoo the invoice that a transfer pays."""
    who = _odoo(living, "res.partner", "create", vals_list=[{"name": "Harbor Industrial"}])[0]
    line = {"name": "Work", "quantity": 1, "price_unit": float(Decimal(amount)), "tax_ids": [[6, 0, []]]}
    values = {
        "move_type": "out_invoice", "partner_id": who, "invoice_date": "2026-11-02", "ref": "OLD-77",
        "invoice_line_ids": [[0, 0, line]],
    }  # fmt: skip
    made = _odoo(living, "account.move", "create", vals_list=[values])
    _odoo(living, "account.move", "action_post", ids=made)
    return (
        f"The invoice OLD-77 of Harbor Industrial over {amount} stands in Odoo: match the transfer with it."
    )


def reverse_back(living: Any) -> str:
    """A reversal is reversed in Odoo."""
    domain = [["ref", "=", TURNED], ["company_id", "=", living.scenario.companies["US"].id]]
    (first,) = _odoo(living, "account.move", "search", domain=domain)
    (back,) = _odoo(living, "account.move", "search", domain=[["reversed_entry_id", "=", first]])
    (move,) = _odoo(living, "account.move", "read", ids=[back], fields=["journal_id"])
    context = {"active_model": "account.move", "active_ids": [back]}
    values = {"journal_id": move["journal_id"][0], "date": "2026-11-02", "reason": "it was right"}
    made = _odoo(living, "account.move.reversal", "create", context=context, vals_list=[values])
    _odoo(living, "account.move.reversal", "refund_moves", ids=made, context=context)
    return "The reversal is reversed in Odoo, as the next reading back sees."


# sources


def _key(connection: Connection, case: Given) -> Given:
    return {"key": case["source_key"]}


def name_customer(living: Any, key: str) -> str:
    """Sales gives a won order its account."""
    row = living.world.salesforce.opportunities[key.partition(":")[2]]
    stamp = living.world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    account = living.month.accounts[0]
    row |= {"AccountId": account["Id"], "SystemModstamp": stamp}
    return f"The order belongs to {account['Name']} in Salesforce now: pull its interface again."


def give_back(living: Any, key: str) -> str:
    """A charge that pays nothing is given back."""
    stripe = living.world.stripe
    charge = next(c for c in stripe.books.charges.values() if c["balance_transaction"] == key)
    stripe.refund(charge, charge["amount"], living.world.clock.now(), {})
    return "The charge is given back in Stripe: its refund comes by itself, or pull its interface again."


def state_schedule(living: Any, key: str) -> str:
    """Billing corrects the schedule that it states."""
    row = living.world.chargebee.rows["invoices"][key.split(":")[1]]
    line = row["line_items"][0]
    stated = line["cf_revenue_schedule"]
    stated[max(stated)] += line["amount"] - sum(stated.values())
    stamp = int(living.world.clock.now().timestamp())
    row |= {"updated_at": stamp, "resource_version": stamp * 1000}
    return "The schedule sums to its line in Chargebee now: pull its interface again."


def confirm_account(living: Any, key: str) -> str:
    """The supplier confirms their account by the number that was known before."""
    buying = living.month.buying
    sent = next(b.sent for b in buying.bills if key.endswith(f":{b.sent.number}"))
    buying.tool.change(
        FORGED, sent.iban, "mia@northwind.example", living.world.clock.now().date() - timedelta(2)
    )
    buying.tell("suppliers")
    return "The supplier's new account came from purchasing: a second person approves it, then plan the case again."


def receive_more(living: Any) -> str:
    """Two more were ordered, and came."""
    tool = living.month.buying.tool
    order = tool.orders["PO-4951"]
    lines = tuple(replace(x, quantity=x.quantity + 2) for x in order.lines)
    tool.orders["PO-4951"] = replace(order, lines=lines)
    day = living.world.clock.now().date() - timedelta(3)
    tool.receive("PO-4951", order.lines[0].line, Decimal(2), day, "mia@northwind.example")
    living.month.buying.tell("orders", "receipts")
    return "Purchasing ordered two more, and they came: plan the case again."


def book_other_side(living: Any, key: str, amount: str) -> str:
    """The other company books its side."""
    fee, pair = Decimal(amount), key.partition(":")[0]
    at = living.month.at(date(2026, 10, 29), 10)
    lines = [("6530", fee, ""), ("IC-US", -fee, "")]
    living.month.journal(at, f"DE-{pair}", lines, entity="DE", pair=pair, partner="US")
    return (
        "The German company sent its side as a journal: it waits for an approval where a policy asks for one."
    )


def _key_and_amount(connection: Connection, case: Given) -> Given:
    return {"key": case["source_key"], "amount": str(case["amount"])}


def send_journal(living: Any, number: str, day: str, amount: str, times: int) -> str:
    """The journal comes once more, as it should have."""
    lines = [("6530", Decimal(amount), "100"), ("2125", -Decimal(amount), "")]
    living.month.journal(living.month.at(date.fromisoformat(day), 10), number, lines, times=times)
    return f"The journal {number} came once more, and balances."


def _balanced(connection: Connection, case: Given) -> Given:
    return {"number": "J-902", "day": "2026-10-07", "amount": "1200.00", "times": 2}


def _with_values(connection: Connection, case: Given) -> Given:
    return {"number": "J-900", "day": "2026-10-20", "amount": "300.00", "times": 1}


def catch_up(living: Any) -> str:
    """What a source's lists did not show yet, they show."""
    living.world.stripe.hidden.clear()
    for shop in living.world.shops.values():
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


def deed_of(kind: str, cause: str) -> str:
    """The deed of a company's people about a cause; "" where there is none."""
    return next((name for name in (f"{cause}:{kind}", cause) if name in DEEDS), "")
