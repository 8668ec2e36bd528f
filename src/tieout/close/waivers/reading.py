"""Reads what was waived of an entity's period, and how much revenue that is."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec

from tieout.causes import cause_named
from tieout.close.causes import ACCOUNT_MOVED_BY_HAND, ENTRY_WITHOUT_SOURCE, REVENUE_LEFT_OUT, WAIVED_BY_ONE
from tieout.close.waivers.model import Share, Waiver, WaiverKind, Waivers
from tieout.delivery.causes import IN_LEDGER
from tieout.documents import Document, decode_document
from tieout.money import Amount, Period
from tieout.planning import prepared_by, worth_of
from tieout.processes import Facts, kinds_selling, recipe_of
from tieout.rules import Entity, Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close.waivers")
Row = dict[str, Any]
OWN_CAUSES = (REVENUE_LEFT_OUT.name, WAIVED_BY_ONE.name)
_IN_LEDGER = frozenset(c.name for c in IN_LEDGER)


def read_waivers(connection: Connection, release: Release, entity: str, period: Period) -> Waivers:
    """What was waived of a period by now, from the database alone."""
    book, rules = release.entities[entity], release.closing.of(entity)
    given = {"entity": entity, "period": str(period), "first": period.first, "last": period.last}
    excluded = [
        _excluded(row, release, book)
        for row in connection.execute(_SQL["excluded_by_people"], given).fetchall()
    ]
    accepted = connection.execute(_SQL["accepted"], {**given, "own": list(OWN_CAUSES)}).fetchall()
    booked = connection.execute(_SQL["booked_differences"], given).fetchall()
    passed_on = connection.execute(_SQL["paid_for_others"], given).fetchall()
    others = connection.execute(_SQL["excluded_otherwise"], given).fetchall()
    rows = [
        *excluded,
        *(_accepted(row, book) for row in accepted),
        *(_booked(row, book) for row in booked),
        *(_paid_for_others(row, book) for row in passed_on),
        *(_left_out(row, book) for row in others),
    ]
    found = Waivers(
        entity=entity,
        period=str(period),
        currency=book.currency,
        rows=tuple(rows),
        share=_share(connection, release, book, given, excluded),
        limit=rules.alone_limit,
        percent_limit=rules.excluded_percent,
    )
    return msgspec.structs.replace(found, explained=_explained(connection, found))


def _explained(connection: Connection, found: Waivers) -> str:
    given = {"entity": found.entity, "period": found.period, "cause": REVENUE_LEFT_OUT.name}
    row = connection.execute(_SQL["explained"], {**given, "key": found.revenue_key}).fetchone()
    return f"{row['resolution']} ({row['solved_by']})" if row else ""


def _excluded(row: Row, release: Release, book: Entity) -> Waiver:
    document, facts = decode_document(row["content"].encode()), _facts(row)
    # Of one that was booked before, what its last revision would have added.
    measured = max(abs(row["measure_debit"]), abs(row["measure_credit"]))
    amount = measured or abs(row["at_risk"])
    asked_by, reason = _asked(row)
    sold = _revenue_of(document, release, row)
    whole = document.measure()
    most = max(abs(whole.debit), abs(whole.credit))
    if sold and most and measured != most:
        sold = part_of(sold, measured, most, row["currency"])
    return Waiver(
        kind=WaiverKind.EXCLUDED,
        about=row["source_key"],
        cause=row["cause"],
        interface=row["interface"],
        amount=amount,
        currency=row["currency"],
        company=worth_of(amount, row["currency"], facts, book.currency),
        at=row["solved_at"],
        by=asked_by or row["solved_by"],
        second=row["solved_by"] if asked_by else "",
        reason=reason or row["resolution"].removeprefix("excluded: "),
        revenue=worth_of(sold, row["currency"], facts, book.currency),
    )


def part_of(sold: Decimal, measured: Decimal, whole: Decimal, currency: str) -> Decimal:
    """What a part of a document sells, in proportion, to the minor unit: `measured` of `whole`."""
    return Amount.rounded(sold * measured / whole, currency).value


def _accepted(row: Row, book: Entity) -> Waiver:
    kind = WaiverKind.CASE
    if row["cause"] in _IN_LEDGER:
        kind = WaiverKind.LEDGER
    elif row["cause"] in (ENTRY_WITHOUT_SOURCE.name, ACCOUNT_MOVED_BY_HAND.name):
        kind = WaiverKind.ENTRY
    elif not row["amount"]:
        kind = WaiverKind.NO_AMOUNT
    first, reason = _asked(row)
    if not first and cause_named(row["cause"]).by_another:
        # Whoever accepted it was the second person: another than who made it.
        first = ", ".join(sorted(prepared_by(row) - {""}))
    return Waiver(
        kind=kind,
        about=row["source_key"],
        cause=row["cause"],
        interface=row["interface"],
        amount=abs(row["amount"]),
        currency=row["currency"],
        company=worth_of(abs(row["amount"]), row["currency"], _facts(row), book.currency),
        at=row["solved_at"],
        by=first or row["solved_by"],
        second=row["solved_by"] if first else "",
        reason=reason or row["resolution"],
    )


def _booked(row: Row, book: Entity) -> Waiver:
    kind = WaiverKind.WRITTEN_OFF if row["kind"] == "write_off" else WaiverKind.DIFFERENCE
    return _matched(row, book, kind, row["kind"])


def _paid_for_others(row: Row, book: Entity) -> Waiver:
    paid = Decimal(json.loads(row["detail"])["paid_for_others"])
    return _matched({**row, "amount": paid}, book, WaiverKind.PAID_FOR_OTHERS, "")


def _matched(row: Row, book: Entity, kind: WaiverKind, cause: str) -> Waiver:
    """What a match lets pass: whoever approved it is named behind a comma."""
    by, _, second = row["decided_by"].partition(", ")
    return Waiver(
        kind=kind,
        about=row["source_key"],
        cause=cause,
        interface=row["interface"],
        amount=row["amount"],
        currency=row["currency"],
        company=worth_of(row["amount"], row["currency"], _facts(row), book.currency),
        at=row["received_at"],
        by=by,
        second=second,
        reason=row["reason"] or row["why"],
    )


def _left_out(row: Row, book: Entity) -> Waiver:
    return Waiver(
        kind=WaiverKind.SOURCE,
        about=row["reason"] or "no reason",
        cause="",
        interface=row["interface"],
        amount=row["amount"],
        currency=row["currency"],
        company=row["amount"] if row["currency"] == book.currency else None,
        at=None,
        by="",
        second="",
        reason=row["reason"],
        count=row["count"],
    )


def _share(
    connection: Connection, release: Release, book: Entity, given: Row, excluded: list[Waiver]
) -> Share:
    """Of what people left out that would have been revenue; without any, nothing is added up."""
    left = [w.revenue for w in excluded]
    if not any(x is None or x for x in left):
        return Share()
    booked = Decimal(0)
    rows = connection.execute(_SQL["sold"], {**given, "kinds": list(kinds_selling())})
    for row in rows:
        sold = _revenue_of(decode_document(row["content"].encode()), release, row)
        # What is booked has a rate; what waits for one is no revenue yet.
        booked += worth_of(sold, row["currency"], _facts(row), book.currency) or Decimal(0)
    return Share(
        sales=sum((x for x in left if x is not None and x > 0), Decimal(0)),
        credits=-sum((x for x in left if x is not None and x < 0), Decimal(0)),
        booked=booked,
        unknown=sum(x is None for x in left),
    )


def _revenue_of(document: Document, release: Release, row: Row) -> Decimal:
    """What a document sells, in its currency; nothing of an interface that the project has no more."""
    interface = release.interfaces.get(row["interface"])
    if interface is None:
        return Decimal(0)
    return recipe_of(document).revenue(document, release, interface, row["accounting_on"])


def _asked(row: Row) -> tuple[str, str]:
    """Who asked for the approval that it waited for, and why; "" where it waited for none."""
    if not row["asked"]:
        return "", ""
    asked = json.loads(row["asked"])
    return asked.get("asked_by") or row["makers"], asked.get("reason", "")


def _facts(row: Row) -> Facts | None:
    return msgspec.json.decode(row["facts"].encode(), type=Facts) if row["facts"] else None
