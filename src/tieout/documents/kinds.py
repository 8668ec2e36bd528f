"""Which kinds of documents there are, by the tags under which they are written."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

import msgspec

from tieout.documents.base import Customer, Document
from tieout.documents.delivering import Delivery
from tieout.documents.journals import (
    BatchControl,
    JournalEntry,
    RevenueSchedule,
    TrialBalance,
)
from tieout.documents.model import (
    CreditNote,
    CustomerInvoice,
    Dispute,
    GiftCardTender,
    InterimReport,
    PayoutComposition,
    ProviderMovement,
    Reconciliation,
    Statement,
    StatementLine,
)
from tieout.documents.purchasing import (
    GoodsReceipt,
    PaymentAnswer,
    PaymentFile,
    PurchaseOrder,
    Supplier,
    VendorBill,
    VendorPayment,
)
from tieout.documents.receiving import CustomerStanding

# Our own: a closed set.
KINDS: tuple[type[Document], ...] = (
    BatchControl,
    Customer,
    CustomerInvoice,
    CustomerStanding,
    CreditNote,
    Delivery,
    GiftCardTender,
    GoodsReceipt,
    InterimReport,
    JournalEntry,
    PaymentAnswer,
    PaymentFile,
    ProviderMovement,
    PayoutComposition,
    Dispute,
    PurchaseOrder,
    Reconciliation,
    RevenueSchedule,
    Statement,
    StatementLine,
    Supplier,
    TrialBalance,
    VendorBill,
    VendorPayment,
)


class DocumentKinds:
    """Reads documents of the kinds that it was told of. Kinds are declared as a process starts, before anything is
    read; a second declaration of the same kind changes nothing."""

    def __init__(self, kinds: Iterable[type[Document]]) -> None:
        self._by_tag: dict[str, type[Document]] = {}
        for kind in kinds:
            self._take(kind)
        self._decoder = self._made()

    def _take(self, kind: type[Document]) -> None:
        tag = str(kind.__struct_config__.tag)
        known = self._by_tag.setdefault(tag, kind)
        if known is not kind:
            raise ValueError(
                f"two kinds of documents are called {tag!r}: {known.__module__}.{known.__name__} and "
                f"{kind.__module__}.{kind.__name__}; give the newer one a tag of its own"
            )

    def _made(self) -> msgspec.json.Decoder[Any]:
        return msgspec.json.Decoder(reduce(or_, self._by_tag.values()))

    def declare(self, kind: type[Document]) -> None:
        """Read documents of this kind too. Raises ValueError where its tag is another kind's."""
        self._take(kind)
        self._decoder = self._made()

    def decode(self, raw: bytes) -> Document:
        """Raises msgspec.ValidationError where `raw` is no document of a known kind."""
        document: Document = self._decoder.decode(raw)
        return document
