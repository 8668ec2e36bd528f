"""What connectors of bills share: the options by which a bill is held against its order and its taxes, and
what Tieout itself tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieout.connector_api.declaration import Option
from tieout.documents import BatchControl, Document, JournalEntry, decode_document

_PERCENT = r"\d{1,2}(\.\d{1,3})?"

BILL_OPTIONS: tuple[Option, ...] = (
    Option(
        "matching",
        "what a bill is held against: its order and what was received, or its order alone",
        ("three_way", "two_way"),
    ),
    Option("without_order", "what becomes of a bill that names no order", ("case", "book")),
    Option("price_tolerance", "by how many percent a price may be above the order's", shape=_PERCENT),
    Option("quantity_tolerance", "by how many percent a quantity may be above", shape=_PERCENT),
    Option(
        "amount_tolerance",
        "how much more a line may come to, whatever its price",
        shape=r"\d{1,9}(\.\d{1,2})?",
    ),
    Option("date_tolerance", "by how many days a bill may be dated before its order", shape=r"\d{1,3}"),
    Option("tax_engine", "the system that says which tax is due, or rate_table (mappings/tax_rates.csv)"),
    Option(
        "tax_fallback",
        "what becomes of bills while the tax engine does not answer",
        ("wait", "rate_table", "case"),
    ),
    Option(
        "tax_tolerance", "by how much a bill's tax may differ (default: 0.05)", shape=r"\d{1,6}(\.\d{1,2})?"
    ),
    Option("tax_category", "what the tax engine is told that is bought, where a line does not say"),
    Option("buyer_country", "the entity's country (ISO 3166), as a tax engine is told it"),
    Option("buyer_region", "its state or region, such as NY"),
    Option("buyer_postal_code", "its postal code"),
    Option("buyer_tax_id", "its tax number: a bill that is made out to another is refused"),
    Option("exemption", "its exemption certificate's number"),
)


def own_accruals(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """What Tieout accrues at a cut-off, and its figures. Raises ValueError where the bytes are neither."""
    document = decode_document(raw)
    if not isinstance(document, JournalEntry | BatchControl):
        raise ValueError(f"{document.key} is no entry")
    return [document]
