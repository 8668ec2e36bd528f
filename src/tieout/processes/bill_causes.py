"""Why a supplier or a bill of one is not booked."""

from __future__ import annotations

from tieout.causes import Action, Cause
from tieout.processes.fee_bills import FEE_BILL_DIFFERS, FEE_BILL_UNCLEAR
from tieout.processes.fee_suppliers import FEE_BILL_UNDECLARED

DUPLICATE_SUPPLIER = Cause(
    name="duplicate_supplier",
    means="A supplier shares its tax number, its account or its name with another one.",
    says="use {other} in procurement, or exclude this one; where both are right, correct what they share",
    actions=(Action.MEND_AT_SOURCE, Action.EXCLUDE),
)
AMBIGUOUS_SUPPLIER = Cause(
    name="ambiguous_supplier",
    means="Several suppliers fit what a bill says of its seller.",
    says="exclude the suppliers that are not",
    actions=(Action.MEND_AT_SOURCE, Action.REPLAY),
)
UNKNOWN_SUPPLIER = Cause(
    name="unknown_supplier",
    means="A bill is of a seller whom procurement does not know.",
    says="make the supplier in procurement, where it is approved; the bill goes on with `tieout replay --cause {cause}`",
    actions=(Action.MEND_AT_SOURCE, Action.REPLAY),
)
SUPPLIER_NOT_ACTIVE = Cause(
    name="supplier_not_active",
    means="A bill is of a supplier who is not active in procurement.",
    says="let the supplier in again in procurement",
    actions=(Action.MEND_AT_SOURCE, Action.REPLAY, Action.EXCLUDE),
)
BANK_DETAILS_DIFFER = Cause(
    name="bank_details_differ",
    means="A bill wants to be paid to another account than the one that was approved: the commonest fraud there is.",
    says="call the supplier on a number that you had before; where it is so, change it in procurement "
    "(a second person approves it), then `tieout replay --cause {cause}`; where it is not, exclude the bill",
    actions=(Action.ASK, Action.MEND_AT_SOURCE, Action.REPLAY, Action.EXCLUDE),
)
DUPLICATE_BILL = Cause(
    name="duplicate_bill",
    means="A bill looks like one that came before.",
    says="exclude it if it is the same; if the supplier says what else it is for, `tieout cases solve` with that "
    "reason books it",
    actions=(Action.EXCLUDE, Action.SOLVE),
    acceptable=True,
)
BILL_WITHOUT_ORDER = Cause(
    name="bill_without_order",
    means="A bill names no order, and its interface asks for one.",
    says='find its order; or let such bills in with without_order = "book", and a policy that approves them',
    actions=(Action.MEND_AT_SOURCE, Action.SET_UP, Action.REPLAY),
)
TAX_ENGINE_DOWN = Cause(
    name="tax_engine_down",
    means="The tax engine did not answer.",
    says="once it answers, `tieout replay --cause {cause}`",
    also={
        "bridged": "its tax was taken from mappings/tax_rates.csv: check it once the engine answers, then solve this"
    },
    actions=(Action.REPLAY, Action.SOLVE),
)
TAX_DIFFERS = Cause(
    name="tax_differs",
    means="A bill charges another tax than the tax engine works out.",
    says="ask the supplier for another bill, or correct what the tax engine knows of it; then "
    "`tieout replay --cause {cause}`",
    actions=(Action.ASK, Action.MEND_AT_SOURCE, Action.REPLAY),
)
PREPAID = Cause(
    name="prepaid_to_match",
    means="A bill says that part of it was paid before it came.",
    says="match that payment with the bill in the ledger, and solve this: until then no run pays the bill; where "
    "nothing was paid, ask the supplier for another bill",
    also={
        "more": "it asks for more than it bills, such as the balance of an earlier bill: ask the supplier what that is "
        "for; no run pays more than what it bills"
    },
    actions=(Action.MEND_IN_LEDGER, Action.ASK, Action.SOLVE),
)
OF_BILLS = (
    AMBIGUOUS_SUPPLIER,
    UNKNOWN_SUPPLIER,
    SUPPLIER_NOT_ACTIVE,
    BANK_DETAILS_DIFFER,
    DUPLICATE_BILL,
    BILL_WITHOUT_ORDER,
    TAX_ENGINE_DOWN,
    TAX_DIFFERS,
    PREPAID,
    FEE_BILL_DIFFERS,
    FEE_BILL_UNCLEAR,
    FEE_BILL_UNDECLARED,
)
