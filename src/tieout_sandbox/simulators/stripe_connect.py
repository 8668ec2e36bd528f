"""What a platform's balance sees of Connect, and what Capital moves in one: on request, since most accounts have neither.

Shapes follow Stripe's published objects (docs.stripe.com/api: application_fees, fee_refunds, transfers, transfer_reversals) and types of
balance transactions (docs.stripe.com/reports/balance-transaction-types): an application fee comes in as `application_fee`, a transfer
to a connected account goes out as `transfer` and comes back as `transfer_refund`; a loan comes in as `financing_payout` and is paid
down by `financing_paydown`, a part of each day's sales; an `advance` is money that was on its way, and is funded back by
`advance_funding`. Amounts are minor units, positive where the words are.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tieout_sandbox.simulators.stripe import Stripe


class Platform:
    """Movements of Connect and Capital in the balance of `account`."""

    def __init__(self, account: Stripe, connected: str = "acct_1TieoutConnected") -> None:
        self._account, self._connected = account, connected

    def application_fee(self, amount: int, currency: str, charge: str, at: datetime) -> dict[str, Any]:
        """What the platform takes of a charge of its connected account: its balance transaction."""
        fee = {
            "id": self._account.named("fee"),
            "object": "application_fee",
            "account": self._connected,
            "amount": amount,
            "amount_refunded": 0,
            "application": "ca_1Tieout",
            "charge": charge,
            "created": int(at.timestamp()),
            "currency": currency.lower(),
            "originating_transaction": None,
            "refunded": False,
        }
        row = self._account.moved("application_fee", "platform_earning", amount, currency, fee, at)
        fee["balance_transaction"] = row["id"]
        return row

    def refund_fee(self, row: dict[str, Any], amount: int, at: datetime) -> dict[str, Any]:
        """Part of an application fee goes back to the connected account."""
        fee = row["source"]
        fee["amount_refunded"] += amount
        fee["refunded"] = fee["amount_refunded"] == fee["amount"]
        refund = {
            "id": self._account.named("fr"),
            "object": "fee_refund",
            "amount": amount,
            "created": int(at.timestamp()),
            "currency": fee["currency"],
            "fee": fee["id"],
            "metadata": {},
        }
        kinds = ("application_fee_refund", "platform_earning_refund")
        return self._account.moved(*kinds, -amount, fee["currency"], refund, at)

    def transfer(self, amount: int, currency: str, at: datetime, of: str | None = None) -> dict[str, Any]:
        """Money of the platform to its connected account; `of` is the charge that it is taken of."""
        transfer = {
            "id": self._account.named("tr"),
            "object": "transfer",
            "amount": amount,
            "amount_reversed": 0,
            "created": int(at.timestamp()),
            "currency": currency.lower(),
            "description": None,
            "destination": self._connected,
            "destination_payment": self._account.named("py"),
            "livemode": False,
            "metadata": {},
            "reversed": False,
            "source_transaction": of,
            "source_type": "card",
            "transfer_group": None,
        }
        return self._account.moved("transfer", "transfer", -amount, currency, transfer, at)

    def reverse(self, row: dict[str, Any], amount: int, at: datetime) -> dict[str, Any]:
        """Part of a transfer comes back."""
        transfer = row["source"]
        transfer["amount_reversed"] += amount
        transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
        reversal = {
            "id": self._account.named("trr"),
            "object": "transfer_reversal",
            "amount": amount,
            "created": int(at.timestamp()),
            "currency": transfer["currency"],
            "destination_payment_refund": None,
            "metadata": {},
            "source_refund": None,
            "transfer": transfer["id"],
        }
        return self._account.moved(
            "transfer_refund", "transfer_reversal", amount, transfer["currency"], reversal, at
        )

    def lend(self, amount: int, currency: str, at: datetime) -> dict[str, Any]:
        """A loan of Capital is paid into the balance."""
        kinds = ("financing_payout", "financing_payout")
        return self._account.moved(*kinds, amount, currency, self._account.named("flxln"), at)

    def withhold(self, amount: int, currency: str, at: datetime) -> dict[str, Any]:
        """A part of the day's sales pays a loan down."""
        kinds = ("financing_paydown", "financing_paydown")
        return self._account.moved(*kinds, -amount, currency, self._account.named("flxlnpd"), at)

    def give_back(self, amount: int, currency: str, at: datetime) -> dict[str, Any]:
        """What was withheld of sales that were refunded comes back."""
        kinds = ("financing_paydown_reversal", "financing_paydown_reversal")
        return self._account.moved(*kinds, amount, currency, self._account.named("flxlnpd"), at)

    def advance(
        self, amount: int, currency: str, at: datetime, funded_at: datetime
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is on its way is paid in before its day, and funded by it on that day."""
        name = self._account.named("adv")
        paid = self._account.moved("advance", "advance", amount, currency, name, at)
        return paid, self._account.moved(
            "advance_funding", "advance_funding", -amount, currency, name, funded_at
        )
