"""A document on its way through one batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from tieout.documents import Document, Measure
from tieout.processes import Facts, Plan
from tieout.processes.facts import PreviousFact


@dataclass
class Work:
    """`measure` is what this revision adds to its key's figure; `is_new` tells a fresh
    document from one that is planned again; `supersedes` are revisions it takes the place of;
    `submitted_by` is the person who gave its message, "" where a system did; `received_at` when it came; `approval` says by what
    it may go on, "" where no policy asks; `final` that its source never sends it otherwise."""

    document: Document
    content: bytes
    salt: bytes
    message_id: int
    revision: int
    measure: Measure
    on: date
    document_id: int = 0
    previous: PreviousFact | None = None
    is_new: bool = True
    supersedes: list[int] = field(default_factory=list)
    plan: Plan | None = None
    facts: Facts | None = None
    submitted_by: str = ""
    received_at: datetime | None = None
    approval: str = ""
    final: bool = False

    @property
    def planned(self) -> tuple[Plan, Facts]:
        """The plan and its facts; a defect of the stage if there is none yet."""
        assert self.plan is not None and self.facts is not None
        return self.plan, self.facts


@dataclass(frozen=True)
class Beside:
    """What is excluded in one decision with a document: how many, by which bulk, and together how much, by currency and in
    the entity's own. Policies and approvers' limits go by that: a large amount is no smaller in many pieces."""

    bulk: str
    count: int
    amounts: Mapping[str, Decimal]
    company: Decimal
