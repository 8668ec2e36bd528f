"""Stripe's itemised reports to movements of its balance and to what its automatic payouts paid out. Pure.

A movement is the one that Stripe's API tells: its key is its balance transaction's, so that whichever report or way tells of it, it is one. What its API says
beside (the type within a reporting category, the name of who paid) no report says, and how disputes stand neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieout.connector_api.stripe import OF_PAYMENTS, PROVIDER, stripe_word
from tieout.connectors.settlements.itemised import ReportRow, read_itemised
from tieout.documents import Document, PayoutComposition, ProviderMovement
from tieout.money import Amount


def itemised(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """The movements of a report, and of the payout reconciliation report what each automatic payout paid out. Raises ValueError."""
    report = read_itemised(raw, options)
    found: list[Document] = [_movement(row, options) for row in report.rows]
    if report.by_payout:
        payouts: dict[str, list[ReportRow]] = {}
        for row in report.rows:
            if row.paid_out:
                payouts.setdefault(row.paid_out, []).append(row)
        found += [_composition(key, rows) for key, rows in payouts.items()]
    return found


def _movement(row: ReportRow, options: Mapping[str, Any]) -> ProviderMovement:
    gross = row.gross.value
    kind = stripe_word("", row.category, (gross > 0) - (gross < 0), options)
    order = f"payment_metadata[{options.get('order_metadata', 'order_id')}]"
    refund = f"refund_metadata[{options.get('refund_metadata', 'refund_id')}]"
    return ProviderMovement(
        key=row.key,
        occurred_at=row.at,
        currency=row.gross.currency,
        control_group=row.category,
        provider=PROVIDER,
        category=kind,
        gross=row.gross,
        fee=row.fee,
        net=row.net,
        order_key=row.said.get(order, "") if kind in OF_PAYMENTS else "",
        refund_key=row.said.get(refund, ""),
        payment_key=row.charge or row.source,
        payout_key=row.source if kind.startswith("payout") else "",
        automatic=options.get("payout_schedule", "automatic") == "automatic",
        description=row.said.get("description", ""),
    )


def _composition(payout: str, rows: list[ReportRow]) -> PayoutComposition:
    """What a payout paid out. Where its own row stands among them, it is what they come to. Raises ValueError."""
    currencies = {row.net.currency for row in rows}
    if len(currencies) > 1:
        raise ValueError(
            f"payout {payout} pays out {' and '.join(sorted(currencies))}: a payout has one currency"
        )
    own = [row for row in rows if row.category == "payout"]
    members = [row for row in rows if row.category != "payout"]
    currency = currencies.pop()
    total, stated = (sum((r.net for r in some), Amount.zero(currency)) for some in (members, own))
    if own and stated != -total:
        raise ValueError(f"payout {payout}: its movements come to {total}, its own row says {-stated}")
    return PayoutComposition(
        key=f"{payout}:composition",
        occurred_at=max(row.paid_at or row.at for row in rows),
        currency=currency,
        provider=PROVIDER,
        payout_key=payout,
        movement_keys=tuple(sorted(row.key for row in members)),
    )
