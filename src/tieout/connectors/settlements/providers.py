"""What each provider's settlement report means: its own words for movements, and what a payout is.

Adyen: settlement details report, journal types (docs.adyen.com/reporting/settlement-reconciliation/transaction-level/
settlement-details-report, and its earlier page "Journal types", read in November 2026). PayPal: transaction event codes
(`tieout.formats.paypal.codes`). Shopify Payments: payout transactions export. Stripe's itemised reports are no statements: see `stripe`. What an interface declares under `movements` comes before
all of it. A word that neither lists is kept as it is, and becomes a case: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tieout.connector_api import CATEGORIES, declared_movement
from tieout.connector_api.paypal import category_of
from tieout.connector_api.stripe import PROVIDER as STRIPE
from tieout.formats import Line
from tieout.formats.paypal.codes import way_of

# By Adyen's word in small letters: it is written both BalanceTransfer and Balancetransfer. "" where books differ on what it is.
_ADYEN = {
    "settled": "charge",
    "settledinstallment": "charge",
    # Where sales are paid out by their day, what is sent to be settled counts as settled.
    "sentforsettle": "charge",
    "settledreversed": "capture_reversal",
    "capturefailed": "capture_reversal",
    "refunded": "refund",
    "refundedinstallment": "refund",
    "sentforrefund": "refund",
    "refundedreversed": "refund_failure",
    "refundfailed": "refund_failure",
    "refundnotcleared": "refund_failure",
    "chargeback": "dispute",
    "secondchargeback": "dispute",
    "chargebackreversed": "dispute_reversal",
    "fee": "fee",
    "misccosts": "fee",
    "paymentcost": "fee",
    "settlecost": "fee",
    "authorisationschemefee": "fee",
    "invoicededuction": "fee",
    "depositcorrection": "reserve",
    "reserveadjustment": "reserve",
    # What one batch hands to the next: it nets to zero over both.
    "balancetransfer": "reserve",
    "manualcorrection": "other",
    "manualcorrected": "other",
    # A transfer of ours that Adyen matched; money that it collected from us.
    "matchedstatement": "topup",
    "merchantpayin": "topup",
    "merchantpayinreversed": "topup",
    "merchantpayout": "payout",
    "bankinstructionreturned": "payout_reversal",
    # What we pay to others by Adyen.
    "paidout": "spending",
    "paidoutreversed": "spending",
}
_SHOPIFY = {
    "charge": "charge",
    "refund": "refund",
    "refund_failure": "refund_failure",
    "chargeback": "dispute",
    "chargeback won": "dispute_reversal",
    "dispute": "dispute",
    "adjustment": "other",
    "reserve": "reserve",
    "payout": "payout",
    "payout_failure": "payout_reversal",
    "payout_cancellation": "payout_reversal",
}


@dataclass(frozen=True)
class Provider:
    """`format` and `dialect` are of its file; `composed` says that a statement's lines are what
    its payout pays out; `payout_is_line` that the payout itself stands among them; `by_id` that its report names
    payouts by a number, where they are else named by their day."""

    name: str
    format: str
    dialect: str
    composed: bool
    payout_is_line: bool
    by_id: bool = False

    def category(self, line: Line, options: Mapping[str, Any]) -> str:
        """Our word for a line; the provider's own where we know none."""
        code, way = line.bank_code.strip(), way_of(line)
        if self.name == "paypal":
            return category_of(code, way, options)
        known = _ADYEN if self.name == "adyen" else _SHOPIFY
        word = declared_movement(options, code, way) or known.get(code.lower(), "")
        if word == "dispute" and self.name == "shopify_payments" and way > 0:
            word = "dispute_reversal"
        # A word of the provider's that happens to be one of ours is not known by that.
        return word or (f"{self.name} {code}" if code in CATEGORIES else code) or "unknown"


PROVIDERS = {
    p.name: p
    for p in (
        Provider("adyen", "csv", "csv-adyen-settlement", composed=True, payout_is_line=True),
        Provider("paypal", "paypal", "", composed=False, payout_is_line=True),
        Provider("shopify_payments", "csv", "csv-shopify-payouts", composed=True, payout_is_line=False),
    )
}

NAMES = tuple(sorted((*PROVIDERS, STRIPE)))
# Whose reports tell of each movement by the key that it has in their API: they are read row by row, and are no statement of lines.
ITEMISED = (STRIPE,)


def is_itemised(options: Mapping[str, Any]) -> bool:
    """Whether an interface's files are reports of single movements. Raises ValueError where an option is of others."""
    if options.get("provider") not in ITEMISED:
        return False
    if options.get("payouts", "day") != "day":
        raise ValueError("payouts is said of shopify_payments alone: stripe names its payouts itself")
    return True


def provider_of(options: Mapping[str, Any]) -> Provider:
    """The provider that an interface declares, as its reports are read. Raises ValueError where there is none such."""
    name, payouts = str(options.get("provider", "")), options.get("payouts", "day")
    if name not in PROVIDERS:
        raise ValueError(f"provider = {name!r}: expected one of {', '.join(NAMES)}")
    if payouts == "day":
        return PROVIDERS[name]
    if name != "shopify_payments":
        raise ValueError(
            f"payouts = {payouts!r} is said of shopify_payments alone: {name} names its payouts itself"
        )
    return replace(PROVIDERS[name], dialect="csv-shopify-payouts-id", by_id=True)
