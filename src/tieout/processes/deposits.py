"""Money that came before its invoice, and what becomes of it.

Payment          Dr clearing            Cr customer deposits (or unapplied, named for its cause)
Given back early Dr customer deposits   Cr clearing
Invoice          Dr receivable          Cr revenue, tax
Taken in         Dr customer deposits   Cr receivable, on the later of both days

A shop that bills on fulfilment books every payment as a deposit, also one that comes after its
invoice: so the books are the same in whatever order events arrive. A deposit is no monetary
item: it is taken in at the company amount that it was booked with (IFRIC 22), so only the
receivable can leave an exchange difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tieout.documents import EntryPosting, LedgerLine, MatchRequest
from tieout.processes.external_ids import applied_external_id, match_key, partner_external_id
from tieout.processes.facts import BILLED, OrderFact, OrderState, UnappliedPayment
from tieout.processes.recipe import Context, Effect
from tieout.processes.sources import Asking, FactSource, Found, Keys, Row, Scope

ACCOUNT = "customer_deposits"
CANCELLED = "cancelled_before_fulfilment"


def is_deposit(order: OrderFact) -> bool:
    """Whether payments of the order are deposits: whatever else it is, nothing is wrong with it."""
    cancelled = order.state == OrderState.EXCLUDED and order.reason == CANCELLED
    return order.on_fulfilment and (cancelled or order.state in (*BILLED, OrderState.DEPOSIT))


def partner_of(order: OrderFact) -> str:
    """The external id of the order's customer, also before anything made it; "" if none."""
    if order.partner or order.party is None:
        return order.partner
    return partner_external_id(order.system, order.party.key)


def order_match(ctx: Context, order_key: str) -> str:
    """The key under which the ledger pairs an order's invoice and its payments.

    None in a foreign currency: there the ledger must be asked to reconcile, for it books the
    exchange difference only then.
    """
    return "" if ctx.foreign_currency else match_key(ctx.entity.code, "order", order_key)


def deposit_match(ctx: Context, payment_key: str) -> str:
    """The key under which a deposit, what is given back of it and its use are paired."""
    return "" if ctx.foreign_currency else match_key(ctx.entity.code, "deposit", payment_key)


def match_effects(ctx: Context, name: str, left: str, right: Effect, account: str) -> list[Effect]:
    """The effect that reconciles `left` and `right` on `account`."""
    body = MatchRequest(left=left, right=right.external_id, account=account)
    return [ctx.effect(f"match_{name}", body, requires=(left, right.external_id), lane=f"match.{account}")]


def apply_deposit(
    ctx: Context, name: str, payment: UnappliedPayment, order_key: str, invoice: str, partner: str, on: date
) -> list[Effect]:
    """Dr where the payment waits, Cr receivable, and both matched. Its external id is the
    payment's: whichever document asks for it, it is made once."""
    receivable = ctx.account("receivable")
    amount, company = payment.amount, payment.company
    body = EntryPosting(
        journal=ctx.journal("misc"),
        on=max(on, payment.on or on),
        reference=f"apply {payment.key}",
        currency=ctx.document.currency,
        lines=(
            LedgerLine(
                account=payment.account,
                amount=amount,
                company=company,
                name="applied",
                partner=partner,
                match=deposit_match(ctx, payment.payment_key) if payment.payment_key else "",
            ),
            LedgerLine(
                account=receivable,
                amount=-amount,
                company=-company,
                name="applied",
                partner=partner,
                match=order_match(ctx, order_key),
            ),
        ),
    )
    main = ctx.effect(
        name,
        body,
        ledger=True,
        requires=(invoice, payment.effect),
        external_id=applied_external_id(payment.effect),
    )
    return [
        main,
        *match_effects(ctx, name, invoice, main, receivable),
        *match_effects(ctx, f"{name}p", payment.effect, main, payment.account),
    ]


def _asks(asking: Asking, scope: Scope) -> Keys:
    return {"orders": asking.keys.takes_in}


def _by_order(rows: Sequence[Row], scope: Scope) -> Found:
    """What is left of each payment, by the order that it waits for; of one that was given back whole nothing is."""
    # Where somebody changed the payment or what was given back of it past us, nobody knows what is left: nothing is taken in.
    changed = {row["link_key"] for row in rows if not row["effect_body"]}
    rows = [row for row in rows if row["link_key"] not in changed]
    charges = {row["link_key"]: dict(row) for row in rows if row["effect"] == "charge"}
    for row in rows:
        # What was given back is matched with its charge: less of that is left.
        if row["effect"] != "charge" and row["link_key"] in charges:
            charges[row["link_key"]]["amount"] += row["amount"]
            charges[row["link_key"]]["company"] += row["company"]
    found: dict[str, list[UnappliedPayment]] = {}
    for row in charges.values():
        fact = UnappliedPayment(
            effect=row["external_id"],
            account=row["unapplied_account"],
            amount=row["amount"],
            company=row["company"],
            key=row["source_key"],
            payment_key=row["link_key"],
            on=row["accounting_on"],
        )
        if fact.amount:
            found.setdefault(row["order_key"], []).append(fact)
    return found


def _fields(asking: Asking, found: Found, scope: Scope) -> Mapping[str, Any]:
    return {"unapplied": tuple(p for name in asking.keys.takes_in for p in found.get(name, ()))}


UNAPPLIED = FactSource(
    name="unapplied_payments",
    module=__name__,
    asks=_asks,
    rows=_by_order,
    fields=_fields,
    told_of_changed=True,
)
