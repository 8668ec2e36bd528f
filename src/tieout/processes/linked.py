"""What a movement, a dispute or a bank's line belongs to, by the key that it names: a payout, a credit note, a charge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
