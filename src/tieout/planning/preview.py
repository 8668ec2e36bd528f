"""What a replay would do, shown in money before anybody does it.

It is done: the very documents are planned by the very stage, in a transaction that is taken back. So what is shown is
what would be booked now, under the project's files as they are now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tieout.documents.states import DocumentState
from tieout.planning.process import ProcessStage
from tieout.planning.replay import replay_documents, replay_range
from tieout.rules import Interface, Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")
# States of documents that would leave exception.
_LEFT = (DocumentState.PLANNED, DocumentState.POSTED, DocumentState.EXCLUDED)
_MOST = 2000


@dataclass(frozen=True)
class TriedLine:
    """A journal line that would be booked; `amount` and `company_amount` are signed, a debit is positive."""

    document_id: int
    effect: str
    on: date
    account: str
    currency: str
    amount: Decimal
    company_amount: Decimal


@dataclass(frozen=True)
class Tried:
    """`planned` documents would go on their way with `lines`; `held` would stay in exception, with `cases` as they
    would be; `waiting` would wait for something (an approval, an order). `amounts` is what would leave exception, by
    currency and absolute. `left_out`: how many more than may be tried at once."""

    documents: int
    planned: int
    held: int
    waiting: int
    lines: tuple[TriedLine, ...] = ()
    cases: tuple[dict[str, Any], ...] = ()
    amounts: dict[str, Decimal] = field(default_factory=dict)
    left_out: int = 0

    def by_account(self) -> list[tuple[str, str, Decimal]]:
        """(account, currency, signed sum) of the lines, zero sums too."""
        sums: dict[tuple[str, str], Decimal] = {}
        for line in self.lines:
            key = (line.account, line.currency)
            sums[key] = sums.get(key, Decimal(0)) + line.amount
        return [(account, currency, total) for (account, currency), total in sorted(sums.items())]


def try_case(
    connection: Connection, stage: ProcessStage, release: Release, case_id: int | None, cause: str | None,
    entities: Sequence[str] | None, now: datetime,
) -> Tried:  # fmt: skip
    """What replaying a case, or every case of a cause (of some entities; None: of every one), would come to."""

    def begin() -> list[int]:
        return replay_documents(connection, now, cause, case_id)

    return _try(connection, stage, release, begin, entities)


def try_cases(
    connection: Connection, stage: ProcessStage, release: Release, cases: Sequence[int], now: datetime
) -> Tried:
    """What replaying these cases would come to under a release, which may be another one than is in force."""

    def begin() -> list[int]:
        found = (replay_documents(connection, now, None, number) for number in cases)
        return list(dict.fromkeys(i for ids in found for i in ids))

    return _try(connection, stage, release, begin, None)


def try_range(
    connection: Connection, stage: ProcessStage, release: Release, interface: Interface, since: date, until: date,
    now: datetime,
) -> Tried:  # fmt: skip
    """What replaying an interface's documents of some days would come to."""

    def begin() -> list[int]:
        return replay_range(connection, interface, since, until, now, "")

    return _try(connection, stage, release, begin, None)


def _try(
    connection: Connection, stage: ProcessStage, release: Release, begin: Callable[[], list[int]],
    entities: Sequence[str] | None,
) -> Tried:  # fmt: skip
    with connection.transaction(force_rollback=True):
        ids = begin()
        rows = connection.execute(_SQL["documents_to_try"], {"ids": ids[:_MOST]}).fetchall()
        if entities is not None:
            rows = [r for r in rows if r["entity"] in entities]
        for name in sorted({r["interface"] for r in rows}):
            interface = release.interfaces.get(name)
            if interface is not None:
                stage.plan(connection, release, interface, [r for r in rows if r["interface"] == name])
        return _read(connection, [r["document_id"] for r in rows], max(0, len(ids) - _MOST))


def _read(connection: Connection, ids: list[int], left_out: int) -> Tried:
    given = {"ids": ids}
    states = connection.execute(_SQL["tried"], given).fetchall()
    lines = [
        TriedLine(
            r["document_id"], r["effect"], r["accounting_on"], r["account"], r["currency"], r["amount"],
            r["company_amount"],
        )
        for r in connection.execute(_SQL["tried_lines"], given)
    ]  # fmt: skip
    amounts: dict[str, Decimal] = {}
    gone = [r for r in states if r["state"] in _LEFT]
    for r in gone:
        # An entry of both sides moves what it debits, though it comes to nothing.
        money = abs(r["measure_debit"] - r["measure_credit"]) or r["measure_debit"]
        amounts[r["currency"]] = amounts.get(r["currency"], Decimal(0)) + money
    held = [r["document_id"] for r in states if r["state"] == DocumentState.REFUSED]
    cases = connection.execute(_SQL["tried_cases"], {"ids": held}).fetchall()
    return Tried(
        documents=len(states),
        planned=len(gone),
        held=len(held),
        waiting=len(states) - len(gone) - len(held),
        lines=tuple(lines),
        cases=tuple(cases),
        amounts=amounts,
        left_out=left_out,
    )


def in_range(connection: Connection, interface: Interface, since: date, until: date) -> list[dict[str, Any]]:
    """How an interface's documents of some days stand: state, currency, count, debit, credit."""
    given = {"interface": interface.name, "since": since, "until": until}
    return list(connection.execute(_SQL["in_range"], given).fetchall())
