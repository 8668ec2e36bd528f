"""The declaration of the connector for procurement tools, as files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connector_api import (
    BILL_OPTIONS,
    TABLE_OPTIONS,
    Connector,
    FileRefusedError,
    Item,
    Option,
    Proof,
    Stream,
    SystemConfig,
    own_accruals,
    workbook_proof,
)
from tieout.connectors.procurement import normalise
from tieout.connectors.procurement.form import AMOUNT_OF, FORMS, form_of, key_of, told_rows
from tieout.documents import Document
from tieout.formats.tables import TableError

_ENCODER = msgspec.json.Encoder(order="deterministic")


class ProcurementFiles:
    """FileReader: a message each supplier, order, receipt or bill."""

    def read(self, name: str, content: Any, options: Mapping[str, Any]) -> Iterator[Item]:
        """An item for each supplier, order, receipt or bill of a file. Refused where neither its name nor the
        interface says which form it has, or where a row breaks a rule."""
        digest, form = hashlib.sha256(content).hexdigest(), form_of(name, options)
        if form not in FORMS:
            raise FileRefusedError(
                f"{name}: its name does not say which form it has: one of the words {', '.join(FORMS)} was "
                "expected in it, or the option form"
            )
        try:
            things = told_rows(content, form, options)
        except TableError as error:
            raise FileRefusedError(f"{name}: {error}") from None
        for rows in things:
            key = key_of(form, rows[0])
            kept = normalise.Kept(form=form, file=name, file_sha256=digest, rows=tuple(rows))
            # What a later file tells again is the latest revision, also where it goes back to an older
            # one: each file tells anew. The same bytes are the same file, under any name.
            yield Item(form, key, f"{key}:{digest[:32]}", _ENCODER.encode(kept))

    def proof(self, name: str, content: Any, options: Mapping[str, Any]) -> Proof:
        """See `ProvingReader.proof`."""
        form = form_of(name, options)
        rows = [row for rows in told_rows(content, form, options) for row in rows]
        amounts = [row.amounts[AMOUNT_OF[form]] for row in rows] if form in AMOUNT_OF else None
        total = None if amounts is None else sum(amounts, Decimal(0))
        return Proof(workbook_proof(content), len(rows), total, "nothing: send it as a workbook")

    def check(self) -> str:
        """What is read, in a line: there is nobody to ask."""
        return f"{', '.join(FORMS)} as CSV or XLSX"


def suppliers(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A message of the form suppliers to its supplier. Raises ValueError."""
    return [normalise.supplier(normalise.kept(raw, "suppliers"))]


def orders(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A message of the form orders to its order. Raises ValueError."""
    return [normalise.order(normalise.kept(raw, "orders"))]


def receipts(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A message of the form receipts to its receipt, in the interface's currency: the form has none. Raises
    ValueError."""
    return [normalise.receipt(normalise.kept(raw, "receipts"), str(options.get("currency", "USD")))]


def bills(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A message of the form bills to its bill. Raises ValueError."""
    return [normalise.bill(normalise.kept(raw, "bills"))]


def open_session(config: SystemConfig) -> ProcurementFiles:
    """A session without any settings: how a file is read is said by the interface that it comes to."""
    return ProcurementFiles()


CONNECTOR = Connector(
    name="procurement",
    title="Suppliers, orders, receipts and bills of a procurement tool, as files (CSV, XLSX)",
    version="1",
    config=(),
    open=open_session,
    can=("file",),
    options=(
        *(o for o in TABLE_OPTIONS if o.name != "exports"),
        *BILL_OPTIONS,
        Option("form", "which form the files have, where their names do not say it", tuple(FORMS)),
        Option("currency", "the currency of receipts, which have none of their own (default: USD)"),
        Option(
            "bank_details_role", "whose role it is to approve where a supplier is paid (default: controller)"
        ),
        Option("accruals", "who accrues what was received and not billed", ("tieout", "odoo")),
    ),
    streams=(
        Stream("suppliers", "suppliers and where they are paid", suppliers, "the later file holds"),
        Stream("orders", "purchase orders, one row a line", orders, "the later file holds"),
        Stream("receipts", "what came, by order and line", receipts, "the later file holds"),
        Stream("bills", "bills and credits, one row a line", bills, "what was booked is not changed"),
        Stream("accruals", "what Tieout accrues at a cut-off", own_accruals),
    ),
)
