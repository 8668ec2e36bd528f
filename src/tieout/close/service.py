"""Runs a close: reads the evidence, takes signatures of two people, revokes what late data touches."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from tieout.close.certifications import kept_accounts, sign_account
from tieout.close.certify_rules import record_rules
from tieout.close.checks import QUICK, Evidence
from tieout.close.deciding_late import tell_late_events
from tieout.close.declared_changes import tell_declared
from tieout.close.ending import not_over, too_early
from tieout.close.entries import look_at_entries
from tieout.close.itemised import look_at_items
from tieout.close.mapping_changes import tell_mappings
from tieout.close.model import CloseState, Finding, Signature, Task, TaskStanding, TaskState
from tieout.close.planning import FINAL, forecast, tasks_of
from tieout.close.since_it_began import since_it_began
from tieout.close.waivers import tell_waivers
from tieout.connector_api import LedgerReader
from tieout.delivery import read_back_month
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.observe import get_logger
from tieout.proofs import (
    look_at_taxes,
    open_balances,
    open_gaps,
    open_intercompany,
    statement_gaps,
    take_control_totals,
    tie_out,
)
from tieout.rules import Release
from tieout.security import NOBODY_LET_IN, Person, load_authority, person_of, stamper, why_not
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
_log = get_logger(__name__)
Sessions = Callable[[str], object]


class CloseError(ValueError):
    """What cannot be signed or locked: why, and what to do."""


def gather(
    connection: Connection, release: Release, sessions: Sessions, entity: str, period: Period, now: datetime
) -> None:
    """Ask the sources for their figures, and make cases of what is missing or has no source."""
    with connection.transaction():
        record_rules(connection, release, now)
    take_control_totals(connection, release, sessions, period, now)
    statement_gaps(connection, now)
    rows = [r for r in tie_out(connection, release) if r.period == str(period)]
    open_gaps(connection, rows, now)
    until = min(period.last, now.date())
    # Of a month that is over its last pairs need both sides as well: nothing of it is still to come.
    over = now.date() > period.last
    open_intercompany(connection, release, until, now, **({"grace_days": 0} if over else {}))
    open_balances(connection, release, until, now)
    held = since_it_began(connection, release, entity, period)
    look_at_entries(connection, held, sessions, entity, period, now)
    tell_waivers(connection, held, entity, period, now)
    tell_mappings(connection, release, entity, period, now)
    final = standing_signatures(connection, entity, period).get(FINAL)
    tell_declared(connection, release, entity, period, final.signed_at if final else None, now)


def state_of(
    connection: Connection, release: Release, sessions: Sessions, entity: str, period: Period, now: datetime
) -> CloseState:
    """How a close stands, by evidence that is read now: what is posted is read back from the ledger first, whenever that was
    done last. Signatures whose figures changed are revoked. Raises ConnectorError where the ledger does not answer."""
    release = since_it_began(connection, release, entity, period)
    tasks = tasks_of(release, entity, period)
    book = release.entities[entity]
    reader, read_at = sessions(book.ledger), None
    if isinstance(reader, LedgerReader):
        read_back_month(connection, reader, book.ledger, entity, period, book.time_zone, now)
        read_at = now
        tell_late_events(connection, release, entity, period, reader.locks(), now)
    items = look_at_items(connection, release, reader, entity, period, now)
    # After it: what was changed there is told of document by document first.
    taxes = _taxes(connection, release, reader, entity, period, now)
    evidence = Evidence(connection, release, sessions, entity, period, now, read_at, taxes, items)
    signatures = standing_signatures(connection, entity, period)
    findings: dict[str, Finding] = {}
    for task in tasks:
        if task.check == "close":
            findings[task.name] = _final(tasks, findings, signatures)
        elif task.check:
            findings[task.name] = evidence.find(task)
        else:
            findings[task.name] = _by_hand(release, task, period, now)
        signatures = _revoke_if_changed(
            connection, entity, period, task, findings[task.name], signatures, now
        )
    _keep(connection, entity, period, findings, now)
    return _state(release, entity, period, tasks, findings, signatures, now)


def _taxes(
    connection: Connection, release: Release, reader: object, entity: str, period: Period, now: datetime
) -> list[dict[str, Any]] | None:
    """The month's taxes as they are kept, read now; None where the ledger's cannot be."""
    found = (
        look_at_taxes(connection, release, reader, entity, [period], now)
        if isinstance(reader, LedgerReader)
        else None
    )
    return found[period] if found is not None else None


def kept_state(
    connection: Connection, release: Release, entity: str, period: Period, now: datetime
) -> tuple[CloseState, datetime | None]:
    """How a close stands by the evidence as it was read last, and when that was (None: never); its signatures as
    they stand now. Asks no system."""
    release = since_it_began(connection, release, entity, period)
    tasks = tasks_of(release, entity, period)
    rows = connection.execute(_SQL["findings"], {"entity": entity, "period": str(period)}).fetchall()
    known = {r["task"]: Finding(done=r["done"], why=r["why"], digest=r["digest"]) for r in rows}
    never = Finding(done=False, why="its evidence was not read yet", digest="")
    # Of a period that is not over an earlier release may have kept that it is done.
    early = {t.name: too_early(t, period, release.entities[entity].zone, now) for t in tasks}
    findings = {t.name: known.get(t.name, never) for t in tasks if t.check}
    findings |= {
        n: msgspec.structs.replace(f, done=False, why=early[n])
        for n, f in findings.items() if early[n] and f.done
    }  # fmt: skip
    findings |= {t.name: _by_hand(release, t, period, now) for t in tasks if not t.check}
    signatures = {n: s for n, s in standing_signatures(connection, entity, period).items() if n in findings}
    final = next((t for t in tasks if t.check == "close"), None)
    if final is not None:
        findings[final.name] = _final(tasks, findings, signatures)
    state = _state(release, entity, period, tasks, findings, signatures, now)
    return state, min((r["read_at"] for r in rows), default=None)


def shown_last(connection: Connection, entity: str, period: Period) -> dict[str, str]:
    """The digest of each task's figures as they were shown last; nothing of a task that nobody looked at."""
    rows = connection.execute(_SQL["findings"], {"entity": entity, "period": str(period)}).fetchall()
    return {r["task"]: r["digest"] for r in rows}


