"""What the type codes of BAI2 say: which way money went, or that none did.

Source: BAI, Cash Management Balance Reporting Specifications, version 2 (10/2005), printed pages 5 and 6 (ranges,
customized codes) and appendix A (loans, 890).
"""

from __future__ import annotations

from functools import lru_cache

# Status codes of the ledger's opening and closing balance, and the totals of a day's credits and debits.
OPENING, CLOSING = "010", "015"
CREDITS, DEBITS = "100", "400"
MESSAGE = "890"

# Codes of details, by the way of their money. 920 to 999 are a bank's own, in ranges that the specification keeps for
# credits and debits; 721 to 728 say what a loan's payment was applied to.
_CREDITS = (("101", "399"), ("721", "728"), ("920", "959"))
_DEBITS = (("401", "699"), ("960", "999"))


@lru_cache(1000)
def way(code: str) -> int:
    """1 for a code of credits, -1 for one of debits, 0 for any other: nobody could say whose money that is."""
    if any(first <= code <= last for first, last in _CREDITS):
        return 1
    return -1 if any(first <= code <= last for first, last in _DEBITS) else 0


def is_status(code: str) -> bool:
    """Whether an account's record states a balance by this code, and no sum of movements."""
    return code < CREDITS or "900" <= code <= "919"
