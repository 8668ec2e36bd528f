"""What is approved, what people are asked, and what they decided."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from tieout.rules import Step


@dataclass(frozen=True)
class Subject:
    """What somebody must approve. `action` is post or exclude; `subject` and `revision` name it;
    `content` is what is approved, for people to read, and `content_sha256` what the approval is
    bound to. `amount` is positive, in `currency`; `company_amount` in the entity's, as far as that is known (`worth_known`): of
    what nobody knows the worth, nobody with a limit approves. `asked_by` is who asks to let something pass, `bulk` with which decision of many. `makers` are
    everybody who had a hand in it: none of them may approve it."""

    action: str
    subject: str
    revision: int
    interface: str
    entity: str
    summary: str
    content: str
    content_sha256: bytes
    currency: str
    amount: Decimal
    company_amount: Decimal
    makers: tuple[str, ...]
    batch: str = ""
    document_id: int | None = None
    case_id: int | None = None
    worth_known: bool = True
    asked_by: str = ""
    bulk: str = ""


@dataclass(frozen=True)
class Decision:
    """One person's word. `authority` is whose right they used: their own, or of whom they stand in
    for; `completes` says that nobody else was needed after it."""

    step: int
    person: str
    authority: str
    verdict: str
    reason: str
    completes: bool
    at: datetime


class RequestState(StrEnum):
    """A request: open, approved, rejected, or void, since what it was about has changed."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    VOID = "void"


@dataclass(frozen=True)
class Request:
    """A request and how it stands."""

    request_id: int
    about: Subject
    policies: tuple[str, ...]
    steps: tuple[Step, ...]
    escalate_to: str
    requested_at: datetime
    due_at: datetime
    state: RequestState
    decisions: tuple[Decision, ...]
    reason: str = ""


@dataclass(frozen=True)
class Decided:
    """What a decision came to: the request's state after it; or why it was refused."""

    request: Request | None
    refused: str = ""


def content_hash(parts: Iterable[bytes]) -> bytes:
    """The hash over all that an approval is bound to, each part with its length."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()
