"""Gusto on the wire: tokens that are renewed, lists in pages, a dated API version.

References: docs.gusto.com, App Integrations (OAuth2, pagination, rate limits, API versions), and the documents of version 2026-06-15
in Gusto/gusto-python-client (get all payrolls of a company, get a single payroll, get contractor payments, get employees). Amounts are
decimal texts. A list of payrolls says nothing of persons: each payroll is asked for by itself, a page of its persons at a time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx2

from tieout.connector_api import (
    ControlTotal,
    Item,
    Page,
    RefusedError,
    SetupError,
    SystemConfig,
    Walk,
    read_json,
    system_client,
)
from tieout.connector_api.tokens import RefreshToken, token_auth
from tieout.connectors.gusto.contractors import HISTORICAL, cost_of
from tieout.connectors.gusto.normalise import debits_and_credits

VERSION = "2026-06-15"
CURRENCY = "USD"
_PAYROLLS, _MOST = 25, 100
_KEY = "connect the app again for this company, with the scopes that its page names"
# Gusto's first payrolls were of 2012, and a question may span a year.
_FIRST, _SPAN = date(2012, 1, 1), timedelta(days=364)
_AHEAD = timedelta(days=31)
# What of a payroll changes by itself, and moves no money.
_PASSING = ("payroll_status_meta", "submission_blockers", "credit_blockers", "processing_request")


def open_session(config: SystemConfig) -> GustoSession:
    """A session for one company. Nothing is asked of Gusto yet. Raises SetupError where no way to sign in is set."""
    headers = {"X-Gusto-API-Version": VERSION}
    auth = _auth(config)
    if auth is None:
        headers["Authorization"] = f"Bearer {config.text('token')}"
    url = config.text("url").rstrip("/")
    http = system_client(config, base_url=url, timeout=40, headers=headers, auth=auth)
    return GustoSession(http, config.text("company"), config.text("external") == "yes")


def _auth(config: SystemConfig) -> httpx2.Auth | None:
    """By the refresh token of a person's consent, which Gusto changes with each renewal. None where a token is set that somebody
    else renews."""
    if config.text("refresh_token"):
        back = config.text("redirect_uri")
        grant = RefreshToken(
            url=config.text("url").rstrip("/") + "/oauth/token",
            client_id=config.text("client_id"),
            client_secret=config.text("client_secret"),
            refresh_token=config.text("refresh_token"),
            extra={"redirect_uri": back} if back else {},
        )
        return token_auth(config, grant)
    if not config.text("token"):
        raise SetupError("Gusto: no way to sign in: set client_id, client_secret and refresh_token")
    return None


class GustoSession:
    """Poller and ControlTotals of one company's payrolls and contractor payments; with `external` of payrolls too that were run
    elsewhere and entered there."""

    def __init__(self, http: httpx2.Client, company: str, external: bool = False) -> None:
        self._http, self._company = http, company
        self._types = "regular,off_cycle" + (",external" if external else "")

    def _get(self, path: str, page: int, per: int, **params: Any) -> tuple[Any, int]:
        """A page, and how many there are; 0 where the answer does not say."""
        whole = f"/v1/companies/{self._company}/{path}"
        body, headers = read_json(self._http, "Gusto", whole, {**params, "page": page, "per": per}, _KEY)
        return body, int(headers.get("x-total-pages", "0"))

    def _pages(
        self,
        path: str,
        per: int,
        walk: Walk,
        rows_of: Callable[[Any], list[Any]] = list,
        *,
        first: int = 1,
        params: Mapping[str, Any],
    ) -> Iterator[tuple[Any, list[Any], bool]]:
        """Pages by number from the `first` on: the answer, its rows, and whether another follows."""
        number, more = first, True
        while more:
            body, said = self._get(path, number, per, **params)
            rows = rows_of(body)
            # Where nothing is said a full page may have another behind it.
            more = walk.numbered(number, said or number + (len(rows) == per), rows)
            yield body, rows, more
            number += 1

    def _payrolls(
        self, since: date, until: date, walk: Walk, first: int = 1
    ) -> Iterator[tuple[list[dict[str, Any]], bool]]:
        """Pages of payrolls by their pay periods: what was on none before, and whether another follows."""
        asked: dict[str, Any] = {
            "processing_statuses": "processed",
            "payroll_types": self._types,
            "include": "totals,payroll_status_meta,reversals",
            "start_date": since.isoformat(),
            "end_date": until.isoformat(),
        }
        for _, rows, more in self._pages("payrolls", _PAYROLLS, walk, first=first, params=asked):
            yield walk.fresh(rows, _uuid), more

    def _payroll(self, key: str) -> dict[str, Any]:
        """A payroll with all whom it pays, whose pages it is asked for by."""
        include = "benefits,deductions,taxes,totals,reversals"
        whole: dict[str, Any] = {}
        walk = Walk(f"Gusto: payrolls: persons of {key}")
        for row, paid, _ in self._pages(
            f"payrolls/{key}", _MOST, walk, _persons, params={"include": include}
        ):
            whole = whole or {**row, "employee_compensations": []}
            whole["employee_compensations"] += walk.once(paid)
        return whole

    def _departments(self) -> dict[str, str]:
        """Each employee's department, as they are in today: those who left are in the list too."""
        found: dict[str, str] = {}
        walk = Walk("Gusto: payrolls: employees")
        for _, rows, _ in self._pages("employees", _MOST, walk, params={}):
            found |= {_uuid(r): str(r.get("department") or "") for r in walk.fresh(rows, _uuid)}
        return found

    def check(self) -> str:
        """What answers, in a line. Raises ConnectorError where it cannot be used."""
        self._get("employees", 1, 1)
        return f"Gusto at {self._http.base_url}, company {self._company}"

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        """A page of payrolls by pay period, or of contractor payments by day.

        A first poll goes from 2012 on, a year at a time. A later one asks for the year up to a month ahead: payrolls of the month before
        the last poll, and of those before it what is new there (a correction names the period that it corrects) or has other figures.
        One that was processed and is not any more comes once, as not processed: a case. What may still be called off before its pay
        day is waited for.
        """
        start = date.fromisoformat(cursor["window"]) if "window" in cursor else self._start(cursor, now)
        if stream == "contractor_payments":
            items, last, seen = self._contractor_items(cursor, start, now)
        else:
            items, last, seen = self._payroll_items(cursor, start, now)
        if not last:
            return Page(items, {**_kept(cursor), "window": start.isoformat(), **seen}, more=True)
        after = start + _SPAN + timedelta(days=1)
        if after <= now.date() + _AHEAD:
            seen.pop("listed", None)
            return Page(items, {**_kept(cursor), **seen, "window": after.isoformat(), "page": 1}, more=True)
        return Page(items, {"since": now.date().isoformat(), "seen": seen["seen"]})

    def _start(self, cursor: dict[str, Any], now: datetime) -> date:
        return now.date() + _AHEAD - _SPAN if cursor.get("since") else _FIRST

    def _payroll_items(
        self, cursor: dict[str, Any], start: date, now: datetime
    ) -> tuple[list[Item], bool, dict[str, Any]]:
        """A page's items, whether it is the window's last, and what goes on: the page, whom the window listed, what was seen."""
        number = int(cursor.get("page", 1))
        walk, listed = Walk("Gusto: payrolls"), list(cursor.get("listed") or ())
        walk.fresh(listed, str)
        rows, more = next(self._payrolls(start, _end(start, now), walk, number))
        seen: dict[str, str] = dict(cursor.get("seen") or {})
        listed += [_uuid(r) for r in rows]
        wanted = [r for r in rows if not _waits(r, now) and _is_wanted(_uuid(r), _mark(r), cursor)]
        departments = self._departments() if wanted else {}
        items = [_payroll_item(self._payroll(_uuid(r)), departments) for r in wanted]
        seen |= {_uuid(r): _mark(r) for r in rows if not _waits(r, now)}
        if more:
            return items, False, {"page": number + 1, "listed": listed, "seen": seen}
        for key in _gone(seen, listed, start):
            items.append(_payroll_item(self._taken_back(key), {}))
            del seen[key]
        return items, True, {"seen": _still(seen, now)}

    def _taken_back(self, key: str) -> dict[str, Any]:
        """A payroll that was processed and is not listed any more, as one that is not processed."""
        try:
            return {**self._payroll(key), "processed": False}
        except RefusedError:
            return {"payroll_uuid": key, "processed": False, "employee_compensations": []}

    def _contractors(self, since: date, until: date) -> Iterator[dict[str, Any]]:
        """Every payment to a contractor of a span of days, both included, that is no record of one made elsewhere."""
        walk = Walk("Gusto: contractor_payments")
        asked = {"start_date": since.isoformat(), "end_date": until.isoformat()}
        for _, groups, _ in self._pages("contractor_payments", _MOST, walk, _groups, params=asked):
            paid = walk.fresh([p for group in groups for p in group["payments"]], _uuid)
            yield from (p for p in paid if p.get("payment_method") != HISTORICAL)

    def _contractor_items(
        self, cursor: dict[str, Any], start: date, now: datetime
    ) -> tuple[list[Item], bool, dict[str, Any]]:
        """As `_payroll_items`; a window is asked for whole."""
        today, seen, items = now.date().isoformat(), dict(cursor.get("seen") or {}), []
        for row in self._contractors(start, _end(start, now)):
            item = _contractor_item(row)
            mark = f"{item.dedupe_key[-16:]}:{row['date']}"
            if row.get("may_cancel") and row["date"] > today:
                continue
            if _is_wanted(item.source_key, mark, cursor):
                items.append(item)
            seen[item.source_key] = mark
        return items, True, {"seen": _still(seen, now)}

    def control_totals(
        self, streams: Iterable[str], start: datetime, end: datetime, zone: str
    ) -> list[ControlTotal]:
        """Count and sum of what is paid on days of a span: payrolls by their own totals, contractors by their payments. What is
        paid later in the span, and may be called off until then, counts already."""
        first, after = (t.astimezone(ZoneInfo(zone)).date() for t in (start, end))
        found = []
        for stream in streams:
            rows = self._paid(first, after) if stream == "payrolls" else self._paid_contractors(first, after)
            count, debit, credit = 0, Decimal(0), Decimal(0)
            for up, down in rows:
                count, debit, credit = count + 1, debit + up, credit + down
            if count:
                said = "the payrolls' own totals" if stream == "payrolls" else "the payments by day"
                found.append(ControlTotal(CURRENCY, stream, count, debit, credit, said))
        return found

    def _paid(self, first: date, after: date) -> Iterator[tuple[Decimal, Decimal]]:
        # The list is by pay period, the figure by pay day, which may lie well behind the period or before its end.
        for rows, _ in self._payrolls(after + _AHEAD - _SPAN, after + _AHEAD, Walk("Gusto: payrolls")):
            for row in rows:
                if first <= date.fromisoformat(row["check_date"]) < after:
                    yield self._sides(row)

    def _sides(self, row: dict[str, Any]) -> tuple[Decimal, Decimal]:
        """A payroll's debits and credits: its costs by its totals; where some are negative, as its lines have them."""
        totals = {k: Decimal(str(v)) for k, v in row["totals"].items()}
        if any(v < 0 for v in totals.values()):
            return debits_and_credits(
                {"payroll": self._payroll(_uuid(row)), "departments": self._departments()}
            )
        names = ("gross_pay", "employer_taxes", "benefits", "reimbursements")
        cost = sum((totals.get(n, Decimal(0)) for n in names), Decimal(0))
        return cost, cost

    def _paid_contractors(self, first: date, after: date) -> Iterator[tuple[Decimal, Decimal]]:
        for row in self._contractors(first, after - timedelta(days=1)):
            cost = cost_of(row)
            if cost:
                yield abs(cost), abs(cost)

    def close(self) -> None:
        """Close the connections; the session is not used again."""
        self._http.close()


