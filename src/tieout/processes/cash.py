"""A line of a journal that holds money: a bank's, or a provider's balance."""

from __future__ import annotations

from decimal import Decimal

from tieout.documents import CashPosting, LedgerLine
from tieout.processes.recipe import Context


def cash_posting(
    ctx: Context,
    *,
    role: str,
    amount: Decimal,
    label: str,
    reference: str,
    counter: str,
    partner: str = "",
    match: str = "",
) -> CashPosting:
    """A line of the journal in `role`: its account moves by `amount`, `counter` by the rest."""
    company = ctx.company(amount)
    line = LedgerLine(
        account=counter,
        amount=-amount,
        company=-company,
        name=label,
        partner=partner,
        match=match,
    )
    return CashPosting(
        journal=ctx.journal(role),
        account=ctx.account(role),
        on=ctx.on,
        reference=reference,
        label=label,
        currency=ctx.document.currency,
        amount=amount,
        company=company,
        counterparts=(line,),
        partner=partner,
    )
