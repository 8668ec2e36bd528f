"""What the API answers, as values: amounts are Decimals, read from texts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import msgspec


class ProblemError(Exception):
    """The API refused (RFC 9457): `kind` names the reason for programs, `detail` says it for people."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(f"{status} {kind}: {detail}")
        self.status, self.kind, self.detail = status, kind, detail


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """`amount` is what is at risk: positive, in `currency`. `made_…` say how an entry was made that others made."""

    case_id: int
    cause: str
    interface: str
    entity: str
    period: str
    document_id: int | None
    source_key: str
    amount: Decimal
    currency: str
    blocking: bool
    recovery: str
    detail: str
    owner: str
    state: str
    opened_at: datetime
    due_at: datetime
    solved_at: datetime | None
    resolution: str
    solved_by: str
    accepted: bool
    revision: int = 1
    group: str = ""
    made_journal: str = ""
    made_user: str = ""
    made_kind: str = ""
    made_accounts: str = ""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Open cases of one cause; `amount` is positive, in `currency`."""

    cause: str
    entity: str
    currency: str
    count: int
    amount: Decimal
    due_at: datetime
    recovery: str


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The measure is what this revision counts for in its interface's tie-out; debits and credits are positive."""

    document_id: int
    interface: str
    entity: str
    kind: str
    source_key: str
    revision: int
    occurred_at: datetime
    accounting_on: date
    period: str
    currency: str
    measure_count: int
    measure_debit: Decimal
    measure_credit: Decimal
    state: str
    reason: str
    posted_at: datetime | None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a posting: a debit is positive."""

    external_id: str
    line_no: int
    accounting_on: date
    account: str
    currency: str
    amount: Decimal
    company_amount: Decimal


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    delivery_id: int
    system: str
    effect: str
    external_id: str
    state: str
    attempts: int
    target_model: str
    target_id: int | None
    confirmed_at: datetime | None
    changed: bool


class WholeDocument(Document, frozen=True, kw_only=True):
    """With its way to the ledger."""

    message_id: int
    release: str
    content_sha256: str
    deliveries: tuple[Delivery, ...]
    lines: tuple[Line, ...]
    cases: tuple[int, ...]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A count and positive sums; net = debit - credit."""

    count: int
    debit: Decimal
    credit: Decimal

    @property
    def net(self) -> Decimal:
        return self.debit - self.credit


class TieOutRow(msgspec.Struct, frozen=True, kw_only=True):
    """source = posted + waiting + in_exception + excluded + residual; `source` None: unproven. `changed` documents are not as
    Tieout wrote them: somebody changed them in the database."""

    interface: str
    entity: str
    period: str
    currency: str
    source: Figure | None
    posted: Figure
    waiting: Figure
    in_exception: Figure
    excluded: Figure
    residual: Figure | None
    ledger_gap: Decimal
    proven: bool
    changed: int = 0


class TieOut(msgspec.Struct, frozen=True, kw_only=True):
    """`as_of`: the instant that the figures are of; `current` says that nothing happened since."""

    as_of: datetime
    current: bool
    rows: list[TieOutRow]
