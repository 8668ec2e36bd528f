"""Verification of payee: what a bank says of whether an account is in the name that a payment gives.

Banks of the euro area check it for every SEPA transfer since 2025-10-09 (Regulation (EU) 2024/886; EPC218-23, VOP scheme
rulebook) and report it in a pain.002 before the payer authorises the order. Codes: ISO 20022 external code set,
ExternalPaymentTransactionStatus1Code and ExternalPaymentGroupStatus1Code. The name in which the account is stands in
StsRsnInf/AddtlInf of a close match (DFÜ-Abkommen Anlage 3, Die Deutsche Kreditwirtschaft).
"""

from __future__ import annotations

CHECKS = {
    "RCVC": "match",
    "RVMC": "close match",
    "RVNM": "no match",
    "RVNA": "not possible",
    "RVCM": "not all match",
    "RVNC": "not finished",
}
# What a person has to decide: the money may go to somebody else.
DIFFERING = ("RVMC", "RVNM", "RVCM")


def check_in_words(status: str) -> str:
    """What a status of a check means; "" for a status of anything else."""
    return CHECKS.get(status, "")
