"""What a source leaves out itself: a test order, a bill that was voided, an order that is won no longer."""

from __future__ import annotations

from tieout.causes import Action, Cause
from tieout.documents import CreditNote, CustomerInvoice, VendorBill, decode_document
from tieout.money import Amount
from tieout.processes.recipe import Context, Plan, PlanDecision, refused

VOIDED = Cause(
    name="voided_after_posting",
    means="Its source voided or deleted it after it was booked, or counts it as won no longer.",
    says="it is booked: give it a credit note at its source, or reverse it in the ledger; then exclude this",
    actions=(Action.MEND_AT_SOURCE, Action.MEND_IN_LEDGER, Action.EXCLUDE),
)


# What takes back what was told before, in words.
_TAKEN_BACK = {"voided": "was voided", "not_won": "is no longer won", "deleted": "was deleted"}


def left_out(ctx: Context, document: CustomerInvoice | CreditNote | VendorBill) -> Plan | None:
    """Excluded for its source's reason, None where there is none; one that was booked before is a case of what is booked."""
    said = _TAKEN_BACK.get(str(document.exclusion or ""))
    if said and ctx.facts.previous:
        return refused(VOIDED, _booked(ctx, document), f"{document.number} {said} at its source")
    if document.exclusion:
        return Plan(decision=PlanDecision.EXCLUDED, reason=document.exclusion, on=ctx.on)
    return None


def _booked(ctx: Context, document: CustomerInvoice | CreditNote | VendorBill) -> Amount:
    """What stands in the ledger of it: a source may take the amount away with the order."""
    assert ctx.facts.previous is not None
    before = decode_document(ctx.facts.previous.content.encode())
    return before.total if isinstance(before, CustomerInvoice | CreditNote | VendorBill) else document.total
