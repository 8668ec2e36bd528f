"""The declaration of the connector for electronic invoices, as files of an access point or a mailbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connector_api import (
    BILL_OPTIONS,
    TABLE_OPTIONS,
    Connector,
    FileRefusedError,
    Item,
    Proof,
    RowError,
    Stream,
    SystemConfig,
    Verified,
    checked_rows,
    workbook_proof,
)
from tieout.connectors.einvoices.normalise import CAUSES, Delivered, bills, reports
from tieout.formats import FormatError
from tieout.formats.einvoice import read_einvoice
from tieout.formats.tables import Column, Form, Row

_ENCODER = msgspec.json.Encoder(order="deterministic")
REPORT = Form(
    "delivery report",
    (
        Column("on", "date"),
        Column("currency", "currency"),
        Column("count", "integer"),
        Column("billed", "amount"),
        Column("credited", "amount"),
    ),
)
_TABLES = (".csv", ".xlsx")
_SHARED = ("accounts_table", "require", "exports")


class EInvoiceFiles:
    """FileReader: a message each invoice, byte for byte, and one a row of a delivery report."""

    def read(self, name: str, content: Any, options: Mapping[str, Any]) -> Iterator[Item]:
        """A table is an access point's delivery report: an item for each of its rows, how many invoices it
        delivered on a day. Anything else is one invoice, named by the hash of its bytes."""
        content = bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        try:
            if name.lower().endswith(_TABLES):
                rows = list(checked_rows(content, REPORT, options, lambda r: _delivered(r, name, digest)))
                items = [_report(row) for row in rows]
            else:
                invoice = read_einvoice(content)
                items = [Item("bills", invoice.number, f"bill:{digest}", content)]
        except FormatError as error:
            raise FileRefusedError(f"{name}: {error}") from None
        yield from items

    def proof(self, name: str, content: Any, options: Mapping[str, Any]) -> Proof:
        """See `ProvingReader.proof`."""
        if not name.lower().endswith(_TABLES):
            return Proof("an invoice that is cut does not add up")
        rows = [r.values for r in checked_rows(content, REPORT, options, lambda r: r)]
        total = sum((r["billed"] + r["credited"] for r in rows), Decimal(0))
        return Proof(workbook_proof(content), len(rows), total, "nothing: send it as a workbook")

    def check(self) -> str:
        """What is read, in a line: there is nobody to ask."""
        return "UBL, CII and Factur-X invoices, held to EN 16931; delivery reports as CSV"


def _delivered(row: Row, name: str, digest: str) -> Delivered:
    values = row.values
    for column in ("count", "billed", "credited"):
        if values[column] < 0:
            raise RowError(column, "positive", f"{values[column]} is below zero")
    return Delivered(
        file=name,
        file_sha256=digest,
        on=values["on"],
        currency=row.text("currency"),
        count=values["count"],
        billed=values["billed"],
        credited=values["credited"],
    )


def _report(row: Delivered) -> Item:
    key = f"control:{row.file_sha256[:16]}:{row.currency}:{row.on:%Y-%m}"
    return Item("reports", key, key, _ENCODER.encode(row))


def open_session(config: SystemConfig) -> EInvoiceFiles:
    """A session without any settings: whose mailbox it is says the interface."""
    return EInvoiceFiles()


CONNECTOR = Connector(
    name="einvoices",
    title="Electronic invoices as files (UBL, Peppol BIS 3, CII, Factur-X)",
    version="1",
    config=(),
    open=open_session,
    can=("file",),
    causes=CAUSES,
    options=(
        *(o for o in TABLE_OPTIONS if o.name in _SHARED),
        *BILL_OPTIONS,
    ),
    streams=(
        Stream(
            "bills",
            "invoices and credit notes of EN 16931",
            bills,
            "what was booked is not changed",
            final=True,
        ),
        Stream("reports", "what was delivered in a month so far, by currency", reports),
    ),
    verified=(
        Verified(
            date(2026, 11, 28),
            "378 published invoices and 3,000 changed copies beside the published rules of EN 16931 and Peppol",
            "docs/campaigns/einvoices.md",
        ),
    ),
    assumed=("an access point lists what it delivered: a month so far, by currency, in each report",),
)
