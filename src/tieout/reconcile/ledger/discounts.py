"""Whether a discount for paying early may be booked as a match has it. Pure."""

from __future__ import annotations

from decimal import Decimal

from tieout.documents import LineDiscount, Reconciliation
from tieout.money import minor_digits

KIND = "early_payment_discount"


def unfit(match: Reconciliation) -> str:
    """Why the difference of a match cannot be booked as a discount that corrects tax, "" where it can, or corrects none.

    The ledger's parts of a discount are those of the whole discount of a whole invoice: what is kept back must be what
    the terms grant on the day of the payment, to a minor unit for each, and of invoices alone. What a credit note in the
    set took back was never discounted.
    """
    if match.explained_as != KIND:
        return ""
    for line in match.due:
        if line.corrects_tax is True:
            return (
                f"the discount on line {line.line} corrects its tax: register the payment with its discount in the "
                "ledger, which books the tax's share, or make a credit note; then match what that leaves"
            )
    if not any(isinstance(x.discount, LineDiscount) and x.discount.parts for x in match.due):
        return ""
    if len({x.residual > 0 for x in match.due}) > 1:
        return (
            "a credit note is in the set, and the discount corrects its tax as of the whole invoice: register the payment "
            "in the ledger"
        )
    terms = match.granted()
    granted = sum((d.amount for _, d in terms), Decimal(0))
    unit = Decimal(1).scaleb(-minor_digits(match.currency))
    if not terms or abs(granted + match.difference.value) > len(terms) * unit:
        return (
            f"the terms grant {abs(granted):f} {match.currency} on the day of the payment, and the difference is "
            f"{match.difference}: what of it would correct its tax is not known"
        )
    return ""
