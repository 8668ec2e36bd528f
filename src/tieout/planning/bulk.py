"""One decision of many cases. Each case is decided as if it were alone, and fails alone; all of it is one transaction of the
caller's, kept under one number, and the same decision again changes nothing."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import psycopg

from tieout.cases import OwnerError, assign_cases, check_owner, go_alone
from tieout.cases.model import CaseState
from tieout.documents import Frame, FrameLine
from tieout.evidence import Entry, record
from tieout.planning.accepting import accept, offers_of
from tieout.planning.excluding import exclude, held_by
from tieout.planning.replay import replay
from tieout.planning.work import Beside
from tieout.rules import Release
from tieout.security import Authority, load_authority
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")
# As many as a person can answer for with one reason, and one transaction holds without keeping others waiting.
MOST = 500
BulkAction = Literal["solve", "exclude", "assign", "replay"]
ACTIONS: tuple[BulkAction, ...] = ("solve", "exclude", "assign", "replay")


class BulkError(ValueError):
    """A decision of many cases that is none: why, and what to do. Nothing of it was done."""


@dataclass(frozen=True)
class Seen:
    """A case as somebody saw it: one that changed since is another revision, and is not decided."""

    case_id: int
    revision: int


@dataclass(frozen=True)
class Decision:
    """What is to be done: `reason` is needed to solve and to exclude, `owner` to assign."""

    action: BulkAction
    cases: tuple[Seen, ...]
    reason: str = ""
    owner: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one case. `done`: it is decided; `waits`: people must approve that first (`request`); `left`: nothing
    was done, and `why` says why not."""

    case_id: int
    outcome: Literal["done", "waits", "left"]
    why: str = ""
    request: int = 0


@dataclass(frozen=True)
class Bulk:
    """A decision that was taken, by `person`."""

    bulk: str
    at: datetime
    person: str
    action: str
    reason: str
    outcomes: tuple[Outcome, ...]

    def count(self, outcome: str) -> int:
        """How many cases became that."""
        return sum(o.outcome == outcome for o in self.outcomes)


# What is said of a case that there is not, and to whoever may not know that there is one.
NO_SUCH_CASE = "there is no such case"
# What a caller may do with a case of an entity: "" where they may, else why not.
MayDecide = Callable[[str], str]


def decide_many(
    connection: Connection,
    release: Release,
    decision: Decision,
    *,
    person: str,
    may: MayDecide,
    now: datetime,
    bulk: str = "",
) -> Bulk:
    """Decide in the caller's transaction. With a `bulk` that was used for the same decision of the same person what was
    done then is told again, and nothing is done.

    Raises BulkError for too many cases, none, one twice, a missing reason or owner, and for a `bulk` of another decision.
    """
    _check(decision, bulk)
    asked = _digest(decision, person)
    bulk = bulk or secrets.token_hex(8)
    go_alone(connection)
    connection.execute(_SQL["lock_bulk"], {"key": _lock_of(bulk)})
    known = connection.execute(_SQL["known_bulk"], {"bulk": bulk}).fetchone()
    if known is not None:
        return _again(known, asked)
    rows = {
        r["case_id"]: r
        for r in connection.execute(
            _SQL["bulk_cases"], {"ids": [s.case_id for s in decision.cases]}
        ).fetchall()
    }
    left = {s.case_id: why for s in decision.cases if (why := _hindrance(rows.get(s.case_id), s, may))}
    held = None
    if decision.action == "assign":
        held = load_authority(connection)
        left |= _not_theirs(held, decision.owner, {n: r["entity"] for n, r in rows.items() if n not in left})
    free = [s.case_id for s in decision.cases if s.case_id not in left]
    beside = _together(connection, release, free, bulk, person) if decision.action == "exclude" else {}
    outcomes = []
    for seen in decision.cases:
        if seen.case_id in left:
            outcomes.append(Outcome(seen.case_id, "left", left[seen.case_id]))
            continue
        entity = rows[seen.case_id]["entity"]
        outcomes.append(
            _one(connection, release, decision, seen.case_id, person, now, beside.get(entity), held)
        )
    done = Bulk(bulk, now, person, decision.action, decision.reason, tuple(outcomes))
    _keep(connection, done, rows, asked)
    return done


def known_bulk(connection: Connection, bulk: str) -> Bulk | None:
    """A decision of many by its number; None where there is none."""
    row = connection.execute(_SQL["known_bulk"], {"bulk": bulk}).fetchone()
    return _again(row, bytes(row["asked_sha256"])) if row is not None else None


def _check(decision: Decision, bulk: str) -> None:
    numbers = [s.case_id for s in decision.cases]
    if not numbers:
        raise BulkError("no case is chosen: choose some first")
    if len(numbers) > MOST:
        raise BulkError(f"{len(numbers)} cases: at most {MOST} are decided at a time")
    if len(set(numbers)) != len(numbers):
        raise BulkError("a case stands twice among those that were chosen")
    if decision.action in ("solve", "exclude") and len(decision.reason.strip()) < 3:
        raise BulkError("say why, in three letters at least: the reason is evidence of every case")
    if decision.action == "assign" and not decision.owner.strip():
        raise BulkError("a case is somebody's: say whose")
    if len(bulk) > 80:
        raise BulkError("the number of a decision of many has at most 80 characters")


def _digest(decision: Decision, person: str) -> bytes:
    plain = json.dumps([person, asdict(decision)], sort_keys=True, default=str)
    return hashlib.sha256(plain.encode()).digest()


