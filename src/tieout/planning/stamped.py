"""Documents that were taken before, as they were written."""

from __future__ import annotations

from typing import Any

import msgspec

from tieout.documents import Document, decode_document
from tieout.documents.states import DocumentState
from tieout.security import document_holds
from tieout.security.stamps import Stamper


def as_written(stamps: Stamper, interface: str, row: dict[str, Any]) -> Document | None:
    """A document as it was written; None where somebody changed it past us, something took its place, or its kind is
    nobody's any more."""
    if row["state"] == DocumentState.SUPERSEDED or not document_holds(stamps, row, interface):
        return None
    try:
        return decode_document(row["content"].encode())
    except msgspec.ValidationError:
        return None
