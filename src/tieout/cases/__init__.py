"""Cases: business exceptions with cause, amount at risk, owner, due time, recovery."""

from tieout.cases.model import NewCase, fingerprint
from tieout.cases.repository import (
    list_open,
    open_by_cause,
    open_cases,
    solve,
    solve_by_key,
    solve_case,
)

__all__ = [
    "NewCase",
    "fingerprint",
    "list_open",
    "open_by_cause",
    "open_cases",
    "solve",
    "solve_by_key",
    "solve_case",
]
