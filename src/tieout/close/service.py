"""Runs a close: reads the evidence, says how its tasks stand by it, revokes what late data touches."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from tieout.close.certify_rules import record_rules
from tieout.close.checks import QUICK, Evidence
from tieout.close.deciding_late import tell_late_events
from tieout.close.ending import not_over, too_early
from tieout.close.entries import look_at_entries
from tieout.close.figures import Figures
from tieout.close.itemised import look_at_items
from tieout.close.mapping_changes import tell_mappings
from tieout.close.model import CloseState, Finding, Signature, Task, TaskStanding, TaskState
from tieout.close.planning import FINAL, forecast, tasks_of
from tieout.close.signatures import revoke_if_changed, revoke_signature, standing_signatures
from tieout.close.since_it_began import since_it_began
from tieout.close.waivers import tell_waivers
from tieout.connector_api import LedgerReader, SetupError, answered
from tieout.delivery import read_back_month
from tieout.money import Period
from tieout.proofs import (
    GRACE_DAYS,
    Judged,
    look_at_taxes,
    open_balances,
    open_gaps,
    open_intercompany,
    read_others,
    statement_gaps,
    take_control_totals,
    tell_unread,
    tie_out,
)
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
Sessions = Callable[[str], object]


def gather(
    connection: Connection, release: Release, sessions: Sessions, entity: str, period: Period, now: datetime
) -> list[Judged] | None:
    """Ask the sources for their figures, and make cases of what is missing or has no source. The entries of others as they were
    read for that (None where no ledger is): a look reads them once, and hands them on to `state_of`."""
    with connection.transaction():
        record_rules(connection, release, now)
    final = standing_signatures(connection, entity, period).get(FINAL)
    unread = take_control_totals(connection, release, sessions, period, now, [entity])
    # A month that is closed is opened by what is found of it, not by what nobody can say now.
    tell_unread(connection, release, entity, unread if final is None else [], period, now)
    if waits := [x.error for x in unread if not isinstance(x.error, SetupError)]:
        raise waits[0]
    statement_gaps(connection, now)
    # Figures alone: what of them was changed past us is found by whoever signs them.
    rows = [r for r in tie_out(connection, release, [entity], {}) if r.period == str(period)]
    open_gaps(connection, rows, now)
    until = min(period.last, now.date())
    # Of a month that is over its last pairs need both sides as well: nothing of it is still to come.
    over = not not_over(period, release.entities[entity].zone, now)
    open_intercompany(connection, release, until, now, 0 if over else GRACE_DAYS)
    open_balances(connection, release, until, now)
    held = since_it_began(connection, release, entity, period)
    judged = look_at_entries(connection, held, sessions, entity, period, now)
    tell_waivers(connection, held, entity, period, now)
    tell_mappings(connection, release, entity, period, final.signed_at if final else None, now)
    return judged


def state_of(
    connection: Connection,
    release: Release,
    sessions: Sessions,
    entity: str,
    period: Period,
    now: datetime,
    judged: Sequence[Judged] | None = None,
) -> CloseState:
    """How a close stands, by evidence that is read now: what is posted is read back from the ledger first, whenever that was
    done last. Signatures whose figures changed are revoked. `judged` are the entries of others where this look has read them already
    (`gather`); else they are read, once. Raises ConnectorError where the ledger does not answer."""
    release = since_it_began(connection, release, entity, period)
    tasks = tasks_of(release, entity, period)
    book = release.entities[entity]
    reader, read_at = sessions(book.ledger), None
    if isinstance(reader, LedgerReader):
        read_back_month(connection, reader, book.ledger, entity, period, book.time_zone, now)
        read_at = now
        tell_late_events(connection, release, entity, period, answered(reader.locks, "its locks"), now)
        if judged is None:
            judged = read_others(connection, release, reader, entity, period)
    items = look_at_items(connection, release, reader, entity, period, now)
    # After it: what was changed there is told of document by document first.
    taxes = _taxes(connection, release, reader, entity, period, now, judged)
    figures = Figures(connection, release, sessions, entity, period, now, read_at, taxes, items, judged)
    evidence = Evidence(figures)
    signatures = standing_signatures(connection, entity, period)
    findings: dict[str, Finding] = {}
    for task in tasks:
        if task.check == "close":
            early = too_early(task, period, book.zone, now)
            findings[task.name] = _final(tasks, findings, signatures, early)
        elif task.check:
            findings[task.name] = evidence.find(task)
        else:
            findings[task.name] = _by_hand(release, task, period, now)
        signatures = revoke_if_changed(connection, entity, period, task, findings[task.name], signatures, now)
    _keep(connection, entity, period, findings, now)
    return _state(release, entity, period, tasks, findings, signatures, now)


def _taxes(
    connection: Connection,
    release: Release,
    reader: object,
    entity: str,
    period: Period,
    now: datetime,
    judged: Sequence[Judged] | None,
) -> list[dict[str, Any]] | None:
    """The month's taxes as they are kept, read now; None where the ledger's cannot be."""
    found = (
        look_at_taxes(
            connection, release, reader, entity, [period], now, None if judged is None else {period: judged}
        )
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
    signed = standing_signatures(connection, entity, period)
    # Of a period that is not over an earlier release may have let its close be signed.
    signatures = {n: s for n, s in signed.items() if n in findings and not (n == FINAL and early[n])}
    final = next((t for t in tasks if t.check == "close"), None)
    if final is not None:
        findings[final.name] = _final(tasks, findings, signatures, early[final.name])
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
    evidence = Evidence(Figures(connection, release, lambda _: None, entity, period, now))
    before = standing_signatures(connection, entity, period)
    signatures = before
    for task in tasks:
        signature = signatures.get(task.name)
        if signature is not None and task.check in QUICK and task.check:
            finding = evidence.find(task)
            _keep(connection, entity, period, {task.name: finding}, now)
            signatures = revoke_if_changed(connection, entity, period, task, finding, signatures, now)
    revoked = [t.name for t in tasks if t.name in before and t.name not in signatures]
    if revoked and FINAL in signatures:
        why, digest = f"{revoked[0]} does not stand any more", signatures[FINAL].digest
        revoke_signature(connection, entity, period, FINAL, why, now, digest)
        revoked.append(FINAL)
    return len(revoked)


def _final(
    tasks: Sequence[Task], findings: dict[str, Finding], signatures: dict[str, Signature], early: str = ""
) -> Finding:
    """The close itself: every task before it is done and signed, and the period is over (`early` says why it is not)."""
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
    return Finding(
        done=not left and not early, why=f"{early}; so far: {why}" if early else why, digest=digest
    )


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
