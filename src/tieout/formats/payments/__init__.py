"""Payment files: pain.001 and pain.008 out, pain.002 and booked lines back to what they answer.

`write_transfers` and `write_debits` make files, `read_status` reads a bank's answer, `answered`
puts answers and booked lines beside the payments of an order.
"""

from tieout.formats.payments.answers import Answered, answered, read_status
from tieout.formats.payments.checking import sepa_transfer
from tieout.formats.payments.iban import is_iban, is_qr_iban
from tieout.formats.payments.model import (
    Account,
    Address,
    Answer,
    Batch,
    Mandate,
    Order,
    Payment,
    PaymentError,
)
from tieout.formats.payments.payee import CHECKS, DIFFERING, check_in_words
from tieout.formats.payments.profile import BankProfile
from tieout.formats.payments.writing import write_debits, write_transfers

__all__ = [
    "CHECKS",
    "DIFFERING",
    "Account",
    "Address",
    "Answer",
    "Answered",
    "BankProfile",
    "Batch",
    "Mandate",
    "Order",
    "Payment",
    "PaymentError",
    "answered",
    "check_in_words",
    "is_iban",
    "is_qr_iban",
    "read_status",
    "sepa_transfer",
    "write_debits",
    "write_transfers",
]
