"""A case on its way in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class CaseState(StrEnum):
    """A case: open, or solved by somebody or by itself."""

    OPEN = "open"
    SOLVED = "solved"


@dataclass(frozen=True)
class NewCase:
    """`amount` is the money at risk: positive, in `currency`. `blocking` keeps its document
    out of the posted bucket until the case is solved. `standing`: it is found anew at every look; once a person has
    accepted it, it is told again only with another amount. `made_…` say how an entry that nobody here made was made:
    the journal's code, the login of who made it, its kind, the governed accounts that it stands on."""

    cause: str
    interface: str
    entity: str
    period: str
    source_key: str
    amount: Decimal
    currency: str
    recovery: str
    detail: str
    owner: str
    opened_at: datetime
    due_at: datetime
    blocking: bool = True
    document_id: int | None = None
    standing: bool = False
    made_journal: str = ""
    made_user: str = ""
    made_kind: str = ""
    made_accounts: str = ""


def fingerprint(case: NewCase) -> str:
    """What makes two findings the same case: cause, interface, source key."""
    text = "\x1f".join((case.cause, case.interface, case.source_key))
    return hashlib.sha256(text.encode()).hexdigest()[:24]
