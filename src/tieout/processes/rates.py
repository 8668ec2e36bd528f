"""What has no rate is not converted: never at 1, never at a guess.

A currency is worth exactly one of itself. Everything else is converted at the ledger's own rate, by us or by the
ledger as it books; where it has none, Odoo would take 1, and 100,000 yen would become 100,000 dollars.
"""

from __future__ import annotations

from datetime import date

from tieout.documents import EffectBody, InvoicePosting, PaymentPosting
from tieout.processes.causes import MISSING_RATE

# Postings that carry no amount in the entity's currency: the ledger converts them itself.
_CONVERTED_THERE = (InvoicePosting, PaymentPosting)


class MissingRateError(LookupError):
    """An amount is to be converted, and the ledger has no rate."""


def converted_there(body: EffectBody) -> bool:
    """Whether the ledger converts this posting as it books it, at a rate of its own."""
    return isinstance(body, _CONVERTED_THERE)


def what_is_missing(currency: str, own: str, on: date) -> str:
    """The rate that the ledger lacks, for people."""
    return f"the ledger has no rate of {currency} to {own} for {on.isoformat()}"


def what_to_do(currency: str, own: str, on: date) -> str:
    """How a person goes on."""
    return MISSING_RATE.say(currency=currency, own=own, on=on.isoformat())
