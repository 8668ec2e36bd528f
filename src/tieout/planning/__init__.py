"""Planning: messages become documents, documents become plans; rows are the truth, work moves in sets."""

from tieout.planning.accepting import (
    Accepted,
    HeldError,
    accept,
    accept_case,
    actions_of,
    offers_of,
    prepared_by,
)
from tieout.planning.approving import take_decision
from tieout.planning.bulk import (
    ACTIONS,
    MOST,
    NO_SUCH_CASE,
    Bulk,
    BulkAction,
    BulkError,
    Decision,
    Outcome,
    Seen,
    decide_many,
    known_bulk,
)
from tieout.planning.deciding_alone import Alone
from tieout.planning.excluding import exclude
from tieout.planning.makers import makers_before
from tieout.planning.preview import Tried, TriedLine, in_range, try_case, try_cases, try_range
from tieout.planning.process import ProcessStage
from tieout.planning.rates_kept import rate_kept, worth_by_rates
from tieout.planning.reading_only import NOTHING_IS_POSTED
from tieout.planning.replay import exclude_case, replay, replay_range
from tieout.planning.sources import FactSourceError, check_sources
from tieout.planning.who_signs import sign_role_in, sign_role_now
from tieout.planning.worth import worth_of

__all__ = [
    "makers_before",
    "ACTIONS",
    "MOST",
    "NOTHING_IS_POSTED",
    "NO_SUCH_CASE",
    "Bulk",
    "BulkAction",
    "BulkError",
    "Decision",
    "Outcome",
    "Seen",
    "decide_many",
    "known_bulk",
    "take_decision",
    "FactSourceError",
    "HeldError",
    "ProcessStage",
    "Tried",
    "TriedLine",
    "Accepted",
    "Alone",
    "accept",
    "accept_case",
    "actions_of",
    "check_sources",
    "exclude",
    "exclude_case",
    "in_range",
    "offers_of",
    "prepared_by",
    "rate_kept",
    "replay",
    "replay_range",
    "sign_role_in",
    "sign_role_now",
    "try_case",
    "try_cases",
    "try_range",
    "worth_by_rates",
    "worth_of",
]