def _lock_of(bulk: str) -> int:
    return int.from_bytes(hashlib.sha256(b"bulk\x1f" + bulk.encode()).digest()[:8], "big", signed=True)


def _again(known: dict[str, Any], asked: bytes) -> Bulk:
    if bytes(known["asked_sha256"]) != asked:
        raise BulkError(
            f"{known['bulk']!r} is another decision of many: give this one a number of its own, or none"
        )
    outcomes = tuple(Outcome(**o) for o in known["outcomes"])
    return Bulk(known["bulk"], known["at"], known["person"], known["action"], known["reason"], outcomes)


def _hindrance(row: dict[str, Any] | None, seen: Seen, may: MayDecide) -> str:
    """Why a case cannot be decided, whatever is to be done with it; "" where it can."""
    if row is None:
        return NO_SUCH_CASE
    if why := may(row["entity"]):
        return why
    if row["state"] != CaseState.OPEN:
        return "it is not open any more"
    if row["revision"] != seen.revision:
        return "it changed since it was listed: look at it again"
    return ""


def _not_theirs(authority: Authority, owner: str, entities: dict[int, str]) -> dict[int, str]:
    """Why cases of these entities cannot be an owner's, of those that cannot."""
    why = {}
    for entity in set(entities.values()):
        try:
            check_owner(authority, owner, entity)
        except OwnerError as error:
            why[entity] = str(error)
    return {number: why[entity] for number, entity in entities.items() if entity in why}


def _together(
    connection: Connection, release: Release, numbers: Sequence[int], bulk: str, person: str
) -> dict[str, Beside]:
    """By entity: what these cases hold, together. What holds nothing that could be excluded counts nothing."""
    counts: dict[str, int] = {}
    amounts: dict[str, dict[str, Decimal]] = {}
    company: dict[str, Decimal] = {}
    found = []
    for number in numbers:
        with suppress(KeyError):
            found.append(held_by(connection, release, number, person))
    every = [held for held in found if held is not None]
    whole = {(h.interface.name, h.work.document.key) for h in every if isinstance(h.work.document, Frame)}
    for held in every:
        line = held.work.document
        if isinstance(line, FrameLine) and (held.interface.name, line.frame) in whole:
            # It is counted with its statement.
            continue
        entity, currency = held.interface.entity, held.work.document.currency
        counts[entity] = counts.get(entity, 0) + 1
        sums = amounts.setdefault(entity, {})
        sums[currency] = sums.get(currency, Decimal(0)) + held.amount
        company[entity] = company.get(entity, Decimal(0)) + (held.company or Decimal(0))
    return {e: Beside(bulk, counts[e], amounts[e], company[e]) for e in counts}


def _one(
    connection: Connection,
    release: Release,
    decision: Decision,
    number: int,
    person: str,
    now: datetime,
    beside: Beside | None,
    held: Authority | None,
) -> Outcome:
    """One case, in a transaction within the caller's: what fails takes back what it did, and nothing else."""
    try:
        with connection.transaction():
            return _decided(connection, release, decision, number, person, now, beside, held)
    except KeyError as error:
        return Outcome(number, "left", f"its interface is none of the project any more: {error}")
    except (ValueError, psycopg.DataError, psycopg.IntegrityError) as error:
        return Outcome(number, "left", str(error)[:500])


def _decided(
    connection: Connection,
    release: Release,
    decision: Decision,
    number: int,
    person: str,
    now: datetime,
    beside: Beside | None,
    held: Authority | None,
) -> Outcome:
    action = decision.action
    if action == "assign":
        assign_cases(connection, [number], decision.owner, decision.due_at, person, now, held)
        return Outcome(number, "done")
    if action == "solve":
        # It says itself why one cannot stand as it is, and what to do instead.
        told = accept(connection, release, number, decision.reason, now, person)
        if told.request:
            return Outcome(number, "waits", "somebody else must approve that", told.request)
        if told.done:
            return Outcome(number, "done")
        return Outcome(number, "left", "it was settled with another case of this decision")
    if action not in {offer.action for offer in offers_of(connection, number)}:
        return Outcome(number, "left", f"{action} is nothing that can be done with it as it stands")
    if action == "replay":
        done = replay(connection, now, person, case_id=number)
        return Outcome(number, "done") if done else Outcome(number, "left", "it holds nothing to plan again")
    request = exclude(connection, release, number, decision.reason, now, person, beside)
    if request:
        return Outcome(number, "waits", "somebody else must approve that", request)
    return Outcome(number, "done")


def _keep(connection: Connection, done: Bulk, rows: dict[int, dict[str, Any]], asked: bytes) -> None:
    given = {
        "bulk": done.bulk, "at": done.at, "person": done.person, "action": done.action, "reason": done.reason,
        "asked": asked, "outcomes": json.dumps([asdict(o) for o in done.outcomes]),
    }  # fmt: skip
    connection.execute(_SQL["keep_bulk"], given)
    record(connection, [_entry(done, o, rows[o.case_id]) for o in done.outcomes if o.case_id in rows])


def _entry(done: Bulk, outcome: Outcome, row: dict[str, Any]) -> Entry:
    detail = {
        "bulk": done.bulk, "case": outcome.case_id, "cause": row["cause"], "action": done.action,
        "reason": done.reason, "outcome": outcome.outcome, "why": outcome.why, "request": outcome.request or None,
    }  # fmt: skip
    return Entry(done.at, done.person, "case.decided", row["source_key"], row["entity"], detail)
