"""The declaration of the connector for journals of other ledgers and of fixed assets, as files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
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
    workbook_proof,
)
from tieout.connectors.ledgers.form import JOURNALS, balance_rows, journal_rows
from tieout.documents import Document, TrialBalance
from tieout.formats.tables import TableError
from tieout.money import Amount


class LedgerFiles:
    """FileReader: a message each entry, or each part of a long one."""

    def read(self, name: str, content: Any, options: Mapping[str, Any]) -> Iterator[Item]:
        """An item for each part of an entry, and one for each currency of the file's own totals; with the
        option nature = trial_balance an item for each account's balance instead. Refused whole where a row
        breaks a rule."""
        digest = hashlib.sha256(content).hexdigest()
        try:
            if options.get("nature") == "trial_balance":
                yield from _balances(name, content, options)
                return
            yield from journal_items("journals", name, digest, lambda: journal_rows(content, options))
        except TableError as error:
            raise FileRefusedError(f"{name}: {error}") from None

    def proof(self, name: str, content: Any, options: Mapping[str, Any]) -> Proof:
        """See `ProvingReader.proof`."""
        if options.get("nature") != "trial_balance":
            return entries_proof(content, journal_rows(content, options))
        held = [Decimal(row["balance"]) for row in balance_rows(content, options)]
        return Proof(
            workbook_proof(content), len(held), sum(held, Decimal(0)), "nothing: send it as a workbook"
        )

    def check(self) -> str:
        """What is read, in a line: there is nobody to ask."""
        return "journals as CSV or XLSX with the columns " + ", ".join(c.name for c in JOURNALS.columns)


def _balances(name: str, content: Any, options: Mapping[str, Any]) -> Iterator[Item]:
    # Read whole before the first message: all of a file, or nothing.
    for row in list(balance_rows(content, options)):
        raw = json.dumps({"file": name, **row}, sort_keys=True).encode()
        key = f"{row['on']}:{row['account']}:{row['currency']}"
        yield Item("trial_balances", key, f"{key}:{row['balance']}", raw)


def trial_balances(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """What an account of the other ledger holds."""
    row = json.loads(raw)
    on, currency = date.fromisoformat(row["on"]), str(row["currency"])
    return [
        TrialBalance(
            key=f"{row['on']}:{row['account']}:{currency}",
            occurred_at=datetime.combine(on, time(12), UTC),
            currency=currency,
            control_group="balances",
            account=str(row["account"]),
            booked_on=on,
            balance=Amount.parse(row["balance"], currency),
        )
    ]


def journals(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """An entry of a file, or the file's own figures."""
    return journal_documents(raw)


def open_session(config: SystemConfig) -> LedgerFiles:
    """A session without any settings: how a file is read is said by the interface that it comes to."""
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
        Option(
            "nature",
            "what the entries are",
            ("journal", "depreciation", "accrual", "prepayment", "trial_balance"),
        ),
    ),
    streams=(
        Stream(
            "journals",
            "entries, one row a line; a row TOTAL gives the file's own figures",
            journals,
            "the later file of an entry's number is the later revision",
        ),
        Stream(
            "trial_balances",
            'balances of the other ledger, with nature = "trial_balance": what its entries are held against',
            trial_balances,
            "the later file of a day is the later revision",
        ),
    ),
)
