"""Takes signatures of two people, of figures that they looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from tieout.close.model import CloseState, TaskStanding, TaskState
from tieout.close.service import Sessions, kept_state, shown_last, state_of
from tieout.close.signatures import is_signed_here, revoke_signature, signature_parts
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.planning import sign_role_in
from tieout.proofs import Judged
from tieout.rules import Release
from tieout.security import NOBODY_LET_IN, Person, load_authority, person_of, stamper, why_not
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")


class CloseError(ValueError):
    """What cannot be signed or locked: why, and what to do."""


def sign(
    connection: Connection,
    release: Release,
    sessions: Sessions,
    entity: str,
    period: Period,
    names: Sequence[str],
    who: str | Person,
    key: str,
    now: datetime,
    judged: Sequence[Judged] | None = None,
) -> list[tuple[str, str]]:
    """Take a person's signature of tasks by evidence that is read now (`judged` as in `state_of`). See `take_signatures`; raises
    ConnectorError, too."""
    _signer(connection, release, entity, period, who, key, now)
    seen = shown_last(connection, entity, period)
    state = state_of(connection, release, sessions, entity, period, now, judged)
    return take_signatures(connection, release, state, names, who, key, now, seen)


def take_signatures(
    connection: Connection,
    release: Release,
    state: CloseState,
    names: Sequence[str],
    who: str | Person,
    key: str,
    now: datetime,
    seen: Mapping[str, str],
) -> list[tuple[str, str]]:
    """Take a person's signature of tasks as `state` found them a moment ago: (task, what became of it), in the tasks'
    order. Asks no system: it can be part of somebody's transaction. `seen` are the digests of the figures that the person looked at,
    by task: of others by now, or that nobody looked at, nothing is signed.

    `who` is a person who proved who they are, or "" beside the key that proves it.
    The first signature says that it was prepared, another person's that it is signed. `names` empty:
    everything that can be signed. Raises CloseError where the person may not, or a task is unknown.
    """
    entity, period = state.entity, Period.parse(state.period)
    name, role = _signer(connection, release, entity, period, who, key, now)
    known = {s.task.name for s in state.tasks}
    unknown = [n for n in names if n not in known]
    if unknown:
        raise CloseError(f"{unknown[0]!r} is no task of this close: {', '.join(sorted(known))}")
    found = []
    for each in state.tasks:
        if names and each.task.name not in names:
            continue
        if each.task.check == "close":
            # Whether everything before it is signed is known once that was tried.
            each = kept_state(connection, release, entity, period, now)[0].tasks[-1]
        elif _is_unseen(each, seen):
            said = f"not signed: {_unseen(each, seen)}: {each.finding.why}"
            found.append((each.task.name, said))
            continue
        found.append((each.task.name, _sign_one(connection, entity, period, each, name, role, now)))
    return found


def _is_unseen(each: TaskState, seen: Mapping[str, str]) -> bool:
    """Whether a machine's task could be signed, and whoever signs has looked at other figures of it, or at none."""
    signable = each.task.check and each.finding.done and each.state != TaskStanding.SIGNED
    return bool(signable) and seen.get(each.task.name) != each.finding.digest


def _unseen(each: TaskState, seen: Mapping[str, str]) -> str:
    if each.task.name not in seen:
        return "nobody looked at its figures before: look (`tieout close show`), then sign"
    return "its figures are others than were looked at"


def _signer(
    connection: Connection,
    release: Release,
    entity: str,
    period: Period,
    who: str | Person,
    key: str,
    now: datetime,
) -> tuple[str, str]:
    """Who signs, and in which role: the holder of the key, who must have it. Without people nobody does: a name alone is
    nobody's."""
    role = sign_role_in(connection, release, entity, period)
    if not load_authority(connection).people:
        detail = {"why": "nobody was let in"}
        with connection.transaction():
            record(connection, [Entry(now, str(who) or "nobody", "close.refused", entity, entity, detail)])
        raise CloseError(NOBODY_LET_IN)
    person = who if isinstance(who, Person) else person_of(connection, key)
    if not person.human or not person.grants_of(role, entity):
        detail = {"why": f"no {role} of {entity}"}
        with connection.transaction():
            record(connection, [Entry(now, person.name, "close.refused", entity, entity, detail)])
        raise CloseError(f"{person.name} is no {role} of {entity}: that role signs its close")
    return person.name, role


def _sign_one(
    connection: Connection, entity: str, period: Period, each: TaskState, who: str, role: str, now: datetime
) -> str:
    task, finding = each.task, each.finding
    if each.state == TaskStanding.SIGNED:
        return "is signed already"
    if not finding.done:
        return f"not done: {finding.why}"
    given = {
        "entity": entity,
        "period": str(period),
        "task": task.name,
        "digest": finding.digest,
        "by": who,
        "at": now,
    }
    with connection.transaction():
        connection.execute(_SQL["lock_close"], given)
        rows = connection.execute(_SQL["signatures"], given).fetchall()
        open_row = next((r for r in rows if r["task"] == task.name and r["revoked_at"] is None), None)
        if open_row is not None and not is_signed_here(connection, entity, period, open_row):
            # It says that somebody prepared or signed it, and its stamp is not right: somebody wrote it past us.
            revoke_signature(
                connection, entity, period, task.name, "its stamp is not right: not made by Tieout", now
            )
            open_row = None
        if open_row is not None and open_row["digest"] != finding.digest:
            return "not signed: its figures are others than those that were prepared meanwhile: look again"
        if open_row is None:
            parts = signature_parts(entity, period, {**given, "prepared_by": who, "signed_by": ""})
            connection.execute(_SQL["prepare"], {**given, "stamp": stamper(connection).stamp(*parts)})
            action, said = "close.prepared", "prepared: somebody else signs it"
        elif why := why_not(load_authority(connection), who, [open_row["prepared_by"]], role, entity):
            detail = {"task": task.name, "why": f"prepared by {open_row['prepared_by']}: {why}"[:300]}
            record(connection, [Entry(now, who, "close.refused", f"{entity}:{period}", entity, detail)])
            return (
                "you prepared it: somebody else signs it"
                if who == open_row["prepared_by"]
                else f"not signed: {why}"
            )
        else:
            parts = signature_parts(entity, period, {**open_row, "signed_by": who})
            stamp = stamper(connection).stamp(*parts)
            connection.execute(
                _SQL["sign"], {"id": open_row["signature_id"], "by": who, "at": now, "stamp": stamp}
            )
            action, said = "close.signed", f"signed, prepared by {open_row['prepared_by']}"
        detail = {"task": task.name, "digest": finding.digest[:16], "why": finding.why[:200]}
        record(connection, [Entry(now, who, action, f"{entity}:{period}", entity, detail)])
    return said
