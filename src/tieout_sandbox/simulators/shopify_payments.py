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
    ) -> dict[str, Any]:
        """A movement of the balance: a charge, a refund (negative), a fee; of an order (its id and name)."""
        number = self._id()
        row = {
            "id": f"gid://shopify/ShopifyPaymentsBalanceTransaction/{number}",
            "type": kind,
            "test": test,
            "transactionDate": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "amount": self.money(amount),
            "fee": self.money(fee),
            "net": self.money(amount - fee),
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

    def pay_out(self, at: datetime, status: str = "PAID") -> dict[str, Any]:
        """All that is not paid out yet."""
        open_rows = [r for r in self.movements if r["associatedPayout"]["id"] is None and not r["test"]]
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
            "net": self.money(net),
        }
        self.payouts.append(payout)
        transfer = self.move("TRANSFER", -net, Decimal(0), at, source=("TRANSFER", number))
        transfer["associatedPayout"] = {"id": gid}
        return payout

    def root(self) -> dict[str, Callable[..., Any]]:
        """What `shopifyPaymentsAccount` answers."""
        return {"balanceTransactions": self._balance, "payouts": self._payouts}

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
            rows = [r for r in rows if not r["type"].startswith("TRANSFER")]
        return paged(rows)(info, **asked)

    def _payouts(
        self, info: Any, query: str = "", sortKey: str = "ISSUED_AT", **asked: Any
    ) -> dict[str, Any]:
        return paged(_since(self.payouts, "issuedAt", "issued_at", query))(info, **asked)


def _since(rows: list[dict[str, Any]], field: str, name: str, query: str) -> list[dict[str, Any]]:
    found = re.search(rf"{name}:>='([^']+)'", query or "")
    since = datetime.fromisoformat(found[1]) if found else None
    kept = [r for r in rows if since is None or datetime.fromisoformat(r[field]) >= since]
    return sorted(kept, key=lambda r: (r[field], r["id"]))
