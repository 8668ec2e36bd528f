"""The declaration of the connector for invoices and credit notes of a billing tool, as files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any

import msgspec

from tieout.connector_api import (
    TABLE_OPTIONS,
    Connector,
    FileRefusedError,
    Item,
    Option,
    Proof,
    Stream,
    SystemConfig,
    totals_proof,
    workbook_proof,
)
from tieout.connectors.billing.form import BILLING, TOTAL, billing_rows, checked_documents
from tieout.connectors.billing.normalise import Kept, documents
from tieout.formats.tables import TableError

_ENCODER = msgspec.json.Encoder(order="deterministic")


class BillingFiles:
    """FileReader: a message each invoice or credit note, and one of the file's own figures."""

    def read(self, name: str, content: Any, options: Mapping[str, Any]) -> Iterator[Item]:
        """One item a document, and one for the rows TOTAL, which are the tool's own figures. Refused whole,
        before the first item, where a row breaks a rule."""
        digest = hashlib.sha256(content).hexdigest()
        try:
            totals = checked_documents(lambda: billing_rows(content, options))
            if totals:
                key = f"control:{digest[:16]}"
                yield _item(key, Kept(file=name, file_sha256=digest, rows=tuple(totals), totals=True))
            for number, rows in groupby(billing_rows(content, options), key=lambda x: x.number):
                if number != TOTAL:
                    yield _item(number, Kept(file=name, file_sha256=digest, rows=tuple(rows)))
        except TableError as error:
            raise FileRefusedError(f"{name}: {error}") from None

    def proof(self, name: str, content: Any, options: Mapping[str, Any]) -> Proof:
        """See `ProvingReader.proof`."""
        held: set[str] = set()
        stated: set[str] = set()
        count, total = 0, Decimal(0)
        for line in billing_rows(content, options):
            group = f"{line.kind} {line.currency}"
            if line.number == TOTAL:
                stated.add(group)
                continue
            held.add(group)
            count, total = count + 1, total + line.net + line.tax
        by = workbook_proof(content) or totals_proof(held, stated)
        return Proof(by, count, total, "rows TOTAL, one a kind and currency")

    def check(self) -> str:
        """What is read, in a line: there is nobody to ask."""
        return "invoices as CSV or XLSX with the columns " + ", ".join(c.name for c in BILLING.columns)


def _item(key: str, kept: Kept) -> Item:
    # The same document in another file, or another row of it, is the same document.
    told = _ENCODER.encode([msgspec.structs.replace(x, row=0) for x in kept.rows])
    return Item("documents", key, f"{key}:{hashlib.sha256(told).hexdigest()[:32]}", _ENCODER.encode(kept))


def open_session(config: SystemConfig) -> BillingFiles:
    """A session without any settings: how a file is read is said by the interface that it comes to."""
    return BillingFiles()


CONNECTOR = Connector(
    name="billing",
    title="Invoices and credit notes of a billing tool, as files (CSV, XLSX)",
    version="1",
    config=(),
    open=open_session,
    can=("file",),
    options=(
        *TABLE_OPTIONS,
        Option("deferral", "who makes the schedules of revenue for days to come", ("tieout", "none")),
    ),
    streams=(
        Stream(
            "documents",
            "invoices and credit notes, one row a line; rows TOTAL give the file's own figures",
            documents,
            "the later file of a document's number is the later revision",
        ),
    ),
)