def _end(start: date, now: datetime) -> date:
    """The last day of a window: Gusto takes none that is more than three months ahead."""
    return min(start + _SPAN, now.date() + _AHEAD)


def _kept(cursor: dict[str, Any]) -> dict[str, Any]:
    """What stays the same over a poll's pages; `marked` says whether the last poll left marks, which one of an earlier version did
    not."""
    return {"since": cursor["since"], "marked": _marked(cursor)} if cursor.get("since") else {}


def _marked(cursor: dict[str, Any]) -> bool:
    return bool(cursor.get("marked", "seen" in cursor))


def _persons(payroll: dict[str, Any]) -> list[Any]:
    return payroll.get("employee_compensations") or []


def _groups(told: dict[str, Any]) -> list[Any]:
    return told.get("contractor_payments") or []


def _uuid(row: dict[str, Any]) -> str:
    return str(row.get("payroll_uuid") or row["uuid"])


def _waits(row: dict[str, Any], now: datetime) -> bool:
    """Whether somebody may still call a payroll off, before its pay day."""
    status = row.get("payroll_status_meta") or {}
    return bool(status.get("cancellable")) and row["check_date"] > now.date().isoformat()


def _told(row: dict[str, Any]) -> str:
    """A hash of what a row says that stays."""
    stays = {k: v for k, v in row.items() if k not in _PASSING}
    return hashlib.sha256(json.dumps(stays, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _mark(row: dict[str, Any]) -> str:
    """By which a listed payroll is known again: what it says, and the end of its period."""
    return f"{_told(row)}:{row['pay_period']['end_date']}"


def _is_wanted(key: str, mark: str, cursor: dict[str, Any]) -> bool:
    """Whether something listed is taken: all of it at first, then what is recent, new or told otherwise. A mark ends with a day."""
    if not cursor.get("since"):
        return True
    overlap = max(31, int(cursor.get("options", {}).get("overlap_minutes", 0)) // 1440)
    recent = date.fromisoformat(cursor["since"]) - timedelta(days=overlap)
    if mark[17:] >= recent.isoformat():
        return True
    return _marked(cursor) and (cursor.get("seen") or {}).get(key) != mark


def _still(seen: dict[str, str], now: datetime) -> dict[str, str]:
    """What of it a later poll asks for again."""
    begins = (now.date() + _AHEAD - _SPAN).isoformat()
    return {k: v for k, v in seen.items() if v[17:] >= begins}


def _gone(seen: dict[str, str], listed: Iterable[str], start: date) -> list[str]:
    """What was seen with a period that ends well within the window, and is not listed any more."""
    within = (start + _AHEAD).isoformat(), (start + _SPAN - _AHEAD).isoformat()
    there = set(listed)
    return [k for k, v in seen.items() if k not in there and within[0] < v[17:] < within[1]]


def _payroll_item(row: dict[str, Any], departments: dict[str, str]) -> Item:
    """A payroll with the departments of those whom it pays: what it said when it was first read."""
    paid = {str(e["employee_uuid"]) for e in row["employee_compensations"]}
    body = {"payroll": row, "departments": {k: v for k, v in departments.items() if k in paid}}
    raw = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str).encode()
    # A department that changes later changes nothing that was paid.
    key = _uuid(row)
    return Item("payrolls", key, f"payrolls:{key}:{_told(row)}", raw)


def _contractor_item(row: dict[str, Any]) -> Item:
    raw = json.dumps(row, sort_keys=True, separators=(",", ":"), default=str).encode()
    # That a payment was funded, or cannot be cancelled any more, moves no money.
    told = json.dumps(
        {k: v for k, v in row.items() if k not in ("status", "may_cancel")}, sort_keys=True, default=str
    )
    digest, key = hashlib.sha256(told.encode()).hexdigest()[:16], str(row["uuid"])
    return Item("contractor_payments", key, f"contractor_payments:{key}:{digest}", raw)
