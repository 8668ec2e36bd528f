"""What each of Stripe's balance transactions is: the table from its words to ours, whether its API tells of one or a report.

Stripe says to classify by `reporting_category` (docs.stripe.com/reports/reporting-categories), which parts what `type=adjustment`
mixes: disputes, their reversals, failed refunds. Where that says nothing of its own (`other_adjustment`, or a category that came
after this was written) the `type` does (docs.stripe.com/reports/balance-transaction-types; all of them are in Stripe's OpenAPI
document, `balance_transaction.type`); itemised reports have no type. A project may say another, or one of a word that came later, in its
interface's option `movements`. Whatever nobody says keeps Stripe's own word, under which it becomes a case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieout.connector_api.movements import declared_movement

PROVIDER = "stripe"
# What belongs to an order by its payment, where its own metadata name none.
OF_PAYMENTS = ("charge", "charge_failure", "refund", "refund_failure", "capture_reversal")

BY_CATEGORY: Mapping[str, str] = {
    # of payments
    "charge": "charge",
    "charge_failure": "charge_failure",
    "refund": "refund",
    "refund_failure": "refund_failure",
    "partial_capture_reversal": "capture_reversal",
    "dispute": "dispute",
    "dispute_reversal": "dispute_reversal",
    # A customer's money of which Stripe knew no payment for ninety days: nobody says yet what it pays.
    "unreconciled_customer_funds": "charge",
    # of the balance
    "payout": "payout",
    "payout_reversal": "payout_reversal",
    "topup": "topup",
    "topup_reversal": "topup",
    "inbound_transfer": "topup",
    "inbound_transfer_reversal": "topup",
    "fee": "fee",
    "network_cost": "fee",
    # On Stripe's own fees, which it remits.
    "tax": "fee",
    "risk_reserved_funds": "reserve",
    "payment_network_reserve_hold": "reserve",
    "payment_network_reserve_release": "reserve",
    "payout_minimum_balance_hold": "reserve",
    "payout_minimum_balance_release": "reserve",
    "anticipation_repayment": "financing",
    "financing_payout": "financing",
    "financing_payout_reversal": "financing",
    "financing_paydown": "financing",
    "financing_paydown_reversal": "financing",
    "climate_order_purchase": "contribution",
    "climate_order_refund": "contribution",
    "contribution": "contribution",
    "stripe_balance_payment_debit": "spending",
    "stripe_balance_payment_debit_reversal": "spending",
    "other_adjustment": "other",
    # of Connect
    "platform_earning": "platform_earning",
    "platform_earning_refund": "platform_earning",
    "transfer": "transfer",
    "transfer_reversal": "transfer",
    "connect_collection_transfer": "transfer",
    "connect_reserved_funds": "reserve",
    "advance": "advance",
    "advance_funding": "advance",
    # of Issuing
    "issuing_authorization_hold": "reserve",
    "issuing_authorization_release": "reserve",
    "issuing_transaction": "spending",
    "issuing_disbursement": "spending",
    "issuing_dispute": "spending",
    "issuing_dispute_fraud_liability_debit": "spending",
    "issuing_dispute_provisional_credit": "spending",
    "issuing_dispute_provisional_credit_reversal": "spending",
}

# The reporting category of each type, where a row does not say its own; "" where nothing published says one. `adjustment` is told
# apart by what it is of.
CATEGORY_OF_TYPE: Mapping[str, str] = {
    "adjustment": "",
    "advance": "advance",
    "advance_funding": "advance_funding",
    "anticipation_repayment": "anticipation_repayment",
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
    "charge": "charge",
    "climate_order_purchase": "climate_order_purchase",
    "climate_order_refund": "climate_order_refund",
    "connect_collection_transfer": "connect_collection_transfer",
    "contribution": "contribution",
    "fee_credit_funding": "",
    "inbound_transfer": "inbound_transfer",
    "inbound_transfer_reversal": "inbound_transfer_reversal",
    "issuing_authorization_hold": "issuing_authorization_hold",
    "issuing_authorization_release": "issuing_authorization_release",
    "issuing_dispute": "issuing_dispute",
    "issuing_dispute_provisional_credit": "issuing_dispute_provisional_credit",
    "issuing_dispute_provisional_credit_reversal": "issuing_dispute_provisional_credit_reversal",
    "issuing_transaction": "issuing_transaction",
    "obligation_outbound": "other_adjustment",
    "obligation_reversal_inbound": "other_adjustment",
    "payment": "charge",
    "payment_failure_refund": "charge_failure",
    "payment_network_reserve_hold": "payment_network_reserve_hold",
    "payment_network_reserve_release": "payment_network_reserve_release",
    "payment_refund": "refund",
    "payment_reversal": "charge_failure",
    "payment_unreconciled": "unreconciled_customer_funds",
    "payout": "payout",
    "payout_cancel": "payout_reversal",
    "payout_failure": "payout_reversal",
    "payout_minimum_balance_hold": "payout_minimum_balance_hold",
    "payout_minimum_balance_release": "payout_minimum_balance_release",
    "refund": "refund",
    "refund_failure": "refund_failure",
    "reserve_hold": "risk_reserved_funds",
    "reserve_release": "risk_reserved_funds",
    "reserve_transaction": "connect_reserved_funds",
    "reserved_funds": "risk_reserved_funds",
    "stripe_balance_payment_debit": "stripe_balance_payment_debit",
    "stripe_balance_payment_debit_reversal": "stripe_balance_payment_debit_reversal",
    "stripe_fee": "fee",
    "stripe_fx_fee": "fee",
    "tax_fee": "tax",
    "tax_fund": "",
    "topup": "topup",
    "topup_reversal": "topup_reversal",
    "transfer": "transfer",
    "transfer_cancel": "transfer_reversal",
    "transfer_failure": "transfer_reversal",
    "transfer_refund": "transfer_reversal",
}

# Types that Stripe reports under `other_adjustment`, and that mean more than that: receivables that were sold (Brazil).
_OF_TYPE: Mapping[str, str] = {
    "obligation_outbound": "financing",
    "obligation_reversal_inbound": "financing",
}


def stripe_word(kind: str, category: str, way: int, options: Mapping[str, Any]) -> str:
    """Which of our words a balance transaction of a type ("" where nothing says it), a reporting category and a way (1 into the balance, -1
    out of it) is; Stripe's own word where nobody says."""
    said = declared_movement(options, kind, way) or declared_movement(options, category, way)
    found = said or _OF_TYPE.get(kind)
    if not found:
        own = BY_CATEGORY.get(category, "other")
        # What is reported under no category of its own, or under one that nobody knew yet, is what its type says.
        typed = BY_CATEGORY.get(CATEGORY_OF_TYPE.get(kind, "")) if own == "other" else own
        found = typed or BY_CATEGORY.get(category, category)
    # A refund that failed comes back under the very same words where it was none of a card.
    return "refund_failure" if found == "refund" and way > 0 else str(found)
