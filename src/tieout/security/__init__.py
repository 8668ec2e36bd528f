"""Who somebody is and what they may do, and the stamps that tell our rows from others'."""

from tieout.security.authority import change_authority, key_hash, load_authority, new_key, person_of
from tieout.security.causes import NOT_MADE_BY_TIEOUT
from tieout.security.changes import (
    AddPerson,
    Begin,
    Change,
    Confirm,
    Delegate,
    EndPerson,
    GrantRole,
    Invited,
    Joined,
    Recall,
    Reset,
    RevokeRole,
    TakeRole,
)
from tieout.security.hands import had_a_hand, why_not
from tieout.security.key_holders import by_a_key_of
from tieout.security.masking import masked, masked_json, masked_values
from tieout.security.names import fold_name, look_of
from tieout.security.people import (
    ADMINISTRATOR,
    EVERYWHERE,
    NOBODY_LET_IN,
    OF_THE_ENVIRONMENT,
    OWN_ROLES,
    TEST_ENVIRONMENTS,
    Authority,
    AuthorityError,
    Person,
)
from tieout.security.stamps import StampError, load_or_make_key, stamper
from tieout.security.written import (
    ChangedRow,
    changed_rows,
    check_rows,
    document_holds,
    effect_holds,
    in_words,
    total_holds,
)

NOT_OURS = NOT_MADE_BY_TIEOUT.name

__all__ = [
    "ADMINISTRATOR",
    "EVERYWHERE",
    "NOBODY_LET_IN",
    "NOT_OURS",
    "OF_THE_ENVIRONMENT",
    "OWN_ROLES",
    "TEST_ENVIRONMENTS",
    "AddPerson",
    "Authority",
    "AuthorityError",
    "Begin",
    "Change",
    "ChangedRow",
    "Confirm",
    "Delegate",
    "EndPerson",
    "GrantRole",
    "Invited",
    "Joined",
    "Person",
    "Recall",
    "Reset",
    "RevokeRole",
    "StampError",
    "TakeRole",
    "change_authority",
    "changed_rows",
    "check_rows",
    "document_holds",
    "effect_holds",
    "fold_name",
    "by_a_key_of",
    "had_a_hand",
    "in_words",
    "key_hash",
    "load_authority",
    "look_of",
    "masked",
    "masked_json",
    "masked_values",
    "load_or_make_key",
    "new_key",
    "person_of",
    "stamper",
    "total_holds",
    "why_not",
]
