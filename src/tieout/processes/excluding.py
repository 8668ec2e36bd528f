"""What a source leaves out itself: a test order, a bill that was voided."""

from __future__ import annotations

from tieout.causes import Action, Cause
from tieout.documents import CreditNote, CustomerInvoice, VendorBill
from tieout.processes.recipe import Context, Plan, PlanDecision, refused

VOIDED = Cause(
    name="voided_after_posting",
    means="Its source voided it after it was booked.",
    says="it is booked: give it a credit note at its source, or reverse it in the ledger; then exclude this",
    actions=(Action.MEND_AT_SOURCE, Action.MEND_IN_LEDGER, Action.EXCLUDE),
)


def left_out(ctx: Context, document: CustomerInvoice | CreditNote | VendorBill) -> Plan | None:
    """Excluded for its source's reason, None where there is none; one that was booked before is a case."""
    if document.exclusion == "voided" and ctx.facts.previous:
        return refused(VOIDED, document.total, f"{document.number} was voided at its source")
    if document.exclusion:
        return Plan(decision=PlanDecision.EXCLUDED, reason=document.exclusion, on=ctx.on)
    return None
