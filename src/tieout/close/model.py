"""What a close is made of: tasks, what the evidence says of each, who signed what they saw."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One task of an entity's close of a period. `check` is the machine's own proof, "" for a task of
    people, which their signatures complete; `subject` is what it is about (an interface);
    `after` are names of tasks before it."""

    name: str
    entity: str
    owner: str
    due_at: datetime
    check: str = ""
    subject: str = ""
    after: tuple[str, ...] = ()
    minutes: int = 10


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What the evidence says now: `why` in words, and a `digest` of every figure behind it."""

    done: bool
    why: str
    digest: str


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """Two people saw the figures of a digest. `signed_by` is "" until the second has; `revoked_why` is
    "" while it stands."""

    task: str
    digest: str
    prepared_by: str
    prepared_at: datetime
    signed_by: str = ""
    signed_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_why: str = ""

    @property
    def stands(self) -> bool:
        """Whether it was not revoked."""
        return bool(self.signed_by) and self.revoked_at is None


class TaskStanding(StrEnum):
    """How a task stands: done by its evidence and signed by nobody yet, prepared by one, signed by two, open, or blocked by a
    task before it."""

    OPEN = "open"
    BLOCKED = "blocked"
    DONE = "done"
    PREPARED = "prepared"
    SIGNED = "signed"


class TaskState(msgspec.Struct, frozen=True, kw_only=True):
    """A task with its evidence and its signature."""

    task: Task
    finding: Finding
    signature: Signature | None
    state: TaskStanding
    late: bool
    expected_at: datetime | None = None


class CloseState(msgspec.Struct, frozen=True, kw_only=True):
    """A period of an entity. `days` are the business days that the close took, None while it is open;
    `expected_at` is when it will be closed by the critical path."""

    entity: str
    period: str
    tasks: tuple[TaskState, ...]
    due_at: datetime
    expected_at: datetime | None
    critical: tuple[str, ...]
    closed_at: datetime | None = None
    days: int | None = None

    @property
    def closed(self) -> bool:
        return self.closed_at is not None


def as_rows(state: CloseState) -> list[dict[str, object]]:
    """The tasks as plain values, for JSON."""
    return [
        {
            "task": s.task.name,
            "owner": s.task.owner,
            "state": s.state,
            "why": s.finding.why,
            "due_at": s.task.due_at.isoformat(),
            "expected_at": s.expected_at.isoformat() if s.expected_at else None,
            "late": s.late,
            "prepared_by": s.signature.prepared_by if s.signature else "",
            "signed_by": s.signature.signed_by if s.signature else "",
            "digest": s.finding.digest,
        }
        for s in state.tasks
    ]
