"""What each provider's settlement report means: its own words for movements, and what a payout is.

Adyen: settlement details report, journal types. PayPal: settlement report, transaction event codes
(T-codes). Shopify Payments: payout transactions export. Sources: the vendors' pages of these
names. A word that is not listed is kept as it is, and becomes a case: nothing is guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

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
# T-codes by the way of their money (1 in, -1 out, 0 either): PayPal, "Transaction event codes". Of a code that is here with another
# way, and of the rest (what we pay by PayPal ourselves, debit and credit cards, bonuses, buyer credit, transfers between
# accounts, reversals of these, "other"), nobody knows what it means in these books: it is a case.
_PAYPAL = (
    (r"T00\d\d", 1, "charge"),
    (r"T1107", -1, "refund"),
    (r"T1106|T1110|T1201|T1207", -1, "dispute"),
    (r"T1111|T1202|T1205", 1, "dispute_reversal"),
    (r"T01\d\d", 0, "fee"),
    (r"T1108|T1109", 1, "fee"),
    (r"T02\d\d", 0, "exchange"),
    (r"T03\d\d", 1, "topup"),
    (r"T04\d\d", -1, "payout"),
    (r"T1101", 1, "payout_reversal"),
    (r"T1105|T15\d\d|T21\d\d", 0, "reserve"),
    (r"T1200|T1203|T1204|T19\d\d", 0, "other"),
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
        # A fee may be all of it: which way it went is said by what it was before.
        gross = line.amount - sum((c.amount for c in line.charges), Decimal(0))
        way = (gross > 0) - (gross < 0)
        words = (w for pattern, sign, w in _PAYPAL if sign in (0, way) and re.fullmatch(pattern, code))
        return next(words, code or "unknown")


PROVIDERS = {
    p.name: p
    for p in (
        Provider("adyen", "csv", "csv-adyen-settlement", composed=True, payout_is_line=True),
        Provider("paypal", "paypal", "", composed=False, payout_is_line=True),
        Provider("shopify_payments", "csv", "csv-shopify-payouts", composed=True, payout_is_line=False),
    )
}
