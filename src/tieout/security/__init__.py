"""Who somebody is and what they may do, and the stamps that tell our rows from others'."""

from tieout.security.authority import change_authority, key_hash, load_authority, new_key, person_of
from tieout.security.masking import masked, masked_json, masked_values
from tieout.security.people import (
    ADMINISTRATOR,
    EVERYWHERE,
    AddPerson,
    Authority,
    AuthorityError,
    Begin,
    Change,
    Confirm,
    Delegate,
    EndPerson,
    GrantRole,
    Joined,
    Person,
    Recall,
    Reset,
    RevokeRole,
    fold_name,
)
from tieout.security.stamps import StampError, load_or_make_key, stamper

NOT_OURS = "not_made_by_tieout"

__all__ = [
    "ADMINISTRATOR",
    "EVERYWHERE",
    "NOT_OURS",
    "AddPerson",
    "Authority",
    "AuthorityError",
    "Begin",
    "Change",
    "Confirm",
    "Delegate",
    "EndPerson",
    "GrantRole",
    "Joined",
    "Person",
    "Recall",
    "Reset",
    "RevokeRole",
    "StampError",
    "change_authority",
    "fold_name",
    "key_hash",
    "load_authority",
    "masked",
    "masked_json",
    "masked_values",
    "load_or_make_key",
    "new_key",
    "person_of",
    "stamper",
]
