"""What each provider's settlement report means: its own words for movements, and what a payout is.

Adyen: settlement details report, journal types. PayPal: settlement report, transaction event codes
(T-codes). Shopify Payments: payout transactions export. Sources: the vendors' pages of these
names. A word that is not listed is kept as it is, and becomes a case: nothing is guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tieout.formats import Line

_ADYEN = {
    "Settled": "charge",
    "SettledReversed": "capture_reversal",
    "Refunded": "refund",
    "RefundedReversed": "refund_failure",
    "Chargeback": "dispute",
    "SecondChargeback": "dispute",
    "ChargebackReversed": "dispute_reversal",
    "Fee": "fee",
    "MiscCosts": "fee",
    "PaymentCost": "fee",
    "InvoiceDeduction": "fee",
    "DepositCorrection": "reserve",
    "ReserveAdjustment": "reserve",
    # What one batch hands to the next: it nets to zero over both.
    "Balancetransfer": "reserve",
    "ManualCorrection": "other",
    "MerchantPayout": "payout",
    "BankInstructionReturned": "payout_reversal",
}
_SHOPIFY = {
    "charge": "charge",
    "refund": "refund",
    "refund_failure": "refund_failure",
    "chargeback": "dispute",
    "chargeback won": "dispute_reversal",
    "adjustment": "other",
    "reserve": "reserve",
    "payout": "payout",
    "payout_failure": "payout_reversal",
}
_PAYPAL = (
    (r"T1107", "refund"),
    (r"T1106|T1110|T1201", "dispute"),
    (r"T1111|T1202", "dispute_reversal"),
    (r"T01\d\d", "fee"),
    (r"T02\d\d", "exchange"),
    (r"T04\d\d", "payout"),
    (r"T15\d\d|T21\d\d", "reserve"),
    (r"T12\d\d|T19\d\d", "other"),
)


@dataclass(frozen=True)
class Provider:
    """`format` and `dialect` are of its file; `composed` says that a statement's lines are what
    its payout pays out; `payout_is_line` that the payout itself stands among them."""

    name: str
    format: str
    dialect: str
    composed: bool
    payout_is_line: bool

    def category(self, line: Line) -> str:
        """Our word for a line; the provider's own where we know none."""
        code = line.bank_code.strip()
        if self.name == "adyen":
            return _ADYEN.get(code, code or "unknown")
        if self.name == "shopify_payments":
            return _SHOPIFY.get(code.lower(), code or "unknown")
        if re.fullmatch(r"T00\d\d", code):
            return "charge" if line.amount > 0 else "other"
        return next((word for pattern, word in _PAYPAL if re.fullmatch(pattern, code)), code or "unknown")


PROVIDERS = {
    p.name: p
    for p in (
        Provider("adyen", "csv", "csv-adyen-settlement", composed=True, payout_is_line=True),
        Provider("paypal", "paypal", "", composed=False, payout_is_line=True),
        Provider("shopify_payments", "csv", "csv-shopify-payouts", composed=True, payout_is_line=False),
    )
}
