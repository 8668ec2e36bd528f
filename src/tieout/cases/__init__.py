"""Cases: business exceptions with cause, amount at risk, owner, due time, recovery."""

from tieout.cases.model import NewCase, fingerprint
from tieout.cases.repository import (
    assign_cases,
    list_open,
    note_case,
    notes_of,
    open_cases,
    solve,
    solve_by_key,
    solve_case,
    solve_others,
)

__all__ = [
    "NewCase",
    "assign_cases",
    "fingerprint",
    "list_open",
    "note_case",
    "notes_of",
    "open_cases",
    "solve",
    "solve_by_key",
    "solve_case",
    "solve_others",
]
