"""Cases: business exceptions with cause, amount at risk, owner, due time, recovery."""

from tieout.cases.model import NewCase, fingerprint
from tieout.cases.order import beside_others, go_alone
from tieout.cases.repository import (
    CaseFilter,
    assign_cases,
    list_filtered,
    list_groups,
    list_open,
    note_case,
    notes_of,
    open_cases,
    solve,
    solve_by_key,
    solve_case,
    solve_others,
)
from tieout.cases.stamped import STAMP, is_stamped, stamp_holds

__all__ = [
    "STAMP",
    "CaseFilter",
    "NewCase",
    "assign_cases",
    "beside_others",
    "fingerprint",
    "go_alone",
    "is_stamped",
    "list_filtered",
    "list_groups",
    "list_open",
    "note_case",
    "notes_of",
    "open_cases",
    "solve",
    "solve_by_key",
    "solve_case",
    "solve_others",
    "stamp_holds",
]