def _by_hand(release: Release, task: Task, period: Period, now: datetime) -> Finding:
    """What is known of a task of people: that it is theirs, and whether it is time."""
    early = too_early(task, period, release.entities[task.entity].zone, now)
    return Finding(done=not early, why=early or "by hand", digest="by hand")


def known_closes(connection: Connection) -> list[tuple[str, str]]:
    """(entity, period) of every close that somebody looked at or signed, the latest period first."""
    return [(r["entity"], r["period"]) for r in connection.execute(_SQL["known_closes"])]


def _keep(
    connection: Connection, entity: str, period: Period, findings: dict[str, Finding], now: datetime
) -> None:
    """What the evidence said, for whoever only looks."""
    given = {
        "entity": entity, "period": str(period), "now": now, "task": list(findings),
        "done": [f.done for f in findings.values()], "why": [f.why for f in findings.values()],
        "digest": [f.digest for f in findings.values()],
    }  # fmt: skip
    connection.execute(_SQL["keep_findings"], given)


def revoke_late(connection: Connection, release: Release, entity: str, period: Period, now: datetime) -> int:
    """Revoke signatures whose figures in the database changed; how many. No system is asked."""
    release = since_it_began(connection, release, entity, period)
    tasks = tasks_of(release, entity, period)
    evidence = Evidence(connection, release, lambda _: None, entity, period, now)
    before = standing_signatures(connection, entity, period)
    signatures = before
    for task in tasks:
        signature = signatures.get(task.name)
        if signature is not None and task.check in QUICK and task.check:
            finding = evidence.find(task)
            _keep(connection, entity, period, {task.name: finding}, now)
            signatures = _revoke_if_changed(connection, entity, period, task, finding, signatures, now)
    revoked = [t.name for t in tasks if t.name in before and t.name not in signatures]
    if revoked and FINAL in signatures:
        why, digest = f"{revoked[0]} does not stand any more", signatures[FINAL].digest
        _revoke(connection, entity, period, FINAL, why, now, digest)
        revoked.append(FINAL)
    return len(revoked)


