"""What a movement, a dispute or a bank's line belongs to, by the key that it names: a payout, a credit note, a charge.

A refund that names none belongs to a credit note of its order of just its amount, of which no other refund is: one that was made
at the provider itself, and not by the shop, knows its payment alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tieout.documents import CreditNote, ProviderMovement, decode_document
from tieout.processes.facts import PayoutFact, UnappliedPayment
from tieout.processes.sources import Asking, FactSource, Found, Keys, Row, Scope


def _asks(asking: Asking, scope: Scope) -> Keys:
    keys = asking.keys
    return {"keys": [key for key in (keys.payout_key, keys.refund_key, keys.payment_key) if key]}


def _by_link(rows: Sequence[Row], scope: Scope) -> Found:
    last = {row["link_key"]: row for row in rows}
    # Of one that somebody changed past us nothing is known; an earlier one would not be what stands.
    return {key: row for key, row in last.items() if row["effect_body"]}


def _fields(asking: Asking, found: Found, scope: Scope) -> Mapping[str, Any]:
    keys = asking.keys
    payout, credit, charge = (found.get(k) for k in (keys.payout_key, keys.refund_key, keys.payment_key))
    return {
        "credit_note": credit["external_id"] if credit else "",
        "payout": PayoutFact(
            effect=payout["external_id"], match=payout["line_match"] or "", amount=-payout["amount"]
        )
        if payout
        else None,
        "payment": UnappliedPayment(
            effect=charge["external_id"],
            account=charge["counter"] or "",
            amount=charge["amount"],
            company=charge["company"],
            key=keys.payment_key,
        )
        if charge and charge["effect"] == "charge"
        else None,
    }


LINKED = FactSource(
    name="linked", module=__name__, asks=_asks, rows=_by_link, fields=_fields, told_of_changed=True
)


def _told(rows: Sequence[Row], scope: Scope) -> Found:
    return {row["link_key"]: [row["source_key"]] for row in rows}


REFUNDS_TOLD = FactSource(name="refunds_told", module=__name__, rows=_told)


def _of_order(rows: Sequence[Row], scope: Scope) -> Found:
    """By order: its credit notes with what is to be paid back of them, and its refunds, each as it was told last."""
    known: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        document = decode_document(row["content"].encode())
        if isinstance(document, CreditNote) and not document.adjusts:
            told = {
                "note": row["note"] or "",
                "key": document.key,
                "names": "",
                "amount": document.total.value,
            }
        elif isinstance(document, ProviderMovement) and document.category == "refund":
            told = {
                "note": "",
                "key": document.key,
                "names": document.refund_key,
                "amount": document.gross.value,
            }
        else:
            continue
        told["currency"] = document.currency
        known.setdefault(row["order_key"], {})[f"{row['interface']} {document.key}"] = told
    return {order: tuple(told.values()) for order, told in known.items()}


REFUNDS_OF_ORDER = FactSource(name="refunds_of_order", module=__name__, rows=_of_order)


def own_credit_notes(refund: ProviderMovement, told: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The credit notes that a refund which names none may be of, among what is `told` of its order: booked, of just its amount, and
    named by no refund."""
    named = {t["names"] for t in told}
    return [
        t
        for t in told
        if t["amount"] == -refund.gross.value
        and t["currency"] == refund.currency
        and t["note"]
        and t["key"] not in named
    ]


def place_of(refund: ProviderMovement, told: Sequence[Mapping[str, Any]]) -> int | None:
    """Which of the refunds of its order and amount that name no credit note it is, from 0, in the order in which they came; None as
    long as it is not kept, for then nobody knows."""
    alike = [
        t["key"]
        for t in told
        if not t["note"] and not t["names"] and t["amount"] == refund.gross.value and t["currency"] == refund.currency
    ]  # fmt: skip
    return alike.index(refund.key) if refund.key in alike else None
