"""Documents: where they come from, what they mean, how they stand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel

from tieout.api.v1.calling import Caller, needs, seen_by
from tieout.api.v1.context import TheConnection, TheContext
from tieout.api.v1.elsewhere import Elsewhere, Places
from tieout.api.v1.paging import After, Limit, Page, read_place
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Filter, Money, MonthFilter
from tieout.api.v1.sorting import MOST_SORTED, Columns, Order, Sort, paged
from tieout.documents.shown import shown_document
from tieout.finding import names_of
from tieout.observe import correlation_of
from tieout.security import masked, masked_values
from tieout.store import Connection, Queries

_SQL = Queries("tieout.api.v1")
router = APIRouter(tags=["work"])
_SHOWN_BYTES = 16_384
_COLUMNS: Columns = {
    "number": ("document_id", int), "accounting_on": ("accounting_on", date.fromisoformat), "entity": ("entity", str),
    "interface": ("interface", str), "debit": ("measure_debit", Decimal), "credit": ("measure_credit", Decimal), "state": ("state", str),
}  # fmt: skip
DocumentReader = Annotated[Caller, needs("documents:read")]


class Source(BaseModel):
    """The message that a document was made from: `text` is its beginning, where it is text; account numbers and card
    numbers are masked. `bytes` is how many it has."""

    message_id: int
    interface: str
    stream: str
    transport: str
    received_at: datetime
    submitted_by: str
    body_sha256: str
    bytes: int | None
    text: str | None
    why_not: str


class Revision(BaseModel):
    """One revision of a document: what it counts for, and how it stands."""

    document_id: int
    revision: int
    state: str
    occurred_at: datetime
    posted_at: datetime | None
    measure_count: int
    measure_debit: Money
    measure_credit: Money


class Document(BaseModel):
    """The measure is what this revision counts for in its interface's tie-out. `thing`, `number` and `party` are what people know it
    by: "" for what is not searched, or not yet."""

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
    measure_debit: Money
    measure_credit: Money
    state: str
    reason: str
    posted_at: datetime | None
    thing: str = ""
    number: str = ""
    party: str = ""


class Line(BaseModel):
    """A line of a posting: a debit is positive."""

    external_id: str
    line_no: int
    accounting_on: date
    account: str
    currency: str
    amount: Money
    company_amount: Money


class Delivery(BaseModel):
    """One effect on its way to a target: how it stands, how often it was tried, and where its target is looked at (null: that is not
    known)."""

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
    elsewhere: Elsewhere | None = None


class WholeDocument(Document):
    """With its way: the message that it was made from, what became of it, its cases, and its page where it came from (`elsewhere`)."""

    message_id: int
    release: str
    content_sha256: str
    trace_id: str
    content: dict[str, Any]
    revisions: list[Revision]
    deliveries: list[Delivery]
    lines: list[Line]
    cases: list[int]
    elsewhere: Elsewhere | None = None


@router.get("/documents")
def documents(
    caller: DocumentReader,
    connection: TheConnection,
    entity: Filter = None,
    interface: Filter = None,
    period: MonthFilter = None,
    state: Filter = None,
    kind: Filter = None,
    source_key: Filter = None,
    sort: Sort = None,
    limit: Limit = 50,
    after: After = "",
) -> Page[Document]:
    """Documents, the newest first; or sorted by a column among the newest that fit."""
    order = Order.read(sort, _COLUMNS, "document_id", after) if sort else None
    (number,) = read_place("" if order else after, (int,))
    given = {
        "entities": seen_by(caller, "documents:read", entity), "interface": interface, "period": period, "state": state,
        "kind": kind, "source_key": source_key, "document_id": number, "limit": (MOST_SORTED if order else limit) + 1,
    }  # fmt: skip
    query = "documents_of_month" if period and not (interface or source_key) else "documents"
    found = connection.execute(_SQL[query], given).fetchall()
    rows, following, among = paged(found, limit, order, "document_id")
    return Page(items=with_names(connection, rows), next=following, among=among)


def with_names(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[Document]:
    """Documents with what people know each by."""
    names = names_said(connection, [r["document_id"] for r in rows])
    return [Document(**{**r, **names.get(r["document_id"], {})}) for r in rows]


def names_said(connection: Connection, numbers: Sequence[int]) -> dict[int, dict[str, str]]:
    """What people know documents by, by their numbers: thing, number and party of each that is searched."""
    return {
        n: {k: name[k] for k in ("thing", "number", "party")}
        for n, name in names_of(connection, numbers).items()
    }


@router.get("/documents/{document_id}/source")
def source(
    document_id: int, caller: DocumentReader, context: TheContext, connection: TheConnection
) -> Source:
    """What its source sent, as it was taken in."""
    given = {"document_id": document_id, "most": _SHOWN_BYTES}
    known = connection.execute(_SQL["document"], given).fetchone() if 0 < document_id < 2**62 else None
    if known is None or not caller.may("documents:read", known["entity"]):
        raise ProblemError(404, "document", f"no document {document_id}")
    row = connection.execute(_SQL["source_of"], given).fetchone()
    if row is None:
        raise ProblemError(404, "document", f"no message of document {document_id} is kept")
    interface = context.release().interfaces.get(row["interface"])
    text, why = None, ""
    if interface is not None and "details" in interface.streams:
        why = "it holds what persons earn: `tieout persons` shows that to the payroll role"
    elif row["body"] is None:
        why = "its bytes are not kept any more"
    else:
        text = _as_text(bytes(row["body"]))
        why = "" if text is not None else "it is no text"
    return Source(**{k: v for k, v in row.items() if k != "body"}, text=text, why_not=why)


def _as_text(body: bytes) -> str | None:
    """Text as far as it is some, with account and card numbers masked."""
    try:
        # A character may be cut where the shown part ends.
        text = body.decode("utf-8", errors="strict" if len(body) < _SHOWN_BYTES else "ignore")
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else masked(text)


@router.get("/documents/{document_id}")
def document(
    document_id: int, caller: DocumentReader, context: TheContext, connection: TheConnection
) -> WholeDocument:
    """A document with its way to the ledger."""
    given = {"document_id": document_id}
    row = connection.execute(_SQL["document"], given).fetchone() if 0 < document_id < 2**62 else None
    if row is None or not caller.may("documents:read", row["entity"]):
        raise ProblemError(404, "document", f"no document {document_id}")
    places = Places(context)
    return WholeDocument(
        **{**row, **names_said(connection, [document_id]).get(document_id, {})},
        trace_id=correlation_of(row["interface"], row["source_key"]),
        content=masked_values(shown_document(json.loads(_content(connection, document_id)))),
        revisions=[
            Revision(**r)
            for r in connection.execute(
                _SQL["revisions"], {"interface": row["interface"], "source_key": row["source_key"]}
            )
        ],
        deliveries=[
            Delivery(**r, elsewhere=places.record(r["system"], r["target_model"], r["target_id"]))
            for r in connection.execute(_SQL["deliveries"], given)
        ],
        elsewhere=places.documents(connection, [row]).get(document_id),
        lines=[Line(**r) for r in connection.execute(_SQL["lines"], given)],
        cases=[r["case_id"] for r in connection.execute(_SQL["cases_of_document"], given)],
    )


def _content(connection: Connection, document_id: int) -> str:
    row = connection.execute(_SQL["content_of"], {"document_id": document_id}).fetchone()
    return str(row["content"]) if row else "{}"
