"""Shopify Payments of a simulated shop: its balance, and payouts of it, as `shopifyPaymentsAccount` tells them.

Shapes are published (`shopify_schema.py`). Amounts are signed as they move the balance; a fee is positive and taken off:
net = amount - fee (shopify.dev, REST, Shopify Payments transactions: "net": the amount less the fee). A payout is a transfer out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tieout_sandbox.simulators.shopify_view import paged


class ShopifyPayments:
    """One account in one currency for each movement; nothing is paid out before `pay_out`."""

    def __init__(self, currency: str, first: int = 7_000_000) -> None:
        self.currency, self._ids = currency, first
        self.movements: list[dict[str, Any]] = []
        self.payouts: list[dict[str, Any]] = []
        self.disputes: list[dict[str, Any]] = []

    def _id(self) -> int:
        self._ids += 3
        return self._ids

    def money(self, value: Decimal, currency: str = "") -> dict[str, str]:
        """An amount as a MoneyV2 of two decimals."""
        return {"amount": f"{value:.2f}", "currencyCode": currency or self.currency}

    def move(
        self,
        kind: str,
        amount: Decimal,
        fee: Decimal,
        at: datetime,
        order: tuple[str, str] | None = None,
        transaction: int | None = None,
        source: tuple[str, int] | None = None,
        test: bool = False,
        currency: str = "",
    ) -> dict[str, Any]:
        """A movement of the balance: a charge, a refund (negative), a fee; of an order (its id and name)."""
        number = self._id()
        row = {
            "id": f"gid://shopify/ShopifyPaymentsBalanceTransaction/{number}",
            "type": kind,
            "test": test,
            "transactionDate": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "amount": self.money(amount, currency),
            "fee": self.money(fee, currency),
            "net": self.money(amount - fee, currency),
            "sourceId": source[1] if source else number + 1,
            "sourceType": source[0] if source else None,
            "sourceOrderTransactionId": transaction,
            "adjustmentReason": None,
            "associatedOrder": {"id": order[0], "name": order[1]} if order else None,
            "associatedPayout": {"id": None},
            "adjustmentsOrders": [],
        }
        self.movements.append(row)
        return row

    def pay_out(self, at: datetime, status: str = "PAID", currency: str = "") -> dict[str, Any]:
        """All of a currency that is not paid out yet; below zero it is taken from the bank."""
        paid_in = currency or self.currency
        open_rows = [
            r
            for r in self.movements
            if r["associatedPayout"]["id"] is None and not r["test"] and r["net"]["currencyCode"] == paid_in
        ]
        net = sum((Decimal(r["net"]["amount"]) for r in open_rows), Decimal(0))
        number = self._id()
        gid = f"gid://shopify/ShopifyPaymentsPayout/{number}"
        for row in open_rows:
            row["associatedPayout"] = {"id": gid}
        payout = {
            "id": gid,
            "legacyResourceId": str(number),
            "issuedAt": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "status": status,
            "transactionType": "DEPOSIT" if net >= 0 else "WITHDRAWAL",
            "externalTraceId": f"TRACE{number}" if status == "PAID" else None,
            "net": self.money(net, currency),
        }
        self.payouts.append(payout)
        transfer = self.move("TRANSFER", -net, Decimal(0), at, source=("TRANSFER", number), currency=currency)
        transfer["associatedPayout"] = {"id": gid}
        return payout

    def come_back(
        self, payout: dict[str, Any], at: datetime, kind: str = "TRANSFER_FAILURE"
    ) -> dict[str, Any]:
        """The bank declined a payout, or Shopify cancelled it (TRANSFER_CANCEL): its money is in the balance again, and a part of the next
        one."""
        payout["status"] = "CANCELED" if kind == "TRANSFER_CANCEL" else "FAILED"
        net = Decimal(payout["net"]["amount"])
        source = ("TRANSFER", int(payout["legacyResourceId"]))
        return self.move(kind, net, Decimal(0), at, source=source, currency=payout["net"]["currencyCode"])

    def open_dispute(
        self,
        order: dict[str, Any],
        amount: Decimal,
        fee: Decimal,
        at: datetime,
        transaction: int,
        currency: str = "",
    ) -> dict[str, Any]:
        """A chargeback of an order: its amount is withdrawn, with a fee."""
        number = self._id()
        dispute = {
            "id": f"gid://shopify/ShopifyPaymentsDispute/{number}",
            "legacyResourceId": str(number),
            "status": "NEEDS_RESPONSE",
            "type": "CHARGEBACK",
            "amount": self.money(amount, currency),
            "initiatedAt": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "finalizedOn": None,
            "reasonDetails": {"reason": "FRAUDULENT"},
            "order": order["id"],
        }
        self.disputes.append(dispute)
        named, source = (order["id"], order["name"]), ("DISPUTE", number)
        self.move("DISPUTE_WITHDRAWAL", -amount, fee, at, named, transaction, source, currency=currency)
        return dispute

    def close_dispute(self, dispute: dict[str, Any], won: bool, at: datetime) -> None:
        """Won: amount and fee come back. Lost: nothing moves any more."""
        dispute.update(
            status="WON" if won else "LOST", finalizedOn=at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        )
        source = ("DISPUTE", int(dispute["legacyResourceId"]))
        (taken,) = (
            r
            for r in self.movements
            if (r["sourceType"], r["sourceId"]) == source and r["type"] != "DISPUTE_REVERSAL"
        )
        if won:
            amount, fee = (-Decimal(taken[k]["amount"]) for k in ("amount", "fee"))
            order = taken["associatedOrder"]
            self.move("DISPUTE_REVERSAL", amount, fee, at, (order["id"], order["name"]), taken["sourceOrderTransactionId"],
                      source, currency=taken["net"]["currencyCode"])  # fmt: skip

    def root(self, told: Callable[[str], Any]) -> dict[str, Any]:
        """What `shopifyPaymentsAccount` answers; `told` is an order as the shop tells it."""
        return {
            "balanceTransactions": self._balance,
            "payouts": self._payouts,
            "disputes": lambda info, query="", **asked: self._disputes(info, told, query, **asked),
            "defaultCurrency": self.currency,
        }

    def _balance(
        self,
        info: Any,
        query: str = "",
        hideTransfers: bool = False,
        sortKey: str = "PROCESSED_AT",
        **asked: Any,
    ) -> dict[str, Any]:
        rows = _since(self.movements, "transactionDate", "processed_at", query)
        if wanted := re.search(r"payments_transfer_id:(\d+)", query or ""):
            rows = [r for r in rows if str(r["associatedPayout"]["id"]).endswith(f"/{wanted[1]}")]
        if hideTransfers:
            rows = [r for r in rows if r["type"] != "TRANSFER"]
        return paged(rows)(info, **asked)

    def _payouts(
        self, info: Any, query: str = "", sortKey: str = "ISSUED_AT", **asked: Any
    ) -> dict[str, Any]:
        return paged(_since(self.payouts, "issuedAt", "issued_at", query))(info, **asked)

    def _disputes(self, info: Any, told: Callable[[str], Any], query: str, **asked: Any) -> dict[str, Any]:
        rows = _since(self.disputes, "initiatedAt", "initiated_at", query)
        return paged([{**row, "order": told(row["order"])} for row in rows])(info, **asked)


def _since(rows: list[dict[str, Any]], field: str, name: str, query: str) -> list[dict[str, Any]]:
    found = re.search(rf"{name}:>='([^']+)'", query or "")
    since = datetime.fromisoformat(found[1]) if found else None
    kept = [r for r in rows if since is None or datetime.fromisoformat(r[field]) >= since]
    return sorted(kept, key=lambda r: (r[field], r["id"]))
