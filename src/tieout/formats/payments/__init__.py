"""Payment files: pain.001 and pain.008 out, pain.002 and booked lines back to what they answer.

`write_transfers` and `write_debits` make files, `read_status` reads a bank's answer, `answered`
puts answers and booked lines beside the payments of an order.
"""

from tieout.formats.payments.answers import Answered, answered, read_status
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
from tieout.formats.payments.writing import is_iban, write_debits, write_transfers

__all__ = [
    "Account",
    "Address",
    "Answer",
    "Answered",
    "Batch",
    "Mandate",
    "Order",
    "Payment",
    "PaymentError",
    "answered",
    "is_iban",
    "read_status",
    "write_debits",
    "write_transfers",
]
