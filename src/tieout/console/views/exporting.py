"""Lists as files: what a page's list has under the same filters, as far as whoever asks may see it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tieout.console.asking import AnswerError
from tieout.console.language import _
from tieout.console.rendering import HEADERS, Page
from tieout.console.tables import Column, Table, as_csv

# So many rows at most, gathered in so many seconds, and so many files at a time in a process: whoever else looks at pages waits for
# none of it.
MOST_ROWS, _WITHIN_S, _AT_ONCE, _PAGE = 10_000, 20, 2, 200


@dataclass(frozen=True)
class List:
    """A list of the API: its path (with a filter's name in braces where that stands in it), what it may be filtered by, under which name
    its rows stand, and its columns."""

    path: str
    filters: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: str = "items"
    needed: tuple[str, ...] = ()


def _columns(text: str) -> tuple[Column, ...]:
    """`field=Heading:kind` each."""
    found = []
    for part in text.split(", "):
        field, _, rest = part.partition("=")
        heading, _, kind = rest.partition(":")
        found.append(Column(field, heading, kind or "text"))
    return tuple(found)


def _figures() -> str:
    names = ("source", "posted", "waiting", "in_exception", "excluded", "residual")
    return ", ".join(
        f"{n}.count={n.replace('_', ' ').capitalize()} count:number, {n}.debit={n.replace('_', ' ').capitalize()} debit:money, "
        f"{n}.credit={n.replace('_', ' ').capitalize()} credit:money"
        for n in names
    )


LISTS: dict[str, List] = {
    "documents": List("/documents", ("entity", "interface", "period", "state", "kind", "source_key", "sort"), _columns(
        "document_id=No.:number, thing=What, number=Number, party=Whose, source_key=Source key, revision=Revision:number, "
        "interface=Interface, entity=Entity, accounting_on=Accounted:date, period=Period, measure_debit=Debit:money, "
        "measure_credit=Credit:money, currency=Currency, state=State, reason=Reason")),
    "deliveries": List("/deliveries", ("entity", "interface", "period", "state", "sort"), _columns(
        "delivery_id=No.:number, effect=Effect, thing=What, number=Number, party=Whose, source_key=Source key, interface=Interface, "
        "entity=Entity, accounting_on=Accounted:date, measure_debit=Debit:money, measure_credit=Credit:money, currency=Currency, "
        "system=System, external_id=External id, state=State, attempts=Attempts:number, next_attempt_at=Next try:date, "
        "confirmed_at=Read back:date, target_model=Record, target_id=Record no.:number")),
    "cases": List("/cases", ("cause", "entity", "interface", "period", "owner", "whose", "source_key", "group", "state", "sort"), _columns(
        "case_id=Case:number, title=What, cause=Cause, number=Number, party=Whose, source_key=Source key, interface=Interface, "
        "entity=Entity, period=Period, amount=At risk:money, currency=Currency, blocking=Blocking, owner=Owner, state=State, "
        "opened_at=Opened:date, due_at=Due:date, detail=What happened, recovery=What recovers it")),
    "payouts": List("/payouts", ("entity", "interface", "period", "sort"), _columns(
        "payout_key=Payout, entity=Entity, interface=Interface, accounting_on=Accounted:date, amount=Amount:money, "
        "residual=Residual:money, in_transit=Not arrived:money, currency=Currency, parts=Movements:number, proven=Proven, why=Why not")),
    "tie-out": List("/tie-out", ("entity", "interface", "period"), _columns(
        f"interface=Interface, entity=Entity, period=Period, currency=Currency, {_figures()}, proven=Proven"), rows="rows"),
    "receivables": List("/receivables/invoices", ("entity", "status", "party", "sort"), _columns(
        "number=Invoice, customer=Customer key, name=Customer, booked_on=Booked:date, due_on=Due:date, residual=Open:money, "
        "currency=Currency, company=Open in company currency:money, status=Status, promised_on=Promised:date"), needed=("entity",)),
    "approvals": List("/approvals", ("entity", "interface", "state", "sort"), _columns(
        "request_id=Request:number, action=Action, summary=What, subject=Subject, entity=Entity, amount=Amount:money, currency=Currency, "
        "makers=Made by, state=State, requested_at=Asked:date, due_at=Due:date")),
    "survey-feeders": List("/surveys/{survey}", ("survey",), _columns(
        "feeder=Feeder, how=How, journal=Journal, kinds=Kinds, entries=Entries:number, amount=Amount:money, currency=Currency, first=First:date, last=Last:date, "
        "logins=Accounts used, example=Told by"), rows="wrote", needed=("survey",)),
    "survey-volumes": List("/surveys/{survey}", ("survey",), _columns(
        "month=Month, kind=Kind, entries=Entries:number, by_hand=By hand:number, amount=Amount:money, currency=Currency"), rows="volumes", needed=("survey",)),
    "survey-months": List("/surveys/{survey}", ("survey",), _columns(
        "month=Month, entries=Entries:number, after=Made after its end:number, last_at=Last made:date, days=Days after:number, "
        "most_days=95 of 100 within days:number"), rows="month_ends", needed=("survey",)),
    "survey-open": List("/surveys/{survey}", ("survey",), _columns(
        "kind=Kind, account=Account, currency=Currency, band=Age, lines=Lines:number, debit=Debit:money, credit=Credit:money"),
        rows="ages", needed=("survey",)),
    "survey-entries": List("/surveys/entries", ("survey", "feeder", "journal", "month", "kind", "login", "by_hand"), _columns(
        "key=No.:number, day=Accounted:date, made_at=Made:date, journal=Journal, kind=Kind, number=Number, reference=Reference, origin=Origin, "
        "party=Whose, login=Account used, amount=Amount:money, currency=Currency, external_id=External id, feeder=Feeder"), needed=("survey",)),
    "survey-lines": List("/surveys/lines", ("survey", "kind", "account", "currency", "band"), _columns(
        "key=No.:number, kind=Kind, account=Account, day=Accounted:date, due=Due:date, band=Age, party=Whose, number=Number, open=Open:money, "
        "currency=Currency, company_open=Open in company currency:money"), needed=("survey",)),
    "survey-parties": List("/surveys/parties", ("survey", "key"), _columns(
        "key=No.:number, name=Name, tax_number=Tax number, mail=Mail, reference=Reference, parent=Contact of:number"), needed=("survey",)),
    "evidence": List("/evidence", ("actor", "action", "subject"), _columns(
        "evidence_id=No.:number, at=At, actor=Who, action=What, subject=Of what, entity=Entity")),
}  # fmt: skip


def _as_xlsx(table: Table) -> bytes:
    from tieout.console.workbooks import as_xlsx

    return as_xlsx(table)


_FORMS: dict[str, tuple[Callable[[Table], bytes], str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (_as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


class Exports:
    """Files of lists."""

    def __init__(self) -> None:
        self._busy = 0

    async def view(self, page: Page) -> Response:
        """The file of a list. Raises AnswerError: there is no such list, it needs a filter, or too many are made at this moment."""
        name, form = page.request.path_params["list"], page.request.path_params["form"]
        if name not in LISTS or form not in _FORMS:
            raise AnswerError(404, {"detail": _("there is no list %(name)s", name=name + "." + form)})
        if self._busy >= _AT_ONCE:
            raise AnswerError(
                503,
                {
                    "detail": _(
                        "%(count)s files are made at this moment: ask again in a few seconds", count=_AT_ONCE
                    )
                },
            )
        self._busy += 1
        try:
            table = await _table(page, name, LISTS[name])
            made = await run_in_threadpool(_FORMS[form][0], table)
        finally:
            self._busy -= 1
        headers = {**HEADERS, "content-disposition": f'attachment; filename="{name}-{page.now[:10]}.{form}"'}
        return Response(made, media_type=_FORMS[form][1], headers=headers)


async def _table(page: Page, name: str, of: List) -> Table:
    asked = {k: page.arg(k) for k in of.filters if page.arg(k)}
    if missing := [k for k in of.needed if k not in asked]:
        raise AnswerError(422, {"detail": _("say of which %(what)s: the list is of one", what=missing[0])})
    rows, whole = await _rows(page, of, asked)
    filters = ", ".join(f"{k} {v}" for k, v in asked.items()) or "none"
    cut = "" if whole else f"; only the first {len(rows)}: filter the list for the rest"
    about = (
        ("Company", page.site.name), ("Environment", page.site.environment), ("List", name), ("Filters", filters),
        ("Made by", str(page.who["person"])), ("As of", page.now), ("Rows", f"{len(rows)}{cut}"),
    )  # fmt: skip
    return Table(of.columns, rows, about)


async def _rows(page: Page, of: List, asked: dict[str, str]) -> tuple[list[dict[str, Any]], bool]:
    """The rows, page by page, and whether these are all."""
    path = of.path.format_map({k: quote(v, safe="") for k, v in asked.items()})
    if path != of.path:
        asked = {k: v for k, v in asked.items() if f"{{{k}}}" not in of.path}
    if of.rows != "items":
        found = (await page.api.get(path, **asked))[of.rows]
        return found[:MOST_ROWS], len(found) <= MOST_ROWS
    rows: list[dict[str, Any]] = []
    after, until = "", time.monotonic() + _WITHIN_S
    while len(rows) < MOST_ROWS and time.monotonic() < until:
        found = await page.api.get(path, **asked, limit=_PAGE, after=after)
        rows += found["items"]
        after = found["next"]
        if not after:
            return rows, True
        await asyncio.sleep(0)
    return rows[:MOST_ROWS], False
