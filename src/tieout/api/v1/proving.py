"""The proofs: the tie-out and what stands behind each of its cells, payouts, and figures over time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from pydantic import Field as Length

from tieout.api.v1.calling import Caller, needs, needs_shortly, seen_by
from tieout.api.v1.cells import as_csv
from tieout.api.v1.context import RequestContext, TheConnection, TheContext, TheProject
from tieout.api.v1.documents import Document, with_names
from tieout.api.v1.elsewhere import Elsewhere, Places
from tieout.api.v1.paging import After, Limit, Page, cut, place, read_place
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Figure, Filter, Money, MonthFilter, MonthInQuery, month
from tieout.api.v1.sorting import MOST_SORTED, Columns, Order, Sort, paged
from tieout.connector_api import ConnectorError
from tieout.kept_figures import read_kept
from tieout.operations.proving import take_figures
from tieout.proofs import Figure as ProvenFigure
from tieout.proofs import (
    MadeOf,
    PayoutProof,
    Total,
    arrivals_of,
    kept_ledger_months,
    made_of,
    payout_keys,
    payout_totals,
    prove_payouts,
    totals,
)
from tieout.proofs import TieOutRow as ProvenRow
from tieout.store import Connection, Queries

_SQL = Queries("tieout.api.v1")
router = APIRouter(tags=["proofs"])
Reader = Annotated[Caller, needs("documents:read")]
Taker = Annotated[Caller, needs_shortly("interfaces:run")]
Bucket = Literal["posted", "waiting", "in_exception", "excluded"]
_MOST_MONTHS = 120
_MOST_PARTS = 200
_PAYOUT_COLUMNS: Columns = {
    "number": ("document_id", int), "key": ("payout_key", str), "interface": ("interface", str), "entity": ("entity", str),
    "accounting_on": ("accounting_on", date.fromisoformat), "amount": ("sent", Decimal),
}  # fmt: skip
SERIES = ("volumes", "matching", "payouts", "cash", "flows", "ageing")
SeriesName = Literal["volumes", "matching", "payouts", "cash", "flows", "ageing"]


class TieOutRow(BaseModel):
    """source = posted + waiting + in_exception + excluded + residual; `source` null: unproven. `changed` documents are not as
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
    ledger_gap: Money
    proven: bool
    changed: int = 0


class TieOutTotal(BaseModel):
    """Rows of one currency added up, of one month (`period`, "": of all that were asked for): never across currencies. `source` and
    `residual` are of the rows whose source states figures; `unstated` counts the others. `told` = `proven` + `in_wait` + `failed` +
    `unproven` are turnover, debits and credits alike, each positive; `not_proven` is told less proven, and
    `whole` where nothing is. `cases` are open ones of
    documents in exception."""

    period: str
    currency: str
    source: Figure | None
    posted: Figure
    waiting: Figure
    in_exception: Figure
    excluded: Figure
    residual: Figure | None
    told: Money
    proven: Money
    in_wait: Money
    failed: Money
    unproven: Money
    not_proven: Money
    whole: bool
    rows: int
    proven_rows: int
    unstated: int
    cases: int


class TieOut(BaseModel):
    """`as_of`: the instant that the figures are of; `current` says that nothing happened since. `answers` are the rows added up by
    currency, `totals` by month and currency."""

    as_of: datetime
    current: bool
    rows: list[TieOutRow]
    answers: list[TieOutTotal] = []
    totals: list[TieOutTotal] = []


