"""PayPal's Transactions API on the wire: client credentials, questions of 31 days at most, pages.

References: github:paypal/paypal-rest-api-specifications openapi/reporting_transactions_v1.json (1.9); developer.paypal.com/docs/
transaction-search. Up to three hours pass before a transaction appears: nothing is held to be complete beyond the
answer's own `last_refreshed_datetime`. More than 10,000 rows are refused (RESULTSET_TOO_LARGE), and asked for by halves of their time.
A question about time of which PayPal has nothing yet is refused as INVALID_REQUEST (paypal/PayPal-node-SDK issue 452).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from tieout.connector_api import (
    ControlTotal,
    Item,
    Page,
    RefusedError,
    SetupError,
    SystemConfig,
    TransientError,
    Walk,
    read_json,
    system_client,
)
from tieout.connector_api.paypal import PROVIDER, paypal_instant
from tieout.connector_api.tokens import ClientCredentials, token_auth
from tieout.connectors.paypal.normalise import moved, moved_at

RIGHTS = (
    "https://uri.paypal.com/services/reporting/search/read",
    "https://uri.paypal.com/services/reporting/balances/read",
)
_KEY = (
    "switch Transaction Search on for the app (Apps & Credentials, app settings): a right given to an older app "
    "takes up to nine hours until a new token has it"
)
_PER_PAGE = 500
_SPAN = timedelta(days=31)
_HISTORY = timedelta(days=3 * 365)
# A transaction is found by its beginning: one that is completed weeks later (an electronic check) is found again by this, once a day.
_DEEP, _SHALLOW = timedelta(days=31), timedelta(days=1)
_SECOND = timedelta(seconds=1)
# What is asked for: no addresses, no carts.
_FIELDS = "transaction_info,payer_info"


def open_session(config: SystemConfig) -> PaypalSession:
    """A session of one account. Nothing is asked of PayPal yet."""
    url = config.text("url").rstrip("/")
    grant = ClientCredentials(
        f"{url}/v1/oauth2/token", config.text("client_id"), config.text("client_secret"), send="basic"
    )
    return PaypalSession(system_client(config, base_url=url, timeout=40, auth=token_auth(config, grant)))


class PaypalSession:
    """Poller, ControlTotals and Balances of one account."""

    provider = PROVIDER

    def __init__(self, http: Any) -> None:
        self._http = http
        self._now: datetime | None = None

    def _ask(self, start: datetime, end: datetime, page: int) -> dict[str, Any] | None:
        """A page of what began within; None where PayPal has nothing of that time yet. Raises RefusedError for too much."""
        params = {
            "start_date": _stamp(start),
            "end_date": _stamp(end),
            "fields": _FIELDS,
            "balance_affecting_records_only": "Y",
            "page_size": _PER_PAGE,
            "page": page,
        }
        try:
            return self._read("transactions", params)
        except RefusedError as error:
            if "INVALID_REQUEST" in str(error) and "is not available" in str(error):
                return None
            raise

    def _read(self, what: str, params: dict[str, Any]) -> dict[str, Any]:
        found, headers = read_json(self._http, "PayPal", f"/v1/reporting/{what}", params, _KEY)
        self._now = _clock(headers.get_list("date"))
        told: dict[str, Any] = found
        return told

    def _is_late(self, at: datetime, refreshed: datetime) -> bool:
        """Whether PayPal does not have yet all that was before a time. What is to come, it does not have to have: it says itself what
        time it is, and a month that runs is told as far as it goes."""
        return refreshed < at and not (self._now is not None and self._now < at)

    def _balances(self, **params: str) -> dict[str, Any]:
        return self._read("balances", params)

    def check(self) -> str:
        """Which account answers, and that both rights are there. Raises ConnectorError where it cannot be used."""
        told = self._balances()
        until = paypal_instant(str(told["last_refresh_time"]))
        self._ask(until - timedelta(hours=1), until, 1)
        return f"PayPal account {told.get('account_id', 'of the app')} at {self._http.base_url}"

    # Poller

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        """What began since a day before what was complete last, and once a day since 31 days before: a span of 31 days
        at a time, the first time three years. A span is told whole or not at all."""
        start, end = _window(cursor, now)
        try:
            found = self._span(start, end)
        except RefusedError as error:
            if "RESULTSET_TOO_LARGE" not in str(error):
                raise
            half = start + (end - start) / 2
            if half - start < _SECOND:
                raise SetupError(
                    f"PayPal gives none of the rows of {_stamp(start)}: there are more than it gives"
                ) from None
            return Page([], {**_kept(cursor), "from": _stamp(start), "to": _stamp(half)}, more=True)
        if found is None:
            return Page([], _kept(cursor, since=cursor.get("since")))
        rows, complete = found
        items = [_item(stream, row) for row in rows]
        if complete < end or end >= now - _SECOND:
            return Page(items, _kept(cursor, since=_stamp(max(complete, _since(cursor) or complete)), deep=now.date().isoformat()))  # fmt: skip
        return Page(items, {**_kept(cursor), "from": _stamp(end)}, more=True)

    def _span(self, start: datetime, end: datetime) -> tuple[list[dict[str, Any]], datetime] | None:
        """The rows of a span, which are 10,000 at most, and until when they are complete; None where PayPal has nothing of that time yet. Raises
        RefusedError for more rows than it gives, and TransientError where it gives fewer than it says that there are: then none of them is
        believed, and the span is asked for anew."""
        rows: list[dict[str, Any]] = []
        walk, number, more, said, complete = Walk(_asked(start, end)), 0, True, 0, end
        while more:
            number += 1
            told = self._ask(start, end, number)
            if told is None:
                if rows:
                    raise _not_yet(end)
                return None
            # Two rows may be alike in everything; two pages may not.
            page = walk.once(list(told.get("transaction_details") or ()))
            rows += page
            # The whole, or what is left from this page on (the reference can be read both ways): the first page says the whole.
            said = max(said, int(told.get("total_items") or 0))
            complete = min(complete, _refreshed(told, end))
            more = walk.numbered(number, int(told.get("total_pages") or 0), page)
        if len(rows) < said:
            raise TransientError(
                f"{_asked(start, end)}: PayPal says that there are {said} and gave {len(rows)}: they are asked for anew"
            )
        return rows, complete

    # ControlTotals

    def control_totals(
        self, streams: Iterable[str], start: datetime, end: datetime, zone: str
    ) -> list[ControlTotal]:
        """Counts and sums by event code and currency of what was booked within, asked for anew as one span. Raises
        TransientError where PayPal does not have all of it yet."""
        counts: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
        for row in self._all(start - _DEEP, end):
            info = row["transaction_info"]
            if not start <= moved_at(info) < end or (what := moved(info)) is None:
                continue
            currency, net = what
            one = counts[currency, str(info["transaction_event_code"])]
            one[0] += 1
            one[1 if net >= 0 else 2] += abs(net)
        return [
            ControlTotal(
                currency, code, int(count), debit, credit, "the transactions of the span, asked anew"
            )
            for (currency, code), (count, debit, credit) in sorted(counts.items())
        ]

    def _all(self, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
        """Every row of a span, whose end must be complete."""
        while start < end:
            until = min(start + _SPAN, end)
            pages = self._whole(start, until)
            yield from pages
            start = until

    def _whole(self, start: datetime, end: datetime) -> list[dict[str, Any]]:
        """The rows that began within [start, end)."""
        try:
            found = self._span(start, end)
        except RefusedError as error:
            if "RESULTSET_TOO_LARGE" not in str(error) or end - start < 2 * _SECOND:
                raise
            half = start + (end - start) / 2
            return [*self._whole(start, half), *self._whole(half, end)]
        if found is None:
            if self._is_late(start, start - _SECOND):
                raise _not_yet(end)
            return []
        rows, complete = found
        if self._is_late(end, complete):
            raise _not_yet(end)
        # Both ends belong to a question.
        return [r for r in rows if paypal_instant(r["transaction_info"]["transaction_initiation_date"]) < end]

    # Balances

    def balances(self, at: datetime) -> dict[str, Decimal]:
        """What is available, by currency: what is held or reserved was taken from it by rows of its own. Raises TransientError
        where PayPal is not that far yet."""
        told = self._balances(as_of_time=_stamp(at))
        if self._is_late(at, paypal_instant(str(told.get("last_refresh_time") or told["as_of_time"]))):
            raise _not_yet(at)
        found = {}
        for row in told["balances"]:
            money = row.get("available_balance") or row["total_balance"]
            found[str(row["currency"])] = Decimal(money["value"])
        return found

    def close(self) -> None:
        """Close the connections; the session is not used again."""
        self._http.close()


def _window(cursor: dict[str, Any], now: datetime) -> tuple[datetime, datetime]:
    """The span that is asked for. A cursor of an earlier version names a page of it: the span is asked for whole, which has no second effect."""
    if cursor.get("from"):
        start = paypal_instant(cursor["from"])
        end = paypal_instant(cursor["to"]) if cursor.get("to") else min(start + _SPAN, now)
        return start, end
    since = _since(cursor)
    if since is None:
        start = now - _HISTORY
    else:
        overlap = timedelta(minutes=int(cursor.get("options", {}).get("overlap_minutes", 0)))
        back = _SHALLOW if cursor.get("deep") == now.date().isoformat() else _DEEP
        start = since - max(overlap, back)
    return start, min(start + _SPAN, now)


def _asked(start: datetime, end: datetime) -> str:
    return f"PayPal: transactions from {_stamp(start)} to {_stamp(end)}"


def _since(cursor: dict[str, Any]) -> datetime | None:
    return paypal_instant(str(cursor["since"])) if cursor.get("since") else None


def _kept(cursor: dict[str, Any], **said: Any) -> dict[str, Any]:
    """What a cursor goes on with: until when all was told, and on which day it was looked far back."""
    kept = {name: cursor[name] for name in ("since", "deep") if cursor.get(name)}
    return {**kept, **{k: v for k, v in said.items() if v}}


def _refreshed(told: dict[str, Any], end: datetime) -> datetime:
    """Until when an answer is complete: its end, where it does not say that PayPal is not that far."""
    said = told.get("last_refreshed_datetime")
    return min(end, paypal_instant(str(said))) if said else end


def _clock(said: list[str]) -> datetime | None:
    """What time it is there, by the answer's own Date."""
    try:
        return parsedate_to_datetime(said[-1])
    except (IndexError, ValueError):
        return None


def _not_yet(end: datetime) -> TransientError:
    return TransientError(
        f"PayPal has not told all up to {_stamp(end)} yet: it may take three hours; ask again after that"
    )


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _item(stream: str, row: dict[str, Any]) -> Item:
    info = row["transaction_info"]
    raw = json.dumps(row, sort_keys=True, separators=(",", ":"), default=str).encode()
    key = f"{info['transaction_id']}:{info['transaction_event_code']}"
    return Item(stream, key, f"{stream}:{key}:{hashlib.sha256(raw).hexdigest()[:16]}", raw)
