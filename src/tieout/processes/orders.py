"""How orders stand, as plans read it: billed, on their way, held, or paid for and not billed yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import UNSET

from tieout.documents import CustomerInvoice, decode_document, order_number
from tieout.documents.states import DocumentState
from tieout.processes.deposit_taxes import sale_of, taxed_on_receipt
from tieout.processes.facts import OrderFact, OrderState
from tieout.processes.sources import Asking, FactSource, Found, Keys, Row, Scope

_STATES: dict[str, OrderState] = {
    DocumentState.POSTED: OrderState.POSTED,
    DocumentState.PLANNED: OrderState.PLANNED,
    DocumentState.REFUSED: OrderState.EXCEPTION,
    DocumentState.EXCLUDED: OrderState.EXCLUDED,
}
_BY_NUMBER = "number:"


def _asks(asking: Asking, scope: Scope) -> Keys:
    key, references = asking.keys.order_key, asking.keys.references
    if key.startswith(_BY_NUMBER):
        references = (*references, key.removeprefix(_BY_NUMBER))
    return {"orders": (key,) if key else (), "references": references}


def _state(row: Row, on_fulfilment: bool) -> OrderState | None:
    if row["state"] != DocumentState.NORMALISED:
        return _STATES.get(row["state"])
    if (row["reason"] or "").startswith("approval "):
        # It waits for people: what is paid for it is booked, and taken in by it later.
        return OrderState.EXCEPTION
    return OrderState.DEPOSIT if on_fulfilment else None


def _orders(rows: Sequence[Row], scope: Scope) -> Found:
    """By order key, by reference ("ref:" before it) and by number: each as it was told last, but for an edit that
    waits or became a case, which does not undo the invoice that stands."""
    facts: dict[str, OrderFact] = {}
    for row in rows:
        shop = scope.release.interfaces.get(row["interface"])
        on_fulfilment = shop is not None and shop.option("invoice_on") == "fulfilment"
        state = _state(row, on_fulfilment)
        earlier = facts.get(row["order_key"])
        if state is None or (
            earlier is not None and earlier.invoice and state in (OrderState.EXCEPTION, OrderState.DEPOSIT)
        ):
            continue
        order = decode_document(row["content"].encode())
        assert isinstance(order, CustomerInvoice)
        fact = OrderFact(
            state=state,
            reason=row["reason"] or "",
            on_fulfilment=on_fulfilment,
            invoice_on=date.fromisoformat(row["invoice_on"]) if row["invoice_on"] else None,
            party=order.party,
            system=shop.system if shop else "",
            invoice=row["invoice"] or "",
            partner=row["partner"] or "",
            number=row["link_key"],
            match=row["match"] or "",
            total=order.total.value,
            currency=row["currency"],
            paid_out=row["paid_out"],
            sale=sale_of(order) if shop and on_fulfilment and taxed_on_receipt(scope.entity, shop) else UNSET,
        )
        facts[row["order_key"]] = fact
        facts["ref:" + row["link_key"]] = fact
        facts[order_number(row["link_key"])] = fact
    return facts


def _names(asking: Asking) -> Iterable[str]:
    if asking.keys.order_key:
        yield asking.keys.order_key
    for reference in asking.keys.references:
        yield "ref:" + reference


def _order(asking: Asking, found: Found, scope: Scope) -> Mapping[str, Any]:
    return {"order": next((found[name] for name in _names(asking) if name in found), None)}


ORDERS = FactSource(name="orders", module=__name__, asks=_asks, rows=_orders, fields=_order)
