"""Late events as they are kept, what people decide of them, and a case of each that waits for that."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from tieout.cases import NewCase, beside_others, open_cases, solve_by_key
from tieout.close.causes import LATE_UNDECIDED
from tieout.close.late import LateDecision, LateEvent, closed_in, passed, waiting
from tieout.close.since_it_began import since_it_began
from tieout.documents import decode_document
from tieout.engine import wake
from tieout.evidence import Entry, record
from tieout.money import Amount, Period
from tieout.planning import makers_before
from tieout.planning.late_decisions import decision_parts, plan_late_again
from tieout.rules import Release
from tieout.security import AuthorityError, Person, by_a_key_of, had_a_hand, load_authority, stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
_LEAST, _MOST = 3, 500


class LateError(ValueError):
    """What cannot be decided of a late event: why, and what to do."""


def late_events(
    connection: Connection, entities: Sequence[str] | None, period: str | None, limit: int = 1000
) -> list[LateEvent]:
    """Every late event that is booked in a month (None: in any), the largest first; `entities` None: every one's. A decision that
    somebody wrote past us, or that was of another amount or day, is none."""
    given = {"entities": list(entities) if entities is not None else None, "period": period, "limit": limit}
    stamps = stamper(connection)
    found = []
    for row in connection.execute(_SQL["late_events"], given).fetchall():
        holds = row["decision"] and stamps.holds(row["decision_stamp"], "late decision", *decision_parts(row))
        same = (row["decided_booked_on"], row["decided_amount"]) == (row["booked_on"], row["amount"])
        decided = bool(holds and same)
        found.append(
            LateEvent(
                number=row["document_id"], interface=row["interface"], entity=row["entity"], document=row["source_key"],
                name=row["link_key"] or row["source_key"], event_on=row["event_on"], booked_on=row["booked_on"],
                stands_on=_stands_on(row["read_backs"] or ()), held=row["held"], lock=row["lock"], amount=row["amount"], currency=row["currency"],
                company=row["company_amount"], decision=row["decision"] if decided else "",
                reason=row["reason"] if decided else "", by=row["decided_by"] if decided else "",
                at=row["decided_at"] if decided else None,
            )
        )  # fmt: skip
    return found


def _stands_on(read_backs: Sequence[str]) -> date | None:
    """The first day on which an entry of it stood when it was read back last; None while none was."""
    days = [msgspec.json.decode(text).get("date") for text in read_backs]
    return min((date.fromisoformat(day) for day in days if day), default=None)


def decide_late(
    connection: Connection,
    release: Release,
    number: int,
    decision: str,
    reason: str,
    who: Person,
    now: datetime,
) -> LateEvent:
    """Decide of a late event, in the caller's transaction: by somebody who signs the close of its entity, and had no hand in
    the event. What is held is planned again, to be booked on the first open day, unless its own period is to be opened. Raises LateError,
    StampError."""
    if decision not in list(LateDecision):
        raise LateError(f"{decision!r} is no decision: {', '.join(LateDecision)}")
    if not _LEAST <= len(reason.strip()) <= _MOST:
        raise LateError(f"say why, in {_LEAST} to {_MOST} characters")
    row = connection.execute(_SQL["one_late"], {"id": number}).fetchone()
    if row is None:
        raise LateError(f"no late event {number}: `tieout close late` lists them")
    held = Period.of(row["booked_on"])
    # As the close of that month holds them: a limit that was raised since it began is none.
    rules = since_it_began(connection, release, row["entity"], held).closing.of(row["entity"])
    role = rules.sign_role
    if not who.human or not who.grants_of(role, row["entity"]):
        raise LateError(f"{who.name} is no {role} of {row['entity']}: that role decides of late events")
    _check_hands(connection, row, who, role)
    period = str(held)
    events = late_events(connection, [row["entity"]], period)
    mine = next((e for e in events if e.number == number), None)
    if mine is None:
        raise LateError(f"late event {number} is not booked: there is nothing to decide")
    if decision == LateDecision.PASS:
        others = [e for e in events if e.number != number]
        together = passed(others, rules.late_limit) + mine.size
        if together > rules.late_materiality:
            raise LateError(
                f"with it {together:.2f} would be passed of {period}, above {rules.late_materiality:.2f} (`late_materiality` of "
                "calendar.toml): adjust or reopen it"
            )
    given = {
        "document_id": number, "decision": decision, "reason": reason.strip(), "decided_by": who.name, "decided_at": now,
        "decided_booked_on": row["booked_on"], "decided_amount": row["amount"],
    }  # fmt: skip
    stamp = stamper(connection).stamp("late decision", *decision_parts(given))
    connection.execute(_SQL["decide_late"], {**given, "stamp": stamp})
    detail = {
        "decision": decision, "reason": reason.strip()[:300], "of": str(Period.of(row["event_on"])), "booked_in": period,
        "amount": f"{row['amount']:f}", "currency": row["currency"],
    }  # fmt: skip
    subject = f"{row['interface']}:{row['source_key']}"
    record(connection, [Entry(now, who.name, "late.decided", subject, row["entity"], detail)])
    if mine.held and decision != LateDecision.REOPEN and plan_late_again(connection, number, now):
        wake(connection)
    return next(e for e in late_events(connection, [row["entity"]], period) if e.number == number)


def _check_hands(connection: Connection, row: Mapping[str, Any], who: Person, role: str) -> None:
    """Raises LateError where somebody had a hand in the event, or nobody can say who had."""
    document = decode_document(row["content"].encode())
    before, changed = makers_before(connection, row["interface"], [document])
    if changed:
        raise LateError(
            f"a revision of late event {row['document_id']} was changed past us: restore it first"
        )
    try:
        authority = load_authority(connection)
    except AuthorityError as error:
        raise LateError(str(error)) from None
    makers = [authority.who_is(name) for name in before[document.key] if name.strip()]
    if why := had_a_hand(who, makers, role, row["entity"]) or by_a_key_of(
        connection, authority, who.name, makers
    ):
        raise LateError(why)


def tell_late_events(
    connection: Connection,
    release: Release,
    entity: str,
    period: Period,
    locks: Mapping[str, date | None],
    now: datetime,
) -> list[LateEvent]:
    """A case of each late event of the month that is booked and waits for a decision, or for its period to be opened; solved once it
    does not. All that are booked in the month, and what is held until then."""
    events = late_events(connection, [entity], str(period))
    limit = release.closing.of(entity).late_limit
    cases = {}
    for e in events:
        if e.held:
            # Its case is that it is held.
            continue
        why = closed_in(e, locks) if e.decision == LateDecision.REOPEN else ""
        if why or e in waiting(events, limit):
            cases[_key(e)] = _case(e, period, why, now)
    with connection.transaction():
        beside_others(connection)
        open_cases(connection, cases.values(), "close")
        given = {"entity": entity, "period": str(period), "cause": LATE_UNDECIDED.name}
        for row in connection.execute(_SQL["open_keys"], given).fetchall():
            if row["source_key"] not in cases:
                solve_by_key(
                    connection, LATE_UNDECIDED.name, row["source_key"], now, "it is decided", "close"
                )
    return events


def _key(event: LateEvent) -> str:
    """Another amount or day is another decision."""
    told = hashlib.sha256(f"{event.amount:f}{event.booked_on}".encode()).hexdigest()[:8]
    return f"{event.interface}:{event.document}:{told}"


def _case(event: LateEvent, period: Period, why: str, now: datetime) -> NewCase:
    said = LATE_UNDECIDED.say("reopened" if why else "", number=event.number)
    detail = (
        f"{event.name} of {event.event_on} is booked on {event.booked_on}, past the {event.lock} lock: {event.amount:.2f} "
        f"{event.currency}"
    )
    if why:
        detail += f"; {event.by} decided to reopen ({event.reason}): {why}"
    return NewCase(
        cause=LATE_UNDECIDED.name,
        interface=event.interface,
        entity=event.entity,
        period=str(period),
        source_key=_key(event),
        amount=Amount.exact(abs(event.amount), event.currency).value,
        currency=event.currency,
        recovery=said,
        detail=detail[:500],
        owner=LATE_UNDECIDED.who,
        opened_at=now,
        due_at=now + timedelta(hours=24),
        blocking=False,
    )
