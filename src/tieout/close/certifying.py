"""What each balance-sheet account holds at a month's end, and what something apart from the ledger says that it should."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from tieout.close.accounts import AccountRow, account_row
from tieout.connector_api import ChartReader, LedgerFacts, LedgerReader, answered
from tieout.money import Period
from tieout.proofs import (
    AskBalances,
    ClearingRow,
    Governed,
    LedgerRow,
    posted_between,
    read_governed,
    read_still,
)
from tieout.rules import Entity, Release
from tieout.rules.certifying import DOCUMENTS, NONE, PROVIDER, STATEMENT, ZERO, CertifyRules, known_from
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
_BALANCE_SHEET = ("asset", "liability", "equity")
Key = tuple[str, str]


def read_accounts(
    connection: Connection,
    release: Release,
    reader: LedgerReader,
    facts: LedgerFacts,
    entity: str,
    period: Period,
    balances: Sequence[LedgerRow],
    clearing: Sequence[ClearingRow],
    rules: CertifyRules,
    ask: AskBalances,
) -> list[AccountRow]:
    """Every balance-sheet account that is governed in a month, as the ledger and its sources have it now; `balances` and
    `clearing` are of the entity at its end, `ask` says what the ledger holds then, and its `facts` at which rates. Raises
    ConnectorError."""
    book, until = release.entities[entity], period.last
    governed = read_governed(connection, release, reader, entity, period)
    kinds = _types(reader, sorted(governed.accounts))
    mine = {
        a for a in governed.accounts
        if (kinds[a].startswith(_BALANCE_SHEET) if a in kinds else not kinds and a in governed.money)
    }  # fmt: skip
    held, documents = read_still(
        connection, entity,
        lambda: (
            ask(reader, until),
            _by_documents(connection, book, governed, period),
        ),
    )  # fmt: skip
    roles = _roles(release, period)
    stated: dict[Key, Decimal | None] = {
        (r.account, r.currency): r.source for r in balances if r.role.startswith("bank.")
    }  # fmt: skip
    provided: dict[Key, Decimal | None] = {
        (c.account, c.currency): None if c.source is None else c.source - c.not_posted for c in clearing
    }  # fmt: skip
    rows = []
    for key in sorted(k for k in {*held, *documents, *stated, *provided} if k[0] in mine):
        role = roles.get(key[0], "")
        source = NONE if key[0] in governed.shared else known_from(role)
        expected: dict[str, Decimal | None] = {
            STATEMENT: stated.get(key), PROVIDER: provided.get(key), ZERO: Decimal(0), NONE: None,
            DOCUMENTS: documents.get(key, Decimal(0)),
        }  # fmt: skip
        rate = Decimal(1) if key[1] == book.currency else facts.rate(key[1], until)
        in_ledger = held.get(key, Decimal(0))
        known = expected[source]
        if known is None and source != NONE and not in_ledger and key not in stated and key not in provided:
            # Neither the ledger nor anybody outside knows of something there.
            known = Decimal(0)
        rows.append(account_row(entity, str(period), key, role, rules, in_ledger, (known, source), rate))
    return rows


def _types(reader: LedgerReader, accounts: Sequence[str]) -> Mapping[str, str]:
    """The sort of each account, of a ledger that says it."""
    return (
        answered(lambda: reader.account_types(accounts), "its chart")
        if isinstance(reader, ChartReader)
        else {}
    )


def _by_documents(
    connection: Connection, book: Entity, governed: Governed, period: Period
) -> dict[Key, Decimal]:
    """What the documents put on each account up to the month's end, on top of what stood there before the first day."""
    found = posted_between(connection, book.code, date.min, period.last, governed)
    if book.begins_on is not None:
        opening = connection.execute(
            _SQL["opening_of"], {"entity": book.code, "begins_on": book.begins_on}
        ).fetchall()
        for row in opening:
            key = (row["account"], row["currency"])
            found[key] = found.get(key, Decimal(0)) + row["amount"]
    return found


def _roles(release: Release, period: Period) -> dict[str, str]:
    """Account to role, as they are mapped in the month; of two the first by name."""
    table = release.mappings.get("accounts")
    rows = [
        r for r in (table.rows if table else ()) if r.valid_from <= period.last and period.first <= r.valid_to
    ]  # fmt: skip
    return {r.value: r.key for r in sorted(rows, key=lambda r: r.key, reverse=True)}
