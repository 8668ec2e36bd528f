"""Maker and checker: what waits for people, who may decide it, and what they decided."""

from tieout.approvals.deciding import ApprovalError
from tieout.approvals.escalating import EscalationStage
from tieout.approvals.model import Decided, Decision, Request, Subject, content_hash
from tieout.approvals.service import (
    approval_of,
    ask,
    decide,
    load_request,
    open_requests,
    requests,
    standing_of,
    void,
)

__all__ = [
    "ApprovalError",
    "Decided",
    "Decision",
    "EscalationStage",
    "Request",
    "Subject",
    "approval_of",
    "ask",
    "content_hash",
    "decide",
    "load_request",
    "open_requests",
    "requests",
    "standing_of",
    "void",
]
