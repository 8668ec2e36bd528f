"""The declaration of the connector for expense reports, as files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from tieout.connector_api import (
    TABLE_OPTIONS,
    Connector,
    FileRefusedError,
    Item,
    Option,
    Proof,
    Stream,
    SystemConfig,
    entries_proof,
    journal_documents,
    journal_items,
)
from tieout.connectors.expenses.form import REPORTS, report_rows
from tieout.documents import Document
from tieout.formats.tables import TableError

_AMOUNT = r"\d{1,9}(\.\d{1,2})?"


class ExpenseFiles:
    """FileReader: a message each report."""

    def read(self, name: str, content: Any, options: Mapping[str, Any]) -> Iterator[Item]:
        """An item for each part of a report, and one for each currency of the file's own totals. Refused
        whole, before the first item, where a row breaks a rule."""
        digest = hashlib.sha256(content).hexdigest()
        try:
            yield from journal_items("reports", name, digest, lambda: report_rows(content, options))
        except TableError as error:
            raise FileRefusedError(f"{name}: {error}") from None

    def proof(self, name: str, content: Any, options: Mapping[str, Any]) -> Proof:
        """See `ProvingReader.proof`."""
        return entries_proof(content, report_rows(content, options))

    def check(self) -> str:
        """What is read, in a line: there is nobody to ask."""
        return "expense reports as CSV or XLSX with the columns " + ", ".join(c.name for c in REPORTS.columns)


def reports(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A report's entry, or the file's own figures."""
    return journal_documents(raw)


def open_session(config: SystemConfig) -> ExpenseFiles:
    """A session without any settings: how a file is read is said by the interface that it comes to."""
    return ExpenseFiles()


CONNECTOR = Connector(
    name="expenses",
    title="Expense reports as files (CSV, XLSX)",
    version="1",
    config=(),
    open=open_session,
    can=("file",),
    options=(
        *TABLE_OPTIONS,
        Option("per_diem", "what a day is worth, in the reports' currency", shape=_AMOUNT),
        Option("receipt_above", "the amount above which an expense needs a receipt", shape=_AMOUNT),
    ),
    streams=(
        Stream(
            "reports",
            "expense reports, one row an expense; a row TOTAL gives the file's own figures",
            reports,
            "the later file of a report's number is the later revision",
        ),
    ),
)
