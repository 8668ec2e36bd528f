"""Payables: payment runs and their files, what was received and not billed.

Proposes; people release. Nothing here books or sends: what it makes are messages, which are planned,
approved, delivered and read back as whatever else a source says.
"""

from tieout.payables.accruing import Worked, accrual_interface, accrue, work_out
from tieout.payables.filing import FilingStage
from tieout.payables.guarding import file_guard
from tieout.payables.payees import CheckedPayment, checked_payments
from tieout.payables.proposing import HeldBack, Proposal, SupplierRevision, payable_to, propose
from tieout.payables.service import (
    PaymentRunError,
    check_run,
    payment_interface,
    propose_run,
    runs,
)
from tieout.payables.uninvoiced import Accrual, Reason, uninvoiced

__all__ = [
    "Accrual",
    "CheckedPayment",
    "FilingStage",
    "HeldBack",
    "PaymentRunError",
    "Proposal",
    "Reason",
    "SupplierRevision",
    "Worked",
    "accrual_interface",
    "accrue",
    "check_run",
    "checked_payments",
    "file_guard",
    "payable_to",
    "payment_interface",
    "propose",
    "propose_run",
    "runs",
    "uninvoiced",
    "work_out",
]
