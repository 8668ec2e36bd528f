"""A report through the file reader that the interface has, and the stream's normaliser: what is read is what is booked."""

from __future__ import annotations

from tests.published.payloads import Payload
from tieout.connectors.settlements.connector import CONNECTOR, SettlementFiles
from tieout.documents import Document


def take(payload: Payload) -> list[Document]:
    """Raises FileRefusedError, ValueError."""
    (item,) = SettlementFiles().read(payload.file, payload.body, payload.options)
    return CONNECTOR.stream(payload.stream).documents(item.body, payload.options)