def _final(tasks: Sequence[Task], findings: dict[str, Finding], signatures: dict[str, Signature]) -> Finding:
    """The close itself: every task before it is done and signed."""
    others = [t for t in tasks if t.check != "close"]
    left = [
        t.name
        for t in others
        if not (t.name in signatures and signatures[t.name].stands and findings[t.name].done)
    ]
    raw = "\x1f".join(f"{t.name}:{signatures[t.name].digest if t.name in signatures else ''}" for t in others)
    digest = hashlib.sha256(raw.encode()).hexdigest()
    why = (
        f"{len(left)} tasks are not signed, such as {left[0]!r}" if left else "every task is done and signed"
    )
    return Finding(done=not left, why=why, digest=digest)


def standing_signatures(connection: Connection, entity: str, period: Period) -> dict[str, Signature]:
    """By task: its last signature, by one person or two, where it is not revoked and is ours."""
    stamps, found = stamper(connection), dict[str, Signature]()
    given = {"entity": entity, "period": str(period)}
    for row in connection.execute(_SQL["signatures"], given).fetchall():
        if row["revoked_at"] is not None:
            continue
        parts = (entity, str(period), row["task"], row["digest"], row["prepared_by"], row["signed_by"])
        if row["signed_by"] and not stamps.holds(row["stamp"], "signature", *parts):
            _log.warning("not ours", task=row["task"], entity=entity, period=str(period))
            continue
        found[row["task"]] = Signature(
            task=row["task"],
            digest=row["digest"],
            prepared_by=row["prepared_by"],
            prepared_at=row["prepared_at"],
            signed_by=row["signed_by"],
            signed_at=row["signed_at"],
        )
    return found


def _revoke_if_changed(
    connection: Connection,
    entity: str,
    period: Period,
    task: Task,
    finding: Finding,
    signatures: dict[str, Signature],
    now: datetime,
) -> dict[str, Signature]:
    signature = signatures.get(task.name)
    if signature is None or (signature.digest == finding.digest and finding.done):
        return signatures
    why = f"its figures changed: {finding.why}" if signature.digest != finding.digest else finding.why
    _revoke(connection, entity, period, task.name, why, now, signature.digest)
    return {name: s for name, s in signatures.items() if name != task.name}


def _revoke(
    connection: Connection, entity: str, period: Period, task: str, why: str, now: datetime, of: str = ""
) -> None:
    """Revoke what stands of a task; only what is `of` a digest, where one is given: it may be signed anew meanwhile."""
    given = {"entity": entity, "period": str(period)}
    with connection.transaction():
        connection.execute(_SQL["lock_close"], given)
        rows = connection.execute(_SQL["signatures"], given).fetchall()
        row = next((r for r in rows if r["task"] == task and r["revoked_at"] is None), None)
        if row is not None and of and row["digest"] != of:
            return
        if row is None:
            return
        connection.execute(_SQL["revoke"], {"id": row["signature_id"], "at": now, "why": why[:500]})
        detail = {
            "task": task,
            "why": why[:300],
            "prepared_by": row["prepared_by"],
            "signed_by": row["signed_by"],
        }
        record(connection, [Entry(now, "close", "close.revoked", f"{entity}:{period}", entity, detail)])