class FiguresOf(BaseModel):
    """Of which interface, and of which month (YYYY-MM), figures are asked for."""

    interface: Annotated[str, Length(min_length=1, max_length=80)]
    period: Annotated[str, Length(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]


class BridgeItem(BaseModel):
    """A document that counts in one month of source and ledger and not in the other: `stated` is its source's day, `on`
    the ledger's."""

    why: str
    document: str
    number: str
    stated: date
    on: date
    amount: Money


class MoreOfBridge(BaseModel):
    """Documents of a bridge that are not among its items: how many of a sort, and what they come to."""

    why: str
    count: int
    amount: Money


class BridgeRow(BaseModel):
    """source - waiting - in_exception - excluded = posted; posted - elsewhere + from_elsewhere + held = ledger_month =
    in_ledger + residual, all net and signed in `currency`. `items` are the first 200 of `count`."""

    interface: str
    currency: str
    source: Money | None
    waiting: Money
    in_exception: Money
    excluded: Money
    posted: Money
    elsewhere: Money
    from_elsewhere: Money
    held: Money
    ledger_month: Money
    in_ledger: Money
    unexplained: Money | None
    residual: Money
    count: int
    items: list[BridgeItem]
    more: list[MoreOfBridge] = []


class MonthOfAccount(BaseModel):
    """What an account moved by in a month, as the ledger sums it: by interface of ours, and others'."""

    account: str
    currency: str
    moved: Money
    by_interface: dict[str, Money]
    others: Money
    residual: Money


class LedgerMonth(BaseModel):
    """A month of an entity's ledger, as it was read at `read_at`."""

    entity: str
    period: str
    read_at: datetime
    bridge: list[BridgeRow]
    accounts: list[MonthOfAccount]


class Payout(BaseModel):
    """`amount` is positive where it came to us. `residual` is it less its parts, `in_transit` what has not arrived;
    `why` is empty where it is proven; `elsewhere` is its page at its provider, null where none is known."""

    payout_key: str
    document_id: int
    interface: str
    entity: str
    accounting_on: date
    currency: str
    amount: Money
    automatic: bool
    parts: int
    residual: Money
    in_transit: Money
    proven: bool
    why: str
    elsewhere: Elsewhere | None = None


class PayoutTotal(BaseModel):
    """How many payouts fit, and what they come to, of one currency."""

    currency: str
    count: int
    amount: Money


class PayoutPage(Page[Payout]):
    """Payouts of a page; `totals` of all that fit, a currency each, on the first page alone."""

    totals: list[PayoutTotal] = Length(default_factory=list)


class PartOfLine(BaseModel):
    """What one movement adds to a line."""

    movement_key: str
    document_id: int
    amount: Money


class PayoutLine(BaseModel):
    """What a payout is made of: gross, fees, refunds, disputes or adjustments, signed, into the balance positive. `parts` are the
    first 200 of `count` movements."""

    kind: str
    amount: Money
    count: int
    parts: list[PartOfLine]


class Part(BaseModel):
    """A movement that the provider lists for a payout: `net` = `gross` - `fee`, null where it never came; `in_ledger` what
    the ledger holds for it."""

    movement_key: str
    document_id: int | None
    category: str | None
    state: str | None
    gross: Money | None = None
    fee: Money | None = None
    net: Money | None
    in_ledger: Money | None
    matched: bool | None
    in_case: bool
    elsewhere: Elsewhere | None = None


class Arrived(BaseModel):
    """By which document a payout arrived at the bank, or came back (`effect` is payout_reversal) into the provider's balance:
    `amount` is positive where it had come to us, `effect` says how it is known, `in_books` is where that stands in the ledger."""

    document_id: int
    interface: str
    source_key: str
    accounting_on: date
    amount: Money
    effect: str
    matched: bool
    in_books: Elsewhere | None = None


class WholePayout(Payout):
    """`made_of` are its lines, `net` their sum, `arrived` what `arrivals` come to: amount less what is in transit."""

    made_of: list[PayoutLine]
    net: Money
    arrived: Money
    movements: list[Part]
    arrivals: list[Arrived]


class Series(BaseModel):
    """Rows of a figure over time, each with the same fields; amounts are texts."""

    name: str
    as_of: datetime
    current: bool
    rows: list[dict[str, Any]]


@router.get("/tie-out")
def tieout(
    caller: Reader,
    context: TheContext,
    connection: TheConnection,
    entity: Filter = None,
    interface: Filter = None,
    period: MonthFilter = None,
    exact: bool = False,
) -> TieOut:
    """source = posted + waiting + in exception + excluded, by interface, entity, period and currency. `exact`: of this
    very instant, whatever that takes."""
    mine = seen_by(caller, "documents:read", entity)
    kept = read_kept(connection, context.release(), "tie_out", context.clock.now(), exact)
    rows = [
        r
        for r in kept.rows
        if interface in (None, r["interface"])
        and period in (None, r["period"])
        and (mine is None or r["entity"] in mine)
    ]
    given = {"entities": mine, "interface": interface, "period": period}
    cases = {
        (r["period"], r["currency"]): r["count"]
        for r in connection.execute(_SQL["cases_in_exception"], given).fetchall()
    }
    return TieOut(
        as_of=kept.as_of, current=kept.current, rows=[TieOutRow(**r) for r in rows],
        answers=[_total(t, cases) for t in totals(rows, by_month=False)],
        totals=[_total(t, cases) for t in totals(rows, by_month=True)],
    )  # fmt: skip


@router.post("/tie-out/take")
async def ask_for_figures(
    body: FiguresOf, caller: Taker, context: TheContext, project: TheProject
) -> list[TieOutRow]:
    """Ask an interface's source for its own figures of a month now, and hold what was read against them. None: neither has any."""
    found = context.release().interfaces.get(body.interface)
    if found is None or not caller.may("interfaces:run", found.entity):
        raise ProblemError(404, "interface", f"no interface {body.interface!r}")
    wanted = month(body.period)
    try:
        rows = await context.expensive.ask(
            body.interface,
            lambda: take_figures(project, body.interface, wanted),
            share=("take", body.interface, body.period),
        )
    except ConnectorError as error:
        raise ProblemError(422, "source", str(error)) from None
    return [_row(r) for r in rows]


@router.get("/tie-out/documents")
def behind(
    caller: Reader,
    context: TheContext,
    connection: TheConnection,
    interface: Annotated[str, Query(max_length=300)],
    entity: Annotated[str, Query(max_length=80)],
    period: MonthInQuery,
    currency: Annotated[str, Query(pattern=r"^[A-Z]{3}$")],
    bucket: Bucket,
    limit: Limit = 50,
    after: After = "",
) -> Page[Document]:
    """The documents that make up one cell of the tie-out, the latest first."""
    release = context.release()
    if entity not in release.entities or not caller.may("documents:read", entity):
        return Page(items=[], next=None)
    at, number = read_place(after, (datetime.fromisoformat, int))
    if at is not None and at.tzinfo is None:
        raise ProblemError(422, "page", "`after` is no place that a page named: begin without it")
    wanted, zone = month(period), release.entities[entity].zone
    # A statement's line counts on its booking date; its own instant is that day's noon, wherever that is.
    apart = timedelta(days=2)
    since = datetime.combine(wanted.first, time(), zone).astimezone(UTC) - apart
    until = datetime.combine(wanted.last, time(23, 59, 59, 999999), zone).astimezone(UTC) + apart
    given = {
        "interface": interface, "entity": entity, "period": period, "currency": currency, "zone": str(zone),
        "since": since, "until": until, "at": at, "id": number, "limit": limit + 1,
    }  # fmt: skip
    rows, more = cut(connection.execute(_SQL[f"behind_{bucket}"], given).fetchall(), limit)
    following = place(rows[-1]["occurred_at"].isoformat(), rows[-1]["document_id"]) if more else None
    return Page(items=with_names(connection, rows), next=following)


@router.get("/tie-out/ledger-months")
def ledger_months(
    caller: Reader, connection: TheConnection, entity: Filter = None, period: MonthFilter = None
) -> list[LedgerMonth]:
    """Each month by the ledger's own days, with what leads to it from the sources' months, as the ledger was read last: by
    `tieout tieout`. At most 120 months, the latest first."""
    rows = kept_ledger_months(connection, seen_by(caller, "documents:read", entity), period, _MOST_MONTHS)
    return [
        LedgerMonth(entity=r["entity"], period=r["period"], read_at=r["read_at"], **r["figures"])
        for r in rows
    ]


@router.get("/payouts")
def payouts(
    caller: Reader,
    context: TheContext,
    connection: TheConnection,
    entity: Filter = None,
    interface: Filter = None,
    period: MonthFilter = None,
    sort: Sort = None,
    limit: Limit = 50,
    after: After = "",
) -> PayoutPage:
    """Payouts with their proofs, the latest first; or sorted by a column among the latest that fit."""
    order = Order.read(sort, _PAYOUT_COLUMNS, "document_id", after) if sort else None
    on, number = read_place("" if order else after, (date.fromisoformat, int))
    mine, wanted = seen_by(caller, "documents:read", entity), month(period) if period else None
    keys = payout_keys(
        connection, mine, (on, number) if number else None,
        (MOST_SORTED if order else limit) + 1, interface=interface, month=wanted,
    )  # fmt: skip
    for key in keys:
        # As the proof says it: what a provider paid out leaves its balance.
        key["sent"] = -key["amount"]
    rows, following, among = paged(keys, limit, order, "accounting_on", "document_id")
    found = prove_payouts(connection, rows)
    places = Places(context).documents(connection, rows)
    shown = [_payout(k, p, places) for k, p in zip(rows, found, strict=True)]
    totals_of = [] if after else payout_totals(connection, mine, interface, wanted)
    return PayoutPage(items=shown, next=following, among=among, totals=[PayoutTotal(**t) for t in totals_of])


@router.get("/payouts/{document_id}")
def payout(document_id: int, caller: Reader, context: TheContext, connection: TheConnection) -> WholePayout:
    """A payout with every movement that its provider lists for it, and what it arrived, or came back, by."""
    rows = payout_keys(connection, None, None, 1, document_id) if 0 < document_id < 2**62 else []
    if not rows or not caller.may("documents:read", rows[0]["entity"]):
        raise ProblemError(404, "payout", f"no payout {document_id}")
    (proof,) = prove_payouts(connection, rows)
    given = {"entity": rows[0]["entity"], "payout": rows[0]["payout_key"]}
    parts = connection.execute(_SQL["payout_parts"], given).fetchall()
    elsewhere = Places(context)
    places = elsewhere.documents(connection, [*rows, *parts])
    arrivals = [
        Arrived(
            document_id=a.document_id, interface=a.interface, source_key=a.source_key, accounting_on=a.accounting_on,
            amount=a.amount, effect=a.effect, matched=a.matched,
            in_books=elsewhere.in_books(proof.entity, a.target_model, a.target_id),
        )
        for a in arrivals_of(connection, rows[0])
    ]  # fmt: skip
    return WholePayout(
        **_payout(rows[0], proof, places).model_dump(exclude={"amount", "residual", "in_transit"}), amount=proof.amount,
        residual=proof.residual, in_transit=proof.in_transit, made_of=[_line(x) for x in made_of(parts)],
        net=sum((p["net"] for p in parts if p["net"] is not None), Decimal(0)), arrived=sum((a.amount for a in arrivals), Decimal(0)),
        movements=[
            Part(**r, elsewhere=places.get(r["document_id"] or 0)) for r in parts], arrivals=arrivals,
    )  # fmt: skip


@router.get("/series/{name}")
def series(
    name: SeriesName,
    caller: Reader,
    context: TheContext,
    connection: TheConnection,
    entity: Filter = None,
) -> Series:
    """Figures that charts are drawn of."""
    return _series(name, caller, context, connection, entity)


@router.get(
    "/series/{name}/csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "a table"}},
)
def series_csv(
    name: SeriesName,
    caller: Reader,
    context: TheContext,
    connection: TheConnection,
    entity: Filter = None,
) -> Response:
    """The same as a table."""
    found = _series(name, caller, context, connection, entity)
    return as_csv(found.rows, f"{name}.csv")


def _series(
    name: str, caller: Caller, context: RequestContext, connection: Connection, entity: str | None
) -> Series:
    mine, release, now = seen_by(caller, "documents:read", entity), context.release(), context.clock.now()
    if name == "ageing":
        rows = connection.execute(_SQL["ageing"], {"entities": mine, "now": now}).fetchall()
        told = [{k: f"{v:f}" if k == "amount" else v for k, v in r.items()} for r in rows]
        return Series(name=name, as_of=now, current=True, rows=told)
    kept = read_kept(connection, release, name, now)
    interfaces = {i.name: i.entity for i in release.interfaces.values()}
    found = []
    for row in kept.rows:
        owner = row.get("entity") or interfaces.get(row.get("interface", ""), "")
        if mine is None or owner in mine:
            found.append(row)
    return Series(name=name, as_of=kept.as_of, current=kept.current, rows=found)


def _figure(found: ProvenFigure) -> Figure:
    return Figure(count=found.count, debit=found.debit, credit=found.credit)


def _total(total: Total, cases: Mapping[tuple[str, str], int]) -> TieOutTotal:
    """`cases` are counts by month and currency."""
    mine = [n for (p, c), n in cases.items() if c == total.currency and total.period in ("", p)]
    return TieOutTotal(
        period=total.period, currency=total.currency, source=_figure(total.source) if total.source is not None else None,
        posted=_figure(total.posted), waiting=_figure(total.waiting), in_exception=_figure(total.in_exception),
        excluded=_figure(total.excluded), residual=_figure(total.residual) if total.residual is not None else None,
        told=total.told, proven=total.proven, in_wait=total.in_wait, failed=total.failed, unproven=total.unproven,
        not_proven=total.not_proven,
        whole=total.whole, rows=total.rows, proven_rows=total.proven_rows, unstated=total.unstated, cases=sum(mine),
    )  # fmt: skip


def _row(row: ProvenRow) -> TieOutRow:
    return TieOutRow(
        interface=row.interface, entity=row.entity, period=row.period, currency=row.currency,
        source=_figure(row.source) if row.source else None, posted=_figure(row.posted), waiting=_figure(row.waiting),
        in_exception=_figure(row.in_exception), excluded=_figure(row.excluded),
        residual=_figure(row.residual) if row.residual is not None else None, ledger_gap=row.ledger_gap,
        proven=row.proven, changed=row.changed,
    )  # fmt: skip


def _line(line: MadeOf) -> PayoutLine:
    parts = [
        PartOfLine(movement_key=key, document_id=number, amount=amount)
        for key, number, amount in line.parts[:_MOST_PARTS]
    ]
    return PayoutLine(kind=line.kind, amount=line.amount, count=len(line.parts), parts=parts)


def _payout(row: dict[str, Any], proof: PayoutProof, places: Mapping[int, Elsewhere]) -> Payout:
    return Payout(
        payout_key=proof.payout_key, document_id=row["document_id"], interface=row["interface"],
        entity=proof.entity, accounting_on=row["accounting_on"], currency=proof.currency, amount=proof.amount,
        automatic=proof.automatic, parts=proof.parts, residual=proof.residual, in_transit=proof.in_transit,
        proven=proof.proven, why=proof.why, elsewhere=places.get(row["document_id"]),
    )  # fmt: skip
