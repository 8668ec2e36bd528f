"""Cases: business exceptions with cause, amount at risk, owner, due time, recovery."""

from tieout.cases.model import NewCase, fingerprint
from tieout.cases.order import beside_others, go_alone
from tieout.cases.owners import (
    READS,
    WORKS,
    OwnerError,
    OwnerIs,
    check_owner,
    names_with,
    owner_is,
    people_who,
    where_people,
)
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
    "READS",
    "STAMP",
    "WORKS",
    "CaseFilter",
    "NewCase",
    "OwnerError",
    "OwnerIs",
    "assign_cases",
    "beside_others",
    "check_owner",
    "fingerprint",
    "go_alone",
    "is_stamped",
    "list_filtered",
    "list_groups",
    "list_open",
    "names_with",
    "note_case",
    "notes_of",
    "open_cases",
    "owner_is",
    "people_who",
    "solve",
    "solve_by_key",
    "solve_case",
    "solve_others",
    "stamp_holds",
    "where_people",
]
