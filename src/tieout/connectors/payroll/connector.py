"""The declaration of the connector for payroll runs, as files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import islice
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
    journal_documents,
    journal_items,
    totals_proof,
    workbook_proof,
)
from tieout.connectors.payroll.form import RUN, TOTAL, entry_rows, payroll_rows
from tieout.documents import Document
from tieout.formats.tables import TableError

_DETAILS = 500


class PayrollFiles:
    """FileReader: the run as its totals, and what they are made of, which only the vault keeps."""

    def read(self, name: str, content: Any, options: Mapping[str, Any]) -> Iterator[Item]:
        """An item for each part of a run, for each currency of the file's own totals, and for what persons
        earn, which is kept and makes no document. Refused whole where a row breaks a rule."""
        digest = hashlib.sha256(content).hexdigest()
        try:
            yield from journal_items(
                "runs",
                name,
                digest,
                lambda: entry_rows(lambda: payroll_rows(content, options), options),
            )
            yield from _details(name, digest, content, options)
        except TableError as error:
            raise FileRefusedError(f"{name}: {error}") from None

    def proof(self, name: str, content: Any, options: Mapping[str, Any]) -> Proof:
        """See `ProvingReader.proof`."""
        held: set[str] = set()
        stated: set[str] = set()
        count, total = 0, Decimal(0)
        for row in payroll_rows(content, options):
            currency = row.row.text("currency")
            if row.run == TOTAL:
                stated.add(currency)
                continue
            held.add(currency)
            count, total = count + 1, total + row.amount
        by = workbook_proof(content) or totals_proof(held, stated)
        return Proof(by, count, total, "rows TOTAL, one a component")

    def check(self) -> str:
        """What is read, in a line: there is nobody to ask."""
        return "payroll runs as CSV or XLSX with the columns " + ", ".join(c.name for c in RUN.columns)


def _details(name: str, digest: str, content: Any, options: Mapping[str, Any]) -> Iterator[Item]:
    rows = payroll_rows(content, options)
    number = 0
    while some := list(islice(rows, _DETAILS)):
        number += 1
        kept = {
            "file": name,
            "file_sha256": digest,
            "rows": [[r.number, {k: v for k, v in r.row.values.items() if v is not None}] for r in some],
        }
        key = f"details:{digest[:16]}:{number}"
        yield Item("details", key, key, json.dumps(kept, default=str, ensure_ascii=False).encode())


def runs(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A run's entry, or the run's own figures."""
    return journal_documents(raw)


def details(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """What persons earn is kept, and makes no document. Raises ValueError where it cannot be read."""
    if not json.loads(raw)["rows"]:
        raise ValueError("no rows of a payroll run")
    return []


def open_session(config: SystemConfig) -> PayrollFiles:
    """A session without any settings: components and their accounts are said by the interface."""
    return PayrollFiles()


CONNECTOR = Connector(
    name="payroll",
    title="Payroll runs as files (CSV, XLSX)",
    version="1",
    config=(),
    open=open_session,
    can=("file",),
    options=(
        *TABLE_OPTIONS,
        Option(
            "components",
            "component to `debit ACCOUNT`, `credit ACCOUNT` or both, in the words of accounts_table",
            table=True,
        ),
        Option(
            "detail",
            "what the ledger receives: totals by dimension, or a line a person",
            ("totals", "person"),
        ),
        Option("detail_role", "whose role it is to see what persons earn (default: payroll)"),
    ),
    streams=(
        Stream(
            "runs",
            "payroll runs, one row an employee and component; rows TOTAL give the run's own figures",
            runs,
            "the later file of a run's number is the later revision",
        ),
        Stream("details", "what persons earn, for the vault alone", details, "a detail never changes"),
    ),
)
