"""Stripe's itemised reports, row by row: balance change from activity, payouts, payout reconciliation, ending balance reconciliation.

Columns go by the names that Stripe publishes, in whichever order and number they were chosen (docs.stripe.com/reports/report-types/balance and
.../payout-reconciliation, versions 1 to 7, read in November 2026). Amounts are in major units. Each row is a balance transaction; a file has no figures
of its own, and no row that is a sum. Pure.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tieout.money import Amount

_ID, _CATEGORY, _PAYOUT = "balance_transaction_id", "reporting_category", "automatic_payout_id"
_NEEDED = (_ID, "currency", "gross", "fee", "net", _CATEGORY)
# What a movement is of: without both, a refund leads to no charge. The report of payouts names each by `payout_id`.
_OF_WHAT = ("source_id", "charge_id")
_ROWS_MOST = 1_000_000
_PAYOUTS = "payout", "payout_reversal"
_REVERSED = _PAYOUTS[1]


@dataclass(frozen=True)
class ReportRow:
    """A balance transaction as a report tells it: signed, into the balance is positive; `fee` what was withheld of it. `source` is the object
    that it is of, `charge` its charge, `paid_out` the automatic payout that pays it out and `paid_at` when that leaves the balance; "" and
    None where there is none. `said` is every other cell."""

    line: int
    key: str
    at: datetime
    category: str
    gross: Amount
    fee: Amount
    net: Amount
    source: str
    charge: str
    paid_out: str
    paid_at: datetime | None
    said: Mapping[str, str]


@dataclass(frozen=True)
class Report:
    """A file's rows. `by_payout`: it is the payout reconciliation report, which lists all of a payout or nothing."""

    rows: Sequence[ReportRow]
    by_payout: bool


def read_itemised(content: bytes, options: Mapping[str, Any]) -> Report:
    """The rows of a report, each balance transaction once. Raises ValueError, which names line and column."""
    table = csv.reader(io.StringIO(_text(content), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(table, [])]
        _check(header)
        zone = ZoneInfo(str(options.get("time_zone", "UTC")))
        found = [_row(table.line_num, header, cells, zone) for cells in _lines(table, len(header))]
    except csv.Error as error:
        raise ValueError(f"line {table.line_num}: {error}") from None
    rows = _once(found)
    if "payout_id" in header:
        rows = _out_of_the_balance(rows)
    return Report(rows, by_payout=header[0] == _PAYOUT)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is no UTF-8: give the file as Stripe wrote it") from None


def _check(header: Sequence[str]) -> None:
    """Whether a report has the columns that are needed, each once. Raises ValueError."""
    of_what = () if "payout_id" in header else _OF_WHAT
    missing = [name for name in (*_NEEDED, *of_what) if name not in header]
    if not any(name in header for name in _TIMES):
        missing.append("created_utc")
    if missing:
        raise ValueError(
            f"no column {', '.join(missing)}: this is an itemised report of Stripe's without it, or none; choose all columns where it is "
            "downloaded"
        )
    twice = [name for name, count in Counter(header).items() if count > 1 and name]
    if twice:
        raise ValueError(f"the column {twice[0]} is there twice")


def _lines(table: Any, width: int) -> Iterator[list[str]]:
    count = 0
    for cells in table:
        if not cells:
            continue
        count += 1
        if count > _ROWS_MOST:
            raise ValueError(f"more than {_ROWS_MOST} rows: ask for the report by the month")
        if len(cells) != width:
            raise ValueError(
                f"line {table.line_num}: {len(cells)} cells where the first line names {width} columns"
            )
        yield cells


_TIMES = ("created_utc", "created", "effective_at_utc", "effective_at")


def _row(line: int, header: Sequence[str], cells: Sequence[str], zone: ZoneInfo) -> ReportRow:
    said = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    for name in (_ID, _CATEGORY, "currency"):
        if not said[name]:
            raise ValueError(f"line {line}: {name} is empty")
    currency = said["currency"].upper()
    gross, fee, net = (_money(line, name, said[name], currency) for name in ("gross", "fee", "net"))
    if net != gross - fee:
        raise ValueError(
            f"line {line}: net {net} is not gross {gross} less fee {fee}, as Stripe says that it is"
        )
    at = _instant(line, said, _TIMES, zone)
    if at is None:
        raise ValueError(f"line {line}: no time of {said[_ID]}")
    paid_at = _instant(
        line, said, ("automatic_payout_effective_at_utc", "automatic_payout_effective_at"), zone
    )
    return ReportRow(
        line=line,
        key=said[_ID],
        at=at,
        category=said[_CATEGORY],
        gross=gross,
        fee=fee,
        net=net,
        source=said.get("payout_id") or said.get("source_id", ""),
        charge=said.get("charge_id", ""),
        paid_out=said.get(_PAYOUT, ""),
        paid_at=paid_at,
        said=said,
    )


def _money(line: int, name: str, text: str, currency: str) -> Amount:
    try:
        return Amount.parse(text, currency)
    except ValueError as error:
        mark = "; ask for the report with a point as its decimal mark" if "," in text else ""
        raise ValueError(f"line {line}: {name}: {error}{mark}") from None


def _instant(line: int, said: Mapping[str, str], names: Sequence[str], zone: ZoneInfo) -> datetime | None:
    """The first of these times that a row says: those that end in _utc are in UTC, others in the zone that the report was asked for in."""
    for name in names:
        if text := said.get(name):
            try:
                found = datetime.fromisoformat(text)
            except ValueError:
                raise ValueError(f"line {line}: {name}: {text[:40]!r} is no time") from None
            if found.tzinfo is None:
                found = found.replace(tzinfo=UTC if name.endswith("_utc") else zone)
            return found.astimezone(UTC)
    return None


def _once(rows: Sequence[ReportRow]) -> list[ReportRow]:
    """The rows, of those that are there twice one. Raises ValueError where a balance transaction is told in two ways: it is one movement."""
    first: dict[str, ReportRow] = {}
    for row in rows:
        other = first.setdefault(row.key, row)
        if other.said != row.said:
            raise ValueError(f"lines {other.line} and {row.line} both tell of {row.key}, and not the same")
    return list(first.values())


def _out_of_the_balance(rows: Sequence[ReportRow]) -> list[ReportRow]:
    """The rows of the report of payouts, signed as the balance is. Stripe does not say with which sign it lists what went to the bank, and
    those who publish accounts of such files differ: a payout leaves the balance, a reversal comes back. Raises ValueError where payouts
    have both signs, or a reversal has a payout's: then nobody knows which went which way."""
    for row in rows:
        if row.category not in _PAYOUTS:
            raise ValueError(
                f"line {row.line}: {row.category} in a report of payouts: expected {' or '.join(_PAYOUTS)}"
            )
    ways = {(row.category == _REVERSED) != (row.net.value > 0) for row in rows if row.net}
    if len(ways) > 1:
        raise ValueError(
            "its payouts have both signs: which of them went to the bank, and which came from it, cannot be told; take the month from Stripe's API"
        )
    return [
        _taken_off(row) if row.net and (row.category == _REVERSED) != (row.net.value > 0) else row
        for row in rows
    ]


def _taken_off(row: ReportRow) -> ReportRow:
    return replace(row, gross=-row.gross, fee=-row.fee, net=-row.net)
