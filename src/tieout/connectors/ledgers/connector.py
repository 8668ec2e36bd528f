"""The declaration of the connector for journals of other ledgers and of fixed assets, as files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from tieout.connect import (
    TABLE_OPTIONS,
    Connector,
    FileRefusedError,
    Item,
    Option,
    Stream,
    SystemConfig,
    journal_documents,
    journal_items,
)
from tieout.connectors.ledgers.form import JOURNALS, journal_rows
from tieout.documents import Document
from tieout.formats.tables import TableError


class LedgerFiles:
    """FileReader: a message each entry, or each part of a long one."""

    def read(self, name: str, content: Any, options: Mapping[str, Any]) -> Iterator[Item]:
        digest = hashlib.sha256(content).hexdigest()
        try:
            yield from journal_items("journals", name, digest, lambda: journal_rows(content, options))
        except TableError as error:
            raise FileRefusedError(f"{name}: {error}") from None

    def check(self) -> str:
        return "journals as CSV or XLSX with the columns " + ", ".join(c.name for c in JOURNALS.columns)


def journals(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """An entry of a file, or the file's own figures."""
    return journal_documents(raw)


def open_session(config: SystemConfig) -> LedgerFiles:
    return LedgerFiles()


CONNECTOR = Connector(
    name="ledgers",
    title="Journals of other ledgers, and depreciation runs, as files (CSV, XLSX)",
    version="1",
    config=(),
    open=open_session,
    can=("file",),
    options=(
        *TABLE_OPTIONS,
        Option("nature", "what the entries are", ("journal", "depreciation", "accrual", "prepayment")),
    ),
    streams=(
        Stream(
            "journals",
            "entries, one row a line; a row TOTAL gives the file's own figures",
            journals,
            "the later file of an entry's number is the later telling",
        ),
    ),
    simulator="tieout.connectors.ledgers.simulator:LedgerExports",
)
