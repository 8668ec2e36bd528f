"""Electronic invoices of EN 16931: UBL (Peppol BIS Billing 3), CII, and CII within a PDF (Factur-X).

`read_einvoice` reads and holds to the standard's rules; what breaks one is refused with its name.
"""

from tieout.formats.einvoice.model import Charge, EInvoice, InvoiceLine, TaxPart, Trader
from tieout.formats.einvoice.reading import read_einvoice
from tieout.formats.einvoice.rules import problems_of

__all__ = ["Charge", "EInvoice", "InvoiceLine", "TaxPart", "Trader", "problems_of", "read_einvoice"]