def _state(
    release: Release,
    entity: str,
    period: Period,
    tasks: list[Task],
    findings: dict[str, Finding],
    signatures: dict[str, Signature],
    now: datetime,
) -> CloseState:
    done = {
        t.name: s.signed_at
        for t in tasks
        if (s := signatures.get(t.name)) is not None and s.stands and s.signed_at is not None
    }
    ends, critical = forecast(tasks, done, now)
    states = []
    for task in tasks:
        signature, finding = signatures.get(task.name), findings[task.name]
        if task.name in done:
            state = TaskStanding.SIGNED
        elif any(b in findings and b not in done and not findings[b].done for b in task.after):
            state = TaskStanding.BLOCKED
        elif signature is not None:
            state = TaskStanding.PREPARED
        else:
            state = TaskStanding.DONE if finding.done and task.check else TaskStanding.OPEN
        late = task.name not in done and now > task.due_at
        states.append(
            TaskState(
                task=task,
                finding=finding,
                signature=signature,
                state=state,
                late=late,
                expected_at=ends[task.name],
            )
        )
    closed = done.get(FINAL)
    calendar, zone = release.closing.of(entity).calendar, release.entities[entity].zone
    days = calendar.between(period.last, closed.astimezone(zone).date()) if closed else None
    return CloseState(
        entity=entity,
        period=str(period),
        tasks=tuple(states),
        due_at=tasks[-1].due_at,
        expected_at=closed or ends[FINAL],
        critical=critical,
        closed_at=closed,
        days=days,
    )


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
) -> list[tuple[str, str]]:
    """Take a person's signature of tasks by evidence that is read now. See `take_signatures`; raises ConnectorError,
    too."""
    _signer(connection, release, entity, who, key, now)
    seen = shown_last(connection, entity, period)
    state = state_of(connection, release, sessions, entity, period, now)
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
    name = _signer(connection, release, entity, who, key, now)
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
        found.append((each.task.name, _sign_one(connection, entity, period, each, name, now)))
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
    connection: Connection, release: Release, entity: str, who: str | Person, key: str, now: datetime
) -> str:
    """Who signs: the holder of the key, who must have the role. Without people nobody does: a name alone is nobody's."""
    role = release.closing.of(entity).sign_role
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
    return person.name


def _sign_one(
    connection: Connection, entity: str, period: Period, each: TaskState, who: str, now: datetime
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
        if open_row is not None and open_row["signed_by"]:
            # It says that it is signed, and its stamp is not right: somebody wrote it past us.
            _revoke(connection, entity, period, task.name, "its stamp is not right: not made by Tieout", now)
            open_row = None
        if open_row is not None and open_row["digest"] != finding.digest:
            return "not signed: its figures are others than those that were prepared meanwhile: look again"
        if open_row is None:
            connection.execute(_SQL["prepare"], given)
            action, said = "close.prepared", "prepared: somebody else signs it"
        elif why_not(load_authority(connection), who, [open_row["prepared_by"]]):
            detail = {
                "task": task.name,
                "why": "prepared by the same person, or by one who is written like them or let them in",
            }
            record(connection, [Entry(now, who, "close.refused", f"{entity}:{period}", entity, detail)])
            return "you prepared it: somebody else signs it"
        else:
            parts = (entity, str(period), task.name, open_row["digest"], open_row["prepared_by"], who)
            stamp = stamper(connection).stamp("signature", *parts)
            connection.execute(
                _SQL["sign"], {"id": open_row["signature_id"], "by": who, "at": now, "stamp": stamp}
            )
            action, said = "close.signed", f"signed, prepared by {open_row['prepared_by']}"
        detail = {"task": task.name, "digest": finding.digest[:16], "why": finding.why[:200]}
        record(connection, [Entry(now, who, action, f"{entity}:{period}", entity, detail)])
    return said


def sign_accounts(
    connection: Connection,
    release: Release,
    entity: str,
    period: Period,
    keys: Sequence[tuple[str, str]],
    who: Person | None,
    key: str,
    because: str,
    now: datetime,
) -> list[tuple[str, str]]:
    """A person's word for accounts (code, currency) as they were read last; () for every one that it is their turn for: each, and what
    became of it. In the caller's transaction, where there is one; asks no system. Raises CloseError, AuthorityError, StampError."""
    if not load_authority(connection).people:
        raise CloseError(NOBODY_LET_IN)
    person = who if who is not None else person_of(connection, key)
    if early := not_over(period, release.entities[entity].zone, now):
        raise CloseError(early)
    kept = kept_accounts(connection, entity, str(period))
    wanted = list(keys) or [(r["account"], r["currency"]) for r in kept if r["state"] != "certified"]
    found = []
    with connection.transaction():
        for each in wanted:
            said = sign_account(connection, release, entity, period, each, person, because, now)
            found.append((" ".join(each), said))
    return found
