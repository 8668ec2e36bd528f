"""Canonical finance documents and postings: frozen values, pure.

A document is what a source said, in one shape for every source. A posting is what a document
means in the ledger. Neither knows a connector, a database or a network.
"""

from tieout.documents.codec import canonical_bytes, decode_document, decode_effect, encode_effect
from tieout.documents.model import (
    CreditNote,
    Customer,
    CustomerInvoice,
    Dispute,
    Document,
    GiftCardTender,
    Measure,
    Party,
    ProviderMovement,
    SaleLine,
    Statement,
    StatementLine,
    TaxLine,
    measure_of,
)
from tieout.documents.posting import (
    CashPosting,
    CrmUpdate,
    EffectBody,
    EntryPosting,
    EventOut,
    InvoiceLine,
    InvoicePosting,
    LedgerLine,
    MailOut,
    MatchRequest,
    PartnerRecord,
    PostingError,
    ledger_lines,
)

__all__ = [
    "CashPosting",
    "CreditNote",
    "CrmUpdate",
    "Customer",
    "CustomerInvoice",
    "Dispute",
    "Document",
    "EffectBody",
    "EntryPosting",
    "EventOut",
    "GiftCardTender",
    "InvoiceLine",
    "InvoicePosting",
    "LedgerLine",
    "MailOut",
    "MatchRequest",
    "Measure",
    "PartnerRecord",
    "Party",
    "PostingError",
    "ProviderMovement",
    "SaleLine",
    "Statement",
    "StatementLine",
    "TaxLine",
    "canonical_bytes",
    "decode_document",
    "decode_effect",
    "encode_effect",
    "ledger_lines",
    "measure_of",
]
