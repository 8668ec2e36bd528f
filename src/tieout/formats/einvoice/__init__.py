"""Electronic invoices of EN 16931: UBL (Peppol BIS Billing 3), CII, and CII within a PDF (Factur-X).

`read_einvoice` reads and holds to the standard's rules; what breaks one is refused with its name. `read_unchecked` reads
alone, for those who want to see what is broken (`problems_of`).
"""

from tieout.formats.einvoice.model import Charge, EInvoice, InvoiceLine, PaymentMeans, TaxPart, Trader
from tieout.formats.einvoice.profiles import factur_x, is_booking_aid, is_peppol
from tieout.formats.einvoice.reading import read_einvoice, read_unchecked, sniff, told
from tieout.formats.einvoice.rules import problems_of

__all__ = [
    "Charge",
    "EInvoice",
    "InvoiceLine",
    "PaymentMeans",
    "TaxPart",
    "Trader",
    "factur_x",
    "is_booking_aid",
    "is_peppol",
    "problems_of",
    "read_einvoice",
    "read_unchecked",
    "sniff",
    "told",
]
